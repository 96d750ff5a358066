//! The sections of RFCs that a talk cites in the comment at its head.

/// A section of an RFC, or the RFC as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Citation {
    pub(super) rfc: u16,
    /// `[6, 4, 8]` is 6.4.8; nothing is all of it.
    pub(super) section: Vec<u16>,
}

/// The sections that the head of a talk cites: `RFC 7162, 3.1.2.1 and 3.1.7` is two.
pub(super) fn citations(talk: &str) -> Vec<Citation> {
    let head = talk.lines().map_while(|line| line.strip_prefix('#'));
    let head: Vec<_> = head.map(str::trim).collect();
    let mut found = Vec::new();
    for after in head.join(" ").split("RFC ").skip(1) {
        let (number, rest) = digits(after);
        let Ok(rfc) = number.parse() else { continue };
        let sections = sections(rest);
        if sections.is_empty() {
            found.push(Citation {
                rfc,
                section: Vec::new(),
            });
        }
        found.extend(
            sections
                .into_iter()
                .map(|section| Citation { rfc, section }),
        );
    }
    found.sort();
    found.dedup();
    found
}

/// The sections that follow an RFC's number, up to the first word that is none.
fn sections(mut rest: &str) -> Vec<Vec<u16>> {
    let mut sections = Vec::new();
    loop {
        let mut ahead = rest;
        for between in [",", " and", " section", "s"] {
            ahead = ahead.strip_prefix(between).unwrap_or(ahead);
        }
        let Some(ahead) = ahead.strip_prefix(' ') else {
            return sections;
        };
        let (number, after) = section(ahead);
        if number.is_empty() {
            return sections;
        }
        sections.push(number);
        rest = after;
    }
}

/// `6.4.8` at the start of `text`, and what is behind it. A dot at its end ends a sentence.
fn section(text: &str) -> (Vec<u16>, &str) {
    let mut numbers = Vec::new();
    let mut rest = text;
    loop {
        let ahead = match numbers.is_empty() {
            true => rest,
            false => rest.strip_prefix('.').unwrap_or_default(),
        };
        let (number, after) = digits(ahead);
        let Ok(number) = number.parse() else {
            return (numbers, rest);
        };
        numbers.push(number);
        rest = after;
    }
}

fn digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_people_write_them() {
        for (head, expected) in [
            ("RFC 3691.", "3691"),
            ("RFC 2971: in any state", "2971"),
            ("RFC 7888, 4: its bytes", "7888 4"),
            ("RFC 9051, section 6.3.5. LIST", "9051 6.3.5"),
            ("RFC 4314, 4 (CREATE): 3 entries", "4314 4"),
            ("RFC 5464, 4.3 and 4.2, by", "5464 4.2, 5464 4.3"),
            ("RFC 9051, sections 6.1, 6.2", "9051 6.1, 9051 6.2"),
            ("RFC 3501, 6.3.1, and RFC 7162, 3", "3501 6.3.1, 7162 3"),
            ("RFC 4314 leaves it open", "4314"),
            ("(RFC 4616), or RFC\n# 4959, 2", "4616, 4959 2"),
            ("the RFC says", ""),
        ] {
            let talk = format!("# tests/talks/a.talk\n#\n# {head}\n\n# RFC 1: said too late\n");
            let found: Vec<_> = citations(&talk).iter().map(written).collect();
            assert_eq!(found.join(", "), expected, "{head}");
        }
    }

    fn written(citation: &Citation) -> String {
        let section: Vec<_> = citation.section.iter().map(u16::to_string).collect();
        let words = [citation.rfc.to_string(), section.join(".")];
        words.join(" ").trim_end().to_owned()
    }
}
