"""neomutt, driven by its own commands in a terminal that nobody looks at; with its header cache."""

import pty
import os
import select
import tempfile
import time
from pathlib import Path

from demo import message, ok

DELETE_FLAGGED = "<delete-pattern>~F<enter><quit>"


def check(demo):
    ada, bo = demo.people[:2]
    with demo.shared_mailbox("neomutt", [(ada, "lrswite"), (bo, "lrwte")]) as mailbox:
        session = demo.log_in(ada, 0)
        for number in range(3):
            ok(session.append(mailbox, None, None, message(number)))
        with tempfile.TemporaryDirectory() as folder:
            mutt = Mutt(demo, Path(folder), mailbox.strip('"'))
            # Flags the second message, deletes the third, and leaves.
            mutt.run(ada, 1, "2<enter><flag-message>3<enter><delete-message><quit>")
            ok(session.select(mailbox))
            assert ok(session.search(None, "FLAGGED")) == [b"2"]
            assert ok(session.search(None, "ALL")) == [b"1 2"]
            ok(session.append(mailbox, None, None, message(3)))
            cached(demo, session, mutt, mailbox)
        session.logout()


def cached(demo, session, mutt, mailbox):
    """What a colleague changed between two visits is seen in spite of the cache."""
    ada, bo = demo.people[:2]
    mutt.run(ada, 0, "<quit>")
    colleague = demo.log_in(bo, 1)
    ok(colleague.select(mailbox))
    ok(colleague.store("2", "-FLAGS.SILENT", r"(\Flagged)"))
    ok(colleague.store("3", "+FLAGS.SILENT", r"(\Flagged)"))
    ok(colleague.store("1", "+FLAGS.SILENT", r"(\Deleted)"))
    ok(colleague.expunge())
    mutt.run(ada, 0, DELETE_FLAGGED)
    ok(session.noop())
    assert ok(session.search(None, "ALL")) == [b"1"]
    assert ok(session.search(None, "SUBJECT", '"message 1"')) == [b"1"]
    ok(colleague.close())
    colleague.logout()


class Mutt:
    """Its folder keeps the header cache from one visit to the next."""

    def __init__(self, demo, folder, mailbox):
        self.demo = demo
        self.folder = folder
        self.mailbox = mailbox

    def run(self, person, node, keys):
        """Until it ends by itself."""
        config = self.folder / "muttrc"
        pinned = self.folder / "pinned.pem"
        pinned.write_text(self.demo.certificate(node))
        config.write_text(
            f"""
set imap_user="{person.user}"
set imap_pass="{person.password}"
set folder="imaps://127.0.0.1:{self.demo.nodes[node]["imaps"]}/"
set spoolfile="+{self.mailbox}"
set certificate_file="{pinned}"
set ssl_verify_host=no
set ssl_verify_dates=no
set header_cache="{self.folder}/headers"
set imap_condstore=yes
set imap_qresync=yes
set delete=yes
set quit=yes
set sort=mailbox-order
set imap_passive=no
push "{keys}"
"""
        )
        run_in_terminal(["neomutt", "-n", "-F", str(config)])


def run_in_terminal(command, seconds_max=60):
    """Runs a full-screen program and throws its screen away, but for its last words."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="vt100", LINES="24", COLUMNS="80")
        os.execvp(command[0], command)
    screen = b""
    deadline = time.monotonic() + seconds_max
    while time.monotonic() < deadline:
        readable, _, _ = select.select([terminal], [], [], 1)
        if readable:
            try:
                screen += os.read(terminal, 65536)
            except OSError:
                break
    else:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
        raise AssertionError(f"{command[0]} did not end; last words: {screen[-400:]!r}")
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise AssertionError(f"{command[0]} ended with {status}: {screen[-400:]!r}")
