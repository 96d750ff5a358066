//! One mailbox as an immutable value: its messages, their flags and their order.
//!
//! An [`Image`] is what all users see; an [`Overlay`] is what one account sees in addition. A new
//! version shares what did not change with the old one, so that versions are cheap to keep and fast
//! to compare. No I/O, no async, no rights, and no decision about when a client is told what.

mod apply;
mod continuation;
mod count;
mod difference;
mod image;
mod message;
mod overlay;
mod rows;
mod walk;

pub use crate::image::{Image, ImageBuilder, OutOfOrder};
pub use apply::Delta;
pub use count::FlagTest;
pub use difference::Difference;
pub use message::Message;
pub use overlay::{CHUNK_BYTES, CHUNK_UIDS, FlagChunk, Overlay, OverlayDelta};
pub use walk::Messages;

// The models in tests/ use it; the tests beside the code do not.
#[cfg(test)]
use proptest as _;
