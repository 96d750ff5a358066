//! A private PostgreSQL for a chore, which is installed first where we are root.

use std::path::Path;

use private_pg::{Options, PgError, PrivatePg, Tuning};

use crate::packages::{install, may_install};
use crate::tool::ChoreError;

/// Starts one in `folder`. Installs Debian's package when it is missing and we are root.
pub(crate) fn start(folder: &Path, tuning: Tuning) -> Result<PrivatePg, ChoreError> {
    let options = Options::new(folder, tuning);
    let started = match PrivatePg::start(&options) {
        Err(PgError::NotInstalled) if may_install() => {
            // The package also starts a cluster of its own, which is small and does no harm.
            install("postgresql")?;
            PrivatePg::start(&options)
        }
        started => started,
    };
    started.map_err(ChoreError::at("PostgreSQL"))
}

/// A folder of our own that PostgreSQL's user may pass through.
pub(crate) fn scratch_folder(prefix: &str) -> Result<tempfile::TempDir, ChoreError> {
    use std::os::unix::fs::PermissionsExt;

    let open_to_pass = std::fs::Permissions::from_mode(0o711);
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(prefix)
        .permissions(open_to_pass)
        .tempdir()
        .map_err(ChoreError::at(prefix))
}
