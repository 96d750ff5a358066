"""cyradm, the tool with which administrators of Cyrus manage mailboxes and rights.

It knows STARTTLS only, so it speaks to the plain port.
"""

import subprocess


def check(demo):
    bo = demo.people[1].user
    mailbox = '"Shared Folders/cyradm"'
    said = cyradm(
        demo,
        f"createmailbox {mailbox}",
        f"setaclmailbox {mailbox} {bo} lrswi",
        f"setaclmailbox {mailbox} group:nobody lr",
        f"listaclmailbox {mailbox}",
        f"deleteaclmailbox {mailbox} group:nobody",
        f"listaclmailbox {mailbox}",
        f"listmailbox {mailbox}",
        f"renamemailbox {mailbox} \"Shared Folders/cyradm2\"",
        "setaclmailbox \"Shared Folders/cyradm2\" admin +x",
        "deletemailbox \"Shared Folders/cyradm2\"",
        "listmailbox \"Shared Folders/cyradm*\"",
    )
    lines = said.splitlines()
    assert lines.count(f"{bo} lrswi") == 2, said
    assert lines.count("group:nobody lr") == 1, said
    assert answer(said, "listmailbox").startswith("Shared Folders/cyradm ("), said
    assert answer(said, "listmailbox", last=True) == "", said
    for trouble in ("Permission denied", "does not exist", "Unknown", "failed"):
        assert trouble not in said, said


def answer(said, command, last=False):
    """What was said after a command, up to the next prompt."""
    parts = [part for part in said.split("127.0.0.1> ") if part.startswith(command)]
    return parts[-1 if last else 0].partition("\n")[2].strip()


def cyradm(demo, *commands):
    """What it prints when it reads `commands`."""
    command = [
        "cyradm",
        "--notls",
        "--auth", "PLAIN",
        "--user", demo.admin.user,
        "--password", demo.admin.password,
        "--port", str(demo.nodes[0]["imap"]),
        "127.0.0.1",
    ]
    script = "\n".join([*commands, "exit", ""])
    done = subprocess.run(
        command,
        input=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout
