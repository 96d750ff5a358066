//! What is true of each command whatever its arguments: one row each.

use wire::{Body, Numbering};

use crate::conversation::state::AllowedIn;

/// A command's row.
#[derive(Debug)]
pub(crate) struct Spec {
    /// As the client writes it, in capitals; also its name in logs and metrics.
    pub(crate) name: &'static str,
    pub(crate) from: AllowedIn,
    /// It counts by sequence number, so numbers must not move until it is answered
    /// (RFC 9051, 7.5.1).
    pub(crate) pins_seqnums: bool,
}

const fn row(name: &'static str, from: AllowedIn) -> Spec {
    Spec {
        name,
        from,
        pins_seqnums: false,
    }
}

const fn pinning(name: &'static str) -> Spec {
    Spec {
        name,
        from: AllowedIn::Selected,
        pins_seqnums: true,
    }
}

/// Every command that there is.
pub(crate) static COMMANDS: &[Spec] = &[
    row("CAPABILITY", AllowedIn::Any),
    row("NOOP", AllowedIn::Any),
    row("LOGOUT", AllowedIn::Any),
    row("ID", AllowedIn::Any),
    row("STARTTLS", AllowedIn::BeforeLogin),
    row("COMPRESS", AllowedIn::AfterLogin),
    row("UNAUTHENTICATE", AllowedIn::AfterLogin),
    row("AUTHENTICATE", AllowedIn::BeforeLogin),
    row("LOGIN", AllowedIn::BeforeLogin),
    row("ENABLE", AllowedIn::AfterLogin),
    row("SELECT", AllowedIn::AfterLogin),
    row("EXAMINE", AllowedIn::AfterLogin),
    row("CREATE", AllowedIn::AfterLogin),
    row("DELETE", AllowedIn::AfterLogin),
    row("RENAME", AllowedIn::AfterLogin),
    row("SUBSCRIBE", AllowedIn::AfterLogin),
    row("UNSUBSCRIBE", AllowedIn::AfterLogin),
    row("LIST", AllowedIn::AfterLogin),
    row("LSUB", AllowedIn::AfterLogin),
    row("NAMESPACE", AllowedIn::AfterLogin),
    row("STATUS", AllowedIn::AfterLogin),
    row("APPEND", AllowedIn::AfterLogin),
    row("IDLE", AllowedIn::AfterLogin),
    row("SETACL", AllowedIn::AfterLogin),
    row("DELETEACL", AllowedIn::AfterLogin),
    row("GETACL", AllowedIn::AfterLogin),
    row("LISTRIGHTS", AllowedIn::AfterLogin),
    row("MYRIGHTS", AllowedIn::AfterLogin),
    row("GETQUOTA", AllowedIn::AfterLogin),
    row("GETQUOTAROOT", AllowedIn::AfterLogin),
    row("SETQUOTA", AllowedIn::AfterLogin),
    row("GETMETADATA", AllowedIn::AfterLogin),
    row("SETMETADATA", AllowedIn::AfterLogin),
    row("NOTIFY", AllowedIn::AfterLogin),
    row("ESEARCH", AllowedIn::AfterLogin),
    row("CHECK", AllowedIn::Selected),
    row("CLOSE", AllowedIn::Selected),
    row("UNSELECT", AllowedIn::Selected),
    row("EXPUNGE", AllowedIn::Selected),
    row("UID EXPUNGE", AllowedIn::Selected),
    row("UIDBATCHES", AllowedIn::Selected),
    pinning("FETCH"),
    row("UID FETCH", AllowedIn::Selected),
    pinning("STORE"),
    row("UID STORE", AllowedIn::Selected),
    pinning("SEARCH"),
    row("UID SEARCH", AllowedIn::Selected),
    pinning("SORT"),
    row("UID SORT", AllowedIn::Selected),
    row("CANCELUPDATE", AllowedIn::Selected),
    pinning("THREAD"),
    row("UID THREAD", AllowedIn::Selected),
    row("COPY", AllowedIn::Selected),
    row("UID COPY", AllowedIn::Selected),
    row("MOVE", AllowedIn::Selected),
    row("UID MOVE", AllowedIn::Selected),
    row("REPLACE", AllowedIn::Selected),
    row("UID REPLACE", AllowedIn::Selected),
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
