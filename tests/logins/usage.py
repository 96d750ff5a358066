"""What something costs: the processor time of frontends, PostgreSQL and a directory, and the statements that PostgreSQL was sent."""

import contextlib
import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

TICK_NANOSECONDS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
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

    def now(self, counts_first=True):
        """The count is a statement of its own, which shall be in no processor time."""
        statements = int(self.server.ask(COUNT)) if counts_first else 0
        frontends = sum(spent_by(node.process.pid) for node in self.nodes)
        postgres = sum(spent_by(process) for process in self.server.processes())
        slapd = spent_by(self.slapd.process.pid) if self.slapd else 0
        if not counts_first:
            statements = int(self.server.ask(COUNT))
        return Usage(frontends / 1e6, postgres / 1e6, slapd / 1e6, statements)

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


def spent_by(process):
    """Nanoseconds of a process, and of those that have ended for which it waited."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        own, ended = (sum(map(int, fields[first:first + 2])) * TICK_NANOSECONDS for first in (11, 13))
        # Finer than ticks, but without threads that have ended.
        return max(own, threads_of(process)) + ended
    return 0


def threads_of(process):
    total = 0
    for thread in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(thread.read_text().split()[0])
    return total


def load():
    """Of the machine, in the last minute."""
    return os.getloadavg()[0]
