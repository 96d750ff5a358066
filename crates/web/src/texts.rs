//! All texts of the pages, in each language. What stands in braces is put in by [`fill`].

macro_rules! texts {
    ($($key:ident: $english:literal, $german:literal;)*) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(crate) struct Texts {
            $(pub(crate) $key: &'static str,)*
        }

        pub(crate) const ENGLISH: Texts = Texts { $($key: $english,)* };
        pub(crate) const GERMAN: Texts = Texts { $($key: $german,)* };

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $english, $german),)*];
    };
}

texts! {
    // What all pages have.
    skip: "To the content", "Zum Inhalt";
    sections: "Sections", "Bereiche";
    teams: "Teams", "Teams";
    devices: "My devices", "Meine Geräte";
    sign_out: "Sign out", "Abmelden";
    signed_in_as: "Signed in as {user}", "Angemeldet als {user}";
    cancel: "Cancel", "Abbrechen";
    back: "Back", "Zurück";

    // Signing in.
    sign_in: "Sign in", "Anmelden";
    user: "User name", "Benutzername";
    password: "Password", "Passwort";
    sign_in_hint: "The password of your mail itself, not that of one device.", "Das Passwort Ihrer E-Mail selbst, nicht das eines Geräts.";
    login_failed: "The user name or the password is wrong.", "Benutzername oder Passwort ist falsch.";
    too_many_logins: "There were too many attempts. Please wait a few minutes.", "Es waren zu viele Versuche. Bitte warten Sie einige Minuten.";
    sign_in_at: "Sign in with {provider}", "Anmelden mit {provider}";
    or_by_password: "Or with your mail password:", "Oder mit Ihrem E-Mail-Passwort:";
    provider_away: "{provider} does not answer right now. Please try again in a moment.", "{provider} antwortet gerade nicht. Bitte versuchen Sie es gleich noch einmal.";
    old_sign_in: "This sign-in was too old, or was not begun in this browser. Please try again.", "Diese Anmeldung war zu alt oder begann nicht in diesem Browser. Bitte versuchen Sie es noch einmal.";
    sign_in_not_done: "The sign-in was not finished. Please try again.", "Die Anmeldung wurde nicht abgeschlossen. Bitte versuchen Sie es noch einmal.";
    not_let_in: "You could not be signed in.", "Sie konnten nicht angemeldet werden.";
    somebody_else: "You have confirmed to be somebody else than who is signed in here.", "Sie haben sich als jemand anderes bestätigt, als hier angemeldet ist.";
    signed_out: "You are signed out.", "Sie sind abgemeldet.";

    // What went wrong.
    not_found: "There is no such page", "Diese Seite gibt es nicht";
    not_found_hint: "Or it is not for you to see.", "Oder sie ist nicht für Sie bestimmt.";
    not_allowed: "You may not do that", "Das dürfen Sie nicht";
    not_allowed_hint: "Somebody who manages the mailbox can change that.", "Wer das Postfach verwaltet, kann das ändern.";
    old_form: "The page was too old", "Die Seite war zu alt";
    old_form_hint: "Nothing was changed. Please go back, load the page again, and try once more.", "Es wurde nichts geändert. Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.";
    wrong_method: "That cannot be done with this page", "Das geht mit dieser Seite nicht";
    unavailable: "This does not work right now", "Das geht gerade nicht";
    unavailable_hint: "Please try again in a moment.", "Bitte versuchen Sie es gleich noch einmal.";
    refused: "That was not done", "Das wurde nicht getan";
    too_much: "There are too many of them already.", "Davon gibt es schon zu viele.";

    // Access tokens.
    devices_hint: "A password of its own for each device: when one is lost, you withdraw that one, and the others go on.", "Ein eigenes Passwort für jedes Gerät: Geht eines verloren, ziehen Sie nur dieses zurück; die anderen bleiben.";
    no_devices: "There is no device with a password of its own yet.", "Noch hat kein Gerät ein eigenes Passwort.";
    device: "Device", "Gerät";
    opens: "Opens", "Öffnet";
    good_for: "Good for", "Gilt für";
    made: "Made", "Angelegt";
    ends: "Ends", "Endet";
    last_used: "Last used", "Zuletzt benutzt";
    never: "never", "nie";
    never_used: "not yet", "noch nicht";
    ended: "ended on {time}", "abgelaufen am {time}";
    used_from: "from {place}", "von {place}";
    open_now_one: "open now", "gerade offen";
    open_now: "open now, {count} times", "gerade offen, {count}-mal";
    withdraw: "Withdraw", "Zurückziehen";
    withdraw_device: "Withdraw {device}", "{device} zurückziehen";
    withdraw_question: "Withdraw the password of {device}?", "Das Passwort von {device} zurückziehen?";
    withdraw_effect: "Whatever is open with it ends at once, and nobody gets in with it again.", "Was damit offen ist, endet sofort, und niemand kommt damit wieder hinein.";
    withdrawn: "The password was withdrawn. Whatever was open with it has ended.", "Das Passwort ist zurückgezogen. Was damit offen war, ist beendet.";
    whole_account: "everything that I see", "alles, was ich sehe";
    reading_mail: "mail", "E-Mail";
    sending_mail: "sending", "Versand";
    using_api: "managing by programs", "Verwaltung durch Programme";
    using_scim: "keeping accounts by a directory", "Verwaltung durch ein Verzeichnis";
    only_reading: "only reading", "nur lesen";
    new_device: "A password for a device", "Ein Passwort für ein Gerät";
    device_name: "Name", "Name";
    device_name_hint: "By which you will know it again, such as “Ada’s phone”.", "An dem Sie es wiedererkennen, etwa „Adas Telefon“.";
    what_it_opens: "What it opens", "Was es öffnet";
    what_it_opens_hint: "A team alone is an account of its own in the mail program.", "Ein Team allein ist im Mailprogramm ein eigenes Konto.";
    only_team: "{team} alone", "nur {team}";
    what_it_is_for: "What it is for", "Wofür es gilt";
    read_and_file: "read and file mail", "E-Mail lesen und ablegen";
    send: "send mail", "E-Mail versenden";
    change_nothing: "only look, and change nothing", "nur ansehen, nichts ändern";
    until_when: "Until when", "Bis wann";
    without_end: "until I withdraw it", "bis ich es zurückziehe";
    for_month: "30 days", "30 Tage";
    for_quarter: "90 days", "90 Tage";
    for_year: "a year", "ein Jahr";
    own_password: "Your own password", "Ihr eigenes Passwort";
    own_password_hint: "So that nobody makes one who finds your browser open.", "Damit niemand eines anlegt, der Ihren Browser offen findet.";
    confirm_hint: "Before you make a password for a device, please show once more who you are. That holds for {minutes} minutes.", "Bevor Sie ein Passwort für ein Gerät anlegen, zeigen Sie bitte noch einmal, wer Sie sind. Das gilt {minutes} Minuten.";
    confirm_at: "Confirm with {provider}", "Mit {provider} bestätigen";
    confirmed: "You have shown who you are. You can make passwords for a few minutes.", "Sie haben gezeigt, wer Sie sind. Einige Minuten lang können Sie Passwörter anlegen.";
    confirm_first: "Please show once more who you are, and then fill in the form again.", "Bitte zeigen Sie noch einmal, wer Sie sind, und füllen Sie das Formular dann noch einmal aus.";
    new_api_token: "A token for a program", "Ein Token für ein Programm";
    api_token_hint: "With it a program manages, by the HTTP API, what you manage here. It opens no mail.", "Damit verwaltet ein Programm über die HTTP-API, was Sie hier verwalten. Es öffnet keine E-Mail.";
    program: "Name of the program", "Name des Programms";
    program_hint: "By which you will know it again, such as “Ada’s script”.", "An dem Sie es wiedererkennen, etwa „Adas Skript“.";
    until_when_token: "Until when it is good", "Bis wann es gilt";
    only_read_api: "only read, and change nothing by it", "damit nur lesen, nichts ändern";
    confirm_password: "Your own password, for the token", "Ihr eigenes Passwort, für das Token";
    make_token: "Make the token", "Token anlegen";
    token_made: "The token of {device}", "Das Token von {device}";
    token_once: "It is shown this once. Give it to the program now; it cannot be shown again.", "Es wird nur dieses eine Mal gezeigt. Geben Sie es jetzt dem Programm; es kann nicht noch einmal gezeigt werden.";
    token_usage: "The program sends it with each request:", "Das Programm schickt es mit jeder Anfrage:";
    make_password: "Make the password", "Passwort anlegen";
    password_made: "The password of {device}", "Das Passwort von {device}";
    shown_once: "It is shown this once. Type or copy it into the mail program now; it cannot be shown again.", "Es wird nur dieses eine Mal gezeigt. Geben Sie es jetzt im Mailprogramm ein; es kann nicht noch einmal gezeigt werden.";
    settings_of_program: "Settings of the mail program", "Einstellungen im Mailprogramm";
    setting: "Setting", "Einstellung";
    value: "Value", "Wert";
    incoming_server: "Incoming server", "Posteingangsserver";
    outgoing_server: "Outgoing server", "Postausgangsserver";
    port: "Port", "Port";
    security: "Security", "Sicherheit";
    or: "or {other}", "oder {other}";
    apple: "iPhone, iPad and Mac", "iPhone, iPad und Mac";
    profile_hint: "Instead of typing: open a profile on the device itself. It has this password inside, and can be had only as long as this page is open.", "Statt zu tippen: Öffnen Sie auf dem Gerät selbst ein Profil. Es enthält dieses Passwort, und es gibt es nur, solange diese Seite offen ist.";
    profile_with_teams: "each team as an account of its own, too", "auch jedes Team als eigenes Konto";
    download_profile: "Download the profile", "Profil herunterladen";
    to_devices: "To my devices", "Zu meinen Geräten";
    password_wrong: "Your own password is wrong.", "Ihr eigenes Passwort ist falsch.";
    name_wrong: "A name has 1 to 100 signs, and no spaces around it.", "Ein Name hat 1 bis 100 Zeichen.";
    name_taken: "There is a device of this name already.", "Es gibt schon ein Gerät dieses Namens.";
    no_service: "Choose what it is for. What only looks sends nothing.", "Wählen Sie, wofür es gilt. Was nur ansieht, versendet nichts.";
    no_team: "There is no such team.", "Dieses Team gibt es nicht.";

    // The mailboxes that somebody administers.
    teams_hint: "The team mailboxes that you manage.", "Die Teampostfächer, die Sie verwalten.";
    no_teams: "You manage no team mailbox. Whoever manages one can make you a manager of it.", "Sie verwalten kein Teampostfach. Wer eines verwaltet, kann Sie dort zum Verwalter machen.";
    folders_below: "Folders", "Ordner";
    folders_hint: "A folder has the people of its team, unless it got a list of its own.", "Ein Ordner hat die Leute seines Teams, wenn er keine eigene Liste bekam.";
    left: "You no longer manage {team}.", "Sie verwalten {team} nicht mehr.";

    // People of a mailbox.
    people: "People", "Leute";
    people_in: "People in {team}", "Leute in {team}";
    here_now: "Have it open now", "Haben es gerade offen";
    person_or_group: "Person or group", "Person oder Gruppe";
    viewer: "Viewer", "Leser";
    contributor: "Contributor", "Mitwirkender";
    editor: "Editor", "Bearbeiter";
    manager: "Manager", "Verwalter";
    viewer_means: "reads, and keeps own read marks", "liest und hat eigene Gelesen-Markierungen";
    contributor_means: "also adds and marks messages, and sends as the team", "legt auch Nachrichten ab, markiert sie und versendet als Team";
    editor_means: "also removes messages", "löscht auch Nachrichten";
    manager_means: "also makes folders, and decides who works here", "legt auch Ordner an und entscheidet, wer hier arbeitet";
    roles: "What the roles may do", "Was die Rollen dürfen";
    role_of: "{who}: {role}", "{who}: {role}";
    role_is: "{who} is {role}", "{who} ist {role}";
    no_role: "no role", "keine Rolle";
    remove: "Remove", "Entfernen";
    remove_who: "Remove {who}", "{who} entfernen";
    why: "What may {who} do?", "Was darf {who}?";
    find: "Find by name", "Nach Namen suchen";
    nobody_yet: "nobody has that name yet", "so heißt noch niemand";
    people_in_group_one: "one person", "eine Person";
    people_in_group: "{count} people", "{count} Personen";
    and_more: "and {count} more", "und {count} weitere";
    empty_list: "Nobody is in the list.", "Niemand steht in der Liste.";
    taken_away: "Taken away", "Entzogen";
    taken_away_hint: "These may not, whatever else gives it to them.", "Diese dürfen nicht, was auch immer es ihnen sonst gibt.";
    list_of: "The people here are those of {team}. Change them there, and here changes with it.", "Die Leute hier sind die von {team}. Ändern Sie sie dort, dann ändert es sich auch hier.";
    list_of_hidden: "The people here are those of a mailbox above.", "Die Leute hier sind die eines Postfachs darüber.";
    add_person: "Add a person or a group", "Eine Person oder Gruppe hinzufügen";
    name: "Name", "Name";
    add_hint: "The user name, or group: and the name of a group.", "Der Benutzername, oder group: und der Name einer Gruppe.";
    role: "Role", "Rolle";
    add: "Add", "Hinzufügen";
    nobody_to_add: "There is nobody of the name {who} whom you could add.", "Unter dem Namen {who} ist niemand, den Sie hinzufügen könnten.";
    is_listed: "{who} is in the list already. Change the role there.", "{who} steht schon in der Liste. Ändern Sie die Rolle dort.";
    is_gone: "{who} is no longer in the list: somebody else has changed it.", "{who} steht nicht mehr in der Liste: Jemand anderes hat sie geändert.";
    for_administrators: "Only the administrators of the site may give that to {who}.", "Das dürfen {who} nur die Administratoren geben.";
    is_full: "The list is full.", "Die Liste ist voll.";
    changed_meanwhile: "Somebody else has changed it meanwhile, so it was not undone.", "Inzwischen hat es jemand anderes geändert, daher wurde es nicht rückgängig gemacht.";
    was_added: "{who} was added.", "{who} wurde hinzugefügt.";
    was_removed: "{who} was removed.", "{who} wurde entfernt.";
    was_changed: "{who} was changed.", "{who} wurde geändert.";
    undo: "Undo", "Rückgängig machen";
    undone: "It is as it was before.", "Es ist wieder wie zuvor.";
    remove_question: "Remove {who} from {team}?", "{who} aus {team} entfernen?";
    remove_effect: "Sessions that have the mailbox open lose it at once. What {who} may do by a group stays.", "Sitzungen, die das Postfach offen haben, verlieren es sofort. Was {who} durch eine Gruppe darf, bleibt.";
    manager_question: "Make {who} a manager of {team}?", "{who} zum Verwalter von {team} machen?";
    manager_effect: "Managers decide who works here, you included.", "Verwalter entscheiden, wer hier arbeitet, auch über Sie.";
    own_question: "Change your own role in {team}?", "Ihre eigene Rolle in {team} ändern?";
    own_effect: "If you no longer manage it, you cannot take that back yourself.", "Wenn Sie es nicht mehr verwalten, können Sie das nicht selbst zurücknehmen.";
    make_manager: "Make a manager", "Zum Verwalter machen";
    change_it: "Change it", "Ändern";

    // Whom an entry is for.
    anyone: "everybody, also without signing in", "alle, auch ohne Anmeldung";
    authenticated: "everybody who signs in", "alle, die sich anmelden";
    anonymous: "whoever does not sign in", "wer sich nicht anmeldet";
    owner: "the owner", "der Eigentümer";
    of_domain: "everybody of {domain}", "alle von {domain}";
    group: "group {name}", "Gruppe {name}";

    // What a right allows.
    right_l: "see the mailbox", "das Postfach sehen";
    right_r: "read messages", "Nachrichten lesen";
    right_s: "keep read marks", "Gelesen-Markierungen behalten";
    right_w: "change marks and flags", "Markierungen ändern";
    right_i: "put messages in", "Nachrichten ablegen";
    right_p: "send mail to its address", "an seine Adresse schreiben";
    right_k: "make folders in it", "Ordner darin anlegen";
    right_x: "delete or rename it", "es löschen oder umbenennen";
    right_t: "mark messages as deleted", "Nachrichten als gelöscht markieren";
    right_e: "remove deleted messages for good", "Gelöschte endgültig entfernen";
    right_a: "decide who works here", "entscheiden, wer hier arbeitet";
    right_n: "annotate messages", "Nachrichten mit Anmerkungen versehen";
    nothing: "nothing", "nichts";

    // What somebody may do, and why.
    may_title: "What {who} may do in {team}", "Was {who} in {team} darf";
    may: "may", "darf";
    may_not: "may not", "darf nicht";
    action: "What", "Was";
    answer: "Answer", "Antwort";
    because: "Why", "Warum";
    is_now: "{who}: {what}", "{who}: {what}";
    gives: "{who}: gives {what}", "{who}: gibt {what}";
    takes: "{who}: takes away {what}", "{who}: entzieht {what}";
    by_owner: "The owner always may: {what}", "Der Eigentümer darf immer: {what}";
    no_reason: "No entry of the list is for {who}.", "Kein Eintrag der Liste gilt für {who}.";
    send_as_team: "send as the addresses of the team", "als Adressen des Teams versenden";

    // Who did what.
    activity: "Activity", "Verlauf";
    activity_in: "Activity in {team}", "Verlauf in {team}";
    activity_hint: "The newest first. Times are UTC.", "Das Neueste zuerst. Zeiten in UTC.";
    who: "Who", "Wer";
    when: "When", "Wann";
    what: "What", "Was";
    day: "Day", "Tag";
    kind: "Kind", "Art";
    every_kind: "all", "alle";
    show: "Show", "Anzeigen";
    no_activity: "There is nothing of that.", "Davon gibt es nichts.";
    older: "Older", "Ältere";
    acted_as: "{login} as {actor}", "{login} als {actor}";
    somebody: "somebody from outside", "jemand von außen";
    message_one: "one message", "eine Nachricht";
    messages: "{count} messages", "{count} Nachrichten";
    set_flags: "set {flags}", "gesetzt: {flags}";
    cleared_flags: "removed {flags}", "entfernt: {flags}";
    kind_append: "put in", "abgelegt";
    kind_flags: "marked", "markiert";
    kind_expunge: "removed for good", "endgültig entfernt";
    kind_copy: "copied", "kopiert";
    kind_move: "moved", "verschoben";
    kind_create: "created the mailbox", "Postfach angelegt";
    kind_rename: "renamed the mailbox", "Postfach umbenannt";
    kind_delete: "deleted the mailbox", "Postfach gelöscht";
    kind_rights: "changed who works here", "geändert, wer hier arbeitet";
    kind_metadata: "changed settings", "Einstellungen geändert";
    kind_delivery: "arrived", "eingegangen";
    kind_answer: "answered", "beantwortet";
    kind_account: "a device of the team", "ein Gerät des Teams";

    // How a mailbox works.
    settings: "Settings", "Einstellungen";
    settings_of: "Settings of {team}", "Einstellungen von {team}";
    read_marks: "Read marks", "Gelesen-Markierungen";
    read_marks_own: "Everybody has their own read marks.", "Jeder hat eigene Gelesen-Markierungen.";
    read_marks_shared: "What one has read is read for all.", "Was einer gelesen hat, ist für alle gelesen.";
    make_shared: "Share them", "Gemeinsam machen";
    make_own: "Let everybody have their own", "Jedem eigene geben";
    policy_hint: "Whoever has read something keeps it read.", "Was jemand gelesen hat, bleibt für ihn gelesen.";
    policy_changed: "The read marks were changed.", "Die Gelesen-Markierungen wurden geändert.";
    addresses: "Addresses", "Adressen";
    no_addresses: "No address leads here.", "Keine Adresse führt hierher.";
    leads_elsewhere: "also elsewhere", "auch anderswohin";
    senders: "Who may send as them", "Wer als sie versenden darf";
    no_senders: "Nobody in the list.", "Niemand in der Liste.";

    // The letter to whom a mailbox was given.
    letter_subject: "You may use the mailbox {mailbox}", "Sie dürfen das Postfach {mailbox} benutzen";
    letter_given_by: "{giver} has given you access to the mailbox {mailbox}.", "{giver} hat Ihnen Zugang zum Postfach {mailbox} gegeben.";
    letter_given: "You have been given access to the mailbox {mailbox}.", "Sie haben Zugang zum Postfach {mailbox} bekommen.";
    letter_role: "You are {role} there.", "Sie sind dort {role}.";
    letter_allowed: "You may: {rights}.", "Sie dürfen: {rights}.";
    letter_shown: "How to open it: your mail program shows it among its folders as {mailbox}, perhaps only after it was started again.", "So öffnen Sie es: Ihr Mailprogramm zeigt es unter seinen Ordnern als {mailbox}, vielleicht erst nach einem Neustart.";
    letter_subscribe: "How to open it: subscribe to {mailbox} in your mail program.", "So öffnen Sie es: Abonnieren Sie {mailbox} in Ihrem Mailprogramm.";
    letter_set_up: "How to set up another device, or the team as an account of its own: {page}", "So richten Sie ein weiteres Gerät ein oder das Team als eigenes Konto: {page}";
    letter_decline: "How to decline: unsubscribe from {mailbox} in your mail program. It is no longer shown then, and you can subscribe to it again at any time.", "So lehnen Sie ab: Kündigen Sie in Ihrem Mailprogramm das Abonnement von {mailbox}. Dann wird es nicht mehr gezeigt, und Sie können es jederzeit wieder abonnieren.";
    letter_decline_page: "Or decline it here: {page}", "Oder lehnen Sie hier ab: {page}";
    decline: "No longer show it", "Nicht mehr zeigen";
    decline_question: "No longer show {mailbox}?", "{mailbox} nicht mehr zeigen?";
    decline_effect: "Your mail programs do not show it then. What you may do there stays, and you can have it shown again at any time.", "Ihre Mailprogramme zeigen es dann nicht. Was Sie dort dürfen, bleibt, und Sie können es jederzeit wieder zeigen lassen.";
    declined: "{mailbox} is no longer shown", "{mailbox} wird nicht mehr gezeigt";
    show_again: "Show it again", "Wieder zeigen";
    letter_end: "The mail server has written this by itself.", "Das hat der Mailserver von selbst geschrieben.";
    letter_to_them: "Tell them by mail", "Per E-Mail Bescheid geben";
}

/// The text with what is named in its braces.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest) {
        filled.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// What is before the next braces, in them and behind.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{ALL, fill, next_name};

    fn names(mut text: &str) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        while let Some((_, name, after)) = next_name(text) {
            names.insert(name);
            text = after;
        }
        names
    }

    #[test]
    fn every_text_is_there_in_each_language_and_names_the_same() {
        for (key, english, german) in ALL {
            for text in [english, german] {
                assert!(!text.is_empty() && text.trim() == *text, "{key}");
            }
            assert_eq!(names(english), names(german), "{key}");
        }
    }

    #[test]
    fn values_are_put_in_once() {
        let filled = fill("{who} in {team}.", &[("who", "{team}"), ("team", "x")]);
        assert_eq!(filled, "{team} in x.");
        assert_eq!(fill("{who}{", &[]), "{");
    }
}
