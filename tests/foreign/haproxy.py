"""Debian's HAProxy, in a temporary folder on 127.0.0.1, and frontends that trust it."""

import contextlib
import copy
import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from postfix import free_port

LISTENERS = ("imap", "imaps", "lmtp", "maps", "auth", "http", "web")
WITHIN_SECONDS = 60

GLOBAL = """
global
  maxconn 8000
  stats socket {folder}/stats mode 600 level admin
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout check 2s
  retries 3
  option redispatch
"""


class Frontend:
    """A further node on the demo's database, on ports that stay the same; the same program, or another."""

    def __init__(self, demo, name, program=None, **settings):
        own, *self.words = demo.postroom
        self.program = program or own
        self.folder = Path(demo.certificate_path).parent
        self.name = name
        self.ports = {listener: free_port() for listener in LISTENERS}
        self.settings = settings
        self.process = None

    def start(self):
        """Returns when it is ready."""
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.program, *self.words, "serve", "--json"], env=self.environment(), stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.name} did not start: {self.log()[-1000:]}")
        json.loads(line)
        return self

    def environment(self):
        environment = {**os.environ, "POSTROOM_NODE__NAME": self.name,
                       "POSTROOM_NODE__STATE_DIR": str(self.folder / self.name)}
        for listener, port in self.ports.items():
            environment[f"POSTROOM_LISTEN__{listener.upper()}"] = f"127.0.0.1:{port}"
        for setting, value in self.settings.items():
            environment[f"POSTROOM_{setting}"] = value
        return environment

    def log(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def stop(self):
        """Returns how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=WITHIN_SECONDS)
        return time.monotonic() - began

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def is_ready(self):
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{self.ports['http']}/healthz/ready"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status == 200
        return False


class HAProxy:
    """Runs inside `with`. `sections` are the parts of its configuration that differ."""

    def __init__(self, sections, certificate=None):
        self.sections = sections
        self.certificate = certificate
        self.folder = None
        self.process = None

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-haproxy-"))
        try:
            if self.certificate:
                both = [Path(self.certificate).with_name(name).read_text() for name in ("certificate.pem", "key.pem")]
                (self.folder / "both.pem").write_text("".join(both))
            text = (GLOBAL + self.sections).replace("{folder}", str(self.folder))
            (self.folder / "haproxy.cfg").write_text(text)
            with open(self.folder / "log", "wb") as log:
                self.process = subprocess.Popen(
                    ["haproxy", "-db", "-f", self.folder / "haproxy.cfg"], stdout=log, stderr=log)
            self.wait_until(lambda: self.stats() is not None)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def stats(self):
        """The status of each server, by backend and name; `None` before it runs."""
        if self.process.poll() is not None:
            raise AssertionError(f"HAProxy ended: {(self.folder / 'log').read_text()[-1500:]}")
        try:
            text = self.ask("show stat")
        except OSError:
            return None
        rows = csv.DictReader(io.StringIO(text.lstrip("# ")))
        return {(row["pxname"], row["svname"]): row["status"] for row in rows}

    def ask(self, command):
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(str(self.folder / "stats"))
            asking.sendall(f"{command}\n".encode())
            with asking.makefile() as said:
                return said.read()

    def wait_until_up(self, *servers):
        self.wait_until(lambda: all(self.stats()[server].startswith("UP") for server in servers))

    def wait_until(self, holds):
        until = time.monotonic() + WITHIN_SECONDS
        while not holds():
            if time.monotonic() > until:
                raise AssertionError(f"HAProxy: {self.stats()}")
            time.sleep(0.05)


def behind(demo, *ports):
    """The demo as those see it who come by these ports instead of those of its nodes."""
    seen = copy.copy(demo)
    seen.nodes = [{**node, **changed} for node, changed in zip(demo.nodes, ports)]
    return seen
