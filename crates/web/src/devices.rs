//! One's own access tokens: listed, made, withdrawn.

use acl::AccessMode;
use auth::Token;
use mail::limits::TOKEN_NAME_BYTES_MAX;
use mail::{MailboxId, MailboxName, Place};
use maud::{Markup, html};
use store::{Fault, Listed, ListedToken, NewToken, Services, SignedInBy};

use crate::again;
use crate::api_token;
use crate::device_profile;
use crate::layout::{self, Question, Section, alert, form_token, notice};
use crate::problem::Problem;
use crate::request::url;
use crate::response::WebResponse;
use crate::setup::Servers;
use crate::texts::fill;
use crate::visit::SignedIn;
use crate::words;

const DAY: i64 = 24 * 60 * 60;
/// The spans for which a token may be made, in days, as the form sends them.
pub(crate) const SPANS: [(&str, i64); 3] = [("30", 30), ("90", 90), ("365", 365)];
/// The field of a form that only looks, and its value for all that somebody sees.
const WHOLE_ACCOUNT: &str = "";

/// A team that a token can be for alone.
pub(crate) struct Team {
    pub(crate) mailbox: MailboxId,
    pub(crate) name: MailboxName,
    pub(crate) path: String,
}

pub(crate) async fn show(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let remark = match person.visit.query.text("notice") {
        "withdrawn" => notice(texts.withdrawn, &html! {}),
        "confirmed" if person.by == SignedInBy::ProviderAgain => notice(texts.confirmed, &html! {}),
        _ => html! {},
    };
    list(person, 200, &remark).await
}

/// All tokens, and the form for another one as far as it was filled in.
pub(crate) async fn list(
    person: &SignedIn<'_>,
    status: u16,
    remark: &Markup,
) -> Result<WebResponse, Problem> {
    let tokens = person.store.tokens(Some(person.account.id)).await?;
    let teams = teams(person).await?;
    let texts = person.texts();
    let main = html! {
        h1 { (texts.devices) }
        p.lead { (texts.devices_hint) }
        (remark)
        @if tokens.is_empty() { p { (texts.no_devices) } } @else {
            table.cards {
                thead { tr {
                    @for title in [
                        texts.device, texts.opens, texts.good_for, texts.made, texts.ends, texts.last_used,
                    ] { th scope="col" { (title) } }
                    td {}
                } }
                tbody { @for token in &tokens { (row(person, token)) } }
            }
        }
        h2 #new { (texts.new_device) }
        @match again::missing(person) {
            Some(provider) => { (again::ask(person, provider)) }
            None => {
                (new_form(person, &teams))
                @if person.site().serves_api {
                    h2 #new-token { (texts.new_api_token) }
                    (api_token::form(person))
                }
            }
        }
    };
    Ok(layout::answer(
        person,
        status,
        Section::Devices,
        texts.devices,
        &main,
    ))
}

fn row(person: &SignedIn<'_>, token: &ListedToken) -> Markup {
    let texts = person.texts();
    let language = person.language();
    let opens = match &token.mailbox {
        None => texts.whole_account.to_owned(),
        // Of a mailbox that is somebody's by now the token opens nothing.
        Some(place) => person
            .team_name(place)
            .map_or_else(|| "–".to_owned(), |name| name.to_string()),
    };
    let withdraw = fill(texts.withdraw_device, &[("device", &token.name)]);
    let there = url("/devices/withdraw", &[("device", &token.name)]);
    html! {
        tr {
            th scope="row" { (token.name) }
            td data-label=(texts.opens) { (opens) }
            td data-label=(texts.good_for) { (good_for(person, token)) }
            td data-label=(texts.made) { (words::time(language, &token.created_at)) }
            td data-label=(texts.ends) {
                @match &token.expires_at {
                    None => { (texts.never) }
                    Some(at) if token.is_expired => {
                        span.bad { (fill(texts.ended, &[("time", &words::moment(language, at))])) }
                    }
                    Some(at) => { (words::time(language, at)) }
                }
            }
            td data-label=(texts.last_used) { (last_used(person, token)) }
            td.do { a.button href=(there) aria-label=(withdraw) { (texts.withdraw) } }
        }
    }
}

fn good_for(person: &SignedIn<'_>, token: &ListedToken) -> String {
    let texts = person.texts();
    let Services {
        imap,
        submission,
        api,
        scim,
    } = token.services;
    let words = [
        imap.then_some(texts.reading_mail),
        submission.then_some(texts.sending_mail),
        api.then_some(texts.using_api),
        scim.then_some(texts.using_scim),
        (token.mode == AccessMode::ReadOnly).then_some(texts.only_reading),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn last_used(person: &SignedIn<'_>, token: &ListedToken) -> Markup {
    let texts = person.texts();
    let open = match token.sessions {
        0 => None,
        1 => Some(texts.open_now_one.to_owned()),
        count => Some(fill(texts.open_now, &[("count", &count.to_string())])),
    };
    let from = [&token.used_address, &token.used_client];
    let from: Vec<_> = from.into_iter().flatten().map(String::as_str).collect();
    html! {
        @match &token.used_at {
            None => { (texts.never_used) }
            Some(at) => {
                (words::time(person.language(), at))
                @if !from.is_empty() { br; small { (fill(texts.used_from, &[("place", &from.join(", "))])) } }
            }
        }
        @if let Some(open) = open { br; strong { (open) } }
    }
}

fn new_form(person: &SignedIn<'_>, teams: &[Team]) -> Markup {
    let texts = person.texts();
    let form = &person.visit.form;
    // A form that comes back has what was chosen; a fresh one is for everything.
    let is_fresh = form.raw("name").is_empty();
    let is_chosen = |field: &str| is_fresh || form.is_ticked(field);
    html! {
        form.stack method="post" action="/devices#new" {
            (form_token(&person.secret))
            label for="name" { (texts.device_name) }
            input #name name="name" type="text" required maxlength=(TOKEN_NAME_BYTES_MAX) value=(form.text("name"))
                autocomplete="off" aria-describedby="name-hint";
            p.hint #name-hint { (texts.device_name_hint) }
            label for="opens" { (texts.what_it_opens) }
            select #opens name="opens" aria-describedby="opens-hint" {
                option value=(WHOLE_ACCOUNT) { (texts.whole_account) }
                @for team in teams {
                    @let name = team.name.as_str();
                    option value=(name) selected[form.text("opens") == name] {
                        (fill(texts.only_team, &[("team", name)]))
                    }
                }
            }
            p.hint #opens-hint { (texts.what_it_opens_hint) }
            fieldset {
                legend { (texts.what_it_is_for) }
                label { input type="checkbox" name="imap" value="yes" checked[is_chosen("imap")]; (texts.read_and_file) }
                label { input type="checkbox" name="send" value="yes" checked[is_chosen("send")]; (texts.send) }
                label { input type="checkbox" name="look" value="yes" checked[form.is_ticked("look")]; (texts.change_nothing) }
            }
            label for="until" { (texts.until_when) }
            select #until name="until" {
                option value="" { (texts.without_end) }
                @for ((value, _), words) in SPANS.iter().zip([texts.for_month, texts.for_quarter, texts.for_year]) {
                    option value=(value) selected[form.text("until") == *value] { (words) }
                }
            }
            (again::password(person, "password", texts.own_password))
            button.primary type="submit" { (texts.make_password) }
        }
    }
}

/// The shared trees of which this person may know something, by their topmost mailbox.
pub(crate) async fn teams(person: &SignedIn<'_>) -> Result<Vec<Team>, Problem> {
    let visible = person.store.visible(person.account.id).await?;
    let teams = Listed::topmost(&visible).filter_map(|listed| match &listed.place {
        Place::Shared(path) => Some(Team {
            mailbox: listed.id,
            name: person.team_name(&listed.place)?,
            path: path.clone(),
        }),
        Place::Mine(_) | Place::Theirs { .. } => None,
    });
    Ok(teams.collect())
}

pub(crate) async fn make(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let form = &person.visit.form;
    let teams = teams(person).await?;
    let wanted = form.text("opens");
    let team = teams.iter().find(|team| team.name.as_str() == wanted);
    if team.is_none() && wanted != WHOLE_ACCOUNT {
        return list(person, 400, &alert(texts.no_team)).await;
    }
    let mode = if form.is_ticked("look") {
        AccessMode::ReadOnly
    } else {
        AccessMode::ReadWrite
    };
    let services = Services {
        imap: form.is_ticked("imap"),
        submission: form.is_ticked("send") && mode == AccessMode::ReadWrite,
        api: false,
        scim: false,
    };
    if !(services.imap || services.submission) {
        return list(person, 400, &alert(texts.no_service)).await;
    }
    if let Err((status, words)) = again::check(person).await? {
        return list(person, status, &alert(words)).await;
    }
    let expires_at = expires_at(person);
    let token = random_token(person)?;
    let new = NewToken {
        name: form.text("name"),
        hash: token.hash(),
        mailbox: team.map(|team| team.mailbox),
        services,
        mode,
        expires_at,
    };
    match person.store.add_token(person.account.id, &new).await {
        Ok(_) => shown_once(person, &token, &new, team, !teams.is_empty()).await,
        Err(fault) => not_made(person, new.name, fault).await,
    }
}

/// When what the form makes ends, in seconds since 1970; `None` for never.
pub(crate) fn expires_at(person: &SignedIn<'_>) -> Option<i64> {
    let until = person.visit.form.text("until");
    let span = SPANS.iter().find(|(value, _)| *value == until);
    span.map(|(_, days)| person.visit.request.unix_seconds + days * DAY)
}

pub(crate) fn random_token(person: &SignedIn<'_>) -> Result<Token, Problem> {
    let random = (person.site().random)().ok_or(Problem::Broken)?;
    let (random, _) = random.split_first_chunk().ok_or(Problem::Broken)?;
    Ok(Token::from_random(random))
}

/// The page, with why there is no token of this name.
pub(crate) async fn not_made(
    person: &SignedIn<'_>,
    name: &str,
    fault: Fault,
) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let (status, words) = match fault {
        Fault::Exists => (409, texts.name_taken),
        // The only other bound is the number of tokens.
        Fault::Limit(_) if is_name(name) => (409, texts.too_much),
        Fault::Limit(_) => (400, texts.name_wrong),
        fault => return Err(fault.into()),
    };
    list(person, status, &alert(words)).await
}

/// As the store has it.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= TOKEN_NAME_BYTES_MAX && !name.contains(char::is_control)
}

/// With what a mail program asks for. The answer to the form itself: a page to come back to would have to keep the token.
async fn shown_once(
    person: &SignedIn<'_>,
    token: &Token,
    new: &NewToken<'_>,
    team: Option<&Team>,
    has_teams: bool,
) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let names = user_names(person, team).await?;
    let title = fill(texts.password_made, &[("device", new.name)]);
    let main = html! {
        h1 { (title) }
        p { (texts.shown_once) }
        p.token { code { (token.as_str()) } }
        h2 { (texts.settings_of_program) }
        (program_settings(person, new.services, &names))
        @if new.services.imap { (device_profile::form(person, token, has_teams && team.is_none())) }
        p { a.button href="/devices" { (texts.to_devices) } }
    };
    Ok(layout::page(person, Section::Devices, &title, &main))
}

/// Whatever a mail program may be told as the user: the address or the name of the team, or one's own.
pub(crate) async fn user_names(
    person: &SignedIn<'_>,
    team: Option<&Team>,
) -> Result<Vec<String>, Problem> {
    let Some(team) = team else {
        return Ok(vec![person.account.name.clone()]);
    };
    let names = own_addresses(person, team.mailbox).await?;
    Ok(names.chain([team.path.clone()]).collect())
}

/// The addresses that lead to a mailbox and nowhere else.
pub(crate) async fn own_addresses(
    person: &SignedIn<'_>,
    mailbox: MailboxId,
) -> Result<impl Iterator<Item = String> + use<>, Problem> {
    let addresses = person.store.addresses_of(mailbox).await?.into_iter();
    Ok(addresses
        .filter(|address| address.is_alone && !address.address.starts_with('@'))
        .map(|address| address.address))
}

fn program_settings(person: &SignedIn<'_>, services: Services, names: &[String]) -> Markup {
    let texts = person.texts();
    let own_host = person.visit.request.host_name();
    let servers = Servers::of(&person.site().mail_servers, own_host);
    let (user, others) = names
        .split_first()
        .map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
    let row = |title: &str, value: &str, more: Markup| {
        html! { tr { th scope="row" { (title) } td { code { (value) } (more) } } }
    };
    let server = |title: &str, kind: &str, host: &str, port: u16| {
        html! {
            tbody {
                (row(title, host, html! { " (" (kind) ")" }))
                (row(texts.port, &port.to_string(), html! {}))
                (row(texts.security, "SSL/TLS", html! {}))
            }
        }
    };
    html! {
        table.settings {
            thead { tr { th scope="col" { (texts.setting) } th scope="col" { (texts.value) } } }
            tbody {
                (row(texts.user, user, html! {
                    @for other in others { " " (fill(texts.or, &[("other", other)])) }
                }))
            }
            @if services.imap { (server(texts.incoming_server, "IMAP", servers.imap_host, servers.imap_port)) }
            @if services.submission && let Some((host, port)) = servers.submission {
                (server(texts.outgoing_server, "SMTP", host, port))
            }
        }
    }
}

pub(crate) async fn ask_to_withdraw(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let texts = person.texts();
    let device = person.visit.query.text("device");
    let tokens = person.store.tokens(Some(person.account.id)).await?;
    if !tokens.iter().any(|token| token.name == device) {
        return Err(Problem::NotFound);
    }
    let title = fill(texts.withdraw_question, &[("device", device)]);
    let question = Question {
        title: &title,
        effect: texts.withdraw_effect,
        action: "/devices/withdraw",
        fields: &[("device", device)],
        button: texts.withdraw,
        is_removal: true,
        cancel: "/devices",
    };
    Ok(layout::ask(person, Section::Devices, &question))
}

pub(crate) async fn withdraw(person: &SignedIn<'_>) -> Result<WebResponse, Problem> {
    let device = person.visit.form.text("device");
    match person.store.remove_token(person.account.id, device).await {
        // One that is gone already is what was wanted.
        Ok(()) | Err(Fault::Gone) => Ok(WebResponse::see(url(
            "/devices",
            &[("notice", "withdrawn")],
        ))),
        Err(fault) => Err(fault.into()),
    }
}
