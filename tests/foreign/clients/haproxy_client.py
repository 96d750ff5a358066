"""Debian's HAProxy in front of two frontends, with TLS passed through and with TLS ended there; real clients over it."""

import contextlib
import imaplib
import json
import smtplib
import socket
import ssl
import subprocess

from clients import curl_client, imaplib_client, imaptalk_client, mbsync_client
from demo import ok
from haproxy import Frontend, HAProxy, behind
from postfix import free_port

# The client's address, which is none of HAProxy's own.
CLIENT = "127.0.0.77"

SECTIONS = """
listen passed{number}
  bind 127.0.0.1:{passed}
  option tcp-check
  tcp-check connect port {imap} send-proxy
  tcp-check expect string "* OK"
  server one 127.0.0.1:{imaps} send-proxy-v2 check inter 200ms rise 1
listen ended{number}
  bind 127.0.0.1:{ended} ssl crt {{folder}}/both.pem
  server one 127.0.0.1:{imap} send-proxy-v2-ssl-cn check check-send-proxy inter 200ms rise 1
listen plain{number}
  bind 127.0.0.1:{plain}
  server one 127.0.0.1:{imap} send-proxy check check-send-proxy inter 200ms rise 1
listen letters{number}
  bind 127.0.0.1:{letters}
  server one 127.0.0.1:{lmtp} send-proxy-v2 check check-send-proxy inter 200ms rise 1
"""
DOORS = ("passed", "ended", "plain", "letters")


def check(demo):
    settings = {
        "LISTEN__PROXY_FROM": "127.0.0.1",
        "LMTP__TRUSTED_NETWORKS": CLIENT,
        # A client that is in TLS must be so by what HAProxy says.
        "LOGIN__WITHOUT_TLS": "never",
    }
    with contextlib.ExitStack() as running:
        nodes = [running.enter_context(Frontend(demo, f"proxied-{number}", **settings)) for number in (1, 2)]
        doors = [{door: free_port() for door in DOORS} for _ in nodes]
        sections = "".join(SECTIONS.format(number=number, **ports, **node.ports)
                           for number, (node, ports) in enumerate(zip(nodes, doors)))
        haproxy = running.enter_context(HAProxy(sections, demo.certificate_path))
        # Health checks are connections of HAProxy's own.
        haproxy.wait_until_up(*((f"{door}{number}", "one") for number in (0, 1) for door in DOORS))
        for door in ("passed", "ended"):
            seen = behind(demo, *({"imaps": ports[door]} for ports in doors))
            for client in (imaplib_client, curl_client, imaptalk_client, mbsync_client):
                client.check(seen)
            addresses(seen)
        exposed(demo, doors[0]["plain"])
        letters(demo, doors[0]["letters"])
        stranger(demo, nodes[0])


class Elsewhere(imaplib.IMAP4_SSL):
    """A client that comes from another address."""

    def _create_socket(self, timeout):
        plain = socket.create_connection((self.host, self.port), timeout, (CLIENT, 0))
        return self.ssl_context.wrap_socket(plain, server_hostname=self.host)


def untrusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def addresses(demo):
    """Who is logged in is listed with the client's address, as is a wrong password in the log."""
    ada = demo.people[0]
    session = Elsewhere("127.0.0.1", demo.nodes[0]["imaps"], ssl_context=untrusting())
    assert "STARTTLS" not in session.capabilities and "LOGINDISABLED" not in session.capabilities, session.capabilities
    ok(session.login(ada.user, ada.password))
    program, *words = demo.postroom
    while True:
        listed = json.loads(subprocess.run(
            [program, *words, "--json", "session", "list"], capture_output=True, check=True).stdout)
        if CLIENT in json.dumps(listed):
            break
    session.logout()


def exposed(demo, port):
    """Without TLS a password is not taken; STARTTLS is passed through."""
    ada = demo.people[0]
    session = imaplib.IMAP4("127.0.0.1", port)
    assert "LOGINDISABLED" in session.capabilities, session.capabilities
    ok(session.starttls(untrusting()))
    ok(session.login(ada.user, ada.password))
    session.logout()


def letters(demo, port):
    """By the client's address it is judged who may bring letters."""
    with smtplib.LMTP("127.0.0.1", port, "mx.example.org", source_address=(CLIENT, 0)) as lmtp:
        letter = "Message-ID: <haproxy@example.com>\r\nSubject: by HAProxy\r\n\r\nHello.\r\n"
        assert lmtp.sendmail("sue@example.com", [demo.address], letter) == {}
    try:
        smtplib.LMTP("127.0.0.1", port, "mx.example.org").close()
    except smtplib.SMTPConnectError as refused:
        assert refused.smtp_code == 554, refused
    else:
        raise AssertionError("LMTP from an address that is not trusted")


def stranger(demo, node):
    """Whoever is no proxy may not speak as one."""
    with socket.create_connection(("127.0.0.1", node.ports["imap"]), source_address=(CLIENT, 0)) as plain:
        plain.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")
        said = b""
        with contextlib.suppress(ConnectionResetError):
            while some := plain.recv(1000):
                said += some
        assert said.startswith(b"* OK") and said.count(b"\r\n") == 1, said
    assert "begins with a PROXY header" in node.log(), node.log()[-1000:]
