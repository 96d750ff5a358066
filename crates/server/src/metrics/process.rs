//! This process as the machine sees it, and the runtime that its tasks are on. Under the names that all of Prometheus'
//! libraries use.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use rustix::fs::statvfs;
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::RuntimeMetrics;

use super::page::{Page, to_f64};
use crate::environment;

/// Reads `/proc/self`; without one it says nothing.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let Some(stat) = Stat::read() else {
            return Ok(());
        };
        page.counter_f64(
            "process_cpu_seconds",
            "Time of the processors that this process has used",
            stat.cpu_seconds,
        )?;
        page.gauge_f64(
            "process_start_time_seconds",
            "When this process began, in seconds since 1970",
            stat.began_at,
        )?;
        page.gauge(
            "process_resident_memory_bytes",
            "Memory of this process that is in the machine's",
            stat.resident_bytes,
        )?;
        page.gauge(
            "process_virtual_memory_bytes",
            "Addresses that this process has taken",
            stat.virtual_bytes,
        )?;
        page.gauge("process_threads", "Threads of this process", stat.threads)?;
        page.gauge(
            "process_open_fds",
            "Open files and sockets",
            fs::read_dir("/proc/self/fd").map_or(0, Iterator::count) as u64,
        )?;
        page.gauge(
            "process_max_fds",
            "Files and sockets that may be open",
            getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX),
        )
    }
}

/// What is read of a process.
#[derive(Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    began_at: f64,
    threads: u64,
    virtual_bytes: u64,
    resident_bytes: u64,
}

impl Stat {
    fn read() -> Option<Self> {
        // Not from /proc/stat, which a unit of systemd hides (`ProcSubset=pid`).
        let since_boot = clock_gettime(ClockId::Boottime).tv_sec;
        let booted = environment::unix_seconds().checked_sub(since_boot)?;
        let booted = u64::try_from(booted).ok()?;
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        Self::parse(&stat, booted, clock_ticks_per_second(), page_size() as u64)
    }

    /// `booted` is in seconds since 1970.
    fn parse(stat: &str, booted: u64, ticks_per_second: u64, page_bytes: u64) -> Option<Self> {
        // The name of the program, which may hold anything, is in parentheses.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        // The numbers of proc(5), which counts the two fields before.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let seconds = |ticks: u64| to_f64(ticks) / to_f64(ticks_per_second);
        Some(Self {
            cpu_seconds: seconds(field(14)? + field(15)?),
            threads: field(20)?,
            began_at: to_f64(booted) + seconds(field(22)?),
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * page_bytes,
        })
    }
}

/// The runtime's tasks, and the disk that the state directory is on.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) runtime: RuntimeMetrics,
    pub(super) state_dir: PathBuf,
}

impl Collector for Machine {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let workers = self.runtime.num_workers();
        page.gauge("runtime_workers", "Threads that run tasks", workers as u64)?;
        page.gauge(
            "runtime_tasks",
            "Tasks that have not ended",
            self.runtime.num_alive_tasks() as u64,
        )?;
        page.gauge(
            "runtime_queued_tasks",
            "Tasks that wait for a thread, as far as no thread has them in its own queue",
            self.runtime.global_queue_depth() as u64,
        )?;
        let busy = (0..workers).map(|worker| self.runtime.worker_total_busy_duration(worker));
        page.counter_f64(
            "runtime_busy_seconds",
            "Time that the threads have spent with tasks",
            busy.sum::<Duration>().as_secs_f64(),
        )?;
        let Ok(disk) = statvfs(&self.state_dir) else {
            return Ok(());
        };
        page.gauges(
            "state_disk_bytes",
            "The disk of the state directory, where a private PostgreSQL has all mail",
            "part",
            &[
                ("available", disk.f_bavail.saturating_mul(disk.f_frsize)),
                ("all", disk.f_blocks.saturating_mul(disk.f_frsize)),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 9 0 1000 4096000 25 18446744073709551615";
        assert_eq!(
            Stat::parse(stat, 1_000_000, 100, 4096),
            Some(Stat {
                cpu_seconds: 2.0,
                began_at: 1_000_010.0,
                threads: 9,
                virtual_bytes: 4_096_000,
                resident_bytes: 102_400,
            })
        );
        assert!(Stat::read().is_some_and(|stat| stat.resident_bytes > 0));
    }
}
