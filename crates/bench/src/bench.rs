//! What a mix works with: clients of the world, mailboxes of its own in it, and the probes.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::client::{Client, quoted};
use crate::error::BenchError;
use crate::extent::Extent;
use crate::letter::letter;
use crate::mta::Mta;
use crate::probe::Probes;
use crate::rounds::{Budget, drive};
use crate::scale::Scale;
use crate::tls::Tls;
use crate::world::{Node, Person, World};

/// What every mix works with.
pub(crate) struct Bench {
    pub(crate) world: World,
    /// `None` where there is no TLS for us.
    pub(crate) tls: Option<Tls>,
    pub(crate) probes: Probes,
    pub(crate) scale: Scale,
    pub(crate) extent: Extent,
    /// The mailboxes that were made here, in order.
    made: Vec<String>,
    stocked: BTreeMap<Stock, String>,
}

/// Mailboxes that several mixes read and none changes. They are filled through the first node, so
/// that the last one has not seen them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stock {
    /// [`LETTERS`](Bench::letters) of 4 KB.
    Letters,
    /// The letters, copied until there are [so many](Bench::archive).
    Archive,
    /// [Some](Bench::parcels) of 75 KB.
    Parcels,
}

const LETTERS: usize = 10_000;
pub(crate) const LETTER_BYTES: usize = 4 * 1024;
const ARCHIVE: usize = 100_000;
const PARCELS: usize = 400;
pub(crate) const PARCEL_BYTES: usize = 75 * 1024;

/// A mailbox with an address of its own.
#[derive(Clone, Debug)]
pub(crate) struct Addressed {
    pub(crate) address: String,
    pub(crate) mailbox: String,
    /// The number of a person who sees it.
    reader: usize,
}

/// The nodes to which sessions connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    FirstNode,
    AllNodes,
}

impl Bench {
    pub(crate) fn new(world: World, scale: Scale, extent: Extent) -> Result<Self, BenchError> {
        Ok(Self {
            tls: world
                .certificate
                .as_deref()
                .map(Tls::trusting)
                .transpose()?,
            probes: Probes::new(&world, scale)?,
            scale,
            extent,
            made: Vec::new(),
            stocked: BTreeMap::new(),
            world,
        })
    }

    /// How many letters there are in stock.
    pub(crate) fn letters(&self) -> usize {
        self.scale.count(LETTERS)
    }

    /// How many messages are in the archive: ten of each letter.
    pub(crate) fn archive(&self) -> usize {
        self.scale.count(ARCHIVE)
    }

    /// How many messages the largest mailbox may have.
    pub(crate) fn messages_max(&self) -> usize {
        self.scale.count(self.extent.messages_max)
    }

    /// How many large messages there are in stock.
    pub(crate) fn parcels(&self) -> usize {
        self.scale.count(PARCELS)
    }

    /// Sessions without TLS, each of another person as far as there are people.
    pub(crate) async fn sessions(
        &self,
        count: usize,
        spread: Spread,
    ) -> Result<Vec<Client>, BenchError> {
        self.open(count, |number| async move {
            let mut client = Client::connect(self.seat(number, spread)?).await?;
            self.login(&mut client, number).await?;
            Ok(client)
        })
        .await
    }

    /// Sessions with TLS, as people at home have them.
    pub(crate) async fn tls_sessions(
        &self,
        count: usize,
        spread: Spread,
    ) -> Result<Vec<Client>, BenchError> {
        let tls = self.tls.as_ref();
        let tls = tls.ok_or_else(|| BenchError::new("there is no TLS for us"))?;
        self.open(count, |number| async move {
            let node = self.seat(number, spread)?;
            let mut client = Client::connect_tls(node, tls).await?;
            self.login(&mut client, number).await?;
            Ok(client)
        })
        .await
    }

    /// One session without TLS on `node`.
    pub(crate) async fn session(&self, node: &Node) -> Result<Client, BenchError> {
        let mut client = Client::connect(node).await?;
        self.login(&mut client, 0).await?;
        Ok(client)
    }

    /// An empty mailbox in which everybody may do everything but administer.
    pub(crate) async fn create(&mut self, purpose: &str) -> Result<String, BenchError> {
        // Several runs may use one world, and an earlier one may have left a mailbox.
        let name = format!("bench-{}-{}-{purpose}", std::process::id(), self.made.len());
        let mailbox = self.world.beside_shared(&name);
        let mut admin = Client::connect(self.world.first_node()?).await?;
        admin.login(&self.world.admin).await?;
        let quoted = quoted(&mailbox);
        admin.ask(&format!("CREATE {quoted}")).await?;
        self.made.push(mailbox.clone());
        admin
            .ask(&format!("SETACL {quoted} anyone lrswipte"))
            .await?;
        Ok(mailbox)
    }

    /// `count` empty mailboxes, each with an address to which anyone may post. A peer has the INBOX of each
    /// person, which is emptied.
    pub(crate) async fn addressed(&mut self, count: usize) -> Result<Vec<Addressed>, BenchError> {
        let mut addressed = Vec::new();
        for number in 0..count {
            addressed.push(if self.world.postroom.is_some() {
                self.create_addressed().await?
            } else {
                self.empty_inbox(number).await?
            });
        }
        Ok(addressed)
    }

    async fn create_addressed(&mut self) -> Result<Addressed, BenchError> {
        let mailbox = self.create("lmtp").await?;
        let address = format!("bench-{}-{}@demo.test", std::process::id(), self.made.len());
        self.world
            .run_verb(&["address", "add", &address, &mailbox])?;
        Ok(Addressed {
            address,
            mailbox,
            reader: 0,
        })
    }

    async fn empty_inbox(&self, reader: usize) -> Result<Addressed, BenchError> {
        let mut client = self.session_of(reader).await?;
        if messages(&mut client, "INBOX").await? > 0 {
            for command in [
                "SELECT INBOX",
                "STORE 1:* +FLAGS.SILENT (\\Deleted)",
                "EXPUNGE",
            ] {
                client.ask(command).await?;
            }
        }
        let address = format!("{}@localhost", self.person(reader)?.user);
        Ok(Addressed {
            address,
            mailbox: "INBOX".to_owned(),
            reader,
        })
    }

    /// The number of messages in all these mailboxes.
    pub(crate) async fn count(&self, addressed: &[Addressed]) -> Result<usize, BenchError> {
        let mut count = 0;
        for Addressed {
            mailbox, reader, ..
        } in addressed
        {
            count += messages(&mut self.session_of(*reader).await?, mailbox).await?;
        }
        Ok(count)
    }

    /// Connections of a mail transfer agent.
    pub(crate) async fn mtas(&self, count: usize, spread: Spread) -> Result<Vec<Mta>, BenchError> {
        self.open(count, |number| async move {
            Mta::connect(self.seat(number, spread)?).await
        })
        .await
    }

    /// Records a mailbox that was made otherwise, so that [`clear`](Self::clear) deletes it.
    pub(crate) fn note(&mut self, mailbox: String) {
        self.made.push(mailbox);
    }

    /// A mailbox that was deleted otherwise.
    pub(crate) fn forget(&mut self, mailbox: &str) {
        self.made.retain(|made| made != mailbox);
    }

    /// Appends letters until the mailbox has `count` of them.
    pub(crate) async fn fill(
        &self,
        mailbox: &str,
        count: usize,
        bytes: usize,
    ) -> Result<(), BenchError> {
        eprintln!("filling {mailbox} with {count} messages of {bytes} bytes");
        let mut clients = self.sessions(FILLERS, Spread::FirstNode).await?;
        let budget = Budget {
            operations_max: count,
            time_max: FILL_TIME_MAX,
        };
        drive(&mut clients, budget, async |client, turn| {
            client.append(mailbox, &letter(turn.operation, bytes)).await
        })
        .await?;
        self.expect(mailbox, count).await
    }

    /// A new mailbox with so many letters, the first of them with UID 1.
    pub(crate) async fn copied(
        &mut self,
        purpose: &str,
        count: usize,
    ) -> Result<String, BenchError> {
        let letters = self.stock(Stock::Letters).await?;
        let mailbox = self.create(purpose).await?;
        let mut client = self.session(self.world.first_node()?).await?;
        client.ask(&format!("EXAMINE {}", quoted(&letters))).await?;
        let mut missing = count;
        while missing > 0 {
            let copied = missing.min(self.letters());
            client
                .ask(&format!("COPY 1:{copied} {}", quoted(&mailbox)))
                .await?;
            missing -= copied;
        }
        self.expect(&mailbox, count).await?;
        Ok(mailbox)
    }

    /// A mailbox that may have been filled for another mix before.
    pub(crate) async fn stock(&mut self, stock: Stock) -> Result<String, BenchError> {
        if let Some(mailbox) = self.stocked.get(&stock) {
            return Ok(mailbox.clone());
        }
        let mailbox = match stock {
            Stock::Letters => self.stock_letters().await?,
            Stock::Archive => {
                let messages = self.archive();
                eprintln!("copying until there are {messages} messages");
                Box::pin(self.copied("archive", messages)).await?
            }
            Stock::Parcels => {
                let mailbox = self.create("parcels").await?;
                self.fill(&mailbox, self.parcels(), PARCEL_BYTES).await?;
                mailbox
            }
        };
        self.stocked.insert(stock, mailbox.clone());
        Ok(mailbox)
    }

    /// Deletes every mailbox that was made here.
    pub(crate) async fn clear(&mut self) -> Result<(), BenchError> {
        let mut admin = Client::connect(self.world.first_node()?).await?;
        admin.login(&self.world.admin).await?;
        // A mailbox below another was made after it.
        for mailbox in self.made.drain(..).rev() {
            admin.ask(&format!("DELETE {}", quoted(&mailbox))).await?;
        }
        Ok(())
    }

    async fn stock_letters(&mut self) -> Result<String, BenchError> {
        let mailbox = self.create("letters").await?;
        self.fill(&mailbox, self.letters(), LETTER_BYTES).await?;
        Ok(mailbox)
    }

    /// Fails unless the mailbox has so many messages.
    pub(crate) async fn expect(&self, mailbox: &str, expected: usize) -> Result<(), BenchError> {
        let mut client = self.session(self.world.first_node()?).await?;
        let found = messages(&mut client, mailbox).await?;
        if found == expected {
            return Ok(());
        }
        let words = format!("{found} messages in {mailbox}, not {expected}");
        Err(BenchError::new(words))
    }

    async fn open<C, F: Future<Output = Result<C, BenchError>>>(
        &self,
        count: usize,
        each: impl Fn(usize) -> F,
    ) -> Result<Vec<C>, BenchError> {
        let opening = stream::iter((0..count).map(each)).buffered(OPENING_MAX);
        opening.try_collect().await
    }

    /// Another session of somebody who was cut off: at the same node, or where that is not there at another one.
    pub(crate) async fn anew(&self, number: usize, attempt: usize) -> Result<Client, BenchError> {
        let node = self.seat(number + attempt, Spread::AllNodes)?;
        let mut client = match &self.tls {
            Some(tls) => Client::connect_tls(node, tls).await?,
            None => Client::connect(node).await?,
        };
        self.login(&mut client, number).await?;
        Ok(client)
    }

    fn seat(&self, number: usize, spread: Spread) -> Result<&Node, BenchError> {
        match spread {
            Spread::FirstNode => self.world.first_node(),
            Spread::AllNodes => self.world.node(number % self.world.nodes.len()),
        }
    }

    /// A session of one person on the first node.
    async fn session_of(&self, number: usize) -> Result<Client, BenchError> {
        let mut client = Client::connect(self.world.first_node()?).await?;
        self.login(&mut client, number).await?;
        Ok(client)
    }

    async fn login(&self, client: &mut Client, number: usize) -> Result<(), BenchError> {
        client.login(self.person(number)?).await
    }

    fn person(&self, number: usize) -> Result<&Person, BenchError> {
        let person = self.world.regulars().iter().cycle().nth(number);
        person.ok_or_else(|| BenchError::new("the world has no people"))
    }
}

async fn messages(client: &mut Client, mailbox: &str) -> Result<usize, BenchError> {
    let mut found = String::new();
    let status = format!("STATUS {} (MESSAGES)", quoted(mailbox));
    client
        .ask_and(&status, |response| {
            found.push_str(&String::from_utf8_lossy(response));
        })
        .await?;
    let number = found.rsplit_once("(MESSAGES ");
    let number = number.and_then(|(_, rest)| rest.strip_suffix(')')?.parse().ok());
    number.ok_or_else(|| BenchError::new(format!("{status}: {found}")))
}

/// How many connections are opened at the same time.
const OPENING_MAX: usize = 16;
/// How many sessions fill a mailbox: enough for good batches.
const FILLERS: usize = 32;
const FILL_TIME_MAX: Duration = Duration::from_secs(300);
