"""Joiner, mover and leaver by SCIM, over IMAP sessions that are open on two frontends. Run by `scim`, beside it."""

import imaplib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation
from scim2_tester import Status, check_server

# Within what everybody is out, or knows of a right, everywhere.
SECOND = 1.0
# Between two looks.
GLANCE = 0.02
JOINER = "joiner@example.org"
GROUP = "Night-Shift"
# What scim2-tester says of these is so, and meant (docs/SCIM.md): there is no search by POST; a user whose `active` is taken away stays as
# he is; and members are told with their names, which whoever added them did not say.
KNOWN = [
    ("search_with_attributes", None),
    ("check_remove_attribute", "active"),
    ("check_add_attribute", "members"),
    ("check_replace_attribute", "members"),
]
CONTENT = (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE, Status.SKIPPED)
# As many checks as there were when this was written, nearly: fewer mean that they ended early.
CHECKS_MIN = 60


def main():
    said = json.loads(Path(sys.argv[1]).read_text())
    address = f"http://127.0.0.1:{said['nodes'][0]['web']}/scim/v2"
    headers = {"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}
    with Client(base_url=address, headers=headers) as http:
        scim = SyncSCIMClient(http)
        scim.discover()
        converse(said, scim)
        return check(scim)


def converse(said, scim):
    """A colleague's time with the team."""
    user_model = scim.get_resource_model("User")
    group_model = scim.get_resource_model("Group")

    user = scim.create(user_model(user_name=JOINER, external_id="e-1", active=True, display_name="A Joiner"))
    group = scim.create(group_model(display_name=GROUP, external_id="g-1"))
    postroom(said, "acl", "set", said["shared"], f"group:{GROUP.lower()}", "lrs")
    token = postroom(said, "token", "add", JOINER, "phone", "--service", "imap", "--expires", "1h")["token"]
    sessions = [log_in(node["imap"], token) for node in said["nodes"]]
    assert not any(may_see(said, session) for session in sessions), "nobody has let the joiner in yet"

    began = time.monotonic()
    patch(scim, group_model, group, op="add", path="members", value=[{"value": user.id}])
    report("joined", began, [lambda s=session: may_see(said, s) for session in sessions])
    began = time.monotonic()
    patch(scim, group_model, group, op="remove", path=f'members[value eq "{user.id}"]')
    report("moved", began, [lambda s=session: not may_see(said, s) for session in sessions])
    began = time.monotonic()
    patch(scim, user_model, user, op="replace", path="active", value=False)
    report("left", began, [lambda s=session: is_out(s) for session in sessions])
    try:
        log_in(said["nodes"][1]["imap"], token)
    except imaplib.IMAP4.error:
        pass
    else:
        raise AssertionError("the leaver came back")

    scim.delete(user_model, user.id)
    scim.delete(group_model, group.id)
    postroom(said, "user", "delete", JOINER)
    postroom(said, "group", "delete", GROUP.lower())


def patch(scim, model, resource, **operation):
    scim.modify(model, resource.id, PatchOp[model](operations=[PatchOperation[model](**operation)]))


def log_in(port, token):
    session = imaplib.IMAP4("127.0.0.1", port)
    session.login(JOINER, token)
    return session


def may_see(said, session):
    """Whether the team's mailbox is there for whoever asks."""
    status, _ = session.status(f'"{said["shared"]}"', "(UIDNEXT)")
    return status == "OK"


def is_out(session):
    try:
        session.noop()
    except (imaplib.IMAP4.abort, OSError):
        return True
    return False


def report(what, began, known):
    """How long it takes from the directory's request until it is so on every frontend."""
    for is_so in known:
        while not is_so():
            assert time.monotonic() - began < SECOND, f"{what}: it took too long"
            time.sleep(GLANCE)
    print(f"scim: {what}: known on all frontends {(time.monotonic() - began) * 1000:.0f} ms after it was asked for", flush=True)


def check(scim):
    """Whether the checker finds nothing that is against the protocol."""
    results = check_server(scim)
    bad = [result for result in results if result.status not in CONTENT and not is_known(result)]
    for result in bad:
        print(f"scim: {result!r}"[:2000], flush=True)
    print(f"scim: {len(results)} checks of scim2-tester, {len(bad)} not content", flush=True)
    return bool(bad) or len(results) < CHECKS_MIN


def is_known(result):
    said = result.data if isinstance(result.data, dict) else {}
    return (result.title, said.get("urn")) in KNOWN


def postroom(said, *arguments):
    command = [*said["postroom"].split(), "--json", *arguments]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(told) if told.strip() else None


if __name__ == "__main__":
    sys.exit(main())
