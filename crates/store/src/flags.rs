//! Changes of flags, shared and private.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use acl::Permit;
use mail::{FlagBits, MailboxId, ModSeq, RareKeywords, Uid, UidSet};

use crate::argument::{ActorRow, FlagEditRow, FlagRequestRow, PermitRow, PrivateFlagEditRow};
use crate::batch::{Call, Done, Job, QueuedWrite, Queues, Writers};
use crate::committed::{Committed, CommittedWrite, SharedEdits};
use crate::fault::BatchFault;
use crate::masks::Masks;
use crate::store::Inner;
use crate::{Cause, Fault, Store, multirange, rare};

/// A change of flags of some messages.
#[derive(Clone, Debug)]
pub struct FlagEdit {
    /// Which. UIDs that are not there are passed over.
    pub uids: UidSet,
    /// What becomes of the flags that everybody sees. All keywords without a bit go where it does not keep
    /// [`FlagBits::RARE`].
    pub shared: Masks,
    /// What becomes of single keywords without a bit.
    pub rare: RareEdit,
    /// What becomes of the flags that only the account of the permit sees.
    pub private: Masks,
    /// Passes over messages that were changed after this (RFC 7162, 3.1.3).
    pub unchanged_since: Option<ModSeq>,
}

/// A change of keywords without a bit (ADR 0055).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RareEdit {
    /// What is set then.
    pub set: RareKeywords,
    /// What is not set then.
    pub cleared: RareKeywords,
}

/// A change of flags that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagsEdited {
    /// The mailbox's mod-sequence afterwards; where nothing changed, the one it had.
    pub modseq: ModSeq,
    /// The messages that UNCHANGEDSINCE passed over.
    pub modified: UidSet,
}

/// An edit that others may be composed with.
pub(crate) struct Edit {
    uids: UidSet,
    shared: Masks,
    private: Masks,
}

/// An edit with UNCHANGEDSINCE, or one that names keywords without a bit, which is a call of its own.
pub(crate) struct ExactEdit {
    edit: Edit,
    rare: RareEdit,
    unchanged_since: Option<ModSeq>,
}

impl Store {
    /// Changes flags. What is as wanted already does not change, and takes no mod-sequence.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Stale`], [`Fault::Unavailable`]; nothing has changed then.
    pub async fn edit_flags(&self, permit: &Permit, edit: FlagEdit) -> Result<FlagsEdited, Fault> {
        let FlagEdit {
            uids,
            shared,
            rare,
            private,
            unchanged_since,
        } = edit;
        let edit = Edit {
            uids,
            shared,
            private,
        };
        if unchanged_since.is_none() && rare == RareEdit::default() {
            return self.submit(permit, edit).await;
        }
        let edit = ExactEdit {
            edit,
            rare,
            unchanged_since,
        };
        self.submit(permit, edit).await
    }
}

impl Job for Edit {
    type Answer = FlagsEdited;

    fn queue(queues: &mut Queues) -> &mut VecDeque<QueuedWrite<Self>> {
        &mut queues.edits
    }

    #[tracing::instrument(name = "db.edit_flags", skip_all)]
    async fn write(
        inner: &Inner,
        mailbox: MailboxId,
        queued_writes: &[QueuedWrite<Self>],
        call: &Call,
    ) -> Result<Done<FlagsEdited>, BatchFault> {
        let writers = Writers::of(queued_writes);
        let shared_edits = shared_edits(queued_writes);
        let private_edits = private_edits(queued_writes);
        let is_for_all = private_edits.is_empty();
        let query = sqlx::query!(
            r#"select modseq as "modseq!", is_changed as "is_changed!", edited::text
                 from store_flags(
                        _mailbox => $1, _actors => $2, _permits => $3, _edits => $4, _private_edits => $5,
                        _requests => $6)"#,
            mailbox.0,
            &writers.actors as &[ActorRow],
            &writers.permits as &[PermitRow],
            shared_edits
                .iter()
                .map(|edit| edit.row())
                .collect::<Vec<_>>() as Vec<FlagEditRow>,
            private_edits as Vec<PrivateFlagEditRow>,
            requests(queued_writes) as Vec<FlagRequestRow>,
        );
        call.send();
        let row = query
            .fetch_one(&mut *inner.connections.writing().await?)
            .await?;
        let modseq = ModSeq::from_i64(row.modseq).unwrap_or_default();
        let edited = FlagsEdited {
            modseq,
            modified: UidSet::new(),
        };
        let changed = row.edited.as_deref().map(multirange::parse).transpose();
        let changed = changed.map_err(BatchFault::All)?;
        let committed = changed
            .filter(|_| is_for_all)
            .and_then(|uids| committed(modseq, uids, &shared_edits));
        Ok(Done {
            answers: vec![edited; queued_writes.len()],
            news: row.is_changed.then_some(modseq),
            committed,
        })
    }
}

impl Job for ExactEdit {
    type Answer = FlagsEdited;

    /// Each must see what the one before it changed.
    const TOGETHER_MAX: usize = 1;

    fn queue(queues: &mut Queues) -> &mut VecDeque<QueuedWrite<Self>> {
        &mut queues.exact_edits
    }

    #[tracing::instrument(name = "db.edit_flags_unchanged", skip_all)]
    async fn write(
        inner: &Inner,
        _: MailboxId,
        queued_writes: &[QueuedWrite<Self>],
        call: &Call,
    ) -> Result<Done<FlagsEdited>, BatchFault> {
        let [queued_write] = queued_writes else {
            let cause = Cause::new("edits with UNCHANGEDSINCE go one by one");
            return Err(BatchFault::All(Fault::Broken(cause)));
        };
        call.send();
        let row = if queued_write.job.rare == RareEdit::default() {
            edit_unchanged(inner, queued_write).await?
        } else {
            edit_rare(inner, queued_write).await?
        };
        let modseq = ModSeq::from_i64(row.modseq).unwrap_or_default();
        let modified = multirange::parse(&row.modified).map_err(BatchFault::All)?;
        Ok(Done {
            answers: vec![FlagsEdited { modseq, modified }],
            news: row.is_changed.then_some(modseq),
            committed: None,
        })
    }
}

/// What became of an edit that was a call of its own.
struct ExactRow {
    modseq: i64,
    is_changed: bool,
    modified: String,
}

async fn edit_unchanged(
    inner: &Inner,
    queued_write: &QueuedWrite<ExactEdit>,
) -> Result<ExactRow, BatchFault> {
    let ExactEdit {
        edit,
        unchanged_since,
        ..
    } = &queued_write.job;
    let row = sqlx::query_as!(
        ExactRow,
        r#"select modseq as "modseq!", is_changed as "is_changed!", modified as "modified!"
             from edit_unchanged_flags(
                    _actor => $1, _permit => $2, _request => $3, _keep => $4, _add => $5,
                    _private_keep => $6, _private_add => $7, _unchanged_since => $8)"#,
        queued_write.actor() as ActorRow,
        PermitRow::from(&queued_write.permit) as PermitRow,
        edit.request() as FlagRequestRow,
        edit.shared.keep.to_i64(),
        edit.shared.add_stored(),
        edit.private.keep.to_i64(),
        edit.private.add.to_i64(),
        unchanged_since.map(i64::from),
    )
    .fetch_one(&mut *inner.connections.writing().await?)
    .await?;
    Ok(row)
}

/// Where all keywords go, those that are set stay: what is so already is no change.
async fn edit_rare(
    inner: &Inner,
    queued_write: &QueuedWrite<ExactEdit>,
) -> Result<ExactRow, BatchFault> {
    let ExactEdit {
        edit,
        rare,
        unchanged_since,
    } = &queued_write.job;
    let keeps_others = edit.shared.keep.contains(FlagBits::RARE);
    let set: Vec<i16> = rare::numbers(&rare.set).collect();
    let cleared = rare.cleared.without(&rare.set);
    let cleared: Option<Vec<i16>> = keeps_others.then(|| rare::numbers(&cleared).collect());
    let keep = edit.shared.keep.union(FlagBits::RARE);
    let row = sqlx::query_as!(
        ExactRow,
        r#"select modseq as "modseq!", is_changed as "is_changed!", modified as "modified!"
             from edit_rare_keywords(
                    _actor => $1, _permit => $2, _request => $3, _keep => $4, _add => $5,
                    _private_keep => $6, _private_add => $7, _set => $8, _cleared => $9,
                    _unchanged_since => $10)"#,
        queued_write.actor() as ActorRow,
        PermitRow::from(&queued_write.permit) as PermitRow,
        edit.request() as FlagRequestRow,
        keep.to_i64(),
        edit.shared.add.to_i64(),
        edit.private.keep.to_i64(),
        edit.private.add.to_i64(),
        &set,
        cleared.as_deref(),
        unchanged_since.map(i64::from),
    )
    .fetch_one(&mut *inner.connections.writing().await?)
    .await?;
    Ok(row)
}

impl Edit {
    /// For the record of activity. Private flags are nobody's business: a record of them would be one of who reads
    /// what.
    fn request(&self) -> FlagRequestRow {
        FlagRequestRow {
            uids: multirange::print(&self.uids),
            flags_set: self.shared.add.to_i64(),
            flags_cleared: self.shared.clears().to_i64(),
        }
    }
}

fn requests(queued_writes: &[QueuedWrite<Edit>]) -> Vec<FlagRequestRow> {
    let edits = queued_writes.iter().map(|queued_write| &queued_write.job);
    edits.map(Edit::request).collect()
}

fn shared_edits(queued_writes: &[QueuedWrite<Edit>]) -> Vec<Stretch> {
    let edits: Vec<_> = queued_writes
        .iter()
        .map(|queued_write| (&queued_write.job.uids, queued_write.job.shared))
        .collect();
    compose(&edits)
}

/// What was done to the messages that changed.
fn committed(modseq: ModSeq, uids: UidSet, edits: &[Stretch]) -> Option<Committed> {
    let stretches = edits.iter().map(|edit| {
        let uid = |number: u32| Uid::from_i64(number.into());
        Some((uid(edit.low)?, uid(edit.high)?, edit.masks))
    });
    let edits = SharedEdits {
        uids,
        stretches: stretches.collect::<Option<_>>()?,
    };
    Committed::with(modseq, CommittedWrite::Flags(edits))
}

/// Each account's edits are composed apart.
fn private_edits(queued_writes: &[QueuedWrite<Edit>]) -> Vec<PrivateFlagEditRow> {
    let mut edits: BTreeMap<i64, Vec<(&UidSet, Masks)>> = BTreeMap::new();
    for queued_write in queued_writes {
        let own = edits.entry(queued_write.permit.account().0).or_default();
        own.push((&queued_write.job.uids, queued_write.job.private));
    }
    edits
        .into_iter()
        .flat_map(|(account, edits)| {
            let stretches = compose(&edits).into_iter();
            stretches.map(move |stretch| stretch.row().private_to(account))
        })
        .collect()
}

/// Neighbouring UIDs that share their masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    low: u32,
    high: u32,
    masks: Masks,
}

impl Stretch {
    fn row(self) -> FlagEditRow {
        FlagEditRow::new(self.low, self.high, self.masks)
    }
}

/// What all of `edits` do, one after the other, as stretches that do not overlap. Where they do
/// nothing there is no stretch.
fn compose(edits: &[(&UidSet, Masks)]) -> Vec<Stretch> {
    let mut borders = borders(edits).into_iter().peekable();
    let mut active = BTreeSet::new();
    let mut stretches: Vec<Stretch> = Vec::new();
    while let Some((low, changes)) = borders.next() {
        for change in changes {
            match change {
                Border::Begin(edit) => active.insert(edit),
                Border::End(edit) => active.remove(&edit),
            };
        }
        let Some((end, _)) = borders.peek() else {
            break;
        };
        let masks = active
            .iter()
            .filter_map(|&edit| edits.get(edit))
            .fold(Masks::IDENTITY, |masks, (_, next)| masks.then(*next));
        if masks != Masks::IDENTITY {
            let (Ok(low), Ok(high)) = (u32::try_from(low), u32::try_from(end - 1)) else {
                break;
            };
            stretches.push(Stretch { low, high, masks });
        }
    }
    stretches
}

/// Where an edit begins to matter, and where it no longer does.
enum Border {
    Begin(usize),
    End(usize),
}

/// By UID; ends stand behind the last UID, which is why they take 64 bits.
fn borders(edits: &[(&UidSet, Masks)]) -> BTreeMap<u64, Vec<Border>> {
    let mut borders: BTreeMap<u64, Vec<Border>> = BTreeMap::new();
    for (edit, (uids, _)) in edits.iter().enumerate() {
        for (low, high) in uids.ranges() {
            borders
                .entry(low.get().into())
                .or_default()
                .push(Border::Begin(edit));
            borders
                .entry(u64::from(high.get()) + 1)
                .or_default()
                .push(Border::End(edit));
        }
    }
    borders
}

#[cfg(test)]
mod tests {
    use mail::{FlagBits, Uid, UidSet};
    use proptest::prelude::{Strategy, prop, proptest};

    use super::{Masks, compose};

    fn masks() -> impl Strategy<Value = Masks> {
        (0..32_i64, 0..32_i64).prop_map(|(keep, add)| Masks {
            keep: FlagBits::from_i64(keep),
            add: FlagBits::from_i64(add),
        })
    }

    fn uids() -> impl Strategy<Value = UidSet> {
        prop::collection::vec((1..20_u32, 1..20_u32), 0..4).prop_map(|ranges| {
            UidSet::from_ranges(
                ranges
                    .into_iter()
                    .map(|(a, b)| (Uid::new(a).unwrap(), Uid::new(b).unwrap())),
            )
        })
    }

    fn applied(masks: Masks, flags: FlagBits) -> FlagBits {
        flags.intersection(masks.keep).union(masks.add)
    }

    proptest! {
        #[test]
        fn composed_is_one_after_the_other(
            edits in prop::collection::vec((uids(), masks()), 0..6),
            before in 0..32_i64,
        ) {
            let before = FlagBits::from_i64(before);
            let edits: Vec<_> = edits.iter().map(|(uids, masks)| (uids, *masks)).collect();
            let stretches = compose(&edits);
            for pair in stretches.windows(2) {
                assert!(pair[0].high < pair[1].low, "stretches ascend and do not overlap");
            }
            for number in 1..=20 {
                let uid = Uid::new(number).unwrap();
                let one_by_one = edits
                    .iter()
                    .filter(|(uids, _)| uids.contains(uid))
                    .fold(before, |flags, (_, masks)| applied(*masks, flags));
                let at_once = stretches
                    .iter()
                    .find(|stretch| (stretch.low..=stretch.high).contains(&number))
                    .map_or(before, |stretch| applied(stretch.masks, before));
                assert_eq!(at_once, one_by_one, "message {number}");
            }
        }
    }

    #[test]
    fn the_highest_uid_has_an_end_too() {
        let all = UidSet::from_ranges([(Uid::MIN, Uid::MAX)]);
        let masks = Masks {
            keep: FlagBits::ALL,
            add: FlagBits::SEEN,
        };
        let stretches = compose(&[(&all, masks)]);
        assert_eq!(stretches.len(), 1);
        assert_eq!((stretches[0].low, stretches[0].high), (1, u32::MAX));
    }
}
