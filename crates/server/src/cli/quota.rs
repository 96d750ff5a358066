//! `postroom quota`: how much room there is, and how much is taken.

use mail::{Place, QuotaLimits, QuotaRoot, Resource, Usage};
use serde_json::{Value, json};
use store::{Fault, Quota};

use super::admin_context::{AdminContext, Operator};
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

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::Set {
            root,
            storage,
            messages,
            mailboxes,
        } => {
            if let Some(right) = root.without_prefix(context.namespaces().shared()) {
                return Err(Failure::usage(format!("this quota root is called {right}")));
            }
            let limits = QuotaLimits {
                storage: *storage,
                message: *messages,
                mailbox: *mailboxes,
            };
            let operator = context.operator(None).await?;
            match context
                .store
                .set_quota(operator.account.id, root, limits)
                .await
            {
                Ok(()) => {
                    let nothing = if is_there(context, &operator, root).await? {
                        ""
                    } else {
                        "; no mailbox is called so until now"
                    };
                    terminal.report(format!("quota of {root} set{nothing}"))
                }
                Err(Fault::Gone) => Err(Failure::failed(format!("no user for {root}"))),
                Err(fault) => Err(fault.into()),
            }
        }
        Verb::List => list(&context.store.quotas().await?, terminal),
    }
}

/// A limit may be there before its mailbox, or be that of a name that is mistyped.
async fn is_there(
    context: &AdminContext,
    operator: &Operator,
    root: &QuotaRoot,
) -> Result<bool, Failure> {
    let QuotaRoot::Shared(path) = root else {
        return Ok(true);
    };
    let place = Place::Shared(path.clone());
    let found = context.store.resolve(operator.account.id, &place).await?;
    Ok(found.is_some())
}

fn list(quotas: &[Quota], terminal: &Terminal) -> Result<(), Failure> {
    terminal.show(&quotas.iter().map(data).collect(), || {
        quotas.iter().map(|quota| words(quota) + "\n").collect()
    })
}

/// One root, as JSON.
pub(super) fn data(quota: &Quota) -> Value {
    let usage = |usage: &Usage| {
        let resource = resource_name(usage.resource);
        json!({ "resource": resource, "used": usage.used, "limit": usage.limit })
    };
    let usages: Value = quota.usages.iter().map(usage).collect();
    json!({ "root": quota.root, "usages": usages })
}

/// One root in a line: `shared/support  storage 12 of 1024  messages 3 of 100`.
pub(super) fn words(quota: &Quota) -> String {
    let usages = quota.usages.iter().map(|usage| {
        let resource = resource_name(usage.resource);
        format!("  {resource} {} of {}", usage.used, usage.limit)
    });
    format!("{}{}", quota.root, usages.collect::<String>())
}

const fn resource_name(resource: Resource) -> &'static str {
    match resource {
        Resource::Storage => "storage",
        Resource::Message => "messages",
        Resource::Mailbox => "mailboxes",
    }
}
