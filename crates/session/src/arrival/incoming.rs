//! A message as a client sent it becomes one that can be stored.

use acl::Permit;
use mail::InternalDate;
use store::NewMessage;
use wire::{AppendContent, AppendMessage};

use crate::arrival::catenate::assemble;
use crate::conversation::session::Session;
use crate::ending::{Ending, Refused};
use crate::flags::storable_flags;
use crate::names::named::Named;
use crate::node::Now;

/// What a client sent, as it will be stored in the mailbox of `permit`.
pub(crate) async fn arriving(
    session: &Session,
    named: &Named,
    permit: &Permit,
    message: AppendMessage,
    now: Now,
) -> Result<NewMessage, Ending> {
    let AppendMessage { flags, date, data } = message;
    let bytes = match data {
        AppendContent::Whole(octets) => octets,
        AppendContent::Catenate(parts) => assemble(session, parts).await?,
    };
    let flags = storable_flags(&session.store, permit, &flags).await?;
    let private = named.found.private_flags;
    let date = date.unwrap_or(InternalDate {
        unix_seconds: now.unix_seconds,
        offset_minutes: 0,
    });
    // BODY[] could not be told of a NUL, so it goes into an encoding (RFC 3516, 4.4 and 6), in whatever literal it came:
    // some clients send one where they may not (RFC 9051, 9).
    let encoding = || mime::encode_binary(&bytes);
    let encoded = session.store.compute().run(bytes.len(), encoding).await;
    let encoded = encoded.ok_or(Refused::UnknownCte)?;
    Ok(NewMessage {
        prepared: session.store.prepare(&encoded, date).await?,
        shared: flags.without(private),
        private: flags.bits().intersection(private),
    })
}
