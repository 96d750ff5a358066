//! What is offered, in each state exactly what works in it.

use crate::commands::State;
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
    offer("LITERAL+", 7888),
    offer("ID", 2971),
    offer("ENABLE", 5161),
    offer("SASL-IR", 4959),
];

/// Once somebody is logged in.
const AFTER_LOGIN: &[Offer] = &[
    offer("IDLE", 2177),
    offer("COMPRESS=DEFLATE", 4978),
    offer("NAMESPACE", 2342),
    offer("CHILDREN", 3348),
    offer("UIDPLUS", 4315),
    offer("MOVE", 6851),
    offer("UNSELECT", 3691),
    offer("CONDSTORE", 7162),
    offer("QRESYNC", 7162),
    offer("ESEARCH", 4731),
    offer("WITHIN", 5032),
    offer("SORT", 5256),
    offer("SORT=DISPLAY", 5957),
    offer("ESORT", 5267),
    offer("THREAD=ORDEREDSUBJECT", 5256),
    offer("THREAD=REFERENCES", 5256),
    // A draft that builds on REFERENCES and was never an RFC.
    offer("THREAD=REFS", 5256),
    offer("SPECIAL-USE", 6154),
    offer("CREATE-SPECIAL-USE", 6154),
    offer("LIST-EXTENDED", 5258),
    offer("LIST-STATUS", 5819),
    offer("LIST-MYRIGHTS", 8440),
    offer("LIST-METADATA", 9590),
    offer("METADATA", 5464),
    offer("STATUS=SIZE", 8438),
    offer("OBJECTID", 8474),
    offer("SAVEDATE", 8514),
    offer("MULTIAPPEND", 3502),
    offer("ACL", 4314),
    // RFC 4314, 2.2: which of the newer rights are told apart.
    offer("RIGHTS=kxten", 4314),
    offer("UNAUTHENTICATE", 8437),
];

const fn offer(name: &'static str, rfc: u16) -> Offer {
    Offer { name, rfc }
}

/// The capability list, in the order in which it is written.
pub(crate) fn capabilities(state: State, security: Security, reuse: Reuse) -> Vec<&'static str> {
    let mut list: Vec<&'static str> = ALWAYS.iter().map(|offer| offer.name).collect();
    if state != State::NotAuthenticated {
        let is_refused = |name| reuse == Reuse::Refused && name == "UNAUTHENTICATE";
        let names = AFTER_LOGIN.iter().map(|offer| offer.name);
        list.extend(names.filter(|name| !is_refused(*name)));
        return list;
    }
    if let Security::Plain {
        may_starttls: true, ..
    } = security
    {
        list.push("STARTTLS");
    }
    if security.may_login() {
        list.extend(["AUTH=PLAIN", "AUTH=LOGIN"]);
    } else {
        list.push("LOGINDISABLED");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::capabilities;
    use crate::commands::State;
    use crate::node::{Reuse, Security};

    #[test]
    fn a_password_is_asked_for_only_where_it_is_safe() {
        let exposed = Security::Plain {
            may_login: false,
            may_starttls: true,
        };
        let before_tls = capabilities(State::NotAuthenticated, exposed, Reuse::Offered);
        assert!(before_tls.contains(&"LOGINDISABLED") && before_tls.contains(&"STARTTLS"));
        assert!(!before_tls.iter().any(|name| name.starts_with("AUTH=")));
        let after_tls = capabilities(State::NotAuthenticated, Security::Tls, Reuse::Offered);
        assert!(after_tls.contains(&"AUTH=PLAIN") && !after_tls.contains(&"LOGINDISABLED"));
        assert!(!after_tls.contains(&"STARTTLS"));
    }

    #[test]
    fn what_needs_a_login_is_offered_after_it() {
        let names = capabilities(State::Authenticated, Security::Tls, Reuse::Offered);
        assert!(names.contains(&"ACL") && names.contains(&"RIGHTS=kxten"));
        assert!(!names.contains(&"AUTH=PLAIN"));
    }

    #[test]
    fn a_connection_is_used_again_where_the_configuration_has_it() {
        let names = |reuse| capabilities(State::Authenticated, Security::Tls, reuse);
        assert!(names(Reuse::Offered).contains(&"UNAUTHENTICATE"));
        assert!(!names(Reuse::Refused).contains(&"UNAUTHENTICATE"));
    }
}
