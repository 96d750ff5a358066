//! The selected mailbox of one session: what it watches, what it told, what it may do.

use std::sync::Arc;

use acl::{Operation, Permit};
use image::Message;
use live::Watch;
use mail::{FlagBits, Keywords, ModSeq, SeqNum, Uid, UidSet};
use store::{Compute, Fault, Found, Store};
use tracing::debug;
use wire::{Code, MessageSet, NumberEnd, Numbering, Verdict, say};

use crate::context::kept::{Context, Contexts, Wish};
use crate::ending::{Ending, Refused};
use crate::lacking::Lacking;
use crate::node::Now;
use crate::out::{Hangup, Out};
use crate::search::target::SearchTarget;
use crate::view::in_both::in_both;
use crate::view::picked::Picked;
use crate::view::{ExpungeTiming, LOOK_COST_BYTES, NoSuchNumber, ResponseOptions, View, say_shown};

/// The mailbox that a session has open.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) watch: Watch,
    pub(crate) view: View,
    /// The mailbox and the rights as read last; outdated when the state has another version of the rights.
    pub(crate) found: Found,
    /// It was opened by EXAMINE, or by a login that only reads, so nothing is changed, whatever the rights.
    pub(crate) is_examined: bool,
    /// The messages that this session itself put there and was not told of yet.
    pub(crate) own: UidSet,
    /// The keywords that FLAGS has named.
    pub(crate) keywords_told: Arc<Keywords>,
    /// The messages that `$` stands for (RFC 5182).
    pub(crate) saved: UidSet,
    /// The policy or this user's rights changed since PERMANENTFLAGS was last told.
    pub(crate) is_permanent_news: bool,
    /// Searches whose results are kept up to date (RFC 5267).
    pub(crate) contexts: Contexts,
    /// The client was told up to where nothing is missing, because expunges have to wait.
    pub(crate) is_behind: bool,
    /// Messages below this UID are recent to no later session; `None` where none are claimed.
    pub(crate) claimed: Option<Uid>,
}

/// Whether the mailbox may stay selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessCheck {
    Holds,
    /// It was deleted, or may no longer be read.
    Lost,
}

impl Selected {
    /// Resolves when there is anything that was not learned yet.
    pub(crate) async fn changed(&self) {
        self.watch.changed(self.view.latest()).await;
    }

    pub(crate) fn permit(&self, operation: Operation) -> Result<Permit, Ending> {
        let lacking = || Box::new(Lacking::here(&self.found.access, operation));
        acl::permit(&self.found.access, operation).map_err(|_| Refused::Lacking(lacking()).into())
    }

    /// As [`permit`](Self::permit), for what changes the mailbox.
    pub(crate) fn permit_change(&self, operation: Operation) -> Result<Permit, Ending> {
        let permit = self.permit(operation)?;
        if self.is_examined {
            return Err(Refused::Cannot("The mailbox is open for reading only").into());
        }
        Ok(permit)
    }

    /// The messages that `set` means. What was saved and is expunged is no longer in it.
    pub(crate) fn resolve(&self, numbering: Numbering, set: &MessageSet) -> Result<Picked, Ending> {
        match set {
            MessageSet::Saved => Ok(self.view.pick(&self.saved)),
            MessageSet::Listed(numbers) => self
                .view
                .resolve(numbering, numbers)
                .map_err(|NoSuchNumber| Ending::malformed("There is no message with that number")),
        }
    }

    /// The UIDs of the picked messages.
    pub(crate) async fn uids(&self, picked: &Picked, compute: &Compute) -> UidSet {
        let bytes = picked.len() * LOOK_COST_BYTES;
        compute.run(bytes, || self.view.uids(picked)).await
    }

    /// The UIDs that `set` names, whether they are there or not.
    ///
    /// `*` is the last message, or UIDNEXT where there is none (RFC 9051, 9). What was above that message and is gone is
    /// named with it: a client that resynchronises says `1:*` and means all that it ever saw.
    pub(crate) fn uids_named(&self, set: &MessageSet) -> UidSet {
        let image = &self.view.known().image;
        let set = match set {
            MessageSet::Saved => return image.resolve(&self.saved),
            MessageSet::Listed(numbers) => numbers,
        };
        let next = image.uid_next();
        let ends = |end| match end {
            NumberEnd::Number(number) => Uid::new(number).map(|uid| (uid, uid)),
            NumberEnd::Last => Some((image.uid_max().unwrap_or(next), next)),
        };
        let ranges = set.0.iter().filter_map(|range| {
            let (one, other) = (ends(range.0)?, ends(range.1)?);
            Some((one.0.min(other.0), one.1.max(other.1)))
        });
        UidSet::from_ranges(ranges)
    }

    /// Learns the latest state of this node, if it may be read: a state whose rights are others than those that were
    /// checked last is learned after the rights were read again.
    pub(crate) async fn learn(&mut self) -> Result<AccessCheck, Fault> {
        let mailbox_state = self.watch.mailbox_state();
        if mailbox_state.is_gone {
            return Ok(AccessCheck::Lost);
        }
        // Taken before the rights are read, so that these are no older than the state.
        if mailbox_state.rights_version != self.found.access.version
            && self.renew().await? == AccessCheck::Lost
        {
            return Ok(AccessCheck::Lost);
        }
        self.view.learn(mailbox_state);
        Ok(AccessCheck::Holds)
    }

    /// Reads anew what this user may do here, and which flags are private.
    pub(crate) async fn renew(&mut self) -> Result<AccessCheck, Fault> {
        let found = self.watch.access().await?;
        let Some(found) = found.filter(|found| acl::permit(&found.access, Operation::Read).is_ok())
        else {
            return Ok(AccessCheck::Lost);
        };
        if found.private_flags != self.view.private() {
            self.view.set_private(found.private_flags);
            self.is_permanent_news = true;
        }
        let permanent_before = self.permanent_flags();
        self.found = found;
        self.is_permanent_news |= self.permanent_flags() != permanent_before;
        Ok(AccessCheck::Holds)
    }

    /// Returns the messages of others that the client did not know.
    pub(crate) fn tell(
        &mut self,
        timing: ExpungeTiming,
        options: ResponseOptions,
        out: &mut Vec<u8>,
    ) -> Vec<(SeqNum, Message)> {
        self.tell_keywords(out);
        let mailbox = self.watch.mailbox().clone();
        let mut arrived = self.view.tell(
            timing,
            options,
            |shared_response, encode| mailbox.say(shared_response, encode),
            out,
        );
        arrived.retain(|(_, message)| !self.own.contains(message.uid));
        let told = self.view.known().image.resolve(&self.own);
        self.own = self.own.difference(&told);
        arrived
    }

    /// Tells the mod-sequence up to which nothing is missing, when an expunge has to wait that is older than changes
    /// which the client may have been told; and once more when it need not wait any longer (RFC 7162, 3.2 and 6).
    pub(crate) fn tell_if_behind(&mut self, out: &mut Vec<u8>) {
        let is_behind = self.view.is_behind();
        if is_behind || self.is_behind {
            self.tell_highest_modseq(out);
        }
        self.is_behind = is_behind;
    }

    /// Tells the mod-sequence up to which the client misses nothing.
    pub(crate) fn tell_highest_modseq(&self, out: &mut Vec<u8>) {
        let code = Code::HighestModSeq(self.view.known().modseq());
        say::untagged(out, Verdict::Ok, Some(code), "Told up to this mod-sequence");
    }

    /// Claims what arrived while the mailbox was selected and is recent to this session, so that it is to none that comes
    /// later. If that fails, it is recent once more.
    pub(crate) async fn claim_arrivals(&self, store: &Store) {
        let told = self.view.known().image.uid_next();
        if self.claimed.is_none_or(|claimed| claimed >= told) {
            return;
        }
        let Ok(permit) = self.permit(Operation::Read) else {
            return;
        };
        if let Err(fault) = store.claim_recent(&permit, told).await {
            debug!(cause = %fault, "messages will be recent once more");
        }
    }

    /// The client speaks IMAP4rev2 from now on: what it was told as recent is claimed, and what arrives later is left to
    /// others.
    pub(crate) async fn end_recent(&mut self, store: &Store) {
        self.claim_arrivals(store).await;
        self.claimed = None;
        self.view.end_recent();
    }

    /// Takes note of messages that this session put here: it is not told what is in them (RFC 5465, 5.2).
    pub(crate) fn note_own(&mut self, uids: &UidSet) {
        self.own = self.own.union(uids);
    }

    /// Waits until this node sees `modseq`, and learns it if it may be read. When that fails, what was committed stays
    /// committed and is told later.
    pub(crate) async fn reach(&mut self, modseq: ModSeq) {
        if let Err(fault) = self.watch.mailbox().reach(modseq).await {
            debug!(cause = %fault, "own change is not visible yet");
        }
        if let Err(fault) = self.learn().await {
            debug!(cause = %fault, "could not read the rights after a change");
        }
    }

    /// Writes FETCH responses for what can change of `uids`, and notes them as told. Messages that are gone are passed
    /// over. Says it in parts, so it is for [`while_readable`](crate::conversation::session::Session::while_readable).
    pub(crate) async fn echo(
        &mut self,
        uids: &UidSet,
        options: ResponseOptions,
        out: &mut Out<'_>,
    ) -> Result<(), Hangup> {
        let (known, latest) = (
            Arc::clone(self.view.known()),
            Arc::clone(self.view.latest()),
        );
        let sight = self.view.sight(&latest);
        for ((seq, _), (_, message)) in in_both(&known.image, &latest.image, uids) {
            let shown = sight.shown(&message);
            say_shown(&mut out.buffer, options, &latest, seq, message.uid, &shown);
            self.view.note(message.uid);
            out.breathe().await?;
        }
        Ok(())
    }

    /// A keyword that was not there when FLAGS was last told is told before it is used, and that
    /// it can be kept (RFC 9051, 7.3.1). What can be kept is told anew with another policy and with other rights, too.
    pub(crate) fn tell_keywords(&mut self, out: &mut Vec<u8>) {
        let mailbox_state = self.view.latest().clone();
        let is_any_new = mailbox_state.keywords != self.keywords_told;
        if is_any_new {
            self.keywords_told = mailbox_state.keywords.clone();
            let all = mailbox_state.keywords.all_in(FlagBits::ALL);
            say::flags(out, mailbox_state.keywords.names(&all));
        }
        if is_any_new || std::mem::take(&mut self.is_permanent_news) {
            self.tell_permanent_flags(out);
        }
    }

    /// Tells the flags that may be set here, now and in a later session (RFC 9051, 7.1).
    pub(crate) fn tell_permanent_flags(&self, out: &mut Vec<u8>) {
        let permanent = self.permanent_flags();
        let keywords = &self.view.latest().keywords;
        let flags = keywords.all_in(permanent);
        let mut names: Vec<&str> = keywords.names(&flags).collect();
        let takes_keywords = FlagBits::keyword(0).is_some_and(|bit| permanent.contains(bit));
        if takes_keywords {
            names.push("\\*");
        }
        let code = Code::PermanentFlags(&names);
        say::untagged(out, Verdict::Ok, Some(code), "Flags that are kept");
    }

    /// The flags that this user may set here.
    pub(crate) fn permanent_flags(&self) -> FlagBits {
        if self.is_examined {
            FlagBits::NONE
        } else {
            acl::storable(self.found.access.rights)
        }
    }

    /// The number of `uid` as the client counts.
    pub(crate) fn number(&self, numbering: Numbering, uid: Uid) -> Option<u32> {
        match numbering {
            Numbering::Uid => Some(uid.get()),
            Numbering::Sequence => Some(self.view.known().image.find(uid)?.0.get()),
        }
    }

    /// The context that `wish` asks for, if it asks for one.
    ///
    /// # Errors
    ///
    /// As [`Contexts::begin`].
    pub(crate) fn begin_context(
        &self,
        wish: &Wish<'_>,
        asked_at: Now,
    ) -> Result<Option<Context>, Ending> {
        self.contexts.begin(wish, self.search_target(), asked_at)
    }

    /// The mailbox as a search sees it.
    pub(crate) fn search_target(&self) -> SearchTarget<'_> {
        SearchTarget::of_selected(self.found.id, &self.view, &self.saved)
    }

    /// The messages of `known` that were expunged since `modseq`, and maybe some that were expunged before.
    pub(crate) async fn vanished_among(
        &self,
        store: &Store,
        modseq: ModSeq,
        known: &UidSet,
    ) -> Result<UidSet, Ending> {
        let image = &self.view.known().image;
        // What is not there yet has not vanished.
        let known = known.intersection(&uids_below(image.uid_next()));
        let vanished = match store.vanished_since(self.found.id, modseq).await? {
            Some(vanished) => vanished.intersection(&known),
            None => known,
        };
        // UIDs are never used twice, so what is in the image was not expunged, or the client was not told so yet.
        Ok(vanished.difference(&image.resolve(&vanished)))
    }
}

fn uids_below(uid_next: Uid) -> UidSet {
    let highest = Uid::new(uid_next.get() - 1);
    highest.map_or_else(UidSet::new, |highest| {
        UidSet::from_ranges([(Uid::MIN, highest)])
    })
}
