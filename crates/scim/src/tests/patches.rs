//! What patches do, as directories send them.

use serde_json::{Map, Value, json};

use crate::{BadPatch, Patch};

fn apply(operations: &Value, resource: &Value) -> Result<Value, BadPatch> {
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
    let mut fields = resource.as_object().cloned().unwrap_or_default();
    Patch::read(&body)?.apply(&mut fields)?;
    Ok(Value::Object(fields))
}

#[test]
fn a_user_is_patched_as_directories_do_it() {
    let ada = json!({
        "userName": "ada", "active": true, "name": {"givenName": "Ada", "familyName": "L"},
        "emails": [{"type": "work", "value": "ada@x.test"}],
    });
    for (operation, at, expected) in [
        (
            json!({"op": "replace", "path": "active", "value": false}),
            "/active",
            json!(false),
        ),
        (
            json!({"op": "Replace", "path": "active", "value": "False"}),
            "/active",
            json!("False"),
        ),
        (
            json!({"op": "replace", "value": {"active": false}}),
            "/active",
            json!(false),
        ),
        (
            json!({"op": "Replace", "value": {"Active": "False"}}),
            "/active",
            json!("False"),
        ),
        (
            json!({"OP": "ADD", "path": "Name.GivenName", "value": "A"}),
            "/name/givenName",
            json!("A"),
        ),
        (
            json!({"op": "replace", "value": {"name.familyName": "B"}}),
            "/name/familyName",
            json!("B"),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {"givenName": "A"}}),
            "/name/familyName",
            json!("L"),
        ),
        (
            json!({"op": "add", "path": "displayName", "value": "A. L."}),
            "/displayName",
            json!("A. L."),
        ),
        (
            json!({"op": "remove", "path": "name"}),
            "/name",
            Value::Null,
        ),
        (
            json!({"op": "replace", "path": "name.givenName", "value": null}),
            "/name/givenName",
            Value::Null,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "a@y.test"}),
            "/emails/0/value",
            json!("a@y.test"),
        ),
        (
            json!({"op": "add", "path": "emails[type eq \"home\"].value", "value": "a@z.test"}),
            "/emails/1",
            json!({"type": "home", "value": "a@z.test"}),
        ),
        (
            json!({"op": "remove", "path": "emails[type eq \"work\"]"}),
            "/emails",
            json!([]),
        ),
        (
            json!({"op": "remove", "path": "emails[type eq \"work\"].value"}),
            "/emails/0",
            json!({"type": "work"}),
        ),
        (
            json!({"op": "replace", "value": {"emails[type eq \"work\"].value": "a@y.test"}}),
            "/emails/0/value",
            json!("a@y.test"),
        ),
        (
            json!({"op": "replace", "path": "emails", "value": [{"value": "n@x.test"}]}),
            "/emails/0/value",
            json!("n@x.test"),
        ),
        (
            json!({"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:userName", "value": "b"}),
            "/userName",
            json!("b"),
        ),
        // Of a schema that we do not have.
        (
            json!({"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "b"}),
            "/department",
            Value::Null,
        ),
        (
            json!({"op": "add", "value": {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"active": false}}}),
            "/active",
            json!(true),
        ),
        // What only we say is read over where a whole is sent back.
        (
            json!({"op": "replace", "value": {"id": "x", "userName": "c"}}),
            "/userName",
            json!("c"),
        ),
    ] {
        let patched =
            apply(&json!([operation]), &ada).unwrap_or_else(|bad| panic!("{operation}: {bad}"));
        let found = patched.pointer(at).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{operation}: {patched}");
    }
}

#[test]
fn members_come_and_go() {
    let group = json!({"displayName": "g", "members": [{"value": "1"}, {"value": "2"}]});
    for (operation, expected) in [
        (
            json!({"op": "add", "path": "members", "value": [{"value": "3"}, {"value": "1"}, {"value": "3"}]}),
            &["1", "2", "3"][..],
        ),
        (
            json!({"op": "add", "path": "members", "value": {"value": "3", "display": "c"}}),
            &["1", "2", "3"],
        ),
        (
            json!({"op": "add", "value": {"members": [{"value": "3"}]}}),
            &["1", "2", "3"],
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"1\"]"}),
            &["2"],
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"1\" or value eq \"2\"]"}),
            &[],
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"9\"]"}),
            &["1", "2"],
        ),
        (
            json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "2"}]}),
            &["1"],
        ),
        (json!({"op": "remove", "path": "members"}), &[]),
        (
            json!({"op": "replace", "path": "members", "value": [{"value": "7"}]}),
            &["7"],
        ),
        (
            json!({"op": "replace", "path": "members", "value": []}),
            &[],
        ),
        (
            json!({"op": "replace", "value": {"id": "x", "displayName": "h"}}),
            &["1", "2"],
        ),
    ] {
        let patched =
            apply(&json!([operation]), &group).unwrap_or_else(|bad| panic!("{operation}: {bad}"));
        let members = patched["members"].as_array().cloned().unwrap_or_default();
        let ids: Vec<_> = members
            .iter()
            .filter_map(|member| member["value"].as_str())
            .collect();
        assert_eq!(ids, expected, "{operation}");
    }
}

#[test]
fn operations_follow_each_other() {
    let operations = json!([
        {"op": "add", "path": "members", "value": [{"value": "1"}, {"value": "2"}]},
        {"op": "remove", "path": "members[value eq \"1\"]"},
        {"op": "replace", "path": "displayName", "value": "new"},
    ]);
    let patched = apply(&operations, &json!({"displayName": "old"}));
    assert_eq!(
        patched,
        Ok(json!({"displayName": "new", "members": [{"value": "2"}]}))
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let user = json!({"userName": "ada", "emails": [{"value": "a@x.test"}]});
    for (operations, expected) in [
        (json!([{"op": "remove"}]), BadPatch::NoTarget),
        (
            json!([{"op": "replace", "path": "emails[display eq \"x\"].value", "value": "y"}]),
            BadPatch::NoTarget,
        ),
        (
            json!([{"op": "replace", "path": "members[value eq \"x\"]", "value": {"value": "y"}}]),
            BadPatch::NoTarget,
        ),
        (json!([{"op": "add", "path": "userName"}]), BadPatch::Value),
        (json!([{"op": "add", "value": "x"}]), BadPatch::Value),
        (
            json!([{"op": "add", "path": "members", "value": [7]}]),
            BadPatch::Value,
        ),
        (
            json!([{"op": "replace", "path": "id", "value": "x"}]),
            BadPatch::ReadOnly,
        ),
        (
            json!([{"op": "add", "path": "groups", "value": [{"value": "x"}]}]),
            BadPatch::ReadOnly,
        ),
        (
            json!([{"op": "add", "path": "emails[type eq", "value": 1}]),
            BadPatch::Path,
        ),
        (
            json!([{"op": "add", "path": "emails[type]", "value": 1}]),
            BadPatch::Path,
        ),
        (
            json!([{"op": "add", "path": "name[type eq \"x\"]", "value": 1}]),
            BadPatch::Path,
        ),
        (
            json!([{"op": "add", "path": "a b", "value": 1}]),
            BadPatch::Path,
        ),
        (
            json!([{"op": "add", "path": 1, "value": 1}]),
            BadPatch::Path,
        ),
    ] {
        assert_eq!(apply(&operations, &user), Err(expected), "{operations}");
    }
    for body in [
        json!({}),
        json!([]),
        json!({"Operations": {}}),
        json!({"Operations": [1]}),
        json!({"Operations": [{"op": "move"}]}),
    ] {
        assert!(
            matches!(Patch::read(&body), Err(BadPatch::Syntax(_))),
            "{body}"
        );
    }
    let many = json!({"Operations": vec![json!({"op": "remove", "path": "name"}); 1001]});
    assert!(matches!(Patch::read(&many), Err(BadPatch::Syntax(_))));
    let none = Patch::read(&json!({"operations": []}));
    assert_eq!(none.map(|patch| patch.apply(&mut Map::new())), Ok(Ok(())));
}
