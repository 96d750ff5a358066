"""Debian's Postfix with the lines of deploy/postfix: letters in by LMTP, and answers out as the team."""

import contextlib
import smtplib
import ssl
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from clients.neomutt_client import run_in_terminal
from demo import Person, ok
from postfix import DEPLOY, Postfix

TEAM = '"Shared Folders/support"'
SENT = '"Shared Folders/support/Sent"'
OUTSIDE = "sue@example.com"
LETTERS = 10
ARRIVES_WITHIN_SECONDS = 20
NEOMUTT = """
set imap_user="{user}"
set imap_pass="{password}"
set folder="imaps://127.0.0.1:{imaps}/"
set spoolfile="+{mailbox}"
set record="+{sent}"
set tmpdir="{folder}"
set smtp_url="smtp://{user}@127.0.0.1:{smtp}/"
set smtp_pass="{password}"
set ssl_starttls=yes
set certificate_file="{pinned}"
set ssl_verify_host=no
set ssl_verify_dates=no
set from="{address}"
set use_envelope_from=yes
set envelope_from_address="{address}"
set editor="true"
set fast_reply=yes
set include=yes
set abort_unmodified=no
set sort=mailbox-order
set quit=yes
set imap_passive=no
push "<last-entry><reply><send-message><quit>"
"""
# This check may run twice against one demo.
RUN = time.time_ns()


def message_id(name):
    return f"<{name}-{RUN}@postfix.example>"


def check(demo):
    with left_as_found(demo):
        with told_with_its_log(Postfix(demo.nodes[0])) as postfix:
            arrivals(demo, postfix)
            other_alphabets(demo, postfix)
            refused_at_rcpt(demo, postfix)
            maps_by_sql(demo, postfix)
            passwords(demo, postfix)
            who_may_send_as_the_team(demo, postfix)
            answer_as_the_team(demo, postfix, "question")
            own_copy(demo, postfix)
            answer_by_neomutt(demo, postfix)
            forged(demo, postfix)
        with told_with_its_log(Postfix(demo.nodes[1], by_unix_sockets=True)) as postfix:
            answer_as_the_team(demo, postfix, "unix")


@contextlib.contextmanager
def told_with_its_log(postfix):
    with postfix:
        try:
            yield postfix
        except AssertionError as trouble:
            raise AssertionError(f"{trouble} {postfix.log()}") from trouble


@contextlib.contextmanager
def left_as_found(demo):
    """What this check has brought is taken away again."""
    session = demo.log_in(demo.people[0], 0)
    before = {mailbox: uids(session, mailbox) for mailbox in (TEAM, SENT, "INBOX")}
    try:
        yield
    finally:
        for mailbox, old in before.items():
            if new := ",".join(sorted(uids(session, mailbox) - old, key=int)):
                ok(session.uid("STORE", new, "+FLAGS.SILENT", r"(\Deleted)"))
                ok(session.uid("EXPUNGE", new))
        session.logout()


def uids(session, mailbox):
    ok(session.select(mailbox))
    return set(ok(session.uid("SEARCH", "ALL"))[0].decode().split())


def arrivals(demo, postfix):
    """From the 250 of Postfix to the EXISTS at a colleague who idles on the other node."""
    waits = []
    with Idling(demo.log_in(demo.people[1], 1), TEAM) as idling, ThreadPoolExecutor(1) as beside:
        for number in range(LETTERS):
            exists = beside.submit(idling.exists)
            accepted = accepted_at(postfix.smtp, demo.address, f"arrival {number}")
            waits.append((exists.result() - accepted) * 1000)
    print(f"postfix: EXISTS on the other node {statistics.median(waits):.0f} ms after the 250 of Postfix "
          f"(median of {LETTERS}, longest {max(waits):.0f} ms)", flush=True)


def accepted_at(port, recipient, subject):
    """When swaks read that Postfix has the letter."""
    command = ["swaks", "--server", "127.0.0.1", "--port", str(port), "--from", OUTSIDE, "--to", recipient,
               "--header", f"Subject: {subject}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        times = [time.monotonic() for line in process.stdout if "queued as" in line]
    assert len(times) == 1, f"swaks {subject}: {process.returncode}"
    return times[0]


def other_alphabets(demo, postfix):
    """Addresses outside of ASCII (SMTPUTF8): Postfix asks for them as they are, and hands them on."""
    recipient = demo.address.replace("@", "+büro@")
    letter = f"From: Jürgen <jürgen@example.com>\r\nMessage-ID: {message_id('utf8')}\r\n\r\nGrüße\r\n".encode()
    with smtplib.SMTP("127.0.0.1", postfix.smtp, "client.example.com") as smtp:
        assert smtp.sendmail("jürgen@example.com", [recipient], letter, ["SMTPUTF8", "BODY=8BITMIME"]) == {}
    session = demo.log_in(demo.people[0], 1)
    found = arrived(session, TEAM, message_id("utf8"))
    _, added = fetch(session, found, "(BODY.PEEK[HEADER.FIELDS (Return-Path Delivered-To)])")
    assert recipient.encode() in added and "<jürgen@example.com>".encode() in added, added
    session.logout()


def refused_at_rcpt(demo, postfix):
    said = swaks(postfix.smtp, OUTSIDE, "nobody" + demo.address[demo.address.index("@"):], "to nobody", refused=True)
    assert "550 5.1.1" in said, said
    # Neither what is not ours, nor where copies go, is reached from outside.
    for elsewhere in ("ada@example.net", "sent-of-1-1@postroom.invalid"):
        said = swaks(postfix.smtp, OUTSIDE, elsewhere, "to elsewhere", refused=True)
        assert "454 4.7.1" in said or "554 5.7.1" in said, said


def maps_by_sql(demo, postfix):
    """Postfix reads the same from the database, as a role that may read nothing else."""
    domain = demo.address[demo.address.index("@") + 1:]
    database = urlsplit(demo.postgres_url)
    role = (DEPLOY / "sql" / "role.sql").read_text()
    psql(demo, role)
    try:
        for name, key, known in (
            ("domains", domain, domain),
            ("domains", "example.com", ""),
            ("recipients", demo.address, demo.address),
            # Postfix asks without what follows recipient_delimiter, too.
            ("recipients", demo.address.replace("@", "+orders@"), demo.address),
            ("recipients", f"nobody@{domain}", ""),
            ("senders", demo.address, demo.people[1].user),
            ("senders", f"nobody@{domain}", ""),
        ):
            table = postfix.folder / f"{name}.cf"
            pasted = (DEPLOY / "sql" / f"{name}.cf").read_text()
            pasted = pasted.replace("127.0.0.1:5432", f"{database.hostname}:{database.port}")
            table.write_text(pasted.replace("dbname = postroom", f"dbname = {database.path[1:]}"))
            found = postfix.looked_up(f"pgsql:{table}", key)
            assert (known in found.split(",")) if known else not found, f"{name} {key}: {found}"
    finally:
        psql(demo, "drop owned by postfix; drop role postfix")


def psql(demo, statements):
    command = ["psql", "--quiet", "--set", "ON_ERROR_STOP=1", demo.postgres_url]
    subprocess.run(command, input=statements, capture_output=True, text=True, timeout=60, check=True)


def passwords(demo, postfix):
    ada = demo.people[0]
    said = submit(postfix, Person(ada.user, "wrong"), address(demo, ada), OUTSIDE, "wrong", refused=True)
    assert "535 5.7.8" in said, said
    submit(postfix, ada, address(demo, ada), OUTSIDE, "right")
    # PLAIN is what swaks takes first; and the view of a shared mailbox is the same account.
    submit(postfix, ada, address(demo, ada), OUTSIDE, "right", mechanism="LOGIN")
    submit(postfix, Person(f"{ada.user}/support", ada.password), address(demo, ada), OUTSIDE, "right")
    said = submit(postfix, ada, address(demo, demo.people[1]), OUTSIDE, "as Bo", refused=True)
    assert "553 5.7.1" in said, said


def who_may_send_as_the_team(demo, postfix):
    """A right, held by name: withdrawn and granted by SETACL on the other node, and true for whoever asks Postfix next."""
    bo = demo.people[1]
    lead = demo.log_in(demo.people[0], 1)
    ok(lead.setacl(TEAM, "group:support", "-p"))
    try:
        said = submit(postfix, bo, demo.address, OUTSIDE, "not Bo", refused=True)
        assert "553 5.7.1" in said, said
        ok(lead.setacl(TEAM, bo.user, "+p"))
        submit(postfix, bo, demo.address, OUTSIDE, "as the team")
    finally:
        lead.deleteacl(TEAM, bo.user)
        lead.setacl(TEAM, "group:support", "+p")
        lead.logout()


def answer_as_the_team(demo, postfix, name):
    """Bo answers from a program that files nothing: the answer is in the team's Sent, and the original shows it."""
    ada, bo = demo.people[:2]
    question_id, answer_id = message_id(name), message_id(f"{name}-answer")
    swaks(postfix.smtp, OUTSIDE, demo.address, "a question", headers=[f"Message-Id: {question_id}"])
    reader = demo.log_in(ada, 1)
    question = arrived(reader, TEAM, question_id)
    assert b"Answered" not in flags(reader, question), "answered before anybody did"
    before = unseen(reader, SENT)
    submit_by_smtplib(postfix, bo, demo.address, [OUTSIDE, address(demo, ada)], answer(answer_id, question_id))
    filed = arrived(reader, SENT, answer_id)
    assert b"\\Seen" in flags(reader, filed), "the answer shows as new"
    assert unseen(reader, SENT) == before
    arrived(reader, "INBOX", answer_id)
    ok(reader.select(TEAM))
    question = arrived(reader, TEAM, question_id)
    assert b"\\Answered" in flags(reader, question), "the question does not show that it was answered"
    reader.logout()


def own_copy(demo, postfix):
    """A program that files what it sends: there is one, before the copy came as well as after."""
    bo = demo.people[1]
    session = demo.log_in(bo, 0)
    for name, is_filed_first in (("first", True), ("last", False)):
        own = message_id(f"own-{name}")
        if is_filed_first:
            ok(session.append(SENT, r"(\Seen)", None, answer(own)))
        submit_by_smtplib(postfix, bo, demo.address, [OUTSIDE], answer(own))
        postfix.wait_until_empty()
        if not is_filed_first:
            arrived(session, SENT, own)
            ok(session.append(SENT, r"(\Seen)", None, answer(own)))
        found = arrived(session, SENT, own)
        assert len(found.split()) == 1, f"filed {name}: {found}"
        # The one that the program has filed stays, and keeps its number.
        _, received = fetch(session, found, "(BODY.PEEK[HEADER.FIELDS (Received)])")
        assert received == b"\r\n", f"filed {name}: {received}"
    # The copy was read for everybody, and so is what took its place.
    colleague = demo.log_in(demo.people[0], 1)
    ok(colleague.select(SENT))
    assert b"\\Seen" in flags(colleague, found), "what took the place of the copy shows as new"
    colleague.logout()
    session.logout()


def answer_by_neomutt(demo, postfix):
    """A mail program that logs in to both, answers as the team, and files its own copy: the colleague sees one."""
    ada, bo = demo.people[:2]
    question_id = message_id("to-neomutt")
    swaks(postfix.smtp, OUTSIDE, demo.address, "to neomutt", headers=[f"Message-Id: {question_id}"])
    reader = demo.log_in(ada, 1)
    arrived(reader, TEAM, question_id)
    with tempfile.TemporaryDirectory() as folder:
        config, pinned = Path(folder) / "muttrc", Path(folder) / "pinned.pem"
        pinned.write_text(demo.certificate(0) + (postfix.folder / "certificate.pem").read_text())
        config.write_text(NEOMUTT.format(
            user=bo.user, password=bo.password, pinned=pinned, imaps=demo.nodes[0]["imaps"], smtp=postfix.submission,
            mailbox=TEAM.strip('"'), sent=SENT.strip('"'), address=demo.address, folder=folder))
        run_in_terminal(["neomutt", "-n", "-F", str(config)])
    postfix.wait_until_empty()
    ok(reader.select(SENT))
    [found] = ok(reader.uid("SEARCH", "HEADER", "In-Reply-To", f'"{question_id}"'))
    assert len(found.split()) == 1, f"neomutt's answer is in Sent {len(found.split())} times"
    question = arrived(reader, TEAM, question_id)
    assert b"\\Answered" in flags(reader, question)
    reader.logout()


def forged(demo, postfix):
    """Mail from outside in the name of the team is delivered, and is not in the team's Sent."""
    ada = demo.people[0]
    swaks(postfix.smtp, demo.address, address(demo, ada), "forged",
          headers=[f"Message-Id: {message_id('forged')}"])
    session = demo.log_in(ada, 1)
    arrived(session, "INBOX", message_id("forged"))
    postfix.wait_until_empty()
    ok(session.select(SENT))
    assert found_in(session, message_id("forged")) == b"", "what was forged is in Sent"
    session.logout()


def swaks(port, sender, recipient, subject, *more, headers=(), refused=False):
    """What swaks has shown of its talk; it must end as expected."""
    command = ["swaks", "--server", "127.0.0.1", "--port", str(port), "--helo", "client.example.com",
               "--from", sender, "--to", recipient, "--header", f"Subject: {subject}", *more]
    for header in headers:
        command += ["--header", header]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = (done.stdout + done.stderr)[-3000:]
    assert (done.returncode != 0) == refused, f"swaks {subject}: {done.returncode} {said}"
    return said


def submit(postfix, person, sender, recipient, subject, mechanism="PLAIN", refused=False):
    return swaks(postfix.submission, sender, recipient, subject, "--tls", "--auth", mechanism,
                 "--auth-user", person.user, "--auth-password", person.password, refused=refused)


def submit_by_smtplib(postfix, person, sender, recipients, letter):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", postfix.submission, "client.example.com") as smtp:
        smtp.starttls(context=context)
        smtp.login(person.user, person.password)
        assert smtp.sendmail(sender, recipients, letter) == {}


def answer(own_id, question_id="<none@postfix.example>"):
    return (
        "From: Support <support@demo.test>\r\nTo: sue@example.com\r\nSubject: Re: a question\r\n"
        f"Date: Mon, 02 Jan 2023 10:00:00 +0000\r\nMessage-ID: {own_id}\r\n"
        f"In-Reply-To: {question_id}\r\n\r\nAn answer.\r\n"
    ).encode()


def address(demo, person):
    return person.user + demo.address[demo.address.index("@"):]


def arrived(session, mailbox, message_id):
    """The UIDs of this message, as soon as it is there."""
    until = time.monotonic() + ARRIVES_WITHIN_SECONDS
    ok(session.select(mailbox))
    while time.monotonic() < until:
        ok(session.noop())
        if found := found_in(session, message_id):
            return found
        time.sleep(0.02)
    raise AssertionError(f"{message_id} did not come to {mailbox}")


def found_in(session, message_id):
    return ok(session.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"'))[0]


def unseen(session, mailbox):
    ok(session.select(mailbox))
    return ok(session.search(None, "UNSEEN"))


def fetch(session, uid, items):
    return ok(session.uid("FETCH", uid.decode(), items))[0]


def flags(session, uid):
    return fetch(session, uid, "(FLAGS)")


class Idling:
    """A session that waits for EXISTS by IDLE."""

    def __init__(self, session, mailbox):
        self.session = session
        ok(session.select(mailbox))

    def __enter__(self):
        self.session.send(b"idle IDLE\r\n")
        line = self.session.readline()
        assert line.startswith(b"+"), line
        self.session.sock.settimeout(ARRIVES_WITHIN_SECONDS)
        return self

    def exists(self):
        """When the next EXISTS came."""
        while True:
            line = self.session.readline()
            assert line, "the idling session ended"
            if line.rstrip().endswith(b"EXISTS"):
                return time.monotonic()

    def __exit__(self, *_):
        self.session.send(b"DONE\r\n")
        self.session.shutdown()
