"""imapfilter: a rule sorts a team's mailbox; a colleague on the other frontend sees it sorted."""

import subprocess
import tempfile
from pathlib import Path

from demo import message, ok


def check(demo):
    ada, bo = demo.people[:2]
    rights = [(ada, "lrswite"), (bo, "lrsi")]
    with demo.shared_mailbox("filter", rights) as mailbox, demo.shared_mailbox("filtered", rights) as to:
        colleague = demo.log_in(bo, 1)
        for number in range(6):
            ok(colleague.append(mailbox, None, None, message(number, "Pay!" if number % 2 else "Hi.")))
        run(
            demo,
            ada,
            f"""
local invoices = account[{mailbox}]:contain_body('pay!') + account[{mailbox}]:is_answered()
invoices:mark_flagged()
invoices:move_messages(account[{to}])
account[{mailbox}]:contain_subject('message 0'):add_flags({{ 'handled' }})
""",
        )
        ok(colleague.select(mailbox))
        assert ok(colleague.search(None, "ALL")) == [b"1 2 3"]
        assert ok(colleague.search(None, "KEYWORD", "handled")) == [b"1"]
        ok(colleague.select(to))
        assert ok(colleague.search(None, "FLAGGED", "BODY", "pay!")) == [b"1 2 3"]
        ok(colleague.close())
        colleague.logout()


def run(demo, person, rules):
    with tempfile.TemporaryDirectory() as folder:
        config, pinned = Path(folder) / "config.lua", Path(folder) / "pinned.pem"
        pinned.write_text(demo.certificate(0))
        config.write_text(
            f"""
account = IMAP {{
    server = 'localhost', port = {demo.nodes[0]["imaps"]}, ssl = 'auto',
    username = '{person.user}', password = '{person.password}',
}}
{rules}
"""
        )
        done = subprocess.run(
            ["imapfilter", "-c", config, "-t", pinned], capture_output=True, text=True, timeout=60, check=False,
            env={"HOME": folder, "PATH": "/usr/bin:/bin"},
        )
        if done.returncode != 0 or done.stderr:
            raise AssertionError(f"{done.stdout}{done.stderr}".strip()[-600:])
