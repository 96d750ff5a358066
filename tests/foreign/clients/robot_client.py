"""A ticket system by Python's imaplib, as docs/OPERATIONS.md sets it up: an access token of an account that is nobody's."""

import imaplib
import json
import subprocess
import time

from demo import Person, message, ok

ENDS_WITHIN_SECONDS = 5


def check(demo):
    ada = demo.people[0]
    verb(demo, "user", "add", "tickets")
    try:
        with demo.shared_mailbox("robot", [(ada, "lrswi")]) as mailbox:
            serve(demo, ada, mailbox)
    finally:
        verb(demo, "user", "delete", "tickets")


def serve(demo, ada, mailbox):
    name = mailbox.strip('"')
    verb(demo, "acl", "set", name, "tickets", "lrs")
    verb(demo, "address", "add", "robot@example.org", name)
    said = verb(demo, "--json", "token", "add", "tickets", "ticket system", "--mailbox", name, "--service", "imap")
    token = json.loads(said)["token"]
    reader = demo.log_in(ada, 0)
    ok(reader.append(mailbox, None, None, message(1)))

    robot = demo.log_in(Person("robot@example.org", token), 1)
    assert ok(robot.list()) == [rb'(\HasNoChildren) "/" INBOX'], "nothing else is there"
    assert ok(robot.select()) == [b"1"]
    assert ok(robot.uid("SEARCH", "UNSEEN")) == [b"1"]
    # BODY[] marks as read: for the robot alone.
    (_, body), *_ = ok(robot.uid("FETCH", "1", "(BODY[])"))
    assert body == message(1), body
    assert ok(robot.uid("SEARCH", "UNSEEN")) in ([b""], [None])
    assert ok(reader.select(mailbox)) == [b"1"]
    assert ok(reader.search(None, "UNSEEN")) == [b"1"]
    assert robot.store("1", "+FLAGS", r"(\Flagged)")[0] == "NO"

    for user, password in (("robot@example.org", token[:-1]), ("tickets", token), ("nowhere@example.org", token)):
        try:
            demo.log_in(Person(user, password), 0)
        except imaplib.IMAP4.error as refused:
            assert b"AUTHENTICATIONFAILED" in refused.args[0], refused
        else:
            raise AssertionError(f"{user} was let in")

    verb(demo, "token", "remove", "tickets", "ticket system")
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        try:
            robot.noop()
        except imaplib.IMAP4.abort:
            break
    else:
        raise AssertionError("the session goes on without its token")
    verb(demo, "address", "remove", "robot@example.org")
    reader.logout()


def verb(demo, *words):
    """What a verb of the command line has printed."""
    done = subprocess.run([*demo.postroom, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stderr}")
    return done.stdout
