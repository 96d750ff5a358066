//! The language of SCIM 2.0 (RFC 7643, RFC 7644): filters, patches, what a directory says of users and groups, and what we say of
//! ourselves. JSON in, values out.
//!
//! What an account is, who asks and what is stored is not known here. A resource is an object of `serde_json`; names of attributes
//! have no case (RFC 7643, 2.1). What we do not know is read over, as RFC 7644, 3.3 allows.

mod attribute;
mod discovery;
mod filter;
mod patch;
mod resource;
#[cfg(test)]
mod tests;

pub use attribute::AttributePath;
pub use discovery::{ResourceKind, resource_types, schemas, service_provider_config};
pub use filter::{BadFilter, Filter};
pub use patch::{BadPatch, Patch};
pub use resource::{BadResource, GroupResource, UserResource};

/// Below which path all of it is.
pub const PATH: &str = "/scim/v2";

/// The message that lists resources (RFC 7644, 3.4.2).
pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The message that says why something is not done (RFC 7644, 3.12).
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
