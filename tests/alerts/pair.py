"""A PostgreSQL of the test's own with a standby, for what happens between the two."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

# As PostgreSQL refuses to be run by root, this user does it then.
USER = "postgres"
QUICK = "fsync = off\nmax_connections = 60\n"


class Pair:
    """A primary, and a standby that streams from it; ended with what is `with` it."""

    def __enter__(self):
        newest = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name))
        self.programs = newest
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-pair-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
        primary, standby = self.folder / "primary", self.folder / "standby"
        self.ports = {primary: free_port(), standby: free_port()}
        self.primary, self.standby = primary, standby
        self.started = []
        self._program("initdb", "-D", primary, "-A", "trust", "-U", USER, "--no-sync")
        self._start(primary)
        self._program("pg_basebackup", "-h", "127.0.0.1", "-p", self.ports[primary], "-U", USER, "-D", standby,
                      "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self._start(standby)
        return self

    def __exit__(self, *_):
        for node in self.started:
            self._program("pg_ctl", "-D", node, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def url(self, node):
        return f"postgres://{USER}@127.0.0.1:{self.ports[node]}/postgres"

    def sql(self, node, statement):
        subprocess.run(["psql", "-qAt", "--no-psqlrc", "-c", statement, self.url(node)], check=True, capture_output=True)

    def stop_standby(self):
        self._program("pg_ctl", "-D", self.standby, "-m", "immediate", "-w", "stop")
        self.started.remove(self.standby)

    def promote(self):
        self._program("pg_ctl", "-D", self.standby, "-w", "promote")

    def _start(self, node):
        with (node / "postgresql.conf").open("a") as conf:
            conf.write(f"port = {self.ports[node]}\nunix_socket_directories = '{self.folder}'\n{QUICK}")
        self._program("pg_ctl", "-D", node, "-w", "-l", self.folder / f"{node.name}.log", "start")
        self.started.append(node)

    def _program(self, name, *words):
        become = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        command = [*become, self.programs / name, *words]
        done = subprocess.run([str(word) for word in command], cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
