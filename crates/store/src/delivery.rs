//! Letters that come in: one content, however many mailboxes they are for.

use std::sync::Arc;
use std::time::Duration;

use acl::{EffectiveAccess, Operation, Permit};
use futures_util::StreamExt as _;
use futures_util::stream;
use mail::limits::{CLIENT_NAME_CHARS_MAX, DUPLICATE_WINDOW_DAYS_MAX};
use mail::{AccountId, ContentId, EmailAddress, FlagBits, MailboxId, Uid, UidValidity};
use sha2::{Digest as _, Sha256};

use crate::activity::ActivityKind;
use crate::append::{Added, Append, Incoming};
use crate::filing::{Circumstances, Filing, filing};
use crate::place::belonging;
use crate::{Cause, Fault, Prepared, Route, RouteExplanation, Store, Target, TargetMailbox};

/// A letter, as it will be stored in every mailbox that it is for.
#[derive(Debug)]
pub struct Letter {
    /// What it is made of, with the header fields that delivery adds.
    pub prepared: Prepared,
    /// The account that submitted it; `None` where nobody knows for sure: a sender's address can be forged.
    pub submitter: Option<AccountId>,
    /// What the MTA calls it.
    pub queue_id: Option<String>,
    /// Who delivers it, for the record of activity.
    pub client: String,
    /// By what it is recognised when it comes again; `None` where it need not be.
    pub recognition: Option<Recognition>,
    /// Whether somebody judged it to be junk.
    pub is_junk: bool,
}

/// By what a letter is recognised when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognition {
    /// Equal for what is the same letter, in the same mailbox.
    pub key: Vec<u8>,
    /// For how long; at most [`DUPLICATE_WINDOW_DAYS_MAX`] days.
    pub window: Duration,
}

impl Recognition {
    /// By the bytes of a letter as it came.
    #[must_use]
    pub fn by_bytes(letter: &[u8], window: Duration) -> Self {
        Self {
            key: Sha256::digest(letter).to_vec(),
            window,
        }
    }
}

/// A mailbox that a letter is for, and the recipient that led there.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// As it was given.
    pub recipient: EmailAddress,
    /// From its [`Route`](crate::Route).
    pub target: Target,
}

/// What became of a letter in one mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It is there, and committed.
    Filed {
        /// In this mailbox.
        mailbox: MailboxId,
        /// The mailbox's UIDVALIDITY.
        uid_validity: UidValidity,
        /// The message's UID.
        uid: Uid,
    },
    /// It came before, and is there once. The record of activity tells of it.
    Duplicate,
}

/// How many mailboxes are written to at once for one letter.
const AT_ONCE_MAX: usize = 4;

/// For how long a letter can be recognised.
const WINDOW_MAX: Duration = Duration::from_secs(DUPLICATE_WINDOW_DAYS_MAX * 24 * 60 * 60);

impl Store {
    /// Where a letter to `address` goes and why, as [`route`](Self::route) has it, and who sends as it.
    ///
    /// # Errors
    ///
    /// As [`route`](Self::route).
    pub async fn explain_route(
        &self,
        address: &EmailAddress,
        separator: &str,
    ) -> Result<RouteExplanation, Fault> {
        let Route { targets, steps } = self.route(address, separator).await?;
        let mut filed = Vec::with_capacity(targets.len());
        for target in targets {
            let anyone = self.may_post(None, &target).await?;
            let mailbox = target.subfolder.unwrap_or(target.mailbox);
            filed.push((mailbox.place, anyone));
        }
        Ok(RouteExplanation {
            filed,
            steps,
            senders: self.senders_of(address, separator).await?,
            sent_copy: self.sent_copy_address(address, separator).await?,
        })
    }

    /// Whether `submitter`, or nobody, may post to the mailbox that a letter is addressed to, when its route was asked for.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.may_post", skip_all)]
    pub async fn may_post(
        &self,
        submitter: Option<AccountId>,
        target: &Target,
    ) -> Result<bool, Fault> {
        let mailbox = &target.mailbox;
        let asked = Asked {
            account: submitter.unwrap_or(AccountId::NOBODY),
            mailbox: mailbox.id,
            purpose: Purpose::of(target),
        };
        match self.post_permit_at(asked, mailbox.rights_version).await {
            Ok(_) => Ok(true),
            Err(Fault::Denied | Fault::Gone) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Delivers `letter` to each of `to`; answers each in its place. What is answered as filed is committed; the first that
    /// is filed stores the content, and all others refer to it.
    ///
    /// # Errors
    ///
    /// Of each: [`Fault::Gone`], [`Fault::Denied`] (whoever submitted it may not post there), [`Fault::OverQuota`],
    /// [`Fault::Limit`] (no UID left), [`Fault::Unavailable`]. Nothing is there then.
    #[tracing::instrument(name = "db.deliver", skip_all)]
    pub async fn deliver(&self, letter: Letter, to: &[Addressee]) -> Vec<Result<Delivered, Fault>> {
        let carried = Carried {
            store: self,
            prepared: Arc::new(letter.prepared),
            submitter: letter.submitter,
            mark: letter.recognition.map(|recognition| {
                let window = recognition.window.min(WINDOW_MAX).as_secs();
                (recognition.key, i64::try_from(window).unwrap_or(i64::MAX))
            }),
            words: words(letter.queue_id.as_deref(), &letter.client, letter.is_junk),
            is_junk: letter.is_junk,
        };
        let mut outcomes = Vec::with_capacity(to.len());
        let mut stored = None;
        for addressee in to {
            if stored.is_some() {
                break;
            }
            let (outcome, content) = carried.to(addressee, None).await;
            stored = content;
            let is_away = matches!(outcome, Err(Fault::Unavailable(_)));
            outcomes.push(outcome);
            if is_away {
                // Nobody waits for the same database again and again.
                outcomes.resize_with(to.len(), || {
                    Err(Fault::Unavailable(Cause::new("the database was away")))
                });
            }
        }
        let others: Vec<_> = to
            .iter()
            .skip(outcomes.len())
            .map(|addressee| carried.to(addressee, stored))
            .collect();
        let others: Vec<_> = stream::iter(others).buffered(AT_ONCE_MAX).collect().await;
        outcomes.extend(others.into_iter().map(|(outcome, _)| outcome));
        outcomes
    }

    /// Forgets by what letters are recognised that came longer ago than this, which is as long as the longest window.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.trim_delivery_marks", skip_all)]
    pub async fn trim_delivery_marks(&self, older_than: Duration) -> Result<u64, Fault> {
        let copies = ("sent_copy_mark", "until", Duration::ZERO);
        self.trim_old_rows(&[("delivery_mark", "at", older_than), copies])
            .await
    }

    /// A permit to post, by rights that are no older than the call where others would not suffice.
    async fn post_permit(&self, asked: Asked, version: i64) -> Result<Permit, Fault> {
        match self.post_permit_at(asked, version).await {
            Err(Fault::Denied) => {}
            decided => return decided,
        }
        let latest = self.latest(asked.mailbox).await?.ok_or(Fault::Gone)?;
        self.post_permit_at(asked, latest.rights_version).await
    }

    async fn post_permit_at(&self, asked: Asked, version: i64) -> Result<Permit, Fault> {
        let Asked {
            account, mailbox, ..
        } = asked;
        let known = self.known(account, mailbox, version).await?;
        let known = known.ok_or(Fault::Gone)?;
        let access = EffectiveAccess {
            account,
            mailbox,
            rights: known.rights,
            version: known.version,
        };
        let operation = match asked.purpose {
            Purpose::Letter => Operation::Post,
            Purpose::SentCopy => {
                let belonging = belonging(account, known.owner, &known.domain);
                // The MTA vouches for whom it does not name: it lets nobody else send as the team.
                let may = account == AccountId::NOBODY
                    || acl::may_send_as(&known.applying, &known.who, belonging);
                if !may {
                    return Err(Fault::Denied);
                }
                Operation::FileCopy
            }
        };
        acl::permit(&access, operation).map_err(|_| Fault::Denied)
    }
}

/// What a permit is asked for.
#[derive(Clone, Copy)]
struct Asked {
    account: AccountId,
    mailbox: MailboxId,
    purpose: Purpose,
}

/// What a letter is.
#[derive(Clone, Copy)]
enum Purpose {
    /// A letter for the mailbox.
    Letter,
    /// The copy of one that was sent as its addresses.
    SentCopy,
}

impl Purpose {
    fn of(target: &Target) -> Self {
        match target.sent {
            Some(_) => Self::SentCopy,
            None => Self::Letter,
        }
    }
}

/// A letter on its way to all that it is for.
struct Carried<'s> {
    store: &'s Store,
    prepared: Arc<Prepared>,
    submitter: Option<AccountId>,
    mark: Option<(Vec<u8>, i64)>,
    /// Of every record of activity, behind the recipient.
    words: String,
    is_junk: bool,
}

impl Carried<'_> {
    /// Delivers to one; also says where the content is stored then.
    async fn to(
        &self,
        addressee: &Addressee,
        stored: Option<ContentId>,
    ) -> (Result<Delivered, Fault>, Option<ContentId>) {
        match self.file(addressee, stored).await {
            Ok((uid_validity, uid, mailbox, content)) => {
                let filed = Delivered::Filed {
                    mailbox,
                    uid_validity,
                    uid,
                };
                (Ok(filed), content)
            }
            Err(Fault::Delivered) => {
                let noted = self.note_duplicate(addressee).await;
                (noted.map(|()| Delivered::Duplicate), None)
            }
            Err(fault) => (Err(fault), None),
        }
    }

    async fn file(&self, addressee: &Addressee, stored: Option<ContentId>) -> Result<Filed, Fault> {
        let target = &addressee.target;
        let here = self.permit(&target.mailbox, Purpose::of(target)).await;
        let below = match &target.subfolder {
            Some(below) => self.permit(below, Purpose::Letter).await,
            None => Err(Fault::Gone),
        };
        let filed = filing(
            target,
            Circumstances {
                is_junk: self.is_junk,
                may_post_below: below.is_ok(),
            },
        );
        let is_here = filed.judged_by == target.mailbox.id;
        let permit = if is_here { here.clone()? } else { below? };
        let outcome = self.post(addressee, filed, &permit, stored).await;
        // What would take its place is gone or closed by now.
        let is_lost = matches!(outcome, Err(Fault::Gone | Fault::Denied));
        if is_lost && filed.mailbox != target.mailbox.id && target.sent.is_none() {
            let circumstances = Circumstances {
                is_junk: false,
                may_post_below: false,
            };
            let filed = filing(target, circumstances);
            return self.post(addressee, filed, &here?, stored).await;
        }
        outcome
    }

    async fn permit(&self, mailbox: &TargetMailbox, purpose: Purpose) -> Result<Permit, Fault> {
        let asked = Asked {
            account: self.submitter.unwrap_or(AccountId::NOBODY),
            mailbox: mailbox.id,
            purpose,
        };
        self.store.post_permit(asked, mailbox.rights_version).await
    }

    async fn post(
        &self,
        addressee: &Addressee,
        filed: Filing,
        permit: &Permit,
        stored: Option<ContentId>,
    ) -> Result<Filed, Fault> {
        let sent_as = addressee.target.sent.map(|_| addressee.target.mailbox.id);
        let posting = |content| {
            Append::Letter(Incoming {
                prepared: Arc::clone(&self.prepared),
                content,
                // A copy of sent mail is made read for everybody as the mailbox's policy has it.
                flags: if sent_as.is_some() {
                    FlagBits::NONE
                } else {
                    filed.flags
                },
                sent_as,
                mark: self.mark.clone(),
                detail: self.detail(addressee),
            })
        };
        let submit = async |content| {
            self.store
                .submit_to(filed.mailbox, permit, posting(content))
                .await
        };
        let added = match submit(stored).await {
            // The first one was removed, and its content collected.
            Err(Fault::Expunged) if stored.is_some() => submit(None).await?,
            outcome => outcome?,
        };
        let Added { appended, content } = added;
        let uid = appended.uids.first().copied();
        let uid = uid.ok_or_else(|| Fault::Broken(Cause::new("a letter without a UID")))?;
        Ok((appended.uid_validity, uid, filed.mailbox, content))
    }

    fn detail(&self, addressee: &Addressee) -> String {
        format!("to {}{}", addressee.recipient, self.words)
    }

    async fn note_duplicate(&self, addressee: &Addressee) -> Result<(), Fault> {
        sqlx::query!(
            "insert into activity (kind, account, mailbox, owner, path, detail)
             select $1, $2, n.mailbox, n.owner, n.path, $3
               from mailbox_name n
              where n.mailbox = $4",
            ActivityKind::Delivery.number(),
            self.submitter.map(|account| account.0),
            format!("{}: came before", self.detail(addressee)),
            addressee.target.mailbox.id.0,
        )
        .execute(&mut *self.store.connection().await?)
        .await?;
        Ok(())
    }
}

type Filed = (UidValidity, Uid, MailboxId, Option<ContentId>);

/// What the record of activity says of every recipient.
fn words(queue_id: Option<&str>, client: &str, is_junk: bool) -> String {
    let mut words = String::new();
    for (title, value) in [("as", queue_id), ("from", Some(client))] {
        let kept = value.map(kept).unwrap_or_default();
        if !kept.is_empty() {
            words.push_str(&format!(", {title} {kept}"));
        }
    }
    if is_junk {
        words.push_str(", junk");
    }
    words
}

fn kept(value: &str) -> String {
    let printable = value.chars().filter(|sign| !sign.is_control());
    printable.take(CLIENT_NAME_CHARS_MAX).collect()
}
