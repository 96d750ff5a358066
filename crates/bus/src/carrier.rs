//! The seam for what carries wake-ups beside the database.

use std::fmt::Debug;
use std::pin::Pin;

use crate::Wakeup;

/// What a [`Carrier`] is doing.
pub type Carrying<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries payloads of wake-ups from every node to every node, the one that sends among them.
///
/// It may lose, double, delay and reorder them, as whoever hears one reads what is committed. What it must do is say so:
/// where something may have been lost on the way to this node, [`hear`](Self::hear) returns [`Carried::Resync`].
pub trait Carrier: Debug + Send + Sync {
    /// Whether this node hears, as of now, what any node sends by this carrier.
    fn is_up(&self) -> bool;

    /// Sends payloads that were [packed](crate::pack).
    ///
    /// The future resolves to [`NotCarried`] when they must be sent otherwise. Some of them may have been sent all the
    /// same, also when it is dropped.
    fn send(&self, payloads: Vec<String>) -> Carrying<'_, Result<(), NotCarried>>;

    /// Waits for the next thing to be heard. Loses nothing when dropped and called again; there is one caller.
    fn hear(&self) -> Carrying<'_, Carried>;
}

/// What was heard by a [`Carrier`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// News, as somebody told them.
    Wakeups(Vec<Wakeup>),
    /// Something may have been missed: compare counters.
    Resync,
}

/// Why a [`Carrier`] did not take something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not carried: {0}")]
pub struct NotCarried(pub String);
