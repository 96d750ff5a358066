//! Plays a page, line by line.

use std::collections::BTreeMap;

use auth::ScramClient;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::{Asked, Client, Heard, PASSWORD};
use crate::error::TestError;
use crate::given::{Given, Seat, is_mta};
use crate::page::{Page, Proof, Step, Verdict};
use crate::pattern::{Names, Pattern, Utterance};
use crate::stage::Stage;

/// A talk that is being played.
#[derive(Debug)]
pub struct Player<'s> {
    stage: &'s mut Stage,
    clients: BTreeMap<String, Client>,
    names: Names,
    /// What was said and heard until now.
    pub said: Vec<String>,
}

/// The place at which a talk failed, and the reason.
#[derive(Debug)]
pub struct Stop {
    /// The line of the page, from 1.
    pub line: usize,
    /// What happened instead of what it says.
    pub what: String,
}

type Played = Result<(), String>;

/// What a transcript shows of bytes that are sent as they are.
const SHOWN_BYTES_MAX: usize = 200;

impl<'s> Player<'s> {
    /// Makes a player without connected clients.
    pub fn new(stage: &'s mut Stage) -> Self {
        Self {
            stage,
            clients: BTreeMap::new(),
            names: Names::new(),
            said: Vec::new(),
        }
    }

    /// Plays the page to its end.
    ///
    /// # Errors
    ///
    /// [`Stop`] at the first line that is not as the page says.
    pub async fn play(&mut self, page: &Page) -> Result<(), Stop> {
        for line in &page.steps {
            self.step(&line.step).await.map_err(|what| Stop {
                line: line.number,
                what,
            })?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Played {
        match step {
            Step::Given(Given::Seats(seats)) => {
                for seat in seats {
                    self.sit(seat).await?;
                }
                Ok(())
            }
            Step::Given(given) => told(self.stage.make(given, &mut self.names).await),
            Step::Say { who, text } => self.say(who, text).await,
            Step::SayRaw { who, text } => {
                let utterances = self.utterances(text)?;
                self.utter(who, "", utterances).await
            }
            Step::Send { who, times, bytes } => self.send(who, &bytes.repeat(*times)).await,
            Step::HearTimes { who, times, text } => {
                for _ in 0..*times {
                    self.hear(who, text).await?;
                }
                Ok(())
            }
            Step::Hear { who, text } => self.hear(who, text).await,
            Step::HearRun { who, texts } => self.hear_run(who, texts).await,
            Step::HearAmong { who, text } => self.hear_among(who, text).await,
            Step::End { who, verdict, code } => self.end(who, *verdict, code.as_ref()).await,
            Step::HearNothing { who } => match self.client(who)?.hear_now().await {
                Heard::Silence => Ok(()),
                other => Err(but(&other)),
            },
            Step::HearTheEnd { who } => match self.listen(who).await? {
                Heard::End => self.forget(who),
                other => Err(but(&other)),
            },
            Step::Settle => told(self.stage.settle().await),
            Step::Cut { who } => self.forget(who),
            Step::Compress { who, is_on } => {
                self.client(who)?.compress(*is_on);
                Ok(())
            }
            Step::Encrypt { who } => self.encrypt(who).await,
            Step::Prove { who, proof } => self.prove(who, proof).await,
            Step::Check { greater, less } => self.check(greater, less),
            Step::Intervene { node, intervention } => {
                told(self.stage.intervene(*node, *intervention).await)
            }
        }
    }

    async fn sit(&mut self, seat: &Seat) -> Played {
        let address = self
            .stage
            .address(seat)
            .await
            .map_err(|error| error.to_string())?;
        let client = match seat.from {
            Some(from) => Client::connect_from(&seat.client, from, address).await,
            None => Client::connect(&seat.client, address).await,
        };
        let client = client.map_err(|cause| format!("cannot connect: {cause}"))?;
        self.clients.insert(seat.client.clone(), client);
        if seat.before_login {
            return Ok(());
        }
        if is_mta(&seat.client) {
            return self.say_lhlo(&seat.client).await;
        }
        self.hear(&seat.client, &Pattern::parse("* OK ..")).await?;
        let login = format!("LOGIN {} {PASSWORD}", seat.account);
        self.say(&seat.client, &Pattern::parse(&login)).await?;
        self.end(&seat.client, Verdict::Ok, None).await
    }

    /// Up to the last line of what LHLO offers.
    async fn say_lhlo(&mut self, who: &str) -> Played {
        self.hear(who, &Pattern::parse("220 ..")).await?;
        self.send(who, b"LHLO mx.example.org\r\n").await?;
        loop {
            match self.listen(who).await? {
                Heard::Response(line) if line.starts_with(b"250-") => {}
                Heard::Response(line) if line.starts_with(b"250 ") => return Ok(()),
                other => return Err(but(&other)),
            }
        }
    }

    async fn encrypt(&mut self, who: &str) -> Played {
        let trusted = self.stage.certificates();
        let trusted = trusted.map_err(|error| error.to_string())?;
        let shaken = self.client(who)?.encrypt(&trusted).await;
        shaken.map_err(|cause| format!("but no hand was shaken: {cause}"))
    }

    /// Up to the tagged response, which the page hears.
    async fn prove(&mut self, who: &str, proof: &Proof) -> Played {
        let is_bound = proof.mechanism.ends_with("-PLUS");
        let client = self.client(who)?;
        let binding = client.tls_binding.filter(|_| is_bound);
        let identity = proof.identity.as_deref();
        let scram = ScramClient::new(&proof.user, identity, binding, "of-the-client");
        let tag = client.next_tag();
        client.asked.push_back(Asked {
            tag: tag.clone(),
            passes_over: false,
        });
        let first = STANDARD.encode(scram.first());
        let begin = format!("{tag} AUTHENTICATE {} {first}\r\n", proof.mechanism);
        self.send(who, begin.as_bytes()).await?;
        let Some(challenge) = self.challenge(who).await? else {
            return Ok(());
        };
        let answered = scram.answer(&challenge, proof.password.as_bytes());
        let (answer, expected) = answered.ok_or("but heard no challenge")?;
        let answer = format!("{}\r\n", STANDARD.encode(answer));
        self.send(who, answer.as_bytes()).await?;
        match self.challenge(who).await? {
            Some(proof) if proof == expected => self.send(who, b"\r\n").await,
            Some(_) => Err("but the server does not know the password".to_owned()),
            None => Ok(()),
        }
    }

    /// What the server asks next while somebody authenticates; `None` once it has ended that, which is left to be heard.
    async fn challenge(&mut self, who: &str) -> Result<Option<Vec<u8>>, String> {
        let Heard::Response(line) = self.client(who)?.hear().await else {
            return Err("but heard nothing".to_owned());
        };
        let Some(data) = line.strip_prefix(b"+ ") else {
            self.client(who)?.put_back(line);
            return Ok(None);
        };
        self.said.push(format!("{who}< {}", shown(&line)));
        let data = STANDARD.decode(data);
        data.map(Some).map_err(|_| but(&Heard::Response(line)))
    }

    async fn say(&mut self, who: &str, text: &Pattern) -> Played {
        let utterances = self.utterances(text)?;
        let client = self.client(who)?;
        // LMTP has no tags.
        if client.is_continuing || is_mta(who) {
            client.is_continuing = false;
            return self.utter(who, "", utterances).await;
        }
        let tag = client.next_tag();
        let word = text.first_word().to_ascii_uppercase();
        let passes_over = matches!(word.as_str(), "SELECT" | "EXAMINE");
        client.asked.push_back(Asked {
            tag: tag.clone(),
            passes_over,
        });
        self.utter(who, &tag, utterances).await
    }

    fn utterances(&self, text: &Pattern) -> Result<Vec<Utterance>, String> {
        text.utterances(&self.names)
            .map_err(|name| format!("${name} is not bound yet"))
    }

    async fn utter(&mut self, who: &str, tag: &str, utterances: Vec<Utterance>) -> Played {
        let prefix = if tag.is_empty() {
            String::new()
        } else {
            format!("{tag} ")
        };
        for (index, utterance) in utterances.into_iter().enumerate() {
            let client = self.client(who)?;
            let bytes = match utterance {
                Utterance::Bytes(bytes) => bytes,
                Utterance::WhenAsked(bytes) if client.is_asked_for_more(tag).await => bytes,
                Utterance::WhenAsked(_) => return Ok(()),
            };
            let prefix = if index == 0 { prefix.as_bytes() } else { b"" };
            client.say(&[prefix, &bytes].concat()).await;
            self.said
                .push(format!("{who}> {}", shown(&[prefix, &bytes].concat())));
        }
        Ok(())
    }

    /// Bytes as they are, of which the transcript shows the beginning.
    async fn send(&mut self, who: &str, bytes: &[u8]) -> Played {
        self.client(who)?.say(bytes).await;
        let beginning = bytes.get(..SHOWN_BYTES_MAX).unwrap_or(bytes);
        self.said.push(format!("{who}> {}", shown(beginning)));
        Ok(())
    }

    async fn hear(&mut self, who: &str, text: &Pattern) -> Played {
        let Heard::Response(response) = self.listen(who).await? else {
            return Err("but heard nothing".to_owned());
        };
        let Some(names) = text.matches(&response, &self.names) else {
            return Err(format!("but heard: {}", shown(&response)));
        };
        self.names = names;
        let client = self.client(who)?;
        client.is_no_end(&response)?;
        if response.starts_with(b"+") {
            client.is_continuing = true;
        } else if let Some(asked) = client.asked.front_mut() {
            asked.passes_over = false;
        }
        Ok(())
    }

    /// As many responses as the run has lines, in whatever order.
    async fn hear_run(&mut self, who: &str, texts: &[(usize, Pattern)]) -> Played {
        let mut responses = Vec::new();
        while responses.len() < texts.len() {
            match self.listen(who).await? {
                Heard::Response(response) => responses.push(response),
                Heard::End | Heard::Silence => break,
            }
        }
        let patterns: Vec<&Pattern> = texts.iter().map(|(_, text)| text).collect();
        let Some(names) = pair(&patterns, &responses, &self.names) else {
            let heard: Vec<String> = responses.iter().map(|response| shown(response)).collect();
            return Err(format!(
                "but heard: {}",
                heard.join("\n                   ")
            ));
        };
        self.names = names;
        let client = self.client(who)?;
        for response in &responses {
            client.is_no_end(response)?;
        }
        client.is_continuing |= responses.iter().any(|response| response.starts_with(b"+"));
        if let Some(asked) = client.asked.front_mut() {
            asked.passes_over = false;
        }
        Ok(())
    }

    async fn hear_among(&mut self, who: &str, text: &Pattern) -> Played {
        loop {
            let Heard::Response(response) = self.listen(who).await? else {
                return Err("but never heard".to_owned());
            };
            if let Some(names) = text.matches(&response, &self.names) {
                self.names = names;
                if let Some(asked) = self.client(who)?.asked.front_mut() {
                    asked.passes_over = true;
                }
                return Ok(());
            }
            if !response.starts_with(b"* ") {
                return Err(format!("but heard before it: {}", shown(&response)));
            }
        }
    }

    async fn end(&mut self, who: &str, verdict: Verdict, code: Option<&Pattern>) -> Played {
        let client = self.client(who)?;
        let asked = client
            .asked
            .pop_front()
            .ok_or("no command is waiting for its end")?;
        client.is_continuing = false;
        let response = loop {
            let Heard::Response(response) = self.listen(who).await? else {
                return Err("but heard nothing".to_owned());
            };
            if response.starts_with(format!("{} ", asked.tag).as_bytes()) {
                break response;
            }
            if !(asked.passes_over && response.starts_with(b"* ")) {
                return Err(format!("but heard: {}", shown(&response)));
            }
        };
        let word = match verdict {
            Verdict::Ok => "OK",
            Verdict::No => "NO",
            Verdict::Bad => "BAD",
        };
        let mut expected = Pattern::parse(&format!("{} {word} ", asked.tag));
        if let Some(code) = code {
            expected.append(code.clone());
            expected.push_text(" ");
        }
        expected.push_text("..");
        match expected.matches(&response, &self.names) {
            Some(names) => {
                self.names = names;
                Ok(())
            }
            None => Err(format!("but heard: {}", shown(&response))),
        }
    }

    fn check(&self, greater: &str, less: &str) -> Played {
        let number = |name: &str| -> Result<u64, String> {
            let value = self
                .names
                .get(name)
                .ok_or_else(|| format!("${name} is not bound yet"))?;
            value.parse().map_err(|_| format!("${name} is {value}"))
        };
        let (greater, less) = (number(greater)?, number(less)?);
        if greater > less {
            Ok(())
        } else {
            Err(format!("but {greater} <= {less}"))
        }
    }

    async fn listen(&mut self, who: &str) -> Result<Heard, String> {
        let heard = self.client(who)?.hear().await;
        let words = match &heard {
            Heard::Response(response) => shown(response),
            Heard::End => "(closed)".to_owned(),
            Heard::Silence => "(nothing)".to_owned(),
        };
        self.said.push(format!("{who}< {words}"));
        Ok(heard)
    }

    fn client(&mut self, who: &str) -> Result<&mut Client, String> {
        self.clients
            .get_mut(who)
            .ok_or_else(|| format!("{who} is not connected"))
    }

    fn forget(&mut self, who: &str) -> Played {
        self.clients
            .remove(who)
            .map(drop)
            .ok_or_else(|| format!("{who} is not connected"))
    }
}

fn told(made: Result<(), TestError>) -> Played {
    made.map_err(|error| error.to_string())
}

/// Gives each pattern a response of its own.
fn pair(patterns: &[&Pattern], responses: &[Vec<u8>], names: &Names) -> Option<Names> {
    let Some((response, others)) = responses.split_first() else {
        return patterns.is_empty().then(|| names.clone());
    };
    patterns.iter().enumerate().find_map(|(index, pattern)| {
        let names = pattern.matches(response, names)?;
        let mut patterns = patterns.to_vec();
        patterns.remove(index);
        pair(&patterns, others, &names)
    })
}

fn but(heard: &Heard) -> String {
    match heard {
        Heard::Response(response) => format!("but heard: {}", shown(response)),
        Heard::End => "but the connection was closed".to_owned(),
        Heard::Silence => "but heard nothing".to_owned(),
    }
}

/// The bytes on one line, with what is not text made visible.
fn shown(bytes: &[u8]) -> String {
    let line = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
    String::from_utf8_lossy(line)
        .escape_debug()
        .to_string()
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}
