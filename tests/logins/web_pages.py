"""The pages of a lead who administers many mailboxes, one of which has many people."""

import html
import http.client
import imaplib
import re
import time
from urllib.parse import quote, urlencode

from two_frontends import PASSWORD
from usage import Measured, load

MAILBOXES, MEMBERS, GROUPS, IN_GROUP = 500, 1000, 5, 20
TOKENS, LETTERS = 20, 300
LEAD, SMALL_LEAD = "lead", "small-lead"
LARGE, SMALL = "pages-000", "pages-small"
# Of the visits to each page in a round.
VISITS = 40
TOKEN = re.compile(r'name="token" value="([^"]*)"')


class Browser:
    """Keeps a cookie, and what forms have to send back."""

    def __init__(self, node):
        self.port, self.cookie = node.ports["web"], ""

    def ask(self, method, path, fields=None):
        """The answer, its head and its text."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        asking.request(method, path, None if fields is None else urlencode(fields), headers)
        answer = asking.getresponse()
        text = answer.read()
        if cookie := answer.getheader("set-cookie"):
            self.cookie = cookie.partition(";")[0]
        asking.close()
        return answer, text

    def sign_in(self, user):
        _, text = self.ask("GET", "/sign-in")
        token = html.unescape(TOKEN.search(text.decode())[1])
        answer, text = self.ask("POST", "/sign-in", {"user": user, "password": PASSWORD, "token": token})
        assert answer.status == 303, (answer.status, text)
        return self

    def visit(self, path):
        """How long a page took, and its text."""
        began = time.monotonic()
        answer, text = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status)
        return time.monotonic() - began, text


def measure_pages(site, meter, arguments):
    prepare(site)
    browsers = {LEAD: Browser(site.nodes[0]).sign_in(LEAD), SMALL_LEAD: Browser(site.nodes[0]).sign_in(SMALL_LEAD)}
    measured, sizes = {}, {}
    for _ in range(arguments.rounds):
        for title, who, path, words in pages():
            # The first visit of all tells the size, and that it is the page that is meant.
            _, text = browsers[who].visit(path)
            assert words in text.decode(), f"{title} has no {words!r}"
            sizes[title] = len(text)
            one = measured.setdefault(title, Measured())
            meter.measure(one, [lambda browser=browsers[who], path=path: browser.visit(path)[0]] * VISITS, settles=False)
    print(f"\n{MEMBERS} members of a mailbox, {GROUPS * IN_GROUP} of them by {GROUPS} groups; a lead of {MAILBOXES} mailboxes; "
          f"{VISITS} visits a round, {arguments.rounds} rounds; load {load():.1f}\n")
    print("| page | bytes | frontends | PostgreSQL | statements | p50 | p99 |\n|---|---|---|---|---|---|---|")
    for title, one in measured.items():
        used = one.median()
        print(f"| {title} | {sizes[title]:,} | {used.frontends_ms:.2f} ms | {used.postgres_ms:.2f} ms | {used.statements:.1f} "
              f"| {one.milliseconds(0.5):.1f} ms | {one.milliseconds(0.99):.1f} ms |", flush=True)


def pages():
    """What it is called here, whose it is, where it is, and a word that is on it."""
    def of(mailbox, path=""):
        return f"/mailbox{path}?name=" + quote(f"Shared Folders/{mailbox}", safe="")

    for who, mailbox, size, one in ((SMALL_LEAD, SMALL, "small", "member-7"), (LEAD, LARGE, "large", "member-777")):
        yield f"list of mailboxes, {size}", who, "/mailboxes", mailbox
        yield f"people of a mailbox, {size}", who, of(mailbox), "member-1"
        yield f"people, one looked for, {size}", who, of(mailbox) + f"&find={one}", one
        yield f"what somebody may do, {size}", who, of(mailbox, "/explain") + f"&who={one}", one
        yield f"activity, {size}", who, of(mailbox, "/activity"), "member-1"
        yield f"settings, {size}", who, of(mailbox, "/settings"), mailbox
        yield f"devices, {size}", who, "/devices", "device-0"


def prepare(site):
    leads = (LEAD, SMALL_LEAD)
    site.verb("user", "add", *leads, "--password-stdin", said=f"{PASSWORD}\n")
    people = [f"member-{number}" for number in range(MEMBERS)]
    grouped = people[MEMBERS - GROUPS * IN_GROUP:]
    lines = [f"[account.{name}]" for name in people]
    for number in range(GROUPS):
        members = ", ".join(f'"{name}"' for name in grouped[number * IN_GROUP:(number + 1) * IN_GROUP])
        lines += [f"[group.pages-{number}]", f"members = [{members}]"]
    lists = {f"pages-{number:03}": {LEAD: "manager"} for number in range(MAILBOXES)}
    lists[LARGE] |= {name: "editor" for name in people if name not in grouped} | {f"group:pages-{number}": "viewer" for number in range(GROUPS)}
    lists[SMALL] = {SMALL_LEAD: "manager"} | {name: "editor" for name in people[:10]}
    for mailbox, rights in lists.items():
        lines += [f'[mailbox."{mailbox}"]', "rights = { " + ", ".join(f'"{who}" = "{role}"' for who, role in rights.items()) + " }"]
    site.verb("apply", "-", said="\n".join(lines) + "\n")
    for lead, count in ((LEAD, TOKENS), (SMALL_LEAD, 1)):
        for number in range(count):
            site.api("POST", f"/users/{lead}/tokens", {"name": f"device-{number}", "services": ["imap"]})
    site.api("PUT", "/users/member-1/password", {"password": PASSWORD})
    for mailbox, count in ((LARGE, LETTERS), (SMALL, 10)):
        work(site, mailbox, count)


def work(site, mailbox, count):
    """Something that is in the record of activity."""
    session = imaplib.IMAP4("127.0.0.1", site.nodes[0].ports["imap"])
    session.login("member-1", PASSWORD)
    for number in range(count):
        letter = f"From: member-1@example.org\r\nSubject: letter {number}\r\n\r\nHello.\r\n"
        verdict, said = session.append(f'"Shared Folders/{mailbox}"', None, None, letter.encode())
        assert verdict == "OK", said
    session.logout()
