"""A cluster, three frontends, and the crowd that uses them, under one model."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

from client import FETCH, FLAGS, NAME, UID, No, Session
from cluster import Cluster, make_template
from crowd import Asker, Watcher, Writer
from haproxy import Frontend
from model import Model
from proxy import Proxy

MAILBOXES = [f"Shared Folders/fault{number}" for number in (1, 2)]
PEOPLE = ["ada", "bo", "cleo"]
PASSWORD = "pass"
FRONTENDS = 3
LISTED = re.compile(rb'\* LIST \([^)]*\) "/" "?([^"\r\n]+)"?')
SETTINGS = {
    "LOGIN__WITHOUT_TLS": "loopback", "LOGIN__WAITING_MAX": "5000", "LIMITS__CONNECTIONS": "10000",
    "LIMITS__CONNECTIONS_PER_ADDRESS": "10000", "LIMITS__CONNECTIONS_PER_USER": "10000", "DATABASE__MIGRATE": "false",
}
# Every watcher is level within that time after a fault has ended, and is told of an acknowledgement while there is none.
LEVEL_WITHIN_SECONDS = 10
# A session whose command is not answered for so long, when no fault is left, is stuck.
STUCK_SECONDS = 15
# What a frontend may hold at rest beyond what it held before the fault.
MEMORY_BYTES_MAX = 96 << 20


class Kit:
    """What all worlds of a run are made of: the program, and the data directory of a database with people and mailboxes."""

    def __init__(self, folder, program):
        self.folder, self.program = Path(folder), program
        self.template = make_template(self.folder, self._fill)

    def verb(self, url, *words, said=None):
        environment = {**os.environ, "POSTROOM_DATABASE__URL": url, "POSTROOM_NODE__STATE_DIR": str(self.folder / "verbs")}
        return subprocess.run([self.program, *words], env=environment, input=said, text=True, capture_output=True, check=False)

    def _fill(self, server):
        def verb(*words, said=None):
            done = self.verb(server.url, *words, said=said)
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"

        verb("migrate")
        verb("user", "add", "root", "--admin", "--password-stdin", said=f"{PASSWORD}\n")
        for person in PEOPLE:
            verb("user", "add", person, "--password-stdin", said=f"{PASSWORD}\n")
        for mailbox in MAILBOXES:
            verb("mailbox", "create", mailbox)
            verb("acl", "set", mailbox, *(word for person in PEOPLE for word in (person, "manager")))


class World:
    """Runs inside `async with`."""

    frontends = FRONTENDS

    def __init__(self, kit, name, synchronous=True, hosts="primary", size=(6, 3, 6), data=None, **settings):
        self.kit, self.hosts, self.size = kit, hosts, size
        self.settings = settings
        self.folder = kit.folder / name
        self.folder.mkdir(mode=0o711)
        self.cluster = Cluster(self.folder, kit.template, synchronous, data)
        self.mailboxes = MAILBOXES
        self.model = Model(MAILBOXES)
        self.pause = 0.03
        self.is_ending = False
        self.nodes, self.links, self.clients, self.tasks = [], [], [], []
        self.memory = {}
        Session.slowest = 0

    async def __aenter__(self):
        try:
            await asyncio.to_thread(self._start)
            self._gather()
            await self.wait_until(lambda: all(one.session for one in self.clients), 60, "not all clients could log in")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        self.is_ending = True
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for node in self.nodes:
            with contextlib.suppress(ProcessLookupError, AttributeError):
                node.process.send_signal(signal.SIGCONT)
            node.__exit__()
        for link in self.links:
            link.close()
        await asyncio.to_thread(self.cluster.end)

    def _start(self):
        self.cluster.start()
        self.start_frontends()

    def start_frontends(self):
        site = SimpleNamespace(certificate_path=self.folder / "none")
        for number in range(self.frontends):
            settings = {**SETTINGS, **self.settings, **self.own_settings()}
            site.postroom = [str(self.program_of(number))]
            node = Frontend(site, f"frontend-{number + 1}", **settings)
            self.nodes.append(node)
            node.start()

    def program_of(self, number):
        return self.kit.program

    def own_settings(self):
        """Of one more frontend alone."""
        read_url = self.read_url()
        return {"DATABASE__URL": self.url(), **({"DATABASE__READ_URL": read_url} if read_url else {})}

    def read_url(self):
        """Contents are read there, where there is a standby."""
        return self.cluster.standby and self.cluster.standby.url

    def url(self):
        """Where one more frontend finds its database. Each has a way of its own to each server, where it goes by one."""
        servers = [self.cluster.primary]
        if self.hosts == "both":
            servers.append(self.cluster.standby)
        if self.hosts == "link":
            servers = [Proxy(("127.0.0.1", self.cluster.primary.port))]
            self.links.extend(servers)
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
        return f"postgres://postroom@{hosts}/postroom?sslmode=disable&target_session_attrs=read-write"

    def _gather(self):
        writers, askers, watchers = self.size
        kinds = [Writer] * writers + [Asker] * askers + [Watcher] * watchers
        # Neighbours are on different frontends, and those of a kind see all mailboxes.
        self.clients = [kind(self, number) for number, kind in enumerate(kinds)]
        self.tasks = [asyncio.create_task(self._run(one)) for one in self.clients]

    async def _run(self, client):
        try:
            await client.run()
        except asyncio.CancelledError:
            raise
        except BaseException as trouble:
            self.model.find("broken client", f"{type(client).__name__} {client.number}: {trouble!r}")
            raise

    def ports(self):
        return [node.ports["imap"] for node in self.nodes]

    def person(self, number):
        return PEOPLE[number % len(PEOPLE)], PASSWORD

    def readers(self, kind):
        return [one for one in self.clients if isinstance(one, kind)]

    async def wait_until(self, holds, seconds, otherwise):
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > seconds:
                raise AssertionError(otherwise)
            await asyncio.sleep(0.02)
        return time.monotonic() - began

    async def calm(self, seconds):
        """No fault: all is told within the time that holds after one."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.compare_watchers()
            await asyncio.sleep(0.05)

    def compare_watchers(self):
        now = time.monotonic()
        for watcher in self.readers(Watcher):
            entry = watcher.advance(len(self.model.journal))
            late = now - entry.acknowledged_at if entry else 0
            if late > LEVEL_WITHIN_SECONDS:
                self.model.find("watcher late", f"{watcher.number} knows nothing of {entry.letter.name} in {entry.mailbox} after {late:.1f} s")
                watcher.verified += 1

    async def level(self, began=None):
        """Waits until every watcher knows of all that was acknowledged until now; how long that took, since `began` or from now on."""
        target = len(self.model.journal)
        began = began or time.monotonic()
        late = self.readers(Watcher)
        while late:
            late = [one for one in late if one.session is None or one.advance(target) is not None or one.verified < target]
            if time.monotonic() - began > LEVEL_WITHIN_SECONDS:
                break
            await asyncio.sleep(0.02)
        took = time.monotonic() - began
        if late:
            self.model.find("watcher late", f"{len(late)} watchers are not level {took:.1f} s after the fault ended")
        for one in late:
            # What comes later is compared all the same.
            one.verified = max(one.verified, target)
        return took

    async def writes_again(self):
        """Waits until something is acknowledged that was not yet."""
        before = self.model.figures["acknowledged"]
        return await self.wait_until(lambda: self.model.figures["acknowledged"] > before, 60, "nothing is acknowledged any more")

    def note_memory(self):
        self.memory = {node.name: memory_of(node.process.pid) for node in self.nodes}

    async def end(self):
        """The crowd leaves; then what each frontend has is compared with the model."""
        await self.find_stuck()
        self.is_ending = True
        done, waiting = await asyncio.wait(self.tasks, timeout=STUCK_SECONDS)
        for task in waiting:
            self.model.find("stuck", "a client did not come to its end")
            task.cancel()
        for task in done:
            task.exception()
        for node in self.nodes:
            try:
                async with asyncio.timeout(60):
                    self.model.judge(node.name, *await contents_of(node, self.person(0)))
            except (OSError, EOFError, No, TimeoutError) as trouble:
                self.model.find("stuck", f"{node.name} does not answer at the end: {trouble!r}")
        await self.rest()

    async def find_stuck(self):
        with contextlib.suppress(AssertionError):
            await self.wait_until(
                lambda: all(one.session and not one.is_stuck(STUCK_SECONDS) for one in self.clients), STUCK_SECONDS, "stuck")
        for one in self.clients:
            if not one.session or one.is_stuck(STUCK_SECONDS):
                self.model.find("stuck", f"{type(one).__name__} {one.number} has no session or no answer")

    async def rest(self):
        until = time.monotonic() + 10
        while True:
            grown = {node.name: memory_of(node.process.pid) - self.memory.get(node.name, 0) for node in self.nodes}
            if max(grown.values()) < MEMORY_BYTES_MAX:
                break
            if time.monotonic() > until:
                self.model.find("memory", f"at rest frontends hold more than before by {grown}")
                break
            await asyncio.sleep(0.2)
        self.model.figures["grown MiB"] = max(0, round(max(grown.values()) / (1 << 20)))


def memory_of(process):
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


async def contents_of(node, person):
    """For each mailbox its letters, and the names of all mailboxes below."""
    session = await Session.log_in(node.ports["imap"], *person)
    try:
        contents = {}
        for mailbox in MAILBOXES:
            await session.ask(f'SELECT "{mailbox}"')
            lines = await session.ask("UID FETCH 1:* (UID FLAGS ENVELOPE)")
            contents[mailbox] = list(letters_in(lines))
        listed = await session.ask('LIST "" "Shared Folders/*"')
        return contents, {found[1].decode() for line in listed if (found := LISTED.match(line))}
    finally:
        session.close()


def letters_in(lines):
    for line in lines:
        if (found := FETCH.fullmatch(line)) and (name := NAME.search(found[1])):
            yield int(UID.search(found[1])[1]), name[1].decode(), set(FLAGS.search(found[1])[1].decode().split())
