//! What each day left: how large tables are, how many rows in them are dead, how long commands took. Whether the last days
//! are like the first after everything has reached its age.

use std::collections::BTreeMap;
use std::path::Path;

use super::{APPEND_ALONE, FRONTENDS, POSTGRESQL, SELECT_ALONE, STORE_ALONE};
use crate::error::BenchError;
use crate::figure::{Figure, Target};
use crate::plot::{Line, Plot};
use crate::psql::Psql;
use crate::sample::Sample;

/// All days so far.
#[derive(Debug, Default)]
pub(super) struct Diary {
    days: Vec<Day>,
}

#[derive(Debug, Default)]
struct Day {
    tables: BTreeMap<String, Table>,
    times_ms: BTreeMap<&'static str, Vec<f64>>,
    work_ms: BTreeMap<&'static str, f64>,
    pace_ms: f64,
    commits: Option<f64>,
}

/// How a day went.
#[derive(Debug, Default)]
pub(super) struct Lived {
    /// How long each command took.
    pub(super) times_ms: Vec<(&'static str, f64)>,
    /// Before midnight: the processor time for one of them, by who works.
    pub(super) work_ms: [(&'static str, f64); 2],
    /// What the machine could do in the evening: how long the processor took for the same computation, and rows committed in a second.
    pub(super) pace_ms: f64,
    pub(super) commits: Option<f64>,
}

/// In the evening.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Table {
    kib: f64,
    index_kib: f64,
    dead_rows: f64,
}

impl Diary {
    /// Notes what the database is like now, and how the day went.
    pub(super) fn end_day(&mut self, psql: &Psql, lived: Lived) -> Result<(), BenchError> {
        let mut day = Day {
            work_ms: lived.work_ms.into(),
            pace_ms: lived.pace_ms,
            commits: lived.commits,
            ..Day::default()
        };
        for (name, ms) in lived.times_ms {
            day.times_ms.entry(name).or_default().push(ms);
        }
        let said = psql.ask(TABLES)?;
        for line in said.lines() {
            let (name, table) =
                table(line).ok_or_else(|| BenchError::new(format!("psql: {line}")))?;
            day.tables.insert(name.to_owned(), table);
        }
        self.days.push(day);
        Ok(())
    }

    /// A row for each table and command: what it was in the last days, and beside it how many times that of the first
    /// after warm-up. Times are judged by what the processor alone took on the same days.
    pub(super) fn figures(&self) -> Vec<Figure> {
        let mut figures = vec![Figure::alone(
            "days",
            self.days.len() as f64,
            "",
            Target::Nothing,
        )];
        let (first, last) = self.compared();
        let is_settled = self.days.len() >= WARM_UP_DAYS + 2;
        let target = |is_flat: bool| {
            if is_flat && is_settled {
                Target::AtMost(FLAT_MAX)
            } else {
                Target::Nothing
            }
        };
        for name in self.names(|day| day.tables.keys().map(String::as_str).collect()) {
            type Part = fn(&Table) -> f64;
            let parts: [(&str, Part); 2] = [
                ("table", |table| table.kib),
                ("indexes", |table| table.index_kib),
            ];
            for (what, part) in parts {
                let of = |day: &Day| day.tables.get(name).map(part);
                let (before, after) = (mean(first, of), mean(last, of));
                // A page more or less says nothing of a table that has few.
                if !after.is_finite() || after < SMALL_KIB {
                    continue;
                }
                let words = format!("{name}, {what} of {after:.0} KiB");
                let target = target(FLAT.contains(&name));
                figures.push(Figure::alone(words, after / before, "×", target));
            }
        }
        let pace = mean(last, |day| Some(day.pace_ms)) / mean(first, |day| Some(day.pace_ms));
        let words = "the processor alone, for the same computation";
        figures.push(Figure::alone(words, pace, "×", Target::Nothing));
        let commits = |days| mean(days, |day| day.commits);
        let (before, after) = (commits(first), commits(last));
        let words = format!("the disk alone, {after:.0} commits a second");
        figures.push(Figure::alone(words, after / before, "×", Target::Nothing));
        for who in WORKERS {
            let of = |day: &Day| day.work_ms.get(who).copied();
            let (before, after) = (mean(first, of), mean(last, of));
            let words = format!("processor time of {who}, {after:.2} ms an operation");
            let times = after / before / pace;
            figures.push(Figure::alone(words, times, "×", target(true)));
        }
        for name in self.names(|day| day.times_ms.keys().copied().collect()) {
            let sample = |days: &[Day]| {
                let times = days.iter().filter_map(|day| day.times_ms.get(name));
                Sample::of(times.flatten().copied())
            };
            let (Some(before), Some(after)) = (sample(first), sample(last)) else {
                continue;
            };
            for percent in [50, 99] {
                let (before, after) = (before.percentile(percent), after.percentile(percent));
                let words = format!("{name}, p{percent} of {after:.2} ms");
                let target = target(ASKED.contains(&name));
                let times = after / before / pace;
                figures.push(Figure::alone(words, times, "×", target));
            }
        }
        figures
    }

    /// The first days after warm-up, and the last: as many, and none is in both.
    fn compared(&self) -> (&[Day], &[Day]) {
        let settled = self.days.get(WARM_UP_DAYS..).unwrap_or_default();
        let settled = if settled.len() < 2 {
            &self.days
        } else {
            settled
        };
        let count = (settled.len() / 2).min(COMPARED_DAYS);
        let (first, _) = settled.split_at(count);
        let (_, last) = settled.split_at(settled.len() - count);
        (first, last)
    }

    fn names<'a>(&'a self, of: impl Fn(&'a Day) -> Vec<&'a str>) -> Vec<&'a str> {
        self.days.last().map(of).unwrap_or_default()
    }

    /// Draws sizes, dead rows and times by the day.
    pub(super) fn draw(&self, folder: &Path) -> Result<(), BenchError> {
        let of_tables =
            |part: fn(&Table) -> f64| self.lines(&FLAT, |day, name| day.tables.get(name).map(part));
        let times = self.lines(&ASKED, |day, name| {
            let times = Sample::of(day.times_ms.get(name)?.iter().copied())?;
            Some(times.percentile(99))
        });
        let work = self.lines(&WORKERS, |day, name| day.work_ms.get(name).copied());
        for (file, title, y_label, lines) in [
            (
                "sizes",
                "What tables take with their indexes, by the day",
                "KiB",
                of_tables(|table| table.kib + table.index_kib),
            ),
            (
                "dead",
                "Dead rows in the evening, by the day",
                "rows",
                of_tables(|table| table.dead_rows),
            ),
            (
                "times",
                "How long a command takes when nothing else is asked, by the day",
                "milliseconds, 99 of 100 took less",
                times,
            ),
            (
                "work",
                "Processor time of an operation, by the day",
                "milliseconds",
                work,
            ),
        ] {
            let plot = Plot {
                title: title.to_owned(),
                x_label: "days",
                y_label,
                lines,
            };
            let path = folder.join(format!("soak-{file}.svg"));
            let svg = plot.svg();
            let svg = svg.ok_or_else(|| BenchError::new("there is nothing to draw"))?;
            let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, svg));
            written.map_err(BenchError::at(path.display()))?;
        }
        Ok(())
    }

    fn lines(&self, names: &[&str], of: impl Fn(&Day, &str) -> Option<f64>) -> Vec<Line> {
        let days = |name: &str| {
            let days = self.days.iter().zip(1_u32..);
            days.filter_map(|(day, number)| Some((f64::from(number), of(day, name)?)))
                .collect()
        };
        names
            .iter()
            .map(|name| Line {
                name: (*name).to_owned(),
                points: days(name),
            })
            .collect()
    }
}

/// Of the days of which it is known; not a number where there are none.
fn mean(days: &[Day], of: impl Fn(&Day) -> Option<f64>) -> f64 {
    let values: Vec<f64> = days.iter().filter_map(of).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// `entry|128|64|17`.
fn table(line: &str) -> Option<(&str, Table)> {
    let mut parts = line.split('|');
    let name = parts.next()?;
    let mut number = || parts.next()?.parse().ok();
    let table = Table {
        kib: number()?,
        index_kib: number()?,
        dead_rows: number()?,
    };
    Some((name, table))
}

/// What tables take with their TOAST tables, and their indexes; partitions count to the table that they are part of.
const TABLES: &str = "select coalesce(pg_partition_root(c.oid), c.oid)::regclass, \
           sum(pg_table_size(c.oid)) / 1024, sum(pg_indexes_size(c.oid)) / 1024, \
           coalesce(sum(pg_stat_get_dead_tuples(c.oid) + pg_stat_get_dead_tuples(c.reltoastrelid)), 0) \
      from pg_class c \
     where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' \
     group by 1";

/// What everything has reached its age by: mail, then what of it was removed.
const WARM_UP_DAYS: usize = 10;
const COMPARED_DAYS: usize = 5;
/// How many times as large or as long something may be.
const FLAT_MAX: f64 = 1.2;
const SMALL_KIB: f64 = 128.0;
/// Tables of which as much goes as comes.
const FLAT: [&str; 6] = [
    "activity",
    "change",
    "content",
    "delivery_mark",
    "entry",
    "garbage",
];
const ASKED: [&str; 3] = [APPEND_ALONE, SELECT_ALONE, STORE_ALONE];
const WORKERS: [&str; 2] = [FRONTENDS, POSTGRESQL];

#[cfg(test)]
mod tests {
    use super::*;

    fn diary(kib: impl Fn(usize) -> f64, days: usize) -> Diary {
        let day = |number| {
            let table = Table {
                kib: kib(number),
                ..Table::default()
            };
            Day {
                tables: BTreeMap::from([("entry".to_owned(), table)]),
                times_ms: BTreeMap::from([("STORE", vec![1.0, number as f64])]),
                pace_ms: 1.0,
                ..Day::default()
            }
        };
        Diary {
            days: (0..days).map(day).collect(),
        }
    }

    #[test]
    fn what_grows_after_warm_up_is_not_flat() {
        let flat = |diary: &Diary| {
            let figures = diary.figures();
            let entry = figures
                .iter()
                .find(|figure| figure.name.starts_with("entry"));
            entry.unwrap().is_reached().unwrap()
        };
        assert!(flat(&diary(|day| 1000.0 + 500.0 * day.min(9) as f64, 30)));
        assert!(!flat(&diary(|day| 1000.0 + 100.0 * day as f64, 30)));
    }

    #[test]
    fn before_everything_has_its_age_nothing_is_judged() {
        let figures = diary(|day| 1000.0 * (day + 1) as f64, WARM_UP_DAYS).figures();
        assert!(figures.iter().all(|figure| figure.is_reached().is_none()));
    }

    #[test]
    fn first_and_last_days_are_others() {
        for (days, count) in [(30, 5), (14, 2), (3, 1), (1, 0)] {
            let diary = diary(|_| 1000.0, days);
            let (first, last) = diary.compared();
            assert_eq!((first.len(), last.len()), (count, count), "{days}");
        }
    }

    #[test]
    fn a_row_of_psql_is_understood() {
        let expected = Table {
            kib: 128.5,
            index_kib: 64.0,
            dead_rows: 17.0,
        };
        assert_eq!(table("entry|128.5|64|17"), Some(("entry", expected)));
        assert_eq!(table("entry|128"), None);
    }
}
