//! The promises of the store, each as a test by its name, against a real PostgreSQL.

#![expect(
    unused_crate_dependencies,
    reason = "the room's, and not all of its tests'"
)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "in tests, and in the helpers that are not marked as such"
)]

mod access_letters;
mod activity;
mod addresses;
mod administration;
mod answers;
mod applying;
mod branches;
mod busy;
mod cells;
mod connections;
mod contents;
mod copies;
mod costs;
mod deleted_mailboxes;
mod deliveries;
mod deltas;
mod digests;
mod directory;
mod directory_people;
mod faults;
mod flags;
mod keeping;
mod logins;
mod metadata;
mod migrations;
mod names;
mod order;
mod outlines;
mod people;
mod policy;
mod quota;
mod rare_keywords;
mod recent;
mod release_before;
mod restoration;
mod rights;
mod routes;
mod save_dates;
mod scim;
mod shares;
mod standbys;
mod stretches;
mod teams;
mod tokens;
mod upkeep;
mod wakeups;
mod web_sessions;
mod whereabouts;
mod wide_edits;
mod world;
mod wrong_passwords;
