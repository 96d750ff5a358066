//! FETCH (RFC 9051, 6.4.5), with CHANGEDSINCE and VANISHED (RFC 7162, 3.1.4 and 3.2.6), PARTIAL (RFC 9394,
//! 3.3), BINARY (RFC 3516), object identifiers (RFC 8474), save dates (RFC 8514) and PREVIEW (RFC 8970).
//! Where the messages are too many, it is of the newest (RFC 9738).

use acl::Operation;
use image::Message;
use mail::{FlagBits, SeqNum, UidSet};
use store::{FlagEdit, Masks, RareEdit, Store};
use wire::{Fetch, FetchItem, Numbering, say};

use crate::conversation::selected::Selected;
use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome, say_cut_short};
use crate::fetch::needs::Needs;
use crate::fetch::writer::{Asked, tell_all};
use crate::out::Out;
use crate::view::{LOOK_COST_BYTES, MessageLabel};

pub(crate) async fn run(session: &mut Session, fetch: Fetch, out: &mut Out<'_>) -> Outcome {
    let Fetch {
        numbering,
        set,
        mut items,
        changed_since,
        vanished,
        partial,
    } = fetch;
    if vanished && !(session.enabled.qresync && numbering == Numbering::Uid) {
        return Err(Ending::malformed("VANISHED takes UID FETCH and QRESYNC"));
    }
    let asks_modseq = items.contains(&FetchItem::ModSeq);
    if asks_modseq || changed_since.is_some() {
        session.enable_condstore(&mut out.buffer);
    }
    let options = match numbering {
        Numbering::Uid => session.options().for_uid_command(),
        Numbering::Sequence => session.options(),
    };
    add_implied(
        &mut items,
        options.label,
        numbering,
        changed_since.is_some(),
    );
    let memory = session.node.message_memory.clone();
    let (store, live) = (session.store.clone(), session.node.live.clone());
    let bound = session.node.message_limit.per_command();
    let selected = session.selected()?;
    selected.permit(Operation::Read)?;
    let mut picked = selected.resolve(numbering, &set)?;
    if let Some(partial) = partial {
        picked = picked.part(partial.within(picked.len()));
        // A page of the client's own size is not cut again (RFC 9738, 3.1).
        bound.admit_count(picked.len())?;
    }
    if let (Some(modseq), true) = (changed_since, vanished) {
        let asked = selected.uids_named(&set);
        let gone = selected.vanished_among(&store, modseq, &asked).await?;
        if !gone.is_empty() {
            say::vanished_earlier(&mut out.buffer, &gone);
        }
    }
    let view = &selected.view;
    let wanted = view.messages(&picked).map(|(seq, message)| {
        let is_wanted = changed_since.is_none_or(|modseq| view.shown(&message).modseq > modseq);
        is_wanted.then_some((seq, message))
    });
    let mut messages: Vec<(SeqNum, Message)> = out.collect(wanted).await;
    let cut = bound.cut_messages(&mut messages);
    let needs = Needs::of(&items);
    let seen = if needs.marks_seen {
        mark_seen(&store, selected, &messages).await?
    } else {
        UidSet::new()
    };
    selected.tell_keywords(&mut out.buffer);
    let asked = Asked {
        options,
        items: &items,
        needs,
        ids: store.object_ids(),
        memory: &*memory,
    };
    let telling = tell_all(&store, &live, selected, &messages, &asked, &seen, out);
    // On the heap: an idle session is as large as the largest future that it may hold.
    match Box::pin(telling).await? {
        None => Ok(Done::completed().cut_short(cut, &mut out.buffer)),
        Some(trouble) => {
            if let Some(cut) = cut {
                say_cut_short(cut, &mut out.buffer);
            }
            Err(trouble.into())
        }
    }
}

/// UID FETCH tells the UID, unless the response is named by it; CHANGEDSINCE tells the mod-sequence
/// (RFC 7162, 3.1.4.1).
fn add_implied(
    items: &mut Vec<FetchItem>,
    label: MessageLabel,
    numbering: Numbering,
    has_changed_since: bool,
) {
    let is_due = numbering == Numbering::Uid && label != MessageLabel::Uid;
    if is_due && !items.contains(&FetchItem::Uid) {
        items.insert(0, FetchItem::Uid);
    }
    if has_changed_since && !items.contains(&FetchItem::ModSeq) {
        items.push(FetchItem::ModSeq);
    }
}

/// To fetch a body is to read it (RFC 9051, 6.4.5), where rights and EXAMINE allow that mark.
async fn mark_seen(
    store: &Store,
    selected: &mut Selected,
    messages: &[(SeqNum, Message)],
) -> Result<UidSet, Ending> {
    let Ok(permit) = selected.permit_change(Operation::ChangeFlags(FlagBits::SEEN)) else {
        return Ok(UidSet::new());
    };
    let is_unseen =
        |message: &Message| !selected.view.shown(message).flags.contains(FlagBits::SEEN);
    let looking = || -> UidSet {
        let unseen = messages.iter().filter(|(_, message)| is_unseen(message));
        unseen.map(|(_, message)| message.uid).collect()
    };
    let bytes = messages.len() * LOOK_COST_BYTES;
    let uids = store.compute().run(bytes, looking).await;
    if uids.is_empty() {
        return Ok(uids);
    }
    let is_own = selected.view.private().contains(FlagBits::SEEN);
    let add = |is_here: bool| {
        if is_here {
            FlagBits::SEEN
        } else {
            FlagBits::NONE
        }
    };
    let edit = FlagEdit {
        uids: uids.clone(),
        shared: Masks {
            keep: FlagBits::ALL,
            add: add(!is_own),
        },
        rare: RareEdit::default(),
        private: Masks {
            keep: FlagBits::ALL,
            add: add(is_own),
        },
        unchanged_since: None,
    };
    let edited = store.edit_flags(&permit, edit).await?;
    selected.reach(edited.modseq).await;
    let noting = || {
        for uid in uids.iter() {
            if selected.view.now(uid).is_some() {
                selected.view.note(uid);
            }
        }
    };
    store.compute().run(bytes, noting).await;
    Ok(uids)
}
