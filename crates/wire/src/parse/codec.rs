//! The commands whose grammar is `imap-codec`'s, in our words. No other file names it, but tests.
//!
//! Every variant is taken apart without a wildcard, so that an upgrade which adds something does
//! not compile until somebody has looked. What upstream accepts and we must not is refused here.

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command as Theirs, CommandBody, SelectParameter};
use imap_codec::imap_types::core::{AString, IString, NString};
use imap_codec::imap_types::extensions::compress::CompressionAlgorithm;
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use mail::limits::{ID_PAIRS_MAX, SET_PARTS_MAX};
use mail::{ModSeq, Uid, UidSet, UidValidity};

use crate::command::{
    Body, MailboxArg, NumberEnd, NumberRange, NumberSet, Qresync, Secret, Select,
};
use crate::lex::{Bad, Cursor, Lexed, mailbox_arg, text};
use crate::mode::Mode;

/// What upstream says of `bytes`, a whole command that is in the table as its own.
/// `start` is where the command's name ends.
pub(super) fn parse(bytes: &[u8], start: usize, mode: Mode) -> Lexed<Body> {
    let mut body = match CommandCodec::default().decode(bytes) {
        // The tag was read already: it is the same.
        Ok(([], Theirs { tag: _, body })) => lower(body, mode)?,
        // Upstream does not say where it stopped.
        Ok(_) | Err(_) => return Err(Bad::Wrong("bad arguments")),
    };
    if let Body::Select(select) = &mut body {
        // Upstream forgets how INBOX was written, which SELECT tells again (RFC 9051, 6.3.2).
        let mut cursor = Cursor::new(bytes, Vec::new(), start, mode);
        cursor.space()?;
        select.mailbox = cursor.mailbox()?;
    }
    Ok(body)
}

fn lower(body: CommandBody<'_>, mode: Mode) -> Lexed<Body> {
    Ok(match body {
        CommandBody::Compress { algorithm } => match algorithm {
            CompressionAlgorithm::Deflate => Body::Compress,
            _ => return Err(Bad::Wrong("only DEFLATE is known")),
        },
        CommandBody::Authenticate {
            mechanism,
            initial_response,
        } => Body::Authenticate {
            mechanism: mechanism_name(&mechanism),
            initial: initial_response.map(|initial| Secret(initial.declassify().to_vec())),
        },
        CommandBody::Login { username, password } => Body::Login {
            // UTF-8 is let in here in any mode: nobody can ENABLE it before being logged in.
            user: text(username.as_ref())?,
            password: Secret(password.declassify().as_ref().to_vec()),
        },
        CommandBody::Enable { capabilities } => Body::Enable(
            capabilities
                .into_iter()
                .map(|name| name.to_string().to_ascii_uppercase())
                .collect(),
        ),
        CommandBody::Id { parameters } => {
            Body::Id(parameters.map(|them| id(them, mode)).transpose()?)
        }
        CommandBody::Select {
            mailbox,
            parameters,
        } => Body::Select(select(mailbox, false, parameters, mode)?),
        CommandBody::Examine {
            mailbox,
            parameters,
        } => Body::Select(select(mailbox, true, parameters, mode)?),
        CommandBody::Delete { mailbox } => Body::Delete(lower_mailbox(mailbox, mode)?),
        CommandBody::Rename { from, to } => Body::Rename {
            from: lower_mailbox(from, mode)?,
            to: lower_mailbox(to, mode)?,
        },
        CommandBody::Subscribe { mailbox } => Body::Subscribe(lower_mailbox(mailbox, mode)?),
        CommandBody::Unsubscribe { mailbox } => Body::Unsubscribe(lower_mailbox(mailbox, mode)?),
        CommandBody::Lsub {
            reference,
            mailbox_wildcard,
        } => Body::Lsub {
            reference: lower_mailbox(reference, mode)?,
            pattern: pattern(mailbox_wildcard, mode)?,
        },
        // In the table as ours, or not in the table: never asked for.
        CommandBody::Capability
        | CommandBody::Noop
        | CommandBody::Logout
        | CommandBody::StartTLS
        | CommandBody::Unselect
        | CommandBody::Namespace
        | CommandBody::Idle
        | CommandBody::Check
        | CommandBody::Close
        | CommandBody::Expunge
        | CommandBody::Create { mailbox: _ }
        | CommandBody::ExpungeUid { sequence_set: _ }
        | CommandBody::Store {
            sequence_set: _,
            kind: _,
            response: _,
            flags: _,
            uid: _,
            modifiers: _,
        }
        | CommandBody::Copy {
            sequence_set: _,
            mailbox: _,
            uid: _,
        }
        | CommandBody::Move {
            sequence_set: _,
            mailbox: _,
            uid: _,
        }
        | CommandBody::List {
            reference: _,
            mailbox_wildcard: _,
        }
        | CommandBody::Status {
            mailbox: _,
            item_names: _,
        }
        | CommandBody::Append {
            mailbox: _,
            flags: _,
            date: _,
            message: _,
        }
        | CommandBody::Search {
            charset: _,
            criteria: _,
            uid: _,
        }
        | CommandBody::Sort {
            sort_criteria: _,
            charset: _,
            search_criteria: _,
            uid: _,
        }
        | CommandBody::Thread {
            algorithm: _,
            charset: _,
            search_criteria: _,
            uid: _,
        }
        | CommandBody::Fetch {
            sequence_set: _,
            macro_or_item_names: _,
            uid: _,
            modifiers: _,
        }
        | CommandBody::GetQuota { root: _ }
        | CommandBody::GetQuotaRoot { mailbox: _ }
        | CommandBody::SetQuota { root: _, quotas: _ }
        | CommandBody::SetMetadata {
            mailbox: _,
            entry_values: _,
        }
        | CommandBody::GetMetadata {
            options: _,
            mailbox: _,
            entries: _,
        } => return Err(Bad::Wrong("bad arguments")),
    })
}

/// Upstream keeps known names apart from others; we do not, and write all in capitals.
fn mechanism_name(mechanism: &AuthMechanism<'_>) -> String {
    mechanism.as_ref().to_ascii_uppercase()
}

fn select(
    mailbox: Mailbox<'_>,
    read_only: bool,
    parameters: Vec<SelectParameter>,
    mode: Mode,
) -> Lexed<Select> {
    let mut select = Select {
        mailbox: lower_mailbox(mailbox, mode)?,
        read_only,
        condstore: false,
        qresync: None,
    };
    for parameter in parameters {
        match parameter {
            SelectParameter::CondStore => select.condstore = true,
            SelectParameter::QResync {
                uid_validity,
                mod_sequence_value,
                known_uids,
                seq_match_data,
            } => {
                if mode.uid_only && seq_match_data.is_some() {
                    return Err(Bad::Wrong("match data has sequence numbers"));
                }
                select.qresync = Some(Qresync {
                    uid_validity: UidValidity::new(uid_validity.get())
                        .ok_or(Bad::Expected("a number that is not zero"))?,
                    modseq: modseq(mod_sequence_value.get())?,
                    known_uids: known_uids.map(uid_set).transpose()?,
                    match_data: seq_match_data.map(match_data).transpose()?,
                });
            }
        }
    }
    Ok(select)
}

/// Both sets ascend, and have as many members as each other: they are read in parallel.
fn match_data((numbers, uids): (SequenceSet, SequenceSet)) -> Lexed<(NumberSet, UidSet)> {
    let (numbers, uids) = (number_set(numbers)?, number_set(uids)?);
    if count_ascending(&numbers)? != count_ascending(&uids)? {
        return Err(Bad::Wrong("sets of match data differ in length"));
    }
    Ok((numbers, to_uid_set(&uids)?))
}

fn count_ascending(set: &NumberSet) -> Lexed<u64> {
    let mut count = 0;
    let mut last = 0;
    for &NumberRange(first, end) in &set.0 {
        let (first, end) = (plain(first)?, plain(end)?);
        if first <= last || end < first {
            return Err(Bad::Wrong("sets of match data do not ascend"));
        }
        count += u64::from(end - first) + 1;
        last = end;
    }
    Ok(count)
}

fn uid_set(set: SequenceSet) -> Lexed<UidSet> {
    to_uid_set(&number_set(set)?)
}

fn to_uid_set(set: &NumberSet) -> Lexed<UidSet> {
    let uid = |end| Uid::new(plain(end)?).ok_or(Bad::Expected("a number that is not zero"));
    set.0
        .iter()
        .map(|&NumberRange(first, end)| Ok((uid(first)?, uid(end)?)))
        .collect::<Lexed<Vec<_>>>()
        .map(UidSet::from_ranges)
}

/// "* is not allowed" in what a client remembers (RFC 7162, 7); upstream lets it through.
fn plain(end: NumberEnd) -> Lexed<u32> {
    match end {
        NumberEnd::Number(number) => Ok(number),
        NumberEnd::Last => Err(Bad::Wrong("* in QRESYNC")),
    }
}

fn number_set(SequenceSet(parts): SequenceSet) -> Lexed<NumberSet> {
    let parts = parts.into_inner();
    if parts.len() > SET_PARTS_MAX {
        return Err(Bad::TooMany("parts of a set", SET_PARTS_MAX));
    }
    let parts = parts.into_iter().map(|part| match part {
        Sequence::Single(single) => NumberRange(number_end(single), number_end(single)),
        Sequence::Range(first, last) => NumberRange(number_end(first), number_end(last)),
    });
    Ok(NumberSet(parts.collect()))
}

fn number_end(end: SeqOrUid) -> NumberEnd {
    match end {
        SeqOrUid::Value(number) => NumberEnd::Number(number.get()),
        SeqOrUid::Asterisk => NumberEnd::Last,
    }
}

fn modseq(number: u64) -> Lexed<ModSeq> {
    ModSeq::new(number).ok_or(Bad::Expected("a number below 2^63"))
}

type IdPairs = Vec<(String, Option<String>)>;

fn id(pairs: Vec<(IString<'_>, NString<'_>)>, mode: Mode) -> Lexed<IdPairs> {
    if pairs.len() > ID_PAIRS_MAX {
        return Err(Bad::TooMany("field-value pairs", ID_PAIRS_MAX));
    }
    pairs
        .into_iter()
        .map(|(field, NString(value))| {
            let value = value.map(|value| string(&value, mode)).transpose()?;
            Ok((string(&field, mode)?, value))
        })
        .collect()
}

fn lower_mailbox(mailbox: Mailbox<'_>, mode: Mode) -> Lexed<MailboxArg> {
    match mailbox {
        Mailbox::Inbox => Ok(MailboxArg::Text("INBOX".to_owned())),
        Mailbox::Other(other) => {
            let bytes = match other.inner() {
                AString::Atom(atom) => atom.as_ref().as_bytes(),
                AString::String(string) => bytes_of(string, mode)?,
            };
            mailbox_arg(bytes, mode)
        }
    }
}

fn pattern(pattern: ListMailbox<'_>, mode: Mode) -> Lexed<MailboxArg> {
    match pattern {
        ListMailbox::Token(token) => mailbox_arg(token.as_ref(), mode),
        ListMailbox::String(string) => mailbox_arg(bytes_of(&string, mode)?, mode),
    }
}

fn string(string: &IString<'_>, mode: Mode) -> Lexed<String> {
    text(bytes_of(string, mode)?)
}

/// Upstream reads quoted UTF-8 whether it was agreed on or not.
fn bytes_of<'s>(string: &'s IString<'_>, mode: Mode) -> Lexed<&'s [u8]> {
    match string {
        IString::Literal(_) | IString::Quoted(_) => Ok(string.as_ref()),
        IString::QuotedUtf8(_) if mode.utf8 => Ok(string.as_ref()),
        IString::QuotedUtf8(_) => Err(Bad::Wrong("8-bit characters in a quoted string")),
    }
}
