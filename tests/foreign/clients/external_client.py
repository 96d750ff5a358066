"""Certificates of clients, made by openssl: imaplib logs in by EXTERNAL, and so does what is typed into `openssl s_client`."""

import contextlib
import imaplib
import ssl
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from haproxy import Frontend

CONFIGURATION = """
[ca]
default_ca = authority
[authority]
dir = {folder}
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 2
default_crl_days = 2
policy = policy
unique_subject = no
copy_extensions = none
[policy]
commonName = supplied
[client]
basicConstraints = CA:false
extendedKeyUsage = clientAuth
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
# How long a certificate is good for whose end is waited for.
SHORT_SECONDS = 8


def check(demo):
    ada, bo = (person.user for person in demo.people[:2])
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        ours, theirs = Authority(Path(folder) / "ours"), Authority(Path(folder) / "theirs")
        settings = {
            "LOGIN__MECHANISMS": "EXTERNAL, PLAIN",
            "TLS__CLIENT_CA": str(ours.certificate),
            "TLS__CLIENT_CRL": str(ours.revoked()),
            "TLS__RELOAD_EVERY": "50ms",
        }
        node = running.enter_context(Frontend(demo, "external", **settings))
        pair = ours.issue(ada)
        for identity in ("", ada):
            session = log_in(node, pair, identity)
            session.select("INBOX")
            session.logout()
        typed = s_client(node, pair)
        assert "AUTH=EXTERNAL" in typed and "a OK" in typed, typed
        # Whose address is in it is called so; the common name is somebody else's.
        postroom(demo, "user", "add", "certified@example.org")
        named = ours.issue(bo, "certified@example.org")
        refused(node, named, bo, "[AUTHORIZATIONFAILED]")
        log_in(node, named, "certified@example.org").logout()
        postroom(demo, "user", "disable", "certified@example.org")
        refused(node, named)
        postroom(demo, "user", "delete", "certified@example.org")
        refused(node, named)
        refused(node, pair, bo, "[AUTHORIZATIONFAILED]")
        # A site administrator acts as others, as with a password; that ends with the certificate as well.
        log_in(node, ours.issue(demo.admin.user), bo).logout()
        without(node, ada, demo.people[0].password)
        for stranger in (theirs.issue(ada), ours.issue(ada, begins=-7200, ends=-3600)):
            not_served(node, stranger)
        ends_with_its_certificate(node, ours.issue(ada, ends=SHORT_SECONDS))
        ends_with_its_certificate(node, ours.issue(demo.admin.user, ends=SHORT_SECONDS), bo)
        session = log_in(node, pair)
        ours.revoke(pair)
        session.noop()
        within(20, lambda: not_served(node, pair))
        log_in(node, ours.issue(ada)).logout()


class Authority:
    """A certification authority in a folder."""

    def __init__(self, folder):
        self.folder, self.certificate, self.count = folder, folder / "ca.pem", 0
        folder.mkdir()
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        (folder / "crlnumber").write_text("01\n")
        self.configuration = folder / "configuration"
        self.configuration.write_text(CONFIGURATION.replace("{folder}", str(folder)))
        openssl("req", "-x509", *KEY, "-keyout", folder / "ca.key", "-out", self.certificate, "-days", "2", "-subj", "/CN=Authority")

    def issue(self, name, address=None, begins=-60, ends=24 * 3600):
        """Certificate and key for a common name, and an address as another name."""
        self.count += 1
        path = self.folder / f"client{self.count}"
        configuration = path.with_suffix(".configuration")
        alternative = f"subjectAltName = email:{address}\n" if address else ""
        configuration.write_text(self.configuration.read_text() + alternative)
        openssl("req", "-new", *KEY, "-keyout", path.with_suffix(".key"), "-out", path.with_suffix(".csr"), "-subj", f"/CN={name}")
        openssl("ca", "-batch", "-notext", "-config", configuration, "-extensions", "client", "-startdate", moment(begins),
                "-enddate", moment(ends), "-in", path.with_suffix(".csr"), "-out", path.with_suffix(".pem"))
        return path.with_suffix(".pem"), path.with_suffix(".key")

    def revoke(self, pair):
        openssl("ca", "-config", self.configuration, "-revoke", pair[0])
        self.revoked()

    def revoked(self):
        fresh, path = self.folder / "fresh.crl", self.folder / "revoked.pem"
        openssl("ca", "-config", self.configuration, "-gencrl", "-out", fresh)
        fresh.rename(path)
        return path


def moment(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y%m%d%H%M%SZ")


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (words, done.stderr)


def postroom(demo, *words):
    subprocess.run([*demo.postroom, *words], capture_output=True, text=True, timeout=60, check=True)


def connect(node, pair):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(*pair)
    return imaplib.IMAP4_SSL("127.0.0.1", node.ports["imaps"], ssl_context=context)


def log_in(node, pair, identity=""):
    session = connect(node, pair)
    assert "AUTH=EXTERNAL" in session.capabilities, session.capabilities
    # What is no bytes is sent as it is: `*` would cancel.
    session.authenticate("EXTERNAL", lambda _: identity.encode())
    return session


def refused(node, pair, identity="", code="[AUTHENTICATIONFAILED]"):
    try:
        log_in(node, pair, identity)
    except imaplib.IMAP4.error as refusal:
        assert code in str(refusal), (code, refusal)
    else:
        raise AssertionError(f"{pair} got in as {identity!r}")


def without(node, user, password):
    """Who has no certificate is not offered to log in by it, and has a password."""
    session = connect(node, None)
    assert "AUTH=EXTERNAL" not in session.capabilities, session.capabilities
    try:
        session.authenticate("EXTERNAL", lambda _: b"")
    except imaplib.IMAP4.error:
        pass
    else:
        raise AssertionError("nobody got in")
    session.login(user, password)
    session.logout()


def not_served(node, pair):
    """In TLS 1.3 the client learns of it when it reads."""
    try:
        session = connect(node, pair)
        session.noop()
    except (OSError, imaplib.IMAP4.error):
        return
    raise AssertionError(f"{pair} is served")


def s_client(node, pair):
    """What a person types, and what is answered."""
    command = ["openssl", "s_client", "-quiet", "-crlf", "-connect", f"127.0.0.1:{node.ports['imaps']}", "-cert", pair[0], "-key", pair[1]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        said = process.stdout.readline()
        process.stdin.write("a AUTHENTICATE EXTERNAL =\nb LOGOUT\n")
        process.stdin.flush()
        said += process.communicate(timeout=30)[0]
    return said


def ends_with_its_certificate(node, pair, identity=""):
    session = log_in(node, pair, identity)
    session.send(b"x IDLE\r\n")
    session.sock.settimeout(SHORT_SECONDS + 10)
    assert session.readline().startswith(b"+")
    line = session.readline()
    while line and not line.startswith(b"* BYE"):
        line = session.readline()
    assert line.startswith(b"* BYE"), line


def within(seconds, act):
    until = time.monotonic() + seconds
    while True:
        try:
            return act()
        except AssertionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
