//! What the kernel counts for a process: which processes used the processors during a measurement,
//! and how much memory a frontend holds.

use std::fs::read_to_string;

use crate::error::BenchError;
use crate::world::World;

/// The processor time so far, in the kernel's ticks.
#[derive(Clone, Copy, Debug, Default)]
struct Ticks {
    nodes: u64,
    postgres: u64,
    bench: u64,
    machine: u64,
}

/// The processes whose processor time is reported.
#[derive(Clone, Debug)]
pub(crate) struct Processes {
    nodes: Vec<u32>,
    postmaster: u32,
}

/// Measures from its creation on.
#[derive(Debug)]
pub(crate) struct Meter<'a> {
    processes: &'a Processes,
    before: Ticks,
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
            postmaster: world.postgres.pid,
        }
    }

    /// A process that does not exist counts as zero: the meter must not stop a measurement.
    fn ticks(&self) -> Ticks {
        let stat = |pid: &u32| stat(&pid.to_string());
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let backends = entries
            .filter_map(|entry| self::stat(entry.file_name().to_str()?))
            .filter(|stat| stat.parent == self.postmaster);
        let nodes = self.nodes.iter().filter_map(stat);
        let machine = read_to_string("/proc/stat").ok();
        Ticks {
            nodes: nodes.map(|stat| stat.own).sum(),
            postgres: backends.map(|stat| stat.own).sum::<u64>()
                + stat(&self.postmaster).map_or(0, |stat| stat.own + stat.ended_children),
            bench: self::stat("self").map_or(0, |stat| stat.own + stat.ended_children),
            machine: machine.and_then(|text| busy(&text)).unwrap_or(0),
        }
    }
}

impl<'a> Meter<'a> {
    pub(crate) fn start(processes: &'a Processes) -> Self {
        Self {
            processes,
            before: processes.ticks(),
        }
    }

    pub(crate) fn shares(&self) -> Shares {
        shares(self.before, self.processes.ticks())
    }
}

fn shares(before: Ticks, after: Ticks) -> Shares {
    let machine = after.machine.saturating_sub(before.machine);
    let share = |before: u64, after: u64| match machine {
        0 => 0.0,
        machine => after.saturating_sub(before) as f64 / machine as f64,
    };
    let nodes = share(before.nodes, after.nodes);
    let postgres = share(before.postgres, after.postgres);
    let bench = share(before.bench, after.bench);
    Shares {
        nodes,
        postgres,
        bench,
        others: (1.0 - nodes - postgres - bench).max(0.0),
    }
}

struct Stat {
    parent: u32,
    own: u64,
    ended_children: u64,
}

fn stat(pid: &str) -> Option<Stat> {
    parse_stat(&read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fields after the program's name, which is in parentheses and may contain anything (proc(5)).
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        ended_children: number(13)? + number(14)?,
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

/// The processor time of a process with all its threads, in milliseconds. It is finer than ticks.
pub(crate) fn cpu_ms(pid: u32) -> Result<f64, BenchError> {
    let path = format!("/proc/{pid}/task");
    let threads = std::fs::read_dir(&path).map_err(BenchError::at(&path))?;
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Ok(nanoseconds.sum::<u64>() as f64 / 1e6)
}

/// The load averages as the kernel writes them.
pub(crate) fn load() -> String {
    let text = read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_be_called_anything() {
        let text = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 100 20 3 4 20 0 9 0 1 2 3";
        let stat = parse_stat(text).unwrap();
        assert_eq!((stat.parent, stat.own, stat.ended_children), (7, 120, 7));
    }

    #[test]
    fn waiting_is_not_work() {
        let text = "cpu  100 1 50 9000 800 2 3 4 0 0\ncpu0 1 1 1 1\n";
        assert_eq!(busy(text), Some(160));
    }

    #[test]
    fn what_nobody_of_ours_used_others_did() {
        let before = Ticks::default();
        let after = Ticks {
            nodes: 10,
            postgres: 20,
            bench: 30,
            machine: 100,
        };
        let Shares { nodes, others, .. } = shares(before, after);
        assert!((nodes - 0.1).abs() < 1e-9 && (others - 0.4).abs() < 1e-9);
        assert_eq!(shares(before, before).nodes, 0.0);
    }

    #[test]
    fn resident_memory_is_in_kilobytes() {
        assert_eq!(parse_resident("Name:\tx\nVmRSS:\t   12 kB\n"), Some(12_288));
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }
}
