//! `postroom team list`: which teams there are, who is in them and what comes to them.

use std::collections::{BTreeMap, BTreeSet};

use ::acl::Role;
use mail::Place;
use serde_json::{Value, json};
use store::LeadsTo;

use crate::cli::admin_context::AdminContext;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// A team as it is.
struct ListedTeam {
    name: String,
    /// Who its list names, with a role or rights.
    people: Vec<(String, String)>,
    addresses: Vec<String>,
}

pub(super) async fn run(context: &AdminContext, terminal: &Terminal) -> Result<(), Failure> {
    let teams = load(context).await?;
    let data = teams.iter().map(|team| {
        let people = team.people.iter();
        let people = people.map(|(who, role)| json!({ "who": who, "role": role }));
        json!({ "team": team.name, "people": people.collect::<Value>(), "addresses": team.addresses })
    });
    terminal.show(&data.collect(), || teams.iter().map(line).collect())
}

/// `Shared Folders/support  ada (manager), bo (editor)  support@example.org`
fn line(team: &ListedTeam) -> String {
    let people = team.people.iter();
    let people: Vec<_> = people
        .map(|(who, role)| format!("{who} ({role})"))
        .collect();
    let words = [
        team.name.clone(),
        people.join(", "),
        team.addresses.join(", "),
    ];
    words.join("  ").trim_end().to_owned() + "\n"
}

async fn load(context: &AdminContext) -> Result<Vec<ListedTeam>, Failure> {
    let operator = context.operator(None).await?;
    let visible = context.store.visible(operator.account.id).await?;
    let with_folders: BTreeSet<String> = visible
        .iter()
        .filter(|listed| listed.special_use.is_some())
        .filter_map(|listed| match &listed.place {
            Place::Shared(path) => Some(path.rsplit_once('/')?.0.to_owned()),
            Place::Mine(_) | Place::Theirs { .. } => None,
        })
        .collect();
    let mut addresses: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for listed in context.store.addresses().await? {
        if let LeadsTo::Mailbox(place) = listed.leads_to {
            addresses.entry(place).or_default().push(listed.address);
        }
    }
    let is_team =
        |place: &Place| matches!(place, Place::Shared(path) if with_folders.contains(path));
    let mut teams = Vec::new();
    for listed in visible.into_iter().filter(|listed| is_team(&listed.place)) {
        let list = context.store.access_list(listed.id).await?;
        let people = list.iter().filter(|entry| !entry.is_negative).map(|entry| {
            let role = Role::of(entry.rights).map(|role| role.word().to_owned());
            let role = role.unwrap_or_else(|| entry.rights.to_string());
            (entry.identifier.to_string(), role)
        });
        teams.push(ListedTeam {
            name: context.name(&listed.place).to_string(),
            people: people.collect(),
            addresses: addresses.remove(&listed.place).unwrap_or_default(),
        });
    }
    teams.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(teams)
}
