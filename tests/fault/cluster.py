"""A primary PostgreSQL and its standby, of Debian's programs, on loopback; never as root."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from postfix import free_port
from proxy import Proxy

USER = "postroom"
DATABASE = "postroom"
STANDBY = "standby"
WITHIN_SECONDS = 60
# What a killed process wrote is in the kernel, so that nothing of it needs a disk: the machine itself does not die here.
SETTINGS = {"fsync": "off", "max_connections": "200", "wal_level": "replica", "max_wal_senders": "4", "wal_keep_size": "64MB",
            "hot_standby": "on", "log_min_messages": "warning", "shared_buffers": "64MB", "jit": "off",
            # Nothing goes on in the background that a fault would not meet.
            "wal_receiver_timeout": "5s", "wal_sender_timeout": "5s", "wal_retrieve_retry_interval": "200ms"}


class Missing(Exception):
    """What a fault needs is not to be had here."""


def programs():
    """The folder of PostgreSQL's programs, the newest."""
    with contextlib.suppress(OSError):
        found = sorted(Path("/usr/lib/postgresql").iterdir(), key=lambda one: float(one.name))
        if found:
            return found[-1] / "bin"
    return Path(shutil.which("initdb")).resolve().parent


def owner():
    """By which user PostgreSQL runs, which refuses to be root: as crates/private-pg chooses."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise AssertionError("there is neither a user postgres nor nobody")


def run(program, *words):
    # A server that stands still takes connections and answers none.
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "3"}
    done = subprocess.run([programs() / program, *map(str, words)], cwd="/", env=environment, capture_output=True, text=True, check=False, **owner())
    if done.returncode:
        raise AssertionError(f"{program}: {done.stderr.strip()[-500:]}")
    return done.stdout


def make_folder(path):
    """An empty folder for PostgreSQL's user."""
    path.mkdir(mode=0o700)
    if "user" in owner():
        os.chown(path, owner()["user"], owner()["group"])
    return path


class Server:
    """One PostgreSQL."""

    def __init__(self, name, data, **settings):
        self.name, self.data, self.settings = name, data, settings
        self.port = free_port()
        self.process = None

    @property
    def url(self):
        return f"postgres://{USER}@127.0.0.1:{self.port}/{DATABASE}?sslmode=disable"

    def start(self, patiently=True):
        options = {**SETTINGS, "port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
                   "cluster_name": self.name, **self.settings}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with open(self.data.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(
                [programs() / "postgres", "-D", self.data, *words], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **owner())
        if patiently:
            self.wait_until_it_answers()
        return self

    def wait_until_it_answers(self):
        until = time.monotonic() + WITHIN_SECONDS
        while True:
            with contextlib.suppress(AssertionError):
                return self.ask("select 1", "postgres")
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError(self.data.with_suffix(".log").read_text()[-1000:])
            time.sleep(0.05)

    def ask(self, sql, database=DATABASE):
        return run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port, "-U", USER, "-c", sql, database).strip()

    def processes(self):
        """Of this server: its postmaster, then its children."""
        return [self.process.pid, *children_of(self.process.pid)]

    def tell_all(self, what):
        for process in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, what)

    def tell(self, what, *kinds):
        """Tells the helpers of these kinds, by the titles that PostgreSQL gives its processes."""
        told = [process for process in self.processes()[1:] if any(kind in title_of(process) for kind in kinds)]
        assert len(told) == len(kinds), f"of {kinds} there are {len(told)}"
        for process in told:
            os.kill(process, what)

    def kill(self):
        """As if its machine had lost its memory: no process of it does anything more."""
        if self.process and self.process.poll() is None:
            everybody = self.processes()
            for process in everybody:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self.process.wait()
            while any(is_there(process) for process in everybody):
                time.sleep(0.01)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=WITHIN_SECONDS)


def children_of(parent):
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(status.parent.name))
    return found


def title_of(process):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().rstrip(b"\0").decode(errors="replace")
    return ""


def is_there(process):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Cluster:
    """A primary with the data of `template`, and a standby of which it waits, or not."""

    def __init__(self, folder, template, synchronous=True, data=None):
        self.folder, self.synchronous = folder, synchronous
        data = data or folder / "primary"
        shutil.copytree(template, data, dirs_exist_ok=True, symlinks=True)
        if "user" in owner():
            for path in [data, *data.rglob("*")]:
                os.chown(path, owner()["user"], owner()["group"], follow_symlinks=False)
        data.chmod(0o700)
        self.primary = Server("primary", data)
        self.standby = None
        self.link = None

    def start(self):
        self.primary.start()
        # The standby hears the primary by this way, which can be cut.
        self.link = Proxy(("127.0.0.1", self.primary.port))
        data = make_folder(self.folder / STANDBY)
        run("pg_basebackup", "-d", f"host=127.0.0.1 port={self.link.port} user={USER}", "-D", data, "-R", "-X", "stream", "-c", "fast")
        self.standby = Server(STANDBY, data).start()
        self.wait_for_standby()
        if self.synchronous:
            self.demand_standby(STANDBY)
        return self

    def demand_standby(self, names):
        self.primary.ask(f"alter system set synchronous_standby_names = '{names}'", "postgres")
        self.primary.ask("select pg_reload_conf()", "postgres")
        until = time.monotonic() + WITHIN_SECONDS
        while names and self.primary.ask("select max(sync_state) from pg_stat_replication") != "sync":
            assert time.monotonic() < until, "the standby does not become synchronous"
            time.sleep(0.05)

    def wait_for_standby(self):
        until = time.monotonic() + WITHIN_SECONDS
        while self.primary.ask("select count(*) from pg_stat_replication where state = 'streaming'") != "1":
            assert time.monotonic() < until, "the standby does not stream"
            time.sleep(0.05)

    def promote(self):
        assert self.standby.ask("select pg_promote(true, 30)", "postgres") == "t"

    def end(self):
        for server in (self.standby, self.primary):
            if server:
                with contextlib.suppress(ProcessLookupError):
                    server.tell_all(signal.SIGCONT)
                server.kill()
        if self.link:
            self.link.close()


def make_template(folder, fill):
    """A data directory in which `fill(server)` was done."""
    data = make_folder(folder / "template")
    run("initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    server = Server("template", data).start()
    try:
        server.ask(f"create database {DATABASE}", "postgres")
        fill(server)
    finally:
        server.stop()
    return data


def port_answers(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False
