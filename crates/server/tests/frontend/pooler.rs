//! Between the frontends and PostgreSQL stands a `PgBouncer` in session mode. `cargo xtask test` installs it where it
//! may.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use server::Frontend;
use server::config::{Config, Sources, Surroundings};

use crate::client::Client;
use crate::process::free_address;
use crate::world::{World, ada};

/// A `PgBouncer` with its own defaults, but for where it listens and whom it connects to.
struct Pooler {
    child: Child,
    url: String,
}

impl Pooler {
    fn start(world: &World) -> Self {
        let url = world.postgres.url();
        let (credentials, place) = url
            .strip_prefix("postgres://")
            .unwrap()
            .split_once('@')
            .unwrap();
        let (user, password) = credentials.split_once(':').unwrap();
        let (server, _) = place.split_once('/').unwrap();
        let (_, server_port) = server.split_once(':').unwrap();
        let address = free_address();
        let folder = world.path();
        let users = folder.join("users.txt");
        fs::write(&users, format!("\"{user}\" \"{password}\"\n")).unwrap();
        let settings = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {}\nunix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = session\n",
            address.port(),
            users.display(),
        );
        fs::write(&settings, text).unwrap();
        let mut command = Command::new("pgbouncer");
        command.arg("--quiet").arg(&settings).stderr(Stdio::null());
        let who = Command::new("id").arg("-u").output().unwrap();
        if who.stdout == b"0\n" {
            // It does not run as root.
            command.args(["--user", "postgres"]);
        }
        let child = command.spawn().unwrap();
        while TcpStream::connect(address).is_err() {}
        Self {
            child,
            url: format!("postgres://{user}@{address}/postgres"),
        }
    }

    fn config(&self, world: &World, node: &str) -> Config {
        let state_dir = world.path().join(node);
        let more = [
            ("DATABASE__URL", self.url.as_str()),
            ("NODE__NAME", node),
            ("NODE__STATE_DIR", state_dir.to_str().unwrap()),
        ];
        let sources = Sources {
            file: None,
            variables: world.settings(&more),
            surroundings: Surroundings::default(),
        };
        Config::load(&sources).unwrap()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).unwrap();
    }
}

/// Who makes an account without the settings of the pool's sessions is refused.
const GUARD: &str = "
create function guard() returns trigger language plpgsql as $$
begin
  if current_setting('jit') <> 'off' or current_setting('plan_cache_mode') <> 'force_generic_plan'
     or current_setting('synchronous_commit') <> 'on' then
    raise exception 'the settings do not hold';
  end if;
  return new;
end $$;
create trigger guard before insert on account for each row execute function guard();
alter database postgres set jit = on;
alter database postgres set synchronous_commit = off";

#[test]
fn in_session_mode_everything_works_through_pgbouncer() {
    let version = Command::new("pgbouncer").arg("--version").output();
    if version.is_err() {
        eprintln!("no pgbouncer is installed");
        return;
    }
    let world = World::new();
    let pooler = Pooler::start(&world);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let near = Frontend::start(&pooler.config(&world, "near"))
            .await
            .unwrap();
        let far = Frontend::start(&pooler.config(&world, "far"))
            .await
            .unwrap();
        let guarded = Command::new("psql")
            .args(["--quiet", "--no-psqlrc", "--command", GUARD])
            .arg(world.postgres.url())
            .status();
        assert!(guarded.unwrap().success());
        world.add_ada_through(&pooler.url).await;

        let mut watcher = ada(&far).await;
        watcher.ok("SELECT INBOX").await;
        watcher.say("i IDLE").await;
        assert!(watcher.line().await.starts_with('+'));
        let mut writer: Client = ada(&near).await;
        writer.ok("APPEND INBOX {1+}\r\nx").await;
        assert_eq!(watcher.line().await, "* 1 EXISTS");
        // Withdrawals wait for every node, which is asked and answers by NOTIFY.
        writer.ok("SETACL INBOX bo lr").await;
        writer.ok("DELETEACL INBOX bo").await;
        near.stop().await;
        far.stop().await;
    });
}
