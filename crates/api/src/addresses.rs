//! Addresses of mail, for site administrators: who gets what comes to them.

use acl::{Operation, Rights, Subject};
use mail::{EmailAddress, MailboxName, Place};
use serde::{Deserialize, Serialize};
use store::{AddressKey, Fault, LeadsTo, ListedAddress, NewTarget, OldTarget, Posting, Recipients};
use tracing::info;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Fields, Input, Named};
use crate::paging::{Page, PageQuery, unknown_page};
use crate::problem::{Problem, sentence};

/// Where what comes to an address goes. An address that leads to several places is listed as often.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Address)]
struct AddressView {
    /// As it was added; `@` and a domain for what comes to none of its addresses, or for a domain that is another.
    #[schema(example = "support@example.org")]
    address: String,
    /// A mailbox, an address, or `@` and a domain.
    #[schema(example = "Shared Folders/support")]
    leads_to: String,
    /// Which of these it is.
    kind: TargetKind,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TargetKind {
    Mailbox,
    Address,
    Domain,
}

/// Where an address shall lead, too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAddress {
    /// `support@example.org`, or `@example.org` for all that comes to a domain and is not known there.
    #[schema(example = "support@example.org")]
    address: String,
    /// A shared mailbox or one of a user, by its name; `user/ada`, which is her INBOX; another address; or, for a domain, the
    /// `@domain` that it is another name of.
    #[schema(example = "Shared Folders/support")]
    leads_to: String,
    /// Do not let just anyone post to the mailbox because of this.
    #[serde(default)]
    closed: bool,
}

/// Where an address shall no longer lead.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AddressFilter {
    /// Only there; without it nowhere any more.
    leads_to: Option<String>,
}

/// Something that mail comes to.
enum Source {
    Address(EmailAddress),
    Domain(String),
}

/// Somewhere that mail goes.
enum Target {
    Mailbox(String),
    Address(EmailAddress),
    Domain(String),
}

impl Source {
    fn parse(text: &str) -> Result<Self, Problem> {
        let parsed = match text.strip_prefix('@') {
            Some(domain) => EmailAddress::parse_domain(domain).map(Self::Domain),
            None => EmailAddress::parse(text).map(Self::Address),
        };
        parsed.map_err(|bad| Problem::Unfit(sentence(&bad.to_string())))
    }

    fn recipients(&self) -> Recipients {
        match self {
            Self::Address(address) => Recipients::Address(address.clone()),
            Self::Domain(domain) => Recipients::Domain(domain.clone()),
        }
    }
}

impl Target {
    fn parse(asker: &Asker, text: &str) -> Result<Self, Problem> {
        if let Some(owner) = text.strip_prefix("user/") {
            let place = Place::Theirs {
                owner: owner.to_lowercase(),
                path: MailboxName::INBOX.to_owned(),
            };
            return Ok(Self::Mailbox(asker.name(&asker.own(place)).to_string()));
        }
        match asker.place(text) {
            Some(Place::Shared(_) | Place::Theirs { .. }) => Ok(Self::Mailbox(text.to_owned())),
            Some(Place::Mine(_)) | None => match Source::parse(text)? {
                Source::Address(address) => Ok(Self::Address(address)),
                Source::Domain(domain) => Ok(Self::Domain(domain)),
            },
        }
    }
}

impl AddressView {
    fn new(asker: &Asker, listed: ListedAddress) -> Self {
        let ListedAddress {
            address, leads_to, ..
        } = listed;
        let (leads_to, kind) = match leads_to {
            LeadsTo::Mailbox(place) => {
                let name = asker.name(&asker.own(place));
                (name.to_string(), TargetKind::Mailbox)
            }
            LeadsTo::Address(address) => (address, TargetKind::Address),
            LeadsTo::Domain(domain) => (format!("@{domain}"), TargetKind::Domain),
        };
        Self {
            address,
            leads_to,
            kind,
        }
    }
}

/// List all addresses, by domain.
#[utoipa::path(
    get,
    path = "/addresses",
    tag = "addresses",
    params(PageQuery),
    responses((status = 200, body = Page<AddressView>)),
)]
pub(crate) async fn list_addresses(
    asker: Asker,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let after = page.after.as_deref().map(|text| {
        let key = AddressKey::parse(text);
        key.ok_or_else(unknown_page)
    });
    let after = after.transpose()?;
    let store = &asker.store;
    let listed = store.addresses_after(after.as_ref(), page.one_more());
    let page = page.page(listed.await?, |listed: &ListedAddress| {
        listed.key.to_string()
    });
    let page = Page {
        items: page
            .items
            .into_iter()
            .map(|listed| AddressView::new(&asker, listed))
            .collect(),
        next: page.next,
    };
    Answer::shown(&page, &conditions)
}

/// Let an address lead somewhere; it may lead to several places, and does so once to each.
#[utoipa::path(
    post,
    path = "/addresses",
    tag = "addresses",
    request_body = NewAddress,
    responses((status = 204)),
)]
pub(crate) async fn add_address(
    asker: Asker,
    Input(new): Input<NewAddress>,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let source = Source::parse(&new.address)?;
    let administrator = asker.account.id;
    let target = match (Target::parse(&asker, &new.leads_to)?, &source) {
        (Target::Domain(other), Source::Domain(domain)) => {
            asker
                .store
                .set_domain_alias(administrator, domain, Some(&other))
                .await?;
            info!(user.id = %administrator, "added the alias of a domain");
            return Ok(Answer::done());
        }
        (Target::Domain(_), Source::Address(_)) => {
            let words = "Only a domain can be another name of a domain.".to_owned();
            return Err(Problem::Unfit(words));
        }
        (Target::Address(address), _) => NewTarget::Alias(address),
        (Target::Mailbox(name), _) => {
            let (mailbox, permit) = asker.permit(&name, Operation::Administer).await?;
            let posting = if new.closed {
                Posting::AsListed
            } else {
                Posting::Open
            };
            let anyone = Subject::parse("anyone").map_err(|_| Problem::Broken)?;
            let who = &mailbox.found.who;
            let grantable = acl::grantable(&anyone, who, asker.site().everybody);
            if posting == Posting::Open && !grantable.contains(Rights::POST) {
                return Err(Problem::NotAllowed);
            }
            NewTarget::Mailbox(permit, posting)
        }
    };
    let (recipients, separator) = (source.recipients(), &asker.site().address_separator);
    let added = asker
        .store
        .add_address(administrator, &recipients, &target, separator)
        .await;
    added.map_err(|fault| match (fault, target) {
        (Fault::Gone, NewTarget::Alias(_)) => {
            Problem::Unfit("That address leads nowhere yet.".to_owned())
        }
        (fault, _) => fault.into(),
    })?;
    info!(user.id = %administrator, "added an address");
    Ok(Answer::done())
}

/// Let an address no longer lead somewhere. Lists of rights stay as they are.
#[utoipa::path(
    delete,
    path = "/addresses/{address}",
    tag = "addresses",
    params(("address" = String, Path, description = "As it was added."), AddressFilter),
    responses((status = 204)),
)]
pub(crate) async fn remove_address(
    asker: Asker,
    Named(address): Named<String>,
    Fields(filter): Fields<AddressFilter>,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let source = Source::parse(&address)?;
    let administrator = asker.account.id;
    let old = match &filter.leads_to {
        None => OldTarget::All,
        Some(text) => match Target::parse(&asker, text)? {
            Target::Mailbox(name) => {
                let (mailbox, _) = asker.permit(&name, Operation::Administer).await?;
                OldTarget::Mailbox(mailbox.found.id)
            }
            Target::Address(address) => OldTarget::Alias(address),
            Target::Domain(_) => OldTarget::All,
        },
    };
    let recipients = source.recipients();
    let mut was_there = asker
        .store
        .remove_address(administrator, &recipients, &old)
        .await?;
    if let (Source::Domain(domain), OldTarget::All) = (&source, &old) {
        was_there |= asker
            .store
            .set_domain_alias(administrator, domain, None)
            .await?;
    }
    if !was_there {
        return Err(Problem::NotFound);
    }
    info!(user.id = %administrator, "removed an address");
    Ok(Answer::done())
}
