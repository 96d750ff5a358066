"""A Chromium without a window, for the clients that look at pages."""

import contextlib
import json
import os
import select
import subprocess

WIDTH, HEIGHT = 1120, 1180
PATIENCE_SECONDS = 30
# What Chromium answers about a page that is left before the script on it ended.
PAGE_LEFT = "Inspected target navigated or closed"


class Chromium:
    """A browser without a window, told what to do by its own protocol over a pair of pipes."""

    def __init__(self, folder):
        self.number = 0
        self.events = []
        (told, self.to), (self.said, saying) = os.pipe(), os.pipe()
        # It reads from 3 and writes to 4.
        command = (f"exec chromium --headless=new --no-sandbox --disable-gpu --no-first-run --user-data-dir={folder}"
                   f" --window-size={WIDTH},{HEIGHT} --remote-debugging-pipe about:blank 3<&{told} 4>&{saying}")
        self.process = subprocess.Popen(["bash", "-c", command], pass_fds=(told, saying),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(saying)
        self.rest = b""
        self.session = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def close(self):
        with contextlib.suppress(OSError, EOFError):
            self.session = None
            self.ask("Browser.close")
        self.process.wait(PATIENCE_SECONDS)
        os.close(self.to)
        os.close(self.said)

    def ask(self, method, **parameters):
        answer = self.answer(method, **parameters)
        assert "error" not in answer, answer
        return answer["result"]

    def answer(self, method, **parameters):
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.number:
                return answer
            self.events.append(answer)

    def loads(self):
        """How many pages have been loaded."""
        return sum(event.get("method") == "Page.loadEventFired" for event in self.events)

    def wait_for_load(self, before):
        """Until more pages than these have been loaded."""
        while self.loads() <= before:
            self.events.append(self.next())

    def next(self):
        while b"\0" not in self.rest:
            assert select.select([self.said], [], [], PATIENCE_SECONDS)[0], "the browser says nothing"
            read = os.read(self.said, 1 << 20)
            if not read:
                raise EOFError
            self.rest += read
        answer, self.rest = self.rest.split(b"\0", 1)
        return json.loads(answer)

    def evaluate(self, script):
        """What a script says in the end; null where there is no page that it could ask, or it is left meanwhile."""
        answer = self.answer("Runtime.evaluate", expression=script, awaitPromise=True)
        if answer.get("error", {}).get("message") == PAGE_LEFT:
            return "null"
        assert "error" not in answer, answer
        return answer["result"]["result"].get("value", "null")

    def complaints(self):
        """Errors of scripts, and what the browser refused or could not load."""
        def is_complaint(event):
            if event.get("method") == "Log.entryAdded":
                return event["params"]["entry"]["level"] in ("warning", "error")
            return event.get("method") == "Runtime.exceptionThrown"

        return [event["params"] for event in self.events if is_complaint(event)]
