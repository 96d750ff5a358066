"""What must be there: a model of every operation that clients began and of how it was answered.

Four answers are told apart. OK: it is there, once. Anything that an operation may still become, as no answer came or NO did: in doubt,
it may be there, once. What was asked for by nobody must not be there. Whoever asks is told no less than what was
acknowledged, to anybody, before.
"""

import collections
import time
from dataclasses import dataclass, field

THERE, GONE, DOUBT = "there", "gone", "in doubt"


@dataclass
class Letter:
    """A letter of one worker, who alone changes it."""

    name: str
    # What is known of each mailbox in which it may be, and its UID there.
    places: dict = field(default_factory=dict)
    uids: dict = field(default_factory=dict)
    # Of each mailbox: the flags of which it is known whether they are set.
    flags: dict = field(default_factory=dict)
    # It is in exactly one of these two mailboxes.
    moved: tuple = ()
    # How many operations on it were begun.
    begun: int = 0
    # Something is in doubt, and may come true at any time: nobody touches it any more.
    is_left_alone: bool = False


@dataclass
class Entry:
    """An acknowledgement: what it says of a letter holds until the next operation on it begins."""

    mailbox: str
    letter: Letter
    begun: int
    acknowledged_at: float

    def is_superseded(self):
        return self.letter.begun != self.begun


@dataclass
class Floor:
    """What was acknowledged of a mailbox when a command was sent."""

    uid: int
    modseq: int
    journal: int


class Model:
    """All that clients did, and what was found wrong."""

    def __init__(self, mailboxes):
        self.letters = {}
        self.journal = []
        self.uids = dict.fromkeys(mailboxes, 0)
        self.modseqs = dict.fromkeys(mailboxes, 0)
        self.validities = {}
        # Which letter was seen under a UID.
        self.seen = {}
        self.folders = {}
        self.findings = collections.Counter()
        self.words = []
        self.figures = collections.Counter()

    def find(self, kind, words):
        """Something is wrong. Each kind is counted, and the first of each are told."""
        self.findings[kind] += 1
        if self.findings[kind] <= 5:
            self.words.append(f"{kind}: {words}")

    def floor(self, mailbox):
        return Floor(self.uids[mailbox], self.modseqs[mailbox], len(self.journal))

    def begin(self, letter):
        letter.begun += 1
        self.figures["begun"] += 1

    def acknowledge(self, letter, mailbox):
        self.figures["acknowledged"] += 1
        self.journal.append(Entry(mailbox, letter, letter.begun, time.monotonic()))

    def doubt(self, letter, places=()):
        """Nobody knows what becomes of the last operation."""
        self.figures["in doubt"] += 1
        letter.is_left_alone = True
        letter.places.update(places)

    def number(self, mailbox, uid, floor, what):
        """A new UID was told. It is above all that were told before the command was sent."""
        if uid <= floor.uid:
            self.find("UID out of order", f"{what} in {mailbox} got {uid}, and {floor.uid} was told before it was sent")
        self.uids[mailbox] = max(self.uids[mailbox], uid)

    def changed(self, mailbox, modseq, floor, what):
        """A mod-sequence of a change was told, which is above all that were told before the command was sent."""
        if modseq <= floor.modseq:
            self.find("mod-sequence out of order", f"{what} in {mailbox} got {modseq}, after {floor.modseq}")
        self.modseqs[mailbox] = max(self.modseqs[mailbox], modseq)

    def counters(self, mailbox, floor, what, uidnext=None, modseq=None, validity=None):
        """Somebody who asked was told these: no older than what was acknowledged before."""
        if uidnext is not None and uidnext <= floor.uid:
            self.find("stale answer", f"{what} says UIDNEXT {uidnext} of {mailbox}, but {floor.uid} was acknowledged before")
        if modseq is not None and modseq < floor.modseq:
            self.find("stale answer", f"{what} says HIGHESTMODSEQ {modseq} of {mailbox}, but {floor.modseq} was told before")
        if validity is not None and self.validities.setdefault(mailbox, validity) != validity:
            self.find("another UIDVALIDITY", f"{what} says {validity} of {mailbox}, not {self.validities[mailbox]}")
            self.validities[mailbox] = validity

    def sight(self, mailbox, uid, name):
        """A letter was seen under a UID, as it will be for ever."""
        key = (mailbox, self.validities.get(mailbox), uid)
        if self.seen.setdefault(key, name) != name:
            self.find("UID of another", f"{uid} of {mailbox} was {self.seen[key]}, and is {name}")

    def is_reflected(self, entry, mirror):
        """Whether a session that has `mirror` knows of an acknowledgement."""
        letter = entry.letter
        if letter.places.get(entry.mailbox) == GONE:
            return letter.name not in mirror.names
        flags = mirror.names.get(letter.name)
        wanted = letter.flags.get(entry.mailbox, {})
        return flags is not None and all((flag in flags) == is_set for flag, is_set in wanted.items() if is_set is not None)

    def judge(self, node, contents, folders):
        """Compares what a frontend has at the end: for each mailbox the letters with their flags, and the folders."""
        there = collections.defaultdict(lambda: collections.defaultdict(list))
        for mailbox, letters in contents.items():
            for uid, name, flags in letters:
                there[name][mailbox].append(flags)
                self.sight(mailbox, uid, name)
        for name in there.keys() - self.letters.keys():
            self.find("unknown", f"{name} on {node} was sent by nobody")
        for letter in self.letters.values():
            self._judge_letter(node, letter, there.get(letter.name, {}), contents.keys())
        for name, state in self.folders.items():
            if state != DOUBT and (name in folders) != (state == THERE):
                self.find("lost", f"mailbox {name} must be {state} on {node}")

    def _judge_letter(self, node, letter, there, mailboxes):
        for mailbox in mailboxes:
            copies, state = there.get(mailbox, []), letter.places.get(mailbox, GONE)
            if len(copies) > 1:
                self.find("doubled", f"{letter.name} is {len(copies)} times in {mailbox} on {node}")
            if state == THERE and not copies:
                self.find("lost", f"{letter.name} of {mailbox} on {node}")
            if state == GONE and copies:
                self.find("back again", f"{letter.name} in {mailbox} on {node}, which it must not be in")
            for flag, is_set in letter.flags.get(mailbox, {}).items():
                if copies and is_set is not None and (flag in copies[0]) != is_set:
                    self.find("flag lost", f"{flag} of {letter.name} in {mailbox} on {node} must be {is_set}")
        if letter.moved:
            count = sum(len(there.get(mailbox, [])) for mailbox in letter.moved)
            if count != 1:
                self.find("lost" if count == 0 else "doubled", f"{letter.name}, which MOVE was asked for, is there {count} times on {node}")
