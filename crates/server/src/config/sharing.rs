//! `[names]` and `[acl]`: what shared mailboxes are called, and who may open them to whom.

use acl::Everybody;
use mail::Namespaces;
use session::SubscribeOnGrant;

use super::form::Form;
use super::setting::Choice;

/// The settings of `[acl]`: to whom users may open mailboxes.
#[derive(Clone, Copy, Debug)]
pub struct AclConfig {
    /// Who may give rights to people whom nobody chose one by one.
    pub everybody: Everybody,
}

impl Choice for Everybody {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("admins", Self::ByAdministrators),
        ("all", Self::ByAnyAdministrator),
    ];
}

impl Choice for SubscribeOnGrant {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("always", Self::Always), ("never", Self::Never)];
}

pub(super) fn fill_namespaces(form: &mut Form) -> Namespaces {
    let others: String = form.take(
        "names.others",
        "Other Users",
        "The first level of other users' mailboxes (RFC 2342).",
    );
    let shared: String = form.take(
        "names.shared",
        "Shared Folders",
        "The first level of mailboxes that nobody owns.",
    );
    Namespaces::new(&others, &shared).unwrap_or_else(|_| {
        form.check(
            false,
            "names.others",
            "and names.shared must be two different single levels of a mailbox name",
        );
        Namespaces::default()
    })
}

impl AclConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        Self {
            everybody: form.choose(
                "acl.anyone_grantable_by",
                Everybody::ByAdministrators,
                "Who may give rights to anyone, authenticated, anonymous and whole domains: site \
                 administrators only, or all who administer the mailbox.",
            ),
        }
    }
}
