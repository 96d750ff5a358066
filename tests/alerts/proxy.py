"""The way between a frontend and its database, on which faults are put."""

import socket
import threading
import time


class Proxy:
    """Passes connections on to PostgreSQL, and spoils what it is told to."""

    def __init__(self, target):
        self.target = target
        # Before each answer, in seconds.
        self.delay = 0
        # No connection passes, and none is made.
        self.is_cut = False
        # What becomes of notifications: "pass", "hold" or "drop".
        self.notifications = "pass"
        self.refuses_new = False
        # Nothing passes, and nobody is told: as when a machine has stopped.
        self.is_frozen = False
        # What is asked, and what is asked instead, which is as long.
        self.instead = ()
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """The database is away."""
        self.is_cut = self.refuses_new = True
        for pair in list(self.pairs):
            pair.close()

    def forget(self):
        """Nothing passes any more by the connections that are there, and nobody is told; others can be made."""
        for pair in list(self.pairs):
            pair.is_forgotten = True

    def lead_to(self, host, port):
        """Another database has taken over: what is connected breaks, and connects to it."""
        self.target = (host, port)
        for pair in list(self.pairs):
            pair.close()

    def cut_listener(self):
        """The connection that LISTENs breaks, and no other can be made; those that are there go on."""
        self.refuses_new = True
        for pair in [pair for pair in self.pairs if pair.listens]:
            pair.close()

    def heal(self):
        self.is_cut = self.refuses_new = self.is_frozen = False
        self.delay = 0

    def close(self):
        self.refuses_new = True
        self.is_frozen = False
        self.listener.close()
        for pair in list(self.pairs):
            pair.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.refuses_new:
                client.close()
                continue
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            self.pairs.append(Pair(self, client, server))


class Pair:
    """One connection."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.listens = self.is_forgotten = False
        for pump in (self._ask, self._answer):
            threading.Thread(target=pump, daemon=True).start()

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if self in self.proxy.pairs:
            self.proxy.pairs.remove(self)

    def _ask(self):
        self._pump(self.client, self.server, self._note_listen)

    def _answer(self):
        self._pump(self.server, self.client, self._spoil)

    def _pump(self, source, sink, look):
        try:
            while data := source.recv(65536):
                while self.proxy.is_frozen:
                    time.sleep(0.02)
                if self.is_forgotten:
                    return
                for what, instead in self.proxy.instead:
                    data = data.replace(what, instead)
                if look(data):
                    sink.sendall(data)
        except OSError:
            pass
        if not self.is_forgotten:
            self.close()

    def _note_listen(self, data):
        if b"LISTEN " in data:
            self.listens = True
        return True

    def _spoil(self, data):
        if self.listens:
            while self.proxy.notifications == "hold":
                time.sleep(0.05)
            return self.proxy.notifications == "pass"
        if self.proxy.delay:
            time.sleep(self.proxy.delay)
        return True
