"""Clients behind HAProxy while the frontends are replaced one by one: who is refused, and what becomes of what was acknowledged."""

import asyncio
import collections
import contextlib
import random
import ssl
import time
from dataclasses import dataclass, field

from demo import ok
from haproxy import Frontend, HAProxy
from postfix import free_port

NODES = 3
SETTINGS = {
    "LISTEN__PROXY_FROM": "127.0.0.1",
    "TIMEOUTS__LINGER": "2s",
    "TIMEOUTS__DRAIN": "5s",
    "TIMEOUTS__STOP": "25s",
}
SECTION = """
listen imaps
  bind 127.0.0.1:{port}
  balance leastconn
  option httpchk GET /healthz/ready
  default-server inter 500ms fall 1 rise 2 send-proxy-v2 check
"""
SERVER = "  server {name} 127.0.0.1:{imaps} port {http}\n"
# Clients come back within so many seconds, as mail programs do, and not all at once.
COMES_BACK_WITHIN = 1.0
PATIENCE_SECONDS = 60


@dataclass
class Seen:
    """What all clients have seen together."""

    acknowledged: set = field(default_factory=set)
    refused: list = field(default_factory=list)
    goodbyes: list = field(default_factory=list)
    cut: int = 0
    logins: int = 0
    in_doubt: int = 0
    tried: int = 0

    def words(self):
        by_tenth = collections.Counter(int(at * 10) for at in self.goodbyes)
        most = max(by_tenth.values(), default=0)
        return (f"{len(self.goodbyes)} told BYE, {self.cut} cut off without it, {self.logins} logins, "
                f"{len(self.refused)} refused, {len(self.acknowledged)} of {self.tried} appends acknowledged, "
                f"{self.in_doubt} in doubt, at most {most} goodbyes in a tenth of a second")


class Client:
    """Appends now and then, and idles between, until it is told to end."""

    def __init__(self, number, port, person, mailbox, pause, seen, ending):
        self.number, self.port, self.person, self.mailbox = number, port, person, mailbox
        self.pause, self.seen, self.ending = pause, seen, ending
        self.serial = 0
        self.tag = 0

    async def run(self):
        while not self.ending.is_set():
            writer = None
            try:
                reader, writer = await self.connect()
                await self.work(reader, writer)
            except EOFError:
                self.seen.cut += 1
            except Goodbye:
                self.seen.goodbyes.append(time.monotonic())
            except OSError as trouble:
                self.seen.refused.append(repr(trouble))
            finally:
                if writer:
                    writer.close()
            if not self.ending.is_set():
                await asyncio.sleep(random.uniform(0, COMES_BACK_WITHIN))

    async def connect(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection("127.0.0.1", self.port, ssl=context), PATIENCE_SECONDS)
        try:
            line = await self.line(reader)
            if not line.startswith(b"* OK"):
                raise OSError(f"greeted by {line}")
            said = await self.ask(reader, writer, f"LOGIN {self.person.user} {self.person.password}")
            if b" OK " not in said:
                raise OSError(f"login: {said}")
        except EOFError:
            writer.close()
            raise OSError("closed before the greeting or the login") from None
        self.seen.logins += 1
        return reader, writer

    async def work(self, reader, writer):
        while not self.ending.is_set():
            await self.append(reader, writer)
            await self.idle(reader, writer)
        await self.ask(reader, writer, "LOGOUT")

    async def append(self, reader, writer):
        self.serial += 1
        name = f"{self.number}.{self.serial}"
        letter = f"Message-ID: <{name}@rolling.example>\r\nSubject: {name}\r\n\r\nHello.\r\n"
        self.seen.tried += 1
        self.seen.in_doubt += 1
        said = await self.ask(reader, writer, f'APPEND {self.mailbox} {{{len(letter)}+}}\r\n{letter}')
        self.seen.in_doubt -= 1
        if b" OK " in said:
            self.seen.acknowledged.add(name.encode())
        else:
            raise AssertionError(f"APPEND: {said}")

    async def idle(self, reader, writer):
        self.tag += 1
        await send(writer, b"i%d IDLE\r\n" % self.tag)
        line = await self.line(reader)
        assert line.startswith(b"+"), line
        until = time.monotonic() + random.uniform(0, 2 * self.pause)
        while not self.ending.is_set() and (left := until - time.monotonic()) > 0:
            # What is pending stays in the reader where the time is over.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.line(reader), min(left, 1))
        await send(writer, b"DONE\r\n")
        await self.tagged(reader, b"i%d " % self.tag)

    async def ask(self, reader, writer, command):
        self.tag += 1
        await send(writer, b"a%d %s\r\n" % (self.tag, command.encode()))
        return await self.tagged(reader, b"a%d " % self.tag)

    async def tagged(self, reader, tag):
        while not (line := await self.line(reader)).startswith(tag):
            pass
        return line

    async def line(self, reader):
        try:
            line = await reader.readline()
        except ConnectionError:
            raise EOFError from None
        if not line:
            raise EOFError
        if line.startswith(b"* BYE") and not self.ending.is_set():
            raise Goodbye
        return line


async def send(writer, words):
    """Who has closed the connection is found, with what was said before, by whoever reads next."""
    writer.write(words)
    with contextlib.suppress(ConnectionError):
        await writer.drain()


class Goodbye(Exception):
    """The frontend is being stopped, and says so."""


def roll(demo, clients, programs):
    """Starts three frontends of the first program, replaces each by one of the next, and so on. Prints figures, and raises."""
    with contextlib.ExitStack() as running:
        nodes = [running.enter_context(Frontend(demo, f"rolling-{number}", programs[0], **SETTINGS))
                 for number in range(NODES)]
        port = free_port()
        servers = "".join(SERVER.format(name=node.name, **node.ports) for node in nodes)
        haproxy = running.enter_context(HAProxy(SECTION.format(port=port) + servers))
        names = [("imaps", node.name) for node in nodes]
        haproxy.wait_until_up(*names)
        mailbox = running.enter_context(demo.shared_mailbox("rolling", [(one, "lrswi") for one in demo.people]))
        asyncio.run(play(demo, clients, port, mailbox, nodes, haproxy, programs[1:]))


async def play(demo, clients, port, mailbox, nodes, haproxy, programs):
    seen, ending = Seen(), asyncio.Event()
    pause = max(1, clients / 50)
    tasks = []
    for number in range(clients):
        person = demo.people[number % len(demo.people)]
        client = Client(number, port, person, mailbox, pause, seen, ending)
        tasks.append(asyncio.create_task(client.run()))
        await asyncio.sleep(0.005)
    until = time.monotonic() + PATIENCE_SECONDS
    while seen.logins < clients:
        assert time.monotonic() < until, f"only {seen.words()}"
        await asyncio.sleep(0.1)
    print(f"  {clients} clients are logged in", flush=True)
    for turn, program in enumerate(programs, 1):
        for node in nodes:
            before = len(seen.goodbyes)
            took = await asyncio.to_thread(replace, node, program, haproxy)
            spread = seen.goodbyes[before:]
            over = max(spread) - min(spread) if spread else 0
            print(f"  turn {turn}: {node.name} stopped in {took:.1f} s, {len(spread)} goodbyes over {over:.1f} s",
                  flush=True)
    await asyncio.sleep(2 * COMES_BACK_WITHIN)
    ending.set()
    done, late = await asyncio.wait(tasks, timeout=PATIENCE_SECONDS)
    assert not late, f"{len(late)} clients do not end"
    for task in done:
        task.result()
    judge(demo, mailbox, seen)


def replace(node, program, haproxy):
    took = node.stop()
    node.program = program or node.program
    node.start()
    haproxy.wait_until_up(("imaps", node.name))
    return took


def judge(demo, mailbox, seen):
    session = demo.log_in(demo.people[0], 0)
    ok(session.select(mailbox, readonly=True))
    fetched = ok(session.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (Subject)])"))
    session.logout()
    names = (part[1].split()[1] for part in fetched if isinstance(part, tuple))
    there = collections.Counter(names)
    lost = seen.acknowledged - set(there)
    doubled = [name for name, times in there.items() if times > 1]
    print(f"  {seen.words()}; {len(lost)} lost, {len(doubled)} doubled", flush=True)
    assert not seen.refused, seen.refused[:5]
    assert not lost and not doubled, (sorted(lost)[:5], doubled[:5])
    assert seen.cut == 0, "cut off without BYE"
