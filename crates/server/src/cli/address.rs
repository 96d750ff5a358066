//! `postroom address`: who gets what comes to an address, and why.

use std::collections::BTreeSet;

use ::acl::{Operation, Rights, Subject};
use mail::{EmailAddress, MailboxId, Place};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Fault, LeadsTo, NewTarget, OldTarget, Posting, Recipients};

use super::admin_context::{AdminContext, Operator};
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "An ADDRESS is support@example.org, or @example.org for all that comes to a domain \
    and is not known\nthere. A TARGET is a shared mailbox or one of a user, by its name; user/ada, which is her INBOX; \
    another\naddress; or, for a domain, the @domain that it is another name of.\n\n\
    Examples:\n  \
    postroom address add support@example.org 'Shared Folders/support'\n  \
    postroom address add ada@example.org user/ada\n  \
    postroom address add help@example.org support@example.org\n  \
    postroom address add @old.example @example.org\n  \
    postroom address remove help@example.org\n  \
    postroom address explain support+invoices@example.org";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Let what comes to an address go somewhere: to each of its targets. Anyone may post there from then on, unless the
    /// list of the mailbox says already whether anyone may.
    Add {
        /// Leave the list of the mailbox as it is.
        #[arg(long)]
        closed: bool,
        /// Such as `support@example.org`.
        address: String,
        /// Such as `Shared Folders/support` or `user/ada`.
        #[arg(required = true)]
        targets: Vec<String>,
    },
    /// List all addresses, and where they lead.
    List,
    /// Let an address no longer lead to these targets, or to none at all.
    Remove {
        /// Such as `support@example.org`.
        address: String,
        /// As it was added; all where none is named.
        targets: Vec<String>,
    },
    /// Say where a letter to an address would go, and why.
    Explain {
        /// Such as `support+invoices@example.org`.
        address: String,
    },
}

/// An address, or a domain.
enum Named {
    Address(EmailAddress),
    Domain(String),
}

/// Where an address leads, as it is written.
enum Target {
    Mailbox(Place),
    Address(EmailAddress),
    Domain(String),
}

/// What is asked about addresses: of the store, or of the API of a frontend.
pub(super) trait Addresses {
    /// Lets an address lead to each of these, too.
    async fn add_address(
        &self,
        address: &str,
        targets: &[String],
        posting: Posting,
    ) -> Result<(), Failure>;
    /// Lets it no longer lead to these, or to none at all where none is named.
    async fn remove_address(&self, address: &str, targets: &[String]) -> Result<(), Failure>;
    /// By domain.
    async fn list_addresses(&self) -> Result<Vec<ListedAddress>, Failure>;
    async fn explain_address(&self, address: &str) -> Result<ExplainedAddress, Failure>;
}

/// An address and one of its targets, as it is printed; the API tells the same.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ListedAddress {
    address: String,
    leads_to: String,
    kind: TargetKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum TargetKind {
    Mailbox,
    Address,
    Domain,
}

/// Where a letter would go, as it is printed; the API tells the same.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct ExplainedAddress {
    address: String,
    targets: Vec<ExplainedTarget>,
    because: Vec<String>,
    senders: Vec<String>,
    sent_copy: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
struct ExplainedTarget {
    mailbox: String,
    anyone: bool,
}

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

pub(super) async fn run_on(
    addresses: &impl Addresses,
    verb: &Verb,
    terminal: &Terminal,
) -> Result<(), Failure> {
    match verb {
        Verb::Add {
            closed,
            address,
            targets,
        } => {
            let posting = if *closed {
                Posting::AsListed
            } else {
                Posting::Open
            };
            check(address)?;
            addresses.add_address(address, targets, posting).await?;
            terminal.report(format!("address {address} added"))?;
            let listed = addresses.list_addresses().await?;
            tell_of_several(&listed, [address.as_str()], &[]);
            Ok(())
        }
        Verb::List => {
            let listed = addresses.list_addresses().await?;
            terminal.show(&json!(listed), || {
                let line = |one: &ListedAddress| format!("{} {}\n", one.address, one.leads_to);
                listed.iter().map(line).collect()
            })
        }
        Verb::Remove { address, targets } => {
            check(address)?;
            addresses.remove_address(address, targets).await?;
            terminal.report(format!("address {address} removed"))
        }
        Verb::Explain { address } => {
            EmailAddress::parse(address)
                .map_err(|bad| Failure::usage(format!("{address}: {bad}")))?;
            let explained = addresses.explain_address(address).await?;
            terminal.show(&json!(explained), || explained.words())
        }
    }
}

impl ExplainedAddress {
    fn words(&self) -> String {
        let mut words = String::new();
        for ExplainedTarget { mailbox, anyone } in &self.targets {
            let who = if *anyone {
                ""
            } else {
                ", but not from just anyone"
            };
            words.push_str(&format!("{} goes to {mailbox}{who}\n", self.address));
        }
        if self.targets.is_empty() {
            words.push_str(&format!("{} goes nowhere\n", self.address));
        }
        words.extend(self.because.iter().map(|reason| format!("  {reason}\n")));
        if !self.senders.is_empty() {
            words.push_str(&format!("  sent as by {}\n", self.senders.join(", ")));
        }
        let copy = self.sent_copy.iter();
        words.extend(copy.map(|copy| format!("  with copies to {copy}\n")));
        words
    }
}

pub(super) fn no_address(address: &str) -> Failure {
    Failure::failed(format!("no address {address}"))
}

impl Addresses for AdminContext {
    async fn add_address(
        &self,
        address: &str,
        targets: &[String],
        posting: Posting,
    ) -> Result<(), Failure> {
        let operator = administrator(self).await?;
        let named = parse(address)?;
        let targets: Result<Vec<_>, _> = targets.iter().map(|text| target(self, text)).collect();
        for target in targets? {
            add(self, &operator, &named, target, posting).await?;
        }
        Ok(())
    }

    async fn remove_address(&self, address: &str, targets: &[String]) -> Result<(), Failure> {
        let operator = administrator(self).await?;
        remove(self, &operator, address, targets).await
    }

    async fn list_addresses(&self) -> Result<Vec<ListedAddress>, Failure> {
        let listed = self.store.addresses().await?.into_iter();
        let listed = listed.map(|one| {
            let (leads_to, kind) = match one.leads_to {
                LeadsTo::Mailbox(place) => (self.name(&place).to_string(), TargetKind::Mailbox),
                LeadsTo::Address(address) => (address, TargetKind::Address),
                LeadsTo::Domain(domain) => (format!("@{domain}"), TargetKind::Domain),
            };
            ListedAddress {
                address: one.address,
                leads_to,
                kind,
            }
        });
        Ok(listed.collect())
    }

    async fn explain_address(&self, text: &str) -> Result<ExplainedAddress, Failure> {
        let address =
            EmailAddress::parse(text).map_err(|bad| Failure::usage(format!("{text}: {bad}")))?;
        let explained = self.store.explain_route(&address, &self.separator).await?;
        let name = |place: &Place| self.name(place).to_string();
        let target = |(place, anyone): &(Place, bool)| ExplainedTarget {
            mailbox: name(place),
            anyone: *anyone,
        };
        let because = explained.steps.iter().map(|step| step.words(name));
        Ok(ExplainedAddress {
            address: text.to_owned(),
            targets: explained.filed.iter().map(target).collect(),
            because: because.collect(),
            senders: explained.senders,
            sent_copy: explained.sent_copy.map(|copy| copy.to_string()),
        })
    }
}

/// Lets `address` lead to a mailbox that was made just now, and anyone post there.
pub(super) async fn add_to_mailbox(
    context: &AdminContext,
    operator: &Operator,
    address: &str,
    place: &Place,
) -> Result<(), Failure> {
    if !operator.who.is_admin {
        return Err(Failure::failed(
            "only site administrators may add addresses",
        ));
    }
    let target = Target::Mailbox(place.clone());
    add(context, operator, &parse(address)?, target, Posting::Open).await
}

/// Says of each address that leads to several mailboxes, `more` among them, who may send as it.
pub(super) fn tell_of_several<'a>(
    listed: &[ListedAddress],
    addresses: impl IntoIterator<Item = &'a str>,
    more: &[String],
) {
    for address in addresses {
        tell_of(address, listed, more);
    }
}

fn tell_of(address: &str, listed: &[ListedAddress], more: &[String]) {
    let listed = listed
        .iter()
        .filter(|one| one.address.eq_ignore_ascii_case(address) && one.kind == TargetKind::Mailbox);
    let names = listed.map(|one| &one.leads_to).chain(more);
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    if names.len() > 1 {
        let names: Vec<_> = names.into_iter().collect();
        Terminal::mention(format!(
            "{address} leads to {}: only who may send for each of them may send as it, and no copies are filed",
            names.join(" and ")
        ));
    }
}

/// Whether it is an address that can be added, before anything is done.
pub(super) fn check(address: &str) -> Result<(), Failure> {
    parse(address).map(|_| ())
}

/// Addresses are the site's.
async fn administrator(context: &AdminContext) -> Result<Operator, Failure> {
    context.operator(None).await
}

async fn add(
    context: &AdminContext,
    operator: &Operator,
    named: &Named,
    target: Target,
    posting: Posting,
) -> Result<(), Failure> {
    let administrator = operator.account.id;
    let (recipients, target) = match (named, target) {
        (Named::Domain(domain), Target::Domain(other)) => {
            let added = context
                .store
                .set_domain_alias(administrator, domain, Some(&other));
            return added.await.map(|_| ()).map_err(Failure::from);
        }
        (_, Target::Domain(domain)) => {
            return Err(Failure::usage(format!(
                "@{domain} is a domain; only a domain can be another name of one"
            )));
        }
        (named, Target::Mailbox(place)) => {
            let found = context.find(operator, &place).await?;
            let permit = context.permit(&found, &place, Operation::Administer)?;
            if posting == Posting::Open {
                let anyone = Subject::parse("anyone").map_err(|_| Failure::usage("anyone"))?;
                context.may_grant(operator, &anyone, Rights::POST)?;
            }
            (recipients(named), NewTarget::Mailbox(permit, posting))
        }
        (named, Target::Address(address)) => (recipients(named), NewTarget::Alias(address)),
    };
    let added = context
        .store
        .add_address(administrator, &recipients, &target, &context.separator);
    added.await.map_err(|fault| match (fault, target) {
        (Fault::Gone, NewTarget::Alias(address)) => {
            Failure::failed(format!("{address} leads nowhere yet"))
        }
        (fault, _) => fault.into(),
    })
}

async fn remove(
    context: &AdminContext,
    operator: &Operator,
    address: &str,
    targets: &[String],
) -> Result<(), Failure> {
    let administrator = operator.account.id;
    let named = parse(address)?;
    let recipients = recipients(&named);
    let mut is_removed = false;
    let mut old = Vec::new();
    for text in targets {
        old.push(match target(context, text)? {
            Target::Mailbox(place) => OldTarget::Mailbox(mailbox(context, operator, &place).await?),
            Target::Address(address) => OldTarget::Alias(address),
            Target::Domain(_) => OldTarget::All,
        });
    }
    if old.is_empty() {
        old.push(OldTarget::All);
    }
    for old in old {
        let removed = context
            .store
            .remove_address(administrator, &recipients, &old);
        is_removed |= removed.await?;
    }
    if let Named::Domain(domain) = &named {
        let removed = context.store.set_domain_alias(administrator, domain, None);
        is_removed |= removed.await?;
    }
    if is_removed {
        Ok(())
    } else {
        Err(no_address(address))
    }
}

async fn mailbox(
    context: &AdminContext,
    operator: &Operator,
    place: &Place,
) -> Result<MailboxId, Failure> {
    Ok(context.find(operator, place).await?.id)
}

fn parse(text: &str) -> Result<Named, Failure> {
    let mistaken = |bad| Failure::usage(format!("{text}: {bad}"));
    match text.strip_prefix('@') {
        Some(domain) => EmailAddress::parse_domain(domain)
            .map(Named::Domain)
            .map_err(mistaken),
        None => EmailAddress::parse(text)
            .map(Named::Address)
            .map_err(mistaken),
    }
}

fn recipients(named: &Named) -> Recipients {
    match named {
        Named::Address(address) => Recipients::Address(address.clone()),
        Named::Domain(domain) => Recipients::Domain(domain.clone()),
    }
}

fn target(context: &AdminContext, text: &str) -> Result<Target, Failure> {
    if let Some(owner) = text.strip_prefix("user/") {
        return Ok(Target::Mailbox(Place::Theirs {
            owner: owner.to_lowercase(),
            path: mail::MailboxName::INBOX.to_owned(),
        }));
    }
    if let Ok(place @ (Place::Shared(_) | Place::Theirs { .. })) = context.place(text) {
        return Ok(Target::Mailbox(place));
    }
    match parse(text) {
        Ok(Named::Domain(domain)) => Ok(Target::Domain(domain)),
        Ok(Named::Address(address)) => Ok(Target::Address(address)),
        Err(_) => Err(Failure::usage(format!(
            "{text} is neither a mailbox, nor user/NAME, nor an address"
        ))),
    }
}
