"""Chromium at the web pages of two frontends: a lead adds a colleague, and makes the password of a device.

Each page is looked at in the light and in the dark, on a desk and on a phone: nothing is wider than the screen, and axe-core, where
npm can fetch it, finds nothing that keeps somebody with a screen reader out. With POSTROOM_PICTURES=FOLDER pictures are kept.
"""

import base64
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from clients.chromium import PATIENCE_SECONDS, Chromium
from demo import ok

AXE_VERSION = "4.14.1"
TEAM = "Shared Folders/support"
GRID = f"/mailbox?name={quote(TEAM)}"
DESK, PHONE = (1120, 900), (380, 800)
# Rules of WCAG 2.2, and what else axe thinks good.
AXE = """axe.run(document, {resultTypes: ["violations"]}).then((found) => JSON.stringify(
  found.violations.map((one) => [one.id, one.help, one.nodes.map((node) => node.html)])))"""


class Visitor:
    """Somebody at a browser, who clicks and types."""

    def __init__(self, folder, demo, axe):
        self.demo = demo
        self.axe = axe
        self.browser = Chromium(folder)
        for domain in ("Page", "Runtime", "Log"):
            self.browser.ask(f"{domain}.enable")
        self.pictures = os.environ.get("POSTROOM_PICTURES")

    def visit(self, path, node=0):
        self.leave_for(lambda: self.browser.ask("Page.navigate", url=f"http://127.0.0.1:{self.demo.nodes[node]['web']}{path}"))

    def leave_for(self, act):
        """Does something that leads to another page, and waits until that is there."""
        self.browser.evaluate("window.isLeft = true")
        act()
        until = time.monotonic() + PATIENCE_SECONDS
        while self.browser.evaluate("String(!window.isLeft && document.readyState === 'complete')") != "true":
            assert time.monotonic() < until, "no other page came"
            time.sleep(0.02)

    def click(self, label):
        """What is called so, by its words or its label, as a screen reader has it."""
        script = f"""(() => {{
          const called = (one) => (one.getAttribute("aria-label") || one.textContent).trim();
          const all = [...document.querySelectorAll("main a, main button")];
          const found = all.find((one) => called(one) === {json.dumps(label)});
          if (!found) return "no " + all.map(called).join("; ");
          found.click();
          return "clicked";
        }})()"""
        def act():
            said = self.browser.evaluate(script)
            # The page may be left before it could answer.
            assert said in ("clicked", "null"), f"{label}: {said}"
        self.leave_for(act)

    def click_box(self, label):
        """One that is ticked or not."""
        said = self.browser.evaluate(f"""(() => {{
          const found = [...document.querySelectorAll("label")].find((one) => one.textContent.trim() === {json.dumps(label)});
          if (!found) return "none";
          found.click();
          return "clicked";
        }})()""")
        assert said == "clicked", f"no box {label}"

    def type(self, field, text):
        """Into the field of this label, as by hand."""
        said = self.browser.evaluate(f"""(() => {{
          const found = [...document.querySelectorAll("label")].find((one) => one.textContent.trim() === {json.dumps(field)});
          const input = found && document.getElementById(found.htmlFor);
          if (!input) return "none";
          input.focus();
          if (input.tagName === "SELECT") {{
            input.value = [...input.options].find((one) => one.textContent.trim() === {json.dumps(text)}).value;
          }} else input.select();
          return input.tagName;
        }})()""")
        assert said in ("INPUT", "SELECT"), f"no field {field}"
        if said == "INPUT":
            self.browser.ask("Input.insertText", text=text)

    def press(self, key):
        keys = {"Tab": 9, "Enter": 13}
        for kind in ("keyDown", "keyUp"):
            more = {"text": "\r"} if (key, kind) == ("Enter", "keyDown") else {}
            self.browser.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=keys[key], **more)

    def text(self):
        return self.browser.evaluate("document.body.innerText")

    def has(self, *words):
        text = self.text()
        for one in words:
            assert one in text, f"{one!r} is not in {text!r}"

    def sign_in(self, person, node=0):
        self.visit("/sign-in", node)
        self.type("User name", person.user)
        self.type("Password", person.password)
        self.click("Sign in")

    def look(self, name):
        """At the page in all ways that people do."""
        for scheme in ("light", "dark"):
            for device, (width, height) in (("desk", DESK), ("phone", PHONE)):
                features = [{"name": "prefers-color-scheme", "value": scheme}]
                self.browser.ask("Emulation.setEmulatedMedia", features=features)
                self.browser.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=device == "phone")
                wide = self.browser.evaluate("String(document.documentElement.scrollWidth - innerWidth)")
                assert int(wide) <= 0, f"{name} is {wide} too wide on a {device}"
                # Once in each scheme and on each device.
                if self.axe and (scheme, device) in (("light", "desk"), ("dark", "phone")):
                    self.browser.evaluate(self.axe + ";0")
                    found = json.loads(self.browser.evaluate(AXE))
                    assert not found, f"{name}, {scheme}, {device}: {found}"
                if self.pictures:
                    taken = self.browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
                    Path(self.pictures, f"{name}-{scheme}-{device}.png").write_bytes(base64.b64decode(taken["data"]))
        self.browser.ask("Emulation.clearDeviceMetricsOverride")


def check(demo):
    with tempfile.TemporaryDirectory() as folder:
        visitor = Visitor(Path(folder, "profile"), demo, axe(folder))
        try:
            add_a_colleague(visitor, demo)
            make_a_password(visitor, demo)
            read_the_others(visitor)
            assert not visitor.browser.complaints(), visitor.browser.complaints()
        finally:
            visitor.browser.close()


def add_a_colleague(visitor, demo):
    ada, bo = demo.people[:2]
    visitor.visit("/")
    first = visitor.browser.evaluate("document.activeElement.id")
    assert first == "user", f"the first field has no focus: {first}"
    visitor.look("sign-in")
    visitor.sign_in(ada)
    visitor.has("The team mailboxes that you manage.", TEAM)
    # By keyboard alone one gets past what is on top of every page.
    visitor.press("Tab")
    visitor.press("Enter")
    assert visitor.browser.evaluate("document.activeElement.id") == "main"
    visitor.look("teams")
    visitor.click(TEAM)
    # Somebody whom she mistyped, and who was not to be told.
    visitor.type("Name", "nobody at all")
    visitor.click_box("Tell them by mail")
    visitor.click("Add")
    visitor.has("There is nobody of the name nobody at all whom you could add.")
    visitor.look("nobody")
    visitor.visit(GRID)
    visitor.type("Name", bo.user)
    visitor.type("Role", "Viewer")
    visitor.click("Add")
    visitor.has(f"{bo.user} was added.")
    visitor.look("people")
    # Her colleague at the other frontend sees it, and changes it.
    visitor.visit(GRID, 1)
    visitor.click(f"{bo.user}: Contributor")
    visitor.has(f"{bo.user} was changed.")
    visitor.click("Undo")
    visitor.has("It is as it was before.")
    visitor.click(f"What may {bo.user} do?")
    visitor.has(f"What {bo.user} may do in {TEAM}", f"{bo.user}: gives Viewer")
    visitor.look("explain")
    visitor.visit(GRID)
    visitor.click(f"Remove {bo.user}")
    visitor.look("remove")
    visitor.click("Remove")
    visitor.has(f"{bo.user} was removed.")


def make_a_password(visitor, demo):
    ada = demo.people[0]
    visitor.visit("/devices")
    visitor.type("Name", "Ada’s phone")
    visitor.type("What it opens", f"{TEAM} alone")
    visitor.type("Your own password", ada.password)
    visitor.look("new-device")
    visitor.click("Make the password")
    visitor.has("It is shown this once.", demo.address)
    visitor.look("password")
    token = visitor.browser.evaluate("document.querySelector('.token code').textContent")
    session = demo.log_in(type(ada)(demo.address, token), 1)
    ok(session.select("INBOX"))
    visitor.click("To my devices")
    visitor.has("Ada’s phone", TEAM)
    visitor.look("devices")
    visitor.click("Withdraw Ada’s phone")
    visitor.click("Withdraw")
    visitor.has("The password was withdrawn.")
    try:
        session.noop()
    except session.abort:
        return
    raise AssertionError("the session goes on")


def read_the_others(visitor):
    visitor.visit(GRID)
    visitor.click("Activity")
    visitor.has("changed who works here")
    visitor.look("activity")
    visitor.click("Settings")
    visitor.has("Everybody has their own read marks.")
    visitor.look("settings")
    visitor.browser.ask("Network.enable")
    visitor.browser.ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": "de"})
    visitor.visit(GRID)
    visitor.has(f"Leute in {TEAM}", "Verwalter")
    visitor.look("people-german")
    visitor.visit("/devices")
    visitor.look("devices-german")
    visitor.visit("/mailbox?name=nothing")
    visitor.look("not-found")
    # The browser tells of the 404 that was asked for.
    visitor.browser.events = [event for event in visitor.browser.events if "404" not in str(event)]


def axe(folder):
    """The text of axe-core; empty where npm cannot fetch it."""
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"axe-core@{AXE_VERSION}"]
    fetched = subprocess.run(npm, cwd=folder, capture_output=True, check=False, timeout=120)
    if fetched.returncode != 0:
        print("axe-core was not fetched: what it finds is not known", flush=True)
        return ""
    return Path(folder, "node_modules/axe-core/axe.min.js").read_text()
