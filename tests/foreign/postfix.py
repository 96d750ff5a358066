"""A private Postfix, with the lines of deploy/postfix, in a temporary folder on 127.0.0.1."""

import contextlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from demo import Skipped

DEPLOY = Path(__file__).parents[2] / "deploy" / "postfix"
STARTS_WITHIN_SECONDS = 20

# What every Postfix has in its main.cf, and deploy/postfix/main.cf therefore has not. Nothing leaves this machine, and
# nobody here is in its own network.
OWN_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {command_directory}
daemon_directory = {daemon_directory}
meta_directory = {meta_directory}
shlib_directory = {shlib_directory}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.demo.example
mydestination =
mynetworks = 192.0.2.1/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
default_transport = discard:
smtpd_tls_cert_file = {folder}/certificate.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
disable_dns_lookups = yes
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
transport_retry_time = 1s
"""

OWN_MASTER = """
postlog   unix-dgram n - n - 1 postlogd
{smtp}    inet  n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
"""


class Postfix:
    """Runs inside `with`. Mail from outside comes to `smtp`, that of our people to `submission`."""

    def __init__(self, node, by_unix_sockets=False):
        if os.geteuid() != 0:
            raise Skipped("only root can start a Postfix")
        self.ports = {name: node[name] for name in ("lmtp", "maps", "auth")}
        self.by_unix_sockets = by_unix_sockets
        self.replaced = {
            f"inet:127.0.0.1:{pasted}": f"unix:postroom/{name}" if by_unix_sockets else f"inet:127.0.0.1:{port}"
            for pasted, (name, port) in zip((2424, 2425, 2426), self.ports.items())
        }
        self.smtp, self.submission = free_port(), free_port()
        self.folder = None

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-postfix-"))
        try:
            self.configure()
            self.run("start")
            self.wait_for_ports()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if (self.folder / "etc").is_dir():
            self.command("stop", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self):
        self.folder.chmod(0o755)
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(mode=0o755)
        owner = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", owner.pw_uid, owner.pw_gid)
        make_certificate(self.folder)
        if self.by_unix_sockets:
            self.forward()
        own = {name: installed(name) for name in (
            "command_directory", "daemon_directory", "meta_directory", "shlib_directory")}
        main = OWN_MAIN.format(folder=self.folder, **own) + self.deployed("main.cf")
        master = OWN_MASTER.format(smtp=self.smtp) + self.deployed("master.cf")
        (self.folder / "etc" / "main.cf").write_text(main)
        (self.folder / "etc" / "master.cf").write_text(master)

    def forward(self):
        """The sockets of the file system, in Postfix's queue directory, lead to the ports of the demo."""
        below = self.folder / "queue" / "postroom"
        below.mkdir(mode=0o755)
        for name, port in self.ports.items():
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(below / name))
            (below / name).chmod(0o666)
            listener.listen()
            threading.Thread(target=accept, args=(listener, port), daemon=True).start()

    def deployed(self, name):
        """The lines that operators paste, with the ports of this run."""
        text = (DEPLOY / name).read_text()
        for pasted, here in self.replaced.items():
            text = text.replace(pasted, here)
        return re.sub(r"^submission inet", f"{self.submission} inet", text, flags=re.MULTILINE)

    def run(self, verb):
        done = self.command(verb, check=False)
        if done.returncode != 0:
            raise AssertionError(f"postfix {verb}: {done.stdout}{done.stderr}{self.log()}"[-1500:])

    def command(self, verb, check):
        return subprocess.run(
            ["postfix", "-c", self.folder / "etc", verb],
            capture_output=True, text=True, timeout=60, check=check,
        )

    def wait_for_ports(self):
        until = time.monotonic() + STARTS_WITHIN_SECONDS
        for port in (self.smtp, self.submission):
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise AssertionError(f"Postfix did not start: {self.log()}") from None
                    time.sleep(0.05)

    def looked_up(self, table, key):
        """What a map of this Postfix answers; empty for nothing. As its daemons do, without the subaddress where nothing is found."""
        local, at, domain = key.partition("@")
        for asked in (key, f"{local.partition('+')[0]}{at}{domain}"):
            done = subprocess.run(
                ["postmap", "-c", self.folder / "etc", "-q", asked, table],
                capture_output=True, text=True, timeout=60, check=False,
            )
            if done.returncode not in (0, 1) or done.stderr:
                raise AssertionError(f"postmap -q {asked} {table}: {done.stderr}")
            if done.stdout:
                return done.stdout.strip()
        return ""

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def wait_until_empty(self):
        until = time.monotonic() + STARTS_WITHIN_SECONDS
        while self.waiting():
            if time.monotonic() > until:
                raise AssertionError(f"letters stay in the queue: {self.log()}")
            time.sleep(0.05)

    def waiting(self):
        """How many letters are in the queue."""
        done = subprocess.run(
            ["postqueue", "-c", self.folder / "etc", "-j"],
            capture_output=True, text=True, timeout=60, check=True,
        )
        return len(done.stdout.splitlines())


def accept(listener, port):
    while True:
        here, _ = listener.accept()
        there = socket.create_connection(("127.0.0.1", port))
        for one, other in ((here, there), (there, here)):
            threading.Thread(target=copy, args=(one, other), daemon=True).start()


def copy(one, other):
    with contextlib.suppress(OSError):
        while some := one.recv(65536):
            other.sendall(some)
        other.shutdown(socket.SHUT_WR)


def installed(parameter):
    done = subprocess.run(["postconf", "-dh", parameter], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        capture_output=True, check=True,
    )


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
