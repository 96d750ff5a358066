"""The demo that is running: two frontends, people, and an administrator."""

import contextlib
import imaplib
import json
import ssl
from dataclasses import dataclass
from pathlib import Path


class Skipped(Exception):
    """What a client needs is not to be had here."""


@dataclass
class Person:
    """Somebody who can log in."""

    user: str
    password: str


class Demo:
    """What `cargo xtask demo --json` has said."""

    def __init__(self, said):
        self.nodes = said["nodes"]
        self.address = said["address"]
        self.certificate_path = said["certificate"]
        self.postgres_pid = said["postgres"]["pid"]
        self.postgres_url = said["postgres"]["url"]
        # The words before a verb: a program and its settings.
        self.postroom = said["postroom"].split()
        self.admin = Person(**said["admin"])
        self.people = [Person(one["user"], one["password"]) for one in said["people"]]
        if len(self.nodes) < 2 or len(self.people) < 2:
            raise ValueError("two frontends and two people are needed")

    @classmethod
    def load(cls, path):
        """From a file with the JSON line in it."""
        return cls(json.loads(Path(path).read_text()))

    def certificate(self, node):
        """The PEM certificate that a node shows, for clients that want to pin it."""
        return ssl.get_server_certificate(("127.0.0.1", self.nodes[node]["imaps"]))

    def log_in(self, person, node):
        """A session over TLS; the certificate is the demo's own, so it proves nothing."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        session = imaplib.IMAP4_SSL("127.0.0.1", self.nodes[node]["imaps"], ssl_context=context)
        session.login(person.user, person.password)
        return session

    @contextlib.contextmanager
    def shared_mailbox(self, name, rights):
        """A shared mailbox for one client's check; `rights` by person."""
        mailbox = f'"Shared Folders/{name}"'
        admin = self.log_in(self.admin, 0)
        ok(admin.create(mailbox))
        for person, letters in rights:
            ok(admin.setacl(mailbox, person.user, letters))
        try:
            yield mailbox
        finally:
            ok(admin.delete(mailbox))
            admin.logout()


def ok(answer):
    """What an imaplib call has returned, when it was OK."""
    verdict, lines = answer
    if verdict != "OK":
        raise AssertionError(f"{verdict} {lines}")
    return lines


def message(number, text="Hello."):
    """A small message that can be told from others."""
    lines = [
        "From: foreign@example.org",
        "To: support@example.org",
        f"Subject: message {number}",
        f"Message-ID: <foreign-{number}@example.org>",
        "Date: Mon, 02 Jan 2023 10:00:00 +0000",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
        "",
    ]
    return "\r\n".join(lines).encode()
