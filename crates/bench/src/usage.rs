//! What the kernel counts for a process: which processes used the processors during a measurement,
//! and how much memory a frontend holds.

use std::collections::BTreeSet;
use std::fs::read_to_string;

use crate::error::BenchError;
use crate::world::World;

/// The processor time so far, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    nodes: u64,
    postgres: u64,
    bench: u64,
    machine: u64,
}

/// The processes whose processor time is reported, each with all that descend from it.
#[derive(Clone, Debug)]
pub(crate) struct Processes {
    nodes: Vec<u32>,
    postgres: Vec<u32>,
}

/// Measures from its creation on.
#[derive(Debug)]
pub(crate) struct Meter<'a> {
    processes: &'a Processes,
    before: Spent,
}

/// The processor time that was used between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Used {
    pub(crate) nodes_ms: f64,
    pub(crate) postgres_ms: f64,
    pub(crate) shares: Shares,
}

/// The shares of the processor time that was used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Shares {
    pub(crate) nodes: f64,
    pub(crate) postgres: f64,
    pub(crate) bench: f64,
    /// All other processes on this machine: the noise.
    pub(crate) others: f64,
}

impl Processes {
    pub(crate) fn of(world: &World) -> Self {
        Self {
            nodes: world.nodes.iter().map(|node| node.pid).collect(),
            postgres: world.postgres.iter().map(|postgres| postgres.pid).collect(),
        }
    }

    /// A process that does not exist counts as zero: the meter must not stop a measurement.
    fn spent(&self) -> Spent {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let running: Vec<Stat> = pids.filter_map(stat).collect();
        let machine = read_to_string("/proc/stat").ok();
        Spent {
            nodes: spent_by(&running, &descendants(&running, &self.nodes)),
            postgres: spent_by(&running, &descendants(&running, &self.postgres)),
            // The demo may descend from us.
            bench: spent_by(&running, &BTreeSet::from([std::process::id()])),
            machine: machine.and_then(|text| busy(&text)).unwrap_or(0) * TICK_NANOSECONDS,
        }
    }
}

impl<'a> Meter<'a> {
    pub(crate) fn start(processes: &'a Processes) -> Self {
        Self {
            processes,
            before: processes.spent(),
        }
    }

    pub(crate) fn read(&self) -> Used {
        used(self.before, self.processes.spent())
    }
}

fn used(before: Spent, after: Spent) -> Used {
    let of = |part: fn(&Spent) -> u64| part(&after).saturating_sub(part(&before)) as f64;
    let (nodes, postgres) = (of(|spent| spent.nodes), of(|spent| spent.postgres));
    let machine = of(|spent| spent.machine);
    let share = |part: f64| if machine > 0.0 { part / machine } else { 0.0 };
    let shares = Shares {
        nodes: share(nodes),
        postgres: share(postgres),
        bench: share(of(|spent| spent.bench)),
        others: 0.0,
    };
    let ours = shares.nodes + shares.postgres + shares.bench;
    Used {
        nodes_ms: nodes / 1e6,
        postgres_ms: postgres / 1e6,
        shares: Shares {
            others: if machine > 0.0 {
                (1.0 - ours).max(0.0)
            } else {
                0.0
            },
            ..shares
        },
    }
}

/// The time of these processes. What a process that has ended used is counted for the one that
/// waited for it.
fn spent_by(running: &[Stat], pids: &BTreeSet<u32>) -> u64 {
    let counted = running.iter().filter(|stat| pids.contains(&stat.pid));
    counted
        .map(|stat| {
            // Finer than ticks, but without threads that have ended.
            let threads = threads_nanoseconds(stat.pid);
            threads.max(stat.own_ticks * TICK_NANOSECONDS)
                + stat.ended_children_ticks * TICK_NANOSECONDS
        })
        .sum()
}

/// These processes and all that descend from them.
fn descendants(running: &[Stat], roots: &[u32]) -> BTreeSet<u32> {
    let mut found: BTreeSet<u32> = roots.iter().copied().collect();
    loop {
        let before = found.len();
        let children = running.iter().filter(|stat| found.contains(&stat.parent));
        let children: Vec<u32> = children.map(|stat| stat.pid).collect();
        found.extend(children);
        if found.len() == before {
            return found;
        }
    }
}

/// The time of the threads that run now.
fn threads_nanoseconds(pid: u32) -> u64 {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let each = threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| {
            let text = read_to_string(thread.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<u64>().ok()
        });
    each.sum()
}

struct Stat {
    pid: u32,
    parent: u32,
    own_ticks: u64,
    ended_children_ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(pid, &read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields after the program's name, which is in parentheses and may contain anything (proc(5)).
fn parse_stat(pid: u32, text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
    Some(Stat {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        own_ticks: number(11)? + number(12)?,
        ended_children_ticks: number(13)? + number(14)?,
    })
}

/// All time that was not idle: user, nice, system, irq, softirq, and the time that the host took.
fn busy(text: &str) -> Option<u64> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Option<Vec<u64>> = line.split_whitespace().map(|n| n.parse().ok()).collect();
    let ticks = ticks?;
    Some(
        [0, 1, 2, 5, 6, 7]
            .iter()
            .filter_map(|&i| ticks.get(i))
            .sum(),
    )
}

/// The memory of a process that is in RAM, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64, BenchError> {
    let path = format!("/proc/{pid}/status");
    let status = read_to_string(&path).map_err(BenchError::at(&path))?;
    parse_resident(&status).ok_or_else(|| BenchError::new(format!("{path} has no VmRSS")))
}

fn parse_resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The processor time of a process so far, in milliseconds.
pub(crate) fn cpu_ms(pid: u32) -> f64 {
    threads_nanoseconds(pid) as f64 / 1e6
}

/// How long the processor takes now for the same computation, in milliseconds of its time: it has other things to do on a
/// machine that is shared, which show in caches and clock rates.
pub(crate) fn pace_ms() -> f64 {
    let before = cpu_ms(std::process::id());
    let mut cells = vec![1_u64; PACE_CELLS];
    let mut at = 0;
    for number in 0..PACE_STEPS {
        if let Some(cell) = cells.get_mut(at) {
            *cell = cell
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(number);
            at = usize::try_from(*cell >> 33).unwrap_or(0) % PACE_CELLS;
        }
    }
    std::hint::black_box(cells);
    cpu_ms(std::process::id()) - before
}

/// Half as much as the caches of a core hold.
const PACE_CELLS: usize = 1 << 16;
const PACE_STEPS: u64 = 4_000_000;

/// The load averages as the kernel writes them.
pub(crate) fn load() -> String {
    let text = read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Linux counts in hundredths of a second for programs, whatever its own clock does (proc(5)).
const TICK_NANOSECONDS: u64 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_be_called_anything() {
        let text = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 100 20 3 4 20 0 9 0 1 2 3";
        let stat = parse_stat(42, text).unwrap();
        let found = (stat.parent, stat.own_ticks, stat.ended_children_ticks);
        assert_eq!(found, (7, 120, 7));
    }

    #[test]
    fn all_that_descend_are_found() {
        let stat = |(pid, parent)| Stat {
            pid,
            parent,
            own_ticks: 0,
            ended_children_ticks: 0,
        };
        let running = [(5, 4), (4, 2), (2, 1), (3, 1), (6, 5)].map(stat);
        let found: Vec<_> = descendants(&running, &[4, 3]).into_iter().collect();
        assert_eq!(found, [3, 4, 5, 6]);
    }

    #[test]
    fn our_own_work_is_counted() {
        let ourselves = Processes {
            nodes: vec![std::process::id()],
            postgres: vec![],
        };
        let meter = Meter::start(&ourselves);
        let mut sum = 0_u64;
        for number in 0..20_000_000_u64 {
            sum = std::hint::black_box(sum ^ number);
        }
        let used = meter.read();
        assert!(used.nodes_ms > 1.0, "{used:?}");
        assert!(used.postgres_ms.abs() < f64::EPSILON);
    }

    #[test]
    fn waiting_is_not_work() {
        let text = "cpu  100 1 50 9000 800 2 3 4 0 0\ncpu0 1 1 1 1\n";
        assert_eq!(busy(text), Some(160));
    }

    #[test]
    fn what_nobody_of_ours_used_others_did() {
        let before = Spent::default();
        let after = Spent {
            nodes: 10_000_000,
            postgres: 20_000_000,
            bench: 30_000_000,
            machine: 100_000_000,
        };
        let found = used(before, after);
        assert!((found.shares.nodes - 0.1).abs() < 1e-9);
        assert!((found.shares.others - 0.4).abs() < 1e-9);
        assert!((found.postgres_ms - 20.0).abs() < 1e-9);
        assert_eq!(used(before, before), Used::default());
    }

    #[test]
    fn resident_memory_is_in_kilobytes() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t   12 kB\n"), Some(12_288));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }
}
