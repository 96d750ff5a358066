"""imapflow, the client of Node.js programs: two of them idle and change on two frontends."""

import json
import subprocess
import tempfile
from pathlib import Path

from demo import Skipped

VERSION = "2.10.2"


def check(demo):
    ada, bo = demo.people[:2]
    script = Path(__file__).with_name("imapflow.mjs")
    with tempfile.TemporaryDirectory() as folder:
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", f"imapflow@{VERSION}"]
        try:
            run(npm, folder, seconds_max=180)
        except AssertionError as trouble:
            raise Skipped(f"npm cannot fetch it: {trouble}") from trouble
        with demo.shared_mailbox("imapflow", [(ada, "lrs"), (bo, "lrswite")]) as mailbox:
            seats = [
                {"port": node["imaps"], "user": person.user, "password": person.password}
                for person, node in zip((ada, bo), demo.nodes)
            ]
            told = json.dumps([*seats, mailbox.strip('"')])
            run(["node", str(script), told], folder, seconds_max=60)


def run(command, folder, seconds_max):
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=seconds_max, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{command[0]}: {done.stdout}{done.stderr}".strip()[-900:])
