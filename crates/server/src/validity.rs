//! What a certificate says of itself: from when until when it is valid, and for which names.

use std::fmt;

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_cert::certificate::Certificate;
use x509_cert::certificate::Rfc5280;
use x509_cert::crl::CertificateList;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// A certificate that ends sooner than this deserves a warning, in seconds: two weeks.
const ENDS_SOON_SECONDS: i64 = 14 * DAY_SECONDS;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The bounds of a certificate, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    not_before: i64,
    not_after: i64,
}

/// What is to be said of a certificate at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateState {
    /// It is valid for so many days.
    Valid { days: i64 },
    /// It is valid, but for so many days only.
    EndsSoon { days: i64 },
    /// It ended so many days ago, and clients refuse it.
    Expired { days: i64 },
    /// It begins in so many days, and until then clients refuse it.
    NotYetValid { days: i64 },
}

impl Validity {
    /// As the certificate says; `None` when it cannot be read.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let validity = Certificate::from_der(certificate).ok()?;
        let validity = validity.tbs_certificate().validity();
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        Some(Self {
            not_before: seconds(validity.not_before),
            not_after: seconds(validity.not_after),
        })
    }

    /// Its last second, since 1970.
    pub(crate) const fn ends_at(self) -> i64 {
        self.not_after
    }

    /// What is to be said `now`, in seconds since 1970. Both bounds belong to the validity (RFC 5280, 4.1.2.5).
    pub(crate) fn at(self, now: i64) -> CertificateState {
        let left = self.not_after.saturating_sub(now);
        if now < self.not_before {
            CertificateState::NotYetValid {
                days: (self.not_before - now) / DAY_SECONDS,
            }
        } else if left < 0 {
            CertificateState::Expired {
                days: left.saturating_neg() / DAY_SECONDS,
            }
        } else if left < ENDS_SOON_SECONDS {
            CertificateState::EndsSoon {
                days: left / DAY_SECONDS,
            }
        } else {
            CertificateState::Valid {
                days: left / DAY_SECONDS,
            }
        }
    }
}

/// When there is to be a newer list of revoked certificates than this one, in seconds since 1970.
pub(crate) fn next_update(list: &CertificateRevocationListDer<'_>) -> Option<i64> {
    let list = CertificateList::<Rfc5280>::from_der(list).ok()?;
    let next = list.tbs_cert_list.next_update?;
    i64::try_from(next.to_unix_duration().as_secs()).ok()
}

/// The host names that a certificate is for, in lower case. One that has none is for nobody who asks by a name.
pub(crate) fn dns_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    alternative_names(certificate, |name| match name {
        GeneralName::DnsName(name) => Some(name.to_string().to_ascii_lowercase()),
        _ => None,
    })
}

/// The addresses of mail that a certificate is for, in its order.
pub(crate) fn email_addresses(certificate: &CertificateDer<'_>) -> Vec<String> {
    alternative_names(certificate, |name| match name {
        GeneralName::Rfc822Name(name) => Some(name.to_string()),
        _ => None,
    })
}

/// The common name of whom a certificate is for.
pub(crate) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let name = certificate.tbs_certificate().subject().common_name();
    name.ok().flatten().map(String::from)
}

fn alternative_names(
    certificate: &CertificateDer<'_>,
    wanted: impl Fn(&GeneralName) -> Option<String>,
) -> Vec<String> {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let extension = certificate.tbs_certificate().get_extension();
    let Ok(Some((_, SubjectAltName(names)))) = extension else {
        return Vec::new();
    };
    names.iter().filter_map(wanted).collect()
}

impl fmt::Display for CertificateState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid { days } => write!(f, "valid for {days} days"),
            Self::EndsSoon { days } => write!(f, "valid for only {days} more days"),
            Self::Expired { days } => write!(f, "expired {days} days ago: clients refuse it"),
            Self::NotYetValid { days } => {
                write!(f, "not valid for another {days} days: clients refuse it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CertificateState, DAY_SECONDS, Validity, common_name, dns_names, email_addresses};

    #[test]
    fn a_certificate_is_read_and_judged() {
        let mut wanted = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        wanted.not_before = rcgen::date_time_ymd(2026, 1, 1);
        wanted.not_after = rcgen::date_time_ymd(2026, 3, 2);
        let made = wanted
            .self_signed(&rcgen::KeyPair::generate().unwrap())
            .unwrap();
        let validity = Validity::of(made.der()).unwrap();
        // 2026-01-01 and 60 days later.
        let start = 1_767_225_600;
        for (day, expected) in [
            (-3, CertificateState::NotYetValid { days: 3 }),
            (0, CertificateState::Valid { days: 60 }),
            (46, CertificateState::Valid { days: 14 }),
            (47, CertificateState::EndsSoon { days: 13 }),
            (60, CertificateState::EndsSoon { days: 0 }),
            (62, CertificateState::Expired { days: 2 }),
        ] {
            assert_eq!(
                validity.at(start + day * DAY_SECONDS),
                expected,
                "day {day}"
            );
        }
    }

    #[test]
    fn a_certificate_is_for_the_hosts_that_it_names() {
        let names = ["Mail.Example.org", "*.example.com", "127.0.0.1"].map(str::to_owned);
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let expected = ["mail.example.org", "*.example.com"];
        assert_eq!(dns_names(made.cert.der()), expected);
    }

    #[test]
    fn a_certificate_is_for_whoever_it_names() {
        let mut wanted = rcgen::CertificateParams::default();
        let name = |name: &str| rcgen::string::Ia5String::try_from(name).unwrap();
        wanted.subject_alt_names = vec![
            rcgen::SanType::DnsName(name("ada.example.org")),
            rcgen::SanType::Rfc822Name(name("Ada@example.org")),
            rcgen::SanType::Rfc822Name(name("bo@example.org")),
        ];
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted
            .distinguished_name
            .push(rcgen::DnType::CommonName, "Ada Löwe");
        let key = rcgen::KeyPair::generate().unwrap();
        let made = wanted.self_signed(&key).unwrap();
        assert_eq!(
            email_addresses(made.der()),
            ["Ada@example.org", "bo@example.org"]
        );
        assert_eq!(common_name(made.der()).as_deref(), Some("Ada Löwe"));
        wanted.distinguished_name = rcgen::DistinguishedName::new();
        wanted.subject_alt_names.clear();
        let made = wanted.self_signed(&key).unwrap();
        assert!(email_addresses(made.der()).is_empty());
        assert_eq!(common_name(made.der()), None);
        assert_eq!(common_name(&b"none"[..].into()), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_validity() {
        assert_eq!(Validity::of(&b"none"[..].into()), None);
        assert!(dns_names(&b"none"[..].into()).is_empty());
    }
}
