//! The sentences that say how the world is: `given …` before anyone connects, `now …` later.

use std::net::IpAddr;

use acl::AccessMode;

/// One sentence, taken apart. Names of mailboxes are those that everybody but their owner uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// `two nodes`: this talk means nothing on one.
    TwoNodes,
    /// `setting limits.messages_per_command 3`: every node is configured so.
    Setting {
        /// As `docs/postroom.toml` has it.
        name: String,
        /// As a variable would have it.
        value: String,
    },
    /// `mailbox Team/Orders with messages $1 $2`
    Mailbox {
        /// Its name.
        name: String,
        /// Names for the UIDs of its messages.
        messages: Vec<String>,
    },
    /// `message $1 in Team/Orders flagged (\Flagged)`, its bytes following as a literal
    Message {
        /// A name for its UID.
        uid: String,
        /// Where.
        mailbox: String,
        /// Flags that everybody sees.
        flags: Vec<String>,
        /// As is.
        bytes: Vec<u8>,
    },
    /// `ada may lrs on Team/Orders`; `nobody` has no entry at all
    Rights {
        /// An identifier of RFC 4314, with `-` for negative rights.
        identifier: String,
        /// Letters, or `nothing` to delete the entry.
        rights: String,
        /// Where.
        mailbox: String,
    },
    /// `group sales of ada, group:bosses`
    Group {
        /// Its name.
        name: String,
        /// Accounts, and groups with `group:` before their names.
        members: Vec<String>,
    },
    /// `bo joins sales`
    Joins {
        /// An account, or `group:` and the name of another group.
        member: String,
        /// A group.
        group: String,
    },
    /// `bo leaves sales`
    Leaves {
        /// An account, or `group:` and the name of another group.
        member: String,
        /// A group.
        group: String,
    },
    /// `zoe administers`: a site administrator
    Administrator(String),
    /// `bo is known`: has an account, and is not here.
    Account(String),
    /// `bo is disabled`, `bo is enabled`, `bo has another password`, `bo is deleted`
    Changed {
        /// An account.
        account: String,
        /// How.
        change: AccountChange,
    },
    /// `ada has token $phone`, `ada has reading token $seat for Team/Support`
    Token {
        /// Whose it is.
        account: String,
        /// What the page calls the token's text, and its owner the token.
        name: String,
        /// Which kind it is.
        kind: TokenKind,
        /// The mailbox that it opens; the whole account where there is none.
        mailbox: Option<String>,
    },
    /// `ada loses token $phone`
    TokenLost {
        /// Whose it was.
        account: String,
        /// As it was given.
        name: String,
    },
    /// `support@example.org leads to Team/Support`, or to another address
    Address {
        /// The address.
        address: String,
        /// A mailbox or an address.
        target: String,
    },
    /// `ada on node 1, phone of ada on node 2, eve before login on node 1 from 127.0.0.9, mta on node 2`
    Seats(Vec<Seat>),
}

/// What happens to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// Nobody logs in to it.
    Disabled,
    /// It may log in again.
    Enabled,
    /// What everybody knows is not its password any more.
    Password,
    /// It is gone.
    Deleted,
}

/// A kind of access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// For everything, without an end.
    Plain,
    /// `reading`
    Reading,
    /// `sending`: not for IMAP.
    Sending,
    /// `expired`
    Expired,
    /// `brief`: it ends in two seconds.
    Brief,
    /// `managing`: for the HTTP API; `looking`: for it, and to change nothing.
    Api(AccessMode),
    /// `directory`: for SCIM.
    Scim,
}

/// Where somebody's client is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// What the page calls the client.
    pub client: String,
    /// Who logs in.
    pub account: String,
    /// From 1.
    pub node: usize,
    /// `before login`, `before LHLO`: connected only, and the greeting is still to be heard.
    pub before_login: bool,
    /// The client's own address, where the page says one.
    pub from: Option<IpAddr>,
}

impl Given {
    /// `literal` is the one that ends the sentence, if it has one.
    ///
    /// # Errors
    ///
    /// What is not understood.
    pub fn parse(sentence: &str, literal: Option<Vec<u8>>) -> Result<Self, String> {
        let words: Vec<&str> = sentence.split_whitespace().collect();
        match words.as_slice() {
            ["two", "nodes"] => Ok(Self::TwoNodes),
            ["setting", name, value @ ..] if !value.is_empty() => Ok(Self::Setting {
                name: (*name).to_owned(),
                value: value.join(" "),
            }),
            ["mailbox", name @ .., "with", "messages"] if !name.is_empty() => {
                Err(format!("which messages are in {}?", name.join(" ")))
            }
            ["mailbox", rest @ ..] => mailbox(rest),
            ["message", uid, "in", rest @ ..] => message(uid, rest, literal),
            ["group", name, "of", members @ ..] => Ok(Self::Group {
                name: (*name).to_owned(),
                members: listed(&members.join(" ")),
            }),
            [member, "joins", group] => Ok(Self::Joins {
                member: (*member).to_owned(),
                group: (*group).to_owned(),
            }),
            [member, "leaves", group] => Ok(Self::Leaves {
                member: (*member).to_owned(),
                group: (*group).to_owned(),
            }),
            [account, "administers"] => Ok(Self::Administrator((*account).to_owned())),
            [account, "is", "known"] => Ok(Self::Account((*account).to_owned())),
            [account, "is", "disabled"] => Ok(changed(account, AccountChange::Disabled)),
            [account, "is", "enabled"] => Ok(changed(account, AccountChange::Enabled)),
            [account, "is", "deleted"] => Ok(changed(account, AccountChange::Deleted)),
            [account, "has", "another", "password"] => {
                Ok(changed(account, AccountChange::Password))
            }
            [account, "has", kind @ .., "token", name] => token(account, kind, name, &[]),
            [account, "has", "token", name, "for", mailbox @ ..] => {
                token(account, &[], name, mailbox)
            }
            [account, "has", kind, "token", name, "for", mailbox @ ..] => {
                token(account, &[*kind], name, mailbox)
            }
            [account, "loses", "token", name] => Ok(Self::TokenLost {
                account: (*account).to_owned(),
                name: uid_name(name)?,
            }),
            [address, "leads", "to", target @ ..] if !target.is_empty() => Ok(Self::Address {
                address: (*address).to_owned(),
                target: target.join(" "),
            }),
            [identifier, "may", rights, "on", mailbox @ ..] => Ok(Self::Rights {
                identifier: (*identifier).to_owned(),
                rights: (*rights).to_owned(),
                mailbox: mailbox.join(" "),
            }),
            _ => listed(sentence)
                .iter()
                .map(|seat| self::seat(seat))
                .collect::<Result<_, _>>()
                .map(Self::Seats),
        }
    }
}

/// Whether a client of this name is a mail transfer agent, which speaks LMTP: `mta`, `mta2`.
#[must_use]
pub(crate) fn is_mta(client: &str) -> bool {
    client
        .strip_prefix("mta")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

fn changed(account: &str, change: AccountChange) -> Given {
    Given::Changed {
        account: account.to_owned(),
        change,
    }
}

fn token(account: &str, kind: &[&str], name: &str, mailbox: &[&str]) -> Result<Given, String> {
    let kind = match kind {
        [] => TokenKind::Plain,
        ["reading"] => TokenKind::Reading,
        ["sending"] => TokenKind::Sending,
        ["expired"] => TokenKind::Expired,
        ["brief"] => TokenKind::Brief,
        ["managing"] => TokenKind::Api(AccessMode::ReadWrite),
        ["directory"] => TokenKind::Scim,
        ["looking"] => TokenKind::Api(AccessMode::ReadOnly),
        other => return Err(format!("{} is no kind of token", other.join(" "))),
    };
    Ok(Given::Token {
        account: account.to_owned(),
        name: uid_name(name)?,
        kind,
        mailbox: (!mailbox.is_empty()).then(|| mailbox.join(" ")),
    })
}

fn listed(words: &str) -> Vec<String> {
    words
        .split(',')
        .map(|word| word.trim().to_owned())
        .collect()
}

fn mailbox(words: &[&str]) -> Result<Given, String> {
    let with = words
        .windows(2)
        .position(|pair| pair == ["with", "messages"]);
    let (name, messages) = match with {
        Some(at) => (words.get(..at), words.get(at + 2..)),
        None => (Some(words), None),
    };
    let messages = messages
        .unwrap_or_default()
        .iter()
        .map(|word| uid_name(word));
    Ok(Given::Mailbox {
        name: name.unwrap_or_default().join(" "),
        messages: messages.collect::<Result<_, _>>()?,
    })
}

fn message(uid: &str, words: &[&str], bytes: Option<Vec<u8>>) -> Result<Given, String> {
    let flagged = words
        .iter()
        .position(|word| *word == "flagged")
        .unwrap_or(words.len());
    let flags = words.get(flagged + 1..).unwrap_or_default().join(" ");
    Ok(Given::Message {
        uid: uid_name(uid)?,
        mailbox: words.get(..flagged).unwrap_or_default().join(" "),
        flags: flags
            .trim_matches(['(', ')'])
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        bytes: bytes.ok_or("a message is a literal: >>> … <<<")?,
    })
}

fn uid_name(word: &str) -> Result<String, String> {
    word.strip_prefix('$')
        .map(str::to_owned)
        .ok_or_else(|| format!("{word} is no $name"))
}

fn seat(sentence: &str) -> Result<Seat, String> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let (client, account, rest) = match words.as_slice() {
        [client, "of", account, rest @ ..] => (*client, *account, rest),
        [client, rest @ ..] => (*client, *client, rest),
        [] => return Err("nothing is given".to_owned()),
    };
    let (rest, from) = match rest {
        [rest @ .., "from", address] => {
            let from = address.parse();
            (
                rest,
                Some(from.map_err(|_| format!("{address} is no address"))?),
            )
        }
        _ => (rest, None),
    };
    let (before_login, node) = match rest {
        ["on", "node", node] => (false, *node),
        ["before", "login", "on", "node", node] => (true, *node),
        ["before", "LHLO", "on", "node", node] if is_mta(client) => (true, *node),
        _ => return Err(format!("not understood: {sentence}")),
    };
    let node = node.parse().map_err(|_| format!("{node} is no node"))?;
    Ok(Seat {
        client: client.to_owned(),
        account: account.to_owned(),
        node,
        before_login,
        from,
    })
}

#[cfg(test)]
mod tests {
    use super::{Given, Seat, TokenKind};

    fn seat(client: &str, account: &str, node: usize, before_login: bool) -> Seat {
        Seat {
            client: client.to_owned(),
            account: account.to_owned(),
            node,
            before_login,
            from: None,
        }
    }

    #[test]
    fn sentences_say_how_the_world_is() {
        let owned = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        for (sentence, given) in [
            ("two nodes", Given::TwoNodes),
            (
                "setting node.name the first",
                Given::Setting {
                    name: "node.name".into(),
                    value: "the first".into(),
                },
            ),
            (
                "mailbox Team/x",
                Given::Mailbox {
                    name: "Team/x".into(),
                    messages: vec![],
                },
            ),
            (
                "mailbox Team/My Orders with messages $1 $2",
                Given::Mailbox {
                    name: "Team/My Orders".into(),
                    messages: owned(&["1", "2"]),
                },
            ),
            (
                "group:sales  may lrs   on Team/My Orders",
                Given::Rights {
                    identifier: "group:sales".into(),
                    rights: "lrs".into(),
                    mailbox: "Team/My Orders".into(),
                },
            ),
            (
                "group sales of ada, bo",
                Given::Group {
                    name: "sales".into(),
                    members: owned(&["ada", "bo"]),
                },
            ),
            (
                "bo leaves sales",
                Given::Leaves {
                    member: "bo".into(),
                    group: "sales".into(),
                },
            ),
            (
                "ada has token $phone",
                Given::Token {
                    account: "ada".into(),
                    name: "phone".into(),
                    kind: TokenKind::Plain,
                    mailbox: None,
                },
            ),
            (
                "ada has reading token $seat for Team/My Orders",
                Given::Token {
                    account: "ada".into(),
                    name: "seat".into(),
                    kind: TokenKind::Reading,
                    mailbox: Some("Team/My Orders".into()),
                },
            ),
            (
                "ada loses token $phone",
                Given::TokenLost {
                    account: "ada".into(),
                    name: "phone".into(),
                },
            ),
            ("zoe administers", Given::Administrator("zoe".into())),
            (
                "support@example.org leads to Team/My Orders",
                Given::Address {
                    address: "support@example.org".into(),
                    target: "Team/My Orders".into(),
                },
            ),
            (
                "mta on node 1, mta2 before LHLO on node 2",
                Given::Seats(vec![
                    seat("mta", "mta", 1, false),
                    seat("mta2", "mta2", 2, true),
                ]),
            ),
            (
                "ada on node 1, phone of ada on node 2, eve before login on node 2",
                Given::Seats(vec![
                    seat("ada", "ada", 1, false),
                    seat("phone", "ada", 2, false),
                    seat("eve", "eve", 2, true),
                ]),
            ),
        ] {
            assert_eq!(Given::parse(sentence, None), Ok(given), "{sentence}");
        }
    }

    #[test]
    fn a_message_has_flags_and_bytes() {
        let given = Given::parse(
            r"message $9 in Team/x flagged (\Draft $Work)",
            Some(b"x".into()),
        );
        let expected = Given::Message {
            uid: "9".into(),
            mailbox: "Team/x".into(),
            flags: vec![r"\Draft".into(), "$Work".into()],
            bytes: b"x".into(),
        };
        assert_eq!(given, Ok(expected));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for sentence in [
            "",
            "ada",
            "ada has golden token $x",
            "ada has token x",
            "setting node.name",
            "ada on node x",
            "ada before LHLO on node 1",
            "mailbox x with messages",
            "message $1 in x",
        ] {
            assert!(Given::parse(sentence, None).is_err(), "{sentence}");
        }
    }
}
