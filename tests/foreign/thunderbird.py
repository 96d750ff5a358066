"""Thunderbird under Xvfb, moved by its own remote control (Marionette): typing into the fields that a person sees, and clicking."""

import contextlib
import json
import os
import socket
import subprocess
import time
from pathlib import Path

from postfix import free_port

PATIENCE_SECONDS = 60
PROGRAM = "/usr/lib/thunderbird/thunderbird"
# Every host is this machine, and HTTPS is where the pages are; nobody is asked who is not here.
PREFERENCES = {
    "network.dns.forceResolve": "127.0.0.1",
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "toolkit.telemetry.enabled": False,
}
# What is seen, also in the parts of the page that have a tree of their own.
HELP = """
const all = function*(root) { for (const e of root.querySelectorAll("*")) { yield e; if (e.shadowRoot) yield* all(e.shadowRoot); } };
const find = (what) => [...all(document)].find((e) => e.matches(what) && e.checkVisibility());
const step = () => [...all(document)].find((e) => /^email-.*(form|found|success)$/.test(e.localName) && e.checkVisibility())?.localName;
const until = async (is) => { while (!is()) await new Promise((go) => setTimeout(go, 50)); return is(); };
const type = (what, text) => {
  const field = find(what);
  field.focus();
  field.value = text;
  field.dispatchEvent(new window.Event("input", {bubbles: true}));
};
const forward = async () => {
  const before = step();
  await until(() => find("#forward") && !find("#forward").disabled);
  find("#forward").click();
  return until(() => step() !== before && step());
};
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const account = () => MailServices.accounts.accounts.find((one) => one.incomingServer.type === "imap");
"""


class Thunderbird:
    """A profile without any account, and the program in it."""

    def __init__(self, folder, https_port, authority):
        self.folder = Path(folder)
        self.folder.mkdir()
        port = free_port()
        # What is asked for on port 80 goes nowhere.
        more = {"network.socket.forcePort": f"443={https_port};80=9", "marionette.port": port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in {**PREFERENCES, **more}.items()]
        (self.folder / "user.js").write_text("".join(lines))
        self.processes = []
        try:
            self.connect(port)
            pem = "".join(line for line in authority.read_text().splitlines() if "-----" not in line)
            self.run('Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(given[0], "CTu,CTu,CTu");', pem)
        except BaseException:
            self.close()
            raise

    def connect(self, port):
        read, write = os.pipe()
        screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"], pass_fds=[write],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(screen)
        os.close(write)
        with os.fdopen(read) as said:
            display = said.readline().strip()
        environment = {**os.environ, "DISPLAY": f":{display}", "HOME": str(self.folder)}
        log = (self.folder / "log").open("w")
        self.processes.append(subprocess.Popen(
            [PROGRAM, "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", str(self.folder)],
            env=environment, stdout=log, stderr=log))
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=2 * PATIENCE_SECONDS)
                break
            except OSError:
                assert time.monotonic() < end, "Thunderbird did not start"
                time.sleep(0.1)
        self.heard = b""
        self.asked = 0
        self.hear()
        self.ask("WebDriver:NewSession", capabilities={})
        self.ask("WebDriver:SetTimeouts", script=PATIENCE_SECONDS * 1000)
        self.ask("Marionette:SetContext", value="chrome")

    def hear(self):
        """The next message: its length, a colon, and JSON."""
        while b":" not in self.heard:
            self.heard += self.receive()
        length, self.heard = self.heard.split(b":", 1)
        while len(self.heard) < int(length):
            self.heard += self.receive()
        text, self.heard = self.heard[:int(length)], self.heard[int(length):]
        return json.loads(text)

    def receive(self):
        data = self.socket.recv(65536)
        assert data, "Thunderbird has gone"
        return data

    def ask(self, command, **parameters):
        self.asked += 1
        request = json.dumps([0, self.asked, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(request), request))
        _, _, error, result = self.hear()
        assert not error, f"{command}: {error}"
        return result

    def run(self, script, *given):
        """Runs a script in its window, which may wait, and returns what it does."""
        whole = f"""const [...given] = arguments; const done = given.pop();
          (async () => {{ {HELP} {script} }})().then((value) => done([value ?? null]), (error) => done(String(error)));"""
        answered = self.ask("WebDriver:ExecuteAsyncScript", script=whole, args=list(given), sandbox="system")["value"]
        assert isinstance(answered, list), answered
        return answered[0]

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
