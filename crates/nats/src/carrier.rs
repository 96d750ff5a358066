//! The connection to a NATS server, as a carrier of wake-ups.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_nats::{Client, ConnectOptions, Message, Subscriber};
use bus::{Carried, Carrier, Carrying, NotCarried, Wakeup};
use futures_util::future::{Either, select};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::Mutex;
use tracing::warn;

use crate::link::{BadUrl, Link};
use crate::stats::{State, Stats};

/// A node's connection to its NATS server, which comes back by itself whenever it is lost.
#[derive(Debug)]
pub struct Nats {
    client: Client,
    /// Where wake-ups go.
    subject: String,
    /// Where this node alone listens, for what it sends to itself.
    echo: String,
    state: Arc<State>,
    heard: Mutex<Heard>,
}

#[derive(Debug)]
struct Heard {
    wakeups: Subscriber,
    echoes: Subscriber,
    /// The last connection by which an echo was sent.
    asked: u64,
}

/// The word behind an installation's subject.
const WAKEUP: &str = "wakeup";
/// What is handed out at once, in payloads.
const BURST_MAX: usize = 64;

impl Nats {
    /// Begins to connect, and goes on until a server is there: nobody waits for that.
    ///
    /// # Errors
    ///
    /// [`BadUrl`].
    pub async fn start(link: &Link) -> Result<Self, BadUrl> {
        let (servers, options) = link.options()?;
        let (state, options) = noting_events(options.retry_on_initial_connect());
        let connecting = options.connect(servers).await;
        let client = connecting.map_err(|_| BadUrl)?;
        Self::subscribe(client, link, state)
            .await
            .map_err(|_| BadUrl)
    }

    /// Connects, sends something to itself and waits for it, for ever where the server does not say why it does not come.
    /// The words tell of the server.
    ///
    /// # Errors
    ///
    /// [`NotCarried`] with the cause.
    pub async fn check(link: &Link) -> Result<String, NotCarried> {
        let (servers, options) = link.options().map_err(|bad| NotCarried(bad.to_string()))?;
        let (state, options) = noting_events(options);
        let client = options.connect(servers).await;
        let client = client.map_err(|cause| NotCarried(with_causes(&cause)))?;
        let nats = Self::subscribe(client, link, state).await?;
        let mut heard = nats.heard.lock().await;
        loop {
            nats.ask_for_echo(&mut heard).await;
            let changed = pin!(nats.state.changed.notified());
            let echoed = match select(heard.echoes.next(), changed).await {
                Either::Left((echo, _)) => echo.is_some(),
                Either::Right(_) => false,
            };
            if let Some(trouble) = nats.trouble() {
                return Err(NotCarried(trouble));
            }
            if echoed {
                let version = nats.client.server_info().version;
                return Ok(format!("nats-server {version} carries {}", link.subject));
            }
        }
    }

    async fn subscribe(client: Client, link: &Link, state: Arc<State>) -> Result<Self, NotCarried> {
        let subject = format!("{}.{WAKEUP}", link.subject);
        let echo = client.new_inbox();
        let subscribed = |cause: async_nats::SubscribeError| NotCarried(with_causes(&cause));
        let heard = Heard {
            wakeups: client
                .subscribe(subject.clone())
                .await
                .map_err(subscribed)?,
            echoes: client.subscribe(echo.clone()).await.map_err(subscribed)?,
            asked: 0,
        };
        Ok(Self {
            client,
            subject,
            echo,
            state,
            heard: Mutex::new(heard),
        })
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.state.read()
    }

    /// Why it is not up, as far as that is known.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.state.trouble()
    }

    async fn publish(&self, payloads: Vec<String>) -> Result<(), NotCarried> {
        if !self.is_up() {
            return Err(NotCarried("not connected".to_owned()));
        }
        for payload in payloads {
            let published = self.client.publish(self.subject.clone(), payload.into());
            let published = published.await;
            published.map_err(|cause| NotCarried(with_causes(&cause)))?;
            self.state.sent.fetch_add(1, Ordering::Relaxed);
        }
        let flushed = self.client.flush().await;
        flushed.map_err(|cause| NotCarried(with_causes(&cause)))
    }

    async fn next(&self) -> Carried {
        let mut heard = self.heard.lock().await;
        loop {
            self.ask_for_echo(&mut heard).await;
            if self.state.take_missed() {
                return Carried::Resync;
            }
            let Heard {
                wakeups, echoes, ..
            } = &mut *heard;
            let changed = pin!(self.state.changed.notified());
            let others = select(echoes.next(), changed);
            match select(wakeups.next(), others).await {
                Either::Left((Some(message), _)) => {
                    return Carried::Wakeups(self.read_burst(&message, wakeups));
                }
                Either::Right((Either::Left((Some(echo), _)), _)) => {
                    // From here on nothing is missed, so this is the moment to look what was.
                    if number(&echo).is_some_and(|connection| self.state.hear_echo(connection)) {
                        return Carried::Resync;
                    }
                }
                Either::Right((Either::Right(_), _)) => {}
                // The client has ended, which it does when this is dropped.
                Either::Left((None, _)) | Either::Right((Either::Left((None, _)), _)) => {
                    return pending().await;
                }
            }
        }
    }

    /// Sends something to itself by a new connection. Servers do in order what one connection says, so when it comes back
    /// the subscriptions before it hold.
    async fn ask_for_echo(&self, heard: &mut Heard) {
        let Some(connection) = self.state.connection() else {
            return;
        };
        if connection == heard.asked {
            return;
        }
        let word = connection.to_string();
        match self.client.publish(self.echo.clone(), word.into()).await {
            Ok(()) => heard.asked = connection,
            Err(cause) => self.state.set_trouble(Some(with_causes(&cause))),
        }
    }

    /// The wake-ups of `first`, and of what waits behind it.
    fn read_burst(&self, first: &Message, wakeups: &mut Subscriber) -> Vec<Wakeup> {
        let mut burst = self.read(first);
        for _ in 1..BURST_MAX {
            let Some(Some(message)) = wakeups.next().now_or_never() else {
                break;
            };
            burst.extend(self.read(&message));
        }
        burst
    }

    fn read(&self, message: &Message) -> Vec<Wakeup> {
        self.state.count_heard();
        let text = std::str::from_utf8(&message.payload).unwrap_or_default();
        match bus::unpack(text) {
            Ok(wakeups) if text.len() <= bus::PAYLOAD_BYTES_MAX => wakeups,
            Ok(_) | Err(_) => {
                let count = self.state.count_foreign();
                if count.is_power_of_two() {
                    warn!(count, "somebody else writes to our subject of wake-ups");
                }
                Vec::new()
            }
        }
    }
}

impl Carrier for Nats {
    fn is_up(&self) -> bool {
        self.state.is_up()
    }

    fn send(&self, payloads: Vec<String>) -> Carrying<'_, Result<(), NotCarried>> {
        Box::pin(self.publish(payloads))
    }

    fn hear(&self) -> Carrying<'_, Carried> {
        Box::pin(self.next())
    }
}

/// The same options, with a state that knows what happens.
fn noting_events(options: ConnectOptions) -> (Arc<State>, ConnectOptions) {
    let state = Arc::<State>::default();
    let noted = Arc::clone(&state);
    let options = options.event_callback(move |event| {
        noted.note(&event);
        std::future::ready(())
    });
    (state, options)
}

fn number(echo: &Message) -> Option<u64> {
    std::str::from_utf8(&echo.payload).ok()?.parse().ok()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !words.contains(&said) {
            words = format!("{words}: {said}");
        }
        cause = error.source();
    }
    words
}
