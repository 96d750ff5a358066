//! Memory for what a command reads and computes with, as part of what its user has.

use std::fmt;

use mail::AccountId;

use crate::ending::Refused;
use crate::node::{MessageMemory, NoRoom};

/// Memory that is reserved for as long as this lives, or none that is worth counting.
#[derive(Default)]
pub(crate) struct Held(Option<Box<dyn Send + Sync>>);

/// Less than this is in memory without being counted, in bytes.
const UNCOUNTED_BYTES_MAX: u64 = 64 * 1024;

/// Memory for so many bytes. A command holds one such part at a time: two that each wait for a second would wait for one
/// another.
pub(crate) async fn hold(
    memory: &dyn MessageMemory,
    user: AccountId,
    bytes: u64,
) -> Result<Held, Refused> {
    if bytes < UNCOUNTED_BYTES_MAX {
        return Ok(Held::default());
    }
    let text = "Too much is being read at the moment";
    match memory.reserve(user, bytes).await {
        Ok(held) => Ok(Held(Some(held))),
        Err(NoRoom) => Err(Refused::Limit(text.into())),
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Held").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::pin::pin;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::task::{Context, Poll, Waker};

    use mail::AccountId;

    use super::{Held, UNCOUNTED_BYTES_MAX, hold};
    use crate::ending::Refused;
    use crate::node::{BoxFuture, MessageMemory, NoRoom};

    /// Has room for so many bytes, and notes what it was asked for.
    struct Memory {
        bytes_max: u64,
        asked: AtomicU64,
    }

    impl MessageMemory for Memory {
        fn reserve(
            &self,
            _: AccountId,
            bytes: u64,
        ) -> BoxFuture<'_, Result<Box<dyn Send + Sync>, NoRoom>> {
            self.asked.store(bytes, Ordering::Relaxed);
            let has_room = bytes <= self.bytes_max;
            let reserved = has_room.then(|| Box::new(()) as Box<dyn Send + Sync>);
            Box::pin(ready(reserved.ok_or(NoRoom)))
        }
    }

    #[test]
    fn much_is_counted_and_refused_where_there_is_no_room() {
        let few = UNCOUNTED_BYTES_MAX - 1;
        let many = UNCOUNTED_BYTES_MAX;
        for (bytes, bytes_max, asked, is_held) in [
            (few, 0, 0, Some(false)),
            (many, many, many, Some(true)),
            (many, few, many, None),
        ] {
            let memory = Memory {
                bytes_max,
                asked: AtomicU64::new(0),
            };
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(held) = pin!(hold(&memory, AccountId(1), bytes)).poll(&mut cx) else {
                panic!("it waits");
            };
            assert_eq!(memory.asked.load(Ordering::Relaxed), asked);
            match held {
                Ok(Held(held)) => assert_eq!(Some(held.is_some()), is_held),
                Err(refused) => {
                    assert!(matches!(refused, Refused::Limit(_)));
                    assert_eq!(is_held, None);
                }
            }
        }
    }
}
