//! What a directory is asked.

use std::fmt;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, Scope, SearchEntry, SearchOptions};

use crate::connect::Connector;
use crate::entry::{
    Group, Person, attributes_of_groups, attributes_of_people, groups, is_of, person,
};
use crate::form::{filter_for, filter_for_all, name_for};
use crate::kept::Kept;
use crate::settings::{Depth, Settings, Spawn};
use crate::trouble::Trouble;

/// Entries of one kind that a pass takes.
const ENTRIES_MAX: usize = 200_000;
/// Entries that a directory is asked for at a time.
const PAGE_ENTRIES: i32 = 500;

/// The results of a bind that say that name or password is wrong, or that this person may not come in: the directory refuses
/// its locked people by any of them.
const WRONG: [u32; 6] = [
    19, // constraintViolation
    32, // noSuchObject
    34, // invalidDNSyntax
    48, // inappropriateAuthentication
    49, // invalidCredentials
    53, // unwillingToPerform
];
const NO_SUCH_OBJECT: u32 = 32;
const SIZE_LIMIT_EXCEEDED: u32 = 4;

/// A directory, with connections to it.
pub struct Directory {
    settings: Settings,
    connector: Connector,
    /// Bound as whoever searches.
    searchers: Kept,
    /// Bound as whoever came last. Nothing is searched by these.
    binders: Kept,
}

/// Whether a password is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, and this is whose.
    Right(Person),
    /// There is no such person, or the password is another.
    Wrong,
}

impl Directory {
    /// Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// [`Trouble::Certificates`].
    pub fn new(settings: Settings, spawn: Spawn) -> Result<Self, Trouble> {
        Ok(Self {
            connector: Connector::new(&settings, spawn)?,
            settings,
            searchers: Kept::default(),
            binders: Kept::default(),
        })
    }

    /// Whether the passwords of whoever is called so are checked here, rather than by hashes.
    #[must_use]
    pub fn concerns(&self, user: &str) -> bool {
        is_of(user, &self.settings.people.domains)
    }

    /// Whether this is the password of whoever is called `user`. An empty one is not asked about: to a directory it is no password
    /// but a wish to be nobody (RFC 4513, 5.1.2).
    ///
    /// # Errors
    ///
    /// [`Trouble`], which says nothing of the password.
    pub async fn verify(&self, user: &str, password: &[u8]) -> Result<Verdict, Trouble> {
        let Ok(password) = std::str::from_utf8(password) else {
            return Ok(Verdict::Wrong);
        };
        if user.is_empty() || password.is_empty() {
            return Ok(Verdict::Wrong);
        }
        if let Some(template) = &self.settings.people.template {
            let name = name_for(template, user);
            return self.verify_by_name(&name, user, password).await;
        }
        let filter = filter_for(&self.settings.people.filter, user);
        let Some(person) = self.find(&filter).await? else {
            return Ok(Verdict::Wrong);
        };
        Ok(match self.bind(&person.entry, password).await? {
            true => Verdict::Right(person),
            false => Verdict::Wrong,
        })
    }

    /// Whether the directory answers and lets whoever searches in.
    ///
    /// # Errors
    ///
    /// [`Trouble`].
    pub async fn check(&self) -> Result<(), Trouble> {
        let nobody = filter_for(&self.settings.people.filter, "postroom-doctor");
        match &self.settings.people.template {
            None => self.find(&nobody).await.map(drop),
            Some(_) => self.connector.connect(&self.settings).await.map(drop),
        }
    }

    /// Everybody.
    ///
    /// # Errors
    ///
    /// [`Trouble`], also where not all was told.
    pub async fn people(&self) -> Result<Vec<Person>, Trouble> {
        let settings = &self.settings;
        let filter = filter_for_all(&settings.people.filter);
        let attributes = attributes_of_people(settings);
        let entries = self.all(&settings.people.base, &filter, attributes).await?;
        let people = entries.iter().filter_map(|entry| person(entry, settings));
        Ok(people.collect())
    }

    /// All groups, with those of `people` who are in them; `None` where groups are not asked for.
    ///
    /// # Errors
    ///
    /// [`Trouble`], also where not all was told.
    pub async fn groups(&self, people: &[Person]) -> Result<Option<Vec<Group>>, Trouble> {
        let Some(settings) = &self.settings.groups else {
            return Ok(None);
        };
        let attributes = attributes_of_groups(settings);
        let entries = self.all(&settings.base, &settings.filter, attributes);
        groups(&entries.await?, people, settings).map(Some)
    }

    async fn find(&self, filter: &str) -> Result<Option<Person>, Trouble> {
        let settings = &self.settings;
        let mut kept = self.searchers.take();
        loop {
            let is_new = kept.is_none();
            let mut ldap = match kept.take() {
                Some(ldap) => ldap,
                None => self.connector.connect_to_search(settings).await?,
            };
            let scope = settings.people.depth.scope();
            match self
                .ask_for_one(&mut ldap, &settings.people.base, scope, filter)
                .await
            {
                Ok(found) => {
                    self.searchers.put(ldap, settings.kept_max);
                    return Ok(found);
                }
                // A connection that was kept may have been closed meanwhile.
                Err(trouble) if is_new || !trouble.is_of_connection() => return Err(trouble),
                Err(_) => {}
            }
        }
    }

    /// Whether the directory lets an entry in by this password.
    async fn bind(&self, entry: &str, password: &str) -> Result<bool, Trouble> {
        let settings = &self.settings;
        let mut kept = self.binders.take();
        loop {
            let is_new = kept.is_none();
            let mut ldap = match kept.take() {
                Some(ldap) => ldap,
                None => self.connector.connect(settings).await?,
            };
            match self.ask_to_bind(&mut ldap, entry, password).await {
                Ok(is_right) => {
                    self.binders.put(ldap, settings.kept_max);
                    return Ok(is_right);
                }
                Err(trouble) if is_new || !trouble.is_of_connection() => return Err(trouble),
                Err(_) => {}
            }
        }
    }

    /// As the entry of this name, which reads itself: what a filter finds elsewhere is not who has proved anything.
    async fn verify_by_name(
        &self,
        name: &str,
        user: &str,
        password: &str,
    ) -> Result<Verdict, Trouble> {
        let mut ldap = self.connector.connect(&self.settings).await?;
        if !self.ask_to_bind(&mut ldap, name, password).await? {
            return Ok(Verdict::Wrong);
        }
        let filter = filter_for(&self.settings.people.filter, user);
        let found = self.ask_for_one(&mut ldap, name, Scope::Base, &filter);
        Ok(found.await?.map_or(Verdict::Wrong, Verdict::Right))
    }

    async fn ask_to_bind(
        &self,
        ldap: &mut Ldap,
        entry: &str,
        password: &str,
    ) -> Result<bool, Trouble> {
        ldap.with_timeout(self.settings.timeout);
        let result = ldap.simple_bind(entry, password).await?;
        match result.rc {
            0 => Ok(true),
            code if WRONG.contains(&code) => Ok(false),
            _ => Err(Trouble::of_result(&result)),
        }
    }

    async fn ask_for_one(
        &self,
        ldap: &mut Ldap,
        base: &str,
        scope: Scope,
        filter: &str,
    ) -> Result<Option<Person>, Trouble> {
        ldap.with_timeout(self.settings.timeout);
        ldap.with_search_options(SearchOptions::new().sizelimit(2));
        let attributes = attributes_of_people(&self.settings);
        let found = ldap.search(base, scope, filter, attributes).await?;
        let entries = found.0.into_iter();
        let mut entries = entries.filter(|entry| !entry.is_ref() && !entry.is_intermediate());
        match (found.1.rc, entries.next(), entries.next()) {
            (0, None, _) => Ok(None),
            (0, Some(entry), None) => Ok(person(&SearchEntry::construct(entry), &self.settings)),
            (0 | SIZE_LIMIT_EXCEEDED, Some(_), Some(_)) => Err(Trouble::Several),
            (NO_SUCH_OBJECT, _, _) if matches!(scope, Scope::Base) => Ok(None),
            _ => Err(Trouble::of_result(&found.1)),
        }
    }

    async fn all(
        &self,
        base: &str,
        filter: &str,
        attributes: Vec<String>,
    ) -> Result<Vec<SearchEntry>, Trouble> {
        let mut ldap = self.connector.connect_to_search(&self.settings).await?;
        ldap.with_timeout(self.settings.timeout);
        let adapters: Vec<Box<dyn Adapter<'_, String, Vec<String>>>> = vec![
            Box::new(EntriesOnly::new()),
            Box::new(PagedResults::new(PAGE_ENTRIES)),
        ];
        let scope = self.settings.people.depth.scope();
        let mut stream = ldap
            .streaming_search_with(adapters, base, scope, filter, attributes)
            .await?;
        let mut entries = Vec::new();
        while let Some(entry) = stream.next().await? {
            if entries.len() == ENTRIES_MAX {
                return Err(Trouble::TooMany(ENTRIES_MAX));
            }
            entries.push(SearchEntry::construct(entry));
        }
        // What is cut off by a limit of the directory does not end well.
        stream.finish().await.success()?;
        drop(ldap.unbind().await);
        Ok(entries)
    }
}

impl Depth {
    const fn scope(self) -> Scope {
        match self {
            Self::Subtree => Scope::Subtree,
            Self::One => Scope::OneLevel,
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Directory").field(&self.settings).finish()
    }
}
