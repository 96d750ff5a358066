//! What is read of users and groups.

use serde_json::{Value, json};

use crate::{BadResource, GroupResource, UserResource, schemas};

#[test]
fn a_user_is_read_as_far_as_it_is_kept() {
    let sent = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "ID": "x", "username": "Ada@example.org", "ExternalId": "e",
        "Active": "False", "password": "secret", "nickName": "A", "DisplayName": "Ada",
        "name": {"GivenName": "Ada", "other": 1, "familyName": null},
        "emails": [{"value": "a@x.test", "primary": "True", "other": 1}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "d"},
    });
    let user = UserResource::read(&sent).unwrap_or_else(|bad| panic!("{bad}"));
    let told = json!({
        "userName": "Ada@example.org", "externalId": "e", "active": false, "displayName": "Ada",
        "name": {"givenName": "Ada"}, "emails": [{"value": "a@x.test", "primary": true}],
    });
    assert_eq!(Value::Object(user.fields()), told);
    assert_eq!(UserResource::read(&told), Ok(user));
    let least = UserResource::read(&json!({"userName": "a"}));
    assert_eq!(least.map(|user| user.is_active), Ok(None));
}

#[test]
fn what_is_no_user_or_group_is_said_to_be_none() {
    let named = BadResource::Attribute;
    for (sent, expected) in [
        (json!([]), BadResource::NoObject),
        (json!({}), named("userName")),
        (json!({"userName": ""}), named("userName")),
        (json!({"userName": 1}), named("userName")),
        (json!({"userName": "a", "active": "maybe"}), named("active")),
        (json!({"userName": "a", "name": "A"}), named("name")),
        (json!({"userName": "a", "emails": "a@x"}), named("emails")),
        (json!({"userName": "a", "emails": ["a@x"]}), named("emails")),
        (
            json!({"userName": "a", "externalId": 1}),
            named("externalId"),
        ),
        (
            json!({"userName": "a", "displayName": "x".repeat(16 * 1024)}),
            BadResource::TooMuch,
        ),
    ] {
        assert_eq!(UserResource::read(&sent), Err(expected), "{sent}");
    }
    for (sent, expected) in [
        (json!({"members": []}), named("displayName")),
        (json!({"displayName": "g", "members": {}}), named("members")),
        (
            json!({"displayName": "g", "members": [{}]}),
            named("members"),
        ),
        (
            json!({"displayName": "g", "members": [{"value": 1}]}),
            named("members"),
        ),
        (
            json!({"displayName": "g", "members": [{"value": "1", "type": "Group"}]}),
            BadResource::GroupInGroup,
        ),
    ] {
        assert_eq!(GroupResource::read(&sent), Err(expected), "{sent}");
    }
    let group = GroupResource::read(
        &json!({"displayName": "g", "members": [{"value": "2"}, "1", {"value": "2"}]}),
    );
    assert_eq!(
        group.map(|group| group.members),
        Ok(vec!["1".to_owned(), "2".to_owned()])
    );
}

/// A directory that sends all that the schema has gets all of it back.
#[test]
fn what_the_schema_has_is_kept() {
    let schemas = schemas();
    let attributes = schemas[0]["attributes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names: Vec<_> = attributes
        .iter()
        .filter(|attribute| attribute["mutability"] == "readWrite")
        .filter_map(|attribute| attribute["name"].as_str())
        .collect();
    let told = json!({
        "userName": "a", "active": true, "displayName": "A",
        "name": {"formatted": "1", "familyName": "2", "givenName": "3", "middleName": "4", "honorificPrefix": "5", "honorificSuffix": "6"},
        "emails": [{"value": "a@x.test", "display": "A", "type": "work", "primary": true}],
    });
    let user = UserResource::read(&told).unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!(Value::Object(user.fields()), told);
    let told: Vec<_> = told
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.keys())
        .collect();
    for name in &names {
        assert!(told.iter().any(|told| told == name), "{name}");
    }
    assert_eq!(names.len(), told.len());
}
