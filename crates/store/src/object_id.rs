//! Object identifiers (RFC 8474): what stays when a mailbox is renamed or a message is copied.
//!
//! Each is a keyed hash of a number that is never used twice. The key is made with the database and
//! goes where its dump goes; so identifiers never change, and tell nobody how much mail there is.

use std::fmt::Write;

use crate::connections::Connections;
use hmac::{Hmac, KeyInit, Mac};
use mail::{ContentId, MailboxId};
use sha2::Sha256;
use sqlx::PgExecutor;

use crate::Fault;

/// Makes the identifiers of one database.
#[derive(Clone)]
pub struct ObjectIds {
    keyed: Hmac<Sha256>,
}

/// Enough of the hash that no two ever meet.
const ID_BYTES: usize = 16;
/// 64 bits.
const TAG_CHARS: usize = 16;

impl ObjectIds {
    pub(crate) async fn load(connections: &Connections) -> Result<Self, Fault> {
        Ok(Self::read(&mut *connections.kept().await?).await?)
    }

    /// Reads the key by whatever leads to the database.
    pub(crate) async fn read(executor: impl PgExecutor<'_>) -> Result<Self, sqlx::Error> {
        let key = sqlx::query_scalar!("select key from object_key")
            .fetch_one(executor)
            .await?;
        Ok(Self::new(&key))
    }

    /// Whether these are the identifiers of the same database.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.mailbox(MailboxId(0)) == other.mailbox(MailboxId(0))
    }

    fn new(key: &[u8]) -> Self {
        let mut block = [0; 64];
        for (place, byte) in block.iter_mut().zip(key) {
            *place = *byte;
        }
        Self {
            keyed: Hmac::new(&block.into()),
        }
    }

    /// MAILBOXID, whatever the mailbox is called.
    #[must_use]
    pub fn mailbox(&self, mailbox: MailboxId) -> String {
        self.id('F', &mailbox.0.to_be_bytes())
    }

    /// EMAILID, the same for all copies.
    #[must_use]
    pub fn email(&self, content: ContentId) -> String {
        self.id('M', &content.0.to_be_bytes())
    }

    /// THREADID: of all messages that name the same root, and of a message that names none alone.
    #[must_use]
    pub fn thread(&self, content: ContentId, header: &[u8]) -> String {
        match mime::thread_root(header) {
            Some(root) => self.id('T', &root),
            None => self.id('T', &content.0.to_be_bytes()),
        }
    }

    /// The same for all nodes on this database, and another for others: for what they share outside of it.
    #[must_use]
    pub fn installation(&self) -> String {
        self.id('I', b"installation")
    }

    /// What nobody can guess, in the address of copies of what is sent as a mailbox's addresses.
    pub(crate) fn sent_copy_tag(&self, mailbox: MailboxId) -> String {
        let id = self.id('S', &mailbox.0.to_be_bytes());
        id.chars().skip(1).take(TAG_CHARS).collect()
    }

    /// Begins with a letter, which keeps the kinds apart (RFC 8474, 8.1).
    fn id(&self, kind: char, of: &[u8]) -> String {
        let mut keyed = self.keyed.clone();
        keyed.update(kind.encode_utf8(&mut [0; 4]).as_bytes());
        keyed.update(of);
        let hash = keyed.finalize().into_bytes();
        let mut id = String::with_capacity(1 + 2 * ID_BYTES);
        id.push(kind);
        for byte in hash.iter().take(ID_BYTES) {
            // A string takes everything.
            let _infallible = write!(id, "{byte:02x}");
        }
        id
    }
}

/// Without the key.
impl std::fmt::Debug for ObjectIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ObjectIds")
    }
}

#[cfg(test)]
mod tests {
    use mail::{ContentId, MailboxId};

    use super::ObjectIds;

    #[test]
    fn an_id_is_an_objectid_and_no_number() {
        let ids = ObjectIds::new(&[7; 32]);
        for id in [
            ids.mailbox(MailboxId(1)),
            ids.email(ContentId(1)),
            ids.thread(ContentId(1), b""),
        ] {
            assert_eq!(id.len(), 33, "{id}");
            assert!(id.starts_with(|c: char| c.is_ascii_uppercase()), "{id}");
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        }
        assert_ne!(ids.email(ContentId(1)), ids.email(ContentId(2)));
        assert_ne!(
            ids.email(ContentId(1)),
            ObjectIds::new(&[8; 32]).email(ContentId(1))
        );
    }

    #[test]
    fn a_thread_is_those_who_name_one_root() {
        let ids = ObjectIds::new(&[7; 32]);
        let thread = |content, header: &[u8]| ids.thread(ContentId(content), header);
        let first = thread(1, b"Message-ID: <a@x>\r\n\r\n");
        assert_eq!(first, thread(2, b"References: <a@x> <b@x>\r\n\r\n"));
        assert_ne!(first, thread(3, b"Message-ID: <c@x>\r\n\r\n"));
        assert_ne!(thread(4, b"\r\n"), thread(5, b"\r\n"));
    }
}
