"""The metrics of a running demo by promtool, and every query of the dashboard by Prometheus."""

import json
import re
import smtplib
import subprocess
import time
import urllib.request
from pathlib import Path

from demo import message
from prometheus import Prometheus, true_of_this_machine

DASHBOARD = Path(__file__).parents[2] / "deploy/grafana/postroom.json"
# A user's actions are repeated for so long that every rate has something to show.
BUSY_S = 20


def check(demo, folder):
    """Raises AssertionError with what does not hold."""
    for node in demo.nodes:
        read_strictly(node)
    prometheus = Prometheus(folder, [node["http"] for node in demo.nodes])
    try:
        make_busy(demo)
        queries = list(read_queries())
        silent = {f"{title}: {query}" for title, query in queries if not prometheus.values(query)}
        assert not silent, "nothing is found by\n" + "\n".join(sorted(silent))
        raised = prometheus.firing() - true_of_this_machine(folder)
        assert not raised, raised
        print(f"{len(queries)} queries of the dashboard find something", flush=True)
    finally:
        prometheus.stop()


def read_strictly(node):
    with urllib.request.urlopen(f"http://127.0.0.1:{node['http']}/metrics", timeout=10) as response:
        page = response.read()
    read = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, check=False)
    assert read.returncode == 0, read.stderr.decode() + read.stdout.decode()


def make_busy(demo):
    """Two colleagues and a mail transfer agent at work."""
    ada, bo = demo.people[0], demo.people[1]
    mailbox = '"Shared Folders/support"'
    writers = [demo.log_in(ada, 0), demo.log_in(bo, 1)]
    for writer in writers:
        writer.select(mailbox)
    until = time.monotonic() + BUSY_S
    number = 0
    while time.monotonic() < until:
        number += 1
        demo.log_in(ada, number % 2).logout()
        writers[0].append("INBOX", None, None, message(number))
        writers[1].uid("STORE", "1:3", "+FLAGS", f"(busy{number % 5})")
        for writer in writers:
            writer.noop()
            writer.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[TEXT])")
        with smtplib.LMTP("127.0.0.1", demo.nodes[number % 2]["lmtp"]) as mta:
            mta.sendmail("sue@example.com", [demo.address], message(1000 + number))
        time.sleep(0.5)
    for writer in writers:
        writer.logout()


def read_queries():
    """Each panel's title with a query, as Grafana would ask it."""
    page = json.loads(DASHBOARD.read_text())
    for panel in page["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"].replace("$__rate_interval", "15s").replace("$instance", ".*")
            unknown = re.search(r"\$\w+", query)
            assert not unknown, f"{query} has a variable that is not known here"
            yield panel["title"], query
