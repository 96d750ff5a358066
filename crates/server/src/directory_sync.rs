//! Accounts and groups follow a directory (docs/adr/0105-accounts-follow-the-directory.md): one look at all that it has, and what is done
//! about it.

use std::collections::HashMap;
use std::sync::Arc;

use ldap::{
    Directory, GroupChange, KnownGroup, KnownPerson, Person, PersonChange, Trouble,
    are_members_missing, are_people_missing, group_changes, person_changes,
};
use mail::AccountId;
use store::{Fault, Newcomers, Store};

/// What a look at the directory may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Nothing: it says what it would do.
    Trial,
    /// What is not alarming.
    Careful,
    /// Whatever follows from what the directory has.
    Forced,
}

/// What a look at the directory has done, or would do.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// How many people the directory has.
    pub(crate) people: usize,
    /// Each thing that was done, in words.
    pub(crate) done: Vec<String>,
    /// Each that cannot be done, and why.
    pub(crate) refused: Vec<String>,
}

/// Why a look at the directory has done nothing, or not all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SyncTrouble {
    /// The directory has not told all.
    #[error("the directory could not be read: {0}")]
    Directory(#[from] Trouble),
    /// The database has not done all.
    #[error(transparent)]
    Store(#[from] Fault),
    /// More would go at once than is believed.
    #[error(
        "nothing is changed: {gone} of {known} {what} would go at once; if that is right: postroom directory sync --force"
    )]
    Alarming {
        /// How many would go.
        gone: usize,
        /// Of how many.
        known: usize,
        /// Of what.
        what: &'static str,
    },
}

/// What follows a directory.
#[derive(Clone, Debug)]
pub(crate) struct Follower {
    pub(crate) directory: Arc<Directory>,
    pub(crate) store: Store,
    /// Whether people get accounts before they log in.
    pub(crate) newcomers: Newcomers,
}

impl Follower {
    /// Looks at all that the directory has, and does what follows. What is done once is not done again: a pass that was broken off is
    /// made good by the next.
    pub(crate) async fn follow_once(&self, pass: Pass) -> Result<Report, SyncTrouble> {
        // Before the directory is asked: who comes to both meanwhile is not taken for gone.
        let known = self.known().await?;
        // All of it is read before anything is done.
        let people = self.directory.people().await?;
        let groups = self.directory.groups(&people).await?;
        let mut report = Report {
            people: people.len(),
            ..Report::default()
        };
        let changes = person_changes(&people, &known);
        let leavers = changes
            .iter()
            .filter(|change| matches!(change, PersonChange::Leave(_)))
            .count();
        let active = known.iter().filter(|known| !known.is_disabled).count();
        if are_people_missing(active, leavers) {
            doubt(pass, (leavers, active, "people"), &mut report)?;
        }
        let groups = match groups {
            None => None,
            Some(groups) => {
                let known = self.known_groups().await?;
                let changes = group_changes(&groups, &known, &ids(&self.known().await?));
                let removed = changes.iter().map(|change| change.removed).sum();
                let members = known.iter().map(|group| group.members.len()).sum();
                if are_members_missing(members, removed) {
                    doubt(pass, (removed, members, "members of groups"), &mut report)?;
                }
                Some((groups, known, changes))
            }
        };
        for change in changes {
            self.change_person(change, pass, &mut report).await?;
        }
        let Some((groups, known, foreseen)) = groups else {
            return Ok(report);
        };
        // Whoever has joined by now has an account.
        let changes = match pass {
            Pass::Trial => foreseen,
            Pass::Careful | Pass::Forced => {
                group_changes(&groups, &known, &ids(&self.known().await?))
            }
        };
        for change in changes {
            self.change_group(change, pass, &mut report).await?;
        }
        Ok(report)
    }

    async fn known(&self) -> Result<Vec<KnownPerson>, Fault> {
        let accounts = self.store.directory_accounts().await?.into_iter();
        let known = accounts.map(|account| KnownPerson {
            account: account.id,
            name: account.name,
            id: account.directory_id,
            stamp: account.stamp,
            is_disabled: account.is_disabled,
            has_left: account.has_left,
        });
        Ok(known.collect())
    }

    async fn known_groups(&self) -> Result<Vec<KnownGroup>, Fault> {
        let groups = self.store.directory_groups().await?.into_iter();
        let known = groups.map(|group| KnownGroup {
            name: group.name,
            members: group.members.into_iter().collect(),
        });
        Ok(known.collect())
    }

    async fn change_person(
        &self,
        change: PersonChange<'_>,
        pass: Pass,
        report: &mut Report,
    ) -> Result<(), SyncTrouble> {
        let (words, person) = match change {
            PersonChange::Join(person) if self.newcomers == Newcomers::Welcome => {
                let name = person.names.first().map_or("", String::as_str);
                (format!("{name} has an account"), person)
            }
            PersonChange::Join(_) => return Ok(()),
            PersonChange::Update(known, person) if person.names.contains(&known.name) => {
                (format!("{} has another password", known.name), person)
            }
            PersonChange::Update(known, person) => {
                let name = person.names.first().map_or("", String::as_str);
                (format!("{} is called {name}", known.name), person)
            }
            PersonChange::Return(known) => {
                if pass != Pass::Trial {
                    self.store.return_to_directory(known.account).await?;
                }
                report.done.push(format!("{} is enabled again", known.name));
                return Ok(());
            }
            PersonChange::Leave(known) => {
                if pass != Pass::Trial {
                    self.store.leave_directory(known.account).await?;
                }
                report.done.push(format!("{} is disabled", known.name));
                return Ok(());
            }
        };
        if pass != Pass::Trial {
            match self
                .store
                .enter_person(entered(person), self.newcomers)
                .await
            {
                Ok(_) => {}
                Err(cause @ (Fault::Exists | Fault::Limit(_))) => {
                    report.refused.push(format!("{words}: {cause}"));
                    return Ok(());
                }
                Err(cause) => return Err(cause.into()),
            }
        }
        report.done.push(words);
        Ok(())
    }

    async fn change_group(
        &self,
        change: GroupChange,
        pass: Pass,
        report: &mut Report,
    ) -> Result<(), SyncTrouble> {
        let GroupChange {
            name,
            members,
            added,
            removed,
        } = change;
        let words = format!("group {name}: {added} in, {removed} out");
        if pass != Pass::Trial {
            match self.store.keep_group(&name, members).await {
                Ok(()) => {}
                Err(Fault::Exists) => {
                    let why = "a group of this name is kept by hand";
                    report.refused.push(format!("{words}: {why}"));
                    return Ok(());
                }
                Err(cause @ Fault::Limit(_)) => {
                    report.refused.push(format!("{words}: {cause}"));
                    return Ok(());
                }
                Err(cause) => return Err(cause.into()),
            }
        }
        report.done.push(words);
        Ok(())
    }
}

/// How the store takes a person.
pub(crate) fn entered(person: &Person) -> store::Person<'_> {
    store::Person {
        id: &person.id,
        names: &person.names,
        stamp: person.stamp.as_deref(),
    }
}

fn ids(known: &[KnownPerson]) -> HashMap<String, AccountId> {
    let ids = known.iter().map(|known| (known.id.clone(), known.account));
    ids.collect()
}

/// More would go than is believed, and nothing has been done yet.
fn doubt(
    pass: Pass,
    (gone, known, what): (usize, usize, &'static str),
    report: &mut Report,
) -> Result<(), SyncTrouble> {
    let trouble = SyncTrouble::Alarming { gone, known, what };
    match pass {
        Pass::Careful => return Err(trouble),
        Pass::Trial => report.refused.push(trouble.to_string()),
        Pass::Forced => {}
    }
    Ok(())
}
