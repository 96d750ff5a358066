//! `postroom deliver`: a letter from standard input, as an MTA that knows no LMTP hands it over.

use std::io::{self, Read as _};
use std::time::Duration;

use mail::{EmailAddress, InternalDate};
use store::{Addressee, Delivered, Fault, Letter, Recognition};

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{Config, Sources};
use crate::environment;

pub(super) const HELP: &str = "Without -r the letter is for those in its To, Cc and Bcc. Lines may end as they do on \
    this machine. The same\nletter is not delivered twice within ten minutes to one mailbox, so that it may be tried \
    again.\n\n\
    Exit codes, those of sysexits.h; of several recipients the first that failed, a passing failure before all:\n  \
    0   delivered, or delivered before      69  the letter was refused for another reason\n  \
    2   arguments not understood            73  no room left\n  \
    65  no letter, or one that cannot be    75  the database is away: try again\n      \
    stored; an address that is none     77  the list of the mailbox lets nobody post\n  \
    67  nobody is known by this address     78  configuration not understood\n\n\
    Examples:\n  \
    postroom deliver -r support@example.org < letter\n  \
    postroom deliver < letter";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whom it is for; may be said several times.
    #[arg(short = 'r', long = "recipient", value_name = "ADDRESS")]
    recipients: Vec<String>,
    /// Who sends it, for Return-Path; nobody where it is not said.
    #[arg(short = 'f', long = "from", value_name = "ADDRESS")]
    sender: Option<String>,
    /// What the MTA calls it, for the record of activity.
    #[arg(long, value_name = "ID")]
    queue_id: Option<String>,
}

const DATA_ERROR: u8 = 65;
const NO_USER: u8 = 67;
const UNAVAILABLE: u8 = 69;
const CANNOT_CREATE: u8 = 73;
const TRY_AGAIN: u8 = 75;
const NO_PERMISSION: u8 = 77;
const CONFIGURATION: u8 = 78;

/// For how long the same letter is recognised.
const WINDOW: Duration = Duration::from_secs(10 * 60);

pub(super) async fn run(
    args: &Args,
    sources: &Sources,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let config = Config::load(sources)
        .map_err(|mistakes| Failure::Coded(CONFIGURATION, mistakes.to_string()))?;
    let letter = read(config.limits.message_bytes)?;
    let sender = args.sender.as_deref().map(parse).transpose()?;
    let recipients = recipients(args, &letter)?;
    let done = AdminContext::with(&config, async |context| {
        deliver(
            context,
            args,
            sender.as_ref(),
            &recipients,
            &letter,
            terminal,
        )
        .await
    });
    // What fails before anything is decided may succeed later.
    done.await.map_err(|failure| match failure {
        Failure::Failed(words) => Failure::Coded(TRY_AGAIN, words),
        decided @ (Failure::Coded(..) | Failure::Usage(_)) => decided,
    })
}

async fn deliver(
    context: &AdminContext,
    args: &Args,
    sender: Option<&EmailAddress>,
    recipients: &[EmailAddress],
    letter: &[u8],
    terminal: &Terminal,
) -> Result<(), Failure> {
    let mut to = Vec::new();
    let mut failures = Vec::new();
    for recipient in recipients {
        let route = context.store.route(recipient, &context.separator).await;
        match route {
            Ok(route) if route.targets.is_empty() => {
                failures.push((
                    NO_USER,
                    format!("{recipient}: nobody is known by this address"),
                ));
            }
            Ok(route) => to.extend(route.targets.into_iter().map(|target| Addressee {
                recipient: recipient.clone(),
                target,
            })),
            Err(fault) => failures.push(failure(recipient, &fault)),
        }
    }
    let recognition = Recognition::by_bytes(letter, WINDOW);
    let date = InternalDate {
        unix_seconds: environment::unix_seconds(),
        offset_minutes: 0,
    };
    let prepared = context
        .store
        .prepare(&with_trace(letter, sender, recipients), date)
        .await?;
    let letter = Letter {
        prepared,
        submitter: None,
        queue_id: args.queue_id.clone(),
        client: "the command line".to_owned(),
        recognition: Some(recognition),
        is_junk: false,
    };
    let outcomes = context.store.deliver(letter, &to).await;
    for (addressee, outcome) in to.iter().zip(outcomes) {
        let recipient = &addressee.recipient;
        let name = context.name(&addressee.target.mailbox.place);
        match outcome {
            Ok(Delivered::Filed { .. }) => {
                terminal.report(format!("{recipient} delivered to {name}"))?;
            }
            Ok(Delivered::Duplicate) => {
                terminal.report(format!("{recipient} delivered to {name} before"))?;
            }
            Err(Fault::Denied) => {
                let words = format!(
                    "{recipient}: the list of {name} does not let anyone post; `postroom acl set '{name}' anyone +p` does"
                );
                failures.push((NO_PERMISSION, words));
            }
            Err(fault) => failures.push(failure(recipient, &fault)),
        }
    }
    let code = failures
        .iter()
        .map(|(code, _)| *code)
        .find(|code| *code == TRY_AGAIN)
        .or_else(|| failures.first().map(|(code, _)| *code));
    let words: Vec<String> = failures.into_iter().map(|(_, words)| words).collect();
    code.map_or(Ok(()), |code| Err(Failure::Coded(code, words.join("; "))))
}

fn failure(recipient: &EmailAddress, fault: &Fault) -> (u8, String) {
    let code = match fault {
        Fault::Unavailable(_) | Fault::Broken(_) => TRY_AGAIN,
        Fault::Denied => NO_PERMISSION,
        Fault::OverQuota => CANNOT_CREATE,
        Fault::Gone => NO_USER,
        Fault::Expunged
        | Fault::Exists
        | Fault::Stale
        | Fault::HasChildren
        | Fault::Annotations
        | Fault::Delivered
        | Fault::Limit(_) => UNAVAILABLE,
    };
    (code, format!("{recipient}: {fault}"))
}

/// The letter with CRLF at the end of each line.
fn read(bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let no_letter = |words: String| Failure::Coded(DATA_ERROR, words);
    let mut letter = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    io::stdin()
        .lock()
        .take(limit.saturating_add(1))
        .read_to_end(&mut letter)
        .map_err(|cause| no_letter(format!("standard input: {cause}")))?;
    let letter = with_crlf(&letter);
    if letter.is_empty() {
        return Err(no_letter("there is no letter on standard input".to_owned()));
    }
    if letter.len() > bytes_max {
        return Err(no_letter(format!("a letter has at most {bytes_max} bytes")));
    }
    if letter.contains(&0) {
        return Err(no_letter("a letter holds no NUL".to_owned()));
    }
    Ok(letter)
}

fn with_crlf(letter: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(letter.len());
    for line in letter.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                lines.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                lines.extend_from_slice(b"\r\n");
            }
            None => lines.extend_from_slice(line),
        }
    }
    lines
}

fn recipients(args: &Args, letter: &[u8]) -> Result<Vec<EmailAddress>, Failure> {
    let named: Vec<String> = if args.recipients.is_empty() {
        let addresses = store::recipients(letter).into_iter();
        addresses
            .map(|address| String::from_utf8_lossy(&address).into_owned())
            .collect()
    } else {
        args.recipients.clone()
    };
    if named.is_empty() {
        return Err(Failure::Coded(
            DATA_ERROR,
            "the letter is for nobody: name a recipient by -r".to_owned(),
        ));
    }
    named.iter().map(|text| parse(text)).collect()
}

fn parse(text: &str) -> Result<EmailAddress, Failure> {
    EmailAddress::parse(text).map_err(|bad| Failure::Coded(DATA_ERROR, format!("{text}: {bad}")))
}

/// What final delivery adds (RFC 5321, 4.4). Delivered-To tells of nobody else: all recipients have the same content.
fn with_trace(
    letter: &[u8],
    sender: Option<&EmailAddress>,
    recipients: &[EmailAddress],
) -> Vec<u8> {
    let sender = sender.map(ToString::to_string).unwrap_or_default();
    let mut traced = format!("Return-Path: <{sender}>\r\n");
    if let [only] = recipients {
        traced.push_str(&format!("Delivered-To: {only}\r\n"));
    }
    let mut traced = traced.into_bytes();
    traced.extend_from_slice(letter);
    traced
}

#[cfg(test)]
mod tests {
    use super::with_crlf;

    #[test]
    fn lines_end_as_in_mail() {
        for (given, expected) in [
            ("", ""),
            ("a", "a"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\n\n", "a\r\nb\r\n\r\n"),
            ("a\rb\r", "a\rb\r"),
        ] {
            assert_eq!(
                with_crlf(given.as_bytes()),
                expected.as_bytes(),
                "{given:?}"
            );
        }
    }
}
