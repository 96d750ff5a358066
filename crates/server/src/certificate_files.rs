//! Where certificates are: the configured files, those in folders, and the self-signed pair for trials.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tracing::warn;

use crate::config::{TlsConfig, TlsFiles};
use crate::tls::TlsError;

/// How certificate managers call chain and key in a folder: cert-manager, and certbot.
const NAMES: [(&str, &str); 2] = [("tls.crt", "tls.key"), ("fullchain.pem", "privkey.pem")];

/// Changes when a file does.
pub(crate) type Stamp = Vec<(TlsFiles, [Option<(SystemTime, u64)>; 2])>;

impl TlsConfig {
    /// All pairs that are there, the default one first.
    pub(crate) fn pairs(&self) -> Vec<TlsFiles> {
        let further = self.folders.iter().flat_map(|folder| pairs_in(folder));
        let mut pairs: Vec<_> = self.default.iter().cloned().collect();
        for pair in further {
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// The folders that cannot be read, with the reason: what is in them is not served.
    pub(crate) fn unreadable_folders(&self) -> Vec<(&Path, io::Error)> {
        let folders = self.folders.iter();
        let reasons = folders.filter_map(|folder| Some((&**folder, fs::read_dir(folder).err()?)));
        reasons.collect()
    }

    /// A value that changes when one of the files does, or there are others.
    pub(crate) fn stamp(&self) -> Stamp {
        let stamped = |pair: TlsFiles| {
            let stamp = [&pair.certificate, &pair.key].map(|path| {
                let metadata = fs::metadata(path).ok()?;
                Some((metadata.modified().ok()?, metadata.len()))
            });
            (pair, stamp)
        };
        self.pairs().into_iter().map(stamped).collect()
    }
}

/// The pair in a folder, or else those in the folders of this one, by their names.
fn pairs_in(folder: &Path) -> Vec<TlsFiles> {
    if let Some(pair) = pair_in(folder) {
        return vec![pair];
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) => {
            warn!(folder = %folder.display(), %cause, "a folder of tls.certificates cannot be read");
            return Vec::new();
        }
    };
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    folders
        .iter()
        .filter_map(|folder| pair_in(folder))
        .collect()
}

fn pair_in(folder: &Path) -> Option<TlsFiles> {
    NAMES.iter().find_map(|(certificate, key)| {
        let certificate = folder.join(certificate);
        certificate.exists().then(|| TlsFiles {
            certificate,
            key: folder.join(key),
        })
    })
}

/// A self-signed certificate for trials. It is kept, so that clients that trust it go on doing so.
pub(crate) fn self_signed(state_dir: &Path, node_name: &str) -> Result<TlsFiles, TlsError> {
    let folder = state_dir.join("tls");
    let files = TlsFiles {
        certificate: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    if files.certificate.exists() && files.key.exists() {
        return Ok(files);
    }
    let names = [node_name, "localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)?;
    let write = |path: &Path, text: String, mode: u32| {
        let written = fs::create_dir_all(&folder).and_then(|()| write_new(path, &text, mode));
        written.map_err(|cause| TlsError::File {
            path: path.to_owned(),
            cause: cause.to_string(),
        })
    };
    write(&files.key, made.signing_key.serialize_pem(), 0o600)?;
    write(&files.certificate, made.cert.pem(), 0o644)?;
    warn!("no certificate is configured: serving a self-signed one, about which clients warn");
    Ok(files)
}

fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;
    use std::time::Duration;

    use crate::config::{TlsConfig, TlsFiles};

    #[test]
    fn pairs_are_found_as_certificate_managers_write_them() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let one = put("one/tls.crt");
        let (b, a) = (
            put("live/b.example/fullchain.pem"),
            put("live/a.example/tls.crt"),
        );
        put("live/README");
        fs::create_dir(root.path().join("live/empty")).unwrap();
        let default = TlsFiles {
            certificate: root.path().join("chain.pem"),
            key: root.path().join("key.pem"),
        };
        let config = TlsConfig {
            default: Some(default.clone()),
            folders: ["one", "live", "one", "missing"]
                .map(|name| root.path().join(name))
                .to_vec(),
            clients: None,
            reload_every: Duration::ZERO,
        };
        let found: Vec<PathBuf> = config
            .pairs()
            .into_iter()
            .map(|pair| pair.certificate)
            .collect();
        assert_eq!(found, [default.certificate, one, a, b]);
        let before = config.stamp();
        assert_eq!(config.stamp(), before);
        put("live/c.example/tls.crt");
        assert_ne!(config.stamp(), before);
    }
}
