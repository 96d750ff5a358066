//! `postroom address`: who gets what comes to an address, and why.

use std::collections::BTreeSet;

use ::acl::{Operation, Rights, Subject};
use mail::{EmailAddress, MailboxId, Place};
use serde_json::{Value, json};
use store::{Fault, LeadsTo, ListedAddress, NewTarget, OldTarget, Posting, Recipients, RouteStep};

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

pub(super) async fn run(verb: &Verb, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        run_on(context, verb, terminal).await
    })
    .await
}

async fn run_on(context: &AdminContext, verb: &Verb, terminal: &Terminal) -> Result<(), Failure> {
    match verb {
        Verb::Add {
            closed,
            address,
            targets,
        } => {
            let operator = administrator(context).await?;
            let posting = if *closed {
                Posting::AsListed
            } else {
                Posting::Open
            };
            let named = parse(address)?;
            let targets: Result<Vec<_>, _> =
                targets.iter().map(|text| target(context, text)).collect();
            for target in targets? {
                add(context, &operator, &named, target, posting).await?;
            }
            terminal.report(format!("address {address} added"))?;
            tell_of_several(context, [address.as_str()], &[]).await
        }
        Verb::List => list(context, terminal).await,
        Verb::Remove { address, targets } => {
            let operator = administrator(context).await?;
            remove(context, &operator, address, targets).await?;
            terminal.report(format!("address {address} removed"))
        }
        Verb::Explain { address } => explain(context, address, terminal).await,
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
pub(super) async fn tell_of_several<'a>(
    context: &AdminContext,
    addresses: impl IntoIterator<Item = &'a str>,
    more: &[Place],
) -> Result<(), Failure> {
    let listed = context.store.addresses().await?;
    for address in addresses {
        tell_of(context, address, &listed, more);
    }
    Ok(())
}

fn tell_of(context: &AdminContext, address: &str, listed: &[ListedAddress], more: &[Place]) {
    let listed = listed
        .iter()
        .filter(|one| one.address.eq_ignore_ascii_case(address));
    let places = listed.filter_map(|one| match &one.leads_to {
        LeadsTo::Mailbox(place) => Some(place),
        LeadsTo::Address(_) | LeadsTo::Domain(_) => None,
    });
    let names = places
        .chain(more)
        .map(|place| context.name(place).to_string());
    let names: BTreeSet<_> = names.collect();
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
        Err(Failure::failed(format!("no address {address}")))
    }
}

async fn mailbox(
    context: &AdminContext,
    operator: &Operator,
    place: &Place,
) -> Result<MailboxId, Failure> {
    Ok(context.find(operator, place).await?.id)
}

async fn list(context: &AdminContext, terminal: &Terminal) -> Result<(), Failure> {
    let listed = context.store.addresses().await?;
    let target = |listed: &ListedAddress| match &listed.leads_to {
        LeadsTo::Mailbox(place) => context.name(place).to_string(),
        LeadsTo::Address(address) => address.clone(),
        LeadsTo::Domain(domain) => format!("@{domain}"),
    };
    let kind = |listed: &ListedAddress| match &listed.leads_to {
        LeadsTo::Mailbox(_) => "mailbox",
        LeadsTo::Address(_) => "address",
        LeadsTo::Domain(_) => "domain",
    };
    let data = listed
        .iter()
        .map(|one| json!({ "address": one.address, "leads_to": target(one), "kind": kind(one) }));
    terminal.show(&data.collect(), || {
        let line = |one: &ListedAddress| format!("{} {}\n", one.address, target(one));
        listed.iter().map(line).collect()
    })
}

async fn explain(context: &AdminContext, text: &str, terminal: &Terminal) -> Result<(), Failure> {
    let address =
        EmailAddress::parse(text).map_err(|bad| Failure::usage(format!("{text}: {bad}")))?;
    let route = context.store.route(&address, &context.separator).await?;
    let mut targets = Vec::new();
    for target in &route.targets {
        let filed = target.subfolder.as_ref().unwrap_or(&target.mailbox);
        let may_anyone = context.store.may_post(None, target).await?;
        targets.push((context.name(&filed.place).to_string(), may_anyone));
    }
    let separator = &context.separator;
    let senders = context.store.senders_of(&address, separator).await?;
    let sent_copy = context.store.sent_copy_address(&address, separator).await?;
    let reasons: Vec<String> = route
        .steps
        .iter()
        .map(|step| reason(context, step))
        .collect();
    let data = json!({
        "address": text,
        "targets": targets
            .iter()
            .map(|(mailbox, may_anyone)| json!({ "mailbox": mailbox, "anyone": may_anyone }))
            .collect::<Value>(),
        "because": reasons,
        "senders": senders,
        "sent_copy": sent_copy.as_ref().map(ToString::to_string),
    });
    terminal.show(&data, || {
        let mut words = String::new();
        for (mailbox, may_anyone) in &targets {
            let who = if *may_anyone {
                ""
            } else {
                ", but not from just anyone"
            };
            words.push_str(&format!("{text} goes to {mailbox}{who}\n"));
        }
        if targets.is_empty() {
            words.push_str(&format!("{text} goes nowhere\n"));
        }
        words.extend(reasons.iter().map(|reason| format!("  {reason}\n")));
        if !senders.is_empty() {
            words.push_str(&format!("  sent as by {}\n", senders.join(", ")));
        }
        words.extend(sent_copy.map(|copy| format!("  with copies to {copy}\n")));
        words
    })
}

fn reason(context: &AdminContext, step: &RouteStep) -> String {
    match step {
        RouteStep::Known(address) => format!("{address} is known"),
        RouteStep::Subaddress { address, known } => {
            format!("{address} is {known} with a subaddress")
        }
        RouteStep::DomainAlias { domain, target } => {
            format!("@{domain} is another name of @{target}")
        }
        RouteStep::CatchAll { address, domain } => {
            format!("{address} is not known, and {domain} takes all that comes")
        }
        RouteStep::Alias { address, target } => format!("{address} leads to {target}"),
        RouteStep::Mailbox(place) => format!("it leads to {}", context.name(place)),
        RouteStep::Subfolder(place) => format!("the subaddress names {}", context.name(place)),
        RouteStep::NoSubfolder(detail) => format!("there is no {detail} below it"),
        RouteStep::SentCopy(place) => format!(
            "it is a copy of what is sent from there, for {}",
            context.name(place)
        ),
        RouteStep::Unknown(address) => format!("{address} is not known"),
    }
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
