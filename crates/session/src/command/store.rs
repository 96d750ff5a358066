//! STORE (RFC 9051, 6.4.6), with UNCHANGEDSINCE (RFC 7162, 3.1.3). Where the messages are too many, it is of the
//! newest (RFC 9738).
//!
//! Rights are asked flag by flag; it fails only when nothing is left (RFC 4314, 4). That somebody
//! else changes the same messages is never an error. A client believes in what it asked for, whatever the tagged
//! response says, so that each message of which it would believe something wrong is told with its true flags.

use std::sync::Arc;

use acl::Operation;
use mail::{Flag, FlagBits, Flags, Uid, UidSet};
use store::{FlagEdit, Masks, RareEdit};
use wire::{Numbering, StoreOperation, StoreRequest, Tag};

use crate::conversation::selected::{AccessCheck, Selected};
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::flags::{known_flags, storable_flags};
use crate::out::{Hangup, Out};
use crate::view::in_both::in_both;
use crate::view::{LOOK_COST_BYTES, ResponseOptions, say_shown};

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    request: StoreRequest,
    out: &mut Out<'_>,
) -> Outcome {
    // UNCHANGEDSINCE enables CONDSTORE (RFC 7162, 3.1).
    if request.unchanged_since.is_some() {
        session.enable_condstore(&mut out.buffer);
    }
    let options = match request.numbering {
        Numbering::Uid => session.options().for_uid_command(),
        Numbering::Sequence => session.options(),
    };
    let bound = session.node.message_limit.per_command();
    let store = session.store.clone();
    let selected = session.selected()?;
    let picked = selected.resolve(request.numbering, &request.set)?;
    let uids = selected.uids(&picked, store.compute()).await;
    let (uids, cut) = bound.newest(uids);
    let outcome = change(session, tag, &request, &uids, options, out).await;
    if let Err(Ending::Refused(refused)) = &outcome {
        tell_truth(session, refused, &request, &uids, options, out).await?;
    }
    Ok(outcome?.cut_short(cut, &mut out.buffer))
}

/// What the client would believe wrongly after a STORE that was refused: the true flags of all that it named. Nothing is
/// told to a user whose login or right to read is what is gone.
async fn tell_truth(
    session: &mut Session,
    refused: &Refused,
    request: &StoreRequest,
    uids: &UidSet,
    options: ResponseOptions,
    out: &mut Out<'_>,
) -> Result<(), Ending> {
    match refused {
        Refused::NoPermission | Refused::Lacking(_) => {
            if session.renew_selected().await? == AccessCheck::Lost {
                return Ok(());
            }
        }
        Refused::Cannot(_) | Refused::Limit(_) => {}
        _ => return Ok(()),
    }
    let selected = session.selected()?;
    let is_by_rights = selected
        .permit(Operation::ChangeFlags(named(&request.flags)))
        .is_err();
    if is_by_rights || matches!(refused, Refused::Cannot(_) | Refused::Limit(_)) {
        selected.tell_keywords(&mut out.buffer);
        echo(session, uids, options, out).await?;
    }
    Ok(())
}

/// Tells what can change of messages for as long as they may be read. Where that ends meanwhile, so does this; the end of
/// the command says why.
async fn echo(
    session: &mut Session,
    uids: &UidSet,
    options: ResponseOptions,
    out: &mut Out<'_>,
) -> Result<(), Ending> {
    let reading = session.reading();
    let echoing = session.selected()?.echo(uids, options, out);
    let echoed = Session::while_readable(reading, echoing).await;
    Ok(echoed.unwrap_or(Ok(()))?)
}

async fn change(
    session: &mut Session,
    tag: &Tag,
    request: &StoreRequest,
    uids: &UidSet,
    options: ResponseOptions,
    out: &mut Out<'_>,
) -> Outcome {
    let store = session.store.clone();
    let selected = session.selected()?;
    // One of the flags that were named must be allowed; then those that are not are passed over.
    selected.permit_change(Operation::ChangeFlags(named(&request.flags)))?;
    let permit = selected.permit_change(Operation::ChangeFlags(FlagBits::ALL))?;
    if uids.is_empty() {
        return Ok(Done::completed());
    }
    let flags = match request.operation {
        StoreOperation::Add | StoreOperation::Replace => {
            storable_flags(&store, &permit, &request.flags).await?
        }
        StoreOperation::Remove => known_flags(&store, &permit, &request.flags).await?,
    };
    // At least one of them may be set, so what is missing is room.
    if flags.is_empty() && !request.flags.is_empty() && request.operation != StoreOperation::Remove
    {
        return Err(Refused::Limit("This mailbox has no room for another keyword".into()).into());
    }
    let own = selected.view.private();
    let edit = FlagEdit {
        uids: uids.clone(),
        shared: masks(
            request.operation,
            flags.bits(),
            permit.storable(),
            FlagBits::ALL.without(own),
        ),
        rare: rare(request.operation, &flags),
        private: masks(request.operation, flags.bits(), permit.storable(), own),
        unchanged_since: request.unchanged_since,
    };
    let before = if request.silent {
        let looks = usize::try_from(uids.len()).unwrap_or(usize::MAX);
        let bytes = looks.saturating_mul(LOOK_COST_BYTES);
        let looking = || shown_flags(selected, uids);
        store.compute().run(bytes, looking).await
    } else {
        Vec::new()
    };
    let keywords = selected.view.latest().keywords.clone();
    let edited = out.wait_for(tag, store.edit_flags(&permit, edit)).await?;
    selected.reach(edited.modseq).await;
    selected.tell_keywords(&mut out.buffer);
    let changed = uids.difference(&edited.modified);
    if request.silent {
        let wish = Wish::of(request, selected, permit.storable());
        let renamed = keywords.renamed(&selected.view.latest().keywords);
        let expected = before
            .into_iter()
            .map(|(uid, flags)| (uid, wish.expected(&flags.with_nameless(&renamed))));
        let reading = session.reading();
        let echoing = echo_silently(session.selected()?, expected, &changed, options, out);
        let echoed = Session::while_readable(reading, echoing).await;
        echoed.unwrap_or(Ok(()))?;
    } else {
        echo(session, &changed, options, out).await?;
    }
    if edited.modified.is_empty() {
        return Ok(Done::completed());
    }
    // What these look like by now, so that the client can decide again (RFC 7162, 3.1.3).
    echo(session, &edited.modified, options, out).await?;
    let selected = session.selected()?;
    let number = |uid| selected.number(request.numbering, uid);
    let modified = edited.modified.iter().filter_map(number).collect();
    Ok(Done::with(DoneCode::Modified(modified)))
}

/// The flags that the client named, as far as rights tell them apart. None stands for all: to
/// replace by nothing is to remove everything.
fn named(flags: &[Flag]) -> FlagBits {
    if flags.is_empty() {
        return FlagBits::ALL;
    }
    let no_keywords = mail::Keywords::default();
    let any_keyword = FlagBits::keyword(0).unwrap_or_default();
    flags
        .iter()
        .map(|flag| no_keywords.find(flag).map_or(any_keyword, |it| it.bits()))
        .fold(FlagBits::NONE, FlagBits::union)
}

/// What the operation does to those flags that lie in `domain`.
fn masks(operation: StoreOperation, bits: FlagBits, storable: FlagBits, domain: FlagBits) -> Masks {
    let bits = bits.intersection(domain);
    match operation {
        StoreOperation::Add => Masks {
            keep: FlagBits::ALL,
            add: bits,
        },
        StoreOperation::Remove => Masks {
            keep: FlagBits::ALL.without(bits),
            add: FlagBits::NONE,
        },
        StoreOperation::Replace => Masks {
            keep: FlagBits::ALL.without(storable.intersection(domain)),
            add: bits,
        },
    }
}

/// What the operation does to keywords without a bit. Where it replaces, [`masks`] says whether the others go.
fn rare(operation: StoreOperation, flags: &Flags) -> RareEdit {
    let named = flags.rare().clone();
    match operation {
        StoreOperation::Add | StoreOperation::Replace => RareEdit {
            set: named,
            ..RareEdit::default()
        },
        StoreOperation::Remove => RareEdit {
            cleared: named,
            ..RareEdit::default()
        },
    }
}

/// The flags of messages as the client knows them.
fn shown_flags(selected: &Selected, uids: &UidSet) -> Vec<(Uid, Flags)> {
    let shown = selected.view.shown_among(uids).into_iter();
    shown.map(|(uid, shown)| (uid, shown.flags)).collect()
}

/// What the client asked for, whether it may be had or not.
struct Wish {
    operation: StoreOperation,
    /// The flags that were named, `None` when some of them are not kept here: no message has them afterwards.
    flags: Option<Flags>,
}

impl Wish {
    fn of(request: &StoreRequest, selected: &Selected, storable: FlagBits) -> Self {
        let keywords = &selected.view.latest().keywords;
        let flags = keywords.find_all(&request.flags);
        let are_kept = keywords.knows_all(&request.flags) && storable.contains(flags.mask());
        let operation = request.operation;
        Self {
            operation,
            flags: (are_kept || operation == StoreOperation::Remove).then_some(flags),
        }
    }

    /// The flags that the client will believe in when it hears nothing. `None` when it would believe in a flag that is
    /// not kept.
    fn expected(&self, before: &Flags) -> Option<Flags> {
        let flags = self.flags.as_ref()?;
        Some(match self.operation {
            StoreOperation::Add => before.union(flags),
            StoreOperation::Remove => before.difference(flags),
            StoreOperation::Replace => flags.clone(),
        })
    }
}

/// `expected` ascends, and has all of `changed` that the client knows. Nothing is said of flags that are as the client expects; only the new mod-sequence, where
/// CONDSTORE asks for it (RFC 7162, 3.1.3). Of the others the client is told what is true.
async fn echo_silently(
    selected: &mut Selected,
    mut expected: impl Iterator<Item = (Uid, Option<Flags>)>,
    changed: &UidSet,
    options: ResponseOptions,
    out: &mut Out<'_>,
) -> Result<(), Hangup> {
    let (known, latest) = (
        Arc::clone(selected.view.known()),
        Arc::clone(selected.view.latest()),
    );
    let sight = selected.view.sight(&latest);
    for ((seq, _), (_, message)) in in_both(&known.image, &latest.image, changed) {
        out.breathe().await?;
        let uid = message.uid;
        let Some((_, flags)) = expected.find(|(expected, _)| *expected == uid) else {
            continue;
        };
        let shown = sight.shown(&message);
        if flags.as_ref() != Some(&shown.flags) {
            say_shown(&mut out.buffer, options, &latest, seq, uid, &shown);
        } else if options.modseq {
            let mut line = options.label.begin(&mut out.buffer, seq, uid);
            line.modseq(shown.modseq);
            line.end();
        }
        selected.view.note(uid);
    }
    Ok(())
}
