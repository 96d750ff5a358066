"""getmail: takes a shared mailbox home message by message, and only what it has not taken yet."""

import subprocess
import tempfile
from pathlib import Path

from clients.maildir import Maildir
from demo import message, ok


def check(demo):
    ada, bo = demo.people[:2]
    with demo.shared_mailbox("getmail", [(ada, "lrste"), (bo, "lrsi")]) as mailbox:
        colleague = demo.log_in(bo, 1)
        for number in range(3):
            ok(colleague.append(mailbox, None, None, message(number)))
        with tempfile.TemporaryDirectory() as folder:
            local = Maildir(Path(folder) / "mail").make()
            take(demo, 0, mailbox, Path(folder), "delete = false")
            assert len(local.files()) == 3
            ok(colleague.append(mailbox, None, None, message(3)))
            take(demo, 0, mailbox, Path(folder), "delete = true")
            assert len(local.files()) == 4
        # Now they are gone from the server, for the colleague too.
        ok(colleague.select(mailbox))
        assert ok(colleague.search(None, "ALL")) == [b""]
        ok(colleague.close())
        colleague.logout()


def take(demo, node, mailbox, folder, option):
    ada = demo.people[0]
    config = folder / "getmailrc"
    config.write_text(
        f"""
[retriever]
type = SimpleIMAPSSLRetriever
server = 127.0.0.1
port = {demo.nodes[node]["imaps"]}
username = {ada.user}
password = {ada.password}
mailboxes = ({mailbox},)

[destination]
# Into a Maildir of its own it does not deliver as root.
type = MDA_external
path = /bin/sh
arguments = ("-c", "cat > $(mktemp {folder}/mail/new/XXXXXX)")
allow_root_commands = true

[options]
read_all = false
{option}
"""
    )
    config.chmod(0o600)
    done = subprocess.run(
        ["getmail", f"--getmaildir={folder}", f"--rcfile={config}", "--quiet"],
        capture_output=True, text=True, timeout=60, check=False,
    )
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"{done.stdout}{done.stderr}".strip()[-600:])
