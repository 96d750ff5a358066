//! An identity provider that can be made to err: it gives for a code what the test has put there.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ED25519, SigningKey as _};
use serde_json::{Value, json};

/// A provider on a port of this machine, until it is stopped.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    shared: Arc<Shared>,
}

struct Shared {
    key: KeyPair,
    /// What is given for a code, once.
    answers: Mutex<HashMap<String, String>>,
    /// The forms by which codes were redeemed.
    heard: Mutex<Vec<String>>,
    is_away: AtomicBool,
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is signed here is judged by the clock of this machine"
)]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Provider {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            key: KeyPair::generate_for(&PKCS_ED25519).unwrap(),
            answers: Mutex::default(),
            heard: Mutex::default(),
            is_away: AtomicBool::new(false),
        });
        let (told, named) = (Arc::clone(&shared), issuer.clone());
        thread::spawn(move || {
            for socket in listener.incoming() {
                // Whoever hangs up is told nothing.
                let _hung_up = told.serve(socket.unwrap(), &named);
            }
        });
        Self { issuer, shared }
    }

    /// From now on it hangs up on everybody.
    pub(crate) fn leave(&self) {
        self.shared.is_away.store(true, Ordering::Relaxed);
    }

    /// Signed by its key, whatever the header says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let text = format!("{}.{}", part(header), part(claims));
        let signature = self.shared.key.sign(text.as_bytes()).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Gives this for the code that it answers with.
    pub(crate) fn put(&self, id_token: &str) -> String {
        let mut answers = self.shared.answers.lock().unwrap();
        let code = format!("code-{}", answers.len());
        let answer = json!({"token_type": "Bearer", "access_token": "x", "id_token": id_token});
        answers.insert(code.clone(), answer.to_string());
        code
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.shared.heard.lock().unwrap().clone()
    }
}

impl Shared {
    fn serve(&self, mut socket: TcpStream, issuer: &str) -> std::io::Result<()> {
        if self.is_away.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let (head, body) = loop {
            let mut chunk = [0; 4096];
            let count = socket.read(&mut chunk)?;
            if count == 0 {
                return Ok(());
            }
            bytes.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8_lossy(&bytes);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.parse().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        };
        let path = head.split(' ').nth(1).unwrap_or_default();
        let (status, answer) = self.answer(path, &body, issuer);
        write!(
            socket,
            "HTTP/1.1 {status} -\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        )
    }

    fn answer(&self, path: &str, body: &str, issuer: &str) -> (u16, String) {
        match path {
            "/.well-known/openid-configuration" => {
                let described = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/auth?of=mail"),
                    "token_endpoint": format!("{issuer}/token?of=mail"),
                    "jwks_uri": format!("{issuer}/keys"),
                    "authorization_response_iss_parameter_supported": true,
                });
                (200, described.to_string())
            }
            "/keys" => {
                let x = URL_SAFE_NO_PAD.encode(self.key.public_key_raw());
                let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": x});
                (200, json!({ "keys": [key] }).to_string())
            }
            "/token?of=mail" => {
                self.heard.lock().unwrap().push(body.to_owned());
                let code = body.split('&').find_map(|pair| pair.strip_prefix("code="));
                let answers = &mut *self.answers.lock().unwrap();
                // It stays counted, and is given once.
                let answer = code.and_then(|code| answers.get_mut(code));
                match answer.map(std::mem::take) {
                    Some(answer) if !answer.is_empty() => (200, answer),
                    _ => (400, json!({"error": "invalid_grant"}).to_string()),
                }
            }
            _ => (404, String::new()),
        }
    }
}
