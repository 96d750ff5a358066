//! STORE (RFC 9051, 6.4.6), with UNCHANGEDSINCE (RFC 7162, 3.1.3). Where the messages are too many, it is of the
//! newest (RFC 9738).
//!
//! Rights are asked flag by flag; it fails only when nothing is left (RFC 4314, 4). That somebody
//! else changes the same messages is never an error.

use acl::Operation;
use mail::{Flag, FlagBits, Uid, UidSet};
use store::{FlagEdit, Masks};
use wire::{Numbering, Store as Request, StoreOperation, Tag};

use crate::conversation::selected::Selected;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Outcome};
use crate::flags::flag_bits;
use crate::out::Out;
use crate::view::ResponseOptions;

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    request: Request,
    out: &mut Out<'_>,
) -> Outcome {
    // UNCHANGEDSINCE enables CONDSTORE (RFC 7162, 3.1).
    session.enabled.condstore |= request.unchanged_since.is_some();
    let options = match request.numbering {
        Numbering::Uid => session.options().for_uid_command(),
        Numbering::Sequence => session.options(),
    };
    let store = session.store.clone();
    let bound = session.node.message_limit.per_command();
    let selected = session.selected()?;
    let uids = selected
        .view
        .uids(&selected.resolve(request.numbering, &request.set)?);
    // One of the flags that were named must be allowed; then those that are not are passed over.
    selected.permit_change(Operation::ChangeFlags(named(&request.flags)))?;
    let permit = selected.permit_change(Operation::ChangeFlags(FlagBits::ALL))?;
    let (uids, cut) = bound.newest(uids);
    if uids.is_empty() {
        return Ok(Done::completed());
    }
    let bits = flag_bits(&store, &permit, &request.flags).await?;
    let own = selected.view.private();
    let edit = FlagEdit {
        uids: uids.clone(),
        shared: masks(
            request.operation,
            bits,
            permit.storable(),
            FlagBits::ALL.without(own),
        ),
        private: masks(request.operation, bits, permit.storable(), own),
        unchanged_since: request.unchanged_since,
    };
    let expected = expected_flags(selected, &edit);
    let edited = out.wait_for(tag, store.edit_flags(&permit, edit)).await?;
    selected.reach(edited.modseq).await;
    selected.tell_keywords(&mut out.buffer);
    let changed = uids.difference(&edited.modified);
    if request.silent {
        echo_silently(selected, &expected, &changed, options, out);
    } else {
        selected.echo(&changed, options, &mut out.buffer);
    }
    if edited.modified.is_empty() {
        return Ok(Done::completed().cut_short(cut, &mut out.buffer));
    }
    // What these look like by now, so that the client can decide again (RFC 7162, 3.1.3).
    selected.echo(&edited.modified, options, &mut out.buffer);
    let number = |uid| selected.number(request.numbering, uid);
    let modified = edited.modified.iter().filter_map(number).collect();
    Ok(Done::with(DoneCode::Modified(modified)).cut_short(cut, &mut out.buffer))
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
        .map(|flag| no_keywords.bit(flag).unwrap_or(any_keyword))
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

/// The flags that the client will believe in when it hears nothing.
fn expected_flags(selected: &Selected, edit: &FlagEdit) -> Vec<(Uid, FlagBits)> {
    let own = selected.view.private();
    let after = |masks: &Masks, flags: FlagBits| flags.intersection(masks.keep).union(masks.add);
    let known = selected.view.known();
    known
        .image
        .among(&edit.uids)
        .map(|(_, message)| {
            let flags = selected.view.shown(&message).flags;
            let shared = after(&edit.shared, flags.without(own));
            let private = after(&edit.private, flags.intersection(own));
            (message.uid, shared.union(private))
        })
        .collect()
}

/// Nothing is said of flags that are as the client expects; only the new mod-sequence, where
/// CONDSTORE asks for it (RFC 7162, 3.1.3). The others are told as news.
fn echo_silently(
    selected: &mut Selected,
    expected: &[(Uid, FlagBits)],
    changed: &UidSet,
    options: ResponseOptions,
    out: &mut Out<'_>,
) {
    for &(uid, flags) in expected {
        let shown = selected.view.now(uid).filter(|shown| shown.flags == flags);
        let (Some(shown), true) = (shown, changed.contains(uid)) else {
            continue;
        };
        if options.modseq
            && let Some((seq, _)) = selected.view.known().image.find(uid)
        {
            let mut line = options.label.begin(&mut out.buffer, seq, uid);
            line.modseq(shown.modseq);
            line.end();
        }
        selected.view.note(uid, shown);
    }
}
