//! Where one client's conversation stands: what is logged in, enabled and selected.
//!
//! These files hold state and the rules that keep it true. What is looked up by name, searched, fetched or told is
//! not here, and no file here knows a command.

pub(crate) mod catch_up;
pub(crate) mod enabled;
pub(crate) mod entrance;
pub(crate) mod selected;
pub(crate) mod session;
pub(crate) mod state;
