"""As much of an IMAP client as comparing takes: one command at a time, answers as nested lists."""

import re
import socket


class Refused(Exception):
    """NO or BAD."""


class Client:
    """A connection, logged in."""

    def __init__(self, port, user, password):
        self.stream = socket.create_connection(("127.0.0.1", port), timeout=60).makefile("rwb")
        self.tags = 0
        self.stream.readline()
        self.ask(f'LOGIN "{user}" "{password}"'.encode())

    def ask(self, command, literal=None):
        """The untagged responses, each a list of atoms, strings (bytes), None and lists."""
        self.tags += 1
        tag = f"t{self.tags}".encode()
        if literal is None:
            self.stream.write(tag + b" " + command + b"\r\n")
        else:
            self.stream.write(tag + b" " + command + b" {%d+}\r\n" % len(literal) + literal + b"\r\n")
        self.stream.flush()
        heard = []
        while True:
            response = self.response()
            if response.startswith(tag + b" "):
                if not response.startswith(tag + b" OK"):
                    raise Refused(response.decode(errors="replace").strip())
                return heard
            heard.append(response)

    def response(self):
        """One, with its literals in it."""
        response = b""
        while True:
            line = self.stream.readline()
            if not line:
                raise ConnectionError("the server has closed")
            response += line
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            if not literal:
                return response
            response += self.stream.read(int(literal[1]))

    def fetch(self, items):
        """Of all messages, by number: each item's name with its value."""
        fetched = {}
        for response in self.ask(b"FETCH 1:* (" + items + b")"):
            begin = re.match(rb"\* (\d+) FETCH ", response)
            if begin:
                fetched.setdefault(int(begin[1]), {}).update(pairs(response[begin.end() :]))
        return fetched

    def section(self, number, item, section):
        """The bytes of BODY[section] or BINARY[section]; None is NIL."""
        item += b".PEEK[" + section + b"]"
        for response in self.ask(b"FETCH %d (%s)" % (number, item)):
            begin = re.match(rb"\* \d+ FETCH ", response)
            if begin:
                for name, value in pairs(response[begin.end() :]).items():
                    if "[" in name:
                        return value
        return None


def pairs(text):
    """What stands in a FETCH response: names are in capitals."""
    items = read(text)
    return {name.decode().upper(): value for name, value in zip(items[::2], items[1::2])}


ATOM = re.compile(rb"(?:[^\s()\"\[{]|\[[^\]]*\])+")
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
LITERAL = re.compile(rb"~?\{(\d+)\}\r\n")


def read(text):
    """A parenthesised list."""
    stack = [[]]
    at = 0
    while at < len(text):
        letter = text[at : at + 1]
        literal = LITERAL.match(text, at)
        if letter == b"(":
            stack.append([])
            at += 1
        elif letter == b")":
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif letter == b'"':
            quoted = QUOTED.match(text, at)
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted[1], flags=re.DOTALL))
            at = quoted.end()
        elif literal:
            end = literal.end() + int(literal[1])
            stack[-1].append(text[literal.end() : end])
            at = end
        elif letter.isspace():
            at += 1
        else:
            atom = ATOM.match(text, at)
            stack[-1].append(None if atom[0].upper() == b"NIL" else atom[0])
            at = atom.end()
    return stack[0][0]
