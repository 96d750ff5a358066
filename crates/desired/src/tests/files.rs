//! What files say, and where they are wrong.

use acl::{Rights, Role, Subject};

use super::parse;
use crate::{DesiredKey, DesiredList, Section, Source, reference};

#[test]
fn a_file_says_what_there_shall_be() {
    let state = parse(
        "complete = [\"groups\"]\n\
         [account.Ada]\n\
         admin = true\n\
         hash = \"$6$x\"\n\
         folders = true\n\
         addresses = [\"Ada@Example.ORG\"]\n\
         quota = { storage = 1024, mailboxes = 0x10 }\n\
         [account.bo]\n\
         source = \"directory\"\n\
         [group.support]\n\
         members = [\"Ada\", \"$night\", \"group:night\"]\n\
         [mailbox.support]\n\
         rights = { ADA = \"manager\", \"-group:Night\" = \"e\", anyone = \"p\" }\n\
         private = [\"keyword\", \"\\\\Flagged\"]\n\
         addresses = [\"@example.org\", \"postmaster\"]\n\
         folders = true\n\
         [mailbox.\"support/Trash\"]\n\
         special_use = \"\"\n\
         rights = {}\n",
    )
    .unwrap();
    assert!(state.complete.contains(&Section::Groups));
    let ada = &state.accounts["ada"];
    assert_eq!(
        (ada.is_admin, ada.is_disabled, ada.has_folders),
        (Some(true), None, true)
    );
    assert_eq!(
        ada.addresses.as_ref().unwrap()["ada@example.org"],
        "Ada@Example.ORG"
    );
    let quota = ada.quota.unwrap();
    assert_eq!(
        (quota.storage, quota.message, quota.mailbox),
        (Some(1024), None, Some(16))
    );
    assert_eq!(state.accounts["bo"].source, Source::Directory);
    let members: Vec<_> = state.groups["support"]
        .members
        .as_ref()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(members, ["ada", "group:night"]);
    let support = &state.mailboxes["support"];
    let Some(DesiredList::Own(list)) = &support.list else {
        panic!("{support:?}");
    };
    let entry = |name: &str| list[&Subject::parse(name).unwrap()];
    assert_eq!(entry("ada"), Role::Manager.rights());
    assert_eq!(entry("-group:night"), Rights::parse("e").unwrap());
    assert_eq!(
        support.private.as_ref().unwrap().to_string(),
        "\\Flagged keyword"
    );
    let addresses: Vec<_> = support.addresses.as_ref().unwrap().iter().collect();
    let expected = [
        ("@example.org", "@example.org"),
        ("postmaster@", "postmaster"),
    ];
    assert!(
        addresses
            .iter()
            .map(|(key, spelling)| (key.as_str(), spelling.as_str()))
            .eq(expected)
    );
    // Folders are as tables of their own would say, and these say more.
    let sent = &state.mailboxes["support/Sent"];
    assert_eq!(sent.special_use, Some(Some("\\Sent".to_owned())));
    assert_eq!(sent.list, Some(DesiredList::Inherited));
    let trash = &state.mailboxes["support/Trash"];
    assert_eq!(trash.special_use, Some(None));
    assert!(matches!(&trash.list, Some(DesiredList::Own(list)) if list.is_empty()));
}

#[test]
fn whoever_wrote_it_is_told_where_it_is_wrong() {
    for (text, expected) in [
        (
            "accounts = 1",
            "1:1: unknown key accounts: there are complete, account, group, mailbox and alias",
        ),
        (
            "account = 1",
            "1:11: account is a table for each: [account.NAME]",
        ),
        (
            "[account]\nada = 1",
            "1:1: account is a table for each: [account.NAME]",
        ),
        (
            "complete = [\"all\"]",
            "1:13: \"all\" is none of accounts, groups, mailboxes and aliases",
        ),
        (
            "[group.x]\n  mebmers = []",
            "2:3: unknown key mebmers: group has source, members",
        ),
        (
            "[account.ada]\nadmin = \"yes\"",
            "2:9: admin is true or false",
        ),
        ("[account.ada]\nhash = \"secret\"", "2:8: that is no hash"),
        (
            "[account.ada]\npassword = \"secret\"",
            "2:1: unknown key password: account has ",
        ),
        (
            "[account.ada]\nsource = \"directory\"\ndisabled = true",
            "3:1: disabled is said by the directory",
        ),
        (
            "[account.ada]\nsource = \"ldap\"",
            "2:10: source is \"directory\", not \"ldap\"",
        ),
        (
            "[account.ada]\n[account.ADA]",
            "2:10: ada stands here twice",
        ),
        ("[account.ada]\n[account.ada]", "2:10: "),
        ("[account.\"a/b\"]", "1:10: \"a/b\" is no name"),
        (
            "[account.ada]\nquota = 1",
            "2:9: quota is a table, in braces",
        ),
        (
            "[account.ada]\nquota = { bytes = 1 }",
            "2:11: unknown key bytes: quota has storage, messages, mailboxes",
        ),
        (
            "[account.ada]\nquota = { storage = -1 }",
            "2:21: storage is a number, 0 or more",
        ),
        (
            "[account.ada]\naddresses = [\"x\"]",
            "2:14: x: an address is local@domain",
        ),
        (
            "[account.ada]\naddresses = [\"a@b\", \"A@B\"]",
            "2:21: A@B stands here twice",
        ),
        (
            "[group.x]\nmembers = [\"anyone\"]",
            "2:12: \"anyone\" is no user and no group:name",
        ),
        (
            "[group.x]\nmembers = [1]",
            "2:12: members is a text in quotes",
        ),
        ("[mailbox.\"a//b\"]", "1:10: a//b: "),
        ("[mailbox.inbox]", "1:10: INBOX is no shared mailbox"),
        (
            "[mailbox.a]\nrights = \"inherit\"",
            "2:10: rights is a table, in braces, or \"inherited\"",
        ),
        (
            "[mailbox.a]\nrights = \"inherited\"",
            "1:10: a has no mailbox above it here whose list it could have",
        ),
        (
            "[mailbox.a]\nrights = { ada = \"boss\" }",
            "2:18: \"boss\" is neither a role nor letters: ",
        ),
        (
            "[mailbox.a]\nrights = { ada = \"\" }",
            "2:18: an entry without rights is none: leave it out",
        ),
        (
            "[mailbox.a]\nrights = { ada = \"l\", Ada = \"r\" }",
            "2:23: Ada stands here twice",
        ),
        (
            "[mailbox.a]\nprivate = [\"\\\\Deleted\"]",
            "2:12: \\Deleted is never private",
        ),
        (
            "[mailbox.a]\nspecial_use = \"\\\\All\"",
            "2:15: \"\\\\All\" is no special use of RFC 6154",
        ),
        (
            "[alias]\n\"a@b.c\" = [\"@b.c\"]",
            "2:1: a domain, and nothing else, may be another name of one domain",
        ),
        (
            "[alias]\n\"a@b.c\" = \"d@b.c\"",
            "2:11: a@b.c is a list of texts, in brackets",
        ),
        ("alias = 1", "1:9: alias is a table, in braces"),
        ("[mailbox.ä]\n", "1:10: "),
        ("[mailbox.a\n", "1:11: "),
        ("a = \"\u{e4}\u{e4}\" b", "1:10: "),
    ] {
        let mistakes = mistakes_in(text);
        let [mistake] = mistakes.as_slice() else {
            panic!("{text}: {mistakes:?}");
        };
        assert!(mistake.starts_with(expected), "{text}: {mistake}");
        assert!(!mistake.contains('\n'), "{mistake}");
    }
}

fn mistakes_in(text: &str) -> Vec<String> {
    let mistakes = parse(text).unwrap_err();
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn each_table_is_told_its_own_mistake() {
    let mistakes = mistakes_in(
        "[account.ada]\nadmin = 1\n[account.bo]\nadmn = true\n[account.cleo]\n\
         [group.x]\nmembers = 1\nother = 1\n\
         [mailbox.a]\nrights = 1\n[mailbox.\"a/b\"]\nrights = \"inherited\"\n\
         [mailbox.b]\nrights = \"inherited\"\n[more]",
    );
    let places: Vec<_> = mistakes
        .iter()
        .map(|mistake| mistake.split(": ").next().unwrap_or_default())
        .collect();
    assert_eq!(
        places,
        ["4:1", "2:9", "8:1", "10:10", "13:10", "15:2"],
        "{mistakes:?}"
    );
}

#[test]
fn the_reference_has_every_key_and_is_a_file() {
    let reference = reference();
    assert_eq!(
        reference,
        include_str!("../../../../docs/desired-state.toml")
    );
    let uncommented: String = reference
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| !line.starts_with(' ') && !line.starts_with("source"))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let state = parse(&format!("{uncommented}[mailbox.support]\n")).unwrap();
    assert_eq!((state.complete.len(), state.aliases.len()), (4, 2));
    for key in DesiredKey::ALL {
        assert!(
            reference.contains(&format!("\n#{} = ", key.name)),
            "{}",
            key.name
        );
    }
}

#[test]
fn the_example_of_the_deployment_is_a_file() {
    let state = parse(include_str!(
        "../../../../deploy/kustomize/components/desired-state/site.toml"
    ))
    .unwrap();
    assert_eq!(state.mailboxes.len(), 3);
}
