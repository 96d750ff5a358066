//! What a token does from one place within a while is one session for the record of activity: its beginning is a login, and names the
//! token, the address and the program.

use std::collections::HashMap;
use std::net::IpAddr;

use mail::SessionId;
use mail::limits::{API_SESSIONS_MAX, CLIENT_NAME_CHARS_MAX};
use store::{AccessToken, Account, Login, Origin, Store};

use crate::site::{ApiSite, Caller};

/// The sessions that began lately.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    known: HashMap<Key, Session>,
}

/// Another login, address or program is another session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    account: Login,
    /// `None` for tokens of an identity provider: whoever renews one goes on.
    token: Option<Login>,
    address: IpAddr,
    client: String,
}

#[derive(Debug)]
struct Session {
    store: Store,
    began: i64,
}

/// In seconds.
const LENGTH: i64 = 15 * 60;

impl Sessions {
    /// The store by which the holder of this token writes, with whatever he writes recorded as his, and denied once account or token
    /// no longer let him in. `random` makes the number of a session that begins.
    pub(crate) fn store(
        &mut self,
        site: &ApiSite,
        (account, token): (&Account, Option<&AccessToken>),
        caller: Caller,
        client: String,
        random: [u8; 6],
    ) -> Store {
        let key = Key {
            account: account.login(),
            token: token.map(|token| token.login(account.id)),
            address: caller.address.to_canonical(),
            client,
        };
        let now = caller.unix_seconds;
        let known = self
            .known
            .get(&key)
            .filter(|session| is_young(session, now));
        if let Some(session) = known {
            return session.store.clone();
        }
        let origin = Origin {
            session: SessionId::from_random(random),
            account: account.id,
            account_name: account.name.clone(),
            login_name: None,
            token: token.map(AccessToken::usage),
            logins: [Some(key.account), key.token]
                .into_iter()
                .flatten()
                .collect(),
            node: site.node_name.clone(),
            address: Some(key.address),
            client: Some(key.client.clone()),
        };
        let store = site.store.from_origin(origin);
        store.note_login();
        self.make_room(now);
        let session = Session {
            store: store.clone(),
            began: now,
        };
        self.known.insert(key, session);
        store
    }

    /// A session that is forgotten begins anew.
    fn make_room(&mut self, now: i64) {
        if self.known.len() < API_SESSIONS_MAX {
            return;
        }
        self.known.retain(|_, session| is_young(session, now));
        if self.known.len() >= API_SESSIONS_MAX {
            self.known.clear();
        }
    }
}

fn is_young(session: &Session, now: i64) -> bool {
    (session.began..session.began + LENGTH).contains(&now)
}

/// What a program calls itself behind the door by which it comes, as far as the record of activity keeps it.
pub(crate) fn client(door: &str, program: &str) -> String {
    let program: String = program
        .chars()
        .filter(|sign| !sign.is_control())
        .take(CLIENT_NAME_CHARS_MAX - door.len() - 2)
        .collect();
    match program.trim() {
        "" => door.to_owned(),
        program => format!("{door}, {program}"),
    }
}

#[cfg(test)]
mod tests {
    use mail::limits::CLIENT_NAME_CHARS_MAX;

    use super::client;

    #[test]
    fn a_program_is_called_as_it_calls_itself_as_far_as_there_is_room() {
        assert_eq!(client("HTTP API", ""), "HTTP API");
        assert_eq!(client("HTTP API", "curl/8.14\u{7}"), "HTTP API, curl/8.14");
        let long = client("HTTP API", &"ä".repeat(1000));
        assert_eq!(long.chars().count(), CLIENT_NAME_CHARS_MAX);
    }
}
