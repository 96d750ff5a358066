//! The options of the demo.

use std::path::PathBuf;

use crate::tool::ChoreError;

/// More frontends than this are of no use on one machine.
const NODES_MAX: usize = 16;
/// More people than this take minutes to make.
const PEOPLE_MAX: usize = 10_000;

/// The command line, understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// One line of JSON instead of words.
    pub(super) is_json: bool,
    /// Quick to build instead of quick to run.
    pub(super) is_debug_build: bool,
    /// A postroom that is built already: another version, to compare with.
    pub(super) program: Option<PathBuf>,
    /// u1…uN, for load tools.
    pub(super) people: usize,
    pub(super) nodes: usize,
    /// A NATS server carries wake-ups.
    pub(super) has_nats: bool,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, ChoreError> {
        let mut options = Self {
            is_json: false,
            is_debug_build: false,
            program: None,
            people: 0,
            nodes: 2,
            has_nats: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--json" => options.is_json = true,
                "--debug" => options.is_debug_build = true,
                "--program" => options.program = Some(path(argument, arguments.next())?),
                "--people" => options.people = number(argument, arguments.next(), 0..=PEOPLE_MAX)?,
                "--bus" => options.has_nats = is_nats(argument, arguments.next())?,
                "--nodes" => options.nodes = number(argument, arguments.next(), 1..=NODES_MAX)?,
                unknown => {
                    let known =
                        "--json, --people N, --nodes N, --bus listen|nats, --debug, --program FILE";
                    return Err(ChoreError::new(format!("{unknown} is none of {known}")));
                }
            }
        }
        Ok(options)
    }
}

fn is_nats(name: &str, text: Option<&String>) -> Result<bool, ChoreError> {
    match text.map(String::as_str) {
        Some("listen") => Ok(false),
        Some("nats") => Ok(true),
        Some(_) | None => Err(ChoreError::new(format!("{name} takes listen or nats"))),
    }
}

fn path(name: &str, text: Option<&String>) -> Result<PathBuf, ChoreError> {
    text.map(PathBuf::from)
        .ok_or_else(|| ChoreError::new(format!("{name} takes a path")))
}

fn number(
    name: &str,
    text: Option<&String>,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<usize, ChoreError> {
    let number = text
        .and_then(|text| text.parse().ok())
        .filter(|number| allowed.contains(number));
    number.ok_or_else(|| {
        let (least, most) = allowed.into_inner();
        ChoreError::new(format!("{name} takes a number from {least} to {most}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let arguments: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn alone_it_is_two_nodes_in_words() {
        let expected = Options {
            is_json: false,
            is_debug_build: false,
            program: None,
            people: 0,
            nodes: 2,
            has_nats: false,
        };
        assert_eq!(parse(""), Ok(expected));
    }

    #[test]
    fn everything_can_be_asked_for() {
        let expected = Options {
            is_json: true,
            is_debug_build: true,
            program: Some(PathBuf::from("old/postroom")),
            people: 100,
            nodes: 3,
            has_nats: true,
        };
        assert_eq!(
            parse("--nodes 3 --json --people 100 --debug --program old/postroom --bus nats"),
            Ok(expected)
        );
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(
            parse("--nodes"),
            Err("--nodes takes a number from 1 to 16".to_owned())
        );
        assert_eq!(
            parse("--nodes 0"),
            Err("--nodes takes a number from 1 to 16".to_owned())
        );
        assert_eq!(
            parse("--people x"),
            Err("--people takes a number from 0 to 10000".to_owned())
        );
        assert_eq!(parse("--program"), Err("--program takes a path".to_owned()));
        assert!(parse("--quick").is_err());
        assert!(parse("--bus x").is_err());
    }
}
