"""A PostgreSQL that counts statements, and two frontends where every way to log in is switched on."""

import base64
import contextlib
import http.client
import json
import subprocess
import time
from types import SimpleNamespace

from clients.external_client import KEY, Authority, openssl
from cluster import DATABASE, USER, Server, make_folder, run
from haproxy import Frontend
from postfix import free_port

PASSWORD = "a password of many words"
ADMIN = "root"
ISSUER, AUDIENCE = "https://id.example", "postroom"
MECHANISMS = "EXTERNAL, OAUTHBEARER, XOAUTH2, SCRAM-SHA-256-PLUS, SCRAM-SHA-256, PLAIN, LOGIN"
POSTGRES = {"fsync": "on", "shared_preload_libraries": "pg_stat_statements", "shared_buffers": "256MB"}
SETTINGS = {
    "LOGIN__WITHOUT_TLS": "loopback", "LOGIN__MECHANISMS": MECHANISMS, "LIMITS__CONNECTIONS_PER_ADDRESS": "10000",
    "LIMITS__CONNECTIONS_PER_USER": "1000", "DATABASE__MIGRATE": "false", "WEB__API": "true", "WEB__API_REQUESTS_PER_MINUTE": "1000000",
    "OAUTH__ISSUER": ISSUER, "OAUTH__AUDIENCE": AUDIENCE, "OAUTH__ACCOUNT_CLAIM": "preferred_username",
    # Many connections wait until it is their turn.
    "TIMEOUTS__LOGIN": "10min",
}


class Certifier(Authority):
    """Also signs the certificate of a server of this machine."""

    def issue_to_server(self, folder):
        key, request, certificate, extension = (folder / name for name in ("key.pem", "request.pem", "certificate.pem", "extension"))
        extension.write_text("subjectAltName = IP:127.0.0.1\nbasicConstraints = CA:false\n")
        openssl("req", "-new", *KEY, "-keyout", key, "-out", request, "-subj", "/CN=slapd")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "ca.key", "-CAcreateserial",
                "-extfile", extension, "-days", "2", "-out", certificate)
        return certificate, key


class Issuer:
    """Signs tokens as an identity provider does; its keys are in a file, as no login asks the provider."""

    def __init__(self, folder):
        folder.mkdir()
        self.key, self.keys = folder / "key.pem", folder / "keys.json"
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.key)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True, text=True).stdout
        number = bytes.fromhex(modulus.strip().partition("=")[2])
        self.keys.write_text(json.dumps({"keys": [
            {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": encoded(number), "e": encoded(b"\x01\x00\x01")}]}))

    def token(self, name):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": name, "preferred_username": name, "iat": now, "exp": now + 24 * 3600}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": "one"}, claims))
        done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), check=True, capture_output=True)
        return f"{signed}.{encoded(done.stdout)}"


def encoded(text):
    """As in JSON Web Tokens."""
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


class Site:
    """Runs inside `with`. `directory` makes a directory that is asked about some of the people, if anything does."""

    def __init__(self, folder, program, directory=None):
        self.folder, self.program = folder, program
        self.running = contextlib.ExitStack()
        self.authority = Certifier(folder / "authority")
        self.issuer = Issuer(folder / "issuer")
        self.slapd = directory and directory(self.authority)
        self.nodes = []
        self.admin_token = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.running.close()
            raise
        return self

    def __exit__(self, *_):
        self.running.close()

    def _start(self):
        data = make_folder(self.folder / "data")
        run("initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        self.server = Server("logins", data, **POSTGRES)
        self.running.callback(self.server.stop)
        self.server.start()
        self.server.ask(f"create database {DATABASE}", "postgres")
        self.server.ask("create schema counting; create extension pg_stat_statements schema counting;"
                        f"alter role {USER} set search_path = public, counting")
        if self.slapd:
            self.running.enter_context(self.slapd)
        settings = {**SETTINGS, "DATABASE__URL": self.server.url, "TLS__CLIENT_CA": str(self.authority.certificate),
                    "OAUTH__KEYS": str(self.issuer.keys), **(self.slapd.settings() if self.slapd else {})}
        place = SimpleNamespace(certificate_path=self.folder / "none", postroom=[str(self.program)])
        for number in (1, 2):
            web = free_port()
            node = Frontend(place, f"frontend-{number}", **settings, LISTEN__WEB=f"127.0.0.1:{web}")
            node.ports["web"] = web
            self.nodes.append(node)
        self.verb("migrate")
        self.verb("user", "add", ADMIN, "--admin", "--password-stdin", said=f"{PASSWORD}\n")
        for node in self.nodes:
            self.running.enter_context(node)
        made = self.verb("--json", "token", "add", ADMIN, "the one who measures", "--service", "api")
        self.admin_token = json.loads(made)["token"]

    def crowd(self, count):
        """Accounts of people who do nothing; then PostgreSQL knows how many there are."""
        if count:
            self.verb("user", "import", "-", "--format", "jsonl", said="".join(f'{{"name": "other-{one}"}}\n' for one in range(count)))
            self.server.ask("vacuum analyze")

    def verb(self, *words, said=None, **settings):
        environment = {**self.nodes[0].environment(), **{f"POSTROOM_{name}": value for name, value in settings.items()}}
        done = subprocess.run([self.program, *map(str, words)], env=environment, input=said, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def begin_verb(self, *words):
        return subprocess.Popen([self.program, *words], env=self.nodes[0].environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def api(self, method, path, body=None):
        """What the API of the first frontend answers an administrator."""
        asking = http.client.HTTPConnection("127.0.0.1", self.nodes[0].ports["web"], timeout=60)
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        asking.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = asking.getresponse()
        said = answer.read()
        asking.close()
        assert answer.status < 300, (method, path, answer.status, said)
        return json.loads(said) if said else None
