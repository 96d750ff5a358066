//! How a frontend is emptied: one signal, and a turn for each connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// The other end of every [`Drain`].
#[derive(Debug)]
pub(crate) struct Plug {
    pulled_at: watch::Sender<Option<Instant>>,
}

/// One connection's share of the signal.
#[derive(Debug)]
pub(crate) struct Drain {
    pulled_at: watch::Receiver<Option<Instant>>,
    serials: Arc<AtomicU32>,
    window: Duration,
    /// From the signal to this one's turn.
    patience: Duration,
}

/// Nothing drains until the plug is pulled; then all turns come within `window`.
pub(crate) fn drain(window: Duration) -> (Plug, Drain) {
    let (sender, receiver) = watch::channel(None);
    let drain = Drain {
        pulled_at: receiver,
        serials: Arc::default(),
        window,
        patience: Duration::ZERO,
    };
    (Plug { pulled_at: sender }, drain)
}

impl Plug {
    pub(crate) fn pull(&self) {
        self.pulled_at.send_replace(Some(Instant::now()));
    }
}

impl Drain {
    /// Resolves when this one's turn has come. May be dropped at any time.
    pub(crate) async fn turn(&mut self) {
        let pulled_at = match self.pulled_at.wait_for(Option::is_some).await {
            Ok(pulled_at) => *pulled_at,
            Err(_) => None,
        };
        // Without a plug the frontend is gone already.
        if let Some(pulled_at) = pulled_at {
            sleep_until(pulled_at + self.patience).await;
        }
    }
}

/// A clone gets a turn of its own.
impl Clone for Drain {
    fn clone(&self) -> Self {
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        Self {
            pulled_at: self.pulled_at.clone(),
            serials: Arc::clone(&self.serials),
            window: self.window,
            patience: self.window.mul_f64(spread(serial)),
        }
    }
}

/// From 0 to 1, such that any run of serials is spread evenly (multiples of the golden ratio).
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
            let tenth = usize::try_from(drain.clone().patience.as_secs()).unwrap();
            tenths[tenth.min(9)] += 1;
        }
        assert!(
            tenths.iter().all(|count| (8..=12).contains(count)),
            "{tenths:?}"
        );
    }

    #[tokio::test]
    async fn nobody_leaves_before_the_signal() {
        let (plug, mut drain) = drain(Duration::ZERO);
        assert!(timeout(Duration::ZERO, drain.turn()).await.is_err());
        plug.pull();
        drain.turn().await;
    }
}
