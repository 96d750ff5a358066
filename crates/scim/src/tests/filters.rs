//! What filters find, and what is none.

use mail::limits::SCIM_FILTER_DEPTH_MAX;
use serde_json::json;

use crate::{BadFilter, Filter, ResourceKind};

#[test]
fn a_filter_holds_or_does_not() {
    let ada = json!({
        "id": "0a", "externalId": "Ext-1", "userName": "Ada@example.org", "active": true, "displayName": "Ada \"L\" Ö",
        "emails": [{"value": "ada@example.org", "type": "work", "primary": true}, {"value": "a@home.test", "type": "home"}],
        "members": [{"value": "17"}, {"value": "18"}],
        "nothing": "",
    });
    for (filter, expected) in [
        (r#"userName eq "ada@EXAMPLE.org""#, true),
        (r#"USERNAME EQ "ada@example.org""#, true),
        (r#"userName eq "ada""#, false),
        (
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada""#,
            true,
        ),
        (r#"externalId eq "Ext-1""#, true),
        (r#"externalId eq "ext-1""#, false),
        (r#"externalid co "xt""#, true),
        (r#"id eq "0A""#, false),
        (r#"userName ew ".ORG""#, true),
        (r#"userName ne "bo""#, true),
        (r#"displayName eq "ada \"l\" ö""#, true),
        (r#"displayName eq "ada \u0022l\u0022 \u00d6""#, true),
        ("active eq true", true),
        ("active eq False", false),
        (r#"active eq "True""#, true),
        ("active ne true", false),
        ("active eq 1", false),
        ("emails pr", true),
        ("nothing pr", false),
        ("title pr", false),
        ("title eq null", true),
        ("title ne null", false),
        (r#"emails eq "a@home.test""#, true),
        (r#"emails.value co "HOME""#, true),
        (r#"emails.type eq "work""#, true),
        (r#"emails[type eq "work" and value co "@example"]"#, true),
        (r#"emails[type eq "work" and value co "@home"]"#, false),
        (r#"members.value eq "18""#, true),
        (r#"members[value eq "19"]"#, false),
        (r#"not (userName eq "bo")"#, true),
        (r#"not(userName eq "bo")"#, true),
        // `and` binds more than `or`.
        (r#"userName pr or title pr and title pr"#, true),
        (r#"(userName pr or title pr) and title pr"#, false),
        (r#"title pr and title pr or userName pr"#, true),
        (
            r#"userName eq "ada@example.org" and not (active eq false)"#,
            true,
        ),
    ] {
        let parsed = Filter::parse(filter).unwrap_or_else(|bad| panic!("{filter}: {bad}"));
        assert_eq!(parsed.holds(&ada), expected, "{filter}");
    }
}

#[test]
fn what_is_no_filter_is_said_to_be_none() {
    for filter in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq ada",
        r#"userName eq "ada"#,
        r#"userName eq "ada" "bo""#,
        r#"userName eq "ada" and"#,
        r#"and userName eq "ada""#,
        r#"userName is "ada""#,
        r#"(userName eq "ada""#,
        r#"userName eq "ada")"#,
        r#"emails[type eq "work""#,
        r#"emails[]"#,
        r#"emails[primary eq true].value"#,
        r#"meta.lastModified gt "2027""#,
        r#"1name eq "ada""#,
        r#"a.b.c eq "ada""#,
        r#"userName eq ["ada"]"#,
        r#"not userName eq "ada""#,
        "userName eq \"\\\"",
        "ü eq 1",
    ] {
        let bad = Filter::parse(filter);
        assert!(
            matches!(bad, Err(BadFilter::Syntax(_))),
            "{filter}: {bad:?}"
        );
    }
    for (open, close) in [("(", ")"), ("not (", ")"), ("a[", "]")] {
        let nested = format!("{}a pr{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(Filter::parse(&nested), Err(BadFilter::TooDeep), "{open}");
    }
    let long = "a pr and ".repeat(SCIM_FILTER_DEPTH_MAX - 1) + "a pr";
    assert!(Filter::parse(&long).is_ok());
    let longer = format!("{long} or a pr");
    assert_eq!(Filter::parse(&longer), Err(BadFilter::TooDeep));
}

#[test]
fn what_nobody_is_found_by_is_said() {
    let user = ResourceKind::User.filterable();
    for (filter, is_known) in [
        (r#"userName eq "a""#, true),
        (r#"EMAILS.VALUE eq "a""#, true),
        (r#"emails[Value eq "a" or type pr]"#, true),
        (r#"emails[display eq "a"]"#, false),
        (r#"emails.value[value eq "a"]"#, false),
        (r#"emails[emails[value pr]]"#, false),
        (r#"members.value eq "a""#, false),
        (r#"title eq "a""#, false),
        (r#"userName pr and not (title pr)"#, false),
        (
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:userName eq "a""#,
            false,
        ),
    ] {
        let filter_read = Filter::parse(filter);
        let checked = filter_read.map(|filter| filter.check(user).is_ok());
        assert_eq!(checked, Ok(is_known), "{filter}");
    }
}

#[test]
fn what_a_filter_requires_can_be_looked_up() {
    for (filter, expected) in [
        (r#"userName eq "a""#, Some("a")),
        (r#"active eq true and username eq "a""#, Some("a")),
        (r#"userName eq "a" or active eq true"#, None),
        (r#"not (userName eq "a")"#, None),
        (r#"userName co "a""#, None),
    ] {
        let filter_read = Filter::parse(filter).unwrap_or_else(|bad| panic!("{bad}"));
        assert_eq!(filter_read.required("userName"), expected, "{filter}");
    }
}
