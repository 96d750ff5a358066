"""Debian's slapd with people in it, in a folder of its own, on loopback."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from postfix import free_port

PROGRAM = Path("/usr/sbin/slapd")
WITHIN_SECONDS = 20
DOMAIN = "directory.example"
SEARCHING = "cn=postroom,dc=example,dc=org"
BASE = "ou=people,dc=example,dc=org"
SECRET = "searching"

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
maxsize 104857600
suffix "dc=example,dc=org"
directory ./data
index objectClass,mail eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{searching}" read by self read by anonymous auth by * none
"""

ENTRIES = """dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {searching}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: postroom
userPassword: {secret}

dn: {base}
objectClass: organizationalUnit
ou: people
"""

PERSON = """
dn: uid={name},{base}
objectClass: inetOrgPerson
uid: {name}
cn: {name}
sn: {name}
mail: {name}
userPassword: {password}
"""


class Slapd:
    """Runs inside `with`. `authority` has signed its certificate."""

    def __init__(self, folder, authority, names, password):
        folder.mkdir()
        (folder / "data").mkdir()
        self.folder, self.authority = folder, authority
        self.port = free_port()
        certificate, key = authority.issue_to_server(folder)
        (folder / "slapd.conf").write_text(CONFIGURATION.format(certificate=certificate, key=key, searching=SEARCHING))
        # A copy, since some systems confine the program of that path to folders of its own.
        shutil.copy(PROGRAM, folder / "slapd")
        entries = ENTRIES.format(searching=SEARCHING, secret=SECRET, base=BASE)
        entries += "".join(PERSON.format(name=name, base=BASE, password=password) for name in names)
        subprocess.run([folder / "slapd", "-T", "add", "-q", "-f", "slapd.conf"], cwd=folder, input=entries, text=True, check=True, capture_output=True)

    def settings(self):
        return {
            "LDAP__URL": f"ldaps://127.0.0.1:{self.port}", "LDAP__CA": str(self.authority.certificate), "LDAP__BIND_DN": SEARCHING,
            "LDAP__BIND_PASSWORD": SECRET, "LDAP__BASE": BASE, "LDAP__DOMAINS": DOMAIN,
        }

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.folder / "slapd", "-d", "0", "-f", "slapd.conf", "-h", f"ldaps://127.0.0.1:{self.port}/"], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + WITHIN_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                assert self.process.poll() is None and time.monotonic() < until, "slapd did not start"
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
