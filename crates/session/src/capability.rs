//! What is offered, in each state exactly what works in it.

use std::borrow::Cow;

use auth::{Mechanism, PasswordMechanism, ScramMechanism};

use crate::conversation::state::State;
use crate::message_limit::MessageLimit;
use crate::node::{Reuse, Security};

/// A capability and the RFC that says what it promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// As CAPABILITY writes it.
    name: &'static str,
    /// The number of the RFC, which `cargo xtask conformance` reads here.
    rfc: u16,
}

/// In every state.
const ALWAYS: &[Offer] = &[
    offer("IMAP4rev1", 3501),
    offer("IMAP4rev2", 9051),
    offer("LITERAL+", 7888),
    offer("ID", 2971),
    offer("ENABLE", 5161),
    offer("SASL-IR", 4959),
];

/// Until somebody is logged in, where TLS can begin.
const BEFORE_TLS: &[Offer] = &[offer("STARTTLS", 9051)];

/// Until somebody is logged in, where a password is safe: each where its mechanism is offered.
const MECHANISMS: &[Offer] = &[
    offer("AUTH=EXTERNAL", 4422),
    offer("AUTH=SCRAM-SHA-256-PLUS", 7677),
    offer("AUTH=SCRAM-SHA-256", 7677),
    offer("AUTH=OAUTHBEARER", 7628),
    // Never an RFC; this one took its place.
    offer("AUTH=XOAUTH2", 7628),
    offer("AUTH=PLAIN", 4616),
    // A draft that was never an RFC; this one has the command and the word AUTH.
    offer("AUTH=LOGIN", 9051),
];

/// Until somebody is logged in, where a password would be exposed, or none is taken.
const WITHOUT_PASSWORD: &[Offer] = &[offer("LOGINDISABLED", 9051)];

/// Once somebody is logged in.
const AFTER_LOGIN: &[Offer] = &[
    offer("IDLE", 2177),
    offer("COMPRESS=DEFLATE", 4978),
    offer("NAMESPACE", 2342),
    offer("CHILDREN", 3348),
    offer("UIDPLUS", 4315),
    offer("MOVE", 6851),
    offer("UNSELECT", 3691),
    offer("UIDONLY", 9586),
    offer("CONDSTORE", 7162),
    offer("QRESYNC", 7162),
    offer("UTF8=ACCEPT", 6855),
    offer("ESEARCH", 4731),
    offer("SEARCHRES", 5182),
    offer("MULTISEARCH", 7377),
    offer("FILTERS", 5466),
    offer("SEARCH=FUZZY", 6203),
    offer("PARTIAL", 9394),
    offer("UIDBATCHES", 10022),
    offer("WITHIN", 5032),
    offer("SORT", 5256),
    offer("SORT=DISPLAY", 5957),
    offer("ESORT", 5267),
    offer("CONTEXT=SEARCH", 5267),
    offer("CONTEXT=SORT", 5267),
    offer("THREAD=ORDEREDSUBJECT", 5256),
    offer("THREAD=REFERENCES", 5256),
    // A draft that builds on REFERENCES and was never an RFC.
    offer("THREAD=REFS", 5256),
    offer("I18NLEVEL=1", 5255),
    offer("SPECIAL-USE", 6154),
    offer("CREATE-SPECIAL-USE", 6154),
    offer("LIST-EXTENDED", 5258),
    offer("LIST-STATUS", 5819),
    offer("LIST-MYRIGHTS", 8440),
    offer("LIST-METADATA", 9590),
    offer("METADATA", 5464),
    offer("NOTIFY", 5465),
    offer("INPROGRESS", 9585),
    offer("STATUS=SIZE", 8438),
    offer("OBJECTID", 8474),
    offer("SAVEDATE", 8514),
    offer("QUOTA", 9208),
    offer("QUOTA=RES-STORAGE", 9208),
    offer("QUOTA=RES-MESSAGE", 9208),
    offer("QUOTA=RES-MAILBOX", 9208),
    offer("QUOTASET", 9208),
    offer("BINARY", 3516),
    offer("REPLACE", 8508),
    offer(APPEND_LIMIT, 7889),
    offer(MESSAGE_LIMIT, 9738),
    offer(SAVE_LIMIT, 9738),
    offer("CATENATE", 4469),
    offer("PREVIEW", 8970),
    offer("MULTIAPPEND", 3502),
    offer("ACL", 4314),
    // RFC 4314, 2.2: which of the newer rights are told apart.
    offer("RIGHTS=kxten", 4314),
    offer("UNAUTHENTICATE", 8437),
];

/// Told with the largest message that is taken.
const APPEND_LIMIT: &str = "APPENDLIMIT";

/// Told with the messages that one command may be about, where the configuration bounds them.
const MESSAGE_LIMIT: &str = "MESSAGELIMIT";

/// The same of COPY and APPEND alone.
const SAVE_LIMIT: &str = "SAVELIMIT";

const fn offer(name: &'static str, rfc: u16) -> Offer {
    Offer { name, rfc }
}

/// What decides what is offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'c> {
    pub(crate) state: State,
    pub(crate) security: Security,
    /// Whether both ends can tell this TLS connection from every other.
    pub(crate) has_binding: bool,
    /// Whether the client has shown a certificate.
    pub(crate) has_certificate: bool,
    pub(crate) mechanisms: &'c [Mechanism],
    pub(crate) reuse: Reuse,
    pub(crate) message_bytes_max: usize,
    pub(crate) message_limit: MessageLimit,
}

impl Circumstances<'_> {
    /// Whether somebody may log in by this mechanism.
    pub(crate) fn offers(&self, mechanism: Mechanism) -> bool {
        let is_possible = match mechanism {
            Mechanism::External => self.has_certificate,
            Mechanism::Scram(ScramMechanism::Bound) => self.has_binding,
            Mechanism::Scram(ScramMechanism::Unbound)
            | Mechanism::Bearer(_)
            | Mechanism::Password(_) => true,
        };
        is_possible && self.mechanisms.contains(&mechanism)
    }

    /// Whether LOGIN is answered: it is as good as a mechanism that sends the password.
    pub(crate) fn takes_passwords(&self) -> bool {
        let mut with_password = PasswordMechanism::ALL.into_iter();
        with_password.any(|mechanism| self.offers(Mechanism::Password(mechanism)))
    }
}

/// The capability list, in the order in which it is written.
pub(crate) fn capabilities(circumstances: &Circumstances<'_>) -> Vec<Cow<'static, str>> {
    let Circumstances {
        state,
        security,
        reuse,
        message_bytes_max,
        message_limit,
        ..
    } = *circumstances;
    let with = |name, limit: Option<u32>| limit.map(|limit| format!("{name}={limit}").into());
    let told = |offer: &Offer| match offer.name {
        APPEND_LIMIT => Some(format!("{APPEND_LIMIT}={message_bytes_max}").into()),
        MESSAGE_LIMIT => with(MESSAGE_LIMIT, message_limit.announced()),
        SAVE_LIMIT => with(SAVE_LIMIT, message_limit.announced_for_saving()),
        name => Some(Cow::Borrowed(name)),
    };
    let mut list: Vec<_> = ALWAYS.iter().filter_map(told).collect();
    if state != State::NotAuthenticated {
        let is_refused = |name| reuse == Reuse::Refused && name == "UNAUTHENTICATE";
        let offers = AFTER_LOGIN.iter();
        list.extend(
            offers
                .filter(|offer| !is_refused(offer.name))
                .filter_map(told),
        );
        return list;
    }
    if let Security::Plain {
        may_starttls: true, ..
    } = security
    {
        list.extend(BEFORE_TLS.iter().filter_map(told));
    }
    let may_login = security.may_login();
    if may_login {
        let is_offered = |offer: &&Offer| {
            let mechanism = offer.name.strip_prefix("AUTH=").and_then(Mechanism::parse);
            mechanism.is_some_and(|mechanism| circumstances.offers(mechanism))
        };
        list.extend(MECHANISMS.iter().filter(is_offered).filter_map(told));
    }
    if !(may_login && circumstances.takes_passwords()) {
        list.extend(WITHOUT_PASSWORD.iter().filter_map(told));
    }
    list
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use auth::{Mechanism, PasswordMechanism, ScramMechanism};

    use super::Circumstances;
    use crate::conversation::state::State;
    use crate::message_limit::MessageLimit;
    use crate::node::{Reuse, Security};

    fn capabilities(
        state: State,
        security: Security,
        reuse: Reuse,
        message_bytes_max: usize,
    ) -> Vec<Cow<'static, str>> {
        super::capabilities(&Circumstances {
            state,
            security,
            reuse,
            message_bytes_max,
            ..CIRCUMSTANCES
        })
    }

    const PLAIN: Mechanism = Mechanism::Password(PasswordMechanism::Plain);
    const SCRAM: Mechanism = Mechanism::Scram(ScramMechanism::Unbound);
    const CIRCUMSTANCES: Circumstances<'_> = Circumstances {
        state: State::NotAuthenticated,
        security: Security::Tls,
        has_binding: false,
        has_certificate: false,
        mechanisms: &[PLAIN],
        reuse: Reuse::Offered,
        message_bytes_max: 1,
        message_limit: MessageLimit::None,
    };

    #[test]
    fn a_certificate_is_asked_for_where_one_was_shown() {
        for has_certificate in [true, false] {
            let names = super::capabilities(&Circumstances {
                has_certificate,
                mechanisms: &[Mechanism::External, PLAIN],
                ..CIRCUMSTANCES
            });
            assert_eq!(
                names.contains(&Cow::Borrowed("AUTH=EXTERNAL")),
                has_certificate
            );
        }
    }

    #[test]
    fn mechanisms_are_offered_where_they_work() {
        let bound = Mechanism::Scram(ScramMechanism::Bound);
        for (mechanisms, has_binding, expected) in [
            (&[PLAIN][..], true, &["AUTH=PLAIN"][..]),
            (
                &[bound, SCRAM, PLAIN],
                false,
                &["AUTH=SCRAM-SHA-256", "AUTH=PLAIN"],
            ),
            (
                &[SCRAM, bound],
                true,
                &[
                    "AUTH=SCRAM-SHA-256-PLUS",
                    "AUTH=SCRAM-SHA-256",
                    "LOGINDISABLED",
                ],
            ),
            (&[bound], false, &["LOGINDISABLED"]),
        ] {
            let names = super::capabilities(&Circumstances {
                has_binding,
                mechanisms,
                ..CIRCUMSTANCES
            });
            let told: Vec<_> = names
                .iter()
                .filter(|name| name.starts_with("AUTH=") || *name == "LOGINDISABLED")
                .collect();
            assert_eq!(told, expected, "{mechanisms:?} {has_binding}");
        }
    }

    #[test]
    fn a_password_is_asked_for_only_where_it_is_safe() {
        let exposed = Security::Plain {
            may_login: false,
            may_starttls: true,
        };
        let before_tls = capabilities(State::NotAuthenticated, exposed, Reuse::Offered, 1);
        assert!(
            before_tls.contains(&"LOGINDISABLED".into()) && before_tls.contains(&"STARTTLS".into())
        );
        assert!(!before_tls.iter().any(|name| name.starts_with("AUTH=")));
        let after_tls = capabilities(State::NotAuthenticated, Security::Tls, Reuse::Offered, 1);
        assert!(
            after_tls.contains(&"AUTH=PLAIN".into())
                && !after_tls.contains(&"LOGINDISABLED".into())
        );
        assert!(!after_tls.contains(&"STARTTLS".into()));
    }

    #[test]
    fn what_needs_a_login_is_offered_after_it() {
        let names = capabilities(State::Authenticated, Security::Tls, Reuse::Offered, 9);
        assert!(names.contains(&"ACL".into()) && names.contains(&"RIGHTS=kxten".into()));
        assert!(names.contains(&"APPENDLIMIT=9".into()));
        assert!(!names.contains(&"AUTH=PLAIN".into()));
    }

    #[test]
    fn a_connection_is_used_again_where_the_configuration_has_it() {
        let names = |reuse| capabilities(State::Authenticated, Security::Tls, reuse, 1);
        assert!(names(Reuse::Offered).contains(&"UNAUTHENTICATE".into()));
        assert!(!names(Reuse::Refused).contains(&"UNAUTHENTICATE".into()));
    }

    #[test]
    fn limits_are_told_where_there_are_any() {
        for (limit, told) in [
            (MessageLimit::None, None),
            (MessageLimit::Saving(2000), Some("SAVELIMIT=2000")),
            (
                MessageLimit::Every {
                    announced: 1000,
                    enforced: None,
                },
                Some("MESSAGELIMIT=1000"),
            ),
        ] {
            let names = super::capabilities(&Circumstances {
                state: State::Authenticated,
                message_limit: limit,
                ..CIRCUMSTANCES
            });
            let limits: Vec<_> = names
                .iter()
                .filter(|name| name.contains("LIMIT") && !name.starts_with("APPEND"))
                .collect();
            assert_eq!(limits, Vec::from_iter(told));
        }
    }
}
