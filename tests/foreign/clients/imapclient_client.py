"""Perl's Mail::IMAPClient: rights, flags and copies, and what a colleague does while one idles."""

from clients.perl import play


def check(demo):
    ada = demo.people[0]
    with demo.shared_mailbox("imapclient", [(ada, "lrswitea")]) as mailbox:
        play("imapclient.pl", demo, mailbox)
