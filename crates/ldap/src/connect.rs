//! Connections to a directory: to one of its servers, in TLS, bound as whoever searches.

use std::sync::Arc;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::settings::{Settings, Spawn};
use crate::trouble::Trouble;

/// Makes connections.
pub(crate) struct Connector {
    tls: Arc<ClientConfig>,
    spawn: Spawn,
}

impl Connector {
    pub(crate) fn new(settings: &Settings, spawn: Spawn) -> Result<Self, Trouble> {
        Ok(Self {
            tls: tls(settings)?,
            spawn,
        })
    }

    /// To the first server that can be reached, as nobody.
    pub(crate) async fn connect(&self, settings: &Settings) -> Result<Ldap, Trouble> {
        let mut trouble = Trouble::Lost("there is no server".to_owned());
        for url in &settings.servers.urls {
            let how = LdapConnSettings::new()
                .set_conn_timeout(settings.timeout)
                .set_config(Arc::clone(&self.tls))
                .set_starttls(settings.servers.starttls && url.starts_with("ldap://"));
            match LdapConnAsync::with_settings(how, url).await {
                Ok((connection, ldap)) => {
                    // It ends with an error where the directory hangs up, which whoever asks next is told.
                    (self.spawn)(Box::pin(async move { drop(connection.drive().await) }));
                    return Ok(ldap);
                }
                Err(error) => trouble = error.into(),
            }
        }
        Err(trouble)
    }

    /// The same, as whoever searches.
    pub(crate) async fn connect_to_search(&self, settings: &Settings) -> Result<Ldap, Trouble> {
        let mut ldap = self.connect(settings).await?;
        if let Some((name, password)) = &settings.servers.bind {
            ldap.with_timeout(settings.timeout);
            ldap.simple_bind(name, password).await?.success()?;
        }
        Ok(ldap)
    }
}

fn tls(settings: &Settings) -> Result<Arc<ClientConfig>, Trouble> {
    let mut roots = RootCertStore::empty();
    match &settings.servers.ca {
        Some(path) => {
            let unusable = |cause: &dyn std::fmt::Display| {
                Trouble::Certificates(format!("{}: {cause}", path.display()))
            };
            let certificates =
                CertificateDer::pem_file_iter(path).map_err(|cause| unusable(&cause))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|cause| unusable(&cause))?;
                roots.add(certificate).map_err(|cause| unusable(&cause))?;
            }
            if roots.is_empty() {
                return Err(unusable(&"there is no certificate in it"));
            }
        }
        // Where some of the system's cannot be read, the others are trusted.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| Trouble::Certificates(cause.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
