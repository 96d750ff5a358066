"""Tokens of an identity provider that others wrote (node-oidc-provider, see oidc.mjs), by clients that others wrote (curl, imaplib)."""

import contextlib
import imaplib
import json
import ssl
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from clients.imapflow_client import run
from demo import Skipped
from haproxy import Frontend
from postfix import free_port

VERSION = "9.13.3"
# How long tokens are good for, and what a token is sure to be good for that was made a moment ago.
LONG_SECONDS, SHORT_SECONDS = 600, 6


def check(demo):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        fetch(folder)
        port = free_port()
        issuer = f"http://127.0.0.1:{port}"
        settings = {
            "LOGIN__MECHANISMS": "OAUTHBEARER, XOAUTH2",
            "OAUTH__ISSUER": issuer,
            "OAUTH__AUDIENCE": "postroom",
            "OAUTH__KEYS": f"{issuer}/jwks",
            "OAUTH__ACCOUNT_CLAIM": "preferred_username",
            "OAUTH__SCOPE": "mail",
            "OAUTH__CLOCK_SKEW": "0s",
        }
        with Provider(folder, port, "one", "RS256", LONG_SECONDS) as provider:
            node = running.enter_context(Frontend(demo, "oauth", **settings))
            ada = provider.token("ada")
            for mechanism in ("OAUTHBEARER", "XOAUTH2"):
                curl(node, "ada", ada, mechanism)
            refused(node, "ada", provider.token("ada", resource="https://elsewhere"))
            refused(node, "ada", provider.token("ada", scope=""))
            refused(node, "nobody", provider.token("nobody"))
            refused(node, "ada", ada[:-4] + "AAAA")
            # Hers, and not Bo's.
            refused(node, "bo", ada, "[AUTHORIZATIONFAILED]")
        # The provider has other keys, of another kind; those of before are good for nothing.
        with Provider(folder, port, "two", "ES256", LONG_SECONDS) as provider:
            curl(node, "ada", provider.token("ada"), "OAUTHBEARER")
            refused(node, "ada", ada)
        # It is away: its keys are known, and a frontend that begins without it knows none.
        curl(node, "ada", provider.last, "OAUTHBEARER")
        begun = running.enter_context(Frontend(demo, "oauth-alone", **settings))
        refused(begun, "ada", provider.last, "[UNAVAILABLE]")
        with Provider(folder, port, "three", "EdDSA", SHORT_SECONDS) as provider:
            within(15, lambda: curl(begun, "ada", provider.token("ada"), "OAUTHBEARER"))
            ends_with_its_token(begun, provider.token("ada"))


def fetch(folder):
    """node-oidc-provider, into this folder."""
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"oidc-provider@{VERSION}"]
    try:
        run(npm, folder, seconds_max=180)
    except AssertionError as trouble:
        raise Skipped(f"npm cannot fetch it: {trouble}") from trouble


class Provider:
    """node-oidc-provider on a port, with one key."""

    def __init__(self, folder, port, *settings):
        self.folder, self.port = folder, port
        self.words = [str(setting) for setting in settings]
        self.last = None

    def __enter__(self):
        script = Path(__file__).with_name("oidc.mjs")
        self.process = subprocess.Popen(
            ["node", str(script), str(self.port), *self.words], cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        assert "listening" in line, f"the provider said: {line!r}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def token(self, person, scope="mail", resource="https://postroom"):
        asked = {"grant_type": "client_credentials", "client_id": person, "client_secret": f"{person}-secret", "resource": resource}
        if scope:
            asked["scope"] = scope
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/token", urllib.parse.urlencode(asked).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            self.last = json.load(answer)["access_token"]
        return self.last


def curl(node, user, token, mechanism):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--insecure", "--user", f"{user}:", "--oauth2-bearer", token,
         "--login-options", f"AUTH={mechanism}", f"imaps://127.0.0.1:{node.ports['imaps']}/", "--request", "STATUS INBOX (MESSAGES)"],
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "* STATUS INBOX" in done.stdout, (mechanism, done.stdout, done.stderr)


def refused(node, user, token, code="[AUTHENTICATIONFAILED]"):
    """What curl says of it is the same for each, so this is imaplib's."""
    try:
        log_in(node, user, token)
    except imaplib.IMAP4.error as refusal:
        assert code in str(refusal), (code, refusal)
    else:
        raise AssertionError(f"{user} got in")


def log_in(node, user, token):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    session = imaplib.IMAP4_SSL("127.0.0.1", node.ports["imaps"], ssl_context=context)
    said = []

    def answer(challenge):
        said.append(challenge)
        if len(said) == 1:
            return f"n,a={user},\x01auth=Bearer {token}\x01\x01".encode()
        assert json.loads(challenge)["status"] == "invalid_token", challenge
        return b"\x01"

    session.authenticate("OAUTHBEARER", answer)
    return session


def ends_with_its_token(node, token):
    session = log_in(node, "ada", token)
    began = time.monotonic()
    session.send(b"x IDLE\r\n")
    session.sock.settimeout(SHORT_SECONDS + 10)
    assert session.readline().startswith(b"+")
    line = session.readline()
    while line and not line.startswith(b"* BYE"):
        line = session.readline()
    assert line.startswith(b"* BYE"), line
    assert time.monotonic() - began < SHORT_SECONDS + 3


def within(seconds, act):
    until = time.monotonic() + seconds
    while True:
        try:
            return act()
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
