//! What is offered, in each state exactly what works in it.

use std::borrow::Cow;

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

/// Until somebody is logged in, where a password is safe.
const WITH_PASSWORD: &[Offer] = &[
    offer("AUTH=PLAIN", 4616),
    // A draft that was never an RFC; this one has the command and the word AUTH.
    offer("AUTH=LOGIN", 9051),
];

/// Until somebody is logged in, where a password would be exposed.
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

/// The capability list, in the order in which it is written.
pub(crate) fn capabilities(
    state: State,
    security: Security,
    reuse: Reuse,
    message_bytes_max: usize,
    message_limit: MessageLimit,
) -> Vec<Cow<'static, str>> {
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
    let of_passwords = if security.may_login() {
        WITH_PASSWORD
    } else {
        WITHOUT_PASSWORD
    };
    list.extend(of_passwords.iter().filter_map(told));
    list
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use crate::conversation::state::State;
    use crate::message_limit::MessageLimit;
    use crate::node::{Reuse, Security};

    fn capabilities(
        state: State,
        security: Security,
        reuse: Reuse,
        message_bytes_max: usize,
    ) -> Vec<Cow<'static, str>> {
        let unlimited = MessageLimit::None;
        super::capabilities(state, security, reuse, message_bytes_max, unlimited)
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
            let (state, reuse) = (State::Authenticated, Reuse::Offered);
            let names = super::capabilities(state, Security::Tls, reuse, 1, limit);
            let limits: Vec<_> = names
                .iter()
                .filter(|name| name.contains("LIMIT") && !name.starts_with("APPEND"))
                .collect();
            assert_eq!(limits, Vec::from_iter(told));
        }
    }
}
