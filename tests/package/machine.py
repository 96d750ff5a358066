"""A Debian that was installed just now and runs with its own systemd, in namespaces of its own."""

import shutil
import subprocess
import time

PACKAGES = "adduser,ca-certificates,systemd,systemd-sysv,dbus,postgresql,python3,man-db,bash-completion"
SUITE = "bookworm"
BOOT_SECONDS = 60


class Machine:
    def __init__(self, root):
        self.root = root
        self.container = None
        self.leader = None

    def __enter__(self):
        shutil.rmtree(self.root, ignore_errors=True)
        base = self.root.with_suffix(".tar")
        if not base.exists():
            made = base.with_suffix(".new.tar")
            subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", SUITE, made], check=True)
            made.rename(base)
        self.root.mkdir(parents=True)
        subprocess.run(["tar", "--extract", f"--file={base}", f"--directory={self.root}"], check=True)
        self.container = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--console=pipe"]
            + [f"--directory={self.root}", f"--machine=postroom-{time.monotonic_ns()}", "--boot"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=open(self.root.with_suffix(".log"), "w"),
        )
        self.leader = self.wait(self.find_leader, "systemd did not start")
        self.wait(self.is_up, "systemd did not come up")
        return self

    def __exit__(self, *_):
        # A machine is turned off by its own init; then nothing of it is left running.
        self.run(["systemctl", "poweroff"], check=False)
        try:
            self.container.wait(30)
        except subprocess.TimeoutExpired:
            self.container.kill()
            self.container.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def find_leader(self):
        if self.container.poll() is not None:
            said = self.root.with_suffix(".log").read_text()
            raise SystemExit(f"systemd-nspawn ended with {self.container.returncode}: {said}")
        children = f"/proc/{self.container.pid}/task/{self.container.pid}/children"
        with open(children) as file:
            pids = file.read().split()
        return pids[0] if pids else None

    def is_up(self):
        said = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
        return said in ("running", "degraded")

    def wait(self, what, complaint):
        until = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < until:
            found = what()
            if found:
                return found
            time.sleep(0.2)
        raise SystemExit(complaint)

    def run(self, command, check=True, given=None):
        done = subprocess.run(
            ["nsenter", "--target", self.leader, "--all", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
            + ["HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *command],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check and done.returncode:
            raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stdout}\n{self.journal()}")
        return done

    def journal(self):
        return self.run(["journalctl", "--no-pager", "--unit=postroom", "--lines=30"], check=False).stdout

    def sh(self, script, show=True):
        said = self.run(["bash", "-c", script]).stdout
        if show:
            print(said, end="", flush=True)
        return said

    def python(self, program):
        print(self.run(["python3", "-"], given=program).stdout, end="", flush=True)

    def wait_for(self, script):
        self.wait(lambda: self.run(["bash", "-c", script], check=False).returncode == 0, f"in vain: {script}")
