"""SEARCH, SORT and THREAD: what each server finds, and in which order."""

import re

from client import Refused

# A key word, a number or a quoted phrase.
WORD = re.compile(r'"[^"]*"|\S+')

KEYS = [
    "ALL", "SEEN", "UNSEEN", "OLD", "1:5", "UID 1:5", "NOT 3:*", "OR 1 2",
    "LARGER 1000", "SMALLER 1000", "ON 7-Feb-1994", "ON 8-Feb-1994", "BEFORE 8-Feb-1994",
    "SINCE 8-Feb-1994", "SENTON 7-Feb-1994", "SENTBEFORE 1-Jan-1990", "SENTSINCE 1-Jan-2024",
    "SENTON 29-Feb-2024", "SENTON 17-Jul-1996", "NOT SENTSINCE 1-Jan-1900",
    "FROM ada", "FROM example.com", "FROM \"\"", "FROM nobody-at-all", "TO bo.li", "TO group",
    "CC x+tag", "BCC example", "FROM jöns", "FROM JÖNS", "TO \"O'Neil\"", "TO 山田",
    "SUBJECT alpha", "SUBJECT ALPHA", "SUBJECT lph", "SUBJECT café", "SUBJECT cafe",
    "SUBJECT straße", "SUBJECT STRASSE", "SUBJECT привет", "SUBJECT ПРИВЕТ", "SUBJECT 日本",
    "SUBJECT \"alpha beta\"", "SUBJECT \"re: FW:\"", "SUBJECT \"100%\"", "SUBJECT a_b",
    "BODY alpha", "BODY ALPH", "BODY café", "BODY привет", "BODY 日本語", "BODY straße",
    "BODY \"gamma café\"", "BODY epilogue", "BODY \"This is MIME\"", "BODY pdf", "BODY Content-Type",
    "TEXT invoice", "TEXT \"text/plain\"", "TEXT boundary", "TEXT 日本語", "TEXT \"(paid)\"",
    "HEADER Subject \"\"", "HEADER X-Extra \"\"", "HEADER X-Extra alpha", "HEADER X-None \"\"",
    "HEADER Message-ID \"<17@example.org>\"", "HEADER References 7@example", "HEADER Date yesterday",
    "HEADER Content-Type multipart", "HEADER Received by",
    "OR FROM ada SUBJECT invoice", "NOT (FROM ada SUBJECT invoice)", "FROM ada NOT TO bo.li",
]
SORTS = ["ARRIVAL", "SIZE", "DATE", "REVERSE DATE", "SUBJECT", "FROM", "TO", "CC", "REVERSE SIZE DATE"]
THREADS = ["ORDEREDSUBJECT", "REFERENCES"]
# Dates that all servers read as such; of others each has its own opinion.
DATED = "SENTSINCE 2-Jan-1990 SENTBEFORE 1-Jan-2035"


def compare(clients, alike, table):
    """SORT and THREAD of those that are `alike` only: of others the order must differ."""
    for key in KEYS:
        told = {who: searched(client, b"SEARCH CHARSET UTF-8 ", key) for who, client in clients.items()}
        table.compare(f"SEARCH {key}", told, key)
    dated = [set(searched(client, b"SEARCH ", DATED)) for client in clients.values()]
    some = ",".join(str(number) for number in sorted(alike.intersection(*dated)))
    offered = [client.ask(b"CAPABILITY")[0].upper().split() for client in clients.values()]
    if all(b"SORT" in one for one in offered):
        for order in SORTS:
            command = f"SORT ({order}) UTF-8 ".encode()
            told = {who: searched(client, command, some) for who, client in clients.items()}
            table.compare(f"SORT {order}", told, order)
    for algorithm in THREADS:
        if all(f"THREAD={algorithm}".encode() in one for one in offered):
            command = f"THREAD {algorithm} UTF-8 {some}".encode()
            told = {who: threads(client, command) for who, client in clients.items()}
            table.compare(f"THREAD {algorithm}", told, algorithm)


def searched(client, command, key):
    """The numbers as they are told; a refusal is its word."""
    try:
        found = client.ask(command + b" ".join(spelled(word) for word in WORD.findall(key)))
    except Refused as refused:
        return str(refused).split()[1]
    return [int(n) for line in found if line[2:6] in (b"SEAR", b"SORT") for n in line.split()[2:]]


def spelled(word):
    """What is not ASCII as a literal that does not wait."""
    coded = word.strip('"').encode()
    return word.encode() if word.isascii() else b"{%d+}\r\n" % len(coded) + coded


def threads(client, command):
    for line in client.ask(command):
        if line.startswith(b"* THREAD"):
            return line.split(b" ", 2)[2].strip()
    return b""
