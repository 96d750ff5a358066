//! Addresses of mail: which there are, and where a letter to one goes.

use std::fmt;

use acl::Permit;
use mail::limits::SENDERS_MAX;
use mail::{AccountId, EmailAddress, MailboxId, Place};

use crate::argument::{ActorRow, PermitRow};
use crate::place::place;
use crate::route::{Route, RouteStep, Target, TargetMailbox};
use crate::{Cause, Fault, Store, wake};

/// What comes to an address, or to a domain, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedAddress {
    /// As it was added; `@` and a domain for what comes to none of its addresses, or for a domain that is another.
    pub address: String,
    /// Where it goes.
    pub leads_to: LeadsTo,
    /// Where it stands among all of them.
    pub key: AddressKey,
}

/// Where an address stands among all of them: by domain, then by local part, what comes to a whole domain last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressKey {
    domain: String,
    local: Option<String>,
    id: i64,
}

impl AddressKey {
    /// From what [`Display`](fmt::Display) made of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '\n');
        Some(Self {
            id: parts.next()?.parse().ok()?,
            domain: parts.next()?.to_owned(),
            local: parts.next().map(str::to_owned),
        })
    }
}

impl fmt::Display for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No domain has a line's end in it.
        write!(f, "{}\n{}", self.id, self.domain)?;
        self.local
            .as_ref()
            .map_or(Ok(()), |local| write!(f, "\n{local}"))
    }
}

/// An address that leads to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxAddress {
    /// As it was added; `@` and a domain for what comes to none of its addresses.
    pub address: String,
    /// Whether it leads to that mailbox alone.
    pub is_alone: bool,
}

/// Where what comes to an address goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadsTo {
    /// To a mailbox. No tree is the reader's own.
    Mailbox(Place),
    /// To another address.
    Address(String),
    /// To the addresses of another domain.
    Domain(String),
}

/// What an address is added for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// One address.
    Address(EmailAddress),
    /// Whatever comes to this domain, as [`EmailAddress::domain`] has it, and is not known there.
    Domain(String),
}

/// Where an address shall lead.
#[derive(Clone, Debug)]
pub enum NewTarget {
    /// To the mailbox of a permit to administer it.
    Mailbox(Permit, Posting),
    /// To another address, which must lead to a mailbox.
    Alias(EmailAddress),
}

/// Who may post to a mailbox that gets an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// Anyone, unless its list says already whether anyone may: the entry `anyone p`.
    Open,
    /// Whoever may now.
    AsListed,
}

/// Where an address shall no longer lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OldTarget {
    /// Anywhere.
    All,
    /// To this mailbox.
    Mailbox(MailboxId),
    /// To this address.
    Alias(EmailAddress),
}

/// The domain of copies of sent mail, and what their addresses begin with.
const SENT_COPY_DOMAIN: &str = "postroom.invalid";
const SENT_COPY: &str = "sent-of-";

impl Recipients {
    fn local(&self) -> Option<&str> {
        match self {
            Self::Address(address) => Some(address.folded_local()),
            Self::Domain(_) => None,
        }
    }

    fn domain(&self) -> &str {
        match self {
            Self::Address(address) => address.domain(),
            Self::Domain(domain) => domain,
        }
    }

    fn spelling(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Domain(domain) => format!("@{domain}"),
        }
    }
}

impl Store {
    /// Where a letter to `address` goes. What follows `separator` in it is a subaddress (RFC 5233); empty: there are none.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] where too many aliases lead on; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.route", skip_all)]
    pub async fn route(&self, address: &EmailAddress, separator: &str) -> Result<Route, Fault> {
        if address.domain() == SENT_COPY_DOMAIN {
            return self.route_sent_copy(address).await;
        }
        let routes = &self.inner().routes;
        let key = (
            address.folded_local().to_owned(),
            address.domain().to_owned(),
            separator.to_owned(),
        );
        if let Some(route) = routes.find(&key).await? {
            return Ok(route);
        }
        let since = routes.begin(&self.inner().connections).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"select step as "step!", subject, object, mailbox, rights_version, owner, owner_name, path,
                      subfolder, subfolder_version, subfolder_path, junk
                 from route_address(_local => $1, _domain => $2, _separator => $3)"#,
            address.folded_local(),
            address.domain(),
            separator,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let mut route = Route::default();
        for row in rows {
            row.read(&mut route)?;
        }
        // Whoever guesses at addresses makes nobody forget those that are known.
        if !route.targets.is_empty() {
            routes.keep(key, &route, since);
        }
        Ok(route)
    }

    /// Whether some address of this domain is known here.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.knows_domain", skip_all)]
    pub async fn knows_domain(&self, domain: &str) -> Result<bool, Fault> {
        let is_known = sqlx::query_scalar!(
            r#"select exists (select from address a where a.domain = $1)
                      or exists (select from domain_alias d where d.domain = $1) as "known!""#,
            domain,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(is_known)
    }

    /// The address to which an MTA sends a copy of every letter that is sent as `address`: it goes to the Sent of the team that the
    /// address is of. `None` where that is no team, or has no Sent. The domain is reserved (RFC 6761), so that no mail from outside
    /// is for it, and nobody can guess what is before the `@`.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] where too many aliases lead on; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.sent_copy_address", skip_all)]
    pub async fn sent_copy_address(
        &self,
        address: &EmailAddress,
        separator: &str,
    ) -> Result<Option<EmailAddress>, Fault> {
        let mailboxes = sqlx::query_scalar!(
            "select sent_as(_local => $1, _domain => $2, _separator => $3)",
            address.folded_local(),
            address.domain(),
            separator,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        let Some([only]) = mailboxes.as_deref() else {
            return Ok(None);
        };
        let mailbox = MailboxId(*only);
        let copy = self.sent_copy_of(mailbox);
        let has_sent = self.sent_copy_target(mailbox).await?.is_some();
        Ok(copy.filter(|_| has_sent))
    }

    fn sent_copy_of(&self, mailbox: MailboxId) -> Option<EmailAddress> {
        let tag = self.object_ids().sent_copy_tag(mailbox);
        EmailAddress::parse(&format!("{SENT_COPY}{mailbox}-{tag}@{SENT_COPY_DOMAIN}")).ok()
    }

    async fn route_sent_copy(&self, address: &EmailAddress) -> Result<Route, Fault> {
        let number = address.folded_local().strip_prefix(SENT_COPY);
        let number = number.and_then(|rest| rest.split_once('-')?.0.parse().ok());
        let mailbox = number.map(MailboxId);
        let mailbox =
            mailbox.filter(|mailbox| self.sent_copy_of(*mailbox).as_ref() == Some(address));
        let target = match mailbox {
            Some(mailbox) => self.sent_copy_target(mailbox).await?,
            None => None,
        };
        let Some((target, sent)) = target else {
            return Ok(Route {
                targets: Vec::new(),
                steps: vec![RouteStep::Unknown(address.to_string())],
            });
        };
        let reached = RouteStep::Mailbox(target.mailbox.place.clone());
        Ok(Route {
            targets: vec![target],
            steps: vec![reached, RouteStep::SentCopy(sent)],
        })
    }

    async fn sent_copy_target(&self, mailbox: MailboxId) -> Result<Option<(Target, Place)>, Fault> {
        let row = sqlx::query_file!("queries/route_sent_copy.sql", mailbox.0)
            .fetch_optional(&mut *self.connection().await?)
            .await?;
        Ok(row.map(|row| {
            let target = Target {
                mailbox: TargetMailbox {
                    id: MailboxId(row.mailbox),
                    place: Place::Shared(row.path),
                    rights_version: row.rights_version,
                },
                subfolder: None,
                junk: None,
                sent: Some(MailboxId(row.sent)),
            };
            (target, Place::Shared(row.sent_path))
        }))
    }

    /// Whether `account` may send as `address`: as all mailboxes that a letter to it is for (`acl::may_send_as`). Nobody may as
    /// an address that only its whole domain is known by.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] where too many aliases lead on; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.may_send_as", skip_all)]
    pub async fn may_send_as(
        &self,
        account: AccountId,
        address: &EmailAddress,
        separator: &str,
    ) -> Result<bool, Fault> {
        let may = sqlx::query_scalar!(
            r#"select coalesce(bool_and(may_send_as($1, s.mailbox)), false) as "may!"
                 from unnest(sent_as(_local => $2, _domain => $3, _separator => $4)) as s (mailbox)"#,
            account.0,
            address.folded_local(),
            address.domain(),
            separator,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(may)
    }

    /// The names of all accounts that may send as `address`, in order; the first [`SENDERS_MAX`] of them.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] where too many aliases lead on; [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.senders_of", skip_all)]
    pub async fn senders_of(
        &self,
        address: &EmailAddress,
        separator: &str,
    ) -> Result<Vec<String>, Fault> {
        let names = sqlx::query_scalar!(
            r#"select s.name as "name!"
                 from senders_of(_local => $1, _domain => $2, _separator => $3) as s (name)
                limit $4"#,
            address.folded_local(),
            address.domain(),
            separator,
            SENDERS_MAX,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(names)
    }

    /// Lets an address lead somewhere; it may lead to several places, and does so once to each.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`] and [`Fault::Gone`] for the mailbox; [`Fault::Gone`] for an alias that would lead nowhere;
    /// [`Fault::Limit`] where too many aliases would lead on, or a list is full; [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.add_address", skip_all)]
    pub async fn add_address(
        &self,
        administrator: AccountId,
        recipients: &Recipients,
        target: &NewTarget,
        separator: &str,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(administrator).await?;
        let (permit, alias, is_open) = match target {
            NewTarget::Mailbox(permit, posting) => (Some(permit), None, *posting == Posting::Open),
            NewTarget::Alias(address) => (None, Some(address), false),
        };
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from add_address(
                        _actor => $1, _local => $2, _domain => $3, _spelling => $4, _permit => $5,
                        _alias_local => $6, _alias_domain => $7, _alias_spelling => $8, _separator => $9,
                        _is_open => $10)"#,
            actor as ActorRow,
            recipients.local(),
            recipients.domain(),
            recipients.spelling(),
            permit.map(PermitRow::from) as Option<PermitRow>,
            alias.map(EmailAddress::folded_local),
            alias.map(EmailAddress::domain),
            alias.map(ToString::to_string),
            separator,
            is_open,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.wake(woken);
        Ok(())
    }

    /// Lets an address no longer lead somewhere; whether it did. Lists of rights stay as they are.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.remove_address", skip_all)]
    pub async fn remove_address(
        &self,
        administrator: AccountId,
        recipients: &Recipients,
        target: &OldTarget,
    ) -> Result<bool, Fault> {
        let actor = self.recorded_actor(administrator).await?;
        let (mailbox, alias) = match target {
            OldTarget::All => (None, None),
            OldTarget::Mailbox(mailbox) => (Some(mailbox.0), None),
            OldTarget::Alias(address) => (None, Some(address)),
        };
        let was_there = sqlx::query_scalar!(
            r#"select remove_address(
                        _actor => $1, _local => $2, _domain => $3, _mailbox => $4, _alias_local => $5,
                        _alias_domain => $6) as "was_there!""#,
            actor as ActorRow,
            recipients.local(),
            recipients.domain(),
            mailbox,
            alias.map(EmailAddress::folded_local),
            alias.map(EmailAddress::domain),
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(was_there)
    }

    /// Lets what comes to `domain`, and is not known there, be looked up in another domain, or in none. Whether that is
    /// new. Both are as [`EmailAddress::domain`] has them.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] where a domain would be itself, or too many lead on; [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.set_domain_alias", skip_all)]
    pub async fn set_domain_alias(
        &self,
        administrator: AccountId,
        domain: &str,
        target: Option<&str>,
    ) -> Result<bool, Fault> {
        let actor = self.recorded_actor(administrator).await?;
        let is_new = sqlx::query_scalar!(
            r#"select set_domain_alias(_actor => $1, _domain => $2, _target => $3) as "is_new!""#,
            actor as ActorRow,
            domain,
            target,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(is_new)
    }

    /// The addresses that lead to a mailbox, without those that lead to these, by domain.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.addresses_of", skip_all)]
    pub async fn addresses_of(&self, mailbox: MailboxId) -> Result<Vec<MailboxAddress>, Fault> {
        let rows = sqlx::query_as!(
            MailboxAddress,
            r#"select a.spelling as address,
                      not exists (select
                                    from address o
                                   where o.domain = a.domain
                                     and o.local is not distinct from a.local
                                     and o.id <> a.id) as "is_alone!"
                 from address a
                where a.mailbox = $1
                order by a.domain, a.local nulls last, a.id"#,
            mailbox.0,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows)
    }

    /// All addresses, by domain.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.addresses", skip_all)]
    pub async fn addresses(&self) -> Result<Vec<ListedAddress>, Fault> {
        self.addresses_after(None, u32::MAX).await
    }

    /// The addresses that come after this one, or all, by domain; the first so many.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.addresses_after", skip_all)]
    pub async fn addresses_after(
        &self,
        after: Option<&AddressKey>,
        count_max: u32,
    ) -> Result<Vec<ListedAddress>, Fault> {
        let rows = sqlx::query!(
            r#"select l.domain as "domain!", l.local, l.id as "id!",
                      l.address as "address!", l.owner, l.owner_name as "owner_name?", l.path, l.alias, l.target_domain
                 from (select a.domain, a.local, a.id, a.spelling as address, n.owner, o.name as owner_name, n.path,
                              a.alias_spelling as alias, null::text as target_domain
                         from address a
                         left join mailbox_name n on n.mailbox = a.mailbox
                         left join account o on o.id = n.owner
                        where a.mailbox is null
                           or n.path is not null
                        union all
                       select d.domain, null, 0, '@' || d.domain, null, null, null, null, d.target
                         from domain_alias d) l
                where $1::text is null
                   or (l.domain, l.local is null, coalesce(l.local, ''), l.id) > ($1, $2::text is null, coalesce($2, ''), $3)
                order by l.domain, l.local nulls last, l.id
                limit $4"#,
            after.map(|after| after.domain.as_str()),
            after.and_then(|after| after.local.as_deref()),
            after.map_or(0, |after| after.id),
            i64::from(count_max),
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let listed = rows.into_iter().filter_map(|row| {
            let leads_to = match (row.alias, row.target_domain) {
                (Some(alias), _) => LeadsTo::Address(alias),
                (None, Some(domain)) => LeadsTo::Domain(domain),
                (None, None) => LeadsTo::Mailbox(place(
                    AccountId::NOBODY,
                    row.owner?,
                    row.owner_name,
                    row.path?,
                )?),
            };
            Some(ListedAddress {
                key: AddressKey {
                    domain: row.domain,
                    local: row.local,
                    id: row.id,
                },
                address: row.address,
                leads_to,
            })
        });
        Ok(listed.collect())
    }
}

/// A step, as `route_address` returns it.
struct Row {
    step: i16,
    subject: Option<String>,
    object: Option<String>,
    mailbox: Option<i64>,
    rights_version: Option<i64>,
    owner: Option<i64>,
    owner_name: Option<String>,
    path: Option<String>,
    subfolder: Option<i64>,
    subfolder_version: Option<i64>,
    subfolder_path: Option<String>,
    junk: Option<i64>,
}

impl Row {
    fn read(self, route: &mut Route) -> Result<(), Fault> {
        let subject = self.subject.clone().unwrap_or_default();
        let object = self.object.clone().unwrap_or_default();
        let step = match self.step {
            1 => RouteStep::Known(subject),
            2 => RouteStep::Subaddress {
                address: subject,
                known: object,
            },
            3 => RouteStep::DomainAlias {
                domain: subject,
                target: object,
            },
            4 => RouteStep::CatchAll {
                address: subject,
                domain: object,
            },
            5 => RouteStep::Alias {
                address: subject,
                target: object,
            },
            6 => return self.read_target(route),
            7 => RouteStep::Unknown(subject),
            _ => return Err(Fault::Broken(Cause::new("an unknown step of a route"))),
        };
        route.steps.push(step);
        Ok(())
    }

    fn read_target(self, route: &mut Route) -> Result<(), Fault> {
        let Self {
            owner, owner_name, ..
        } = self;
        let mailbox = |id: Option<i64>, version: Option<i64>, path: Option<String>| {
            Some(TargetMailbox {
                id: MailboxId(id?),
                place: place(AccountId::NOBODY, owner?, owner_name.clone(), path?)?,
                rights_version: version?,
            })
        };
        let reached = mailbox(self.mailbox, self.rights_version, self.path)
            .ok_or_else(|| Fault::Broken(Cause::new("a route without a mailbox")))?;
        let subfolder = mailbox(self.subfolder, self.subfolder_version, self.subfolder_path);
        route.steps.push(RouteStep::Mailbox(reached.place.clone()));
        route.steps.extend(match (&subfolder, self.object) {
            (Some(below), _) => Some(RouteStep::Subfolder(below.place.clone())),
            (None, Some(detail)) => Some(RouteStep::NoSubfolder(detail)),
            (None, None) => None,
        });
        route.targets.push(Target {
            mailbox: reached,
            subfolder,
            junk: self.junk.map(MailboxId),
            sent: None,
        });
        Ok(())
    }
}
