//! The HTTP API: what the command line does with people, groups, mailboxes, lists and tokens, by the rights of whoever asks. Requests
//! in, answers out.
//!
//! No sockets, no clock, no randomness: `server` hands them in, and hashes passwords. What somebody may do here is what SETACL,
//! GETACL, CREATE and LIST let the same account do, by the same permits and the same calls of the store; what the command line
//! does beyond that is for site administrators. What may not be known is answered as what is not there.
//!
//! From below to above: `problem`, why something is not done; `conditions`, `paging`, `input`, `letters` and `answer`, which know nothing of
//! what is asked for; `rate_limit` and `sessions`; `asker`, who asks; a file for each kind of resource; `document`, what says all
//! this in OpenAPI; `service`. Beside them `scim`, by which a directory keeps accounts and groups: with tokens, bodies and problems of its own.

mod activity;
mod addresses;
mod answer;
mod asker;
mod conditions;
mod document;
mod explain;
mod groups;
mod input;
mod letters;
mod lists;
mod mailboxes;
mod me;
mod open_sessions;
mod paging;
mod policies;
mod problem;
mod quotas;
mod rate_limit;
mod reports;
mod routes_of_mail;
mod scim;
mod service;
mod sessions;
mod site;
mod tokens;
mod users;

pub use service::{ApiService, openapi_json};
pub use site::{
    ApiSite, BadPassword, BearerCheck, BoxFuture, Caller, Doors, HashedPassword, NotBorne, PATH,
    PasswordHashing, Refusal, TokenRefusal,
};
