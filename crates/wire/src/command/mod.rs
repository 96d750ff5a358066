//! What a client can ask for, as values. Owned: a command outlives the buffer it came in.

mod append;
mod body;
mod fetch;
mod list;
mod mailbox;
mod metadata;
mod notify;
mod numbers;
mod search;
mod secret;
mod select;
mod sort;
mod store;
mod tag;

pub use append::{AppendContent, AppendMessage, CatPart};
pub use body::{Body, Command};
pub use fetch::{BinarySection, BodySection, Fetch, FetchItem, SectionText, Spelling};
pub use list::{List, ListReturn, ListSelect, StatusItem};
pub use mailbox::MailboxArg;
pub use metadata::GetMetadata;
pub use notify::{EventGroup, MailboxFilter, MessageEvents, Notify, NotifyEvents, SelectedEvents};
pub use numbers::{MessageSet, NumberEnd, NumberRange, NumberSet, Numbering};
pub use search::{AddressField, DateTest, Esearch, Search, SearchKey, SearchReturn, Sources};
pub use secret::Secret;
pub use select::{Qresync, Select};
pub use sort::{Direction, Sort, SortCriterion, SortKey, ThreadAlgorithm};
pub use store::{StoreOperation, StoreRequest};
pub use tag::Tag;
