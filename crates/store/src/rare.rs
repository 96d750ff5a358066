//! Keywords without a bit (ADR 0055), of whole mailboxes: read only where a mailbox has so many keywords that there may be
//! any. Messages that have the same share their memory.

use std::collections::HashMap;

use image::Message;
use mail::{Flags, MailboxId, RareKeywords, Uid};
use sqlx::PgConnection;

use crate::{Cause, Fault};

/// The messages that have such keywords, by mailbox.
#[derive(Debug, Default)]
pub(crate) struct RareOf(HashMap<MailboxId, HashMap<Uid, RareKeywords>>);

/// Sets that were met before.
#[derive(Debug, Default)]
pub(crate) struct RareSets(HashMap<Box<[i16]>, RareKeywords>);

/// Those of `mailboxes`, as the connection's transaction sees them.
pub(crate) async fn load(
    connection: &mut PgConnection,
    mailboxes: &[MailboxId],
) -> Result<RareOf, Fault> {
    let ids: Vec<i64> = mailboxes.iter().map(|mailbox| mailbox.0).collect();
    let rows = sqlx::query_file!("queries/rare_keywords.sql", &ids)
        .fetch_all(connection)
        .await?;
    let mut found = RareOf::default();
    for row in rows {
        let rare = of_numbers(&row.numbers);
        let of_mailbox = found.0.entry(MailboxId(row.mailbox)).or_default();
        for uid in row.uids {
            let uid = Uid::from_i64(uid)
                .ok_or_else(|| Fault::Broken(Cause::new("a UID out of range")))?;
            of_mailbox.insert(uid, rare.clone());
        }
    }
    Ok(found)
}

/// As the database has them.
pub(crate) fn numbers(rare: &RareKeywords) -> impl Iterator<Item = i16> {
    rare.numbers()
        .filter_map(|number| i16::try_from(number).ok())
}

/// The inverse of [`numbers`].
pub(crate) fn of_numbers(numbers: &[i16]) -> RareKeywords {
    let numbers = numbers.iter();
    numbers
        .filter_map(|number| usize::try_from(*number).ok())
        .collect()
}

impl RareOf {
    /// A message of `mailbox` with the keywords that were left out so far.
    pub(crate) fn put_on(&self, mailbox: MailboxId, mut message: Message) -> Message {
        let rare = self.0.get(&mailbox);
        if let Some(rare) = rare.and_then(|rare| rare.get(&message.uid)) {
            message.flags = Flags::new(message.flags.bits(), rare.clone());
        }
        message
    }
}

impl RareSets {
    pub(crate) fn of(&mut self, numbers: &[i16]) -> RareKeywords {
        if let Some(known) = self.0.get(numbers) {
            return known.clone();
        }
        let rare = of_numbers(numbers);
        self.0.insert(numbers.into(), rare.clone());
        rare
    }
}
