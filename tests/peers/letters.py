"""Messages to compare by: those of ../shared/corpus, and generated ones, always the same."""

import base64
import quopri
import random
from pathlib import Path

GENERATED = 2000
# Cyrus and Dovecot take what is longer as well; it only takes longer.
BYTES_MAX = 200_000

WORDS = "alpha Beta gamma café Straße 日本語 Привет order invoice re: FW: (paid) [list] 100% a_b".split()
NAMES = ["Ada", "Bo Li", "O'Neil", "Jöns", '"Quoted, Name"', "=?utf-8?q?J=C3=B6ns?=", "山田", ""]
CHARSETS = ["us-ascii", "utf-8", "iso-8859-1", "windows-1252", "iso-8859-15", "koi8-r", "shift_jis"]
DATES = [
    "Mon, 7 Feb 1994 21:52:25 -0800 (PST)",
    "17 Jul 96 02:44 EDT",
    "Fri, 29 Feb 2024 23:59:60 +0000",
    "Thu,  1 Jan 1970 00:00:00 GMT",
    "1 Jan 2031 00:10:00 +1400",
    "yesterday",
    "2024-01-01T10:00:00Z",
    "",
]


def gather(corpus):
    """All of them, with CRLF between lines, none empty and none with NUL, which Cyrus refuses."""
    letters = []
    for path in sorted(Path(corpus).rglob("*")):
        if path.is_file() and path.name not in ("README.md", "COPYING"):
            letters.append((str(path.relative_to(corpus)), path.read_bytes()))
    chance = random.Random(1)
    letters += [(f"generated {number}", letter(chance)) for number in range(GENERATED)]
    whole = [(name, with_crlf(content)) for name, content in letters]
    return [(n, c) for n, c in whole if c and b"\0" not in c and len(c) <= BYTES_MAX]


def with_crlf(content):
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def letter(chance):
    """A message: mostly sound, sometimes a little wrong, never longer than a few KB."""
    lines = fields(chance) + entity(chance, depth=0)
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def fields(chance):
    """Those of RFC 5322, each sometimes missing, rarely twice."""
    every = [
        ("From", lambda: address(chance)),
        ("Sender", lambda: address(chance)),
        ("Reply-To", lambda: addresses(chance)),
        ("To", lambda: addresses(chance)),
        ("Cc", lambda: addresses(chance)),
        ("Bcc", lambda: addresses(chance)),
        ("Subject", lambda: subject(chance)),
        ("Date", lambda: chance.choice(DATES)),
        ("Message-ID", lambda: message_id(chance)),
        ("In-Reply-To", lambda: message_id(chance)),
        ("References", lambda: " ".join(message_id(chance) for _ in range(chance.randint(1, 3)))),
        ("X-Extra", lambda: text(chance, 3)),
    ]
    lines = []
    for name, value in every:
        for _ in range(chance.choice([0, 1, 1, 1, 1, 1, 1, 1, 1, 2] if chance.random() < 0.5 else [1])):
            name = name.lower() if chance.random() < 0.1 else name
            lines.append(folded(chance, f"{name}: {value()}"))
    chance.shuffle(lines)
    return lines


def folded(chance, line):
    if chance.random() < 0.3 and " " in line[12:]:
        at = line.index(" ", 12)
        return line[:at] + "\n" + chance.choice([" ", "\t", "   "]) + line[at + 1 :]
    return line


def address(chance):
    local = chance.choice(["ada", "bo.li", '"odd one"', "x+tag"])
    domain = chance.choice(["example.org", "[127.0.0.1]", "Example.COM"])
    form = chance.randint(0, 5)
    if form == 0:
        return f"{local}@{domain}"
    if form == 1:
        return f"<{local}@{domain}>"
    if form == 2:
        return f"{local}@{domain} (a (nested) comment)"
    return f"{chance.choice(NAMES)} <{local}@{domain}>"


def addresses(chance):
    if chance.random() < 0.1:
        return chance.choice(["undisclosed-recipients:;", "Group: a@b.example, c@d.example;", ",,", ""])
    return ", ".join(address(chance) for _ in range(chance.randint(1, 4)))


def subject(chance):
    words = text(chance, chance.randint(1, 6))
    if chance.random() < 0.5:
        encoded = base64.b64encode(words.encode()).decode()
        return f"=?utf-8?b?{encoded}?="
    return words if words.isascii() else f"=?utf-8?q?{quopri.encodestring(words.encode(), header=True).decode()}?="


def message_id(chance):
    return f"<{chance.randint(1, 400)}@example.org>"


def text(chance, words):
    return " ".join(chance.choice(WORDS) for _ in range(words))


def entity(chance, depth):
    """The MIME fields, the empty line and the body."""
    kind = chance.random()
    if depth < 3 and kind < 0.35:
        return multipart(chance, depth)
    if depth < 3 and kind < 0.45:
        return ["Content-Type: message/rfc822", "", *fields(chance), *entity(chance, depth + 1)]
    return leaf(chance)


def multipart(chance, depth):
    # Another one at each depth (RFC 2046, 5.1.2); the corpus has those that do not care.
    boundary = f"{chance.choice(['b', 'b b', '=_x', 'a.b-c', '0' * 60])}{depth}{chance.randint(1, 9)}"
    written = f'"{boundary}"' if " " in boundary or "=" in boundary or chance.random() < 0.5 else boundary
    subtype = chance.choice(["mixed", "alternative", "related", "digest", "report", "signed"])
    extra = chance.choice(["", "; type=text/plain", '; protocol="x/y"'])
    lines = [f"Content-Type: multipart/{subtype}; boundary={written}{extra}", ""]
    if chance.random() < 0.4:
        lines.append("This is MIME.")
    for _ in range(chance.randint(1, 4)):
        lines.append(f"--{boundary}")
        lines += entity(chance, depth + 1)
    if chance.random() < 0.9:
        lines.append(f"--{boundary}--")
    if chance.random() < 0.3:
        lines.append("An epilogue.")
    return lines


def leaf(chance):
    if chance.random() < 0.2:
        return ["", text(chance, 8)]
    main = chance.choice(["text/plain", "text/html", "application/pdf", "image/PNG", "TEXT/Calendar"])
    parameters = ""
    words = "\n".join(text(chance, 6) for _ in range(chance.randint(0, 4)))
    charset = chance.choice(CHARSETS)
    if main.lower().startswith("text/"):
        parameters += f"; charset={charset}"
    if chance.random() < 0.2:
        parameters += '; name="a b.pdf"'
    if chance.random() < 0.1:
        parameters += "; name*=utf-8''na%C3%AFve.pdf"
    lines = [f"Content-Type: {main}{parameters}"]
    content = words.encode(charset, "replace")
    encoding = chance.choice(["7bit", "8bit", "base64", "quoted-printable", "x-own"])
    if encoding == "base64":
        words = base64.encodebytes(content).decode()
    elif encoding == "quoted-printable":
        words = quopri.encodestring(content).decode()
    else:
        words = content.decode("utf-8", "surrogateescape")
    if encoding != "7bit" or chance.random() < 0.5:
        lines.append(f"Content-Transfer-Encoding: {encoding}")
    for line in (
        'Content-Disposition: attachment; filename="a b.pdf"; size=12',
        "Content-Disposition: inline",
        "Content-ID: <part@example.org>",
        "Content-Description: a part",
        "Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==",
        "Content-Language: de, en",
        "Content-Location: https://example.org/a",
    ):
        if chance.random() < 0.12:
            lines.append(line)
    return [*lines, "", words]
