//! What a store asks of the program that it is part of: tasks, and time to pass.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The only way in which a task starts below `server`.
pub type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;
/// The only way in which something waits for time to pass below `server`.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What a store asks of the program for what it does in the background.
#[derive(Clone)]
pub struct Background {
    /// Starts a task.
    pub spawn: Spawn,
    /// Resolves after so long.
    pub sleep: Sleep,
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Background")
    }
}
