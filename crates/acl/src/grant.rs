//! What may be granted to whom, and how LISTRIGHTS says it.

use crate::{Rights, Subject, Who};

/// Who may give rights to `anyone`, `authenticated` and `anonymous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Everybody {
    /// Site administrators only.
    ByAdministrators,
    /// Whoever holds `a` on the mailbox.
    ByAnyAdministrator,
}

/// The answer to LISTRIGHTS, in the letters of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRights {
    /// What the identifier always holds.
    pub required: String,
    /// What it can be granted besides; letters in one string are granted together or not at all.
    pub optional: Vec<String>,
}

/// The rights that `granter`, who holds `a`, may give to `subject`. Taking is always allowed.
#[must_use]
pub fn grantable(subject: &Subject, granter: &Who, everybody: Everybody) -> Rights {
    let is_reserved = match everybody {
        Everybody::ByAdministrators => !granter.is_admin,
        Everybody::ByAnyAdministrator => false,
    };
    if is_reserved && subject.identifier.is_everybody() && !subject.is_negative {
        Rights::NONE
    } else {
        Rights::ALL
    }
}

/// What SETACL can do for `subject`, to whom `implied` rights always belong.
///
/// No two rights are tied here. `c` and `d` stand alone beside their members, as they do wherever
/// no member is tied to a right outside (RFC 4314, 2.1.1).
#[must_use]
pub fn list_rights(subject: &Subject, implied: Rights, grantable: Rights) -> ListRights {
    // A negative entry holds nothing by itself, and cannot take what is implied.
    let required = if subject.is_negative {
        Rights::NONE
    } else {
        implied
    };
    let required_letters = required.to_string();
    let optional = grantable
        .without(implied)
        .letters()
        // No letter twice (RFC 4314, 3.7): `c` may stand in `required` for one of its members.
        .filter(|letter| !required_letters.contains(*letter))
        .map(String::from)
        .collect();
    ListRights {
        required: required_letters,
        optional,
    }
}
