"""Thunderbird, given nothing but an address and a token: by autoconfig it finds the server and opens the team's account view, whose
Trash is the team's. Run where Debian's `thunderbird` and `xvfb` are; with POSTROOM_PICTURES=FOLDER it keeps a picture."""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from demo import Skipped, ok
from postfix import free_port
from thunderbird import PATIENCE_SECONDS, PROGRAM, Thunderbird

TEAM = "Shared Folders/support"
NAME = "Thunderbird of a test"
FOLDERS = ("Sent", "SentMail"), ("Drafts", "Drafts"), ("Trash", "Trash")
AUTHORITY = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Authority of a test")


def check(demo):
    if not (os.access(PROGRAM, os.X_OK) and shutil.which("Xvfb") and shutil.which("openssl")):
        raise Skipped("thunderbird and xvfb are not installed")
    user = demo.people[0].user
    said = verb(demo, "--json", "token", "add", user, NAME, "--mailbox", TEAM)
    try:
        with tempfile.TemporaryDirectory() as folder:
            begin(demo, Path(folder), json.loads(said)["token"])
    finally:
        verb(demo, "token", "remove", user, NAME)


def begin(demo, folder, token):
    domain = demo.address.split("@")[1]
    certify(folder, domain)
    with frontend(demo, folder, domain) as (imaps, web):
        thunderbird = Thunderbird(folder / "profile", web, folder / "authority.pem")
        try:
            set_up(thunderbird, demo, token, domain, imaps)
            delete_one(thunderbird, demo)
        finally:
            keep_picture(thunderbird)
            thunderbird.close()


def verb(demo, *words):
    return subprocess.run([*demo.postroom, *words], capture_output=True, text=True, check=True).stdout


def certify(folder, domain):
    """Names that the program knows by heart need a certificate, and that an authority. It looks for address books at the domain."""
    (folder / "names").write_text(f"subjectAltName = DNS:{domain}, DNS:*.{domain}\nbasicConstraints = CA:FALSE\n")
    for command in (
        (*AUTHORITY, "-keyout", "authority.key", "-out", "authority.pem"),
        ("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN=imap.{domain}", "-keyout", "key.pem", "-out", "request"),
        ("openssl", "x509", "-req", "-in", "request", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2",
         "-extfile", "names", "-out", "certificate.pem"),
    ):
        subprocess.run(command, cwd=folder, capture_output=True, check=True)


@contextlib.contextmanager
def frontend(demo, folder, domain):
    """Another frontend of the demo, with these names and its pages in TLS."""
    imaps = free_port()
    settings = {
        "NODE__NAME": "for-thunderbird", "NODE__STATE_DIR": folder / "state", "LISTEN__IMAP": "127.0.0.1:0",
        "LISTEN__IMAPS": f"127.0.0.1:{imaps}", "LISTEN__HTTP": "127.0.0.1:0", "LISTEN__WEB": "0.0.0.0:0",
        # It takes no configuration without a server for sending, and does not try that one before it has something to send.
        "WEB__IMAP": f"imap.{domain}:{imaps}", "WEB__SUBMISSION": f"smtp.{domain}:465", "TLS__CERTIFICATE": folder / "certificate.pem", "TLS__KEY": folder / "key.pem",
    }
    environment = {**os.environ, **{f"POSTROOM_{name}": str(value) for name, value in settings.items()}}
    with (folder / "frontend.log").open("w") as log:
        serve = subprocess.Popen([*demo.postroom, "serve", "--json"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        said = json.loads(serve.stdout.readline())
        yield imaps, said["web"][0].rsplit(":", 1)[1]
    finally:
        serve.terminate()
        serve.wait(30)
        serve.stdout.close()


def set_up(thunderbird, demo, token, domain, imaps):
    thunderbird.run("""
      if (!find("#email")) { await until(() => window.openAccountHub); await window.openAccountHub("MAIL"); }
      await until(() => find("#email"));
      type("#realName", "Ada");
      type("#email", given[0]);""", demo.address)
    # Of all that it asks at once, the Autodiscover beside would do.
    source = thunderbird.run("""
      const {FetchConfig} = ChromeUtils.importESModule("resource:///modules/accountcreation/FetchConfig.sys.mjs");
      const found = await FetchConfig.fromISP(given[0], given[1], new AbortController().signal);
      return [found.subSource, found.incoming.hostname]""", domain, demo.address)
    assert source == ["xml-from-isp-https", f"imap.{domain}"], source
    step = thunderbird.run("return forward()")
    assert step == "email-config-found", f"it did not find its configuration, and shows {step}"
    step = thunderbird.run("return forward()")
    assert step == "email-password-form", step
    step = thunderbird.run('type("#password", given[0]); return forward()', token)
    assert step == "email-added-success", f"it did not get in, and shows {step}"
    server = thunderbird.run("""
      await until(account);
      const {serverURI, port, username, socketType} = account().incomingServer;
      const sends = MailServices.outgoingServer.getServerByKey(account().defaultIdentity.smtpServerKey);
      return [serverURI, port, username, socketType, sends.serverURI.spec]""")
    user = demo.address.replace("@", "%40")
    assert server == [f"imap://{user}@imap.{domain}", imaps, demo.address, 3, f"smtp://{user}@smtp.{domain}:465/"], server
    for folder, flag in FOLDERS:
        thunderbird.run("""
          const folder = () => account().incomingServer.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags[given[1]]);
          await until(() => folder()?.URI.endsWith("/" + given[0]));""", folder, flag)


def delete_one(thunderbird, demo):
    """What is deleted goes to the team's Trash, where a colleague by another frontend sees it."""
    colleague = demo.log_in(demo.people[0], 0)

    def count(name):
        ok(colleague.noop())
        return int(ok(colleague.status(f'"{name}"', "(MESSAGES)"))[0].split()[-1].rstrip(b")"))

    inbox, trash = count(TEAM), count(f"{TEAM}/Trash")
    thunderbird.run("""
      const inbox = account().incomingServer.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
      inbox.updateFolder(null);
      await until(() => [...inbox.messages].length === given[0]);
      inbox.deleteMessages([[...inbox.messages][0]], null, false, false, null, false);""", inbox)
    end = time.monotonic() + PATIENCE_SECONDS
    while (count(TEAM), count(f"{TEAM}/Trash")) != (inbox - 1, trash + 1):
        assert time.monotonic() < end, "the message is not in the team's Trash"
        time.sleep(0.05)
    colleague.logout()


def keep_picture(thunderbird):
    if "POSTROOM_PICTURES" in os.environ:
        taken = thunderbird.ask("WebDriver:TakeScreenshot", full=True, hash=False)["value"]
        Path(os.environ["POSTROOM_PICTURES"], "thunderbird.png").write_bytes(base64.b64decode(taken))
