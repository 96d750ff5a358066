//! The reference of all settings, made from the list that the server itself reads them by.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::Config;
use super::form::{Form, SettingEntry};
use super::sources::{OtlpVariables, Surroundings};

/// A TOML file with every setting, its words and its default, all commented out.
#[must_use]
pub fn reference() -> String {
    let surroundings = Surroundings {
        host_name: "the host's name".to_owned(),
        state_dir: PathBuf::from("/var/lib/postroom"),
        memory_bytes: None,
        otlp: OtlpVariables::default(),
    };
    let mut form = Form::new(BTreeMap::new(), BTreeSet::new(), &surroundings);
    Config::fill(&mut form);
    let mut page = String::from(
        "# Every setting of Postroom with its default.\n\
         # A variable POSTROOM_SECTION__KEY overrides the file.\n",
    );
    let mut last_section = "";
    for entry in &form.into_entries() {
        let (section, _) = entry.key.split_once('.').unwrap_or(("", entry.key));
        if section != last_section {
            // Writing to a String cannot fail.
            let _ = writeln!(page, "\n[{section}]");
            last_section = section;
        }
        print(entry, &mut page);
    }
    page
}

fn print(entry: &SettingEntry, page: &mut String) {
    let (_, name) = entry.key.split_once('.').unwrap_or(("", entry.key));
    let _ = writeln!(page, "# {}", entry.words);
    if entry.is_secret {
        let _ = writeln!(page, "# {name}_file names a file that holds it instead.");
    }
    let is_plain = entry.default.parse::<f64>().is_ok();
    let quote = if is_plain { "" } else { "\"" };
    let _ = writeln!(page, "#{name} = {quote}{}{quote}", entry.default);
}
