//! People and groups of a directory, by LDAP (RFC 4511): whether a password is right, who there is and who is in which group. No SQL,
//! no clocks; tasks are started by whoever uses it.

mod connect;
mod directory;
mod entry;
mod form;
mod kept;
mod plan;
mod settings;
mod trouble;

pub use directory::{Directory, Verdict};
pub use entry::{Group, Person};
pub use plan::{
    GroupChange, KnownGroup, KnownPerson, PersonChange, are_members_missing, are_people_missing,
    group_changes, person_changes,
};
pub use settings::{
    BadUrl, Depth, Groups, Membership, People, Servers, Settings, Spawn, check_url,
};
pub use trouble::Trouble;
