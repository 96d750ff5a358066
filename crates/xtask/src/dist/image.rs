//! The container image, as an OCI layout in an archive, made without a container engine.
//!
//! It has the program, the libraries that it loads, the certificates that it trusts, and a user. `podman load`, `skopeo copy
//! oci-archive:…` and `crane` read it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{Release, install, set_mode, sha256, write};
use crate::tool::{ChoreError, read, run};

/// The user that it runs as, by number, so that Kubernetes can see that it is not root.
const USER: &str = "10001:10001";
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The archive, and a file with the digest by which manifests pin it.
pub(super) fn build(release: &Release) -> Result<[PathBuf; 2], ChoreError> {
    let root = release.gathering("image-root")?;
    install(&release.program, &root.join("usr/bin/postroom"), 0o755)?;
    for library in libraries(&release.program)? {
        install(
            &library,
            &root.join(library.strip_prefix("/").unwrap_or(&library)),
            0o755,
        )?;
    }
    install(
        Path::new(CERTIFICATES),
        &root.join(&CERTIFICATES[1..]),
        0o644,
    )?;
    write(
        &root.join("etc/passwd"),
        "root:x:0:0::/:/sbin/nologin\npostroom:x:10001:10001::/nonexistent:/sbin/nologin\n",
    )?;
    write(&root.join("etc/group"), "root:x:0:\npostroom:x:10001:\n")?;
    let tmp = root.join("tmp");
    fs::create_dir_all(&tmp).map_err(ChoreError::at(tmp.display()))?;
    set_mode(&tmp, 0o1777)?;

    let layout = release.gathering("image-layout")?;
    let layer = layout.join("layer.tar");
    archive(release, &root, &layer, &["."])?;
    let layer_bytes = fs::read(&layer).map_err(ChoreError::at(layer.display()))?;
    fs::remove_file(&layer).map_err(ChoreError::at(layer.display()))?;
    let layer = Blob::store(&layout, &layer_bytes)?;
    let configuration = json!({
        "architecture": release.architecture,
        "os": "linux",
        "config": {
            "User": USER,
            "Env": ["PATH=/usr/bin", "POSTROOM_NODE__STATE_DIR=/tmp/postroom", "POSTROOM_LOG__FORMAT=json"],
            "Entrypoint": ["/usr/bin/postroom"],
            "Cmd": ["serve"],
            "ExposedPorts": { "1143/tcp": {}, "1993/tcp": {}, "8080/tcp": {}, "8443/tcp": {} },
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "postroom",
                "org.opencontainers.image.version": release.version,
                "org.opencontainers.image.licenses": "Apache-2.0 OR MIT",
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [layer.digest] },
    });
    let configuration = Blob::store(&layout, configuration.to_string().as_bytes())?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": configuration.described_as("application/vnd.oci.image.config.v1+json"),
        "layers": [layer.described_as("application/vnd.oci.image.layer.v1.tar")],
    });
    let manifest = Blob::store(&layout, manifest.to_string().as_bytes())?;
    let mut described = manifest.described_as("application/vnd.oci.image.manifest.v1+json");
    described["annotations"] =
        json!({ "org.opencontainers.image.ref.name": format!("postroom:{}", release.version) });
    described["platform"] = json!({ "architecture": release.architecture, "os": "linux" });
    let index = json!({ "schemaVersion": 2, "manifests": [described] });
    write(&layout.join("index.json"), &index.to_string())?;
    write(
        &layout.join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;

    let image = release
        .folder
        .join(format!("postroom-{}-oci.tar", release.version));
    archive(
        release,
        &layout,
        &image,
        &["oci-layout", "index.json", "blobs"],
    )?;
    let digest = image.with_extension("digest");
    write(&digest, &format!("{}\n", manifest.digest))?;
    Ok([image, digest])
}

/// A file of the layout, named by what it holds.
struct Blob {
    digest: String,
    size: usize,
}

impl Blob {
    fn store(layout: &Path, bytes: &[u8]) -> Result<Self, ChoreError> {
        let digest = sha256(bytes);
        let folder = layout.join("blobs/sha256");
        fs::create_dir_all(&folder).map_err(ChoreError::at(folder.display()))?;
        let path = folder.join(&digest);
        fs::write(&path, bytes).map_err(ChoreError::at(path.display()))?;
        Ok(Self {
            digest: format!("sha256:{digest}"),
            size: bytes.len(),
        })
    }

    fn described_as(&self, media_type: &str) -> serde_json::Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.size })
    }
}

/// What the loader finds for the program, and the loader itself.
fn libraries(program: &Path) -> Result<Vec<PathBuf>, ChoreError> {
    let said = read(Command::new("ldd").arg(program))?;
    let mut paths: Vec<PathBuf> = said
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The same bytes for the same files.
fn archive(
    release: &Release,
    folder: &Path,
    archive: &Path,
    what: &[&str],
) -> Result<(), ChoreError> {
    let mut tar = Command::new("tar");
    tar.arg("--create")
        .arg(format!("--mtime=@{}", release.epoch))
        .args([
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--format=ustar",
        ])
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(folder)
        .args(what);
    run(&mut tar)
}
