"""A Maildir as programs leave it: messages are files, flags are letters in their names."""


class Maildir:
    """One folder of them."""

    def __init__(self, folder):
        self.folder = folder
        self.added = 0

    def make(self):
        for name in ("cur", "new", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        return self

    def add(self, content):
        """A message that has been seen by nobody."""
        self.added += 1
        name = self.folder / "cur" / f"{self.added}.foreign:2,"
        name.write_bytes(content.replace(b"\r\n", b"\n"))

    def files(self):
        return [path for name in ("cur", "new") for path in (self.folder / name).iterdir()]

    def flags(self):
        """The letters of each message."""
        return [path.name.partition(":2,")[2] for path in self.files()]

    def find(self, number):
        """The file of one message, by its subject."""
        subject = f"Subject: message {number}\n".encode()
        return next(path for path in self.files() if subject in path.read_bytes())

    def mark(self, number, letter):
        path = self.find(number)
        stem, _, flags = path.name.partition(":2,")
        letters = "".join(sorted({*flags, letter}))
        path.rename(self.folder / "cur" / f"{stem}:2,{letters}")

    def remove(self, number):
        self.find(number).unlink()
