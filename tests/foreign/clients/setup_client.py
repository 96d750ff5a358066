"""What mail programs are told, read by Python's own parsers: autoconfig and Autodiscover by ElementTree, a profile by plistlib."""

import http.cookiejar
import plistlib
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from xml.etree import ElementTree

from demo import Person, ok

TEAM = "Shared Folders/support"
ANSWER = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
# Of the children of Protocol that we send, in the order in which Microsoft's schema has them.
PROTOCOL = ["Type", "Server", "Port", "LoginName", "DomainRequired", "SPA", "SSL", "AuthRequired"]
REQUEST = """<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006">
  <Request>
    <EMailAddress>{address}</EMailAddress>
    <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema>
  </Request>
</Autodiscover>"""
# What Apple's documentation calls required of com.apple.mail.managed, and of every payload.
REQUIRED = {
    "PayloadType", "PayloadVersion", "PayloadIdentifier", "PayloadUUID", "EmailAccountType", "IncomingMailServerAuthentication",
    "IncomingMailServerHostName", "OutgoingMailServerAuthentication", "OutgoingMailServerHostName",
}


class Visitor:
    """A browser without pictures, at one frontend."""

    def __init__(self, node):
        self.base = f"http://127.0.0.1:{node['web']}"
        # Python sends a cookie of a loopback address back as browsers do.
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def ask(self, path, data=None, headers=()):
        request = urllib.request.Request(self.base + path, data=data, headers=dict(headers))
        with self.opener.open(request, timeout=20) as response:
            return response.read(), response.headers

    def submit(self, page, path, **fields):
        token = re.search(rb'name="token" value="([0-9a-f]+)"', page).group(1).decode()
        return self.ask(path, urllib.parse.urlencode({**fields, "token": token}).encode())


def check(demo):
    for node in demo.nodes:
        autoconfig(Visitor(node), node, demo.address)
        autodiscover(Visitor(node), node, demo.address)
    profile(Visitor(demo.nodes[0]), demo)


def autoconfig(visitor, node, address):
    path = "/.well-known/autoconfig/mail/config-v1.1.xml?" + urllib.parse.urlencode({"emailaddress": address})
    body, headers = visitor.ask(path)
    assert headers["Content-Type"].startswith("text/xml"), headers
    told = ElementTree.fromstring(body)
    assert (told.tag, told.get("version")) == ("clientConfig", "1.1")
    server = told.find("emailProvider/incomingServer[@type='imap']")
    said = {one.tag: one.text for one in server}
    assert said == {
        "hostname": "127.0.0.1", "port": str(node["imaps"]), "socketType": "SSL", "username": "%EMAILADDRESS%",
        "authentication": "password-cleartext",
    }, said
    try:
        visitor.ask("/mail/config-v1.1.xml?emailaddress=ada@elsewhere.test")
    except urllib.error.HTTPError as refused:
        assert refused.code == 404, refused
    else:
        raise AssertionError("a domain that is not ours is told of")


def autodiscover(visitor, node, address):
    request = REQUEST.format(address=address).encode()
    body, _ = visitor.ask("/Autodiscover/Autodiscover.xml", request, {"Content-Type": "text/xml"}.items())
    account = ElementTree.fromstring(body).find(f"{ANSWER}Response/{ANSWER}Account")
    protocol = account.find(f"{ANSWER}Protocol")
    assert [one.tag.removeprefix(ANSWER) for one in protocol] == PROTOCOL
    values = [one.text for one in protocol]
    assert values == ["IMAP", "127.0.0.1", str(node["imaps"]), address, "off", "off", "on", "on"], values


def profile(visitor, demo):
    ada = demo.people[0]
    page, _ = visitor.ask("/sign-in")
    visitor.submit(page, "/sign-in", user=ada.user, password=ada.password)
    page, _ = visitor.ask("/devices")
    made, _ = visitor.submit(page, "/devices", name="Ada's <pad> & more", opens="", imap="yes", send="yes", password=ada.password)
    token = re.search(rb"prtok_[0-9a-z]{32}", made).group(0).decode()
    body, headers = visitor.submit(made, "/devices/profile", **{"device-password": token, "teams": "yes"})
    assert headers["Content-Type"] == "application/x-apple-aspen-config", headers
    told = plistlib.loads(body)
    assert (told["PayloadType"], told["PayloadDisplayName"]) == ("Configuration", "Ada's <pad> & more")
    accounts = told["PayloadContent"]
    users = {one["IncomingMailServerUsername"]: one.get("EmailAddress") for one in accounts}
    assert users[f"{ada.user}/support"] == demo.address and ada.user in users, users
    ids = [told["PayloadUUID"], *(one["PayloadUUID"] for one in accounts)]
    assert len({uuid.UUID(one) for one in ids}) == len(ids)
    for one in accounts:
        assert REQUIRED <= set(one), one
        assert one["IncomingMailServerUseSSL"] is True and one["IncomingMailServerPortNumber"] == demo.nodes[0]["imaps"], one
        session = demo.log_in(Person(one["IncomingMailServerUsername"], one["IncomingPassword"]), 1)
        ok(session.select("INBOX"))
        session.logout()
    page, _ = visitor.ask("/devices")
    visitor.submit(page, "/devices/withdraw", device="Ada's <pad> & more")
