//! Wake-ups through a NATS server: one subject on which every node of an installation sends and hears. No SQL, no
//! files but certificates, and nothing that knows what a wake-up leads to.

mod carrier;
mod link;
mod stats;

pub use carrier::Nats;
pub use link::{BadUrl, Link, check_url};
pub use stats::Stats;
