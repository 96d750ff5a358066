"""curl: lists, uploads, searches and reads with a URL."""

import subprocess
import tempfile
from urllib.parse import quote

from demo import message


def check(demo):
    ada, bo = demo.people[:2]
    with demo.shared_mailbox("curl", [(ada, "lri"), (bo, "lr")]) as mailbox:
        folder = quote(mailbox.strip('"'))
        sent = message(1)
        with tempfile.NamedTemporaryFile() as file:
            file.write(sent)
            file.flush()
            upload = ("--upload-file", file.name)
            curl(demo, 0, ada, folder, *upload)
            try:
                curl(demo, 1, bo, folder, *upload)
            except subprocess.CalledProcessError:
                pass
            else:
                raise AssertionError("bo has no i, and yet put a message in")
        listed = curl(demo, 1, bo, "", "--request", 'LIST "" "Shared Folders/*"')
        assert mailbox.encode() in listed, listed
        found = curl(demo, 1, bo, folder, "--request", "SEARCH SUBJECT message")
        assert found.split() == [b"*", b"SEARCH", b"1"], found
        read = curl(demo, 1, bo, f"{folder};MAILINDEX=1")
        assert read == sent, read


def curl(demo, node, person, path, *options):
    url = f"imaps://127.0.0.1:{demo.nodes[node]['imaps']}/{path}"
    user = f"{person.user}:{person.password}"
    command = ["curl", "--silent", "--show-error", "--insecure", "--user", user, *options, url]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout
