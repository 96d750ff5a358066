//! Certificates of clients: by which authorities they are believed, whom each names, and which were revoked (SASL EXTERNAL,
//! docs/adr/0099-certificates-of-clients.md).

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use session::ClientCertificate;
use tracing::{info, warn};

use crate::config::{CertificateName, ClientTls, Config};
use crate::environment;
use crate::lock::lock;
use crate::tls::TlsError;
use crate::validity::{Validity, common_name, email_addresses, next_update};

/// What a certificate calls whom it is for, whether or not it is believed.
pub(crate) fn subject_of(chain: &ClientCertificate) -> Option<String> {
    let own = chain.0.first()?.as_slice().into();
    common_name(&own).or_else(|| email_addresses(&own).into_iter().next())
}

/// What judges them. Files that change are read again.
#[derive(Debug)]
pub(crate) struct ClientCertificates {
    wanted: Mutex<ClientTls>,
    reload_every: Duration,
    /// The names of the authorities when this frontend started, of which clients are told at each handshake.
    hints: Vec<DistinguishedName>,
    current: Mutex<Judge>,
}

/// What judges, as the files were when they were read.
#[derive(Clone, Debug)]
struct Judge {
    verifier: Arc<dyn ClientCertVerifier>,
    /// When a new list of revoked certificates was to be there, in seconds since 1970: of the lists the earliest.
    lists_end_at: Option<i64>,
}

/// Whom a certificate is for, as far as it is believed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certified {
    /// The name of an account.
    pub(crate) user: String,
    /// When the certificate ends, in seconds since 1970.
    pub(crate) ends_at: i64,
}

impl ClientCertificates {
    /// `None` where no authority is configured.
    pub(crate) fn open(config: &Config) -> Result<Option<Arc<Self>>, TlsError> {
        let Some(wanted) = &config.tls.clients else {
            return Ok(None);
        };
        let current = Judge::read(wanted)?;
        info!(
            authorities = current.verifier.root_hint_subjects().len(),
            "certificates of clients are believed"
        );
        Ok(Some(Arc::new(Self {
            wanted: Mutex::new(wanted.clone()),
            reload_every: config.tls.reload_every,
            hints: current.verifier.root_hint_subjects().to_vec(),
            current: Mutex::new(current),
        })))
    }

    /// Whether the files that are configured can be read and understood; and since when, in seconds since 1970, there should
    /// be a newer list of revoked certificates, where it ends at all.
    pub(crate) fn check(config: &Config) -> Result<Option<i64>, TlsError> {
        match &config.tls.clients {
            Some(wanted) => Ok(Judge::read(wanted)?.lists_end_at),
            None => Ok(None),
        }
    }

    /// Whom a chain is for, the client's own certificate first. It is judged anew: it may have been revoked, or have ended, since the
    /// handshake, and with a ticket of an earlier session there was none.
    pub(crate) fn judge(&self, chain: &ClientCertificate) -> Result<Certified, String> {
        let chain: Vec<CertificateDer<'_>> =
            chain.0.iter().map(|der| der.as_slice().into()).collect();
        let (own, others) = chain.split_first().ok_or("there is none")?;
        let seconds = u64::try_from(environment::unix_seconds()).unwrap_or(0);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let judged = self.current().verify_client_cert(own, others, now);
        judged.map_err(|cause| cause.to_string())?;
        let by = lock(&self.wanted).name;
        let email = || email_addresses(own).into_iter().next();
        let user = match by {
            CertificateName::Email => email(),
            CertificateName::CommonName => common_name(own),
            CertificateName::EmailOrCommonName => email().or_else(|| common_name(own)),
        };
        let validity = Validity::of(own).ok_or("its dates cannot be read")?;
        Ok(Certified {
            user: user.ok_or("it names nobody")?,
            ends_at: validity.ends_at(),
        })
    }

    /// Looks at the files regularly, without end.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut seen = self.stamp();
        let mut told_of = None;
        loop {
            let ended = lock(&self.current).ended(environment::unix_seconds());
            if ended.is_some() && ended != told_of {
                warn!("{}", LISTS_ENDED);
            }
            told_of = ended;
            tokio::time::sleep(self.reload_every).await;
            let stamp = self.stamp();
            if stamp != seen && self.read_again() {
                seen = stamp;
            }
        }
    }

    /// Believes what `config` names from now on.
    pub(crate) fn reload(&self, config: &Config) {
        match &config.tls.clients {
            Some(wanted) => {
                *lock(&self.wanted) = wanted.clone();
                self.read_again();
            }
            None => {
                warn!(
                    "tls.client_ca is gone: certificates of clients are believed until a restart"
                );
            }
        }
    }

    fn read_again(&self) -> bool {
        let wanted = lock(&self.wanted).clone();
        match Judge::read(&wanted) {
            Ok(judge) => {
                *lock(&self.current) = judge;
                info!("certificates of clients are judged by new files");
                true
            }
            Err(cause) => {
                warn!(%cause, "certificates of clients are judged by the old files");
                false
            }
        }
    }

    fn stamp(&self) -> Vec<Option<(SystemTime, u64)>> {
        let wanted = lock(&self.wanted).clone();
        let stamp = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        [Some(&wanted.authorities), wanted.revoked.as_ref()]
            .into_iter()
            .flatten()
            .map(|path| stamp(path))
            .collect()
    }

    fn current(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&lock(&self.current).verifier)
    }
}

/// What is said of lists that are older than they say they may be.
pub(crate) const LISTS_ENDED: &str = "the list of tls.client_crl is out of date: whom it names is still refused, and who was revoked since is not";

impl Judge {
    /// A client without a certificate is let in to log in otherwise; one whose certificate is not believed is not. Where there
    /// are lists of revoked certificates, each authority of a chain must have one. One that is out of date still holds: whoever
    /// cannot make a new one in time would else lock everybody out.
    fn read(wanted: &ClientTls) -> Result<Self, TlsError> {
        let unreadable = |path: &Path, cause: String| TlsError::File {
            path: path.to_owned(),
            cause,
        };
        let of_authorities = |cause: String| unreadable(&wanted.authorities, cause);
        let certificates: Vec<_> = CertificateDer::pem_file_iter(&wanted.authorities)
            .and_then(Iterator::collect)
            .map_err(|cause| of_authorities(cause.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots
                .add(certificate)
                .map_err(|cause| of_authorities(cause.to_string()))?;
        }
        let mut revoked = Vec::new();
        if let Some(path) = &wanted.revoked {
            revoked = CertificateRevocationListDer::pem_file_iter(path)
                .and_then(Iterator::collect)
                .map_err(|cause| unreadable(path, cause.to_string()))?;
            if revoked.is_empty() {
                return Err(unreadable(
                    path,
                    "holds no list of revoked certificates".to_owned(),
                ));
            }
        }
        let ends = revoked.iter().filter_map(|list| next_update(list));
        let lists_end_at = ends.min();
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .with_crls(revoked)
            .allow_unauthenticated()
            .build()
            .map_err(|cause| match (cause, &wanted.revoked) {
                (VerifierBuilderError::InvalidCrl(cause), Some(path)) => unreadable(
                    path,
                    format!("{cause:?}; a list must be of version 2, with a number"),
                ),
                (cause, _) => of_authorities(cause.to_string()),
            })?;
        Ok(Self {
            verifier,
            lists_end_at,
        })
    }

    /// When the lists ended, if they have.
    fn ended(&self, now: i64) -> Option<i64> {
        self.lists_end_at.filter(|ends_at| *ends_at < now)
    }
}

impl ClientCertVerifier for ClientCertificates {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.current()
            .verify_client_cert(end_entity, intermediates, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current()
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.current()
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.current().supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::{CertificateName, ClientTls, Judge};

    #[test]
    fn a_list_that_is_out_of_date_holds_and_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let mut wanted = rcgen::CertificateParams::default();
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        wanted.key_usages = vec![
            rcgen::KeyUsagePurpose::KeyCertSign,
            rcgen::KeyUsagePurpose::CrlSign,
        ];
        let key = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedIssuer::self_signed(wanted, key).unwrap();
        let list = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2026, 1, 1),
            next_update: rcgen::date_time_ymd(2026, 1, 8),
            crl_number: rcgen::SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&authority).unwrap();
        let write = |name, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let judge = Judge::read(&ClientTls {
            authorities: write("ca.pem", authority.pem()),
            revoked: Some(write("crl.pem", list.pem().unwrap())),
            name: CertificateName::Email,
        });
        let judge = judge.unwrap();
        let ends_at = judge.lists_end_at.unwrap();
        assert_eq!(ends_at, rcgen::date_time_ymd(2026, 1, 8).unix_timestamp());
        assert_eq!(judge.ended(ends_at), None);
        assert_eq!(judge.ended(ends_at + 1), Some(ends_at));
    }
}
