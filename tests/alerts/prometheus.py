"""Debian's Prometheus on a loopback port, scraping every second, with our alerts in a hurry."""

import json
import math
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

RULES = Path(__file__).parents[2] / "deploy/prometheus/postroom.rules.yml"

# Minutes become seconds, so that a fault need not last for minutes. The conditions stay as they are.
HURRY = [
    (r"for: \w+", "for: 2s"),
    (r"\[\d+m\]", "[15s]"),
    (r"standby_wait_seconds\) > \d+", "standby_wait_seconds) > 2"),
    (r"upkeep_running_seconds\) > 1800", "upkeep_running_seconds) > 5"),
    (r"postroom_store_queue_age_seconds > 15", "postroom_store_queue_age_seconds > 4"),
    (r"replication_lag_seconds\) > 60", "replication_lag_seconds) > 3"),
]


# The share of a disk that is to be left, as PostroomDiskNearlyFull has it.
DISK_LEFT = 0.1


def true_of_this_machine(folder):
    """The alerts that are raised rightly wherever a frontend has its state in `folder`, whatever is done to it."""
    disk = shutil.disk_usage(folder)
    return {"PostroomDiskNearlyFull"} if disk.free / disk.total < DISK_LEFT else set()


class Prometheus:
    """Scrapes `ports` from its start on."""

    def __init__(self, folder, ports):
        folder = Path(folder)
        folder.mkdir(parents=True)
        rules = RULES.read_text()
        for what, instead in HURRY:
            rules, count = re.subn(what, instead, rules)
            assert count, f"{what} is not in {RULES.name} any more"
        (folder / "rules.yml").write_text(rules)
        self.targets = folder / "targets.json"
        self.look_at([f"127.0.0.1:{port}" for port in ports])
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{"job_name": "postroom", "file_sd_configs": [{"files": [str(self.targets)]}]}],
        }))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stdout=log, stderr=log)
        self._await_start(folder)

    def look_at(self, targets):
        """What it scrapes from now on, as a cluster tells it."""
        self.targets.write_text(json.dumps([{"targets": targets}]))

    def _await_start(self, folder):
        for _ in range(200):
            try:
                self.ask("query", query="vector(1)")
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((folder / "log").read_text())

    def await_scrapes(self, count):
        """Returns after so many scrapes: a rate knows what was before the fault."""
        for _ in range(300):
            if all(seen >= count for seen in self.values("count_over_time(up[1m])") or [0]):
                return
            time.sleep(0.1)
        raise AssertionError("Prometheus does not scrape")

    def await_value(self, query, expected):
        for _ in range(300):
            if self.values(query) == [expected]:
                return
            time.sleep(0.1)
        raise AssertionError(f"{query} is {self.values(query)}")

    def ask(self, what, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as response:
            return json.load(response)["data"]

    def firing(self):
        """The names of the alerts that are raised now."""
        alerts = self.ask("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def values(self, query):
        """What a query finds, without what is no number."""
        found = self.ask("query", query=query)["result"]
        values = [float(one["value"][1]) for one in found]
        return [value for value in values if not math.isnan(value)]

    def stop(self):
        self.process.terminate()
        self.process.wait()
