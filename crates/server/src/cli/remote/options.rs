//! Which server is asked, and with which token.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use auth::Token;
use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};

use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// The variables that say the same as the options. A setting of `postroom.toml` has two underscores in its variable.
const SERVER_VARIABLE: &str = "POSTROOM_SERVER";
const TOKEN_FILE_VARIABLE: &str = "POSTROOM_TOKEN_FILE";
const CA_FILE_VARIABLE: &str = "POSTROOM_CA_FILE";

/// A file that is longer has no token in it.
const TOKEN_FILE_BYTES_MAX: u64 = 4096;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "From another machine")]
pub(in crate::cli) struct Options {
    /// Ask the HTTP API of this frontend, such as `https://mail.example.org`, and no database; else `$POSTROOM_SERVER`. For
    /// user, group, mailbox, acl, address, quota, token, session and activity.
    #[arg(long, global = true, value_name = "URL")]
    server: Option<String>,
    /// The file with the access token for it (`postroom token add NAME 'nightly job' --service api`); else
    /// `$POSTROOM_TOKEN_FILE`.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The certificates of the authorities that its certificate may be from, in PEM; else `$POSTROOM_CA_FILE`, else those
    /// that the machine trusts.
    #[arg(long, global = true, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send the token without TLS to a server that is not on this machine, where everybody on the way can read it.
    #[arg(long, global = true)]
    plain_http: bool,
}

/// A server that shall be asked.
pub(in crate::cli) struct ServerChoice {
    pub(super) authority: Authority,
    pub(super) is_tls: bool,
    /// What stands before the paths of the API, where a proxy puts it elsewhere.
    pub(super) path: String,
    pub(super) token: Token,
    pub(super) token_file: PathBuf,
    pub(super) ca_file: Option<PathBuf>,
}

impl Options {
    /// The server that is named by the options or by variables, if any is.
    pub(in crate::cli) fn chosen(
        &self,
        variables: &HashMap<String, String>,
    ) -> Result<Option<ServerChoice>, Failure> {
        let variable = |name: &str| variables.get(name).filter(|value| !value.is_empty());
        let Some(server) = self.server.as_ref().or_else(|| variable(SERVER_VARIABLE)) else {
            return if self.token_file.is_some() || self.ca_file.is_some() || self.plain_http {
                let words = "--token-file, --ca-file and --plain-http are for --server: which one?";
                Err(Failure::usage(words))
            } else {
                Ok(None)
            };
        };
        let (authority, is_tls, path) = parse(server)?;
        if !is_tls && !self.plain_http && !is_loopback(authority.host()) {
            return Err(Failure::usage(format!(
                "{server}: without TLS everybody on the way can read the token; say https://, or --plain-http"
            )));
        }
        let file = |option: &Option<PathBuf>, name| {
            option.clone().or_else(|| variable(name).map(PathBuf::from))
        };
        let token_file = file(&self.token_file, TOKEN_FILE_VARIABLE).ok_or_else(|| {
            Failure::usage(format!(
                "{server}: with which token? --token-file FILE, or {TOKEN_FILE_VARIABLE}"
            ))
        })?;
        Ok(Some(ServerChoice {
            authority,
            is_tls,
            path,
            token: read_token(&token_file)?,
            token_file,
            ca_file: file(&self.ca_file, CA_FILE_VARIABLE),
        }))
    }
}

fn parse(server: &str) -> Result<(Authority, bool, String), Failure> {
    let wrong = |why: &str| {
        Failure::usage(format!(
            "{server}: {why}; a server is called https://mail.example.org, or with a port"
        ))
    };
    let uri: Uri = server.parse().map_err(|_| wrong("that is no URL"))?;
    let parts = uri.into_parts();
    let is_tls = match &parts.scheme {
        Some(scheme) if *scheme == Scheme::HTTPS => true,
        Some(scheme) if *scheme == Scheme::HTTP => false,
        Some(_) | None => return Err(wrong("it begins with neither https:// nor http://")),
    };
    let authority = parts.authority.ok_or_else(|| wrong("there is no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("it has a user or a password in it"));
    }
    let path = parts.path_and_query.map(|path| path.to_string());
    let path = path.unwrap_or_default();
    if path.contains('?') {
        return Err(wrong("it has a question in it"));
    }
    Ok((authority, is_tls, path.trim_end_matches('/').to_owned()))
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// Nothing but a token is ever sent as one: the file may be another secret by mistake. It is never printed.
fn read_token(path: &Path) -> Result<Token, Failure> {
    let failed = |words: String| Failure::failed(format!("{}: {words}", path.display()));
    let file = File::open(path).map_err(|cause| failed(cause.to_string()))?;
    let metadata = file.metadata().map_err(|cause| failed(cause.to_string()))?;
    if metadata.mode() & 0o004 != 0 {
        Terminal::mention(format!(
            "{}: everybody on this machine can read the token in it",
            path.display()
        ));
    }
    let mut text = String::new();
    let read = file.take(TOKEN_FILE_BYTES_MAX).read_to_string(&mut text);
    read.map_err(|cause| failed(cause.to_string()))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(failed(
            "it is empty; it should have an access token in it".to_owned(),
        ));
    }
    Token::parse(text.as_bytes())
        .map_err(|_| failed("that is no access token, which begins with prtok_".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, parse};

    #[test]
    fn a_server_is_named_by_a_url() {
        for (text, expected) in [
            (
                "https://mail.example.org",
                Some(("mail.example.org", true, "")),
            ),
            (
                "https://mail.example.org:8443/",
                Some(("mail.example.org:8443", true, "")),
            ),
            (
                "http://[::1]:8080/mail/",
                Some(("[::1]:8080", false, "/mail")),
            ),
            ("mail.example.org", None),
            ("ftp://mail.example.org", None),
            ("https://ada:secret@mail.example.org", None),
            ("https://mail.example.org/?x", None),
            ("https://", None),
            ("", None),
        ] {
            let parsed = parse(text).ok();
            let parsed = parsed
                .as_ref()
                .map(|(authority, is_tls, path)| (authority.as_str(), *is_tls, path.as_str()));
            assert_eq!(parsed, expected, "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.8.9.10", true),
            ("[::1]", true),
            ("localhost", true),
            ("localhost.example.org", false),
            ("10.0.0.1", false),
            ("mail.example.org", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
