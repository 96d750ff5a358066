//! Every command: one file each, and one row each with what is true of it whatever its arguments and what runs it.
//!
//! A handler tells the story: resolve, permit, commit, learn, tell. Handlers do not use each other. The rows of
//! [`wire::GRAMMARS`] say how the same commands are read; the two tables are joined by name.

mod append;
pub(crate) mod authenticate;
mod cancel_update;
mod capability;
mod check;
mod close;
mod compress;
mod copy;
mod create;
mod delete;
mod delete_acl;
mod enable;
mod esearch;
mod expunge;
mod fetch;
mod get_acl;
mod get_metadata;
mod get_quota;
mod get_quota_root;
mod id;
pub(crate) mod idle;
mod list;
mod list_rights;
mod login;
mod logout;
mod lsub;
mod r#move;
mod my_rights;
mod namespace;
mod noop;
mod notify;
mod rename;
mod replace;
mod search;
mod select;
mod set_acl;
mod set_metadata;
mod set_quota;
mod sort;
mod starttls;
mod status;
mod store;
mod subscribe;
mod thread;
mod uid_batches;
mod unauthenticate;

use wire::{Body, Tag};

use crate::conversation::session::Session;
use crate::conversation::state::AllowedIn;
use crate::ending::{Done, Ending};
use crate::node::{BoxFuture, Now};
use crate::out::Out;
use crate::report::CommandStep;

/// A command's row.
#[derive(Debug)]
pub(crate) struct CommandRow {
    /// The name as the client writes it, in capitals; logs and metrics use it, too.
    pub(crate) name: &'static str,
    pub(crate) allowed_in: AllowedIn,
    /// It counts by sequence number, so numbers must not move until it is answered
    /// (RFC 9051, 7.5.1).
    pub(crate) pins_seqnums: bool,
    /// It writes messages or flags to a mailbox, and so must know which flags are private there and what its keywords are
    /// called. It is run once more when that changed meanwhile.
    pub(crate) depends_on_policy: bool,
    /// It reads the selected mailbox, maybe for long, and is stopped when that may no longer be read.
    pub(crate) reads: bool,
    /// Whoever sends it asks for news, so it is answered with everything that was committed before it came, on any
    /// node.
    pub(crate) asks: bool,
    run: Run,
    #[cfg(test)]
    takes: fn(&Body) -> bool,
}

/// What a command is given beside its arguments.
#[derive(Debug)]
pub(crate) struct Call<'c, 'o> {
    pub(crate) session: &'c mut Session,
    pub(crate) tag: &'c Tag,
    pub(crate) now: Now,
    pub(crate) out: &'c mut Out<'o>,
}

/// The future is on the heap: an idle session would else be as large as the largest command.
type Run = for<'c> fn(Call<'c, '_>, Body) -> BoxFuture<'c, Result<CommandStep, Ending>>;

/// A row: name, states, and what runs the command with the arguments that the pattern takes out of its body.
macro_rules! row {
    ($name:literal, $allowed_in:ident, $call:ident, $pattern:pat => $run:expr) => {
        CommandRow {
            name: $name,
            allowed_in: AllowedIn::$allowed_in,
            pins_seqnums: false,
            depends_on_policy: false,
            reads: false,
            asks: false,
            run: |$call, body| {
                Box::pin(async move {
                    let $pattern = body else {
                        return Err(no_such_command());
                    };
                    IntoStep::into_step($run)
                })
            },
            #[cfg(test)]
            takes: {
                #[allow(unused_variables, reason = "the pattern names what only `run` uses")]
                fn takes(body: &Body) -> bool {
                    matches!(body, $pattern)
                }
                takes
            },
        }
    };
}

/// Every command that there is.
#[rustfmt::skip]
pub(crate) static COMMANDS: &[CommandRow] = &[
    row!("CAPABILITY", Any, call, Body::Bare => capability::run(call.session, call.out)),
    row!("NOOP", Any, _call, Body::Bare => noop::run()).asking(),
    row!("LOGOUT", Any, call, Body::Bare => logout::run(call.session, call.out).await),
    row!("ID", Any, call, Body::Id(pairs) => id::run(call.session, pairs.as_deref(), call.out)),
    row!("STARTTLS", BeforeLogin, call, Body::Bare => starttls::run(call.session)),
    row!("COMPRESS", AfterLogin, call, Body::Compress => compress::run(call.session)),
    row!("UNAUTHENTICATE", AfterLogin, call, Body::Bare =>
        unauthenticate::run(call.session).await),
    row!("AUTHENTICATE", BeforeLogin, call, Body::Authenticate { mechanism, initial } =>
        authenticate::run(call.session, call.tag, &mechanism, initial, call.out).await),
    row!("LOGIN", BeforeLogin, call, Body::Login { user, password } =>
        login::run(call.session, &user, &password).await),
    row!("ENABLE", AfterLogin, call, Body::Enable(names) =>
        enable::run(call.session, &names, call.out).await),
    row!("SELECT", AfterLogin, call, Body::Select(select) =>
        select::run(call.session, select, call.out).await),
    row!("EXAMINE", AfterLogin, call, Body::Select(select) =>
        select::run(call.session, select, call.out).await),
    row!("CREATE", AfterLogin, call, Body::Create { mailbox, special_use } =>
        create::run(call.session, &mailbox, &special_use, call.out).await),
    row!("DELETE", AfterLogin, call, Body::Delete(mailbox) =>
        delete::run(call.session, &mailbox, call.out).await),
    row!("RENAME", AfterLogin, call, Body::Rename { from, to } =>
        rename::run(call.session, &from, &to, call.out).await),
    row!("SUBSCRIBE", AfterLogin, call, Body::Subscribe(mailbox) =>
        subscribe::subscribe(call.session, &mailbox).await),
    row!("UNSUBSCRIBE", AfterLogin, call, Body::Unsubscribe(mailbox) =>
        subscribe::unsubscribe(call.session, &mailbox).await),
    row!("LIST", AfterLogin, call, Body::List(list) =>
        list::run(call.session, &list, call.out).await),
    row!("LSUB", AfterLogin, call, Body::Lsub { reference, pattern } =>
        lsub::run(call.session, &reference, pattern, call.out).await),
    row!("NAMESPACE", AfterLogin, call, Body::Bare => namespace::run(call.session, call.out)),
    row!("STATUS", AfterLogin, call, Body::Status { mailbox, items } =>
        status::run(call.session, &mailbox, &items, call.out).await),
    row!("APPEND", AfterLogin, call, Body::Append { mailbox, messages } =>
        append::run(call.session, &mailbox, messages, call.now).await).by_policy(),
    row!("IDLE", AfterLogin, call, Body::Bare =>
        idle::run(call.session, call.tag, call.out).await).asking(),
    row!("SETACL", AfterLogin, call, Body::SetAcl { mailbox, identifier, rights } =>
        set_acl::run(call.session, &mailbox, &identifier, &rights).await),
    row!("DELETEACL", AfterLogin, call, Body::DeleteAcl { mailbox, identifier } =>
        delete_acl::run(call.session, &mailbox, &identifier).await),
    row!("GETACL", AfterLogin, call, Body::GetAcl(mailbox) =>
        get_acl::run(call.session, &mailbox, call.out).await),
    row!("LISTRIGHTS", AfterLogin, call, Body::ListRights { mailbox, identifier } =>
        list_rights::run(call.session, &mailbox, &identifier, call.out).await),
    row!("MYRIGHTS", AfterLogin, call, Body::MyRights(mailbox) =>
        my_rights::run(call.session, &mailbox, call.out).await),
    row!("GETQUOTA", AfterLogin, call, Body::GetQuota(root) =>
        get_quota::run(call.session, &root, call.out).await),
    row!("GETQUOTAROOT", AfterLogin, call, Body::GetQuotaRoot(mailbox) =>
        get_quota_root::run(call.session, &mailbox, call.out).await),
    row!("SETQUOTA", AfterLogin, call, Body::SetQuota { root, limits } =>
        set_quota::run(call.session, &root, &limits, call.out).await),
    row!("GETMETADATA", AfterLogin, call, Body::GetMetadata(asked) =>
        get_metadata::run(call.session, asked, call.out).await),
    row!("SETMETADATA", AfterLogin, call, Body::SetMetadata { mailbox, entries } =>
        set_metadata::run(call.session, mailbox.as_ref(), entries).await),
    row!("NOTIFY", AfterLogin, call, Body::Notify(asked) =>
        notify::run(call.session, asked, call.out).await).asking(),
    row!("ESEARCH", AfterLogin, call, Body::Esearch(asked) =>
        esearch::run(call.session, call.tag, asked, call.now, call.out).await).reading(),
    row!("CHECK", Selected, _call, Body::Bare => check::run()).asking(),
    row!("CLOSE", Selected, call, Body::Bare =>
        close::close(call.session, call.tag, call.out).await).by_policy(),
    row!("UNSELECT", Selected, call, Body::Bare => close::unselect(call.session).await),
    row!("EXPUNGE", Selected, call, Body::Bare =>
        expunge::run(call.session, call.tag, None, call.out).await).by_policy(),
    row!("UID EXPUNGE", Selected, call, Body::UidExpunge(set) =>
        expunge::run(call.session, call.tag, Some(&set), call.out).await).by_policy(),
    row!("UIDBATCHES", Selected, call, Body::UidBatches { size, range } =>
        uid_batches::run(call.session, call.tag, size, range, call.out)),
    row!("FETCH", Selected, call, Body::Fetch(fetch) =>
        fetch::run(call.session, fetch, call.out).await).pinning().reading(),
    row!("UID FETCH", Selected, call, Body::Fetch(fetch) =>
        fetch::run(call.session, fetch, call.out).await).reading(),
    row!("STORE", Selected, call, Body::Store(request) =>
        store::run(call.session, call.tag, request, call.out).await).pinning().by_policy(),
    row!("UID STORE", Selected, call, Body::Store(request) =>
        store::run(call.session, call.tag, request, call.out).await).by_policy(),
    row!("SEARCH", Selected, call, Body::Search(search) =>
        search::run(call.session, call.tag, search, call.now, call.out).await).pinning().reading(),
    row!("UID SEARCH", Selected, call, Body::Search(search) =>
        search::run(call.session, call.tag, search, call.now, call.out).await).reading(),
    row!("SORT", Selected, call, Body::Sort(asked) =>
        sort::run(call.session, call.tag, asked, call.now, call.out).await).pinning().reading(),
    row!("UID SORT", Selected, call, Body::Sort(asked) =>
        sort::run(call.session, call.tag, asked, call.now, call.out).await).reading(),
    row!("CANCELUPDATE", Selected, call, Body::CancelUpdate(tags) =>
        cancel_update::run(call.session, &tags)),
    row!("THREAD", Selected, call, Body::Thread { numbering, algorithm, key } =>
        thread::run(call.session, call.tag, (numbering, algorithm), key, call.now, call.out).await).pinning().reading(),
    row!("UID THREAD", Selected, call, Body::Thread { numbering, algorithm, key } =>
        thread::run(call.session, call.tag, (numbering, algorithm), key, call.now, call.out).await).reading(),
    row!("COPY", Selected, call, Body::Copy { numbering, set, mailbox } =>
        copy::run(call.session, call.tag, (numbering, &set), &mailbox, call.out).await).by_policy(),
    row!("UID COPY", Selected, call, Body::Copy { numbering, set, mailbox } =>
        copy::run(call.session, call.tag, (numbering, &set), &mailbox, call.out).await).by_policy(),
    row!("MOVE", Selected, call, Body::Move { numbering, set, mailbox } =>
        r#move::run(call.session, call.tag, (numbering, &set), &mailbox, call.out).await).by_policy(),
    row!("UID MOVE", Selected, call, Body::Move { numbering, set, mailbox } =>
        r#move::run(call.session, call.tag, (numbering, &set), &mailbox, call.out).await).by_policy(),
    row!("REPLACE", Selected, call, Body::Replace { numbering, set, mailbox, message } =>
        replace::run(call.session, &(numbering, set), &mailbox, message, call.now, call.out).await).by_policy(),
    row!("UID REPLACE", Selected, call, Body::Replace { numbering, set, mailbox, message } =>
        replace::run(call.session, &(numbering, set), &mailbox, message, call.now, call.out).await).by_policy(),
];

/// The row of `name`, if there is such a command.
pub(crate) fn find(name: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.name == name)
}

/// What a name without a row is answered with.
pub(crate) fn no_such_command() -> Ending {
    Ending::malformed("There is no such command")
}

impl CommandRow {
    /// Does what `body` asks, which is of this command.
    pub(crate) async fn run(&self, call: Call<'_, '_>, body: Body) -> Result<CommandStep, Ending> {
        (self.run)(call, body).await
    }

    const fn pinning(mut self) -> Self {
        self.pins_seqnums = true;
        self
    }

    const fn reading(mut self) -> Self {
        self.reads = true;
        self
    }

    const fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    const fn by_policy(mut self) -> Self {
        self.depends_on_policy = true;
        self
    }
}

/// Commands return as little as they can; the table makes the same of all.
trait IntoStep {
    fn into_step(self) -> Result<CommandStep, Ending>;
}

impl IntoStep for CommandStep {
    fn into_step(self) -> Result<CommandStep, Ending> {
        Ok(self)
    }
}

impl IntoStep for Done {
    fn into_step(self) -> Result<CommandStep, Ending> {
        Ok(self.into())
    }
}

impl<T: Into<CommandStep>> IntoStep for Result<T, Ending> {
    fn into_step(self) -> Result<CommandStep, Ending> {
        self.map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use wire::{Frame, GRAMMARS, Mode};

    use super::COMMANDS;

    /// Arguments of which each command takes at least one.
    const ARGUMENTS: &[&str] = &[
        "",
        " x",
        " x y",
        " x y lr",
        " 1",
        " 500",
        " 1 x",
        " 1 FLAGS",
        " 1 FLAGS (\\Seen)",
        " ALL",
        " (DATE) UTF-8 ALL",
        " REFERENCES UTF-8 ALL",
        " x (MESSAGES)",
        " x {1+}\r\na",
        " 1 x {1+}\r\na",
        " \"\" *",
        " x (STORAGE 1)",
        " x /private/comment",
        " x (/private/comment NIL)",
        " NONE",
        " DEFLATE",
        " NIL",
        " \"t\"",
    ];

    #[test]
    fn the_two_tables_hold_the_same_commands_once() {
        let mut rows: Vec<&str> = COMMANDS.iter().map(|row| row.name).collect();
        let mut grammars: Vec<&str> = GRAMMARS.iter().map(|grammar| grammar.name).collect();
        rows.sort_unstable();
        grammars.sort_unstable();
        assert_eq!(rows, grammars);
        rows.dedup();
        assert_eq!(rows.len(), COMMANDS.len());
    }

    #[test]
    fn every_row_runs_what_its_grammar_makes() {
        for row in COMMANDS {
            let parsed = ARGUMENTS.iter().find_map(|arguments| {
                let line = format!("a1 {}{arguments}\r\n", row.name);
                wire::parse(Frame::from(line.into_bytes()), Mode::default()).ok()
            });
            let Some(command) = parsed else {
                panic!("{} takes none of the arguments above", row.name);
            };
            assert_eq!(command.name, row.name);
            assert!((row.takes)(&command.body), "{}", row.name);
        }
    }
}
