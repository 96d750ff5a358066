"""OfflineIMAP: a shared mailbox and a Maildir, changed on both sides, by way of both frontends."""

import hashlib
import ssl
import subprocess
import tempfile
from pathlib import Path

from clients.maildir import Maildir
from demo import message, ok


def check(demo):
    ada, bo = demo.people[:2]
    rights = [(ada, "lrswite"), (bo, "lrswite")]
    with demo.shared_mailbox("offlineimap", rights) as mailbox, tempfile.TemporaryDirectory() as folder:
        colleague = demo.log_in(bo, 0)
        for number in range(4):
            ok(colleague.append(mailbox, None, None, message(number)))
        sync(demo, 0, Path(folder))
        local = Maildir(Path(folder) / "mail" / "Shared Folders.offlineimap")
        assert len(local.files()) == 4

        # The colleague flags one and removes one; here one is answered and one is new.
        ok(colleague.select(mailbox))
        ok(colleague.store("1", "+FLAGS.SILENT", r"(\Flagged)"))
        ok(colleague.store("2", "+FLAGS.SILENT", r"(\Deleted)"))
        ok(colleague.expunge())
        local.mark(2, "R")
        local.add(message(4))
        sync(demo, 1, Path(folder))

        assert len(local.files()) == 4
        assert "F" in local.find(0).name.partition(":2,")[2]
        ok(colleague.noop())
        assert ok(colleague.search(None, "ALL")) == [b"1 2 3 4"]
        assert ok(colleague.search(None, "ANSWERED", "SUBJECT", '"message 2"')) == [b"2"]

        # Nothing is left to do.
        before = sorted(path.name for path in local.files())
        sync(demo, 0, Path(folder))
        assert sorted(path.name for path in local.files()) == before
        colleague.logout()


def sync(demo, node, folder):
    ada = demo.people[0]
    certificate = ssl.PEM_cert_to_DER_cert(demo.certificate(node))
    config = folder / "offlineimaprc"
    config.write_text(
        f"""
[general]
accounts = postroom
metadata = {folder}/metadata
ui = quiet

[Account postroom]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {folder}/mail
sep = .

[Repository far]
type = IMAP
remotehost = 127.0.0.1
remoteport = {demo.nodes[node]["imaps"]}
remoteuser = {ada.user}
remotepass = {ada.password}
ssl = yes
cert_fingerprint = {hashlib.sha512(certificate).hexdigest()}
folderfilter = lambda name: name.endswith("offlineimap")
"""
    )
    command = ["offlineimap", "-o", "-c", config]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{done.stdout}{done.stderr}".strip()[-600:])
