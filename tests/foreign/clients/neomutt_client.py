"""neomutt, driven by its own commands in a terminal that nobody looks at."""

import pty
import os
import select
import tempfile
import time
from pathlib import Path

from demo import message, ok


def check(demo):
    ada, bo = demo.people[:2]
    with demo.shared_mailbox("neomutt", [(ada, "lrswite"), (bo, "lr")]) as mailbox:
        session = demo.log_in(ada, 0)
        for number in range(3):
            ok(session.append(mailbox, None, None, message(number)))
        # Flags the second message, deletes the third, and leaves.
        mutt(demo, 1, ada, mailbox.strip('"'), "2<enter><flag-message>3<enter><delete-message><quit>")
        ok(session.select(mailbox))
        assert ok(session.search(None, "FLAGGED")) == [b"2"]
        assert ok(session.search(None, "ALL")) == [b"1 2"]
        session.logout()


def mutt(demo, node, person, mailbox, keys):
    """Runs it until it ends by itself."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "muttrc"
        pinned = Path(folder) / "pinned.pem"
        pinned.write_text(demo.certificate(node))
        config.write_text(
            f"""
set imap_user="{person.user}"
set imap_pass="{person.password}"
set folder="imaps://127.0.0.1:{demo.nodes[node]["imaps"]}/"
set spoolfile="+{mailbox}"
set certificate_file="{pinned}"
set ssl_verify_host=no
set ssl_verify_dates=no
set header_cache=""
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
