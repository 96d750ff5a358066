//! The keys by which SORT and THREAD compare messages, taken from the header once.
//!
//! The bytes are: the seconds of the sent date, a byte that says which parts of it are there, then
//! each text and each reference after its length. Texts went through `i;unicode-casemap`.

use mail::limits::{REFERENCES_BYTES_MAX, REFERENCES_MAX, SORT_TEXT_BYTES_MAX};

use crate::address::{self, Address};
use crate::base_subject::base_subject;
use crate::casemap::casemap;
use crate::decode;
use crate::header::known_fields;
use crate::message_id::message_ids;

/// The texts that SORT orders by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortText {
    /// SUBJECT: the base subject.
    Subject,
    /// FROM: the addr-mailbox of the first address.
    From,
    /// TO
    To,
    /// CC
    Cc,
    /// DISPLAYFROM (RFC 5957)
    DisplayFrom,
    /// DISPLAYTO (RFC 5957)
    DisplayTo,
}

/// The keys of one message, as [`sort_keys`] wrote them. A missing text is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct SortKeys<'a> {
    seconds: i64,
    traits: u8,
    texts: [&'a [u8]; TEXTS],
    message_id: &'a [u8],
    references: &'a [u8],
}

const TEXTS: usize = 6;
const HAS_DATE: u8 = 1;
const IS_REPLY: u8 = 2;

impl<'a> SortKeys<'a> {
    /// Reads what [`sort_keys`] wrote.
    #[must_use]
    pub fn new(written: &'a [u8]) -> Self {
        let Some((seconds, rest)) = written.split_first_chunk() else {
            return Self::default();
        };
        let (&traits, mut rest) = rest.split_first().unwrap_or((&0, &[]));
        let texts = [(); TEXTS].map(|()| next_item(&mut rest).unwrap_or_default());
        Self {
            seconds: i64::from_le_bytes(*seconds),
            traits,
            texts,
            message_id: next_item(&mut rest).unwrap_or_default(),
            references: rest,
        }
    }

    /// The sent date in seconds since 1970-01-01 00:00 UTC (RFC 5256, 2.2); `None` where the time
    /// of the message's arrival is used instead.
    #[must_use]
    pub fn sent(&self) -> Option<i64> {
        (self.traits & HAS_DATE != 0).then_some(self.seconds)
    }

    /// Whether the subject says that this is a reply or a forward.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.traits & IS_REPLY != 0
    }

    /// A text, to be compared octet by octet.
    #[must_use]
    pub fn text(&self, which: SortText) -> &'a [u8] {
        let [subject, from, to, cc, display_from, display_to] = self.texts;
        match which {
            SortText::Subject => subject,
            SortText::From => from,
            SortText::To => to,
            SortText::Cc => cc,
            SortText::DisplayFrom => display_from,
            SortText::DisplayTo => display_to,
        }
    }

    /// The normalized Message ID; empty where there is no valid one.
    #[must_use]
    pub fn message_id(&self) -> &'a [u8] {
        self.message_id
    }

    /// The Message IDs of the ancestors, the parent last.
    pub fn references(&self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.references;
        std::iter::from_fn(move || next_item(&mut rest))
    }
}

/// Who compares keys, and so which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortKeysUse {
    /// SORT, which compares the date and the texts.
    Sort,
    /// THREAD, which compares the date, the subject and the Message IDs.
    Thread,
}

impl SortKeysUse {
    /// Of what [`sort_keys`] wrote the part that is compared, to be read by [`SortKeys`] in the same way.
    #[must_use]
    pub fn part_of(self, written: &[u8]) -> Vec<u8> {
        let keys = SortKeys::new(written);
        let mut out = keys.seconds.to_le_bytes().to_vec();
        out.push(keys.traits);
        match self {
            Self::Sort => keys.texts.iter().for_each(|text| push_item(&mut out, text)),
            Self::Thread => {
                push_item(&mut out, keys.text(SortText::Subject));
                (1..TEXTS).for_each(|_| push_item(&mut out, &[]));
                push_item(&mut out, keys.message_id);
                let references: Vec<&[u8]> = keys.references().collect();
                newest(&references).for_each(|reference| push_item(&mut out, reference));
            }
        }
        out.shrink_to_fit();
        out
    }
}

/// Makes the keys of the message with this header, for [`SortKeys`] to read.
#[must_use]
pub fn sort_keys(header: &[u8]) -> Vec<u8> {
    crate::panic_if_asked("sort-keys", header);
    let mut fields = Fields::default();
    for field in known_fields(header) {
        fields.read(field.name, field.value);
    }
    fields.written()
}

/// Of each field the first occurrence counts, as in ENVELOPE; address fields that occur twice are
/// joined.
#[derive(Default)]
struct Fields<'h> {
    date: Option<&'h [u8]>,
    subject: Option<&'h [u8]>,
    from: Vec<Address>,
    to: Vec<Address>,
    cc: Vec<Address>,
    message_id: Option<&'h [u8]>,
    references: Option<&'h [u8]>,
    in_reply_to: Option<&'h [u8]>,
}

impl<'h> Fields<'h> {
    fn read(&mut self, name: &[u8], value: &'h [u8]) {
        let first = |place: &mut Option<&'h [u8]>| *place = place.or(Some(value));
        match name.to_ascii_lowercase().as_slice() {
            b"date" => first(&mut self.date),
            b"subject" => first(&mut self.subject),
            b"message-id" => first(&mut self.message_id),
            b"references" => first(&mut self.references),
            b"in-reply-to" => first(&mut self.in_reply_to),
            b"from" => address::read(&mut self.from, value),
            b"to" => address::read(&mut self.to, value),
            b"cc" => address::read(&mut self.cc, value),
            _ => {}
        }
    }

    fn written(&self) -> Vec<u8> {
        let sent = self.date.and_then(decode::moment);
        let subject = base_subject(self.subject.unwrap_or_default());
        let mut traits = 0;
        if sent.is_some() {
            traits |= HAS_DATE;
        }
        if subject.is_reply {
            traits |= IS_REPLY;
        }
        let mut out = sent.unwrap_or(0).to_le_bytes().to_vec();
        out.push(traits);
        for text in [
            subject.text,
            mailbox_of(&self.from),
            mailbox_of(&self.to),
            mailbox_of(&self.cc),
            display_of(&self.from),
            display_of(&self.to),
        ] {
            let text = casemap(&text);
            let end = text.floor_char_boundary(SORT_TEXT_BYTES_MAX);
            push_item(&mut out, text.get(..end).unwrap_or_default().as_bytes());
        }
        let message_id = message_ids(self.message_id.unwrap_or_default()).next();
        push_item(&mut out, &message_id.unwrap_or_default());
        let references = self.ancestors();
        for reference in newest(&references) {
            push_item(&mut out, reference);
        }
        out
    }

    /// The ids in References, or else the first of In-Reply-To (RFC 5256, THREAD REFERENCES).
    fn ancestors(&self) -> Vec<Vec<u8>> {
        let references: Vec<_> = message_ids(self.references.unwrap_or_default()).collect();
        if references.is_empty() {
            let in_reply_to = self.in_reply_to.unwrap_or_default();
            return message_ids(in_reply_to).take(1).collect();
        }
        references
    }
}

/// Those of the last references that are considered.
fn newest(references: &[impl AsRef<[u8]>]) -> impl Iterator<Item = &[u8]> {
    let mut bytes = 0;
    let fitting = references.iter().rev().take(REFERENCES_MAX);
    let fitting = fitting.take_while(|reference| {
        bytes += reference.as_ref().len();
        bytes <= REFERENCES_BYTES_MAX
    });
    let oldest = references.len() - fitting.count();
    let newest = references.get(oldest..).unwrap_or_default();
    newest.iter().map(AsRef::as_ref)
}

/// The addr-mailbox of the first address.
fn mailbox_of(addresses: &[Address]) -> String {
    match addresses.first() {
        Some(Address::Mailbox { mailbox, .. } | Address::GroupStart(mailbox)) => {
            decode::text(mailbox, None).into_owned()
        }
        Some(Address::GroupEnd) | None => String::new(),
    }
}

/// The text that is shown for the first address (RFC 5957, 3).
fn display_of(addresses: &[Address]) -> String {
    let Some(Address::Mailbox {
        name,
        mailbox,
        host,
        ..
    }) = addresses.first()
    else {
        return mailbox_of(addresses);
    };
    let name = decode::unstructured(name.as_deref().unwrap_or_default());
    if name.is_empty() {
        let address = [mailbox, &b"@"[..], host].concat();
        return decode::text(&address, None).into_owned();
    }
    name
}

const LENGTH_BYTES: usize = 4;

fn push_item(out: &mut Vec<u8>, item: &[u8]) {
    // Both kinds of item are much shorter than this.
    let length = u32::try_from(item.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(item);
}

fn next_item<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (item, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(item)
}

#[cfg(test)]
mod tests {
    use mail::limits::REFERENCES_BYTES_MAX;

    use super::{SortKeys, SortKeysUse, SortText, sort_keys};

    fn text(header: &str, which: SortText) -> String {
        let written = sort_keys(header.as_bytes());
        String::from_utf8(SortKeys::new(&written).text(which).to_vec()).unwrap()
    }

    #[test]
    fn texts_of_addresses_and_subjects() {
        let table = [
            ("Subject: Re: hello\r\n\r\n", SortText::Subject, "HELLO"),
            ("Subject: a\r\nSubject: b\r\n\r\n", SortText::Subject, "A"),
            ("", SortText::Subject, ""),
            ("From: Ada <ada@b.c>, bo@b.c\r\n", SortText::From, "ADA"),
            ("To: x@b\r\nTo: y@b\r\n", SortText::To, "X"),
            ("Cc: Team: x@b;\r\n", SortText::Cc, "TEAM"),
            (
                "From: =?utf-8?q?=C3=81da?= <x@y>\r\n",
                SortText::DisplayFrom,
                "A\u{301}DA",
            ),
            (
                "From: \"Lovelace, Ada\" <x@y>\r\n",
                SortText::DisplayFrom,
                "LOVELACE, ADA",
            ),
            ("From: x@y.z\r\n", SortText::DisplayFrom, "X@Y.Z"),
            (
                "From: =?utf-8?q??= <x@y.z>\r\n",
                SortText::DisplayFrom,
                "X@Y.Z",
            ),
            (
                "To: undisclosed-recipients:;\r\n",
                SortText::DisplayTo,
                "UNDISCLOSED-RECIPIENTS",
            ),
            ("", SortText::DisplayTo, ""),
        ];
        for (header, which, expected) in table {
            assert_eq!(text(header, which), expected, "{header:?} {which:?}");
        }
    }

    #[test]
    fn the_sent_date_is_in_utc() {
        let table = [
            // The example of RFC 5256, 2.2: both are the same time.
            ("Date: 31 Dec 2000 16:01:33 -0800\r\n", Some(978_307_293)),
            ("Date: 1 Jan 2001 00:01:33 +0000\r\n", Some(978_307_293)),
            (
                "Date: Mon, 1 Jan 2001 00:01:33 GMT (x)\r\n",
                Some(978_307_293),
            ),
            ("Date: 1 Jan 2001 00:01:33 NOWHERE\r\n", Some(978_307_293)),
            ("Date: 1 Jan 2001\r\n", Some(978_307_200)),
            ("Date: 1 Jan 2001 77:01:33 +0000\r\n", Some(978_307_200)),
            ("Date: 1 Jan 1969 00:00:00 +0000\r\n", Some(-31_536_000)),
            ("Date: 30 Feb 2001 00:00:00 +0000\r\n", None),
            ("Date: yesterday\r\n", None),
            ("", None),
        ];
        for (header, expected) in table {
            let written = sort_keys(header.as_bytes());
            assert_eq!(SortKeys::new(&written).sent(), expected, "{header:?}");
        }
    }

    #[test]
    fn references_come_from_one_field() {
        let table: &[(&str, &[&str])] = &[
            (
                "References: <a@b> <c@d>\r\nIn-Reply-To: <e@f>\r\n",
                &["a@b", "c@d"],
            ),
            ("References: none\r\nIn-Reply-To: <e@f> <g@h>\r\n", &["e@f"]),
            ("In-Reply-To: your letter\r\n", &[]),
            ("", &[]),
        ];
        for (header, expected) in table {
            let written = sort_keys(header.as_bytes());
            let found: Vec<&[u8]> = SortKeys::new(&written).references().collect();
            let expected: Vec<&[u8]> = expected.iter().map(|id| id.as_bytes()).collect();
            assert_eq!(found, expected, "{header:?}");
        }
    }

    #[test]
    fn of_too_many_references_the_last_stay() {
        let mut header = String::from("References:");
        for number in 0..2000 {
            header.push_str(&format!("\r\n <{number}@b>"));
        }
        let written = sort_keys(header.as_bytes());
        let found: Vec<&[u8]> = SortKeys::new(&written).references().collect();
        assert_eq!(found.len(), 1000);
        assert_eq!(found.last(), Some(&&b"1999@b"[..]));
    }

    #[test]
    fn references_are_bounded_in_bytes_too() {
        let reference = |number| format!("{number:0>500}@b");
        let all: String = (0..100)
            .map(|n| format!("\r\n <{}>", reference(n)))
            .collect();
        let written = sort_keys(format!("References:{all}").as_bytes());
        let found: Vec<&[u8]> = SortKeys::new(&written).references().collect();
        assert!(written.len() < REFERENCES_BYTES_MAX + 200);
        assert_eq!(found.len(), 16);
        assert_eq!(found.last(), Some(&reference(99).as_bytes()));
    }

    #[test]
    fn each_use_has_what_it_compares_and_nothing_else() {
        let header = "Date: 1 Jan 2020 10:00 +0000\r\nSubject: Re: a\r\nFrom: Ada <ada@b.c>\r\nTo: bo@b.c\r\n\
                      Message-ID: <c@d>\r\nReferences: <e@f> <g@h>\r\n";
        let written = sort_keys(header.as_bytes());
        let all = SortKeys::new(&written);
        let sort = SortKeysUse::Sort.part_of(&written);
        let keys = SortKeys::new(&sort);
        assert_eq!((keys.sent(), keys.texts), (all.sent(), all.texts));
        assert_eq!(
            (keys.message_id(), keys.references().count()),
            (&b""[..], 0)
        );
        let thread = SortKeysUse::Thread.part_of(&written);
        let keys = SortKeys::new(&thread);
        let references: Vec<&[u8]> = keys.references().collect();
        assert_eq!(references, all.references().collect::<Vec<_>>());
        assert_eq!(keys.message_id(), all.message_id());
        assert_eq!((keys.sent(), keys.is_reply()), (all.sent(), all.is_reply()));
        assert_eq!(keys.text(SortText::Subject), all.text(SortText::Subject));
        assert_eq!(keys.text(SortText::From), b"");
    }

    #[test]
    fn what_is_not_ours_reads_as_nothing() {
        for bytes in [&b""[..], b"abc", b"12345678\x03\xff\xff\xff\xff"] {
            let keys = SortKeys::new(bytes);
            assert_eq!(keys.text(SortText::Subject), b"");
            assert_eq!(keys.references().count(), 0);
        }
    }
}
