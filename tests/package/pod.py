"""A container image, run as Kubernetes would run a pod: by what its rendered manifest says."""

import json
import os
import shutil
import signal
import subprocess
import tarfile
import time

import yaml

NAME = "postroom-0"
# Keys of the Secrets that the manifest mounts.
DATABASE = "postgres://postroom:a-long-secret@localhost/pod"


class Pod:
    """Its PostgreSQL and its network are those of `machine`."""

    def __init__(self, image, overlay, folder, machine):
        self.folder, self.machine = folder, machine
        shutil.rmtree(folder, ignore_errors=True)
        self.root = folder / "root"
        self.unpack(image)
        objects = rendered(overlay)
        self.spec = objects["Deployment"]["spec"]["template"]["spec"]
        (self.container,) = self.spec["containers"]
        self.mounts = [self.mount(mount, objects) for mount in self.container["volumeMounts"]]
        self.process = None
        self.started = None

    def unpack(self, image):
        layout = self.folder / "layout"
        with tarfile.open(image) as archive:
            archive.extractall(layout)

        def blob(described):
            return layout / "blobs" / described["digest"].replace(":", "/")

        (described,) = json.loads((layout / "index.json").read_text())["manifests"]
        manifest = json.loads(blob(described).read_text())
        self.image = json.loads(blob(manifest["config"]).read_text())["config"]
        for layer in manifest["layers"]:
            with tarfile.open(blob(layer)) as archive:
                archive.extractall(self.root)
        # As the kubelet does.
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        self.size = image.stat().st_size

    def mount(self, mount, objects):
        """The folder that is mounted, with what would be in it, and where."""
        (volume,) = [one for one in self.spec["volumes"] if one["name"] == mount["name"]]
        source = self.folder / "volumes" / mount["name"]
        source.mkdir(parents=True)
        home = self.machine.root / "root"
        files = {}
        if "configMap" in volume:
            files = objects["ConfigMap"]["data"]
        elif volume.get("secret", {}).get("secretName") == "postroom-database":
            files = {"url": DATABASE}
        elif volume.get("secret", {}).get("secretName") == "postroom-tls":
            files = {
                "tls.crt": (home / "fullchain.pem").read_text(),
                "tls.key": (home / "privkey.pem").read_text(),
            }
        else:
            assert "emptyDir" in volume, volume
            source.chmod(0o777)
        group = self.spec["securityContext"]["fsGroup"]
        for name, text in files.items():
            (source / name).write_text(text)
            (source / name).chmod(0o440)
            os.chown(source / name, 0, group)
        return source, mount["mountPath"], mount.get("readOnly", False)

    def command(self, arguments):
        """`arguments` to the image's entry point, in a read-only root as the user of the manifest."""
        context, own = self.spec["securityContext"], self.container["securityContext"]
        assert context["runAsNonRoot"] and own["readOnlyRootFilesystem"] and own["capabilities"]["drop"] == ["ALL"]
        lines = ["set -e", f"mount --bind {self.root} {self.root}"]
        for source, target, is_read_only in self.mounts:
            inside = f"{self.root}{target}"
            (self.root / target[1:]).mkdir(parents=True, exist_ok=True)
            lines.append(f"mount --bind {source} {inside}")
            if is_read_only:
                lines.append(f"mount -o remount,bind,ro {inside}")
        lines.append(f"mount -o remount,bind,ro {self.root}")
        user, group = context["runAsUser"], context["runAsGroup"]
        variables = dict(one.split("=", 1) for one in self.image["Env"])
        for variable in self.container["env"]:
            variables[variable["name"]] = variable.get("value", NAME)
        given = " ".join(f"'{name}={value}'" for name, value in variables.items())
        entry = " ".join(self.image["Entrypoint"] + list(arguments))
        lines.append(
            "exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid "
            f"env -i {given} /usr/sbin/chroot --userspec={user}:{group} --groups={context['fsGroup']} {self.root} {entry}"
        )
        return ["nsenter", "--target", self.machine.leader, "--net", "unshare", "--mount", "bash", "-c", "\n".join(lines)]

    def __enter__(self):
        self.log = open(self.folder / "log", "w+")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command(self.container["args"]), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def described(self):
        return f"image of {self.size // 1024} KiB, user {self.image['User']}"

    def probe(self, name):
        probe = self.container[name]
        (port,) = [one["containerPort"] for one in self.container["ports"] if one["name"] == probe["httpGet"]["port"]]
        asked = (
            "import urllib.request;"
            f"urllib.request.urlopen('http://localhost:{port}{probe['httpGet']['path']}', timeout={probe.get('timeoutSeconds', 1)})"
        )
        return self.machine.run(["python3", "-c", asked], check=False).returncode == 0

    def wait_until_ready(self):
        """As the kubelet asks: first whether it has started, then whether it is ready."""
        for name in ("startupProbe", "readinessProbe"):
            tries = self.container[name]["failureThreshold"] * 10
            while not self.probe(name):
                tries -= 1
                self.must(self.process.poll() is None and tries > 0, f"{name} failed")
                time.sleep(0.1)
            self.must(self.process.poll() is None, "something else answered")
        print(f"ready after {time.monotonic() - self.started:.1f} s, PostgreSQL empty at first")
        assert self.probe("livenessProbe")

    def must(self, condition, complaint):
        if not condition:
            self.log.seek(0)
            raise SystemExit(f"{complaint}\n{self.log.read()}")

    def verb(self, *arguments, given=None):
        done = subprocess.run(self.command(arguments), input=given, capture_output=True, text=True)
        assert done.returncode == 0, (arguments, done.stderr)
        print(done.stdout, end="")

    def may_write_nothing(self):
        """But for its temporary folder."""
        # Seen from within its root.
        with open(f"/proc/{self.process.pid}/mountinfo") as file:
            mounts = {line.split()[4]: line.split()[5].split(",") for line in file}
        assert "ro" in mounts["/"], mounts
        writable = [place for place, options in mounts.items() if "rw" in options]
        assert writable == ["/tmp"], writable

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(self.spec["terminationGracePeriodSeconds"])
        assert code == 0, code
        return code


def rendered(overlay):
    said = subprocess.run(["kubectl", "kustomize", overlay], check=True, capture_output=True, text=True).stdout
    return {one["kind"]: one for one in yaml.safe_load_all(said) if one}
