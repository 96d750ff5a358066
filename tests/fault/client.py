"""One IMAP session over a plain socket, and what it was told of the mailbox that it has selected."""

import asyncio
import contextlib
import re
import time

FETCH = re.compile(rb"\* \d+ FETCH \((.*)\)\r\n")
UID = re.compile(rb"\bUID (\d+)")
MODSEQ = re.compile(rb"\bMODSEQ \((\d+)\)")
FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
NAME = re.compile(rb"<([\w.-]+)@fault\.example>")
EXISTS = re.compile(rb"\* (\d+) EXISTS\r\n")
VANISHED = re.compile(rb"\* VANISHED (?:\(EARLIER\) )?([\d:,]+)\r\n")
CODE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ) (\d+)\]")
# Nobody waits longer for an answer: whoever does not get one in that time is stuck.
PATIENCE_SECONDS = 60


class No(Exception):
    """The command was answered NO."""


class Mirror:
    """What a session was told of a mailbox: its letters and their flags, and how many there are."""

    def __init__(self):
        self.letters = {}
        self.names = {}
        self.exists = 0
        self.vanished = 0

    def newest(self):
        return max(self.letters, default=0)

    def lacks(self):
        """Whether there are letters of which nothing but their number was told."""
        return self.exists > len(self.letters)

    def hear(self, line):
        if found := EXISTS.fullmatch(line):
            self.exists = int(found[1])
        elif found := VANISHED.fullmatch(line):
            for uid in uids_of(found[1].decode()):
                self.exists -= 1
                self.vanished += 1
                if letter := self.letters.pop(uid, None):
                    self.names.pop(letter, None)
        elif found := FETCH.fullmatch(line):
            self._hear_of_letter(found[1])

    def _hear_of_letter(self, items):
        uid = UID.search(items)
        if not uid:
            return
        uid = int(uid[1])
        if name := NAME.search(items):
            self.letters[uid] = name[1].decode()
        flags = FLAGS.search(items)
        if flags and uid in self.letters:
            self.names[self.letters[uid]] = set(flags[1].decode().split())


def uids_of(text):
    for part in text.split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


class Session:
    """A connection that is logged in. Every way in which it ends is an EOFError or OSError."""

    # The longest that any of them waited for an answer.
    slowest = 0
    extensions = ("QRESYNC",)

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.tag = 0
        self.mirror = Mirror()
        # Since when a command waits for its answer.
        self.asked_at = None

    @classmethod
    async def log_in(cls, port, user, password):
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        session = cls(reader, writer)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                greeting = await session.line()
            if not greeting.startswith(b"* OK"):
                raise EOFError(greeting)
            await session.ask(f"LOGIN {user} {password}")
            for extension in cls.extensions:
                await session.ask(f"ENABLE {extension}")
        except BaseException:
            session.close()
            raise
        return session

    def close(self):
        self.writer.close()

    async def line(self):
        try:
            line = await self.reader.readline()
        except ConnectionError:
            raise EOFError from None
        if not line.endswith(b"\r\n") or line.startswith(b"* BYE"):
            raise EOFError(line)
        self.mirror.hear(line)
        return line

    async def send(self, words):
        self.writer.write(words)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def ask(self, command, literal=None):
        """The lines of the answer, the tagged one last. `No` where it is NO."""
        self.tag += 1
        tag = b"a%d " % self.tag
        words = tag + command.encode() + b"\r\n"
        if literal is not None:
            words = tag + command.encode() + b" {%d+}\r\n" % len(literal) + literal + b"\r\n"
        self.asked_at = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.send(words)
                lines = await self.until(tag)
        except TimeoutError:
            raise OSError(f"no answer to {command}") from None
        finally:
            Session.slowest = max(Session.slowest, time.monotonic() - self.asked_at)
            self.asked_at = None
        if not command.startswith("SELECT") and any(b"[CLOSED]" in line for line in lines):
            raise EOFError("the mailbox has begun anew")
        return lines

    async def until(self, tag):
        lines = []
        while True:
            line = await self.line()
            lines.append(line)
            if line.startswith(tag):
                break
        verdict = line[len(tag):]
        # SELECT closes the other one whatever comes of it.
        if not verdict.startswith(b"OK") and any(b"[CLOSED] The selected" in line for line in lines):
            raise EOFError("the mailbox is no longer open")
        if verdict.startswith(b"NO"):
            raise No(verdict.decode().strip())
        assert verdict.startswith(b"OK"), verdict
        return lines

    async def select(self, mailbox):
        """Reads the whole mailbox; returns the codes of SELECT."""
        self.mirror = Mirror()
        lines = await self.ask(f'SELECT "{mailbox}"')
        codes = codes_of(lines)
        await self.fetch_new()
        return codes

    async def fetch_new(self):
        """Learns of the letters of which it knows nothing but their number."""
        while self.mirror.lacks():
            before = len(self.mirror.letters)
            await self.ask(f"UID FETCH {self.mirror.newest() + 1}:* (UID FLAGS ENVELOPE)")
            if len(self.mirror.letters) == before and self.mirror.lacks():
                return

    async def idle(self, holds):
        """Idles for as long as `holds()`, which is asked after each line and now and then."""
        self.tag += 1
        tag = b"a%d " % self.tag
        await self.send(tag + b"IDLE\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (line := await self.line()).startswith(b"+"):
                if line.startswith(tag):
                    raise No(line.decode().strip())
        while holds():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.25):
                    await self.line()
        await self.send(b"DONE\r\n")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.until(tag)


def codes_of(lines):
    return {name.decode(): int(value) for line in lines for name, value in CODE.findall(line)}
