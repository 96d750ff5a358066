"""What something costs: the processor time of frontends, PostgreSQL and a directory, and the statements that PostgreSQL was sent."""

import contextlib
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

# Frontends report sessions every two seconds, and the record of logins is as late.
SETTLE_SECONDS = 2.5
# What nobody asked for is measured for so long.
REST_SECONDS = 12
# Whoever asks for this is the one who measures.
COUNT = "select coalesce(sum(calls), 0) from pg_stat_statements where query not like '%pg_stat_statements%'"


@dataclass
class Usage:
    """Of everything since some moment, or between two; or of one act."""

    frontends_ms: float = 0
    postgres_ms: float = 0
    slapd_ms: float = 0
    statements: float = 0

    def __sub__(self, other):
        return Usage(*(mine - theirs for mine, theirs in zip(self.all(), other.all())))

    def times(self, factor):
        return Usage(*(value * factor for value in self.all()))

    def all(self):
        return self.frontends_ms, self.postgres_ms, self.slapd_ms, self.statements


@dataclass
class Measured:
    """What acts of one kind cost: one `Usage` for each round, and how long each act took."""

    usages: list = field(default_factory=list)
    seconds: list = field(default_factory=list)

    def median(self):
        return Usage(*(statistics.median(values) for values in zip(*(usage.all() for usage in self.usages))))

    def milliseconds(self, part):
        return percentile(self.seconds, part) * 1000


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class Meter:
    """Of frontends, the PostgreSQL that they use, and a directory."""

    def __init__(self, nodes, server, slapd):
        self.nodes, self.server, self.slapd = nodes, server, slapd
        self.rest = None
        # For each kind of program, what each thread had used when it was looked at last; also of those that have ended.
        self.threads = {"frontends": {}, "postgres": {}, "slapd": {}}

    def now(self, counts_first=True):
        """The count is a statement of its own, which shall be in no processor time."""
        statements = int(self.server.ask(COUNT)) if counts_first else 0
        frontends = self.spent_by("frontends", [node.process.pid for node in self.nodes])
        postgres = self.spent_by("postgres", self.server.processes())
        slapd = self.spent_by("slapd", [self.slapd.process.pid] if self.slapd else [])
        if not counts_first:
            statements = int(self.server.ask(COUNT))
        return Usage(frontends / 1e6, postgres / 1e6, slapd / 1e6, statements)

    def spent_by(self, kind, processes):
        """Nanoseconds: finer than ticks, in which less than a hundredth of a second is nothing."""
        seen = self.threads[kind]
        for process in processes:
            for thread in Path(f"/proc/{process}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    seen[process, thread.parent.name] = int(thread.read_text().split()[0])
        return sum(seen.values())

    def learn_rest(self):
        """What goes on when nobody asks for anything, for each second."""
        self.rest = None
        self.rest = self._between(lambda: time.sleep(REST_SECONDS)).times(1 / REST_SECONDS)

    def _between(self, act):
        before, began = self.now(), time.monotonic()
        act()
        took = time.monotonic() - began
        used = self.now(counts_first=False) - before
        return used - self.rest.times(took) if self.rest else used

    def measure(self, measured, acts, settles=True):
        """Adds a round to what was measured; each act returns how long it took."""
        def do_all():
            measured.seconds += [act() for act in acts]
            if settles:
                time.sleep(SETTLE_SECONDS)

        measured.usages.append(self._between(do_all).times(1 / len(acts)))


def load():
    """Of the machine, in the last minute."""
    return os.getloadavg()[0]
