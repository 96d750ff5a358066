//! Who may connect: bounds for all, for one address, for one user.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use auth::network_of;
use mail::AccountId;
use session::ConnectionLimit;
use tokio::sync::Notify;

use crate::config::LimitsConfig;
use crate::lock::lock;

/// All places of this frontend, taken and free.
#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    taken: Mutex<Taken>,
    is_empty: Notify,
    all_max: usize,
    per_address_max: usize,
    per_user_max: usize,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    by_user: HashMap<AccountId, usize>,
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    /// `None` until its address is known.
    network: Option<IpAddr>,
    user: Option<AccountId>,
}

/// Which bound was reached, for metrics.
pub(crate) const fn limit_word(limit: ConnectionLimit) -> &'static str {
    match limit {
        ConnectionLimit::All => "all",
        ConnectionLimit::Address => "address",
        ConnectionLimit::User => "user",
    }
}

impl ConnectionSlots {
    pub(crate) fn new(limits: &LimitsConfig) -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::default(),
            is_empty: Notify::new(),
            all_max: limits.connections,
            per_address_max: limits.connections_per_address,
            per_user_max: limits.connections_per_user,
        })
    }

    /// Places that are not divided among addresses or users.
    pub(crate) fn undivided(all_max: usize) -> Arc<Self> {
        Self::by_address(all_max, all_max)
    }

    /// Places that are divided among addresses and not among users.
    pub(crate) fn by_address(all_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self {
            taken: Mutex::default(),
            is_empty: Notify::new(),
            all_max,
            per_address_max,
            per_user_max: all_max,
        })
    }

    /// A place for a connection from `address`.
    pub(crate) fn take(
        self: &Arc<Self>,
        address: IpAddr,
    ) -> Result<ConnectionSlot, ConnectionLimit> {
        let mut slot = self.take_unnamed()?;
        slot.name(address)?;
        Ok(slot)
    }

    /// A place for a connection that has yet to say for whom it is.
    pub(crate) fn take_unnamed(self: &Arc<Self>) -> Result<ConnectionSlot, ConnectionLimit> {
        let mut taken = self.taken();
        if taken.all >= self.all_max {
            return Err(ConnectionLimit::All);
        }
        taken.all += 1;
        drop(taken);
        Ok(ConnectionSlot {
            slots: Arc::clone(self),
            network: None,
            user: None,
        })
    }

    /// Resolves once nobody is connected.
    pub(crate) async fn empty(&self) {
        loop {
            let is_empty = self.is_empty.notified();
            if self.taken().all == 0 {
                return;
            }
            is_empty.await;
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        lock(&self.taken)
    }
}

impl ConnectionSlot {
    /// Counts this connection to `address`, once and for all.
    pub(crate) fn name(&mut self, address: IpAddr) -> Result<(), ConnectionLimit> {
        let network = network_of(address);
        let mut taken = self.slots.taken();
        if !count(&mut taken.by_address, network, self.slots.per_address_max) {
            return Err(ConnectionLimit::Address);
        }
        drop(taken);
        self.network = Some(network);
        Ok(())
    }

    /// Counts this connection to `user` from now on.
    pub(crate) fn assign(&mut self, user: AccountId) -> Result<(), ConnectionLimit> {
        if self.user.is_some() {
            return Ok(());
        }
        let mut taken = self.slots.taken();
        if !count(&mut taken.by_user, user, self.slots.per_user_max) {
            return Err(ConnectionLimit::User);
        }
        drop(taken);
        self.user = Some(user);
        Ok(())
    }

    /// Counts it to nobody.
    pub(crate) fn leave(&mut self) {
        if let Some(user) = self.user.take() {
            release(&mut self.slots.taken().by_user, user);
        }
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.leave();
        let mut taken = self.slots.taken();
        taken.all = taken.all.saturating_sub(1);
        if let Some(network) = self.network {
            release(&mut taken.by_address, network);
        }
        if taken.all == 0 {
            self.slots.is_empty.notify_waiters();
        }
    }
}

/// One more of `key`, unless it has `max` already.
fn count<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: K, max: usize) -> bool {
    let taken = counts.entry(key).or_insert(0);
    let has_room = *taken < max;
    *taken += usize::from(has_room);
    has_room
}

fn release<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: K) {
    let left = counts.get(&key).map_or(0, |taken| taken.saturating_sub(1));
    if left == 0 {
        counts.remove(&key);
    } else {
        counts.insert(key, left);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::sync::Arc;

    use mail::AccountId;

    use session::ConnectionLimit;

    use super::ConnectionSlots;
    use crate::config::LimitsConfig;

    fn slots(all: usize, per_address: usize, per_user: usize) -> Arc<ConnectionSlots> {
        ConnectionSlots::new(&LimitsConfig {
            memory_bytes: 0,
            fetch_bytes_in_flight: 0,
            connections: all,
            connections_per_address: per_address,
            connections_per_user: per_user,
            message_bytes: 0,
            cache_bytes: 0,
            literal_bytes_in_flight: 0,
            messages: session::MessageLimit::None,
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let slots = slots(10, 2, 10);
        let first = slots.take(address("192.0.2.1")).unwrap();
        let _second = slots.take(address("::ffff:192.0.2.1")).unwrap();
        assert_eq!(
            slots.take(address("192.0.2.1")).unwrap_err(),
            ConnectionLimit::Address
        );
        assert!(slots.take(address("192.0.2.2")).is_ok());
        drop(first);
        assert!(slots.take(address("192.0.2.1")).is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let slots = slots(10, 1, 10);
        let _first = slots.take(address("2001:db8::1")).unwrap();
        assert_eq!(
            slots.take(address("2001:db8::2")).unwrap_err(),
            ConnectionLimit::Address
        );
        assert!(slots.take(address("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn all_together_have_a_bound() {
        let slots = slots(1, 10, 10);
        let _first = slots.take(address("192.0.2.1")).unwrap();
        assert_eq!(
            slots.take(address("192.0.2.2")).unwrap_err(),
            ConnectionLimit::All
        );
    }

    #[test]
    fn a_user_has_a_bound_whatever_the_address() {
        let slots = slots(10, 10, 1);
        let mut first = slots.take(address("192.0.2.1")).unwrap();
        let mut second = slots.take(address("192.0.2.2")).unwrap();
        first.assign(AccountId(7)).unwrap();
        first.assign(AccountId(7)).unwrap();
        assert_eq!(second.assign(AccountId(7)), Err(ConnectionLimit::User));
        drop(first);
        second.assign(AccountId(7)).unwrap();
    }

    #[tokio::test]
    async fn the_last_to_leave_is_heard() {
        let slots = slots(10, 10, 10);
        slots.empty().await;
        let slot = slots.take(address("192.0.2.1")).unwrap();
        tokio::join!(slots.empty(), async { drop(slot) });
    }
}
