//! SELECT and EXAMINE (RFC 9051, 6.3.2 and 6.3.3), with CONDSTORE and QRESYNC (RFC 7162, 3.2.5).

use acl::{AccessMode, Operation, Permit};
use mail::{FlagBits, ModSeq, SeqNum, Uid, UidSet};
use store::{ObjectIds, Store};
use wire::{Code, Qresync, Select, Verdict, say};

use crate::context::kept::Contexts;
use crate::conversation::selected::Selected;
use crate::conversation::session::Session;
use crate::ending::{Done, DoneCode, Ending, Outcome, Refused};
use crate::names::named::{Missing, other_name};
use crate::names::tree::announce;
use crate::out::Out;
use crate::view::{MessageLabel, ResponseOptions, View, say_shown};

pub(crate) async fn run(session: &mut Session, select: Select, out: &mut Out<'_>) -> Outcome {
    if select.qresync.is_some() && !session.enabled.qresync {
        return Err(Ending::malformed("Enable QRESYNC first"));
    }
    session.enabled.condstore |= select.condstore || select.qresync.is_some();
    // Whatever comes of it, nothing is selected any more (RFC 9051, 6.3.2).
    if session.leave_selected().await && session.enabled.knows_closed() {
        say::untagged(
            &mut out.buffer,
            Verdict::Ok,
            Some(Code::Closed),
            "The other mailbox",
        );
    }
    let (named, permit) = session
        .permit(&select.mailbox, Operation::Read, Missing::Mailbox)
        .await?;
    let is_examined = select.read_only || session.store.mode() == AccessMode::ReadOnly;
    let live = &session.node.live;
    let (id, account) = (permit.mailbox(), permit.account());
    let watch = live.watch(id, account, named.counters.modseq).await?;
    let mailbox_state = watch.mailbox_state();
    let named = if mailbox_state.rights_version == named.found.access.version {
        named
    } else {
        // The rights have changed since they were read, and the state may hold what was committed after that.
        let (named, permit) = session
            .permit(&select.mailbox, Operation::Read, Missing::Mailbox)
            .await?;
        if permit.mailbox() != id {
            return Err(Refused::NoSuchMailbox.into());
        }
        named
    };
    let old_name = other_name(&select.mailbox, &named.name);
    let keywords_told = mailbox_state.keywords.clone();
    let (first_recent, claimed) = if session.enabled.rev2 {
        (None, None)
    } else {
        let uid_next = mailbox_state.image.uid_next();
        let claimed = named.counters.claimed;
        if is_examined {
            (Some(claimed.unwrap_or(Uid::MIN)), None)
        } else {
            claim(&session.store, &permit, uid_next, claimed).await?
        }
    };
    let view = View::new(permit.account(), named.found.private_flags, mailbox_state);
    let selected = Box::new(Selected {
        view: view.with_recent(first_recent),
        watch,
        found: named.found,
        is_examined,
        own: UidSet::new(),
        keywords_told,
        saved: UidSet::new(),
        is_permanent_news: false,
        contexts: Contexts::default(),
        is_behind: false,
        claimed,
    });
    tell_mailbox(
        &selected,
        session.options(),
        session.store.object_ids(),
        &mut out.buffer,
    );
    if session.enabled.rev2 {
        announce(session, &named.name, old_name, out).await?;
    }
    if let Some(remembered) = &select.qresync
        && remembered.uid_validity == selected.watch.mailbox().uid_validity()
    {
        let store = session.store.clone();
        tell_since(&store, &selected, remembered, session.options(), out).await?;
    }
    let rights = selected.found.access.rights;
    let is_read_write = !selected.is_examined && acl::is_read_write(rights);
    session.selected = Some(selected);
    Ok(Done::with(if is_read_write {
        DoneCode::ReadWrite
    } else {
        DoneCode::ReadOnly
    }))
}

/// From which UID on messages are recent to this session, and up to which they are recent to no other. EXAMINE sees
/// them and takes none (RFC 3501, 6.3.2). Nothing is asked for where all were `claimed` when the mailbox was found.
async fn claim(
    store: &Store,
    permit: &Permit,
    uid_next: Uid,
    claimed: Option<Uid>,
) -> Result<(Option<Uid>, Option<Uid>), Ending> {
    if uid_next == Uid::MIN {
        return Ok((Some(Uid::MIN), Some(Uid::MIN)));
    }
    if let Some(first_recent) = claimed.filter(|claimed| *claimed >= uid_next) {
        return Ok((Some(first_recent), Some(uid_next)));
    }
    let first_recent = store.claim_recent(permit, uid_next).await?;
    Ok((Some(first_recent), Some(uid_next)))
}

/// RECENT and UNSEEN are IMAP4rev1's (RFC 9051, appendix E); UNSEEN is a sequence number, too.
fn tell_mailbox(selected: &Selected, options: ResponseOptions, ids: &ObjectIds, out: &mut Vec<u8>) {
    let mailbox_state = selected.view.known();
    let image = &mailbox_state.image;
    let all = mailbox_state.keywords.all_in(FlagBits::ALL);
    say::flags(out, mailbox_state.keywords.names(&all));
    say::exists(out, image.len());
    if options.recent {
        say::recent(out, selected.view.count_recent(mailbox_state));
    }
    let ok = |out: &mut Vec<u8>, code, text| say::untagged(out, Verdict::Ok, Some(code), text);
    if options.recent
        && options.label != MessageLabel::Uid
        && let Some(unseen) = first_unseen(selected)
    {
        ok(out, Code::Unseen(unseen), "First unseen");
    }
    selected.tell_permanent_flags(out);
    ok(
        out,
        Code::UidValidity(selected.watch.mailbox().uid_validity()),
        "UIDs valid",
    );
    ok(out, Code::UidNext(image.uid_next()), "Next UID");
    let id = ids.mailbox(selected.found.id);
    ok(out, Code::MailboxId(&id), "Mailbox id");
    ok(
        out,
        Code::HighestModSeq(mailbox_state.modseq()),
        "Highest mod-sequence",
    );
}

fn first_unseen(selected: &Selected) -> Option<SeqNum> {
    let mailbox_state = selected.view.known();
    if !selected.view.private().contains(FlagBits::SEEN) {
        return mailbox_state.image.first_without(FlagBits::SEEN);
    }
    match selected.watch.overlay(mailbox_state) {
        Some(overlay) => overlay.first_without(FlagBits::SEEN, &mailbox_state.image),
        None => mailbox_state.image.get(SeqNum::MIN).map(|_| SeqNum::MIN),
    }
}

/// What happened since the client was last here (RFC 7162, 3.2.5.1). Its match data is a hint
/// for servers that do not remember what left; ours remembers, or names all that is not there.
async fn tell_since(
    store: &Store,
    selected: &Selected,
    remembered: &Qresync,
    options: ResponseOptions,
    out: &mut Out<'_>,
) -> Result<(), Ending> {
    let mailbox_state = selected.view.known();
    let known = match &remembered.known_uids {
        Some(uids) => uids.clone(),
        None => UidSet::from_ranges([(Uid::MIN, mailbox_state.image.uid_next())]),
    };
    let vanished = selected
        .vanished_among(store, remembered.modseq, &known)
        .await?;
    if !vanished.is_empty() {
        say::vanished_earlier(&mut out.buffer, &vanished);
    }
    let changed = changed_since(selected, remembered.modseq, out).await;
    let changed = changed.intersection(&known);
    for (seq, message) in mailbox_state.image.among(&changed) {
        let shown = selected.view.shown(&message);
        let buffer = &mut out.buffer;
        say_shown(buffer, options, mailbox_state, seq, message.uid, &shown);
        out.breathe().await?;
    }
    Ok(())
}

/// What arrived after `modseq`, or has other flags by then as this account sees them. What is gone may be among it.
async fn changed_since(selected: &Selected, modseq: ModSeq, out: &mut Out<'_>) -> UidSet {
    let mailbox_state = selected.view.known();
    let of_all = mailbox_state.image.changed_since(modseq);
    let of_all = out.collect(of_all.map(|(_, message)| Some(message.uid)));
    let of_all = of_all.await.into_iter().collect();
    match selected.watch.overlay(mailbox_state) {
        Some(overlay) => overlay.changed_since(modseq).union(&of_all),
        None => of_all,
    }
}
