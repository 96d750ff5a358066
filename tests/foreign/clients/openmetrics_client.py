"""Prometheus' own Python library: /metrics of both frontends is OpenMetrics, read strictly."""

import subprocess
import urllib.request

# The library is Debian's, so it is Debian's Python that has it.
READ = """
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = list(text_string_to_metric_families(sys.stdin.read()))
print(*sorted(family.name for family in families))
"""
NEEDED = {"postroom_commands", "postroom_connections", "postroom_logins"}


def check(demo):
    for node in demo.nodes:
        page = f"http://127.0.0.1:{node['http']}/metrics"
        request = urllib.request.Request(page, headers={"Accept": "application/openmetrics-text"})
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.headers["Content-Type"].startswith("application/openmetrics-text")
            text = response.read().decode()
        read = subprocess.run(
            ["/usr/bin/python3", "-c", READ], input=text, capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, read.stderr.splitlines()[-1]
        names = set(read.stdout.split())
        assert NEEDED <= names, names
        assert any(line.endswith('_bucket{le="+Inf"} 0') or '_bucket{le="+Inf"}' in line for line in text.splitlines())
