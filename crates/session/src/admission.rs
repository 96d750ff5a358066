//! Whether a literal may come, decided before its first byte does.

use acl::Operation;
use mail::FlagBits;
use wire::{Announced, LiteralMode, Verdict, say};

use crate::command::{self, no_such_command};
use crate::conversation::session::Session;
use crate::ending::{Ending, Refused, conclude};
use crate::names::named::Missing;
use crate::node::BoxFuture;

/// Whether a literal may come, and what is to be said before it does.
#[derive(Debug)]
pub enum Admission {
    /// It may come once this is written; empty where the bytes are on their way already.
    Accept(Vec<u8>),
    /// It is refused, by these words.
    Refuse(Vec<u8>),
}

/// Memory for the messages of one command, which all connections of a frontend share. Implemented by the connection.
pub trait UploadMemory: Send {
    /// Reserves `bytes` until the command has ended, or waits in vain for others to give some back.
    fn reserve(&mut self, bytes: u64) -> BoxFuture<'_, Result<(), NoRoom>>;
}

/// There was no memory for a message for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

impl Session {
    /// Whether a literal may come, decided before its first byte does. The memory is asked for last, when nothing
    /// else speaks against the literal.
    pub async fn admit(&mut self, literal: &Announced, memory: &mut dyn UploadMemory) -> Admission {
        let mut reply = Vec::new();
        match (self.take(literal, memory).await, &literal.tag) {
            (Ok(()), _) => {
                if literal.mode == LiteralMode::Synchronising {
                    say::continuation(&mut reply, "Ready for the literal");
                }
                return Admission::Accept(reply);
            }
            (Err(refusal), Some(tag)) => {
                conclude(&mut reply, tag, &literal.name, Err(refusal));
            }
            (Err(_), None) => {
                let text = "A command begins with a tag";
                say::untagged(&mut reply, Verdict::Bad, None, text);
            }
        }
        Admission::Refuse(reply)
    }

    async fn take(&self, literal: &Announced, memory: &mut dyn UploadMemory) -> Result<(), Ending> {
        self.would_take(literal).await?;
        // What stays in the command's buffer has a bound of its own.
        if literal.detached {
            let reserved = memory.reserve(literal.length).await;
            let text = "Too much is being uploaded at the moment";
            reserved.map_err(|NoRoom| Refused::Limit(text.into()))?;
        }
        Ok(())
    }

    async fn would_take(&self, literal: &Announced) -> Result<(), Ending> {
        let Some(row) = command::find(&literal.name) else {
            return Err(no_such_command());
        };
        if !row.allowed_in.allows(self.state()) {
            return Err(Ending::wrong_state(row.allowed_in, self.state()));
        }
        if literal.too_big {
            return Err(match row.name {
                "SETMETADATA" => Refused::ValueTooLarge.into(),
                _ => Refused::TooBig.into(),
            });
        }
        // A client that waits for leave to send a message is told before it does.
        if let (LiteralMode::Synchronising, Some(mailbox)) =
            (literal.mode, literal.mailbox(self.enabled.mode()))
        {
            let operation = Operation::Insert(FlagBits::NONE);
            // On the heap: an idle session is as large as the largest future that it may hold.
            let (_, permit) = Box::pin(self.permit(&mailbox, operation, Missing::Target)).await?;
            // What REPLACE takes away is not known here.
            let is_more = row.name == "APPEND";
            if is_more
                && !self
                    .store
                    .has_room(permit.mailbox(), literal.length)
                    .await?
            {
                return Err(Refused::OverQuota.into());
            }
        }
        Ok(())
    }
}
