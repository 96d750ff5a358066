//! Where a conversation stands: what is expected next, who is logged in, what is selected.

use std::borrow::Cow;
use std::iter;
use std::mem;
use std::sync::Arc;

use auth::{Mechanism, ScramMechanism, TlsBinding};
use live::LoginLease;
use mail::limits::{INLINE_LITERALS_BYTES_MAX, LINE_BYTES_MAX};
use mail::{AccountId, MailboxId, SessionId};
use store::{Account, Origin, Store};
use wire::{Expect, Limits, Speech, StatusItem, Tag};

use crate::capability::{Circumstances, capabilities};
use crate::conversation::enabled::Enabled;
use crate::conversation::entrance::Entrance;
use crate::conversation::selected::Selected;
use crate::conversation::state::{AllowedIn, State};
use crate::ending::Ending;
use crate::exchange::Exchange;
use crate::names::naming::Naming;
use crate::node::{ClientCertificate, Node, Peer, Security};
use crate::notify::notified::Notified;
use crate::view::ResponseOptions;

/// One client's conversation.
///
/// # Which method is called when
///
/// The connection owns the socket and the timers, and calls four kinds of method:
///
/// 1. **Questions** have no effect, and may be asked between any two other calls: [`expects`](Self::expects) and
///    [`limits`](Self::limits), which hold until the next input and are asked before each; and
///    [`account`](Self::account), [`user`](Self::user), [`mailbox`](Self::mailbox), [`client`](Self::client),
///    [`peer`](Self::peer), [`is_idling`](Self::is_idling) and [`is_listening`](Self::is_listening).
/// 2. **Input** is handed in as it arrives: [`admit`](Self::admit) for each literal that is announced, before any of
///    its bytes is read, and [`run`](Self::run) for each whole command or line. The connection then does what the
///    [`Report`](crate::Report) says, and calls [`secured`](Self::secured) after a handshake or
///    [`started_over`](Self::started_over) when nobody is logged in any more.
/// 3. **Waiting** happens only between inputs, and may be dropped at any time: when [`woken`](Self::woken) resolves,
///    [`tell`](Self::tell) is called; when [`overstayed`](Self::overstayed) resolves, the connection says goodbye.
/// 4. **Words of the connection** are said when it decides to: [`greet`](Self::greet) first and once,
///    [`keep_alive`](Self::keep_alive) between inputs while the client idles, [`goodbye`](Self::goodbye) last and once.
///
/// So a conversation is `new`, `greet`, then any number of (`admit`…, `run`), `tell` and `keep_alive`, until `goodbye`
/// or
/// [`Next::Close`](crate::Next::Close), after which nothing is called but [`end`](Self::end). The futures of `admit`, `run` and `tell` are
/// awaited
/// to their end: a connection that drops one of them, because the login has ended meanwhile, says goodbye and drops the
/// session, too. What was committed by then stays committed.
#[derive(Debug)]
pub struct Session {
    pub(crate) node: Arc<Node>,
    /// What is written through it is recorded as this session's doing.
    pub(crate) store: Store,
    pub(crate) peer: Peer,
    /// By what this TLS connection is known, where that can be told. On the heap: it is needed once.
    pub(crate) tls_binding: Option<Box<TlsBinding>>,
    /// What the client has shown in TLS, where it is good for a login.
    pub(crate) certificate: Option<Box<ClientCertificate>>,
    /// The name that the client gave itself by ID.
    pub(crate) client: Option<Box<str>>,
    pub(crate) account: Option<Account>,
    /// The lease of the login: it ends when the password is changed, the account is disabled or the token withdrawn.
    pub(crate) lease: Option<LoginLease>,
    pub(crate) naming: Naming,
    pub(crate) selected: Option<Box<Selected>>,
    pub(crate) enabled: Enabled,
    pub(crate) notified: Notified,
    pub(crate) awaiting: Awaiting,
    pub(crate) is_compressed: bool,
    /// The number of BAD commands in a row.
    pub(crate) bad_commands: u32,
}

/// What the next input is.
#[derive(Debug)]
pub(crate) enum Awaiting {
    Command,
    /// The client's next answer of AUTHENTICATE.
    Sasl {
        tag: Tag,
        exchange: Box<Exchange>,
    },
    /// The DONE that ends IDLE.
    Idle {
        tag: Tag,
    },
}

impl Session {
    /// A session of which nothing was said yet.
    #[must_use]
    pub fn new(node: Arc<Node>, peer: Peer) -> Self {
        Self {
            store: node.store.clone(),
            node,
            peer,
            tls_binding: None,
            certificate: None,
            client: None,
            account: None,
            lease: None,
            naming: Naming::Own,
            selected: None,
            enabled: Enabled::default(),
            notified: Notified::AsEver,
            awaiting: Awaiting::Command,
            is_compressed: false,
            bad_commands: 0,
        }
    }

    /// What the connection shall read next.
    #[must_use]
    pub fn expects(&self) -> Expect {
        match self.awaiting {
            Awaiting::Command => Expect::Command,
            Awaiting::Sasl { .. } | Awaiting::Idle { .. } => Expect::Line,
        }
    }

    /// The limits of what the connection reads next.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            line_bytes_max: LINE_BYTES_MAX,
            inline_literals_bytes_max: INLINE_LITERALS_BYTES_MAX,
            message_bytes_max: self.node.message_bytes_max,
        }
    }

    /// TLS was started here. `binding` tells what both ends know this connection by, where that is of use.
    /// `certificate` is what the client has shown in TLS.
    pub fn secured(
        &mut self,
        binding: impl FnOnce() -> Option<TlsBinding>,
        certificate: impl FnOnce() -> Option<ClientCertificate>,
    ) {
        self.peer.security = Security::Tls;
        let bound = Mechanism::Scram(ScramMechanism::Bound);
        let is_offered = self.node.mechanisms.contains(&bound);
        self.tls_binding = is_offered.then(binding).flatten().map(Box::new);
        let is_offered = self.node.mechanisms.contains(&Mechanism::External);
        self.certificate = is_offered.then(certificate).flatten().map(Box::new);
    }

    /// The next login is another session in the record of activity.
    pub fn started_over(&mut self, session: SessionId) {
        self.peer.session = session;
    }

    /// The account that is logged in.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.account.as_ref().map(|account| account.id)
    }

    /// The login name of the account that is logged in.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.name.as_str())
    }

    /// The mailbox that is selected.
    #[must_use]
    pub fn mailbox(&self) -> Option<MailboxId> {
        self.selected.as_ref().map(|selected| selected.found.id)
    }

    /// The name that the client gave itself by ID.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether IDLE is going on.
    #[must_use]
    pub fn is_idling(&self) -> bool {
        matches!(self.awaiting, Awaiting::Idle { .. })
    }

    /// Whether the client listens without asking: it idles, or uses NOTIFY. Such a client may be silent
    /// for as long as it likes.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.is_idling() || self.notified.is_set()
    }

    pub(crate) fn state(&self) -> State {
        match (&self.account, &self.selected) {
            (None, _) => State::NotAuthenticated,
            (Some(_), None) => State::Authenticated,
            (Some(_), Some(_)) => State::Selected,
        }
    }

    /// This account is logged in, and what is written from now on is its doing.
    pub(crate) fn begin(&mut self, entrance: Entrance, lease: LoginLease) {
        let Entrance {
            account,
            actor,
            token,
            naming,
            ..
        } = entrance;
        let logins = iter::once(&account).chain(&actor).map(Account::login);
        let by_token = token.as_ref().map(|token| token.login(account.id));
        self.store = self.node.store.from_origin(Origin {
            session: self.peer.session,
            account: account.id,
            account_name: account.name.clone(),
            logins: logins.chain(by_token).collect(),
            login_name: actor.map(|actor| actor.name),
            token: token.map(|token| token.usage()),
            node: self.node.name.clone(),
            address: Some(self.peer.address.ip().to_canonical()),
            client: self.client.as_deref().map(str::to_owned),
        });
        self.store.note_login();
        self.account = Some(account);
        self.naming = naming;
        self.lease = Some(lease);
    }

    /// Closes the mailbox that is selected; false if none is.
    pub(crate) async fn leave_selected(&mut self) -> bool {
        let Some(selected) = self.selected.take() else {
            return false;
        };
        // On the heap, because it is rare, and large.
        Box::pin(selected.claim_arrivals(&self.store)).await;
        true
    }

    /// Takes note of what the client was told to the last. Says nothing; to be called once, whoever ended the conversation.
    pub async fn end(&mut self) {
        self.leave_selected().await;
    }

    /// Ends the login: the session is as if nobody had logged in on this connection.
    pub(crate) fn end_login(&mut self) {
        // Made anew, so that nothing of the login is left over.
        *self = Self {
            client: self.client.take(),
            tls_binding: self.tls_binding.take(),
            certificate: self.certificate.take(),
            bad_commands: self.bad_commands,
            ..Self::new(Arc::clone(&self.node), self.peer)
        };
    }

    pub(crate) fn capabilities(&self) -> Vec<Cow<'static, str>> {
        capabilities(&self.circumstances())
    }

    /// What decides what is offered.
    pub(crate) fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            state: self.state(),
            security: self.peer.security,
            has_binding: self.tls_binding.is_some(),
            has_certificate: self.certificate.is_some(),
            mechanisms: &self.node.mechanisms,
            reuse: self.node.reuse,
            message_bytes_max: self.node.message_bytes_max,
            message_limit: self.node.message_limit,
        }
    }

    /// The client has shown that it knows CONDSTORE. If that is news, it is told up to where it knows the selected
    /// mailbox (RFC 7162, 3.1).
    pub(crate) fn enable_condstore(&mut self, out: &mut Vec<u8>) {
        let was_enabled = mem::replace(&mut self.enabled.condstore, true);
        if let (false, Some(selected)) = (was_enabled, &self.selected) {
            selected.tell_highest_modseq(out);
        }
    }

    /// To ask for HIGHESTMODSEQ enables CONDSTORE (RFC 7162, 3.1.8).
    pub(crate) fn note_status(&mut self, items: &[StatusItem], out: &mut Vec<u8>) {
        if items.contains(&StatusItem::HighestModSeq) {
            self.enable_condstore(out);
        }
    }

    pub(crate) fn options(&self) -> ResponseOptions {
        let options = self.enabled.options();
        if self.notified.has_flags() {
            ResponseOptions {
                label: options.label.with_uid(),
                ..options
            }
        } else {
            options
        }
    }

    /// How names are written to this client.
    pub(crate) fn speech(&self) -> Speech {
        self.enabled.speech()
    }

    pub(crate) fn logged_in(&self) -> Result<&Account, Ending> {
        self.account
            .as_ref()
            .ok_or_else(|| Ending::wrong_state(AllowedIn::AfterLogin, State::NotAuthenticated))
    }

    pub(crate) fn selected(&mut self) -> Result<&mut Selected, Ending> {
        self.selected
            .as_deref_mut()
            .ok_or_else(|| Ending::wrong_state(AllowedIn::Selected, State::Authenticated))
    }
}
