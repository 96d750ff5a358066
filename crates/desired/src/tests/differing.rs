//! What follows of a file for what there is.

use super::{plan_of, words};
use crate::{CurrentAccount, CurrentState, Prune, Source, TreeName};

/// What there is after a file was applied to nothing, but for an administrator.
fn after(text: &str) -> CurrentState {
    let mut current = CurrentState::default();
    let admin = CurrentAccount {
        is_admin: true,
        ..CurrentAccount::default()
    };
    current.accounts.insert("admin".to_owned(), admin);
    super::random::carry_out(&plan_of(text, &current, Prune::Nothing), &mut current);
    current
}

const BEFORE: &str = "
    [account.ada]
    addresses = [\"ada@example.org\"]
    [account.bo]
    disabled = true
    [group.support]
    members = [\"ada\", \"bo\"]
    [group.old]
    [mailbox.support]
    rights = { ada = \"manager\", bo = \"lrs\" }
    private = [\"\\\\Seen\"]
    addresses = [\"support@example.org\", \"help@example.org\"]
    quota = { storage = 10 }
    [mailbox.\"support/Sent\"]
    special_use = \"\\\\Sent\"
    [mailbox.\"support/Old/Deep\"]
    rights = { bo = \"lr\" }
    [mailbox.other]
    rights = {}
";

#[test]
fn only_what_differs_changes() {
    let current = after(BEFORE);
    assert_eq!(
        words(&plan_of(BEFORE, &current, Prune::WithMail)),
        ["- mailbox other"; 0]
    );
    for (text, expected) in [
        ("[account.ada]", &[][..]),
        (
            "[account.cleo]\nadmin = true\ndisabled = true",
            &[
                "+ account cleo, administers the site",
                "~ account cleo: disabled",
            ],
        ),
        (
            "[account.ada]\nadmin = true",
            &["no account ada does not administer the site, which cannot be changed"],
        ),
        ("[account.bo]\ndisabled = false", &["~ account bo: enabled"]),
        (
            "[account.admin]\ndisabled = true",
            &[
                "~ account admin: disabled",
                "no nobody would administer the site: an account needs admin = true",
            ],
        ),
        (
            "[account.ada]\naddresses = [\"a@example.org\"]\nquota = { messages = 5 }",
            &[
                "~ account ada: quota messages 5, was none",
                "- account ada: address ada@example.org",
                "+ account ada: address a@example.org",
            ],
        ),
        (
            "[account.eve]\nsource = \"directory\"",
            &["note account eve: the directory has not brought it yet"],
        ),
        (
            "[group.support]\nmembers = [\"group:old\", \"ada\"]",
            &["- group support: bo", "+ group support: group:old"],
        ),
        (
            "[group.new]\nmembers = [\"eve\"]",
            &["+ group new", "no group new: there is no eve"],
        ),
        (
            "[account.eve]\nsource = \"directory\"\n[group.support]\nmembers = [\"ada\", \"bo\", \"eve\"]",
            &[
                "note account eve: the directory has not brought it yet",
                "note group support: eve comes when the directory brings it",
            ],
        ),
        (
            "[mailbox.support]\nrights = { bo = \"editor\", carl = \"lr\" }",
            &[
                "- mailbox support: ada manager",
                "~ mailbox support: bo editor, was viewer",
                "+ mailbox support: carl lr",
                "note there is no carl yet, who is named in lists",
            ],
        ),
        (
            "[mailbox.support]\nprivate = []\nquota = {}\naddresses = [\"support@example.org\"]",
            &[
                "~ mailbox support: quota none, was storage 10",
                "~ mailbox support: private flags none, was \\Seen",
                "- mailbox support: address help@example.org",
            ],
        ),
        (
            "[mailbox.\"support/Sent\"]\nspecial_use = \"\"\nrights = { ada = \"lr\" }",
            &[
                "~ mailbox support/Sent: special use none, was \\Sent",
                "~ mailbox support/Sent: a list of its own",
                "+ mailbox support/Sent: ada lr",
            ],
        ),
        (
            "[mailbox.support]\n[mailbox.\"support/Old/Deep\"]\nrights = \"inherited\"",
            &["~ mailbox support/Old/Deep: the list of the mailbox above, not its own (bo lr)"],
        ),
        (
            "[alias]\n\"Old@example.org\" = [\"x@example.org\"]\n\"@old.example\" = [\"@example.org\"]",
            &[
                "+ alias @old.example: @example.org",
                "+ alias Old@example.org: x@example.org",
            ],
        ),
        (
            "[mailbox.new]\naddresses = [\"new@example.org\"]\n[mailbox.\"new/Sent\"]\nprivate = [\"\\\\Flagged\"]",
            &[
                "+ mailbox new",
                "+ mailbox new/Sent",
                "+ mailbox new/Sent: private flags \\Flagged",
                "+ mailbox new: address new@example.org",
                "note mailbox new: nobody is in its list",
                "note mailbox new: only who is in its list may post to its addresses, unless that says anyone = \"p\"",
            ],
        ),
    ] {
        assert_eq!(
            words(&plan_of(text, &current, Prune::Nothing)),
            expected,
            "{text}"
        );
    }
}

#[test]
fn what_is_not_named_goes_only_when_asked_and_where_the_file_speaks_of_it() {
    let mut current = after(BEFORE);
    let one = "[mailbox.support]\n[mailbox.\"support/Old\"]\n";
    for (prune, expected) in [
        (Prune::Nothing, &["+ mailbox support/Old"][..]),
        (
            Prune::WithoutMail,
            &[
                "- mailbox support/Sent",
                "- mailbox support/Old/Deep",
                "+ mailbox support/Old",
            ],
        ),
    ] {
        assert_eq!(words(&plan_of(one, &current, prune)), expected);
    }
    current
        .mailboxes
        .get_mut("support/Sent")
        .unwrap()
        .message_count = 2;
    let sent = "[mailbox.support]\n[mailbox.\"support/Old/Deep\"]\n";
    assert_eq!(
        words(&plan_of(sent, &current, Prune::WithoutMail)),
        [
            "- mailbox support/Sent, with 2 messages",
            "no mailbox support/Sent holds mail (2), which only --with-mail deletes",
        ]
    );
    assert_eq!(
        words(&plan_of(sent, &current, Prune::WithMail)),
        ["- mailbox support/Sent, with 2 messages"]
    );
    let all = "complete = [\"accounts\", \"groups\", \"mailboxes\"]\n[account.admin]\n[group.support]\nmembers = []\n\
               [mailbox.\"support/Old/Deep\"]\n";
    assert_eq!(
        words(&plan_of(all, &current, Prune::WithMail)),
        [
            "- group support: ada",
            "- group support: bo",
            "- mailbox other",
            "- mailbox support/Sent, with 2 messages",
            "~ account ada: disabled",
            "- group old, with its entries in lists",
            "note mailbox support stays: there are others below it",
        ]
    );
    assert_eq!(
        words(&plan_of(all, &current, Prune::Nothing)),
        ["- group support: ada", "- group support: bo"]
    );
}

#[test]
fn what_a_directory_keeps_is_the_directorys_to_change() {
    let mut current = after(BEFORE);
    current.accounts.get_mut("ada").unwrap().source = Source::Directory;
    current.groups.get_mut("support").unwrap().source = Source::Directory;
    for (text, expected) in [
        (
            "[account.ada]\ndisabled = false\n[group.support]\nmembers = [\"bo\", \"ada\"]",
            &[][..],
        ),
        (
            "[account.ada]\ndisabled = true",
            &["no account ada: the directory says who may log in; change it there"],
        ),
        (
            "[group.support]\nmembers = [\"bo\"]",
            &["no group support: the directory says who is in it; change it there"],
        ),
        (
            "[account.ada]\nsource = \"directory\"\nquota = { storage = 1 }\n[group.support]\nsource = \"directory\"",
            &["~ account ada: quota storage 1, was none"],
        ),
        (
            "[account.bo]\nsource = \"directory\"",
            &["note account bo is kept by hand: the directory has not taken it over yet"],
        ),
        (
            "complete = [\"accounts\", \"groups\"]\n[account.admin]\n[account.bo]\n[group.old]",
            &[
                "note account ada stays: the directory keeps it",
                "note group support stays: the directory keeps it",
            ],
        ),
    ] {
        assert_eq!(
            words(&plan_of(text, &current, Prune::WithMail)),
            expected,
            "{text}"
        );
    }
}

#[test]
fn each_tree_is_a_transaction_by_what_it_was_like() {
    let mut current = after(BEFORE);
    current
        .versions
        .insert(TreeName::Shared("support".to_owned()), "v".to_owned());
    let text = "[account.ada]\nquota = { storage = 1 }\n\
                [mailbox.support]\nquota = { storage = 1 }\n[mailbox.\"support/Sent\"]\nprivate = []\n\
                [mailbox.new]\nrights = {}\n";
    let plan = plan_of(text, &current, Prune::Nothing);
    let trees: Vec<_> = plan
        .trees
        .iter()
        .map(|change| (&change.tree, change.version.as_str(), change.steps.len()))
        .collect();
    assert_eq!(
        trees,
        [
            (&TreeName::Account("ada".to_owned()), "", 1),
            (&TreeName::Shared("new".to_owned()), "", 1),
            (&TreeName::Shared("support".to_owned()), "v", 2),
        ]
    );
}

#[test]
fn an_address_of_two_mailboxes_is_told_of() {
    let text = "[mailbox.support]\naddresses = [\"support@example.org\"]
        [mailbox.other]\nrights = { ada = \"editor\", anyone = \"p\" }\naddresses = [\"Support@example.org\", \"new@example.org\"]
        [account.ada]\naddresses = [\"ada@example.org\", \"help@example.org\"]";
    let plan = plan_of(text, &after(BEFORE), Prune::Nothing);
    // Help goes from the team's mailbox to her own.
    assert_eq!(
        plan.notes,
        [
            "address Support@example.org leads to mailbox other and mailbox support then: only who may send for each of them may send as it, and no copies are filed"
        ]
    );
}
