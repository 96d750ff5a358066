"""fetchmail: takes what is new from a shared mailbox, once, and marks it as read for itself only."""

import os
import subprocess
import tempfile
from pathlib import Path

from demo import message, ok

# "No new mail".
NOTHING = 1


def check(demo):
    ada, bo = demo.people[:2]
    with demo.shared_mailbox("fetchmail", [(ada, "lrs"), (bo, "lrsi")]) as mailbox:
        colleague = demo.log_in(bo, 1)
        for number in range(3):
            ok(colleague.append(mailbox, None, None, message(number)))
        with tempfile.TemporaryDirectory() as folder:
            assert fetch(demo, 0, mailbox, Path(folder)).count("Subject: message") == 3
            ok(colleague.append(mailbox, None, None, message(3)))
            assert fetch(demo, 1, mailbox, Path(folder)).count("Subject: message") == 4
            assert fetch(demo, 0, mailbox, Path(folder)).count("Subject: message") == 4
        # What Ada has fetched is still new to Bo.
        ok(colleague.select(mailbox))
        assert ok(colleague.search(None, "UNSEEN")) == [b"1 2 3 4"]
        ok(colleague.close())
        colleague.logout()


def fetch(demo, node, mailbox, folder):
    """All that was delivered up to now."""
    ada = demo.people[0]
    mail, config = folder / "mail", folder / "fetchmailrc"
    mail.touch()
    config.write_text(
        f"""
poll 127.0.0.1 protocol IMAP port {demo.nodes[node]["imaps"]} timeout 30
    user "{ada.user}" password "{ada.password}" folder {mailbox}
    ssl no sslcertck keep mda "cat >> {mail}"
"""
    )
    config.chmod(0o600)
    environment = {**os.environ, "FETCHMAILHOME": str(folder)}
    done = subprocess.run(
        ["fetchmail", "-f", config, "--nodetach", "--nosyslog"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )
    if done.returncode not in (0, NOTHING):
        raise AssertionError(f"{done.returncode}: {done.stdout}{done.stderr}".strip()[-600:])
    return mail.read_text()
