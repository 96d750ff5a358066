"""Passwords that are proved and not told, by libraries of others: GNU SASL alone, bound to its TLS connection and not, with neomutt
around it, and Cyrus SASL in mbsync, against a frontend that offers nothing else; the first login, with PLAIN, is by another."""

import subprocess
import tempfile
from pathlib import Path

from clients.neomutt_client import Mutt
from demo import Person, message, ok
from haproxy import Frontend, behind

SCRAM = "SCRAM-SHA-256-PLUS, SCRAM-SHA-256"


def check(demo):
    ada = demo.people[0]
    with (
        Frontend(demo, "scram-first", LOGIN__MECHANISMS=f"{SCRAM}, PLAIN") as first,
        Frontend(demo, "scram-only", LOGIN__MECHANISMS=SCRAM) as only,
        # neomutt of Debian 12 takes the strongest that GNU SASL knows, and has nothing to bind it by.
        Frontend(demo, "scram-unbound", LOGIN__MECHANISMS="SCRAM-SHA-256") as unbound,
    ):
        seen = behind(demo, {"imaps": first.ports["imaps"]}, {"imaps": unbound.ports["imaps"]})
        # Of a password that was there before, something is kept at this login.
        session = seen.log_in(ada, 0)
        proved(only, ada, "SCRAM-SHA-256-PLUS")
        proved(only, ada, "SCRAM-SHA-256", "--no-cb")
        # Without a choice it takes the strongest.
        proved(only, ada, None)
        wrong = Person(ada.user, ada.password + "x")
        for person in (wrong, Person("nobody", ada.password)):
            refused(only, person, "SCRAM-SHA-256-PLUS")
        mailbox = "scram"
        session.delete(mailbox)
        ok(session.create(mailbox))
        ok(session.append(mailbox, None, None, message(1)))
        with tempfile.TemporaryDirectory() as folder:
            mutt = Mutt(seen, Path(folder), mailbox)
            mutt.run(ada, 1, "<flag-message><quit>")
            ok(session.select(mailbox))
            assert ok(session.search(None, "FLAGGED")) == [b"1"]
            synchronised(seen, ada, Path(folder), mailbox)
        new_password(demo, only)
        ok(session.close())
        ok(session.delete(mailbox))
        session.logout()


def new_password(demo, frontend):
    """One that is set while SCRAM is offered can be proved at once."""
    eva = Person("eva-scram", "Caffè e latte")
    program, *words = demo.postroom
    for command in (["user", "add", eva.user, "--password-stdin"], ["user", "delete", eva.user]):
        done = subprocess.run([program, *words, *command], input=eva.password.encode(), env=frontend.environment(), check=False,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        if "add" in command:
            proved(frontend, eva, "SCRAM-SHA-256-PLUS")
            refused(frontend, Person(eva.user, "Caffe e latte"), "SCRAM-SHA-256-PLUS")


def gsasl(frontend, person, mechanism, *options):
    chosen = ["--mechanism", mechanism] if mechanism else []
    command = ["gsasl", "--imap", f"--connect=127.0.0.1:{frontend.ports['imap']}", "--x509-ca-file=", *chosen, *options,
               "--authentication-id", person.user, "--authorization-id=", "--password", person.password]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)


def proved(frontend, person, mechanism, *options):
    done = gsasl(frontend, person, mechanism, *options)
    assert done.returncode == 0, (mechanism, done.stdout, done.stderr)
    assert f"AUTHENTICATE {mechanism or 'SCRAM-SHA-256-PLUS'}" in done.stdout, done.stdout


def refused(frontend, person, mechanism):
    done = gsasl(frontend, person, mechanism)
    assert done.returncode != 0 and "[AUTHENTICATIONFAILED]" in done.stdout + done.stderr, (done.stdout, done.stderr)


def synchronised(seen, person, folder, mailbox):
    pinned = folder / "mbsync.pem"
    pinned.write_text(seen.certificate(1))
    config = folder / "mbsyncrc"
    (folder / "mail").mkdir()
    config.write_text(
        f"""
IMAPAccount postroom
Host localhost
Port {seen.nodes[1]["imaps"]}
User {person.user}
Pass {person.password}
AuthMechs SCRAM-SHA-256
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
Patterns {mailbox}
Create Near
SyncState *
"""
    )
    done = subprocess.run(["mbsync", "-V", "-c", str(config), "both"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert len(list((folder / "mail" / mailbox).glob("*/*"))) == 1, done.stdout
