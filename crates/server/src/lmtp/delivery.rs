//! What the store says of recipients and letters, as replies.

use lmtp::{Arrival, MailTransaction, Naming, Reply, is_junk, letter_to_store};
use mail::{AccountId, EmailAddress};
use session::split_login;
use store::{Addressee, Delivered, Fault, Letter, Recognition, Store, Target};
use tracing::warn;

use super::LmtpContext;
use crate::config::OverQuota;

/// Where a recipient's letters go.
#[derive(Debug)]
pub(super) struct Found {
    address: EmailAddress,
    targets: Vec<Target>,
}

/// Who submitted a letter, as far as somebody says so who is trusted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Submitter {
    /// Nobody said so, or who was named has no account, or one that is disabled.
    Nobody,
    /// This account.
    Account(AccountId),
    /// Nobody could be asked.
    Unknown,
}

impl Submitter {
    /// The account of a login.
    pub(super) async fn find(store: &Store, name: Option<&str>) -> Self {
        let Some(name) = name else {
            return Self::Nobody;
        };
        // Who sends for one tree alone (`ada/support`) is the account all the same.
        match store.find_account(split_login(name).0).await {
            Ok(Some(account)) if !account.is_disabled => Self::Account(account.id),
            Ok(_) => Self::Nobody,
            Err(fault) => {
                warn!(cause = %fault, "the submitter of a letter could not be looked up");
                Self::Unknown
            }
        }
    }

    fn account(self) -> Result<Option<AccountId>, Reply> {
        match self {
            Self::Nobody => Ok(None),
            Self::Account(account) => Ok(Some(account)),
            Self::Unknown => Err(Reply::Unavailable),
        }
    }
}

/// Where a forward-path leads, if whoever submitted the letter may post there.
pub(super) async fn look_up(
    context: &LmtpContext,
    path: &str,
    submitter: Submitter,
) -> Result<Found, Reply> {
    let address = EmailAddress::parse(path).map_err(|_| Reply::BadRecipient)?;
    let submitter = submitter.account()?;
    let say = |fault| reply_to(&fault, context.config.over_quota);
    let store = &context.store;
    let route = store
        .route(&address, &context.separator)
        .await
        .map_err(say)?;
    if route.targets.is_empty() {
        return Err(Reply::UnknownRecipient);
    }
    for target in &route.targets {
        if !store.may_post(submitter, target).await.map_err(say)? {
            return Err(Reply::NotPermitted);
        }
    }
    Ok(Found {
        address,
        targets: route.targets,
    })
}

/// Whether the recipients may be named: nobody shall read where copies of what a team sends go.
pub(super) fn naming(transaction: &MailTransaction<Found>) -> Naming {
    let recipients = transaction.recipients.iter();
    let mut targets = recipients.flat_map(|recipient| &recipient.route.targets);
    if targets.any(|target| target.sent.is_some()) {
        Naming::Nobody
    } else {
        Naming::One
    }
}

/// Delivers a letter; a reply for each of its recipients.
pub(super) async fn deliver(
    context: &LmtpContext,
    transaction: MailTransaction<Found>,
    submitter: Submitter,
    arrival: &Arrival,
) -> Vec<Reply> {
    let recipients = transaction.recipients.len();
    match prepare(context, &transaction, submitter, arrival).await {
        Ok(letter) => deliver_to_all(context, letter, &transaction).await,
        Err(reply) => vec![reply; recipients],
    }
}

/// What is the same for all recipients.
async fn prepare(
    context: &LmtpContext,
    transaction: &MailTransaction<Found>,
    submitter: Submitter,
    arrival: &Arrival,
) -> Result<Letter, Reply> {
    let submitter = submitter.account()?;
    let config = &context.config;
    let reading = || {
        (
            letter_to_store(transaction, arrival),
            config.duplicates.key(transaction),
        )
    };
    let bytes = transaction.letter.len();
    let (stored, key) = context.store.compute().run(bytes, reading).await;
    let stored = stored.ok_or(Reply::NulInHeader)?;
    let prepared = context.store.prepare(&stored, arrival.at).await;
    Ok(Letter {
        prepared: prepared.map_err(|fault| reply_to(&fault, config.over_quota))?,
        submitter,
        queue_id: transaction.queue_id.clone(),
        client: match &transaction.origin {
            Some(origin) => format!("{origin} by {}", transaction.client),
            None => transaction.client.clone(),
        },
        recognition: key.map(|key| Recognition {
            key: key.to_vec(),
            window: config.duplicate_window,
        }),
        is_junk: is_junk(&transaction.letter, &config.junk_header),
    })
}

async fn deliver_to_all(
    context: &LmtpContext,
    letter: Letter,
    transaction: &MailTransaction<Found>,
) -> Vec<Reply> {
    let mut addressees = Vec::new();
    for recipient in &transaction.recipients {
        let Found { address, targets } = &recipient.route;
        addressees.extend(targets.iter().map(|target| Addressee {
            recipient: address.clone(),
            target: target.clone(),
        }));
    }
    let outcomes = context.store.deliver(letter, &addressees).await;
    let mut replies = outcomes.into_iter().map(|outcome| match outcome {
        Ok(Delivered::Filed { .. }) => Reply::Delivered,
        Ok(Delivered::Duplicate) => Reply::Duplicate,
        Err(fault) => reply_to(&fault, context.config.over_quota),
    });
    let recipients = transaction.recipients.iter();
    recipients
        .map(|recipient| {
            let targets = recipient.route.targets.len();
            let replies: Vec<Reply> = replies.by_ref().take(targets).collect();
            for reply in &replies {
                context.metrics.count_delivery(delivery_word(*reply));
            }
            sum_up(&replies)
        })
        .collect()
}

/// One reply for all mailboxes that an address leads to. That it is positive says that all of them have the letter: where
/// it comes again, those that have it already know it.
fn sum_up(replies: &[Reply]) -> Reply {
    let worst = replies.iter().copied().min_by_key(|reply| match reply {
        reply if reply.is_transient() => 0,
        reply if !reply.is_positive() => 1,
        Reply::Duplicate => 3,
        _ => 2,
    });
    worst.unwrap_or(Reply::Trouble)
}

/// What became of a letter in one mailbox, for metrics.
const fn delivery_word(reply: Reply) -> &'static str {
    match reply {
        Reply::Delivered => "delivered",
        Reply::Duplicate => "duplicate",
        Reply::NotPermitted => "not_permitted",
        Reply::OverQuota | Reply::OverQuotaForNow => "over_quota",
        Reply::Unavailable => "unavailable",
        _ => "failed",
    }
}

/// What the sending side hears of a fault. What is our trouble is logged here.
fn reply_to(fault: &Fault, over_quota: OverQuota) -> Reply {
    match fault {
        Fault::Denied => Reply::NotPermitted,
        Fault::OverQuota => match over_quota {
            OverQuota::Permanent => Reply::OverQuota,
            OverQuota::Temporary => Reply::OverQuotaForNow,
        },
        Fault::Limit(_) => Reply::MailboxBound,
        Fault::Unavailable(cause) => {
            warn!(%cause, fault = fault.word(), "a letter was not taken: the database is not available");
            Reply::Unavailable
        }
        // Another attempt finds out where its letters go now.
        Fault::Gone => Reply::Trouble,
        other => {
            warn!(cause = %other, fault = fault.word(), "a letter was not taken");
            Reply::Trouble
        }
    }
}

#[cfg(test)]
mod tests {
    use lmtp::Reply;

    use super::sum_up;

    #[test]
    fn an_address_is_answered_by_its_worst_mailbox() {
        use Reply::{Delivered, Duplicate, NotPermitted, OverQuota, Unavailable};
        for (replies, expected) in [
            (&[Delivered][..], Delivered),
            (&[Delivered, Duplicate], Delivered),
            (&[Duplicate, Duplicate], Duplicate),
            (&[Delivered, NotPermitted], NotPermitted),
            (&[OverQuota, Delivered, Unavailable], Unavailable),
            (&[], Reply::Trouble),
        ] {
            assert_eq!(sum_up(replies), expected, "{replies:?}");
        }
    }
}
