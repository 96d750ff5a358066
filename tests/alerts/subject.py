"""The frontend into which a fault is injected: one of its own, whose way to the database is ours."""

import imaplib
import json
import os
import signal
import socket
import subprocess
import urllib.parse
from pathlib import Path

from proxy import Proxy


class Subject:
    """A frontend on the demo's database or on another. `more` are settings as variables have them."""

    def __init__(self, demo, folder, more=(), database=None):
        self.demo, self.clients = demo, []
        database = urllib.parse.urlsplit(database or demo.postgres_url)
        self.proxy = Proxy((database.hostname, database.port))
        user = f"{database.username}:{database.password}" if database.password else database.username
        url = f"postgres://{user}@127.0.0.1:{self.proxy.port}{database.path}?sslmode=disable"
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "NODE__NAME": "subject", "NODE__STATE_DIR": str(folder / "state"), "DATABASE__URL": url,
            "LISTEN__IMAP": "127.0.0.1:0", "LISTEN__IMAPS": "127.0.0.1:0", "LISTEN__HTTP": "127.0.0.1:0",
            "LOGIN__WITHOUT_TLS": "loopback", **dict(more),
        }
        environment = {**os.environ, **{f"POSTROOM_{name}": value for name, value in settings.items()}}
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [*demo.postroom, "serve", "--json"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        assert line, (folder / "log").read_text()
        said = json.loads(line)
        self.ports = {what: int(said[what][0].rsplit(":", 1)[1]) for what in ("imap", "imaps", "lmtp", "http") if said[what]}

    def connect(self, source="127.0.0.1"):
        """A client that has not logged in; kept until the end."""
        client = imaplib.IMAP4("127.0.0.1", self.ports["imap"]) if source == "127.0.0.1" else From(source, self.ports["imap"])
        self.clients.append(client)
        return client

    def log_in(self, person):
        client = self.connect()
        client.login(person.user, person.password)
        return client

    def tell(self, what):
        self.process.send_signal(what)

    def stop(self):
        self.proxy.notifications = "pass"
        for client in self.clients:
            try:
                client.shutdown()
            except OSError:
                pass
        if self.process.poll() is None:
            # What was to be seen was seen; a database that is cut off would make it wait.
            self.tell(signal.SIGKILL)
        self.process.wait()
        self.proxy.close()


class From(imaplib.IMAP4):
    """A client with another address of this machine."""

    def __init__(self, source, port):
        self.source = source
        super().__init__("127.0.0.1", port)

    def _create_socket(self, timeout):
        return socket.create_connection((self.host, self.port), source_address=(self.source, 0))
