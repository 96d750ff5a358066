//! One pass over all settings: typed values out, every mistake noted on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::changes::WrittenSettings;
use super::setting::{Choice, Secret, Setting, Span};
use super::sources::{Given, OtlpVariables, PREFIX, SEPARATOR, Surroundings};

/// How like a setting's name (by Jaro and Winkler, at most 1) another is that may be a slip of it.
const SLIP_LIKENESS: f64 = 0.88;

/// The settings as they were given, and those that were read so far.
pub(super) struct Form {
    given: BTreeMap<String, Given>,
    /// Variables of ours that have no section.
    without_section: BTreeSet<String>,
    host_name: String,
    state_dir: String,
    memory_bytes: Option<u64>,
    otlp: OtlpVariables,
    entries: Vec<SettingEntry>,
    mistakes: Vec<Mistake>,
    secret_files: Vec<PathBuf>,
}

/// A setting's line of the reference.
pub(super) struct SettingEntry {
    pub(super) key: &'static str,
    pub(super) default: String,
    pub(super) words: String,
    pub(super) is_secret: bool,
}

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The setting, as `section.key`.
    pub key: String,
    /// What is wrong, and where it was written.
    pub words: String,
}

/// All mistakes in the configuration; there is at least one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration has mistakes:")?;
        for Mistake { key, words } in &self.0 {
            write!(f, "\n  {key}: {words}")?;
        }
        Ok(())
    }
}

impl Form {
    pub(super) fn new(
        given: BTreeMap<String, Given>,
        without_section: BTreeSet<String>,
        surroundings: &Surroundings,
    ) -> Self {
        Self {
            given,
            without_section,
            host_name: surroundings.host_name.clone(),
            state_dir: surroundings.state_dir.display().to_string(),
            memory_bytes: surroundings.memory_bytes,
            otlp: surroundings.otlp.clone(),
            entries: Vec::new(),
            mistakes: Vec::new(),
            secret_files: Vec::new(),
        }
    }

    /// What was given and not asked for yet.
    pub(super) fn written(&self) -> WrittenSettings {
        WrittenSettings::of(&self.given)
    }

    /// The file that holds the secret `key`, where it is not asked for yet.
    pub(super) fn secret_file(&self, key: &str) -> Option<PathBuf> {
        let given = self.given.get(&format!("{key}_file"))?;
        Some(PathBuf::from(given.texts.concat()))
    }

    /// The defaults that depend on the machine: the host's name and the state directory.
    pub(super) fn surroundings(&self) -> (String, String) {
        (self.host_name.clone(), self.state_dir.clone())
    }

    /// The memory that the container or the machine has, in bytes.
    pub(super) fn memory_bytes(&self) -> Option<u64> {
        self.memory_bytes
    }

    /// What the standard variables of OpenTelemetry say.
    pub(super) fn otlp(&self) -> &OtlpVariables {
        &self.otlp
    }

    /// The setting `key`. A wrong value is noted and `default` taken in its place.
    pub(super) fn take<T: Setting>(
        &mut self,
        key: &'static str,
        default: &str,
        words: &'static str,
    ) -> T {
        self.entries.push(SettingEntry {
            key,
            default: default.to_owned(),
            words: words.to_owned(),
            is_secret: false,
        });
        if let Some(given) = self.given.remove(key) {
            match T::parse(&given.texts) {
                Ok(value) => return value,
                Err(expected) => self.note(
                    key,
                    format!("expected {expected}, found {given} in {}", given.origin),
                ),
            }
        }
        T::parse(&[default.to_owned()]).unwrap_or_else(|expected| {
            self.note(key, format!("the default is wrong: expected {expected}"));
            T::default()
        })
    }

    /// The setting `key`, which is one of the words of `T`.
    pub(super) fn choose<T: Choice>(
        &mut self,
        key: &'static str,
        default: T,
        words: &'static str,
    ) -> T {
        self.entries.push(SettingEntry {
            key,
            default: default.word().to_owned(),
            words: format!("{words} One of: {}.", T::words()),
            is_secret: false,
        });
        let Some(given) = self.given.remove(key) else {
            return default;
        };
        let chosen = T::CHOICES
            .iter()
            .find(|(word, _)| given.texts == [*word])
            .map(|(_, choice)| *choice);
        chosen.unwrap_or_else(|| {
            let expected = T::words();
            self.note(
                key,
                format!(
                    "expected one of {expected}, found {given} in {}",
                    given.origin
                ),
            );
            default
        })
    }

    /// The setting `key`, a duration that has a lower bound.
    pub(super) fn at_least(
        &mut self,
        key: &'static str,
        default: &str,
        bound: Duration,
        words: &'static str,
    ) -> Duration {
        let Span(duration) = self.take(key, default, words);
        if duration < bound {
            self.note(key, format!("must be at least {bound:?}"));
        }
        duration
    }

    /// The setting `key`, or the content of the file that `<key>_file` names.
    pub(super) fn secret(&mut self, key: &'static str, words: &'static str) -> Option<Secret> {
        self.entries.push(SettingEntry {
            key,
            default: String::new(),
            words: words.to_owned(),
            is_secret: true,
        });
        let direct = self.given.remove(key).map(|given| given.texts.concat());
        let file = self.given.remove(&format!("{key}_file"));
        let text = match (direct, file) {
            (Some(_), Some(_)) => {
                self.note(key, format!("and {key}_file are both set"));
                None
            }
            (direct, None) => direct,
            (None, Some(file)) => self.read_secret(key, &file.texts.concat()),
        };
        text.filter(|text| !text.is_empty()).map(Secret::new)
    }

    /// The files that hold the secrets that were asked for.
    pub(super) fn secret_files(&self) -> Vec<PathBuf> {
        self.secret_files.clone()
    }

    fn read_secret(&mut self, key: &'static str, path: &str) -> Option<String> {
        self.secret_files.push(PathBuf::from(path));
        match std::fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => {
                self.note(key, format!("{path} is empty"));
                None
            }
            Ok(text) => Some(text.trim().to_owned()),
            Err(cause) => {
                self.note(key, format!("{path} cannot be read: {cause}"));
                None
            }
        }
    }

    /// Notes `words` about `key` unless `is_right`.
    pub(super) fn check(&mut self, is_right: bool, key: &'static str, words: &str) {
        let is_noted = self.mistakes.iter().any(|mistake| mistake.key == key);
        if !is_right && !is_noted {
            self.note(key, words.to_owned());
        }
    }

    /// Notes the settings that were given and never asked for: they are unknown.
    pub(super) fn finish(mut self) -> Result<(), Mistakes> {
        for (key, given) in std::mem::take(&mut self.given) {
            let like = self.most_like(&key);
            let like = like.map_or(String::new(), |like| format!("; is {like} meant?"));
            self.note(&key, format!("no such setting (in {}){like}", given.origin));
        }
        let keys = self.entries.iter().flat_map(|entry| {
            let file = entry.is_secret.then(|| format!("{}_file", entry.key));
            file.into_iter().chain([entry.key.to_owned()])
        });
        for key in keys.collect::<Vec<_>>() {
            let slip = variable(&key, "_");
            // Nobody would be told that it is passed over.
            if self.without_section.contains(&slip) {
                let words = format!(
                    "the variable {slip} says nothing: its name is {}",
                    variable(&key, SEPARATOR)
                );
                self.note(&key, words);
            }
        }
        if self.mistakes.is_empty() {
            Ok(())
        } else {
            Err(Mistakes(self.mistakes))
        }
    }

    fn most_like(&self, key: &str) -> Option<&'static str> {
        let likeness = |entry: &SettingEntry| (strsim::jaro_winkler(entry.key, key), entry.key);
        let all = self.entries.iter().map(likeness);
        let (likeness, best) = all.max_by(|one, other| one.0.total_cmp(&other.0))?;
        (likeness >= SLIP_LIKENESS).then_some(best)
    }

    /// Every setting that was asked for, in order.
    pub(super) fn into_entries(self) -> Vec<SettingEntry> {
        self.entries
    }

    fn note(&mut self, key: &str, words: String) {
        self.mistakes.push(Mistake {
            key: key.to_owned(),
            words,
        });
    }
}

/// The variable of a setting, with this between section and key.
fn variable(key: &str, separator: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', separator).to_uppercase())
}
