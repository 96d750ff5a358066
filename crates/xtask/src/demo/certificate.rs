//! A self-signed certificate for loopback, the same for every node of a demo.

use std::path::{Path, PathBuf};

use crate::tool::ChoreError;

/// Both files, PEM.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// Makes one below `folder`.
pub(super) fn make(folder: &Path) -> Result<Certificate, ChoreError> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names)
        .map_err(ChoreError::at("self-signed certificate"))?;
    let certificate = Certificate {
        chain: folder.join("certificate.pem"),
        key: folder.join("key.pem"),
    };
    let chain = made.cert.pem();
    std::fs::write(&certificate.chain, chain)
        .map_err(ChoreError::at(certificate.chain.display()))?;
    let key = made.signing_key.serialize_pem();
    std::fs::write(&certificate.key, key).map_err(ChoreError::at(certificate.key.display()))?;
    Ok(certificate)
}
