"""Chromium signs in at an identity provider that others wrote (node-oidc-provider, see oidc.mjs), and with that at the web pages of two frontends.

A lead signs in there at one frontend, is known at the other, gives somebody a right, shows once more who she is before she makes passwords,
and signs out. Who comes back otherwise than he was sent is refused. The provider's tokens open the API where they are made for it.
"""

import contextlib
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from clients.chromium import PATIENCE_SECONDS
from clients.oauth_client import LONG_SECONDS, Provider, fetch
from clients.pages_client import GRID, TEAM, Visitor, axe
from demo import ok
from haproxy import Frontend
from postfix import free_port

NAME = "Example ID"
BUTTON = f"Sign in with {NAME}"
REFUSED = "You could not be signed in."
OLD = "This sign-in was too old, or was not begun in this browser."


class Site:
    """Two frontends, as a visitor sees the nodes of a demo."""

    def __init__(self, *frontends):
        self.nodes = [frontend.ports for frontend in frontends]


def check(demo):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        fetch(folder)
        port = free_port()
        issuer = f"http://127.0.0.1:{port}"
        settings = {
            "OAUTH__ISSUER": issuer,
            "OAUTH__CLIENT_ID": "pages",
            "OAUTH__CLIENT_SECRET": "pages: 100% +",
            "OAUTH__SIGN_IN_SCOPE": "openid profile",
            "OAUTH__NAME": NAME,
            "OAUTH__ACCOUNT_CLAIM": "preferred_username",
            "OAUTH__API_AUDIENCE": "api",
            "OAUTH__CLOCK_SKEW": "1s",
            "WEB__API": "true",
        }
        frontends = [Frontend(demo, name, **settings) for name in ("oidc-a", "oidc-b")]
        redirects = [f"http://127.0.0.1:{frontend.ports['web']}/sign-in/answer" for frontend in frontends]
        provider = Provider(folder, port, "one", "ES256", LONG_SECONDS, *redirects)
        running.enter_context(provider)
        for frontend in frontends:
            running.enter_context(frontend)
        visitor = Visitor(Path(folder, "profile"), Site(*frontends), axe(folder))
        running.callback(visitor.browser.close)
        # The provider's own pages want a font from elsewhere.
        visitor.browser.ask("Network.enable")
        visitor.browser.ask("Network.setBlockedURLs", urls=["https://*"])
        examine(demo, frontends[0], "good")
        sign_in(visitor, demo)
        give_a_right(visitor, demo)
        make_passwords(visitor, demo, frontends[0])
        leave(visitor)
        come_back_otherwise(visitor, redirects)
        open_the_api(provider, frontends[0])
        provider.__exit__()
        examine(demo, frontends[0], "bad")
        without_the_provider(visitor, demo)
        check_complaints(visitor, redirects)


def examine(demo, frontend, verdict):
    """What `postroom doctor` says of the provider."""
    program, *words = demo.postroom
    said = subprocess.run([program, *words, "doctor", "--json"], env=frontend.environment(), capture_output=True, text=True, check=False)
    found = {finding["what"]: finding["verdict"] for finding in json.loads(said.stdout)}
    assert found["identity provider"] == verdict, found


def check_complaints(visitor, redirects):
    """Of our own pages; what was refused on purpose is told with its status."""
    ours = [redirect.removesuffix("/sign-in/answer") for redirect in redirects]
    told = [one for one in visitor.browser.complaints() if any(page in str(one) for page in ours)]
    told = [one for one in told if "responded with a status of" not in str(one)]
    assert not told, told


def show_who(visitor, name):
    """At the provider: whatever name and password, and then whatever it asks besides."""
    browser = visitor.browser
    provider = browser.evaluate("location.origin")
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        # Whatever is loaded from here on ends the wait below.
        loads = browser.loads()
        page = address(visitor)
        if not page.startswith(provider) and page != "null":
            break
        assert time.monotonic() < until, f"no way back from {page}: {visitor.text()}"
        browser.evaluate(f"""(() => {{
          const [form] = document.forms;
          // Other pages of it send their form themselves.
          const isAsked = location.pathname.startsWith('/interaction/');
          if (!isAsked || document.readyState !== 'complete' || !form || window.isSent) return;
          window.isSent = true;
          const [login, password] = ['login', 'password'].map((name) => form.elements[name]);
          if (login) login.value = {json.dumps(name)};
          if (password) password.value = 'whatever';
          form.submit();
        }})()""")
        browser.wait_for_load(loads)
    if browser.evaluate("document.readyState") != "complete":
        browser.wait_for_load(loads)


def address(visitor):
    return visitor.browser.evaluate("location.href")


def sign_in(visitor, demo):
    visitor.visit(GRID)
    visitor.look("sign-in-provider")
    visitor.click(BUTTON)
    show_who(visitor, demo.people[0].user)
    # Where she wanted to go, and at the other frontend too.
    visitor.has(f"People in {TEAM}")
    assert "code=" not in address(visitor), address(visitor)
    visitor.visit("/mailboxes", 1)
    visitor.has("The team mailboxes that you manage.", TEAM)


def give_a_right(visitor, demo):
    bo = demo.people[1]
    visitor.visit(GRID, 1)
    visitor.type("Name", bo.user)
    visitor.type("Role", "Viewer")
    visitor.click("Add")
    visitor.has(f"{bo.user} was added.")
    visitor.click("Undo")
    visitor.has("It is as it was before.")


def make_passwords(visitor, demo, frontend):
    ada, bo = demo.people[:2]
    visitor.visit("/devices")
    visitor.look("confirm")
    assert "Make the password" not in visitor.text()
    # Somebody else confirms nothing, and changes nothing.
    visitor.click(f"Confirm with {NAME}")
    show_who(visitor, bo.user)
    visitor.has("You have confirmed to be somebody else than who is signed in here.")
    visitor.visit("/devices")
    visitor.has(ada.user)
    # The provider knows bo now; she is asked all the same.
    visitor.click(f"Confirm with {NAME}")
    show_who(visitor, ada.user)
    visitor.has("You have shown who you are.")
    visitor.look("confirmed")
    visitor.type("Name", "Ada’s phone")
    visitor.click("Make the password")
    visitor.has("It is shown this once.")
    session = demo.log_in(type(ada)(ada.user, shown(visitor)), 1)
    ok(session.select("INBOX"))
    visitor.visit("/devices")
    visitor.type("Name of the program", "Ada’s script")
    visitor.click_box("only read, and change nothing by it")
    visitor.click("Make the token")
    visitor.has("The token of Ada’s script")
    visitor.look("api-token")
    status, said = me(frontend, shown(visitor))
    assert (status, said.get("user"), said.get("read_only")) == (200, ada.user, True), (status, said)
    visitor.visit("/devices")
    visitor.has("managing by programs")
    for name in ("Ada’s phone", "Ada’s script"):
        visitor.click(f"Withdraw {name}")
        visitor.click("Withdraw")


def shown(visitor):
    return visitor.browser.evaluate("document.querySelector('.token code').textContent")


def leave(visitor):
    visitor.leave_for(lambda: visitor.browser.evaluate("document.querySelector('header form button').click()"))
    visitor.has("You are signed out.")
    visitor.visit("/mailboxes", 1)
    visitor.has("Sign in")


def come_back_otherwise(visitor, redirects):
    # Somebody who has no account is told nothing else than anybody.
    forget(visitor)
    visitor.visit("/sign-in")
    visitor.click(BUTTON)
    show_who(visitor, "nobody")
    visitor.has(REFUSED)
    visitor.look("not-let-in")
    # What was brought back once, is not taken again.
    visitor.leave_for(lambda: visitor.browser.ask("Page.reload"))
    visitor.has(OLD)
    # A code of nobody's sign-in, and one whose sign-in another browser has begun.
    visitor.leave_for(lambda: visitor.browser.ask("Page.navigate", url=f"{redirects[0]}?code=x&state=y"))
    visitor.has(OLD)
    forget(visitor)
    visitor.visit("/sign-in?next=https://evil.example/")
    visitor.click(BUTTON)
    show_who(visitor, "bo")
    assert address(visitor).startswith(redirects[0].removesuffix("/sign-in/answer")), address(visitor)


def forget(visitor):
    visitor.browser.ask("Network.clearBrowserCookies")


def open_the_api(provider, frontend):
    made_for_it = provider.token("ada", resource="https://api")
    status, said = me(frontend, made_for_it)
    assert (status, said.get("user"), said.get("token", "")) == (200, "ada", None), (status, said)
    for other in (
        provider.token("ada"),
        provider.token("ada", resource="https://elsewhere"),
        provider.token("nobody", resource="https://api"),
        made_for_it[:-4] + "AAAA",
    ):
        status, said = me(frontend, other)
        assert status == 401, (status, said)


def me(frontend, token):
    request = urllib.request.Request(f"http://127.0.0.1:{frontend.ports['web']}/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def without_the_provider(visitor, demo):
    forget(visitor)
    visitor.visit("/sign-in", 1)
    # What it said a moment ago is believed for some seconds.
    visitor.browser.evaluate("new Promise((done) => setTimeout(done, 6000))")
    visitor.click(BUTTON)
    visitor.has(f"{NAME} does not answer right now.")
    visitor.look("provider-away")
    visitor.sign_in(demo.people[0], 1)
    visitor.has("The team mailboxes that you manage.")
