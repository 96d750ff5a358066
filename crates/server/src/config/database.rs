//! `[database]`: the PostgreSQL that holds the mail.

use std::path::PathBuf;
use std::time::Duration;

use store::BadDatabaseUrl;

use super::form::Form;
use super::setting::Secret;

/// The PostgreSQL that holds the mail.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `None` asks for a private PostgreSQL below the state directory.
    pub url: Option<Secret>,
    /// The file that it is from, which may get another one.
    pub url_file: Option<PathBuf>,
    /// Standbys from which contents are read; `None` where the primary is asked for everything.
    pub read_url: Option<Secret>,
    /// The file that this is from.
    pub read_url_file: Option<PathBuf>,
    /// How often these files are looked at.
    pub reload_every: Duration,
    /// Connections of this frontend's pool.
    pub connections: u32,
    /// Whether `serve` brings the schema up to date; else it waits until somebody else has.
    pub migrate: bool,
    /// How often the counters of open mailboxes are compared, against lost wake-ups.
    pub safety_poll: Duration,
    /// How long the content of a message is kept after its last place in a mailbox is gone.
    pub content_keep: Duration,
    /// How long mailboxes know what changed, for clients and nodes that come back.
    pub changes_keep: Duration,
}

impl DatabaseConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let url_file = form.secret_file("database.url");
        let url = form.secret(
            "database.url",
            "The PostgreSQL that holds the mail, as postgres://user:password@host/name. Several hosts, one of which is the \
             primary, have commas between them. Without it a private PostgreSQL is started below node.state_dir.",
        );
        judge(form, "database.url", url.as_ref(), BadDatabaseUrl::of);
        let read_url_file = form.secret_file("database.read_url");
        let read_url = form.secret(
            "database.read_url",
            "Standbys of it, from which what messages consist of is read, as far as they have it; several hosts have commas \
             between them. Everything else is read from the primary, and what no standby has or gives.",
        );
        judge(
            form,
            "database.read_url",
            read_url.as_ref(),
            BadDatabaseUrl::of_standbys,
        );
        form.check(
            read_url.is_none() || url.is_some(),
            "database.read_url",
            "needs database.url",
        );
        let reload_every = form.at_least(
            "database.reload_every",
            "10s",
            Duration::from_millis(10),
            "How often the files of database.url_file and database.read_url_file are looked at; another URL of the same \
             database is used without a restart.",
        );
        let connections = form.take(
            "database.connections",
            "8",
            "Connections of this frontend's pool: about 4 to 8 for each core of the database, \
             shared out among the frontends. A quarter, at most four, is kept for logins and the like; \
             of the others one user has a third at one time.",
        );
        form.check(
            (2..=200).contains(&connections),
            "database.connections",
            "must be from 2 to 200",
        );
        Self {
            url,
            url_file,
            read_url,
            read_url_file,
            reload_every,
            connections,
            migrate: form.take(
                "database.migrate",
                "true",
                "Whether serve brings the schema up to date when it starts. With false it waits, not ready, until \
                 `postroom migrate` has: then its own role needs no right to change tables.",
            ),
            safety_poll: form.at_least(
                "database.safety_poll",
                "5s",
                Duration::from_millis(100),
                "How often the counters of open mailboxes are compared, against lost wake-ups.",
            ),
            content_keep: form.at_least(
                "database.content_keep",
                "14d",
                Duration::from_hours(1),
                "How long the content of a message is kept after its last place in a mailbox is \
                 gone. Sessions that were not told yet can still read it.",
            ),
            changes_keep: form.at_least(
                "database.changes_keep",
                "30d",
                Duration::from_hours(1),
                "How long mailboxes know what changed. A client that was away for longer is told \
                 everything anew (RFC 7162).",
            ),
        }
    }
}

fn judge(
    form: &mut Form,
    key: &'static str,
    url: Option<&Secret>,
    judge: fn(&str) -> Result<(), BadDatabaseUrl>,
) {
    if let Some(Err(bad)) = url.map(|url| judge(url.expose())) {
        form.check(false, key, &bad.to_string());
    }
}
