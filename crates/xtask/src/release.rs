//! What a release says to the database, kept for the tests of the next one: for as long as frontends of both run, the
//! older says it to the schema of the newer.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::prepare::statements;
use crate::tool::{ChoreError, root};

const METADATA: &str = ".sqlx";
const KEPT: &str = "crates/store/tests/release_before";

/// Writes the statements of this release with their types to where the promises look for those of the release before. To
/// be called when a release is made.
pub(crate) fn keep(_: &[String]) -> Result<(), ChoreError> {
    let kept = root().join(KEPT);
    // What the release before had and this one has not need not be kept any longer.
    for function in statements(KEPT)? {
        fs::remove_file(&function).map_err(ChoreError::at(function.display()))?;
    }
    fs::write(kept.join("statements.json"), statement_lines()?).map_err(ChoreError::at(KEPT))
}

/// A JSON value a line, in an order that tells little changes from large ones.
fn statement_lines() -> Result<String, ChoreError> {
    let folder = root().join(METADATA);
    let entries = fs::read_dir(&folder).map_err(ChoreError::at(METADATA))?;
    let mut lines = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        lines.push(kept_statement(&read(&entry.path())?)?.to_string());
    }
    lines.sort();
    lines.push(String::new());
    Ok(lines.join("\n"))
}

/// Of the metadata of one statement what both sides must agree on.
fn kept_statement(metadata: &str) -> Result<Value, ChoreError> {
    let metadata: Value = serde_json::from_str(metadata).map_err(ChoreError::at(METADATA))?;
    let described = &metadata["describe"];
    let columns = described["columns"].as_array().cloned().unwrap_or_default();
    let columns: Vec<_> = columns
        .iter()
        .map(|column| json!([column["name"], column["type_info"]]))
        .collect();
    Ok(json!({
        "query": metadata["query"],
        "parameters": described["parameters"]["Left"],
        "columns": columns,
    }))
}

fn read(file: &Path) -> Result<String, ChoreError> {
    fs::read_to_string(file).map_err(ChoreError::at(file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_statement_the_types_are_kept() {
        let metadata = r#"{
            "query": "select $1::int8 as n",
            "describe": {
                "columns": [{ "ordinal": 0, "name": "n", "type_info": "Int8", "origin": "Expression" }],
                "parameters": { "Left": ["Int8"] },
                "nullable": [null]
            }
        }"#;
        assert_eq!(
            kept_statement(metadata).unwrap(),
            json!({ "query": "select $1::int8 as n", "parameters": ["Int8"], "columns": [["n", "Int8"]] })
        );
    }
}
