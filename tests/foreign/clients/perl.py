"""Runs a script of this folder that lets a Perl module be the client."""

import json
import subprocess
from pathlib import Path


def play(script, demo, mailbox, seconds_max=120):
    """The script reads from its input who may log in where, and dies when it is not content."""
    ada, bo = demo.people[:2]
    told = {
        "ports": [node["imaps"] for node in demo.nodes],
        "ada": vars(ada),
        "bo": vars(bo),
        "mailbox": mailbox.strip('"'),
    }
    done = subprocess.run(
        ["perl", Path(__file__).with_name(script)],
        input=json.dumps(told),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds_max,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stdout.strip())
