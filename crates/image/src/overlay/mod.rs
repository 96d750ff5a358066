//! The overlay: one account's private flags on top of an image.

mod bits;
mod stamps;

use std::sync::Arc;

use mail::{FlagBits, Flags, ModSeq, SeqNum, Uid, UidSet};

use crate::image::{Image, clamp};
use crate::message::Message;
use bits::{Bits, Plane};
use stamps::Stamps;

pub use bits::{CHUNK_BYTES, CHUNK_UIDS};

/// The flags that only one account sees in one mailbox. An overlay never changes; versions share
/// their chunks.
///
/// Which flags are private is the mailbox's flag policy and an argument here: an overlay may hold
/// bits of flags that are shared by now, and nobody sees those.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    modseq: ModSeq,
    /// The planes, ascending by flag.
    planes: Vec<Plane>,
    stamps: Stamps,
}

/// What changed in an account's private flags after some mod-sequence.
#[derive(Clone, Debug)]
pub struct OverlayDelta {
    /// Everything up to this mod-sequence is in the delta.
    pub modseq: ModSeq,
    /// The chunks that changed, whole, as they are now.
    pub chunks: Vec<FlagChunk>,
    /// The messages that changed, by the mod-sequence of their change, in any order.
    pub changed: Vec<(ModSeq, UidSet)>,
}

/// One flag of [`CHUNK_UIDS`] neighbouring UIDs, as one row of the database stores it.
#[derive(Clone, Debug)]
pub struct FlagChunk {
    flag: FlagBits,
    number: u32,
    bits: Arc<Bits>,
}

impl FlagChunk {
    /// Builds the chunk. Chunk `number` holds the UIDs from `number` × [`CHUNK_UIDS`] on, the
    /// lowest bit of the first byte first, as PostgreSQL's `set_bit` counts.
    ///
    /// Of `bytes` those beyond [`CHUNK_BYTES`] are ignored, and missing ones count as zero.
    #[must_use]
    pub fn new(flag: FlagBits, number: u32, bytes: &[u8]) -> Self {
        Self {
            flag,
            number,
            bits: Arc::new(Bits::from_bytes(bytes)),
        }
    }
}

/// One private flag of all messages; `None` where none has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own<'o>(Option<&'o Plane>);

impl Own<'_> {
    pub(crate) fn contains(&self, uid: Uid) -> bool {
        self.0.is_some_and(|plane| plane.contains(uid))
    }

    /// Whether all UIDs from `low` to `high` have it, or none does.
    pub(crate) fn is_all(&self, low: Uid, high: Uid, is_set: bool) -> bool {
        self.0
            .map_or(!is_set, |plane| plane.is_all(low, high, is_set))
    }

    /// How many of the UIDs from `low` to `high` have it, or lack it.
    pub(crate) fn count(&self, low: Uid, high: Uid, is_set: bool) -> usize {
        let having = self.0.map_or(0, |plane| plane.count(low, high));
        if is_set {
            return having;
        }
        usize::try_from(high.get() - low.get() + 1).map_or(usize::MAX, |all| all - having)
    }
}

impl Overlay {
    /// The overlay after `delta`. A delta that is older than the overlay changes nothing.
    #[must_use]
    pub fn apply(&self, delta: &OverlayDelta) -> Self {
        if delta.modseq < self.modseq {
            return self.clone();
        }
        let mut next = self.clone();
        next.modseq = delta.modseq;
        for chunk in &delta.chunks {
            next.plane_mut(chunk.flag)
                .replace(chunk.number, Arc::clone(&chunk.bits));
        }
        next.stamps.stamp(&delta.changed);
        next
    }

    /// Every change up to this mod-sequence is in the overlay.
    #[must_use]
    pub const fn modseq(&self) -> ModSeq {
        self.modseq
    }

    /// The private flags of the message with this UID, whether the message exists or not.
    #[must_use]
    pub fn flags(&self, uid: Uid) -> FlagBits {
        self.planes
            .iter()
            .filter(|plane| plane.contains(uid))
            .fold(FlagBits::NONE, |flags, plane| flags.union(plane.flag))
    }

    /// The mod-sequence at which this message's private flags last changed; zero when they never
    /// did.
    #[must_use]
    pub fn changed_at(&self, uid: Uid) -> ModSeq {
        self.stamps.find(uid).unwrap_or(ModSeq::ZERO)
    }

    /// What the account sees of the message: its flags, of which those among `private` are the account's own, and the
    /// mod-sequence of the later change.
    #[must_use]
    pub fn seen(&self, message: &Message, private: FlagBits) -> (Flags, ModSeq) {
        let own = self.flags(message.uid).intersection(private);
        // Keywords without a bit are never private.
        let flags = message.flags.clone();
        let flags = flags.with_bits(|bits| bits.without(private).union(own));
        (flags, message.modseq.max(self.changed_at(message.uid)))
    }

    /// How many messages of `image` lack the private flag `flag`.
    #[must_use]
    pub fn count_without(&self, flag: FlagBits, image: &Image) -> u32 {
        clamp(
            image
                .iter()
                .filter(|(_, message)| !self.flags(message.uid).contains(flag))
                .count(),
        )
    }

    /// The first message of `image` that lacks the private flag `flag`, which is one.
    #[must_use]
    pub fn first_without(&self, flag: FlagBits, image: &Image) -> Option<SeqNum> {
        let nothing = Plane::new(flag);
        let plane = self.find_plane(flag).unwrap_or(&nothing);
        image.slots().iter().find_map(|slot| {
            let last = slot.last().unwrap_or(slot.first);
            // What was expunged between them may lack the flag, so that it takes a look at each.
            if plane.is_all(slot.first, last, true) {
                return None;
            }
            slot.first_where(|row| !plane.contains(row.uid))
        })
    }

    /// One private flag, whether any message ever had it or not.
    pub(crate) fn own(&self, flag: FlagBits) -> Own<'_> {
        Own(self.find_plane(flag))
    }

    /// The UIDs whose private flags changed after `modseq`. They need not be in any image.
    #[must_use]
    pub fn changed_since(&self, modseq: ModSeq) -> UidSet {
        self.stamps.since(modseq)
    }

    /// The UIDs whose private flags, or whose mod-sequence, differ between the two.
    ///
    /// Chunks that both share are skipped. The UIDs need not be in any image.
    #[must_use]
    pub fn difference(&self, new: &Self) -> UidSet {
        let mut differing = self.stamps.difference(&new.stamps);
        for flag in self.flags_with(new) {
            let nothing = Plane::new(flag);
            let was = self.find_plane(flag).unwrap_or(&nothing);
            let is = new.find_plane(flag).unwrap_or(&nothing);
            differing = differing.union(&was.difference(is));
        }
        differing
    }

    /// How many private flags differ between the two, which is quickly counted: so many UIDs
    /// [`difference`](Self::difference) looks at, or more.
    #[must_use]
    pub fn count_differing(&self, new: &Self) -> usize {
        let flags = self.flags_with(new).map(|flag| {
            let nothing = Plane::new(flag);
            let was = self.find_plane(flag).unwrap_or(&nothing);
            was.count_differing(new.find_plane(flag).unwrap_or(&nothing))
        });
        flags.sum()
    }

    /// The flags for which either has a plane.
    fn flags_with(&self, new: &Self) -> impl Iterator<Item = FlagBits> {
        let planes = self.planes.iter().chain(&new.planes);
        let flags = planes.map(|plane| plane.flag);
        flags.fold(FlagBits::NONE, FlagBits::union).each()
    }

    fn find_plane(&self, flag: FlagBits) -> Option<&Plane> {
        self.planes.iter().find(|plane| plane.flag == flag)
    }

    fn plane_mut(&mut self, flag: FlagBits) -> &mut Plane {
        let at = self
            .planes
            .partition_point(|plane| plane.flag.get() < flag.get());
        if self.planes.get(at).is_none_or(|plane| plane.flag != flag) {
            self.planes.insert(at, Plane::new(flag));
        }
        &mut self.planes[at]
    }
}
