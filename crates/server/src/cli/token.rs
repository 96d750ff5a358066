//! `postroom token`: passwords that are made for one program each.

use std::time::Duration;

use ::acl::AccessMode;
use auth::Token;
use clap::ValueEnum;
use mail::{MailboxId, Place};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Fault, NewToken, Services};

use super::activity::date_time;
use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{Config, parse_span};
use crate::environment;

pub(super) const HELP: &str = "A token is typed in place of the password, once, into one program of one device. One for \
    a shared mailbox opens\na seat there: in the mail program it is an account of its own, whose user name is an address \
    of the team or\nthe mailbox's name; rights and activity are those of USER.\n\n\
    Examples:\n  \
    postroom token add ada \"Ada's iPhone\"\n  \
    postroom token add ada 'laptop, support' --mailbox 'Shared Folders/support' --expires 365d\n  \
    postroom token add tickets 'ticket system' --mailbox 'Shared Folders/support' --service imap --read-only\n  \
    postroom token add admin 'nightly job' --service api --expires 90d > job.token\n  \
    postroom token list ada\n  \
    postroom token remove ada \"Ada's iPhone\"";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Make a token and print it, this once. Its user name is said on standard error.
    Add(NewArgs),
    /// List tokens, and when they were used last.
    List {
        /// Only those of this user.
        user: Option<String>,
    },
    /// Take a token away. Sessions that are open by it end within a second.
    Remove {
        /// Whose it is.
        user: String,
        /// As it was added.
        name: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct NewArgs {
    /// Whose it is: by whose rights it opens what it opens.
    user: String,
    /// What its owner knows it by, such as the device that it is for.
    name: String,
    /// Open this shared mailbox, with what is below it, and nothing else.
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// What it is good for; mail where nothing is said, or IMAP where it only reads.
    #[arg(long, value_enum)]
    service: Vec<Service>,
    /// Look, and change nothing.
    #[arg(long)]
    read_only: bool,
    /// When it ends by itself, such as 90d, 2027-01-01 or 2027-01-01T12:00 (UTC).
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Service {
    /// To read and file mail.
    Imap,
    /// To send mail, by a mail transfer agent that asks `listen.auth`.
    Submission,
    /// To use the HTTP API, where `web.api` is on. Said alone: such a token is for nothing else.
    Api,
    /// For a directory to keep accounts and groups by SCIM, where `web.scim` is on; of a site administrator. Said alone, too.
    Scim,
}

/// What is asked about tokens: of the store, or of the API of a frontend.
pub(super) trait Tokens {
    async fn add_token(&self, wanted: &WantedToken<'_>) -> Result<MadeToken, Failure>;
    /// Of everybody or of one user, by user and name.
    async fn list_tokens(&self, user: Option<&str>) -> Result<Vec<ListedToken>, Failure>;
    async fn remove_token(&self, user: &str, name: &str) -> Result<(), Failure>;
}

/// A token that shall be.
pub(super) struct WantedToken<'w> {
    pub(super) user: &'w str,
    pub(super) name: &'w str,
    /// The mailbox that it opens; the whole account without one.
    pub(super) mailbox: Option<&'w str>,
    pub(super) services: Services,
    pub(super) mode: AccessMode,
    /// In seconds since 1970.
    pub(super) expires_at: Option<i64>,
}

/// A token that was made.
#[derive(Deserialize, Serialize)]
pub(super) struct MadeToken {
    id: i64,
    user: String,
    name: String,
    token: String,
    user_names: Vec<String>,
}

/// A token, as it is printed; the API tells the same.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ListedToken {
    id: i64,
    user: String,
    name: String,
    mailbox: Option<String>,
    services: Vec<String>,
    read_only: bool,
    created: String,
    expires: Option<String>,
    expired: bool,
    used: Option<String>,
    address: Option<String>,
    client: Option<String>,
    sessions: i64,
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

pub(super) async fn run_on(
    tokens: &impl Tokens,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match verb {
        Verb::Add(args) => add(tokens, args, terminal).await,
        Verb::List { user } => {
            let listed = tokens.list_tokens(user.as_deref()).await?;
            terminal.show(&json!(listed), || listed.iter().map(line).collect())
        }
        Verb::Remove { user, name } => {
            tokens.remove_token(user, name).await?;
            terminal.report(format!("user {user} no longer has the token {name}"))
        }
    }
}

async fn add(tokens: &impl Tokens, args: &NewArgs, terminal: &Terminal) -> Result<(), Failure> {
    let services = services(&args.service, args.read_only)?;
    if (services.api || services.scim) && args.mailbox.is_some() {
        let words = "a token for the API or for SCIM is for the whole account, not for a mailbox";
        return Err(Failure::usage(words));
    }
    let now = environment::unix_seconds();
    let expires_at = args.expires.as_deref().map(|text| moment(text, now));
    let wanted = WantedToken {
        user: &args.user,
        name: &args.name,
        mailbox: args.mailbox.as_deref(),
        services,
        mode: if args.read_only {
            AccessMode::ReadOnly
        } else {
            AccessMode::ReadWrite
        },
        expires_at: expires_at.transpose()?,
    };
    let made = tokens.add_token(&wanted).await?;
    terminal.show(&json!(made), || made.token.clone())?;
    if !terminal.is_json() {
        // Beside the output, which may go into a file for whoever uses the token.
        let names = made.user_names.join(" or ");
        Terminal::mention(format!(
            "the token is shown this once; its user name: {names}"
        ));
    }
    Ok(())
}

pub(super) fn token_exists(user: &str, name: &str) -> Failure {
    Failure::failed(format!("user {user} has a token {name} already"))
}

pub(super) fn no_token(user: &str, name: &str) -> Failure {
    Failure::failed(format!("user {user} has no token {name}"))
}

fn services(wanted: &[Service], is_read_only: bool) -> Result<Services, Failure> {
    for (service, services) in [
        (Service::Api, Services::API),
        (Service::Scim, Services::SCIM),
    ] {
        if !wanted.contains(&service) {
            continue;
        }
        return if wanted.iter().all(|other| *other == service) {
            Ok(services)
        } else {
            let words = "a token for the API or for SCIM is for nothing else: make two";
            Err(Failure::usage(words))
        };
    }
    let is_wanted = |service| wanted.contains(&service) || wanted.is_empty();
    if is_read_only && wanted.contains(&Service::Submission) {
        return Err(Failure::usage("a token that only reads sends no mail"));
    }
    Ok(Services {
        imap: is_wanted(Service::Imap),
        submission: is_wanted(Service::Submission) && !is_read_only,
        api: false,
        scim: false,
    })
}

/// `ada  laptop, support  Shared Folders/support  imap submission  used 2026-11-30T10:00:00Z [192.0.2.1 Thunderbird]  1 open`
fn line(token: &ListedToken) -> String {
    let opens = token.mailbox.as_deref().unwrap_or("whole account");
    let mut columns = vec![
        token.user.clone(),
        token.name.clone(),
        opens.to_owned(),
        token.services.join(" "),
    ];
    if token.read_only {
        columns.push("read-only".to_owned());
    }
    if let Some(expires) = &token.expires {
        let word = if token.expired { "expired" } else { "until" };
        columns.push(format!("{word} {expires}"));
    }
    columns.push(match &token.used {
        Some(used) => {
            let from = [&token.address, &token.client];
            let from: Vec<&str> = from.into_iter().filter_map(Option::as_deref).collect();
            format!("used {used} [{}]", from.join(" "))
        }
        None => "never used".to_owned(),
    });
    if token.sessions > 0 {
        columns.push(format!("{} open", token.sessions));
    }
    columns.join("  ") + "\n"
}

/// What a token is good for, in the words of the options.
pub(super) fn words(services: Services) -> Vec<&'static str> {
    let words = [
        services.imap.then_some("imap"),
        services.submission.then_some("submission"),
        services.api.then_some("api"),
        services.scim.then_some("scim"),
    ];
    words.into_iter().flatten().collect()
}

impl Tokens for AdminContext {
    async fn add_token(&self, wanted: &WantedToken<'_>) -> Result<MadeToken, Failure> {
        let account = self.find_account(wanted.user).await?;
        if wanted.services.scim && !account.is_admin {
            let words = format!(
                "user {}: by SCIM accounts are made, which is for site administrators",
                account.name
            );
            return Err(Failure::failed(words));
        }
        let seat = match wanted.mailbox {
            Some(name) => Some(find_seat(self, name).await?),
            None => None,
        };
        let random = environment::random_bytes()
            .ok_or_else(|| Failure::failed("this machine gives no random numbers"))?;
        let token = Token::from_random(&random);
        let new = NewToken {
            name: wanted.name,
            hash: token.hash(),
            mailbox: seat.as_ref().map(|(mailbox, _)| *mailbox),
            services: wanted.services,
            mode: wanted.mode,
            expires_at: wanted.expires_at,
        };
        let added = self.store.add_token(account.id, &new).await;
        let id = added.map_err(|fault| refused(fault, wanted))?;
        let user_names = match &seat {
            Some((mailbox, path)) => {
                let store = &self.store;
                store.seat_user_names(&account.name, *mailbox, path).await?
            }
            None => vec![account.name.clone()],
        };
        Ok(MadeToken {
            id: id.0,
            user: account.name,
            name: wanted.name.to_owned(),
            token: token.as_str().to_owned(),
            user_names,
        })
    }

    async fn list_tokens(&self, user: Option<&str>) -> Result<Vec<ListedToken>, Failure> {
        let account = match user {
            Some(name) => Some(self.find_account(name).await?.id),
            None => None,
        };
        let tokens = self.store.tokens(account).await?.into_iter();
        let listed = tokens.map(|token| ListedToken {
            id: token.id.0,
            mailbox: token.mailbox.map(|place| self.name(&place).to_string()),
            services: words(token.services)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            read_only: token.mode == AccessMode::ReadOnly,
            user: token.account_name,
            name: token.name,
            created: token.created_at,
            expires: token.expires_at,
            expired: token.is_expired,
            used: token.used_at,
            address: token.used_address,
            client: token.used_client,
            sessions: token.sessions,
        });
        Ok(listed.collect())
    }

    async fn remove_token(&self, user: &str, name: &str) -> Result<(), Failure> {
        let account = self.find_account(user).await?;
        let removed = self.store.remove_token(account.id, name).await;
        removed.map_err(|fault| match fault {
            Fault::Gone => no_token(user, name),
            fault => fault.into(),
        })
    }
}

/// The mailbox that a token opens, and its path.
async fn find_seat(context: &AdminContext, name: &str) -> Result<(MailboxId, String), Failure> {
    let operator = context.operator(None).await?;
    let place = context.place(name)?;
    let Place::Shared(path) = &place else {
        let words = format!(
            "{name}: a token opens a shared mailbox, such as Shared Folders/support, or the whole account"
        );
        return Err(Failure::usage(words));
    };
    let found = context.find(&operator, &place).await?;
    Ok((found.id, path.clone()))
}

fn refused(fault: Fault, wanted: &WantedToken<'_>) -> Failure {
    let WantedToken { user, name, .. } = wanted;
    match (fault, wanted.mailbox) {
        (Fault::Exists, _) => token_exists(user, name),
        (Fault::Denied, Some(mailbox)) => {
            Failure::failed(format!("user {user} may see nothing of {mailbox}"))
        }
        (fault, _) => fault.into(),
    }
}

/// Seconds since 1970 of a time from now on, or of a day or a minute to come.
fn moment(text: &str, now: i64) -> Result<i64, Failure> {
    let from_now = parse_span(text).map(|span: Duration| {
        let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        now.saturating_add(seconds)
    });
    let at = from_now.or_else(|| date_time(text)).ok_or_else(|| {
        Failure::usage(format!(
            "{text}: say 12h or 90d from now, or 2027-01-01, or 2027-01-01T12:00"
        ))
    })?;
    if at <= now {
        return Err(Failure::usage(format!("{text}: that is over already")));
    }
    if at > LATEST {
        return Err(Failure::usage(format!("{text}: that is too far away")));
    }
    Ok(at)
}

/// The end of the year 9999.
const LATEST: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use store::Services;

    use super::{Service, moment, services};

    #[test]
    fn a_token_ends_in_a_while_or_at_a_date() {
        for (text, expected) in [
            ("1s", Some(1_000_001)),
            ("2h", Some(1_007_200)),
            ("90d", Some(1_000_000 + 90 * 86_400)),
            ("1970-01-31", Some(30 * 86_400)),
            ("1970-01-31T01:02:03Z", Some(30 * 86_400 + 3723)),
            ("0s", None),
            ("1970-01-02", None),
            ("1970-02-30", None),
            ("10000-01-01", None),
            ("99999999999d", None),
            ("soon", None),
            ("-1d", None),
            ("", None),
        ] {
            assert_eq!(moment(text, 1_000_000).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_token_is_for_what_is_said_or_for_everything() {
        use Service::{Api, Imap, Scim, Submission};
        for (wanted, is_read_only, expected) in [
            (&[][..], false, Some((true, true))),
            (&[], true, Some((true, false))),
            (&[Imap], false, Some((true, false))),
            (&[Submission], false, Some((false, true))),
            (&[Imap, Submission], false, Some((true, true))),
            (&[Imap], true, Some((true, false))),
            (&[Submission], true, None),
        ] {
            let chosen = services(wanted, is_read_only).ok();
            let expected = expected.map(|(imap, submission)| Services {
                imap,
                submission,
                api: false,
                scim: false,
            });
            assert_eq!(chosen, expected, "{wanted:?} {is_read_only}");
        }
        for is_read_only in [false, true] {
            let chosen = services(&[Api], is_read_only).ok();
            assert_eq!(chosen, Some(Services::API), "{is_read_only}");
            assert!(services(&[Api, Imap], is_read_only).is_err());
            let chosen = services(&[Scim], is_read_only).ok();
            assert_eq!(chosen, Some(Services::SCIM), "{is_read_only}");
            assert!(services(&[Scim, Api], is_read_only).is_err());
        }
    }
}
