"""mbsync (isync): 500 messages both ways, through one frontend and then through the other."""

import subprocess
import tempfile
from pathlib import Path

from clients.maildir import Maildir
from demo import message, ok

# So many come from each side.
EACH = 250
MAILBOX = "mbsync"


def check(demo):
    ada = demo.people[0]
    session = demo.log_in(ada, 0)
    session.delete(MAILBOX)
    ok(session.create(MAILBOX))
    for number in range(EACH):
        ok(session.append(MAILBOX, None, None, message(number)))
    with tempfile.TemporaryDirectory() as folder:
        local = Maildir(Path(folder) / "mail" / MAILBOX).make()
        for number in range(EACH, 2 * EACH):
            local.add(message(number))

        sync(demo, 0, Path(folder))
        assert count(session) == 2 * EACH
        assert len(local.files()) == 2 * EACH

        # Both sides change; the other frontend brings them together.
        ok(session.select(MAILBOX))
        ok(session.store("1", "+FLAGS.SILENT", r"(\Flagged)"))
        ok(session.store("2:3", "+FLAGS.SILENT", r"(\Deleted)"))
        ok(session.expunge())
        local.mark(EACH, "R")
        local.remove(EACH + 1)
        sync(demo, 1, Path(folder))

        assert len(local.files()) == 2 * EACH - 3
        assert sum("F" in flags for flags in local.flags()) == 1
        ok(session.noop())
        assert ok(session.search(None, "ANSWERED"))[0].split() != []
        ok(session.close())
        assert count(session) == 2 * EACH - 3

        # Nothing is left to do.
        before = sorted(local.files())
        sync(demo, 0, Path(folder))
        assert sorted(local.files()) == before
    ok(session.delete(MAILBOX))
    session.logout()


def count(session):
    status = ok(session.status(MAILBOX, "(MESSAGES)"))[0]
    return int(status.split()[-1].strip(b")"))


def sync(demo, node, folder):
    ada = demo.people[0]
    pinned = folder / f"node{node}.pem"
    pinned.write_text(demo.certificate(node))
    config = folder / "mbsyncrc"
    config.write_text(
        f"""
IMAPAccount postroom
Host localhost
Port {demo.nodes[node]["imaps"]}
User {ada.user}
Pass {ada.password}
SSLType IMAPS
CertificateFile {pinned}

IMAPStore far
Account postroom

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX

Channel both
Far :far:
Near :near:
Pattern {MAILBOX}
Create Near
Expunge Both
Sync All
SyncState *
"""
    )
    command = ["mbsync", "--config", config, "--quiet", "both"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{done.stdout}{done.stderr}".strip())

