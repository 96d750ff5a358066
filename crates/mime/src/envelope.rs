//! ENVELOPE, made from a header block (RFC 3501, 7.4.2).

use crate::address::{self, Address, read};
use crate::header::{known_fields, unfold};
use crate::write::nstring;

/// The envelope of one header block, in IMAP syntax.
pub(crate) fn envelope(header: &[u8]) -> Vec<u8> {
    let mut envelope = Envelope::default();
    for field in known_fields(header) {
        envelope.read(field.name, field.value);
    }
    envelope.written()
}

/// The addresses of To, Cc and Bcc, as `mailbox@host`.
pub(crate) fn recipients(header: &[u8]) -> Vec<Vec<u8>> {
    let mut envelope = Envelope::default();
    for field in known_fields(header) {
        envelope.read(field.name, field.value);
    }
    let Envelope { to, cc, bcc, .. } = envelope;
    let all = to.into_iter().chain(cc).chain(bcc);
    all.filter_map(|address| match address {
        Address::Mailbox { mailbox, host, .. } => Some([&mailbox, b"@".as_slice(), &host].concat()),
        Address::GroupStart(_) | Address::GroupEnd => None,
    })
    .collect()
}

/// Of a string field the first occurrence counts; address fields that occur twice are joined.
#[derive(Default)]
struct Envelope<'h> {
    date: Option<&'h [u8]>,
    subject: Option<&'h [u8]>,
    from: Vec<Address>,
    sender: Vec<Address>,
    reply_to: Vec<Address>,
    to: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
    in_reply_to: Option<&'h [u8]>,
    message_id: Option<&'h [u8]>,
}

impl<'h> Envelope<'h> {
    fn read(&mut self, name: &[u8], value: &'h [u8]) {
        match name.to_ascii_lowercase().as_slice() {
            b"date" => self.date = self.date.or(Some(value)),
            b"subject" => self.subject = self.subject.or(Some(value)),
            b"in-reply-to" => self.in_reply_to = self.in_reply_to.or(Some(value)),
            b"message-id" => self.message_id = self.message_id.or(Some(value)),
            b"from" => read(&mut self.from, value),
            b"sender" => read(&mut self.sender, value),
            b"reply-to" => read(&mut self.reply_to, value),
            b"to" => read(&mut self.to, value),
            b"cc" => read(&mut self.cc, value),
            b"bcc" => read(&mut self.bcc, value),
            _ => {}
        }
    }

    fn written(&self) -> Vec<u8> {
        let or_from = |list: &'_ Vec<Address>| {
            let list = if list.is_empty() { &self.from } else { list };
            written_list(list)
        };
        let members = [
            written_string(self.date),
            written_string(self.subject),
            written_list(&self.from),
            or_from(&self.sender),
            or_from(&self.reply_to),
            written_list(&self.to),
            written_list(&self.cc),
            written_list(&self.bcc),
            written_string(self.in_reply_to),
            written_string(self.message_id),
        ];
        let mut out = vec![b'('];
        out.extend(members.join(&b' '));
        out.push(b')');
        out
    }
}

fn written_string(value: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    nstring(&mut out, value.map(unfold).as_deref());
    out
}

fn written_list(list: &[Address]) -> Vec<u8> {
    if list.is_empty() {
        return b"NIL".to_vec();
    }
    let mut out = vec![b'('];
    for address in list {
        address::write(&mut out, address);
    }
    out.push(b')');
    out
}

#[cfg(test)]
mod tests {
    use super::envelope;

    fn shown(header: &str) -> String {
        String::from_utf8(envelope(header.as_bytes())).unwrap()
    }

    #[test]
    fn the_example_of_the_rfc() {
        let header = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\n\
            From: Terry Gray <gray@cac.washington.edu>\r\n\
            Subject: IMAP4rev1 WG mtg summary and minutes\r\n\
            To: imap@cac.washington.edu\r\n\
            cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n\
            Message-Id: <B27397-0100000@cac.washington.edu>\r\n\r\n";
        assert_eq!(
            shown(header),
            concat!(
                r#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "#,
                r#""IMAP4rev1 WG mtg summary and minutes" "#,
                r#"(("Terry Gray" NIL "gray" "cac.washington.edu")) "#,
                r#"(("Terry Gray" NIL "gray" "cac.washington.edu")) "#,
                r#"(("Terry Gray" NIL "gray" "cac.washington.edu")) "#,
                r#"((NIL NIL "imap" "cac.washington.edu")) "#,
                r#"((NIL NIL "minutes" "CNRI.Reston.VA.US")"#,
                r#"("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "#,
                r#""<B27397-0100000@cac.washington.edu>")"#,
            )
        );
    }

    #[test]
    fn what_is_absent_and_what_is_empty() {
        let table = [
            ("", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"),
            (
                "Subject:\r\nTo:\r\n\r\n",
                r#"(NIL "" NIL NIL NIL NIL NIL NIL NIL NIL)"#,
            ),
            (
                "From: a@b\nSender: c@d\nReply-To: \n\n",
                r#"(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL)"#,
            ),
            (
                "To: a@b\nTo: c@d\nSubject: 1\nSubject: 2\n",
                r#"(NIL "1" NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)"#,
            ),
            (
                "Subject: =?utf-8?q?=C3=A9?=\r\n =?utf-8?q?=C3=A9?=\r\n",
                r#"(NIL "=?utf-8?q?=C3=A9?= =?utf-8?q?=C3=A9?=" NIL NIL NIL NIL NIL NIL NIL NIL)"#,
            ),
            (
                "Subject: a\0é\n",
                "(NIL {3}\r\naé NIL NIL NIL NIL NIL NIL NIL NIL)",
            ),
        ];
        for (header, expected) in table {
            assert_eq!(shown(header), expected, "{header:?}");
        }
    }
}
