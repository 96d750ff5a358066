"""Perl's Mail::IMAPTalk: rights, annotations, and what a colleague does while one idles."""

from clients.perl import play


def check(demo):
    ada = demo.people[0]
    with demo.shared_mailbox("imaptalk", [(ada, "lrswitea")]) as mailbox:
        play("imaptalk.pl", demo, mailbox)
