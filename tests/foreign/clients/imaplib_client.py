"""Python's imaplib: two people on two frontends in one shared mailbox, and its rights."""

import re
import time

from demo import message, ok

HEARD_WITHIN_SECONDS = 10


def check(demo):
    ada, bo = demo.people[:2]
    rights = [(ada, "lrswite"), (bo, "lrsw")]
    with demo.shared_mailbox("imaplib", rights) as mailbox:
        here, there = demo.log_in(ada, 0), demo.log_in(bo, 1)
        work(here, there, mailbox)
        here.logout()
        there.logout()
    with demo.shared_mailbox("imaplib rights", [(ada, "lrsia")]) as mailbox:
        here, there = demo.log_in(ada, 0), demo.log_in(bo, 1)
        annotate(here, mailbox)
        administer(here, there, mailbox, bo.user)
        here.logout()
        there.logout()


def work(here, there, mailbox):
    assert ok(here.select(mailbox)) == [b"0"]
    assert ok(there.select(mailbox)) == [b"0"]
    assert here.response("READ-WRITE")[0] == "READ-WRITE"

    # A message arrives, and is the same on the other frontend, byte for byte.
    sent = message(1, "Grüße, two lines,\r\nand a dot.\r\n.")
    ok(here.append(mailbox, r"(\Flagged)", None, sent))
    assert heard(there, "EXISTS") == [b"1"]
    (header, body), _ = ok(there.fetch("1", "(FLAGS BODY.PEEK[])"))
    assert body == sent, body
    assert rb"\Flagged" in header, header

    # What one has read is still new to the other; a flag that is no \Seen is everybody's.
    ok(there.store("1", "+FLAGS", r"(\Seen)"))
    assert ok(here.search(None, "UNSEEN")) == [b"1"]
    assert ok(there.search(None, "UNSEEN")) in ([b""], [None])
    ok(here.store("1", "+FLAGS", r"(\Answered)"))
    assert rb"\Answered" in b"".join(heard(there, "FETCH"))

    # Rights decide: bo may neither delete nor put in.
    assert there.store("1", "+FLAGS", r"(\Deleted)")[0] == "NO"
    assert there.append(mailbox, None, None, sent)[0] == "NO"
    assert re.search(rb"\blrsw$", ok(there.myrights(mailbox))[0])

    # Gone here, gone there.
    ok(here.store("1", "+FLAGS.SILENT", r"(\Deleted)"))
    ok(here.expunge())
    assert heard(there, "EXPUNGE") == [b"1"]
    assert ok(there.search(None, "ALL")) in ([b""], [None])


def annotate(session, mailbox):
    entry, text = "/shared/comment", "for orders"
    # RFC 5464 is unknown to imaplib; what xatom has learnt is good in this state alone.
    ok(session.xatom("SETMETADATA", mailbox, f'({entry} "{text}")'))
    ok(session.xatom("GETMETADATA", mailbox, entry))
    assert session.response("METADATA")[1] == [f'{mailbox} ({entry} "{text}")'.encode()]


def administer(here, there, mailbox, colleague):
    missing = mailbox.replace("rights", "missing")
    for call in (there.select, there.myrights, there.getacl):
        verdict, [said] = call(mailbox)
        assert verdict == "NO", said
        assert call(missing)[1] == [said.replace(mailbox.encode(), missing.encode())]

    ok(here.setacl(mailbox, colleague, "lrsw"))
    ok(here.setacl(mailbox, colleague, "-w"))
    assert f"{colleague} lrs".encode() in ok(here.getacl(mailbox))[0]
    assert re.search(rb"\blrs$", ok(there.myrights(mailbox))[0])

    # Who may only read marks as read: imaplib raises `readonly` where it is told READ-ONLY.
    ok(here.append(mailbox, None, None, message(1)))
    assert ok(there.select(mailbox)) == [b"1"]
    ok(there.store("1", "+FLAGS", r"(\Seen)"))
    assert ok(there.search(None, "SEEN")) == [b"1"]
    assert there.setacl(mailbox, colleague, "+w")[0] == "NO"
    ok(there.close())

    ok(here.deleteacl(mailbox, colleague))
    assert f"{colleague} ".encode() not in ok(here.getacl(mailbox))[0]
    assert there.select(mailbox)[0] == "NO"


def heard(session, response):
    """What a session is told of a kind; a colleague's change may take a few round trips."""
    deadline = time.monotonic() + HEARD_WITHIN_SECONDS
    while time.monotonic() < deadline:
        session.untagged_responses.clear()
        ok(session.noop())
        lines = session.untagged_responses.get(response)
        if lines:
            return lines
    raise AssertionError(f"no {response}")
