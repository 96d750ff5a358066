//! The rows of a chunk, in as little memory as they need together.

use std::sync::Arc;

use mail::{ContentId, FlagBits, ModSeq, Uid};

/// A message in a chunk: the same as a [`Message`](crate::Message), with the date packed. Where its flags have
/// [`FlagBits::RARE`], the chunk has the keywords beside the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) modseq: ModSeq,
    pub(crate) flags: FlagBits,
    pub(crate) content: ContentId,
    pub(crate) date: i64,
    pub(crate) uid: Uid,
    pub(crate) size: u32,
}

/// Rows that ascend by UID. Clones share them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rows(Arc<Packed>);

/// Equal rows are packed alike, so that comparing needs no unpacking.
#[derive(Debug, PartialEq, Eq)]
enum Packed {
    /// As differences from the lowest of each, which neighbours have nearly always.
    Narrow {
        base: Base,
        /// Those that rows have, ascending.
        flags: Box<[FlagBits]>,
        rows: Box<[NarrowRow]>,
    },
    /// Where something lies too far apart.
    Wide(Box<[Row]>),
}

/// The lowest of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Base {
    modseq: u64,
    content: i64,
    date: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NarrowRow {
    uid: Uid,
    size: u32,
    modseq: u32,
    content: u32,
    date: u32,
    /// The lower bits of the date, which are its zone and are anything.
    date_low: u16,
    /// The place among the flags.
    flags: u16,
}

/// The bits of a packed date that `date_low` has.
const DATE_LOW_BITS: u32 = 12;
const DATE_LOW: i64 = (1 << DATE_LOW_BITS) - 1;

impl Rows {
    pub(crate) fn new(rows: &[Row]) -> Self {
        Self(Arc::new(
            Packed::narrow(rows).unwrap_or_else(|| Packed::Wide(rows.into())),
        ))
    }

    pub(crate) fn len(&self) -> usize {
        match &*self.0 {
            Packed::Narrow { rows, .. } => rows.len(),
            Packed::Wide(rows) => rows.len(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<Row> {
        match &*self.0 {
            Packed::Narrow { base, flags, rows } => rows.get(index)?.unpacked(base, flags),
            Packed::Wide(rows) => rows.get(index).copied(),
        }
    }

    pub(crate) fn first(&self) -> Option<Row> {
        self.get(0)
    }

    pub(crate) fn last(&self) -> Option<Row> {
        self.get(self.len().checked_sub(1)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Row> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// How many rows have a UID below `uid`.
    pub(crate) fn rank(&self, uid: Uid) -> usize {
        match &*self.0 {
            Packed::Narrow { rows, .. } => rows.partition_point(|row| row.uid < uid),
            Packed::Wide(rows) => rows.partition_point(|row| row.uid < uid),
        }
    }

    /// Both are one in memory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What they take in memory.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Packed>()
            + match &*self.0 {
                Packed::Narrow { flags, rows, .. } => size_of_val(&**flags) + size_of_val(&**rows),
                Packed::Wide(rows) => size_of_val(&**rows),
            }
    }
}

impl Packed {
    /// `None` where something lies too far apart.
    fn narrow(rows: &[Row]) -> Option<Self> {
        let base = Base {
            modseq: rows.iter().map(|row| row.modseq.get()).min()?,
            content: rows.iter().map(|row| row.content.0).min()?,
            date: rows.iter().map(|row| row.date >> DATE_LOW_BITS).min()?,
        };
        let mut flags: Vec<FlagBits> = rows.iter().map(|row| row.flags).collect();
        // Nearly always few follow one another.
        flags.dedup();
        flags.sort_unstable_by_key(|flags| flags.get());
        flags.dedup();
        let rows = rows.iter().map(|row| NarrowRow::new(row, &base, &flags));
        let rows = rows.collect::<Option<_>>()?;
        Some(Self::Narrow {
            base,
            flags: flags.into(),
            rows,
        })
    }
}

impl NarrowRow {
    fn new(row: &Row, base: &Base, flags: &[FlagBits]) -> Option<Self> {
        let above = |number: i64, base| u32::try_from(number.checked_sub(base)?).ok();
        let place = flags.binary_search_by_key(&row.flags.get(), |flags| flags.get());
        Some(Self {
            uid: row.uid,
            size: row.size,
            modseq: u32::try_from(row.modseq.get() - base.modseq).ok()?,
            content: above(row.content.0, base.content)?,
            date: above(row.date >> DATE_LOW_BITS, base.date)?,
            date_low: u16::try_from(row.date & DATE_LOW).ok()?,
            flags: u16::try_from(place.ok()?).ok()?,
        })
    }

    #[inline]
    fn unpacked(&self, base: &Base, flags: &[FlagBits]) -> Option<Row> {
        Some(Row {
            modseq: ModSeq::new(base.modseq + u64::from(self.modseq))?,
            flags: *flags.get(usize::from(self.flags))?,
            content: ContentId(base.content + i64::from(self.content)),
            date: (base.date + i64::from(self.date)) << DATE_LOW_BITS | i64::from(self.date_low),
            uid: self.uid,
            size: self.size,
        })
    }
}

#[cfg(test)]
mod tests {
    use mail::{ContentId, FlagBits, ModSeq, Uid};

    use super::{NarrowRow, Packed, Row, Rows};

    fn row(uid: u32) -> Row {
        Row {
            modseq: ModSeq::new(u64::from(uid) + 7).unwrap(),
            flags: FlagBits::NONE,
            content: ContentId(i64::from(uid) * 3),
            date: i64::from(uid) << 20 | 0xabc,
            uid: Uid::new(uid).unwrap(),
            size: uid,
        }
    }

    fn is_narrow(rows: &Rows) -> bool {
        matches!(*rows.0, Packed::Narrow { .. })
    }

    #[test]
    fn a_message_takes_24_bytes() {
        assert_eq!(size_of::<NarrowRow>(), 24);
        let rows: Vec<Row> = (1..=512).map(row).collect();
        let bytes = Rows::new(&rows).bytes();
        assert!(bytes < 512 * 24 + 100, "{bytes}");
    }

    #[test]
    fn rows_come_out_as_they_went_in_however_far_apart() {
        type Change = fn(&mut Row);
        let far = |change: Change| {
            let mut rows: Vec<Row> = (5..=9).map(row).collect();
            change(&mut rows[2]);
            rows
        };
        let cases: [(&str, Change, bool); 12] = [
            ("nothing", |_| {}, true),
            (
                "flags",
                |row| row.flags = FlagBits::from_i64(i64::MIN),
                true,
            ),
            ("more flags", |row| row.flags = FlagBits::ALL, true),
            ("size", |row| row.size = u32::MAX, true),
            (
                "mod-sequence within",
                |row| row.modseq = ModSeq::new(12 + 0xffff_ffff).unwrap(),
                true,
            ),
            (
                "mod-sequence beyond",
                |row| row.modseq = ModSeq::new(13 + 0xffff_ffff).unwrap(),
                false,
            ),
            (
                "highest mod-sequence",
                |row| row.modseq = ModSeq::from_i64(i64::MAX).unwrap(),
                false,
            ),
            (
                "content within",
                |row| row.content = ContentId(15 + 0xffff_ffff),
                true,
            ),
            (
                "content beyond",
                |row| row.content = ContentId(16 + 0xffff_ffff),
                false,
            ),
            (
                "contents at both ends",
                |row| row.content = ContentId(i64::MIN),
                false,
            ),
            ("a date long ago", |row| row.date = -1, true),
            ("a date of nobody", |row| row.date = i64::MIN, false),
        ];
        for (what, change, expected) in cases {
            let rows = far(change);
            let packed = Rows::new(&rows);
            assert_eq!(packed.iter().collect::<Vec<_>>(), rows, "{what}");
            assert_eq!(is_narrow(&packed), expected, "{what}");
            assert_eq!(packed, Rows::new(&rows), "{what}");
            assert_eq!(packed.last(), rows.last().copied(), "{what}");
            assert_eq!(packed.rank(Uid::new(7).unwrap()), 2, "{what}");
            assert_eq!(packed.rank(Uid::new(70).unwrap()), 5, "{what}");
        }
    }

    #[test]
    fn as_many_flags_as_messages_are_kept_apart() {
        let rows: Vec<Row> = (1..=512)
            .map(|uid| Row {
                flags: FlagBits::from_i64(i64::from(uid * 7919 % 512)),
                ..row(uid)
            })
            .collect();
        let packed = Rows::new(&rows);
        assert!(is_narrow(&packed));
        assert_eq!(packed.iter().collect::<Vec<_>>(), rows);
    }

    #[test]
    fn nothing_has_no_rows() {
        let nothing = Rows::new(&[]);
        assert_eq!(
            (nothing.len(), nothing.first(), nothing.last()),
            (0, None, None)
        );
    }
}
