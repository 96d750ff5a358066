//! What is true of each command whatever its arguments: one row each.

use wire::{Body, Numbering};

/// Where a conversation stands (RFC 9051, 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Nobody logged in yet.
    NotAuthenticated,
    /// Somebody did.
    Authenticated,
    /// And has a mailbox open.
    Selected,
}

/// In which states a command may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Any,
    BeforeLogin,
    AfterLogin,
    Selected,
}

/// A command's row.
#[derive(Debug)]
pub(crate) struct Spec {
    /// As the client writes it, in capitals; also its name in logs and metrics.
    pub(crate) name: &'static str,
    pub(crate) from: From,
    /// It counts by sequence number, so numbers must not move until it is answered
    /// (RFC 9051, 7.5.1).
    pub(crate) pins_seqnums: bool,
}

impl From {
    pub(crate) fn allows(self, state: State) -> bool {
        match self {
            Self::Any => true,
            Self::BeforeLogin => state == State::NotAuthenticated,
            Self::AfterLogin => state >= State::Authenticated,
            Self::Selected => state == State::Selected,
        }
    }
}

const fn row(name: &'static str, from: From) -> Spec {
    Spec {
        name,
        from,
        pins_seqnums: false,
    }
}

const fn pinning(name: &'static str) -> Spec {
    Spec {
        name,
        from: From::Selected,
        pins_seqnums: true,
    }
}

/// Every command that there is.
pub(crate) static COMMANDS: &[Spec] = &[
    row("CAPABILITY", From::Any),
    row("NOOP", From::Any),
    row("LOGOUT", From::Any),
    row("ID", From::Any),
    row("STARTTLS", From::BeforeLogin),
    row("COMPRESS", From::AfterLogin),
    row("UNAUTHENTICATE", From::AfterLogin),
    row("AUTHENTICATE", From::BeforeLogin),
    row("LOGIN", From::BeforeLogin),
    row("ENABLE", From::AfterLogin),
    row("SELECT", From::AfterLogin),
    row("EXAMINE", From::AfterLogin),
    row("CREATE", From::AfterLogin),
    row("DELETE", From::AfterLogin),
    row("RENAME", From::AfterLogin),
    row("SUBSCRIBE", From::AfterLogin),
    row("UNSUBSCRIBE", From::AfterLogin),
    row("LIST", From::AfterLogin),
    row("LSUB", From::AfterLogin),
    row("NAMESPACE", From::AfterLogin),
    row("STATUS", From::AfterLogin),
    row("APPEND", From::AfterLogin),
    row("IDLE", From::AfterLogin),
    row("SETACL", From::AfterLogin),
    row("DELETEACL", From::AfterLogin),
    row("GETACL", From::AfterLogin),
    row("LISTRIGHTS", From::AfterLogin),
    row("MYRIGHTS", From::AfterLogin),
    row("GETQUOTA", From::AfterLogin),
    row("GETQUOTAROOT", From::AfterLogin),
    row("SETQUOTA", From::AfterLogin),
    row("GETMETADATA", From::AfterLogin),
    row("SETMETADATA", From::AfterLogin),
    row("NOTIFY", From::AfterLogin),
    row("ESEARCH", From::AfterLogin),
    row("CHECK", From::Selected),
    row("CLOSE", From::Selected),
    row("UNSELECT", From::Selected),
    row("EXPUNGE", From::Selected),
    row("UID EXPUNGE", From::Selected),
    row("UIDBATCHES", From::Selected),
    pinning("FETCH"),
    row("UID FETCH", From::Selected),
    pinning("STORE"),
    row("UID STORE", From::Selected),
    pinning("SEARCH"),
    row("UID SEARCH", From::Selected),
    pinning("SORT"),
    row("UID SORT", From::Selected),
    row("CANCELUPDATE", From::Selected),
    pinning("THREAD"),
    row("UID THREAD", From::Selected),
    row("COPY", From::Selected),
    row("UID COPY", From::Selected),
    row("MOVE", From::Selected),
    row("UID MOVE", From::Selected),
    row("REPLACE", From::Selected),
    row("UID REPLACE", From::Selected),
];

/// The row of `name`, if there is such a command.
pub(crate) fn find(name: &str) -> Option<&'static Spec> {
    COMMANDS.iter().find(|spec| spec.name == name)
}

/// Whether it writes to the selected mailbox, and so must know which flags are private there.
pub(crate) fn depends_on_policy(body: &Body) -> bool {
    matches!(
        body,
        Body::Store(_)
            | Body::Copy { .. }
            | Body::Move { .. }
            | Body::Expunge
            | Body::UidExpunge(_)
            | Body::Close
    )
}

/// The name of what a parsed command asks.
pub(crate) fn name_of(body: &Body) -> &'static str {
    let numbered = |numbering, sequence, uid| match numbering {
        Numbering::Sequence => sequence,
        Numbering::Uid => uid,
    };
    match body {
        Body::Capability => "CAPABILITY",
        Body::Noop => "NOOP",
        Body::Logout => "LOGOUT",
        Body::StartTls => "STARTTLS",
        Body::Compress => "COMPRESS",
        Body::Unauthenticate => "UNAUTHENTICATE",
        Body::Authenticate { .. } => "AUTHENTICATE",
        Body::Login { .. } => "LOGIN",
        Body::Enable(_) => "ENABLE",
        Body::Id(_) => "ID",
        Body::Select(select) if select.read_only => "EXAMINE",
        Body::Select(_) => "SELECT",
        Body::Create { .. } => "CREATE",
        Body::Delete(_) => "DELETE",
        Body::Rename { .. } => "RENAME",
        Body::Subscribe(_) => "SUBSCRIBE",
        Body::Unsubscribe(_) => "UNSUBSCRIBE",
        Body::List(_) => "LIST",
        Body::Lsub { .. } => "LSUB",
        Body::Namespace => "NAMESPACE",
        Body::Status { .. } => "STATUS",
        Body::Append { .. } => "APPEND",
        Body::Idle => "IDLE",
        Body::Check => "CHECK",
        Body::Close => "CLOSE",
        Body::Unselect => "UNSELECT",
        Body::Expunge => "EXPUNGE",
        Body::UidExpunge(_) => "UID EXPUNGE",
        Body::UidBatches { .. } => "UIDBATCHES",
        Body::Search(search) => numbered(search.numbering, "SEARCH", "UID SEARCH"),
        Body::Esearch(_) => "ESEARCH",
        Body::Sort(sort) => numbered(sort.numbering, "SORT", "UID SORT"),
        Body::CancelUpdate(_) => "CANCELUPDATE",
        Body::Thread { numbering, .. } => numbered(*numbering, "THREAD", "UID THREAD"),
        Body::Fetch(fetch) => numbered(fetch.numbering, "FETCH", "UID FETCH"),
        Body::Store(store) => numbered(store.numbering, "STORE", "UID STORE"),
        Body::Copy { numbering, .. } => numbered(*numbering, "COPY", "UID COPY"),
        Body::Move { numbering, .. } => numbered(*numbering, "MOVE", "UID MOVE"),
        Body::Replace { numbering, .. } => numbered(*numbering, "REPLACE", "UID REPLACE"),
        Body::SetAcl { .. } => "SETACL",
        Body::DeleteAcl { .. } => "DELETEACL",
        Body::GetAcl(_) => "GETACL",
        Body::ListRights { .. } => "LISTRIGHTS",
        Body::MyRights(_) => "MYRIGHTS",
        Body::GetQuota(_) => "GETQUOTA",
        Body::GetQuotaRoot(_) => "GETQUOTAROOT",
        Body::SetQuota { .. } => "SETQUOTA",
        Body::GetMetadata(_) => "GETMETADATA",
        Body::SetMetadata { .. } => "SETMETADATA",
        Body::Notify(_) => "NOTIFY",
    }
}

#[cfg(test)]
mod tests {
    use super::COMMANDS;

    #[test]
    fn each_command_has_one_row() {
        for (index, spec) in COMMANDS.iter().enumerate() {
            assert!(
                COMMANDS[..index]
                    .iter()
                    .all(|other| other.name != spec.name),
                "{}",
                spec.name
            );
        }
    }

    #[test]
    fn every_command_that_wire_knows_has_a_row_and_the_other_way_round() {
        let known: Vec<&str> = wire::KNOWN.iter().map(|row| row.name).collect();
        for name in &known {
            assert!(
                COMMANDS.iter().any(|spec| spec.name == *name),
                "{name} has no row"
            );
        }
        for spec in COMMANDS {
            assert!(
                known.contains(&spec.name),
                "{} is unknown to wire",
                spec.name
            );
        }
    }
}
