//! How a frontend is drained: one signal, after which the connections close one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Begins the drain that every [`Drain`] waits for.
#[derive(Debug)]
pub(crate) struct DrainTrigger {
    begun_at: watch::Sender<Option<Instant>>,
}

/// One connection's share of the signal.
#[derive(Debug)]
pub(crate) struct Drain {
    begun_at: watch::Receiver<Option<Instant>>,
    serials: Arc<AtomicU32>,
    window: Duration,
    /// How long after the signal this one's turn comes.
    delay: Duration,
}

/// A trigger and what waits for it: once it has begun, all turns come within `window`.
pub(crate) fn drain(window: Duration) -> (DrainTrigger, Drain) {
    let (sender, receiver) = watch::channel(None);
    let drain = Drain {
        begun_at: receiver,
        serials: Arc::default(),
        window,
        delay: Duration::ZERO,
    };
    (DrainTrigger { begun_at: sender }, drain)
}

impl DrainTrigger {
    pub(crate) fn begin(&self) {
        self.begun_at.send_replace(Some(Instant::now()));
    }
}

impl Drain {
    /// The same signal for connections of another kind, whose turns are counted apart.
    pub(crate) fn apart(&self) -> Self {
        Self {
            begun_at: self.begun_at.clone(),
            serials: Arc::default(),
            window: self.window,
            delay: Duration::ZERO,
        }
    }

    /// Resolves when this one's turn has come. May be dropped at any time.
    pub(crate) async fn turn(&mut self) {
        let begun_at = match self.begun_at.wait_for(Option::is_some).await {
            Ok(begun_at) => *begun_at,
            Err(_) => None,
        };
        // Without a trigger the frontend has been dropped already.
        if let Some(begun_at) = begun_at {
            sleep_until(begun_at + self.delay).await;
        }
    }
}

/// A clone gets a turn of its own.
impl Clone for Drain {
    fn clone(&self) -> Self {
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        Self {
            begun_at: self.begun_at.clone(),
            serials: Arc::clone(&self.serials),
            window: self.window,
            delay: self.window.mul_f64(spread(serial)),
        }
    }
}

/// A number from 0 to 1, such that consecutive serials are spread evenly (multiples of the golden ratio).
fn spread(serial: u32) -> f64 {
    const STEP: u32 = 0x9E37_79B9;
    f64::from(serial.wrapping_mul(STEP)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::drain;

    #[test]
    fn turns_are_spread_over_the_window() {
        let (_plug, drain) = drain(Duration::from_secs(10));
        let mut tenths = [0; 10];
        for _ in 0..100 {
            let tenth = usize::try_from(drain.clone().delay.as_secs()).unwrap();
            tenths[tenth.min(9)] += 1;
        }
        assert!(
            tenths.iter().all(|count| (8..=12).contains(count)),
            "{tenths:?}"
        );
    }

    #[tokio::test]
    async fn no_turn_comes_before_the_signal() {
        let (drain_trigger, mut drain) = drain(Duration::ZERO);
        assert!(timeout(Duration::ZERO, drain.turn()).await.is_err());
        drain_trigger.begin();
        drain.turn().await;
    }
}
