//! What we say of ourselves (RFC 7643, 5 to 7): a directory learns from it what it need not try.

use serde_json::{Value, json};

use crate::PATH;

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// An account.
    User,
    /// A group of accounts.
    Group,
}

impl ResourceKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// `User`, `Group`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// What it is described by.
    #[must_use]
    pub const fn schema(self) -> &'static str {
        match self {
            Self::User => "urn:ietf:params:scim:schemas:core:2.0:User",
            Self::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
        }
    }

    /// Where all of them are.
    #[must_use]
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// Attributes that filters may ask for, as [`crate::Filter::check`] takes them.
    #[must_use]
    pub const fn filterable(self) -> &'static [&'static str] {
        match self {
            Self::User => &[
                "id",
                "externalid",
                "username",
                "displayname",
                "active",
                "name.formatted",
                "name.givenname",
                "name.familyname",
                "emails",
                "emails.value",
                "emails.type",
                "emails.primary",
                "groups",
                "groups.value",
                "groups.display",
            ],
            Self::Group => &[
                "id",
                "externalid",
                "displayname",
                "members",
                "members.value",
                "members.display",
            ],
        }
    }

    /// Where one of them is.
    #[must_use]
    pub fn location(self, id: &str) -> String {
        format!("{PATH}{}/{id}", self.endpoint())
    }
}

/// What is offered of the protocol.
#[must_use]
pub fn service_provider_config(page_items_max: u32) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": page_items_max},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Access token",
            "description": "Authorization: Bearer with a token of postroom token add --service scim",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{PATH}/ServiceProviderConfig"),
        },
    })
}

/// The kinds of resources that there are.
#[must_use]
pub fn resource_types() -> Vec<Value> {
    let told = |kind: ResourceKind| {
        let name = kind.name();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": kind.endpoint(),
            "schema": kind.schema(),
            "schemaExtensions": [],
            "meta": {"resourceType": "ResourceType", "location": format!("{PATH}/ResourceTypes/{name}")},
        })
    };
    ResourceKind::ALL.into_iter().map(told).collect()
}

/// The attributes that are kept and told.
#[must_use]
pub fn schemas() -> Vec<Value> {
    let told = |kind: ResourceKind| {
        let (description, attributes) = match kind {
            ResourceKind::User => ("An account", user()),
            ResourceKind::Group => ("A group of accounts", group()),
        };
        let id = kind.schema();
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": id,
            "name": kind.name(),
            "description": description,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": format!("{PATH}/Schemas/{id}")},
        })
    };
    ResourceKind::ALL.into_iter().map(told).collect()
}

fn user() -> Value {
    let text = |name, description| attribute(name, "string", description);
    let email = json!([
        text("value", "The address"),
        text("display", "The address as people read it"),
        text("type", "Such as work"),
        attribute("primary", "boolean", "Whether it is the first of all"),
    ]);
    let parts = json!([
        text("formatted", "The whole name"),
        text("familyName", "The name of the family"),
        text("givenName", "The name of the person"),
        text("middleName", "Names between the two"),
        text("honorificPrefix", "What is said before it"),
        text("honorificSuffix", "What is said behind it"),
    ]);
    let groups = json!([
        read_only(text("value", "The id of the group")),
        read_only(reference("Group")),
        read_only(text("display", "The group's name")),
    ]);
    json!([
        with(
            text(
                "userName",
                "The account's name, by which somebody logs in: an address where letters shall come to it"
            ),
            &[("required", true.into()), ("uniqueness", "server".into())],
        ),
        with(
            attribute("name", "complex", "What somebody is called"),
            &[("subAttributes", parts)]
        ),
        text("displayName", "What somebody is called, in one piece"),
        with(
            attribute(
                "emails",
                "complex",
                "Kept, and told again; letters go by addresses"
            ),
            &[("multiValued", true.into()), ("subAttributes", email)],
        ),
        attribute("active", "boolean", "Whether the account may be used"),
        read_only(with(
            attribute("groups", "complex", "The groups in which the user is"),
            &[("multiValued", true.into()), ("subAttributes", groups)],
        )),
    ])
}

fn group() -> Value {
    let immutable = |value| with(value, &[("mutability", "immutable".into())]);
    let kinds = &[("canonicalValues", json!(["User"]))];
    let members = json!([
        immutable(attribute("value", "string", "The id of the user")),
        immutable(reference("User")),
        read_only(attribute("display", "string", "The user's name")),
        immutable(with(attribute("type", "string", "What it is"), kinds)),
    ]);
    json!([
        with(
            attribute(
                "displayName",
                "string",
                "The group's name, as lists name it behind group:"
            ),
            &[("required", true.into()), ("uniqueness", "server".into())],
        ),
        with(
            attribute("members", "complex", "Who is in it"),
            &[("multiValued", true.into()), ("subAttributes", members)],
        ),
    ])
}

fn attribute(name: &str, kind: &str, description: &str) -> Value {
    json!({
        "name": name,
        "type": kind,
        "multiValued": false,
        "description": description,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    })
}

fn reference(to: &str) -> Value {
    let reference = attribute("$ref", "reference", "Where it is");
    with(
        reference,
        &[("referenceTypes", json!([to])), ("caseExact", true.into())],
    )
}

fn read_only(value: Value) -> Value {
    with(value, &[("mutability", "readOnly".into())])
}

fn with(mut value: Value, characteristics: &[(&str, Value)]) -> Value {
    if let Some(fields) = value.as_object_mut() {
        let new = characteristics.iter();
        fields.extend(new.map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    value
}
