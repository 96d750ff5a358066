//! UID sets as PostgreSQL writes them: `{[1,4),[7,8)}`.

use std::fmt::Write as _;

use mail::{Uid, UidSet};

use crate::{Cause, Fault};

/// As text of an `int8multirange`.
pub(crate) fn print(uids: &UidSet) -> String {
    let mut text = String::from("{");
    for (index, (low, high)) in uids.ranges().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string does not fail.
        let _ = write!(text, "{comma}[{low},{high}]");
    }
    text.push('}');
    text
}

/// From text of an `int8multirange`, whose ranges PostgreSQL writes half open.
pub(crate) fn parse(text: &str) -> Result<UidSet, Fault> {
    parse_ranges(text)
        .ok_or_else(|| Fault::Broken(Cause::new(format!("not a set of UIDs: {text}"))))
}

fn parse_ranges(text: &str) -> Option<UidSet> {
    let ranges = text.strip_prefix('{')?.strip_suffix('}')?;
    if ranges.is_empty() {
        return Some(UidSet::new());
    }
    let ranges: Option<Vec<_>> = ranges
        .strip_prefix('[')?
        .strip_suffix(')')?
        .split("),[")
        .map(|range| {
            let (low, end) = range.split_once(',')?;
            let low = Uid::from_i64(low.parse().ok()?)?;
            let high = Uid::from_i64(end.parse::<i64>().ok()? - 1)?;
            Some((low, high))
        })
        .collect();
    ranges.map(UidSet::from_ranges)
}

#[cfg(test)]
mod tests {
    use mail::{Uid, UidSet};

    use super::{parse, print};

    #[test]
    fn sets_are_read_as_postgresql_writes_them() {
        for (text, expected) in [
            ("{}", ""),
            ("{[1,2)}", "1"),
            ("{[1,4),[7,8)}", "1:3,7"),
            ("{[4294967295,4294967296)}", "4294967295"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected);
        }
        for text in [
            "", "{", "[1,2)", "{[1,2]}", "{(1,2)}", "{[0,2)}", "{[1,)}", "{[a,b)}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sets_are_written_as_postgresql_reads_them() {
        let uid = |number| Uid::new(number).unwrap();
        let uids = UidSet::from_ranges([(uid(1), uid(3)), (uid(7), uid(7))]);
        assert_eq!(print(&uids), "{[1,3],[7,7]}");
        assert_eq!(print(&UidSet::new()), "{}");
    }
}
