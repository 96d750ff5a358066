"""How long after something is withdrawn on one frontend a session that idles on the other is told to go."""

import socket
import threading
import time
from urllib.parse import quote

from two_frontends import ADMIN, PASSWORD
from usage import load, percentile

TEAM = "Shared Folders/withdrawn"
GROUP = "withdrawn"
PERSON = "withdrawn"
PATIENCE_SECONDS = 30


class Session:
    """IMAP over a plain socket; `said` is the moment of each line."""

    def __init__(self, node, user, password):
        self.socket = socket.create_connection(("127.0.0.1", node.ports["imap"]), timeout=PATIENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        assert self.lines.readline().startswith(b"* OK")
        self.ask(f'LOGIN {user} "{password}"')

    def ask(self, command):
        self.socket.sendall(f"a {command}\r\n".encode())
        while not (line := self.lines.readline()).startswith(b"a "):
            assert line, f"{command}: the connection has ended"
        assert line.startswith(b"a OK"), (command, line)

    def idle(self):
        self.socket.sendall(b"a IDLE\r\n")
        while not (line := self.lines.readline()).startswith(b"+"):
            assert line.startswith(b"*"), line

    def wait_for_bye(self):
        """The moment when it was told."""
        while not (line := self.lines.readline()).startswith(b"* BYE"):
            assert line.startswith(b"*"), f"no BYE, but {line}"
        return time.monotonic()

    def close(self):
        self.lines.close()
        self.socket.close()


class Withdrawal:
    """What is withdrawn and given back: by a request to the first frontend, and by a verb."""

    def __init__(self, site):
        self.site = site
        self.admin = Session(site.nodes[0], ADMIN, PASSWORD)
        self.prepare()

    def prepare(self):
        """Once, before all rounds."""

    def give(self):
        """Before each round; returns by what one logs in."""
        return PASSWORD

    def close(self):
        self.admin.close()


class OfToken(Withdrawal):
    name = "access token"
    verb = ("token", "remove", PERSON, "phone")

    def give(self):
        return self.site.api("POST", f"/users/{PERSON}/tokens", {"name": "phone", "services": ["imap"]})["token"]

    def request(self):
        self.site.api("DELETE", f"/users/{PERSON}/tokens/phone")


class OfRight(Withdrawal):
    name = "right in the open mailbox"
    verb = ("acl", "delete", TEAM, PERSON)

    def give(self):
        self.admin.ask(f'SETACL "{TEAM}" {PERSON} lrs')
        return PASSWORD

    def request(self):
        self.admin.ask(f'DELETEACL "{TEAM}" {PERSON}')


class OfAccount(OfRight):
    name = "account, disabled"
    verb = ("user", "disable", PERSON)

    def give(self):
        self.site.api("PATCH", f"/users/{PERSON}", {"disabled": False})
        return super().give()

    def request(self):
        self.site.api("PATCH", f"/users/{PERSON}", {"disabled": True})

    def close(self):
        self.give()
        super().close()


class OfMembership(Withdrawal):
    name = "membership of a group that has the right"
    verb = ("group", "member", "remove", GROUP, PERSON)

    def prepare(self):
        self.site.api("POST", "/groups", {"name": GROUP})
        self.admin.ask(f'DELETEACL "{TEAM}" {PERSON}')
        self.admin.ask(f'SETACL "{TEAM}" group:{GROUP} lrs')

    def give(self):
        self.site.api("PUT", f"/groups/{quote(GROUP)}/members/{PERSON}")
        return PASSWORD

    def request(self):
        self.site.api("DELETE", f"/groups/{quote(GROUP)}/members/{PERSON}")


def measure_withdrawals(site, _meter, arguments):
    site.verb("user", "add", PERSON, "--password-stdin", said=f"{PASSWORD}\n")
    site.verb("mailbox", "create", TEAM)
    # A token opens what its owner may; so it has the right, too.
    site.verb("acl", "set", "--quiet", TEAM, PERSON, "viewer")
    print(f"\n{arguments.withdrawals} rounds of each\n")
    print("| withdrawn | by | sent → BYE: p50 | p99 | longest | OK → BYE: p50 | p99 | longest | sent → OK: p50 | load |\n" + "|---" * 10 + "|")
    for kind in (OfToken, OfRight, OfAccount, OfMembership):
        withdrawal = kind(site)
        for way in ("request", "verb"):
            rounds = [one_round(site, withdrawal, way) for _ in range(arguments.withdrawals)]
            told = [bye - sent for sent, _, bye in rounds]
            after = [bye - answered for _, answered, bye in rounds]
            waited = [answered - sent for sent, answered, _ in rounds]
            figures = [*told_of(told), *told_of(after), percentile(waited, 0.5)]
            print(f"| {kind.name} | {way} | " + " | ".join(f"{value * 1000:.1f} ms" for value in figures) + f" | {load():.1f} |", flush=True)
        withdrawal.close()


def told_of(times):
    return percentile(times, 0.5), percentile(times, 0.99), max(times)


def one_round(site, withdrawal, way):
    """When it was withdrawn, when that was answered, and when the session was told."""
    session = Session(site.nodes[1], PERSON, withdrawal.give())
    session.ask(f'SELECT "{TEAM}"')
    session.idle()
    told = []
    waiting = threading.Thread(target=lambda: told.append(session.wait_for_bye()))
    waiting.start()
    sent = time.monotonic()
    if way == "request":
        withdrawal.request()
    else:
        process = site.begin_verb(*withdrawal.verb)
        _, complaint = process.communicate()
        assert process.returncode == 0, complaint
    answered = time.monotonic()
    waiting.join(PATIENCE_SECONDS)
    assert told, f"no BYE after {PATIENCE_SECONDS} s: {withdrawal.name}, {way}"
    session.close()
    return sent, answered, told[0]
