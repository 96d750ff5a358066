//! The two text formats: that of `OpenMetrics`, and the older one of Prometheus, which is made from it; and a value of either,
//! as others read it.

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

/// A value of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample<'a> {
    pub(crate) name: &'a str,
    /// As they stand between the braces.
    pub(crate) labels_text: &'a str,
    pub(crate) value: f64,
}

impl<'a> Sample<'a> {
    /// `None` for a line that describes a metric.
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let line = Some(line).filter(|line| !line.starts_with('#'))?;
        let (described, value) = line.rsplit_once(' ')?;
        let (name, labels) = described.split_once('{').unwrap_or((described, ""));
        Some(Self {
            name,
            labels_text: labels.trim_end_matches('}'),
            value: value.parse().ok()?,
        })
    }

    /// The labels: none of ours needs to be escaped.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let labels = self.labels_text.split("\",");
        labels.filter_map(|label| {
            let (name, text) = label.split_once("=\"")?;
            Some((name, text.trim_end_matches('"')))
        })
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
    fn a_value_has_a_name_and_labels() {
        let sample = Sample::parse("a_bucket{le=\"0.5\",x=\"UID FETCH\"} 7").unwrap();
        assert_eq!((sample.name, sample.value), ("a_bucket", 7.0));
        let labels: Vec<_> = sample.labels().collect();
        assert_eq!(labels, [("le", "0.5"), ("x", "UID FETCH")]);
        assert_eq!(Sample::parse("b -1").unwrap().labels().count(), 0);
        assert_eq!(Sample::parse("# TYPE b gauge"), None);
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
