"""Three members of Debian's Patroni with the settings of deploy/patroni, an etcd, and a world whose frontends know all members."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from cluster import USER, WITHIN_SECONDS, Missing, Server, children_of, is_there, make_folder, owner, port_answers, programs
from postfix import free_port
from world import World

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy/patroni/patroni.yml"
MEMBERS = ("one", "two", "three")
# What is of a machine, not of Postroom: where it listens, by which roles, on which disk.
OWN = """
name: {name}
scope: postroom
restapi: {{listen: "127.0.0.1:{api}", connect_address: "127.0.0.1:{api}"}}
etcd3: {{hosts: ["127.0.0.1:{etcd}"]}}
{shared}
  method: template
  template: {{command: "/bin/cp -a {template}/. {data}", no_params: true}}
postgresql:
  listen: 127.0.0.1:{port}
  connect_address: 127.0.0.1:{port}
  data_dir: {data}
  bin_dir: {programs}
  pgpass: {data}.pgpass
  pg_hba: [host all all 127.0.0.1/32 trust, host replication all 127.0.0.1/32 trust]
  authentication:
    superuser: {{username: {user}, password: none}}
    replication: {{username: {user}, password: none}}
    rewind: {{username: {user}, password: none}}
  parameters: {{unix_socket_directories: "", fsync: "off", shared_buffers: 64MB, jit: "off"}}
"""


class Member(Server):
    """A PostgreSQL that its Patroni starts, stops and promotes."""

    def __init__(self, folder, name, **words):
        super().__init__(name, folder / name)
        self.settings_file = folder / f"{name}.yml"
        self.settings_file.write_text(OWN.format(
            name=name, api=free_port(), port=self.port, data=self.data, programs=programs(), user=USER, **words))

    def start(self, patiently=False):
        with open(self.data.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(["patroni", self.settings_file], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, **owner())
        if patiently:
            self.wait_until_it_answers()
        return self

    def processes(self):
        """Patroni, which may start another PostgreSQL, first."""
        everybody = [self.process.pid]
        with contextlib.suppress(OSError, ValueError):
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
            # The file of one that was killed may name a process of somebody else.
            if is_there(postmaster) and str(self.data).encode() in Path(f"/proc/{postmaster}/cmdline").read_bytes():
                everybody += [postmaster, *children_of(postmaster)]
        return everybody

    def is_leader(self):
        with contextlib.suppress(AssertionError):
            return self.ask("select pg_is_in_recovery()", "postgres") == "f"
        return False


class PatroniCluster:
    """As `Cluster`, but nobody promotes a standby by hand."""

    def __init__(self, folder, template):
        for program in ("patroni", "etcd"):
            if not shutil.which(program):
                raise Missing(f"{program} is not installed")
        self.folder = make_folder(folder / "patroni")
        self.etcd, self.etcd_port = None, free_port()
        shared = re.search(r"^bootstrap:\n.*?(?=^  initdb:)", EXAMPLE.read_text(), re.M | re.S)[0].rstrip()
        words = {"etcd": self.etcd_port, "template": template, "shared": shared}
        self.members = [Member(self.folder, name, **words) for name in MEMBERS]

    @property
    def primary(self):
        """Who leads. While nobody does, whoever is the first."""
        return next((one for one in self.members if one.process.poll() is None and one.is_leader()), self.members[0])

    def start(self):
        peers, clients = (f"http://127.0.0.1:{port}" for port in (free_port(), self.etcd_port))
        with open(self.folder / "etcd.log", "ab") as log:
            self.etcd = subprocess.Popen(
                ["etcd", "--data-dir", make_folder(self.folder / "etcd"), "--unsafe-no-fsync", "--listen-client-urls", clients,
                 "--advertise-client-urls", clients, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                 "--initial-cluster", f"default={peers}"], cwd="/", stdout=log, stderr=log, **owner())
        wait_until(lambda: port_answers(self.etcd_port), "etcd does not answer")
        self.members[0].start()
        wait_until(self.members[0].is_leader, "there is no leader", self.log)
        for one in self.members[1:]:
            one.start()
        self.wait_for_standbys(len(self.members) - 1)
        return self

    def wait_for_standbys(self, count):
        """So many stream, and a commit waits for one of them."""
        question = "select count(*) || ' ' || count(*) filter (where sync_state = 'sync') from pg_stat_replication where state = 'streaming'"
        wait_until(lambda: self.primary.ask(question, "postgres") == f"{count} 1", "the standbys do not stream", self.log)

    def wait_for_another_leader(self, before):
        wait_until(lambda: self.primary is not before and self.primary.is_leader(), "nobody else leads", self.log)

    def log(self):
        return "".join(one.data.with_suffix(".log").read_text()[-600:] for one in self.members if one.process)

    def end(self):
        for one in self.members:
            if one.process:
                with contextlib.suppress(ProcessLookupError):
                    one.tell_all(signal.SIGCONT)
                everybody = one.processes()
                for process in everybody:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
                one.process.wait()
        if self.etcd:
            self.etcd.kill()
            self.etcd.wait()


class PatroniWorld(World):
    """The frontends have the addresses of all members."""

    def __init__(self, kit, name, **settings):
        super().__init__(kit, name, **settings)
        self.cluster = PatroniCluster(self.folder, kit.template)

    def url(self):
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in self.cluster.members)
        return f"postgres://{USER}@{hosts}/postroom?sslmode=disable&target_session_attrs=read-write"

    def read_url(self):
        return self.url()


def wait_until(holds, otherwise, log=str, seconds=WITHIN_SECONDS):
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(AssertionError):
            if holds():
                return
        assert time.monotonic() < until, f"{otherwise}: {log()}"
        time.sleep(0.1)


async def leader_killed(world):
    """The machine of the leader is gone, and comes back as a standby when another one leads."""
    await asyncio.to_thread(world.cluster.wait_for_standbys, len(MEMBERS) - 1)
    leader = world.cluster.primary
    await asyncio.to_thread(leader.kill)
    await asyncio.to_thread(world.cluster.wait_for_another_leader, leader)
    leader.start()


async def leader_silent(world):
    """The machine of the leader stands still, and goes on when another one leads: it must answer nothing OK any more."""
    await asyncio.to_thread(world.cluster.wait_for_standbys, len(MEMBERS) - 1)
    leader = world.cluster.primary
    leader.tell_all(signal.SIGSTOP)
    await asyncio.to_thread(world.cluster.wait_for_another_leader, leader)
    leader.tell_all(signal.SIGCONT)

