//! The web pages on which team leads say who works in their mailboxes, and everybody keeps the access tokens of the own devices: requests
//! in, pages out.
//!
//! No sockets, no clock, no randomness: `server` hands them in, and checks passwords. What somebody may do here is what SETACL,
//! GETACL and LIST let the same account do, by the same permits and the same calls of the store. What may not be known is
//! answered as what is not there.
//!
//! From below to above: `language` and `texts`; `request` and `response`; `words`, which says rights, times and roles for people;
//! `access_letter`, the letter that tells of a mailbox;
//! `visit`, who asks; `layout`, what all pages have; a file for each page; `setup`, what mail programs ask; `route`.

mod access_letter;
mod activity;
mod again;
mod api_token;
mod decline;
mod device_profile;
mod devices;
mod explain;
mod language;
mod layout;
mod mailbox;
mod mailboxes;
mod people;
mod problem;
mod provider;
mod request;
mod response;
mod route;
mod settings;
mod setup;
mod sign_in;
mod site;
mod texts;
mod visit;
mod words;

pub use access_letter::{LetterHead, MailboxGiven, access_letter};
pub use language::Language;
pub use request::{Body, Method, Transport, WebRequest};
pub use response::WebResponse;
pub use route::answer;
pub use site::{
    AskedSignIn, BoxFuture, MailServers, PasswordCheck, PasswordVerdict, ProviderVerdict,
    SignInAnswer, SignInProvider, Site,
};
