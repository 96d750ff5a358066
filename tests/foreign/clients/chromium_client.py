"""Chromium: the page of a frontend draws what its metrics say, without an error.

With POSTROOM_PICTURE=FILE.png the page is kept as a picture, after a minute of work.
"""

import base64
import json
import os
import tempfile
import time

from clients.chromium import PATIENCE_SECONDS, Chromium
from demo import ok

# What is on the page, asked of the page itself.
SEEN = """JSON.stringify({
  state: document.getElementById("state").textContent,
  version: document.getElementById("version").textContent,
  tiles: Object.fromEntries([...document.querySelectorAll(".tile")].map(
    (tile) => [tile.querySelector("h3").textContent, tile.querySelector("p").textContent])),
  commands: [...document.querySelectorAll("#commands tr")].map((row) => row.cells[0].textContent),
  upkeep: document.querySelectorAll("#upkeep tr").length,
  isTooWide: document.documentElement.scrollWidth > innerWidth,
})"""


def check(demo):
    session = demo.log_in(demo.people[0], 0)
    with tempfile.TemporaryDirectory() as folder:
        browser = Chromium(folder)
        try:
            for domain in ("Page", "Runtime", "Log"):
                browser.ask(f"{domain}.enable")
            browser.ask("Page.navigate", url=f"http://127.0.0.1:{demo.nodes[0]['http']}/")
            seen = wait_for(browser, lambda seen: work(session) and "NOOP" in seen["commands"])
            assert seen["state"] == "ready" and seen["version"], seen
            assert seen["tiles"]["Connections"] != "0" and seen["tiles"]["Hears of other nodes"] == "yes", seen
            assert len(seen["tiles"]) >= 12 and "NaN" not in str(seen) and "undefined" not in str(seen), seen
            assert seen["upkeep"] >= 3 and not seen["isTooWide"], seen
            picture = os.environ.get("POSTROOM_PICTURE")
            if picture:
                keep(browser, picture, session)
            assert not browser.complaints(), browser.complaints()
        finally:
            browser.close()
    session.logout()


def wait_for(browser, condition):
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        seen = json.loads(browser.evaluate(SEEN))
        if seen and condition(seen):
            return seen
        time.sleep(0.3)
    raise AssertionError(f"in vain: {seen}")


def work(session):
    ok(session.noop())
    ok(session.select("INBOX"))
    ok(session.search(None, "ALL"))
    return True


def keep(browser, picture, session):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        work(session)
        time.sleep(0.02)
    taken = browser.ask("Page.captureScreenshot", captureBeyondViewport=True)
    with open(picture, "wb") as file:
        file.write(base64.b64decode(taken["data"]))
