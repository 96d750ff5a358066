//! The two text formats: that of `OpenMetrics`, and the older one of Prometheus, which is made from it.

/// The format of a page of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFormat {
    /// `OpenMetrics` 1.0.
    OpenMetrics,
    /// Prometheus' text format, which every tool reads.
    Prometheus,
}

impl TextFormat {
    /// The format for whoever accepts `accept`: the older one, unless the newer is asked for.
    pub(crate) fn accepted_by(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// A page in the older format: a counter is described by the name that its values have, units have no line, nor has
/// the end.
pub(super) fn to_prometheus(page: &str) -> String {
    let mut older = String::with_capacity(page.len());
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            let (name, help) = described.split_once(' ').unwrap_or((described, ""));
            let is_counter = lines
                .peek()
                .is_some_and(|kind| kind.starts_with("# TYPE ") && kind.ends_with(" counter"));
            let suffix = if is_counter { "_total" } else { "" };
            older.extend(["# HELP ", name, suffix, " ", help, "\n"]);
        } else if let Some(name) = line
            .strip_prefix("# TYPE ")
            .and_then(|described| described.strip_suffix(" counter"))
        {
            older.extend(["# TYPE ", name, "_total counter\n"]);
        } else if !line.starts_with("# UNIT ") && line != "# EOF" {
            older.extend([line, "\n"]);
        }
    }
    older
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_described_by_the_name_that_they_have() {
        let page = "# HELP a_seconds Time.\n# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n\
                    a_seconds_sum 1\n# HELP b Bytes.\n# TYPE b counter\nb_total{x=\"# EOF\"} 1\n# EOF\n";
        let older = "# HELP a_seconds Time.\n# TYPE a_seconds histogram\na_seconds_sum 1\n\
                     # HELP b_total Bytes.\n# TYPE b_total counter\nb_total{x=\"# EOF\"} 1\n";
        assert_eq!(to_prometheus(page), older);
    }

    #[test]
    fn the_newer_format_is_for_those_who_ask_for_it() {
        for (accept, format) in [
            ("", TextFormat::Prometheus),
            ("*/*", TextFormat::Prometheus),
            ("text/plain;version=0.0.4;q=0.5", TextFormat::Prometheus),
            (
                "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
                TextFormat::OpenMetrics,
            ),
        ] {
            assert_eq!(TextFormat::accepted_by(accept), format, "{accept}");
        }
    }
}
