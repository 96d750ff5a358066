//! What is offered, in each state exactly what works in it.

use crate::commands::State;
use crate::node::Security;

const ALWAYS: [&str; 5] = ["IMAP4rev1", "LITERAL+", "ID", "ENABLE", "SASL-IR"];

const AFTER_LOGIN: [&str; 19] = [
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UIDPLUS",
    "MOVE",
    "UNSELECT",
    "CONDSTORE",
    "QRESYNC",
    "ESEARCH",
    "WITHIN",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LIST-MYRIGHTS",
    "LIST-METADATA",
    "METADATA",
    "STATUS=SIZE",
    "MULTIAPPEND",
];

/// RFC 4314, 2.2: ACL, and which of the newer rights are told apart.
const RIGHTS: [&str; 2] = ["ACL", "RIGHTS=kxten"];

/// The capability list, in the order in which it is written.
pub(crate) fn capabilities(state: State, security: Security) -> Vec<&'static str> {
    let mut list = ALWAYS.to_vec();
    if state != State::NotAuthenticated {
        list.extend(AFTER_LOGIN);
        list.extend(RIGHTS);
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
    use crate::node::Security;

    #[test]
    fn a_password_is_asked_for_only_where_it_is_safe() {
        let exposed = Security::Plain {
            may_login: false,
            may_starttls: true,
        };
        let before_tls = capabilities(State::NotAuthenticated, exposed);
        assert!(before_tls.contains(&"LOGINDISABLED") && before_tls.contains(&"STARTTLS"));
        assert!(!before_tls.iter().any(|name| name.starts_with("AUTH=")));
        let after_tls = capabilities(State::NotAuthenticated, Security::Tls);
        assert!(after_tls.contains(&"AUTH=PLAIN") && !after_tls.contains(&"LOGINDISABLED"));
        assert!(!after_tls.contains(&"STARTTLS"));
    }

    #[test]
    fn what_needs_a_login_is_offered_after_it() {
        let names = capabilities(State::Authenticated, Security::Tls);
        assert!(names.contains(&"ACL") && names.contains(&"RIGHTS=kxten"));
        assert!(!names.contains(&"AUTH=PLAIN"));
    }
}
