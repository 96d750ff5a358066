"""Exim as a second MTA: a letter in by LMTP, and one to nobody given back."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from demo import Skipped, ok

TEAM = '"Shared Folders/support"'
OUTSIDE = "sue@example.com"
RUN = time.time_ns()

# What is said in docs/OPERATIONS.md of Exim is the transport `postroom`.
CONFIG = """
exim_path = {exim}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
primary_hostname = mx.demo.example
exim_user = {user}
exim_group = {group}
never_users =
keep_environment =
trusted_users = root
begin routers
ours:
  driver = accept
  domains = demo.test
  transport = postroom
begin transports
postroom:
  driver = smtp
  protocol = lmtp
  port = {port}
  hosts = 127.0.0.1
  allow_localhost
begin retry
* * F,1m,1s
"""


def check(demo):
    exim = program()
    with tempfile.TemporaryDirectory(prefix="postroom-exim-") as folder:
        folder = Path(folder)
        config = configure(folder, exim, demo.nodes[0]["lmtp"])
        reader = demo.log_in(demo.people[0], 1)
        said = deliver(exim, config, demo.address, "known")
        assert f"=> {demo.address}" in said and "X=TLS" in said and "BDAT" in said, said
        ok(reader.select(TEAM))
        [found] = ok(reader.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id("known")}"'))
        assert len(found.split()) == 1, f"{found} {said}"
        ok(reader.uid("STORE", found.decode(), "+FLAGS.SILENT", r"(\Deleted)"))
        ok(reader.uid("EXPUNGE", found.decode()))
        reader.logout()
        said = deliver(exim, config, "nobody" + demo.address[demo.address.index("@"):], "unknown")
        assert "** nobody@" in said and "550 5.1.1" in said, said


def program():
    """Debian lets one MTA alone be installed: this one is there beside another, or not at all."""
    found = os.environ.get("EXIM") or shutil.which("exim4") or shutil.which("exim")
    if not found:
        raise Skipped("exim4 is not installed; EXIM names the program where it is elsewhere")
    if os.geteuid() != 0:
        raise Skipped("only root can start it")
    return found


def configure(folder, exim, port):
    # Any user that is not root will do.
    owner = pwd.getpwnam("mail")
    folder.chmod(0o755)
    (folder / "spool").mkdir()
    for place in (folder, folder / "spool"):
        os.chown(place, owner.pw_uid, owner.pw_gid)
    config = folder / "exim.conf"
    config.write_text(CONFIG.format(folder=folder, exim=exim, port=port, user=owner.pw_uid, group=owner.pw_gid))
    return config


def message_id(name):
    return f"<{name}-{RUN}@exim.example>"


def deliver(exim, config, recipient, name):
    """Exim takes the letter and delivers it, in the foreground; what it says of that."""
    letter = f"From: {OUTSIDE}\nTo: {recipient}\nSubject: {name}\nMessage-ID: {message_id(name)}\n\nHello.\n"
    done = subprocess.run(
        [exim, "-C", config, "-odf", "-v", "-f", OUTSIDE, "--", recipient],
        input=letter, capture_output=True, text=True, timeout=60, check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"exim: {done.returncode} {done.stdout}{done.stderr}"[-600:])
    return done.stderr
