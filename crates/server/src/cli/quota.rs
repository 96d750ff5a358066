//! `postroom quota`: how much room there is, and how much is taken.

use std::fmt;

use mail::{Place, QuotaLimits, QuotaRoot, Resource, Usage};
use serde::Serialize;
use serde_json::json;
use store::{Fault, Quota};

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{Config, parse_byte_count};

pub(super) const HELP: &str = "A root is user/NAME, all mailboxes of an account, or shared/MAILBOX, that \
    mailbox and all below it.\nWhat is no longer named in `set` is no longer limited.\n\n\
    Examples:\n  \
    postroom quota set user/ada --storage 1GiB\n  \
    postroom quota set shared/support --storage 10GiB --messages 100000 --mailboxes 50\n  \
    postroom quota set user/ada\n  \
    postroom quota list --json";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Set the limits of a root: these, and no others.
    Set {
        /// Whose: `user/ada`, `shared/support`.
        #[arg(value_parser = QuotaRoot::parse)]
        root: QuotaRoot,
        /// How much all messages have together: a number of KiB, or with a unit as in `500MiB` and `10GiB`.
        #[arg(long, value_name = "KIB", value_parser = kibibytes)]
        storage: Option<u64>,
        /// How many messages.
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(..=LIMIT_MAX))]
        messages: Option<u64>,
        /// How many mailboxes.
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(..=LIMIT_MAX))]
        mailboxes: Option<u64>,
    },
    /// List all roots, with what is used and what is allowed.
    List,
}

/// 63 bits (RFC 9208, 3.1.2).
const LIMIT_MAX: u64 = i64::MAX as u64;

fn kibibytes(text: &str) -> Result<u64, String> {
    let plain = text
        .parse()
        .ok()
        .filter(|kibibytes| *kibibytes <= LIMIT_MAX);
    let with_unit = || parse_byte_count(text).map(|bytes| bytes.div_ceil(1024));
    plain
        .or_else(with_unit)
        .ok_or_else(|| "a number of KiB, or one with a unit such as 500MiB or 10GiB".to_owned())
}

/// What is asked about quotas: of the store, or of the API of a frontend.
pub(super) trait Quotas {
    /// Sets the limits of a root, and says whether a mailbox is called so by now.
    async fn set_quota(&self, root: &QuotaRoot, limits: QuotaLimits) -> Result<IsThere, Failure>;
    /// By root.
    async fn list_quotas(&self) -> Result<Vec<ListedQuota>, Failure>;
}

/// A limit may be there before its mailbox, or be that of a name that is mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IsThere {
    Yes,
    NotYet,
}

/// A root with what is used of it, as it is printed.
#[derive(Debug, Serialize)]
pub(super) struct ListedQuota {
    pub(super) root: String,
    pub(super) usages: Vec<ListedUsage>,
}

/// What is used of one limit.
#[derive(Debug, Serialize)]
pub(super) struct ListedUsage {
    pub(super) resource: &'static str,
    pub(super) used: u64,
    pub(super) limit: u64,
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

pub(super) async fn run_on(
    quotas: &impl Quotas,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match verb {
        Verb::Set {
            root,
            storage,
            messages,
            mailboxes,
        } => {
            let limits = QuotaLimits {
                storage: *storage,
                message: *messages,
                mailbox: *mailboxes,
            };
            let nothing = match quotas.set_quota(root, limits).await? {
                IsThere::Yes => "",
                IsThere::NotYet => "; no mailbox is called so until now",
            };
            terminal.report(format!("quota of {root} set{nothing}"))
        }
        Verb::List => {
            let listed = quotas.list_quotas().await?;
            terminal.show(&json!(listed), || {
                listed
                    .iter()
                    .map(|quota| quota.to_string() + "\n")
                    .collect()
            })
        }
    }
}

/// `shared/support  storage 12 of 1024  messages 3 of 100`
impl fmt::Display for ListedQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        for usage in &self.usages {
            write!(f, "  {} {} of {}", usage.resource, usage.used, usage.limit)?;
        }
        Ok(())
    }
}

impl From<Quota> for ListedQuota {
    fn from(quota: Quota) -> Self {
        let usage = |usage: &Usage| ListedUsage {
            resource: resource_name(usage.resource),
            used: usage.used,
            limit: usage.limit,
        };
        Self {
            usages: quota.usages.iter().map(usage).collect(),
            root: quota.root,
        }
    }
}

pub(super) fn no_user_of(root: &QuotaRoot) -> Failure {
    Failure::failed(format!("no user for {root}"))
}

pub(super) const fn resource_name(resource: Resource) -> &'static str {
    match resource {
        Resource::Storage => "storage",
        Resource::Message => "messages",
        Resource::Mailbox => "mailboxes",
    }
}

impl Quotas for AdminContext {
    async fn set_quota(&self, root: &QuotaRoot, limits: QuotaLimits) -> Result<IsThere, Failure> {
        if let Some(right) = root.without_prefix(self.namespaces().shared()) {
            return Err(Failure::usage(format!("this quota root is called {right}")));
        }
        let operator = self.operator(None).await?;
        let administrator = operator.account.id;
        let set = self.store.set_quota(administrator, root, limits).await;
        set.map_err(|fault| match fault {
            Fault::Gone => no_user_of(root),
            fault => fault.into(),
        })?;
        let QuotaRoot::Shared(path) = root else {
            return Ok(IsThere::Yes);
        };
        let place = Place::Shared(path.clone());
        let found = self.store.resolve(administrator, &place).await?;
        Ok(found.map_or(IsThere::NotYet, |_| IsThere::Yes))
    }

    async fn list_quotas(&self) -> Result<Vec<ListedQuota>, Failure> {
        let quotas = self.store.quotas().await?.into_iter();
        Ok(quotas.map(ListedQuota::from).collect())
    }
}
