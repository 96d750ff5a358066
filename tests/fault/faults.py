"""The faults. Each is a function that takes a world, injects, waits, and heals; what is planted says which finding must come of it."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from client import Session
from cluster import Missing, owner, make_folder, port_answers
from crowd import Client
from patroni import PatroniWorld, leader_killed, leader_silent
from postfix import free_port
from proxy import Proxy
from world import World


@dataclass(frozen=True)
class Fault:
    """What is done, to which world, and what the checker must find of it: nothing, unless it is planted."""

    inject: object
    world: dict = field(default_factory=dict)
    # A world bears it once: its cluster is another one afterwards.
    once: bool = False
    finds: frozenset = frozenset()
    # What is made around the world, as a disk for its data.
    around: object = None


def of_anyone(world):
    return random.choice(world.nodes)


async def frontend_killed(world):
    node = of_anyone(world)
    node.process.kill()
    node.process.wait()
    await asyncio.sleep(1)
    await asyncio.to_thread(node.start)


async def frontend_stopped(world):
    """For longer than its lease holds."""
    node = of_anyone(world)
    node.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(6)
    node.process.send_signal(signal.SIGCONT)


async def postgres_killed(world):
    primary = world.cluster.primary
    await asyncio.to_thread(primary.kill)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(primary.start)


async def postgres_stopped(world):
    primary = world.cluster.primary
    primary.tell_all(signal.SIGSTOP)
    await asyncio.sleep(5)
    primary.tell_all(signal.SIGCONT)


async def backend_killed(world):
    """PostgreSQL ends all its sessions and recovers by itself."""
    children = world.cluster.primary.processes()[1:]
    os.kill(random.choice(children), signal.SIGKILL)
    await asyncio.to_thread(world.cluster.primary.wait_until_it_answers)


async def link_cut(world):
    link = random.choice(world.links)
    link.cut()
    await asyncio.sleep(4)
    link.heal()


async def link_silent(world):
    link = random.choice(world.links)
    link.is_frozen = True
    await asyncio.sleep(6)
    link.heal()


async def power_lost(world):
    """The primary's machine is gone from one moment to the next, and comes back: nobody ends the connections of before."""
    for link in world.links:
        link.forget()
    await postgres_killed(world)


async def link_slow(world):
    for link in world.links:
        link.delay = 0.15
    await asyncio.sleep(5)
    for link in world.links:
        link.heal()


async def listener_cut(world):
    """The connection that hears wake-ups breaks, and comes back."""
    link = random.choice(world.links)
    link.cut_listener()
    await asyncio.sleep(2)
    link.heal()


async def standby_cut(world):
    """Nothing is answered OK meanwhile: it would be on one machine."""
    world.cluster.link.cut()
    before = world.model.figures["acknowledged"]
    # The leases of the frontends run out, which wait for a standby too.
    await asyncio.sleep(6)
    asked = world.model.figures["asked"]
    await asyncio.sleep(6)
    if world.model.figures["asked"] == asked:
        world.model.find("readers wait for a standby", "nothing was answered for 6 s")
    late = world.model.figures["acknowledged"] - before
    # What was on its way to the standby already.
    if late > 4 * world.size[0]:
        world.model.find("acknowledged without a standby", f"{late} operations")
    world.cluster.link.heal()
    await asyncio.to_thread(world.cluster.wait_for_standby)


async def promotion(world):
    """The primary dies, and somebody promotes its standby."""
    await asyncio.to_thread(world.cluster.primary.kill)
    await asyncio.sleep(1)
    await asyncio.to_thread(world.cluster.promote)


async def promotion_of_silence(world):
    """The primary's machine says nothing any more, not even that its connections are gone."""
    world.cluster.primary.tell_all(signal.SIGSTOP)
    await asyncio.sleep(1)
    await asyncio.to_thread(world.cluster.promote)


async def disk_full(world):
    data = world.cluster.primary.data
    ballast = data / "ballast"
    with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as filling:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    filling.write(b"x" * size)
    await asyncio.sleep(5)
    ballast.unlink()
    if world.cluster.primary.process.poll() is not None:
        await asyncio.to_thread(world.cluster.primary.start)


class Idler(Client):
    """One of many who are only there."""

    async def work(self):
        await self.session.ask(f'SELECT "{self.world.mailboxes[0]}"')
        self.greeted_at = time.monotonic()
        await self.session.idle(lambda: not self.world.is_ending)


async def a_thousand_come_back(world):
    idlers = [Idler(world, number) for number in range(1000)]
    for one in idlers:
        one.greeted_at = None
    tasks = []
    try:
        for one in idlers:
            tasks.append(asyncio.create_task(one.run()))
            await asyncio.sleep(0.01)
        await world.wait_until(lambda: all(one.greeted_at for one in idlers), 120, "a thousand cannot log in")
        began = time.monotonic()
        for one in idlers:
            # As if the way of all of them broke.
            one.greeted_at = None
            one.session.writer.transport.abort()
        for node in world.nodes[1:]:
            await asyncio.to_thread(node.__exit__)
            await asyncio.to_thread(node.start)
        await world.wait_until(lambda: all(one.greeted_at for one in idlers), 120, "a thousand do not come back")
        world.model.figures["seconds until all were back"] = round(time.monotonic() - began)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def small_disk(folder):
    """A disk of 300 MB for the primary's data, if we may mount one."""
    if os.geteuid() != 0:
        raise Missing("root alone can mount a small disk")
    data = make_folder(folder / "small")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", data], check=True)
    try:
        inner = make_folder(data / "primary")
        yield inner
    finally:
        subprocess.run(["umount", "--lazy", data], check=True)


class Bouncer:
    """Debian's PgBouncer before the primary."""

    def __init__(self, world, mode):
        self.port = free_port()
        self.folder = make_folder(world.folder / "pgbouncer")
        (self.folder / "users.txt").write_text('"postroom" ""\n')
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\npostroom = host=127.0.0.1 port={world.cluster.primary.port} user=postroom\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = trust\n"
            f"auth_file = {self.folder}/users.txt\npool_mode = {mode}\nserver_login_retry = 1\nmax_client_conn = 500\ndefault_pool_size = 100\n"
            f"unix_socket_dir =\nadmin_users = postroom\n")
        self.process = None

    def start(self):
        with open(self.folder.parent / "pgbouncer.log", "ab") as log:
            self.process = subprocess.Popen(["pgbouncer", self.folder / "pgbouncer.ini"], cwd="/", stdout=log, stderr=log, **owner())
        until = time.monotonic() + 20
        while not port_answers(self.port):
            assert time.monotonic() < until, (self.folder.parent / "pgbouncer.log").read_text()
            time.sleep(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()


class BouncedWorld(World):
    """The frontends reach the primary through PgBouncer."""

    def url(self):
        if not hasattr(self, "bouncer"):
            self.bouncer = Bouncer(self, "session")
            self.bouncer.start()
        return f"postgres://postroom@127.0.0.1:{self.bouncer.port}/postroom?sslmode=disable"

    async def __aexit__(self, *trouble):
        await super().__aexit__(*trouble)
        if hasattr(self, "bouncer"):
            self.bouncer.kill()


class BusWorld(World):
    """Wake-ups go by a NATS server, to which each frontend has a way of its own."""

    nats = None

    def own_settings(self):
        if not self.nats:
            self.nats_port = free_port()
            self.start_nats()
        link = Proxy(("127.0.0.1", self.nats_port))
        self.links.append(link)
        return {**super().own_settings(), "BUS__URL": f"nats://127.0.0.1:{link.port}"}

    def start_nats(self):
        with open(self.folder / "nats.log", "ab") as log:
            self.nats = subprocess.Popen(["nats-server", "-a", "127.0.0.1", "-p", str(self.nats_port)], cwd="/", stdout=log, stderr=log, **owner())
        until = time.monotonic() + 20
        while not port_answers(self.nats_port):
            assert time.monotonic() < until, (self.folder / "nats.log").read_text()
            time.sleep(0.05)

    def kill_nats(self):
        self.nats.kill()
        self.nats.wait()

    async def __aexit__(self, *trouble):
        await super().__aexit__(*trouble)
        if self.nats:
            self.kill_nats()


async def nats_killed(world):
    world.kill_nats()
    await asyncio.sleep(4)
    await asyncio.to_thread(world.start_nats)


class ClockWorld(World):
    """Each frontend has a clock that can be set, by Debian's libfaketime; what it measures with runs on."""

    def program_of(self, number):
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not libraries:
            raise Missing("libfaketime is not installed")
        self.set_clock(number, 0)
        program = self.folder / f"postroom-{number}"
        program.write_text(f"#!/bin/sh\nLD_PRELOAD={libraries[0]} FAKETIME_NO_CACHE=1 DONT_FAKE_MONOTONIC=1 "
                           f'FAKETIME_TIMESTAMP_FILE={self.clock_of(number)} exec {self.kit.program} "$@"\n')
        program.chmod(0o755)
        return program

    def clock_of(self, number):
        return self.folder / f"clock-{number}"

    def set_clock(self, number, seconds):
        self.clock_of(number).write_text(f"{seconds:+d}\n")


async def clock_jumps(world):
    """The clock of one frontend is an hour fast, then an hour slow."""
    number = random.randrange(len(world.nodes))
    for seconds in (3600, -3600, 0):
        world.set_clock(number, seconds)
        # Who logs in is logged.
        (await Session.log_in(world.ports()[number], *world.person(number))).close()
        logged = datetime.fromisoformat(world.nodes[number].log().splitlines()[-1][:19] + "+00:00")
        fast = (logged - datetime.now(timezone.utc)).total_seconds()
        assert abs(fast - seconds) < 60, f"the clock is {fast:.0f} s fast, not {seconds} s"
        await asyncio.sleep(3)


async def slow_readers(world):
    """Thirty ask for far more than the sockets hold, and read nothing of it."""
    sleepers = []
    try:
        for number in range(30):
            session = await Session.log_in(world.ports()[number % len(world.nodes)], *world.person(number))
            sleepers.append(session)
            await session.ask(f'SELECT "{world.mailboxes[0]}"')
            session.writer.transport.pause_reading()
            session.writer.write(b"x UID FETCH 1:* (ENVELOPE BODY.PEEK[])\r\n" * 2000)
        await asyncio.sleep(6)
    finally:
        for session in sleepers:
            session.writer.transport.abort()


async def pgbouncer_killed(world):
    world.bouncer.kill()
    await asyncio.sleep(1)
    await asyncio.to_thread(world.bouncer.start)


# What must be found.

async def planted_asynchronous(world):
    """The standby is not waited for, and its way is cut a moment before the crash."""
    world.cluster.link.cut()
    await asyncio.sleep(0.1)
    await promotion(world)


async def planted_early_answer(world):
    """The database answers before what it was asked is in its log on the disk: a batch that answers early."""
    world.cluster.primary.ask("alter system set wal_writer_delay = '10s'", "postgres")
    world.cluster.primary.ask("select pg_reload_conf()", "postgres")
    # What waits for the disk alone would bring what was before it there, too.
    world.cluster.primary.ask(
        "update pg_proc set prosrc = replace(replace(prosrc, 'synchronous_commit = local', 'synchronous_commit = off'), "
        "$$'synchronous_commit', 'local'$$, $$'synchronous_commit', 'off'$$) where prosrc like '%synchronous_commit%'")
    for link in world.links:
        link.instead = [(b"set synchronous_commit = on;", b"set synchronous_commit=off; "),
                        (b"'synchronous_commit', 'local', true", b"'synchronous_commit', 'off',   true")]
        # Every connection is opened anew.
        link.cut()
        link.heal()
    # These write the log, page by page as it fills: so little would be left to lose that now and then nothing is.
    world.cluster.primary.tell(signal.SIGSTOP, "walwriter", "background writer")
    await asyncio.sleep(4)
    # One that went on would show from its memory what is lost, and refuse what it cannot find.
    for node in world.nodes:
        node.process.kill()
        node.process.wait()
    await postgres_killed(world)
    for node in world.nodes:
        await asyncio.to_thread(node.start)


async def planted_deaf(world):
    """No wake-up comes after a commit, as if it had been said before."""
    for link in world.links:
        link.notifications = "drop"
    await asyncio.sleep(12)


async def planted_stale(world):
    """Whoever asks how far a mailbox is gets an old answer, and no wake-up makes up for it."""
    for link in world.links:
        link.notifications = "drop"
        link.instead = [(b"m.modseq, m.rights_version from mailbox m where m.id = any ($1)",
                         b"m.modseq-99, m.rights_version from mailbox m where m.id=any($1)")]
        link.cut()
        link.heal()
    await asyncio.sleep(6)


async def planted_doubled(world):
    """Somebody whom the model does not know brings letters again that are there."""
    session = await Session.log_in(world.ports()[0], *world.person(0))
    for entry in world.model.journal[-5:]:
        words = f"Message-ID: <{entry.letter.name}@fault.example>\r\n\r\nAgain.\r\n"
        await session.ask(f'APPEND "{entry.mailbox}"', words.encode())
    session.close()


async def planted_forgetful(world):
    """Flags that are stored are not: the database ignores one change of four."""
    world.cluster.primary.ask(
        "create function forget() returns trigger language plpgsql as $$ begin "
        "if new.flags <> old.flags and new.uid % 4 = 0 then new.flags := old.flags; end if; return new; end $$; "
        "create trigger forget before update on entry for each row execute function forget()")
    await asyncio.sleep(4)


def planted(inject, *finds, once=False, **world):
    return Fault(inject, world, once, frozenset(finds))


SESSIONS = {"kind": BouncedWorld}
PATRONI = {"kind": PatroniWorld}
BUS = {"kind": BusWorld}
FAULTS = {
    "frontend-killed": Fault(frontend_killed),
    "frontend-stopped": Fault(frontend_stopped),
    "postgres-killed": Fault(postgres_killed),
    "postgres-stopped": Fault(postgres_stopped),
    "backend-killed": Fault(backend_killed),
    "link-cut": Fault(link_cut, {"hosts": "link"}),
    "link-silent": Fault(link_silent, {"hosts": "link"}),
    "power-lost": Fault(power_lost, {"hosts": "link"}),
    "link-slow": Fault(link_slow, {"hosts": "link"}),
    "listener-cut": Fault(listener_cut, {"hosts": "link"}),
    "standby-cut": Fault(standby_cut),
    "promotion": Fault(promotion, {"hosts": "both"}, once=True),
    "promotion-of-silence": Fault(promotion_of_silence, {"hosts": "both"}, once=True),
    "disk-full": Fault(disk_full, around=small_disk),
    "a-thousand-come-back": Fault(a_thousand_come_back),
    "pgbouncer-killed": Fault(pgbouncer_killed, SESSIONS),
    "postgres-killed-behind-pgbouncer": Fault(postgres_killed, SESSIONS),
    "nats-killed": Fault(nats_killed, BUS),
    "nats-cut": Fault(link_cut, BUS),
    "nats-silent": Fault(link_silent, BUS),
    "clock-jumps": Fault(clock_jumps, {"kind": ClockWorld}),
    "slow-readers": Fault(slow_readers),
    "patroni-leader-killed": Fault(leader_killed, PATRONI),
    "patroni-leader-silent": Fault(leader_silent, PATRONI),
    "planted-asynchronous": planted(planted_asynchronous, "lost", once=True, synchronous=False, hosts="both"),
    "planted-early-answer": planted(planted_early_answer, "lost", once=True, hosts="link"),
    # Who asks or writes on the same frontend would make up for it.
    "planted-deaf": planted(planted_deaf, "watcher late", hosts="link", size=(2, 0, 6), DATABASE__SAFETY_POLL="120s"),
    "planted-stale": planted(planted_stale, "stale answer", hosts="link", DATABASE__SAFETY_POLL="120s"),
    "planted-doubled": planted(planted_doubled, "doubled"),
    "planted-forgetful": planted(planted_forgetful, "flag lost"),
}
