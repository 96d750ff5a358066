"""aerc, driven by its own commands: a flag is set, a message deleted, and a colleague's mail arrives by itself."""

import fcntl
import os
import pty
import re
import select
import struct
import tempfile
import termios
import time
from pathlib import Path

from demo import message, ok

ROWS, COLUMNS = 30, 100
SECONDS_MAX = 20
# What moves the cursor and colours the text.
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def check(demo):
    ada, bo = demo.people[:2]
    with demo.shared_mailbox("aerc", [(ada, "lrswite"), (bo, "lrsi")]) as mailbox:
        colleague = demo.log_in(bo, 1)
        for number in range(2):
            ok(colleague.append(mailbox, None, None, message(number)))
        with tempfile.TemporaryDirectory() as folder:
            aerc = Aerc(demo, ada, Path(folder), mailbox.strip('"'))
            aerc.wait_for("message 0")
            ok(colleague.select(mailbox))
            # The newest stands first, and is selected.
            aerc.say(":flag\r")
            until(colleague, "FLAGGED", b"2")
            ok(colleague.append(mailbox, None, None, message(7)))
            aerc.wait_for("message 7")
            aerc.say(":delete\r")
            until(colleague, "ALL", b"1 2")
            aerc.say(":quit -f\r")
            aerc.wait_for_the_end()
        ok(colleague.close())
        colleague.logout()


def until(session, key, numbers):
    """What the program has done is there for the colleague."""
    deadline = time.monotonic() + SECONDS_MAX
    while ok(session.noop()) and ok(session.search(None, key)) != [numbers]:
        if time.monotonic() > deadline:
            raise AssertionError(f"{key} is {ok(session.search(None, key))}, not {numbers}")


class Aerc:
    """The program in a terminal that is read for what appears in it."""

    def __init__(self, demo, person, folder, mailbox):
        pinned, settings = folder / "pinned.pem", folder / "aerc"
        pinned.write_text(demo.certificate(0))
        settings.mkdir()
        accounts = settings / "accounts.conf"
        accounts.write_text(
            f"""
[Postroom]
source = imaps://{person.user}:{person.password}@localhost:{demo.nodes[0]["imaps"]}
default = {mailbox}
from = {person.user} <{person.user}@example.org>
"""
        )
        accounts.chmod(0o600)
        self.screen = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(folder))
            os.environ.update(TERM="xterm", SSL_CERT_FILE=str(pinned), **homes)
            os.execvp("aerc", ["aerc"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def say(self, keys):
        os.write(self.terminal, keys.encode())

    def wait_for(self, text):
        deadline = time.monotonic() + SECONDS_MAX
        while text not in CONTROL.sub("", self.screen.decode(errors="replace")):
            left = deadline - time.monotonic()
            if left < 0 or not self.read(left):
                raise AssertionError(f"{text} did not appear; last words: {self.screen[-400:]!r}")

    def wait_for_the_end(self):
        while self.read(SECONDS_MAX):
            pass
        os.waitpid(self.pid, 0)

    def read(self, seconds):
        """Whether something more was said."""
        readable, _, _ = select.select([self.terminal], [], [], seconds)
        try:
            more = os.read(self.terminal, 65536) if readable else b""
        except OSError:
            more = b""
        self.screen += more
        return bool(more)
