"""Mail programs that were away: what they know of mailboxes, and how they come back with it."""

import re

from client import FETCH, FLAGS, UID, VANISHED, Session, codes_of, uids_of

LETTER = re.compile(rb"\* \d+ FETCH \(UID (\d+) BODY\[\] \{(\d+)\}\r\n")


class PlainSession(Session):
    """Of a program that knows none of the extensions."""

    extensions = ()


class Known:
    """What a program keeps of one mailbox: under which UIDVALIDITY, and by UID the flags and the whole letter."""

    def __init__(self):
        self.validity = self.modseq = None
        self.flags, self.letters = {}, {}

    def forget(self, validity):
        self.__init__()
        self.validity = validity

    def drop(self, uids):
        for uid in uids:
            self.flags.pop(uid, None)
            self.letters.pop(uid, None)


class Traveller:
    """A program that keeps what it knows of some mailboxes, and comes back with that."""

    kind = PlainSession

    def __init__(self, mailboxes):
        self.mailboxes = {mailbox: Known() for mailbox in mailboxes}
        # How many letters it had to read.
        self.read = 0

    async def come(self, port, person):
        session = await self.kind.log_in(port, *person)
        try:
            for mailbox, known in self.mailboxes.items():
                await self.learn(session, mailbox, known)
                await self.read_letters(session, known)
        finally:
            session.close()

    async def learn(self, session, mailbox, known):
        codes = codes_of(await session.ask(f'SELECT "{mailbox}"'))
        if codes["UIDVALIDITY"] != known.validity:
            known.forget(codes["UIDVALIDITY"])
        flags = flags_in(await session.ask("UID FETCH 1:* (UID FLAGS)"))
        known.drop(known.flags.keys() - flags.keys())
        known.flags = flags

    async def read_letters(self, session, known):
        """A letter never changes under its UID: what is known is not read again."""
        missing = sorted(known.flags.keys() - known.letters.keys())
        if missing:
            lines = await session.ask(f"UID FETCH {','.join(map(str, missing))} (UID BODY.PEEK[])")
            known.letters.update(letters_in(b"".join(lines)))
            self.read += len(missing)


class QuickTraveller(Traveller):
    """Says by QRESYNC what it knows, and is told the difference (RFC 7162)."""

    kind = Session

    async def learn(self, session, mailbox, known):
        if known.validity is None:
            lines = await session.ask(f'SELECT "{mailbox}"')
        else:
            uids = f" {min(known.flags)}:{max(known.flags)}" if known.flags else ""
            lines = await session.ask(f'SELECT "{mailbox}" (QRESYNC ({known.validity} {known.modseq}{uids}))')
        codes = codes_of(lines)
        if codes["UIDVALIDITY"] != known.validity:
            known.forget(codes["UIDVALIDITY"])
            known.flags = flags_in(await session.ask("UID FETCH 1:* (UID FLAGS)"))
        else:
            for line in lines:
                if found := VANISHED.fullmatch(line):
                    known.drop(uids_of(found[1].decode()))
            known.flags.update(flags_in(lines))
        known.modseq = codes["HIGHESTMODSEQ"]


def flags_in(lines):
    """Flags by UID. \\Recent is of one session alone."""
    found = {}
    for line in lines:
        told = FETCH.fullmatch(line)
        if told and (flags := FLAGS.search(told[1])):
            found[int(UID.search(told[1])[1])] = set(flags[1].decode().split()) - {"\\Recent"}
    return found


def letters_in(answer):
    for found in LETTER.finditer(answer):
        yield int(found[1]), answer[found.end():found.end() + int(found[2])]


def differences(traveller, fresh):
    """What a program that was away believes, and one that has just come does not."""
    for mailbox, known in traveller.mailboxes.items():
        right = fresh.mailboxes[mailbox]
        if known.validity != right.validity:
            yield f"{mailbox}: UIDVALIDITY"
        if gone := known.flags.keys() - right.flags.keys():
            yield f"{mailbox}: {len(gone)} letters that are not there"
        if missing := right.flags.keys() - known.flags.keys():
            yield f"{mailbox}: {len(missing)} letters are missing"
        both = known.flags.keys() & right.flags.keys()
        if others := sum(known.letters.get(uid) != right.letters.get(uid) for uid in both):
            yield f"{mailbox}: {others} letters are taken for others"
        if wrong := sum(known.flags[uid] != right.flags[uid] for uid in both):
            yield f"{mailbox}: flags of {wrong} letters"
