//! What directories send by SCIM: no filter and no patch is more than it may be, and what was read of a resource is read again as it is told.

use scim::{Filter, GroupResource, Patch, ResourceKind, UserResource};
use serde_json::{Value, json};

use crate::shape::Shape;
use crate::target::Target;

pub(super) const TARGET: Target = Target {
    name: "scim",
    words: &[
        "userName",
        "emails",
        "members",
        "value",
        "active",
        "type",
        " eq ",
        " ne ",
        " co ",
        " sw ",
        " ew ",
        " pr",
        " and ",
        " or ",
        "not (",
        "(",
        ")",
        "[",
        "]",
        "].value",
        ".",
        "\"",
        "\\",
        "true",
        "null",
        "urn:ietf:params:scim:schemas:core:2.0:User:",
        "{\"Operations\":[",
        "{\"op\":\"add\",\"path\":\"",
        "\",\"value\":",
        "{\"userName\":\"a\"",
        "}",
        ",",
    ],
    meet,
};

fn meet(input: &[u8]) -> Shape {
    let text = String::from_utf8_lossy(input);
    let mut kinds = String::new();
    let user = json!({
        "userName": "ada", "active": true, "name": {"givenName": "A"},
        "emails": [{"value": "a@x.test", "type": "work"}], "members": [{"value": "1"}],
    });
    match Filter::parse(&text) {
        Ok(filter) => {
            let holds = filter.holds(&user);
            check_removed(&user, &text, &filter);
            kinds += if holds { "h" } else { "n" };
            for kind in ResourceKind::ALL {
                kinds += &format!("{}", filter.check(kind.filterable()).is_ok());
            }
        }
        Err(bad) => kinds += &format!("{bad:?}"),
    }
    // As a path, and as a whole body.
    for op in ["add", "remove", "replace"] {
        for value in [json!("x"), json!([{"value": "2"}]), json!({"value": "3"})] {
            let operation = json!({"op": op, "path": text, "value": value});
            kinds += &patched(&user, &json!({"Operations": [operation]}));
        }
    }
    if let Ok(body) = serde_json::from_slice::<Value>(input) {
        kinds += &patched(&user, &body);
        if let Ok(read) = UserResource::read(&body) {
            let again = UserResource::read(&Value::Object(read.fields()));
            assert_eq!(again, Ok(read), "a user");
        }
        if let Ok(read) = GroupResource::read(&body) {
            let again = GroupResource::read(&Value::Object(read.fields()));
            assert_eq!(again, Ok(read), "a group");
        }
    }
    Shape::of(kinds.as_bytes())
}

/// Of the values that a filter means none is left.
fn check_removed(user: &Value, text: &str, filter: &Filter) {
    let mut fields = user.as_object().cloned().unwrap_or_default();
    let operation = json!({"op": "remove", "path": format!("emails[{text}]")});
    let patch = Patch::read(&json!({"Operations": [operation]}));
    let done = patch.and_then(|patch| patch.apply(&mut fields));
    assert_eq!(done, Ok(()), "a filter is one in a path, too");
    let left = fields.get("emails").and_then(Value::as_array);
    let mut left = left.into_iter().flatten();
    assert!(!left.any(|email| filter.holds(email)), "something is left");
}

fn patched(user: &Value, body: &Value) -> String {
    let mut fields = user.as_object().cloned().unwrap_or_default();
    let done = Patch::read(body).and_then(|patch| patch.apply(&mut fields));
    let read = UserResource::read(&Value::Object(fields));
    format!("{:?}{}", done.err(), read.is_ok())
}
