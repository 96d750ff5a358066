"""For each way to log in, people who do, and what they do for it."""

import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import subprocess
import time

from clients.external_client import connect as connect_by_imaplib
from two_frontends import PASSWORD
from slapd import DOMAIN

# How dear a hash is, as other servers make them by default.
BCRYPT_COST, PBKDF2_ROUNDS = 10, 29_000


class Method:
    """A way to log in. `prepare` makes the people, and `login` logs one of them in, and returns how long that took."""

    name = "LOGIN, own argon2 hash"

    def __init__(self, site):
        self.site = site

    def names(self, count, number):
        return [f"{type(self).__name__.lower()}-{number}-{one}" for one in range(count)]

    def prepare(self, names):
        self.site.verb("user", "add", *names, "--password-stdin", said=f"{PASSWORD}\n")

    def connect(self, node, name):
        return connect(node, None)

    def login(self, session, name):
        return timed(lambda: session.login(name, PASSWORD))


class OwnFromBefore(Method):
    """Of this password nothing was kept by which it could be proved; the first login sees to that."""

    name = "LOGIN, own argon2 hash of before SCRAM"

    def prepare(self, names):
        self.site.verb("user", "add", *names, "--password-stdin", said=f"{PASSWORD}\n", LOGIN__MECHANISMS="PLAIN, LOGIN",
                       TLS__CLIENT_CA="", OAUTH__ISSUER="", OAUTH__AUDIENCE="", OAUTH__KEYS="")


class Foreign(Method):
    """The hash of another server."""

    def hash(self):
        raise NotImplementedError

    def prepare(self, names):
        # All have the same: whoever verifies them does not know.
        hash_of_all = self.hash()
        lines = "".join(json.dumps({"name": name, "hash": hash_of_all}) + "\n" for name in names)
        self.site.verb("user", "import", "-", "--format", "jsonl", said=lines)


class Bcrypt(Foreign):
    name = f"LOGIN, bcrypt of cost {BCRYPT_COST}"

    def hash(self):
        self.site.server.ask("create extension if not exists pgcrypto schema counting")
        return self.site.server.ask(f"select crypt('{PASSWORD}', gen_salt('bf', {BCRYPT_COST}))")


class Sha512Crypt(Foreign):
    name = "LOGIN, SHA512-CRYPT of 5,000 rounds"

    def hash(self):
        done = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=f"{PASSWORD}\n", capture_output=True, text=True, check=True)
        return done.stdout.strip()


class Ssha(Foreign):
    name = "LOGIN, SSHA"

    def hash(self):
        salt = os.urandom(8)
        return "{SSHA}" + base64.b64encode(hashlib.sha1(PASSWORD.encode() + salt).digest() + salt).decode()


class Pbkdf2(Foreign):
    name = f"LOGIN, PBKDF2-SHA256 of {PBKDF2_ROUNDS:,} rounds"

    def hash(self):
        salt = os.urandom(16)
        key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, PBKDF2_ROUNDS)
        return f"$pbkdf2-sha256${PBKDF2_ROUNDS}$" + "$".join(base64.b64encode(one).decode().rstrip("=").replace("+", ".") for one in (salt, key))


class Token(Method):
    name = "LOGIN, access token"

    def prepare(self, names):
        super().prepare(names)
        self.tokens = {name: self.site.api("POST", f"/users/{name}/tokens", {"name": "phone", "services": ["imap"]})["token"] for name in names}

    def login(self, session, name):
        return timed(lambda: session.login(name, self.tokens[name]))


class Seat(Method):
    """A token that opens a shared mailbox alone, whose name one logs in by."""

    name = "LOGIN, seat at a shared mailbox"
    team = "seats"

    def prepare(self, names):
        self.site.verb("user", "add", *names)
        mailbox = f"Shared Folders/{self.team}"
        if self.team not in self.site.verb("mailbox", "list"):
            self.site.verb("mailbox", "create", mailbox)
        self.site.verb("acl", "set", "--quiet", mailbox, *(word for name in names for word in (name, "editor")))
        wish = {"name": "seat", "services": ["imap"], "mailbox": mailbox}
        self.tokens = {name: self.site.api("POST", f"/users/{name}/tokens", wish)["token"] for name in names}

    def login(self, session, name):
        return timed(lambda: session.login(self.team, self.tokens[name]))


class Scram(Method):
    name = "SCRAM-SHA-256"

    def login(self, session, name):
        client = ScramClient(name, PASSWORD)
        return timed(lambda: session.authenticate("SCRAM-SHA-256", client.answer)) - client.computed


class ScramClient:
    """RFC 5802 with SHA-256 (RFC 7677), and how long it computed itself."""

    def __init__(self, user, password):
        self.password, self.computed = password.encode(), 0
        self.nonce = base64.b64encode(os.urandom(18)).decode()
        self.first = f"n={user},r={self.nonce}"
        self.verifier = None

    def answer(self, challenge):
        if not challenge:
            return f"n,,{self.first}".encode()
        if self.verifier is not None:
            assert challenge == b"v=" + base64.b64encode(self.verifier), challenge
            return b""
        began = time.monotonic()
        said = dict(part.split("=", 1) for part in challenge.decode().split(","))
        assert said["r"].startswith(self.nonce)
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(said["s"]), int(said["i"]))
        key = keyed(salted, b"Client Key")
        without_proof = f"c=biws,r={said['r']}"
        message = f"{self.first},{challenge.decode()},{without_proof}".encode()
        signature = keyed(hashlib.sha256(key).digest(), message)
        proof = bytes(one ^ other for one, other in zip(key, signature))
        self.verifier = keyed(keyed(salted, b"Server Key"), message)
        self.computed = time.monotonic() - began
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()


def keyed(key, text):
    return hmac.digest(key, text, "sha256")


class OAuth(Method):
    name = "OAUTHBEARER, RS256"

    def prepare(self, names):
        self.site.verb("user", "add", *names)
        self.tokens = {name: self.site.issuer.token(name) for name in names}

    def login(self, session, name):
        said = f"n,a={name},\x01auth=Bearer {self.tokens[name]}\x01\x01".encode()
        return timed(lambda: session.authenticate("OAUTHBEARER", lambda _: said))


class External(Method):
    name = "EXTERNAL"

    def prepare(self, names):
        self.site.verb("user", "add", *names)
        self.pairs = {name: self.site.authority.issue(name) for name in names}

    def connect(self, node, name):
        return connect(node, self.pairs[name])

    def login(self, session, name):
        return timed(lambda: session.authenticate("EXTERNAL", lambda _: b""))


class Ldap(Method):
    """The directory has them already, and the first login makes their account."""

    name = "LOGIN, LDAP search and bind"

    def names(self, count, number):
        return names_of_directory(count, number)

    def prepare(self, names):
        pass


def names_of_directory(count, number):
    return [f"ldap-{number}-{one}@{DOMAIN}" for one in range(count)]


METHODS = {
    "own": Method, "own-before-scram": OwnFromBefore, "bcrypt": Bcrypt, "sha512-crypt": Sha512Crypt, "ssha": Ssha, "pbkdf2": Pbkdf2, "token": Token,
    "seat": Seat, "scram": Scram, "oauth": OAuth, "external": External, "ldap": Ldap,
}


def connect(node, pair):
    """imaplib writes a line in two pieces, of which the second shall not wait until the first has come."""
    session = connect_by_imaplib(node, pair)
    session.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return session


def timed(act):
    began = time.monotonic()
    verdict, said = act()
    assert verdict == "OK", said
    return time.monotonic() - began


def handshake(node, pair=None):
    """A connection up to the greeting, which comes when the client's certificate was believed, and how long that took."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(*pair)
    began = time.monotonic()
    connection = context.wrap_socket(socket.create_connection(("127.0.0.1", node.ports["imaps"])))
    assert connection.recv(4096).startswith(b"* OK")
    return connection, time.monotonic() - began
