//! Talks, and the worlds they are played in: nodes, mailboxes and people, made for one test.
//!
//! A talk is a conversation on a page (`docs/TESTING.md`). It is read by [`Page`], and played by
//! [`play`] over real sockets against nodes that run in this process, each talk on a database of
//! its own. Nothing here knows what the right answers are: that is what the pages are for.

mod given;
mod page;
mod pattern;
mod responses;

pub use given::{Given, Seat};
pub use page::{Line, Page, PageFault, Step, Trouble, Verdict};
