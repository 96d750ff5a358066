//! `[node]`: who this frontend is.

use std::path::PathBuf;

use super::form::Form;

/// The identity of this frontend.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Told by ID, in logs and in traces.
    pub name: String,
    /// Holds the private PostgreSQL and the self-signed certificate, when there are such.
    pub state_dir: PathBuf,
    /// How to reach the administrators, as a URI; told as `/shared/admin` (RFC 5464).
    pub admin_contact: Option<String>,
}

impl NodeConfig {
    pub(super) fn fill(form: &mut Form) -> Self {
        let (host_name, state_dir) = form.surroundings();
        let name: String = form.take(
            "node.name",
            &host_name,
            "This frontend's name, in ID answers, logs and traces. Default: the host's name.",
        );
        form.check(!name.is_empty(), "node.name", "a node needs a name");
        let admin_contact: Option<String> = form.take(
            "node.admin_contact",
            "",
            "How users reach the administrators, as a URI such as mailto:postmaster@example.org. \
             Told to clients as the annotation /shared/admin (RFC 5464).",
        );
        let is_uri = |text: &String| text.is_ascii() && text.contains(':');
        form.check(
            admin_contact.as_ref().is_none_or(is_uri),
            "node.admin_contact",
            "must be a URI",
        );
        Self {
            name,
            admin_contact,
            state_dir: form.take(
                "node.state_dir",
                &state_dir,
                "Holds the private PostgreSQL and the self-signed certificate, when they are needed.",
            ),
        }
    }
}
