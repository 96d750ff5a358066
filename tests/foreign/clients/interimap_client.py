"""InterIMAP: two accounts on two frontends, kept alike by QRESYNC alone."""

import os
import subprocess
import tempfile
from pathlib import Path

from demo import message, ok

MAILBOX = "interimap"


def check(demo):
    ada, bo = demo.people[:2]
    near, far = demo.log_in(ada, 0), demo.log_in(bo, 1)
    for session in (near, far):
        session.delete(MAILBOX)
        ok(session.create(MAILBOX))
        ok(session.subscribe(MAILBOX))
    for number in range(3):
        ok(near.append(MAILBOX, None, None, message(number)))
    ok(far.append(MAILBOX, r"(\Seen)", None, message(3)))
    with tempfile.TemporaryDirectory() as folder:
        sync(demo, Path(folder))
        for session in (near, far):
            ok(session.select(MAILBOX))
            assert ok(session.search(None, "ALL")) == [b"1 2 3 4"]

        # A flag there, a loss here.
        ok(far.store(number_of(far, 1), "+FLAGS.SILENT", r"(\Flagged $Forwarded)"))
        ok(near.store(number_of(near, 2), "+FLAGS.SILENT", r"(\Deleted)"))
        ok(near.expunge())
        sync(demo, Path(folder))
        for session in (near, far):
            ok(session.noop())
            assert len(ok(session.search(None, "ALL"))[0].split()) == 3
            assert ok(session.search(None, "FLAGGED"))[0] == number_of(session, 1)
            assert ok(session.search(None, "KEYWORD", "$Forwarded"))[0] == number_of(session, 1)
            assert ok(session.search(None, "SEEN"))[0] == number_of(session, 3)
    for session in (near, far):
        ok(session.close())
        ok(session.delete(MAILBOX))
        session.logout()


def number_of(session, number):
    """The sequence number of one message, by its subject."""
    return ok(session.search(None, "SUBJECT", f'"message {number}"'))[0]


def sync(demo, folder):
    config = folder / "config"
    sides = zip(("local", "remote"), demo.people[:2], demo.nodes)
    sections = [
        f"""
[{side}]
type = imaps
host = 127.0.0.1
port = {node["imaps"]}
username = {person.user}
password = {person.password}
SSL_verify = NO
"""
        for side, person, node in sides
    ]
    config.write_text(f"database = {folder}/state.db\nlist-mailbox = {MAILBOX}\n{''.join(sections)}")
    config.chmod(0o600)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    done = subprocess.run(
        ["interimap", f"--config={config}", MAILBOX],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{done.stdout}{done.stderr}".strip()[-600:])
