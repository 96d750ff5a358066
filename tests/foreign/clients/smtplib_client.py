"""Python's smtplib.LMTP: letters for the team's address, read on the other frontend."""

import smtplib

from demo import ok

SENDER = "sue@example.com"
LETTERS = 20


def check(demo):
    ada = demo.people[0]
    there = demo.log_in(ada, 1)
    ok(there.select('"Shared Folders/support"'))
    [before] = ok(there.search(None, "ALL"))
    with smtplib.LMTP("127.0.0.1", demo.nodes[0]["lmtp"], local_hostname="mx.example.org") as lmtp:
        offers(lmtp)
        for number in range(LETTERS):
            assert lmtp.sendmail(SENDER, [demo.address], letter(number)) == {}
        come_again(lmtp, demo)
        refused(lmtp, demo)
    # Each letter is there once, on the other frontend, with its dots.
    there.noop()
    [found] = ok(there.search(None, "SUBJECT", '"smtplib"'))
    assert len(found.split()) == LETTERS, found
    (_, body), _ = ok(there.fetch(found.split()[-1], "(BODY.PEEK[TEXT])"))
    assert body == f".\r\n..{LETTERS - 1}\r\n".encode(), body
    (_, fields), _ = ok(
        there.fetch(found.split()[-1], "(BODY.PEEK[HEADER.FIELDS (Return-Path Delivered-To)])")
    )
    assert fields == f"Return-Path: <{SENDER}>\r\nDelivered-To: {demo.address}\r\n\r\n".encode(), fields
    assert set(before.split()) <= set(ok(there.search(None, "ALL"))[0].split())
    there.store(b",".join(found.split()), "+FLAGS.SILENT", r"(\Deleted)")
    ok(there.expunge())
    there.logout()


def letter(number):
    return (
        f"From: {SENDER}\r\nSubject: smtplib {number}\r\n"
        f"Message-ID: <{number}@smtplib.example>\r\n\r\n.\r\n..{number}\r\n"
    )


def offers(lmtp):
    lmtp.ehlo_or_helo_if_needed()
    for extension in ("pipelining", "8bitmime", "smtputf8", "size", "chunking", "starttls"):
        assert lmtp.has_extn(extension), extension


def come_again(lmtp, demo):
    """A letter that comes again is answered as delivered, and is not there twice."""
    assert lmtp.sendmail(SENDER, [demo.address], letter(0)) == {}


def refused(lmtp, demo):
    unknown = "nobody" + demo.address[demo.address.index("@"):]
    try:
        lmtp.sendmail(SENDER, [unknown], letter(1))
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients[unknown]
        assert code == 550 and text.startswith(b"5.1.1 "), error
    else:
        raise AssertionError("a letter to nobody was taken")
    # One of two: the other has it, and the client hears which.
    missed = lmtp.sendmail(SENDER, [demo.address, unknown], letter(2))
    assert set(missed) == {unknown}, missed
