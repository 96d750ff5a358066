//! One mailbox as an immutable value: which messages it holds, with which flags, in which order.
//!
//! An [`Image`] is what everybody sees, an [`Overlay`] what one account alone sees on top of it. A
//! new version shares what did not change with the old one, so that versions are cheap to keep and
//! quick to compare. No I/O, no async, no rights, and no say in when a client is told what.

mod apply;
mod difference;
mod image;
mod message;
mod overlay;
mod walk;

pub use crate::image::{Image, OutOfOrder};
pub use apply::Delta;
pub use difference::Difference;
pub use message::Message;
pub use overlay::{CHUNK_BYTES, CHUNK_UIDS, FlagChunk, Overlay, OverlayDelta};
pub use walk::Messages;

// The models in tests/ use it; the tests beside the code do not.
#[cfg(test)]
use proptest as _;
