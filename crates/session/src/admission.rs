//! Whether a literal may come, decided before its first byte does.

use acl::Operation;
use mail::FlagBits;
use wire::{Announced, LiteralMode, Verdict, say};

use crate::commands::{self, no_such_command};
use crate::conversation::session::Session;
use crate::ending::{Ending, Refused, conclude};
use crate::names::named::Missing;

/// Whether a literal may come.
#[derive(Debug)]
pub enum Admission {
    /// Let it come.
    Accept,
    /// Say this instead.
    Refuse(Vec<u8>),
}

impl Session {
    /// Whether a literal may come, decided before its first byte does.
    pub async fn admit(&mut self, literal: &Announced) -> Admission {
        let Err(refusal) = self.would_take(literal).await else {
            return Admission::Accept;
        };
        let mut reply = Vec::new();
        match &literal.tag {
            Some(tag) => {
                conclude(&mut reply, tag, &literal.name, Err(refusal));
            }
            None => say::untagged(
                &mut reply,
                Verdict::Bad,
                None,
                "A command begins with a tag",
            ),
        }
        Admission::Refuse(reply)
    }

    async fn would_take(&self, literal: &Announced) -> Result<(), Ending> {
        let Some(row) = commands::find(&literal.name) else {
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
