//! The shared mailbox as one colleague sees it: a line for each change, from a session that idles.

use super::world::{self, SHARED};
use crate::imap::{Client, quoted};
use crate::tool::ChoreError;

/// Prints each change until the connection ends. Runs beside the demo, so it only ever returns
/// when the server goes.
pub(super) fn watch(port: u16) -> Result<(), ChoreError> {
    let mut client = Client::login(port, world::LEAD, world::PASSWORD)?;
    client.command(&format!("SELECT {}", quoted(SHARED)))?;
    for line in client.idle()? {
        if let Some(words) = said(&line) {
            println!("{SHARED}: {words}");
        }
    }
    Ok(())
}

/// An untagged response in words; none for what is no change of the mailbox.
fn said(line: &str) -> Option<String> {
    let (number, rest) = line.strip_prefix("* ")?.split_once(' ')?;
    number.parse::<u32>().ok()?;
    match rest.split_once(' ').unwrap_or((rest, "")) {
        ("EXISTS", _) => Some(format!("{number} messages")),
        ("EXPUNGE", _) => Some(format!("message {number} is gone")),
        ("FETCH", items) => {
            let flags = items.split_once("FLAGS (")?.1.split(')').next()?;
            let flags = if flags.is_empty() { "no flags" } else { flags };
            Some(format!("message {number} has {flags}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn changes_are_said_in_words() {
        let cases = [
            ("* 12 EXISTS", Some("12 messages")),
            ("* 3 EXPUNGE", Some("message 3 is gone")),
            (
                "* 3 FETCH (UID 9 FLAGS (\\Seen $Done))",
                Some("message 3 has \\Seen $Done"),
            ),
            ("* 3 FETCH (FLAGS () UID 9)", Some("message 3 has no flags")),
            ("* 3 RECENT", None),
            ("* OK Still here", None),
            ("* BYE", None),
        ];
        for (line, words) in cases {
            assert_eq!(said(line).as_deref(), words, "{line}");
        }
    }
}
