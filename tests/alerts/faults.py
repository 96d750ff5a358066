"""The faults. Each is a function that takes a world, and yields once its fault is there.

What stands behind the yield heals what outlives the frontend.
"""

import contextlib
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import threading
import time
from pathlib import Path

from pair import Pair


class World:
    """A frontend of its own, once it is started; SQL at the database behind it."""

    def __init__(self, demo, folder, start):
        self.demo, self.folder, self.start = demo, folder, start

    @contextlib.contextmanager
    def locked(self, table):
        """Somebody holds a lock on a table, and goes on holding it."""
        psql = subprocess.Popen(["psql", "-qAt", "--no-psqlrc", self.demo.postgres_url],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        psql.stdin.write(f"begin; lock table {table} in access exclusive mode; select 'held';\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "held\n"
        try:
            yield
        finally:
            psql.stdin.close()
            psql.wait()

    def sql(self, statement):
        said = subprocess.run(["psql", "-qAt", "--no-psqlrc", "-c", statement, self.demo.postgres_url],
                              check=True, capture_output=True, text=True)
        return said.stdout.strip()

    def verb(self, *words):
        subprocess.run([*self.demo.postroom, *words], check=True, capture_output=True)

    def certificate(self, days):
        """A certificate that ends in so many days, as settings."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key, chain, request = (self.folder / name for name in ("key.pem", "chain.pem", "request.pem"))
        subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", request],
                       check=True, capture_output=True)
        # `req -x509` makes none that has ended.
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", key, "-copy_extensions", "copy",
                        "-days", str(days), "-out", chain], check=True, capture_output=True)
        return {"TLS__CERTIFICATE": str(chain), "TLS__KEY": str(key)}


def beside(work):
    """Runs `work` on a thread, whatever becomes of it."""
    def run():
        with contextlib.suppress(Exception):
            work()
    threading.Thread(target=run, daemon=True).start()


def append(client, words="X-Fault: none", mailbox="INBOX"):
    return client.append(mailbox, None, None, f"{words}\r\nSubject: fault\r\n\r\nbody\r\n".encode())


def down(world):
    world.start().tell(signal.SIGKILL)
    yield


def database_away(world):
    world.start().proxy.cut()
    yield


def database_slow(world):
    world.start().proxy.delay = 0.4
    yield


def pool_full(world):
    subject = world.start({"DATABASE__CONNECTIONS": "4"})
    clients = [subject.log_in(person) for person in world.demo.people[:3] for _ in range(4)]
    # Whoever lists subscriptions has to wait; what is kept for leases and NOOP has not.
    with world.locked("subscription"):
        for client in clients:
            beside(lambda client=client: client.lsub())
        yield


def writes_stuck(world):
    subject = world.start()
    client = subject.log_in(world.demo.people[0])
    with world.locked("entry"):
        beside(lambda: append(client))
        yield


def listener_dead(world):
    world.start().proxy.cut_listener()
    yield


def bus_lags(world):
    subject = world.start()
    client = subject.log_in(world.demo.people[0])
    subject.proxy.notifications = "hold"
    append(client)
    yield


def wakeups_lost(world):
    subject = world.start({"DATABASE__SAFETY_POLL": "1s"})
    person = world.demo.people[0]
    subject.log_in(person).select("INBOX")
    elsewhere = world.demo.log_in(person, 0)
    subject.proxy.notifications = "drop"
    for _ in range(3):
        append(elsewhere)
        time.sleep(1)
    yield


def certificate_ends(world):
    world.start(world.certificate(7))
    yield


def certificate_expired(world):
    world.start(world.certificate(-1))
    yield


def handshakes_fail(world):
    subject = world.start()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", subject.ports["imaps"])) as client:
            client.sendall(b"a LOGIN ada x\r\n" * 20)
            client.recv(100)
    yield


def logins_fail(world):
    subject = world.start()
    for _ in range(12):
        client = subject.connect("127.0.0.77")
        with contextlib.suppress(client.error):
            client.login("ada", "guess")
    yield
    world.sql("delete from wrong_password")


def too_many_clients(world):
    subject = world.start({"LIMITS__CONNECTIONS": "3"})
    for _ in range(6):
        with contextlib.suppress(Exception):
            subject.connect()
    yield


def deliveries_fail(world):
    # The contents of messages lie on a disk of their own, with little room for more.
    used = int(world.sql("select pg_total_relation_size('content')"))
    owner = Path(world.sql("show data_directory")).stat()
    disk = world.folder / "disk"
    disk.mkdir(parents=True)
    for above in disk.parents[:2]:
        above.chmod(0o711)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={used + (2 << 20)},uid={owner.st_uid},gid={owner.st_gid},mode=700",
                    "tmpfs", disk], check=True)
    try:
        world.sql(f"create tablespace small location '{disk}'")
        world.sql("alter table content set tablespace small")
        subject = world.start({"LISTEN__LMTP": "127.0.0.1:0"})
        for _ in range(3):
            with contextlib.suppress(smtplib.SMTPException), smtplib.LMTP("127.0.0.1", subject.ports["lmtp"]) as mta:
                letter = b"Subject: large\r\n\r\n" + os.urandom(1 << 20).hex().encode() + b"\r\n"
                mta.sendmail("sue@example.com", [world.demo.address], letter)
        yield
    finally:
        world.sql("alter table content set tablespace pg_default")
        world.sql("drop tablespace if exists small")
        subprocess.run(["umount", "--lazy", disk], check=True)


def disk_nearly_full(world):
    state = world.folder / "state"
    state.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", state], check=True)
    try:
        (state / "ballast").write_bytes(b"x" * 3_900_000)
        world.start()
        yield
    finally:
        subprocess.run(["umount", "--lazy", state], check=True)


def quota_root_full(world):
    person = world.demo.people[1]
    client = world.demo.log_in(person, 0)
    append(client)
    client.logout()
    world.verb("quota", "set", f"user/{person.user}", "--messages", "1")
    world.start()
    yield
    world.verb("quota", "set", f"user/{person.user}")


def upkeep_stuck(world):
    with world.locked("garbage"):
        world.start()
        # Whichever frontend does it, or a verb: the others tell how it goes.
        beside(lambda: world.verb("upkeep", "run", "collect_garbage"))
        yield


def drain_slow(world):
    subject = world.start({"TIMEOUTS__DRAIN": "60s", "TIMEOUTS__STOP": "90s"})
    for _ in range(8):
        subject.connect()
    subject.tell(signal.SIGTERM)
    yield


def panic(world):
    subject = world.start()
    client = subject.log_in(world.demo.people[0])
    # Builds with debug assertions panic where a message asks for it.
    with contextlib.suppress(client.error):
        append(client, "X-Postroom-Panic: parse")
    yield


def replication_lags(world):
    with Pair() as pair:
        world.start(database=pair.url(pair.primary))
        pair.sql(pair.standby, "select pg_wal_replay_pause()")
        is_over = threading.Event()

        def write():
            # A standby tells how late it is when there is something to apply.
            while not is_over.wait(0.5):
                pair.sql(pair.primary, "select pg_logical_emit_message(false, 'test', 'news')")
        beside(write)
        yield
        is_over.set()


def failed_over(world):
    with Pair() as pair:
        subject = world.start(database=pair.url(pair.primary))
        pair.promote()
        subject.proxy.lead_to("127.0.0.1", pair.ports[pair.standby])
        yield


def standby_gone(world):
    with Pair() as pair:
        world.start(database=pair.url(pair.primary))
        world.prometheus.await_value("max(postroom_database_standbys)", 1)
        pair.stop_standby()
        yield


def standby_awaited(world):
    with Pair() as pair:
        pair.sql(pair.primary, "alter system set synchronous_standby_names = '*'")
        pair.sql(pair.primary, "select pg_reload_conf()")
        world.start(database=pair.url(pair.primary))
        world.prometheus.await_value("max(postroom_database_standbys)", 1)
        # The lease is a write like any other.
        pair.stop_standby()
        yield


def bus_away(world):
    with contextlib.ExitStack() as running:
        folder = world.folder / "nats"
        folder.mkdir(parents=True)
        program = shutil.which("nats-server", path=f"{os.environ['PATH']}:/usr/sbin")
        server = subprocess.Popen([program, "--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir", folder],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.callback(server.wait)
        running.callback(server.kill)
        ports = folder / f"nats-server_{server.pid}.ports"
        while not (ports.exists() and ports.read_text()):
            time.sleep(0.1)
        world.start({"BUS__URL": json.loads(ports.read_text())["nats"][0]})
        world.prometheus.await_value("max(postroom_bus_connected)", 1)
        server.kill()
        yield


def all_gone(world):
    world.start()
    world.prometheus.look_at([])
    yield


# What is injected, and the alert that must come of it, alone.
FAULTS = {
    "down": (down, "PostroomDown"),
    "all-gone": (all_gone, "PostroomGone"),
    "database-away": (database_away, "PostroomDatabaseAway"),
    "database-slow": (database_slow, "PostroomDatabaseSlow"),
    "pool-full": (pool_full, "PostroomPoolFull"),
    "writes-stuck": (writes_stuck, "PostroomWritesStuck"),
    "standby-awaited": (standby_awaited, "PostroomStandbyAwaited"),
    "listener-dead": (listener_dead, "PostroomListenerDown"),
    "bus-away": (bus_away, "PostroomBusAway"),
    "bus-lags": (bus_lags, "PostroomWakeupsLate"),
    "wakeups-lost": (wakeups_lost, "PostroomWakeupsMissed"),
    "certificate-ends": (certificate_ends, "PostroomCertificateEnds"),
    "certificate-expired": (certificate_expired, "PostroomCertificateExpired"),
    "handshakes-fail": (handshakes_fail, "PostroomHandshakesFail"),
    "logins-fail": (logins_fail, "PostroomLoginsFail"),
    "too-many-clients": (too_many_clients, "PostroomConnectionsRefused"),
    "deliveries-fail": (deliveries_fail, "PostroomDeliveriesFail"),
    "disk-nearly-full": (disk_nearly_full, "PostroomDiskNearlyFull"),
    "quota-root-full": (quota_root_full, "PostroomQuotaRootsFull"),
    "upkeep-stuck": (upkeep_stuck, "PostroomUpkeepStuck"),
    "drain-slow": (drain_slow, "PostroomDrainSlow"),
    "panic": (panic, "PostroomPanic"),
    "replication-lags": (replication_lags, "PostroomReplicationLags"),
    "standby-gone": (standby_gone, "PostroomStandbyGone"),
    "failed-over": (failed_over, "PostroomFailedOver"),
}
