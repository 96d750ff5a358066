//! Figures as a table for a person, or as JSON for a program. Pure.

use serde_json::{Value, json};

use crate::figure::{Figure, Short};

/// The results of one mix.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) mix: String,
    /// Where it ran.
    pub(crate) place: &'static str,
    pub(crate) figures: Vec<Figure>,
    /// The load averages before and after.
    pub(crate) load: [String; 2],
}

/// A table under the mix's name. Four columns are of one operation, the last four are the shares of the
/// processors.
pub(crate) fn table(section: &Section) -> String {
    let rows = std::iter::once(HEADS.map(str::to_owned)).chain(section.figures.iter().map(row));
    let [before, after] = &section.load;
    let (mix, place) = (&section.mix, section.place);
    let title = format!("\n{mix} at {place} (load {before} → {after})\n");
    title + &aligned(&rows.collect::<Vec<_>>(), ALIGN)
}

/// What both have, row by row. The ratios say how many times as fast we are, and how many times our processor
/// time a peer uses.
pub(crate) fn comparison(ours: &Section, theirs: &Section) -> String {
    let compare = |our: &Figure| {
        let their = theirs.figures.iter().find(|their| their.name == our.name)?;
        let cpu = |figure: &Figure| figure.work.map(|work| work.nodes_ms + work.postgres_ms);
        let (our_cpu, their_cpu) = (cpu(our)?, cpu(their)?);
        let short = |number| Short(number).to_string();
        Some([
            our.name.clone(),
            short(our.value),
            short(their.value),
            our.unit.to_owned(),
            short(our.times_as_fast(their)?),
            short(our_cpu),
            short(their_cpu),
            short(their_cpu / our_cpu),
        ])
    };
    let heads = [
        "figure",
        ours.place,
        theirs.place,
        "unit",
        "ratio",
        "CPU ms",
        "CPU ms there",
        "ratio",
    ];
    let rows = ours.figures.iter().filter_map(compare);
    let rows = std::iter::once(heads.map(str::to_owned)).chain(rows);
    let title = format!("\n{} at {} and {}\n", ours.mix, ours.place, theirs.place);
    title + &aligned(&rows.collect::<Vec<_>>(), COMPARISON_ALIGN)
}

fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]], align: [Align; COLUMNS]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match align.get(column) {
            Some(Align::Right) => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// All sections, and the state of the machine.
pub(crate) fn json(sections: &[Section], slice: &str) -> Value {
    json!({
        "slice": slice,
        "processors": std::thread::available_parallelism().map_or(0, usize::from),
        "mixes": sections.iter().map(section).collect::<Vec<_>>(),
    })
}

fn section(section: &Section) -> Value {
    let [before, after] = &section.load;
    json!({
        "mix": section.mix,
        "place": section.place,
        "load": {"before": before, "after": after},
        "figures": section.figures.iter().map(figure).collect::<Vec<_>>(),
    })
}

fn figure(figure: &Figure) -> Value {
    let probe = figure.probe.map(|probe| {
        json!({"of": probe.yardstick.name(), "per_second": probe.per_second, "ratio": probe.ratio})
    });
    let shares = figure.shares.map(|shares| {
        json!({
            "nodes": shares.nodes,
            "postgres": shares.postgres,
            "bench": shares.bench,
            "others": shares.others,
        })
    });
    let work = figure.work.map(|work| {
        json!({
            "p50_ms": work.p50_ms,
            "p99_ms": work.p99_ms,
            "nodes_ms": work.nodes_ms,
            "postgres_ms": work.postgres_ms,
        })
    });
    json!({
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "probe": probe,
        "target": figure.target(),
        "reached": figure.is_reached(),
        "operation": work,
        "processors": shares,
    })
}

fn row(figure: &Figure) -> [String; COLUMNS] {
    let reading = |of: fn(&Figure) -> Option<String>| of(figure).unwrap_or_default();
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let shares = figure.shares.map_or_else(Default::default, |shares| {
        [shares.nodes, shares.postgres, shares.bench, shares.others].map(percent)
    });
    let [nodes, postgres, bench, others] = shares;
    let times = figure.work.map_or_else(Default::default, |work| {
        [work.p50_ms, work.p99_ms, work.nodes_ms, work.postgres_ms].map(|ms| Short(ms).to_string())
    });
    let [p50, p99, nodes_ms, postgres_ms] = times;
    [
        figure.name.clone(),
        Short(figure.value).to_string(),
        figure.unit.to_owned(),
        p50,
        p99,
        nodes_ms,
        postgres_ms,
        reading(|figure| {
            let probe = figure.probe?;
            Some(format!(
                "{} {}/s",
                Short(probe.per_second),
                probe.yardstick.name()
            ))
        }),
        reading(|figure| Some(format!("{:.2}", figure.probe?.ratio?))),
        figure.target(),
        reading(|figure| Some(if figure.is_reached()? { "yes" } else { "no" }.to_owned())),
        nodes,
        postgres,
        bench,
        others,
    ]
}

#[derive(Clone, Copy)]
enum Align {
    Left,
    Right,
}

const COLUMNS: usize = 15;
const HEADS: [&str; COLUMNS] = [
    "figure",
    "value",
    "unit",
    "p50 ms",
    "p99 ms",
    "nodes ms",
    "postgres ms",
    "probe",
    "ratio",
    "target",
    "reached",
    "nodes",
    "postgres",
    "bench",
    "others",
];
const ALIGN: [Align; COLUMNS] = [
    Align::Left,
    Align::Right,
    Align::Left,
    Align::Right,
    Align::Right,
    Align::Right,
    Align::Right,
    Align::Right,
    Align::Right,
    Align::Left,
    Align::Left,
    Align::Right,
    Align::Right,
    Align::Right,
    Align::Right,
];

const COMPARISON_ALIGN: [Align; 8] = [
    Align::Left,
    Align::Right,
    Align::Right,
    Align::Left,
    Align::Right,
    Align::Right,
    Align::Right,
    Align::Right,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Reading, Target, Work};
    use crate::probe::Yardstick;
    use crate::usage::Shares;

    fn append() -> Section {
        let mut rate = Figure::alone("4 KB, 1 session", 1234.0, "/s", Target::Times(0.6));
        rate.probe = Some(Reading {
            yardstick: Yardstick::Commit,
            per_second: 4000.0,
            ratio: Some(0.31),
        });
        rate.shares = Some(Shares {
            nodes: 0.25,
            postgres: 0.5,
            bench: 0.05,
            others: 0.2,
        });
        rate.work = Some(Work {
            p50_ms: 1.5,
            p99_ms: 12.25,
            nodes_ms: 0.125,
            postgres_ms: 0.5,
        });
        let memory = Figure::alone("a session", 12.0, "KB", Target::AtMost(16.0));
        Section {
            mix: "append".into(),
            place: "postroom",
            figures: vec![rate, memory],
            load: ["1.0".into(), "2.0".into()],
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let expected = "\n\
            append at postroom (load 1.0 → 2.0)\n\
            figure           value  unit  p50 ms  p99 ms  nodes ms  postgres ms            probe  ratio  target         reached  nodes  postgres  bench  others\n\
            4 KB, 1 session  1,234  /s    1.5  12.2  0.125  0.5  4,000 commits/s   0.31  ≥ 0.6 × commits  no      25 %      50 %    5 %    20 %\n\
            a session           12  KB                            ≤ 16 KB        yes\n";
        let squeeze = |text: &str| {
            let lines = text
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
            lines.collect::<Vec<_>>()
        };
        let table = table(&append());
        assert_eq!(squeeze(&table), squeeze(expected));
        let at = |word: &str| {
            let line = table.lines().find(|line| line.contains(word)).unwrap();
            line[..line.find(word).unwrap()].chars().count()
        };
        assert_eq!(at("/s "), at("KB "));
    }

    #[test]
    fn a_peer_stands_beside_us() {
        let ours = append();
        let mut theirs = append();
        theirs.place = "dovecot";
        theirs.figures[0].values = vec![617.0];
        theirs.figures[0].value = 617.0;
        let table = comparison(&ours, &theirs);
        let row = table.lines().last().unwrap();
        let cells: Vec<_> = row.split_whitespace().collect();
        assert_eq!(
            cells[4..],
            ["1,234", "617", "/s", "2", "0.625", "0.625", "1"]
        );
    }

    #[test]
    fn a_program_reads_the_same() {
        let json = json(&[append()], "as the system has it");
        let figure = &json["mixes"][0]["figures"][0];
        assert_eq!(figure["reached"], false);
        assert_eq!(figure["probe"]["of"], "commits");
        assert_eq!(json["mixes"][0]["figures"][1]["probe"], Value::Null);
    }
}
