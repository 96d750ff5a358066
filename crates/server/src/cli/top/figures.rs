//! How one frontend is, in figures: which there are, and how people read them.

use serde_json::Value;

use super::reading::Between;

/// One line of the table: what it is called, what it says, and the same for programs.
pub(super) struct Figure {
    pub(super) what: &'static str,
    pub(super) words: String,
    pub(super) data: Vec<(&'static str, Value)>,
}

/// Of the time between two readings.
pub(super) fn figures(between: &Between<'_>) -> Vec<Figure> {
    let mut figures = of_clients(between);
    figures.extend(of_database(between));
    figures.extend(of_node(between));
    figures
}

fn of_clients(between: &Between<'_>) -> Vec<Figure> {
    let clients = between.now("postroom_connections");
    let idling = between.now.sum("postroom_connections", "state=\"idling\"");
    let logins = between.rate("postroom_logins_total", "result=\"welcome\"");
    let refused = between.rate("postroom_logins_total", "") - logins;
    let commands = between.rate("postroom_commands_total", "");
    let command = between.p99("postroom_command_duration_seconds");
    let letters = between.rate("postroom_deliveries_total", "");
    vec![
        Figure::new("clients", format!("{clients}, {idling} idle"))
            .and("clients", clients)
            .and("idling", idling),
        Figure::new(
            "logins",
            format!("{}, {} refused", each(logins), each(refused)),
        )
        .and("logins_per_second", logins)
        .and("refused_logins_per_second", refused),
        Figure::new(
            "commands",
            format!("{}, 99 % {}", each(commands), within(command)),
        )
        .and("commands_per_second", commands)
        .and("command_seconds_p99", command),
        Figure::new("letters", each(letters)).and("letters_per_second", letters),
    ]
}

fn of_database(between: &Between<'_>) -> Vec<Figure> {
    let calls = between.rate("postroom_database_operation_duration_seconds_count", "");
    let call = between.p99("postroom_database_operation_duration_seconds");
    let faults = between.rate("postroom_database_faults_total", "");
    let used = between
        .now
        .sum("postroom_pool_connections", "state=\"used\"");
    let most = between.now("postroom_pool_connections_max");
    let waiting = between.now("postroom_pool_waiting");
    let batch = between.mean("postroom_store_batch_requests");
    let queued = between.now("postroom_store_queued_writes");
    let age = between.now("postroom_store_queue_age_seconds");
    vec![
        Figure::new(
            "database",
            format!("{}, 99 % {}", each(calls), within(call)),
        )
        .and("database_calls_per_second", calls)
        .and("database_seconds_p99", call),
        Figure::new("faults", each(faults)).and("database_faults_per_second", faults),
        Figure::new("pool", format!("{used} of {most}, {waiting} wait"))
            .and("pool_used", used)
            .and("pool_max", most)
            .and("pool_waiting", waiting),
        Figure::new(
            "batches",
            batch.map_or("–".to_owned(), |mean| format!("{mean:.1} writes")),
        )
        .and("writes_per_batch", batch),
        Figure::new("queue", format!("{queued} writes, {}", duration(age)))
            .and("queued_writes", queued)
            .and("queue_seconds", age),
    ]
}

fn of_node(between: &Between<'_>) -> Vec<Figure> {
    let heard = between.p99("postroom_wakeup_heard_seconds");
    let told = between.p99("postroom_wakeup_told_seconds");
    let listens = between.now("postroom_listener_connected") > 0.0;
    let is_up = between
        .now
        .has("postroom_bus_connected")
        .then(|| between.now("postroom_bus_connected") > 0.0);
    let bus = match is_up {
        None => "none",
        Some(false) => "away: wake-ups go by the database",
        Some(true) if between.now("postroom_bus_complete") > 0.0 => "heard by all",
        Some(true) => "heard, not by all",
    };
    let late = between.now("postroom_wakeup_waiting_seconds");
    let cores = between.rate("process_cpu_seconds_total", "");
    let memory = between.now("process_resident_memory_bytes");
    let wakeups = if listens {
        format!("heard {}, told {}", within(heard), within(told))
    } else {
        "not heard".to_owned()
    };
    vec![
        Figure::new("wake-ups", wakeups)
            .and("listens", listens)
            .and("heard_seconds_p99", heard)
            .and("told_seconds_p99", told),
        Figure::new("bus", bus.to_owned()).and("bus_connected", is_up),
        Figure::new("lag", duration(late)).and("unheard_wakeup_seconds", late),
        Figure::new("processor", format!("{:.0} % of a core", cores * 100.0))
            .and("processor_cores", cores),
        Figure::new("memory", format!("{:.0} MiB", memory / 1_048_576.0))
            .and("memory_bytes", memory),
    ]
}

impl Figure {
    fn new(what: &'static str, words: String) -> Self {
        Self {
            what,
            words,
            data: Vec::new(),
        }
    }

    fn and(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.data.push((key, value.into()));
        self
    }
}

fn each(rate: f64) -> String {
    match rate {
        0.0 => "0/s".to_owned(),
        rate if rate < 10.0 => format!("{rate:.1}/s"),
        rate => format!("{rate:.0}/s"),
    }
}

fn within(seconds: Option<f64>) -> String {
    seconds.map_or("–".to_owned(), duration)
}

fn duration(seconds: f64) -> String {
    match seconds {
        0.0 => "0 s".to_owned(),
        seconds if seconds.is_infinite() => "very long".to_owned(),
        seconds if seconds < 0.01 => format!("{:.1} ms", seconds * 1e3),
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds => format!("{seconds:.1} s"),
    }
}
