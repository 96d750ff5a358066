//! Where settings come from: a TOML file and variables, flattened to `section.key`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat, Source, Value, ValueKind};

use super::form::{Mistake, Mistakes};

/// The variable that names the configuration file.
const FILE_VARIABLE: &str = "POSTROOM_CONFIG";
/// Where the file is looked for when nothing names it.
const FILE_DEFAULT: &str = "/etc/postroom/postroom.toml";
/// How the variables begin that are ours.
pub(super) const PREFIX: &str = "POSTROOM_";
/// Between section and key of a variable.
pub(super) const SEPARATOR: &str = "__";

/// What the configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file; `None` leaves the defaults and the variables.
    pub file: Option<PathBuf>,
    /// The process's variables; those that are no settings of ours are passed over.
    pub variables: HashMap<String, String>,
    /// What the machine says.
    pub surroundings: Surroundings,
}

/// Defaults that depend on the machine.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Default of `node.name`.
    pub host_name: String,
    /// Default of `node.state_dir`.
    pub state_dir: PathBuf,
    /// The memory that this process may take, in bytes.
    pub memory_bytes: Option<u64>,
    /// What OpenTelemetry's variables say.
    pub otlp: OtlpVariables,
}

/// What the standard variables of OpenTelemetry say that its own library does not read for us.
#[derive(Clone, Debug, Default)]
pub struct OtlpVariables {
    /// Whether they name a receiver of traces.
    pub sends_traces: bool,
    /// Where metrics shall go.
    pub metrics_url: Option<String>,
    /// What is sent with them, as headers of HTTP.
    pub metrics_headers: Vec<(String, String)>,
}

/// A setting as it was written.
pub(super) struct Given {
    pub(super) texts: Vec<String>,
    pub(super) origin: String,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.texts.as_slice() {
            [text] => write!(f, "{text:?}"),
            texts => write!(f, "{texts:?}"),
        }
    }
}

/// The file to read: the one on the command line, the one that `POSTROOM_CONFIG` names, or the
/// usual one if it is there.
#[must_use]
pub fn find_file(named: Option<&Path>, variables: &HashMap<String, String>) -> Option<PathBuf> {
    named
        .map(Path::to_owned)
        .or_else(|| variables.get(FILE_VARIABLE).map(PathBuf::from))
        // One that may not be read is there: to go on without it would be to guess.
        .or_else(|| {
            Some(PathBuf::from(FILE_DEFAULT)).filter(|path| path.try_exists().unwrap_or(true))
        })
}

/// Whether the log is for machines, as far as that can be said of a configuration with mistakes.
pub(crate) fn is_log_json(sources: &Sources) -> bool {
    let without_file = Sources {
        file: None,
        ..sources.clone()
    };
    let given = sources.collect().or_else(|_| without_file.collect());
    given.is_ok_and(|given| {
        let format = given.get("log.format");
        format.is_some_and(|format| format.texts == ["json"])
    })
}

impl Sources {
    /// Every setting that was given, by its name.
    pub(super) fn collect(&self) -> Result<BTreeMap<String, Given>, Mistakes> {
        let mut given = BTreeMap::new();
        if let Some(path) = &self.file {
            // What reads it for us calls everything not found that it cannot open.
            std::fs::File::open(path).map_err(|cause| {
                Mistakes(vec![Mistake {
                    key: path.display().to_string(),
                    words: cause.to_string(),
                }])
            })?;
            let file = File::from(path.as_path()).format(FileFormat::Toml);
            let tree = file.collect().map_err(|cause| {
                Mistakes(vec![Mistake {
                    key: path.display().to_string(),
                    words: cause.to_string(),
                }])
            })?;
            flatten("", tree, &path.display().to_string(), &mut given);
        }
        let mut variables = BTreeMap::new();
        flatten("", self.variables(), "the environment", &mut variables);
        for key in variables.keys() {
            // A secret in a variable stands for the file with one that the configuration names, and the other way about.
            let other = match key.strip_suffix("_file") {
                Some(secret) => secret.to_owned(),
                None => format!("{key}_file"),
            };
            given.remove(&other);
        }
        given.append(&mut variables);
        Ok(given)
    }

    /// The variables that may be settings with one underscore where two are needed.
    pub(super) fn with_one_underscore(&self) -> BTreeSet<String> {
        let names = self.variables.keys();
        let ours = names.filter(|name| name.starts_with(PREFIX) && !name.contains(SEPARATOR));
        ours.cloned().collect()
    }

    fn variables(&self) -> config::Map<String, Value> {
        // Kubernetes sets POSTROOM_PORT and its like for a service of our name; a setting always
        // has a section, and so two underscores.
        let ours = self
            .variables
            .iter()
            .filter(|(name, _)| name.contains(SEPARATOR))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        Environment::with_prefix("POSTROOM")
            .prefix_separator("_")
            .separator(SEPARATOR)
            .source(Some(ours))
            .collect()
            .unwrap_or_default()
    }
}

fn flatten(
    prefix: &str,
    tree: config::Map<String, Value>,
    origin: &str,
    given: &mut BTreeMap<String, Given>,
) {
    for (name, value) in tree {
        let key = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}.{name}")
        };
        match value.kind {
            ValueKind::Table(inner) => flatten(&key, inner, origin, given),
            ValueKind::Array(values) => {
                let texts = values.iter().map(ToString::to_string).collect();
                insert(given, key, texts, origin);
            }
            kind => insert(given, key, vec![kind.to_string()], origin),
        }
    }
}

fn insert(given: &mut BTreeMap<String, Given>, key: String, texts: Vec<String>, origin: &str) {
    let origin = origin.to_owned();
    given.insert(key, Given { texts, origin });
}
