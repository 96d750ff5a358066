//! What the crates below take as arguments: tasks, time, randomness, facts of the machine.
//!
//! This is the one file that starts tasks, reads clocks and reads environment variables.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::crypto::ring::default_provider;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::config::{OtlpVariables, Surroundings};
use crate::panics::{PanicPlace, Panics};

/// Starts `task` on the running runtime, and lets it run until it ends.
#[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
pub(crate) fn start(task: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(task));
}

/// What a store does in the background, on this runtime.
pub(crate) fn background(panics: &Arc<Panics>) -> store::Background {
    store::Background {
        spawn: spawn(panics),
        sleep: Arc::new(|time| Box::pin(tokio::time::sleep(time))),
        clock: steady_clock(),
        compute: store::Compute::new(cores(), Arc::new(aside)),
    }
}

/// Measures the time since now.
fn steady_clock() -> store::Clock {
    let began = now();
    Arc::new(move || began.elapsed())
}

/// Computes on this thread, while another takes over its tasks. A runtime with one thread has no other.
fn aside(work: &mut (dyn FnMut() + Send)) {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// The function by which the crates below start their tasks. A panic ends the task and is counted.
pub(crate) fn spawn(panics: &Arc<Panics>) -> store::Spawn {
    let panics = Arc::clone(panics);
    Arc::new(move |task| start(Arc::clone(&panics).contain(PanicPlace::Background, task)))
}

/// Runs work that keeps a core busy on a thread for blocking work; `None` if it panicked.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// The present time of the monotonic clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the steady clock"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The seconds since 1970 by the machine's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock"
)]
pub(crate) fn unix_seconds() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
}

/// Cryptographically random bytes; `None` when the machine cannot give any.
pub(crate) fn random_bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    default_provider().secure_random.fill(&mut bytes).ok()?;
    Some(bytes)
}

/// All environment variables of this process that are valid UTF-8.
pub(crate) fn variables() -> HashMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Defaults that depend on the machine and on who runs the server.
pub(crate) fn surroundings(variables: &HashMap<String, String>) -> Surroundings {
    Surroundings {
        host_name: host_name(),
        state_dir: state_dir(variables),
        memory_bytes: memory_bytes(),
        otlp: OtlpVariables {
            sends_traces: is_receiver_named(variables, "TRACES"),
            metrics_url: metrics_url(variables),
            metrics_headers: metrics_headers(variables),
        },
    }
}

/// Where metrics go by the variables of OpenTelemetry.
fn metrics_url(variables: &HashMap<String, String>) -> Option<String> {
    if !is_receiver_named(variables, "METRICS") {
        return None;
    }
    let of_metrics = variables.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
    let of_all = || {
        let base = variables.get("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        Some(format!("{}/v1/metrics", base.trim_end_matches('/')))
    };
    let of_metrics = of_metrics.filter(|url| !url.is_empty());
    of_metrics.cloned().or_else(of_all)
}

/// What a receiver wants to see, as `name=value,name=value` with signs in the way of URLs.
fn metrics_headers(variables: &HashMap<String, String>) -> Vec<(String, String)> {
    let of_metrics = variables.get("OTEL_EXPORTER_OTLP_METRICS_HEADERS");
    let given = of_metrics.or_else(|| variables.get("OTEL_EXPORTER_OTLP_HEADERS"));
    let pairs = given.into_iter().flat_map(|text| text.split(','));
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| {
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            (name.trim().to_owned(), value.into_owned())
        })
        .collect()
}

/// Whether the variables of OpenTelemetry name a receiver of traces or metrics, and want them to be sent.
fn is_receiver_named(variables: &HashMap<String, String>, signal: &str) -> bool {
    let is = |name: &str, value: &str| variables.get(name).is_some_and(|given| given == value);
    let is_named = [format!("{signal}_"), String::new()].iter().any(|signal| {
        let name = format!("OTEL_EXPORTER_OTLP_{signal}ENDPOINT");
        variables.get(&name).is_some_and(|url| !url.is_empty())
    });
    let exporter = format!("OTEL_{signal}_EXPORTER");
    is_named && !is("OTEL_SDK_DISABLED", "true") && !is(&exporter, "none")
}

/// What the control groups of this process allow, in their first or second version, and no more than the machine has.
fn memory_bytes() -> Option<u64> {
    let text = |path: &str| std::fs::read_to_string(path).ok();
    let groups = text("/proc/self/cgroup").unwrap_or_default();
    let of_groups = memory_files(&groups).filter_map(|file| text(&file)?.trim().parse().ok());
    of_groups.chain(machine_memory()).min()
}

/// The files that may say it: those of the process's group and of all above it. Within a container the innermost
/// group may be the root.
fn memory_files(groups: &str) -> impl Iterator<Item = String> {
    groups.lines().flat_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next().unwrap_or(""), parts.next().unwrap_or("/"));
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        };
        let is_memory = controllers.is_empty() || controllers.split(',').any(|c| c == "memory");
        let ancestors = Path::new(path).ancestors().map(move |group| {
            let group = group.display().to_string();
            format!("{root}{}/{file}", group.trim_end_matches('/'))
        });
        ancestors.filter(move |_| is_memory).collect::<Vec<_>>()
    })
}

/// Asked of the kernel itself: a unit of systemd may not see `/proc/meminfo`, and a group without a limit names a number that no
/// machine has.
fn machine_memory() -> Option<u64> {
    let said = rustix::system::sysinfo();
    said.totalram.checked_mul(u64::from(said.mem_unit))
}

/// Asked of the kernel: a unit of systemd may not see `/proc/sys`.
fn host_name() -> String {
    let said = rustix::system::uname();
    let name = said.nodename().to_string_lossy();
    match name.trim() {
        "" => "postroom".to_owned(),
        name => name.to_owned(),
    }
}

/// The directory is below the user's own state (XDG base directories), or `/var/lib` where there is none.
fn state_dir(variables: &HashMap<String, String>) -> PathBuf {
    let of_user = variables
        .get("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            variables
                .get("HOME")
                .map(|home| PathBuf::from(home).join(".local/state"))
        })
        .filter(|path| path.is_absolute() && !path.starts_with("/root"));
    of_user
        .unwrap_or_else(|| PathBuf::from("/var/lib"))
        .join("postroom")
}

/// Raises this process's limit of open files and sockets to the highest that the machine allows, and
/// returns it; `None` is no limit.
pub(crate) fn raise_files_max() -> Option<u64> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => getrlimit(Resource::Nofile).current,
    }
}

/// The number of cores that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_go_where_the_variables_say() {
        let of = |pairs: &[(&str, &str)]| {
            let owned = pairs
                .iter()
                .map(|(name, value)| (format!("OTEL_{name}"), (*value).to_owned()));
            surroundings(&owned.collect()).otlp
        };
        let base = ("EXPORTER_OTLP_ENDPOINT", "http://c:4318/");
        let own = ("EXPORTER_OTLP_METRICS_ENDPOINT", "http://m:1/x");
        for (pairs, url) in [
            (&[][..], None),
            (&[base], Some("http://c:4318/v1/metrics")),
            (&[base, own], Some("http://m:1/x")),
            (&[base, ("METRICS_EXPORTER", "none")], None),
            (&[base, ("SDK_DISABLED", "true")], None),
        ] {
            assert_eq!(of(pairs).metrics_url.as_deref(), url, "{pairs:?}");
        }
        let headers = ("EXPORTER_OTLP_HEADERS", "authorization=Basic%20YQ==, x=y");
        let headers = of(&[base, headers]).metrics_headers;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            headers,
            [pair("authorization", "Basic YQ=="), pair("x", "y")]
        );
    }

    #[test]
    fn the_memory_of_a_group_is_asked_of_it_and_all_above() {
        let asked = |groups| memory_files(groups).collect::<Vec<_>>();
        assert_eq!(asked("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
        assert_eq!(
            asked("0::/kubepods/pod1\n"),
            [
                "/sys/fs/cgroup/kubepods/pod1/memory.max",
                "/sys/fs/cgroup/kubepods/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(
            asked("4:cpu,cpuacct:/a\n3:memory:/a\n"),
            [
                "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            ]
        );
        let machine = machine_memory().unwrap();
        assert!((1 << 20..1 << 50).contains(&machine), "{machine}");
        assert!(memory_bytes().is_some_and(|bytes| 0 < bytes && bytes <= machine));
    }
}
