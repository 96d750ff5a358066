"""The clients: those who change something, those who ask, and those who watch. All of them come back when they are cut off."""

import asyncio
import random
import re
import time

from client import CODE, MODSEQ, No, Session, codes_of
from model import DOUBT, GONE, THERE, Letter

APPENDUID = re.compile(rb"\[APPENDUID (\d+) (\d+)\]")
COPYUID = re.compile(rb"\[COPYUID (\d+) ([\d:,]+) ([\d:,]+)\]")
STATUS = re.compile(rb"(UIDNEXT|HIGHESTMODSEQ|UIDVALIDITY) (\d+)")
KEYWORDS = ("$fault1", "$fault2", "\\Flagged")
COMES_BACK_WITHIN = 0.3
# What each of those who write asks for, by how often.
OPERATIONS = {"append": 10, "store": 6, "copy": 3, "move": 3, "expunge": 3, "select": 2, "folder": 1}


class Client:
    """Somebody who is connected to a frontend, and goes to the next one when that is gone."""

    def __init__(self, world, number):
        self.world, self.model, self.number = world, world.model, number
        self.session = None
        self.turn = number

    async def run(self):
        while not self.world.is_ending:
            try:
                await self.connect()
                await self.work()
            except (EOFError, OSError, TimeoutError):
                self.model.figures["cut off"] += 1
                self.turn += 1
            except No:
                self.model.figures["refused"] += 1
            finally:
                if self.session:
                    self.session.close()
                self.session = None
            await asyncio.sleep(random.uniform(0.02, COMES_BACK_WITHIN))

    async def connect(self):
        ports = self.world.ports()
        self.session = await Session.log_in(ports[self.turn % len(ports)], *self.world.person(self.number))

    def is_stuck(self, seconds):
        since = self.session and self.session.asked_at
        return bool(since) and time.monotonic() - since > seconds


class Writer(Client):
    """Appends, sets flags, copies, moves, expunges, makes mailboxes: one after the other, and only with own letters."""

    def __init__(self, world, number):
        super().__init__(world, number)
        self.serial = 0
        self.mailbox = None
        self.letters = []

    async def work(self):
        self.mailbox = None
        await self.select()
        while not self.world.is_ending:
            operation = random.choices(list(OPERATIONS), OPERATIONS.values())[0]
            try:
                await getattr(self, operation)()
                await asyncio.sleep(random.uniform(0, 2 * self.world.pause))
            except No:
                # It is told apart by whoever began it; here somebody who reads it as NO waits a little, as a mail program does.
                self.model.figures["refused"] += 1
                await asyncio.sleep(0.2)
                if self.mailbox is None:
                    return

    async def select(self):
        mailbox = random.choice(self.world.mailboxes)
        floor = self.model.floor(mailbox)
        self.mailbox = None
        codes = codes_of(await self.session.ask(f'SELECT "{mailbox}"'))
        self.model.counters(mailbox, floor, "SELECT", codes.get("UIDNEXT"), codes.get("HIGHESTMODSEQ"), codes.get("UIDVALIDITY"))
        self.mailbox = mailbox

    def pick(self):
        """An own letter in the selected mailbox that nothing is in doubt of."""
        mine = [one for one in self.letters if one.places.get(self.mailbox) == THERE and not one.is_left_alone]
        return random.choice(mine[-40:]) if mine else None

    async def append(self):
        self.serial += 1
        mailbox = random.choice(self.world.mailboxes)
        letter = Letter(f"{self.number}.{self.serial}")
        self.model.letters[letter.name] = letter
        letter.places[mailbox] = DOUBT
        words = f"Message-ID: <{letter.name}@fault.example>\r\nSubject: {letter.name}\r\n\r\nHello.\r\n"
        floor = self.model.floor(mailbox)
        lines = await self.certainly(letter, {mailbox: DOUBT}, f'APPEND "{mailbox}"', words.encode())
        uid = int(APPENDUID.search(lines[-1])[2])
        self.model.number(mailbox, uid, floor, "APPEND")
        self.model.sight(mailbox, uid, letter.name)
        letter.places[mailbox], letter.uids[mailbox] = THERE, uid
        letter.flags[mailbox] = dict.fromkeys(KEYWORDS, False)
        self.letters.append(letter)
        self.model.acknowledge(letter, mailbox)

    async def store(self):
        if not (letter := self.pick()):
            return
        mailbox, flag = self.mailbox, random.choice(KEYWORDS)
        flags = letter.flags[mailbox]
        wanted = not flags[flag]
        flags[flag] = None
        floor = self.model.floor(mailbox)
        sign = "+" if wanted else "-"
        lines = await self.certainly(letter, {}, f"UID STORE {letter.uids[mailbox]} {sign}FLAGS ({flag})")
        own = re.compile(rb"\bUID %d\b" % letter.uids[mailbox])
        told = [int(found[1]) for line in lines if own.search(line) and (found := MODSEQ.search(line))]
        if told:
            self.model.changed(mailbox, max(told), floor, "STORE")
        flags[flag] = wanted
        self.model.acknowledge(letter, mailbox)

    async def copy(self):
        letter = self.pick()
        target = random.choice(self.world.mailboxes)
        if not letter or target in letter.places:
            return
        floor, flags = self.model.floor(target), dict(letter.flags[self.mailbox])
        letter.places[target] = DOUBT
        lines = await self.certainly(letter, {}, f'UID COPY {letter.uids[self.mailbox]} "{target}"')
        self.arrive(letter, target, lines, floor, flags)
        self.model.acknowledge(letter, target)

    async def move(self):
        letter, source = self.pick(), self.mailbox
        target = random.choice(self.world.mailboxes)
        if not letter or target in letter.places:
            return
        floor, flags = self.model.floor(target), dict(letter.flags[source])
        letter.places[target] = DOUBT
        letter.places[source] = DOUBT
        letter.moved = (source, target)
        lines = await self.certainly(letter, {}, f'UID MOVE {letter.uids[source]} "{target}"')
        letter.moved = ()
        letter.places[source] = GONE
        self.arrive(letter, target, lines, floor, flags)
        self.model.acknowledge(letter, source)
        self.model.acknowledge(letter, target)

    def arrive(self, letter, target, lines, floor, flags):
        uid = next(int(found[3]) for line in lines if (found := COPYUID.search(line)))
        self.model.number(target, uid, floor, "COPY or MOVE")
        self.model.sight(target, uid, letter.name)
        letter.places[target], letter.uids[target], letter.flags[target] = THERE, uid, flags

    async def expunge(self):
        letter, mailbox = self.pick(), self.mailbox
        if not letter:
            return
        floor, uid = self.model.floor(mailbox), letter.uids[mailbox]
        await self.certainly(letter, {}, f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        letter.places[mailbox] = DOUBT
        lines = await self.certainly(letter, {}, f"UID EXPUNGE {uid}")
        if found := dict(CODE.findall(lines[-1])).get(b"HIGHESTMODSEQ"):
            self.model.changed(mailbox, int(found), floor, "EXPUNGE")
        letter.places[mailbox] = GONE
        self.model.acknowledge(letter, mailbox)

    async def folder(self):
        """Makes a mailbox, renames it, and removes it."""
        self.serial += 1
        names = [f"{self.world.mailboxes[0]}/{part}{self.number}x{self.serial}" for part in "mr"]
        folders = self.model.folders
        folders[names[0]] = DOUBT
        await self.session.ask(f'CREATE "{names[0]}"')
        folders[names[0]] = THERE
        folders[names[0]] = folders[names[1]] = DOUBT
        await self.session.ask(f'RENAME "{names[0]}" "{names[1]}"')
        folders.update({names[0]: GONE, names[1]: THERE})
        if self.serial % 2:
            folders[names[1]] = DOUBT
            await self.session.ask(f'DELETE "{names[1]}"')
            folders[names[1]] = GONE

    async def certainly(self, letter, places, command, literal=None):
        """What is not answered OK is in doubt from then on."""
        self.model.begin(letter)
        try:
            return await self.session.ask(command, literal)
        except BaseException:
            self.model.doubt(letter, places)
            raise


class Reader(Client):
    """Knows a mailbox by what it was told, and is compared with what was acknowledged."""

    def __init__(self, world, number):
        super().__init__(world, number)
        self.mailbox = world.mailboxes[number % len(world.mailboxes)]
        # How far the journal is reflected in what it was told, and how far it was compared with answers.
        self.verified = 0
        self.asked = 0

    async def begin(self):
        floor = self.model.floor(self.mailbox)
        codes = await self.session.select(self.mailbox)
        validity = codes.get("UIDVALIDITY")
        self.model.counters(self.mailbox, floor, "SELECT", codes.get("UIDNEXT"), codes.get("HIGHESTMODSEQ"), validity)
        self.sight_all()
        for entry in self.fresh(floor):
            if not self.model.is_reflected(entry, self.session.mirror):
                self.accuse("SELECT", entry)

    def fresh(self, floor):
        """What was acknowledged before a command was sent, and holds, and was not compared yet."""
        entries = self.model.journal[self.asked:floor.journal]
        self.asked = max(self.asked, floor.journal)
        return [one for one in entries if one.mailbox == self.mailbox and not one.is_superseded()]

    def accuse(self, command, entry):
        age = time.monotonic() - entry.acknowledged_at
        self.model.find("stale answer", f"{command} by {self.number} does not tell of {entry.letter.name} in {self.mailbox}, "
                                        f"acknowledged {age:.2f} s before the answer was compared")

    def sight_all(self):
        for uid, name in self.session.mirror.letters.items():
            self.model.sight(self.mailbox, uid, name)

    def advance(self, until):
        """Compares up to that place of the journal; the first entry that is not reflected yet, if there is one."""
        journal = self.model.journal
        while self.verified < until:
            entry = journal[self.verified]
            if entry.mailbox == self.mailbox and not entry.is_superseded():
                if not (self.session and self.model.is_reflected(entry, self.session.mirror)):
                    return entry
            self.verified += 1
        return None


class Asker(Reader):
    """Asks again and again, by NOOP, STATUS and SELECT: no answer may be older than what was acknowledged before it was asked for."""

    async def work(self):
        await self.begin()
        while not self.world.is_ending:
            await random.choice((self.noop, self.noop, self.noop, self.status, self.begin))()
            self.model.figures["asked"] += 1
            await asyncio.sleep(random.uniform(0, 2 * self.world.pause))

    async def noop(self):
        floor = self.model.floor(self.mailbox)
        await self.session.ask("NOOP")
        mirror, new = self.session.mirror, []
        told, vanished = mirror.exists, mirror.vanished
        for entry in self.fresh(floor):
            if entry.letter.places.get(self.mailbox) != GONE and entry.letter.name not in mirror.names:
                new.append(entry)
            elif not self.model.is_reflected(entry, mirror):
                self.accuse("NOOP", entry)
        await self.session.fetch_new()
        self.sight_all()
        # Of what is new NOOP told how many there are; which ones that are is known by the order of UIDs.
        known = {mirror.letters[uid] for uid in sorted(mirror.letters)[:told]}
        for entry in new:
            is_told = entry.letter.name in known if mirror.vanished == vanished else entry.letter.name in mirror.names
            if not entry.is_superseded() and not is_told:
                self.accuse("NOOP", entry)

    async def status(self):
        others = [one for one in self.world.mailboxes if one != self.mailbox]
        mailbox = random.choice(others or self.world.mailboxes)
        floor = self.model.floor(mailbox)
        lines = await self.session.ask(f'STATUS "{mailbox}" (UIDNEXT HIGHESTMODSEQ UIDVALIDITY)')
        line = next(line for line in lines if line.startswith(b"* STATUS"))
        values = {name.decode(): int(value) for name, value in STATUS.findall(line)}
        self.model.counters(mailbox, floor, "STATUS", values["UIDNEXT"], values["HIGHESTMODSEQ"], values["UIDVALIDITY"])


class Watcher(Reader):
    """Idles, and reads what it is told of."""

    async def work(self):
        await self.begin()
        while not self.world.is_ending:
            until = time.monotonic() + 60
            await self.session.idle(
                lambda: not self.session.mirror.lacks() and not self.world.is_ending and time.monotonic() < until)
            await self.session.fetch_new()
            self.sight_all()
