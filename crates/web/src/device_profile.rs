//! A new token as a profile for an iPhone, an iPad or a Mac (docs/adr/0102-a-profile-is-made-of-what-the-page-sends-back.md). The token
//! is kept nowhere: the page on which it is shown sends it back.

use auth::Token;
use mail::{MailboxName, Place};
use maud::{Markup, html};
use store::{AccessToken, TokenScope};

use crate::devices::{Team, own_addresses, teams, user_names};
use crate::layout::{form_token, hidden};
use crate::problem::Problem;
use crate::response::WebResponse;
use crate::setup::{MailAccount, Profile, Servers};
use crate::visit::SignedIn;

const FILE: &str = "attachment; filename=\"postroom.mobileconfig\"";
/// The field with the token.
const TOKEN: &str = "device-password";
/// The field that asks for teams, too.
const WITH_TEAMS: &str = "teams";

/// The form on the page that shows the token.
pub(crate) fn form(person: &SignedIn<'_>, token: &Token, has_teams: bool) -> Markup {
    let texts = person.texts();
    html! {
        h2 { (texts.apple) }
        form.stack method="post" action="/devices/profile" {
            (form_token(&person.secret))
            (hidden(TOKEN, token.as_str()))
            p { (texts.profile_hint) }
            @if has_teams {
                label { input type="checkbox" name=(WITH_TEAMS) value="yes" checked; (texts.profile_with_teams) }
            }
            button type="submit" { (texts.download_profile) }
        }
    }
}

pub(crate) async fn download(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let form = &person.visit.form;
    let password = Token::parse(form.text(TOKEN).as_bytes()).map_err(|_| Problem::NotFound)?;
    let found = person.store.find_token(&password.hash()).await?;
    let (_, token) = found
        .filter(|(account, token)| account.id == person.account.id && token.services.imap)
        .ok_or(Problem::NotFound)?;
    let accounts = accounts(person, &token, form.is_ticked(WITH_TEAMS)).await?;
    let site = person.site();
    let servers = Servers::of(&site.mail_servers, person.visit.request.host_name());
    let profile = Profile {
        name: &token.name,
        identifier: format!("{}.postroom.{}", backwards(servers.imap_host), token.id),
        uuid: uuid(person)?,
        servers,
        password: password.as_str(),
        sends: token.services.submission,
        accounts,
    };
    let document = profile.document();
    let response = WebResponse::document(200, "application/x-apple-aspen-config", &document.0);
    Ok(response.with("content-disposition", FILE.to_owned()))
}

/// What the token opens, each as an account of its own.
async fn accounts(
    person: &SignedIn<'_>,
    token: &AccessToken,
    with_teams: bool,
) -> Result<Vec<MailAccount>, Problem> {
    let teams = teams(person).await?;
    match &token.scope {
        TokenScope::Tree { path, .. } => {
            let team = teams.iter().find(|team| team.path == *path);
            let team = team.ok_or(Problem::NotFound)?;
            let user = user_names(person, Some(team)).await?.into_iter().next();
            Ok(vec![
                of_team(person, team, user.unwrap_or_else(|| path.clone())).await?,
            ])
        }
        TokenScope::Account => {
            let mut accounts = vec![own(person).await?];
            for team in teams.iter().filter(|_| with_teams) {
                let user = format!("{}/{}", person.account.name, team.path);
                accounts.push(of_team(person, team, user).await?);
            }
            Ok(accounts)
        }
    }
}

async fn of_team(person: &SignedIn<'_>, team: &Team, user: String) -> Result<MailAccount, Problem> {
    Ok(MailAccount {
        name: team.path.clone(),
        address: own_addresses(person, team.mailbox).await?.next(),
        user,
        uuid: uuid(person)?,
    })
}

async fn own(person: &SignedIn<'_>) -> Result<MailAccount, Problem> {
    let account = &person.account;
    let inbox = Place::Mine(MailboxName::INBOX.to_owned());
    let inbox = person.store.resolve(account.id, &inbox).await?;
    let address = match inbox {
        _ if account.name.contains('@') => Some(account.name.clone()),
        Some(inbox) => own_addresses(person, inbox.id).await?.next(),
        None => None,
    };
    Ok(MailAccount {
        name: address.clone().unwrap_or_else(|| account.name.clone()),
        address,
        user: account.name.clone(),
        uuid: uuid(person)?,
    })
}

/// `imap.example.org` as `org.example.imap`, as identifiers of payloads are.
fn backwards(host: &str) -> String {
    host.rsplit('.').collect::<Vec<_>>().join(".")
}

/// A random one (RFC 9562, 5.4).
fn uuid(person: &SignedIn<'_>) -> Result<String, Problem> {
    let random = (person.site().random)().ok_or(Problem::Broken)?;
    let (bytes, _) = random.split_first_chunk().ok_or(Problem::Broken)?;
    Ok(format_uuid(u128::from_be_bytes(*bytes)))
}

fn format_uuid(bits: u128) -> String {
    let version = 4 << 76 | bits & !(0xf << 76);
    let whole = 2 << 62 | version & !(3 << 62);
    let text = format!("{whole:032X}");
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    for length in [8, 4, 4, 4] {
        let (part, more) = rest.split_at(length);
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::{backwards, format_uuid};

    #[test]
    fn identifiers_have_their_forms() {
        assert_eq!(format_uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(
            format_uuid(u128::MAX),
            "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"
        );
        assert_eq!(backwards("imap.example.org"), "org.example.imap");
    }
}
