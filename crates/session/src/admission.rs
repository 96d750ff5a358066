//! Whether a literal may come, decided before its first byte does.

use acl::Operation;
use mail::FlagBits;
use wire::{Announced, GivenUp, LiteralMode, Tag, Verdict, say};

use crate::command::{self, no_such_command};
use crate::conversation::session::Session;
use crate::ending::{Ending, Refused, conclude};
use crate::names::named::Missing;

/// Whether a literal may come, and what is to be said before it does.
#[derive(Debug)]
pub enum Admission {
    /// It may come once this is written; empty where the bytes are on their way already.
    Accept(Vec<u8>),
    /// It is refused, by these words.
    Refuse(Vec<u8>),
}

impl Session {
    /// Whether a literal may come, decided before its first byte does.
    pub async fn admit(&mut self, literal: &Announced) -> Admission {
        let mut reply = Vec::new();
        match (self.would_take(literal).await, &literal.tag) {
            (Ok(()), _) => {
                if literal.mode == LiteralMode::Synchronising {
                    say::continuation(&mut reply, "Ready for the literal");
                }
                return Admission::Accept(reply);
            }
            (Err(refusal), tag) => refuse(&mut reply, tag.as_ref(), &literal.name, refusal),
        }
        Admission::Refuse(reply)
    }

    /// What is said of a command whose literal was accepted, and for which there was no memory for too long.
    #[must_use]
    pub fn give_up_upload(&self, given_up: &GivenUp) -> Vec<u8> {
        let mut reply = Vec::new();
        let text = "Too much is being uploaded at the moment";
        let refusal = Refused::Limit(text.into()).into();
        refuse(&mut reply, given_up.tag.as_ref(), &given_up.name, refusal);
        reply
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

fn refuse(reply: &mut Vec<u8>, tag: Option<&Tag>, name: &str, refusal: Ending) {
    match tag {
        Some(tag) => drop(conclude(reply, tag, name, Err(refusal))),
        None => {
            let text = "A command begins with a tag";
            say::untagged(reply, Verdict::Bad, None, text);
        }
    }
}
