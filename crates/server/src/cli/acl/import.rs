//! Lists of other servers, read into ours: Dovecot's `dovecot-acl` files and what Cyrus's
//! `ctl_mboxlist -d` prints as text. Only reading; what is written is for the caller.

use ::acl::{Identifier, Rights, Subject};
use mail::Place;

/// What a file says, as far as it means something here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Imported {
    /// Who gets which rights; where the file names mailboxes, on which.
    pub(super) grants: Vec<Grant>,
    /// What was left out, and why.
    pub(super) remarks: Vec<String>,
}

/// One entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// `None` in a file that is about one mailbox.
    pub(super) place: Option<Place>,
    pub(super) subject: Subject,
    pub(super) rights: Rights,
}

/// Dovecot's words for rights, as its files and `doveadm` have them.
const DOVECOT_WORDS: [(&str, Rights); 11] = [
    ("lookup", Rights::LOOKUP),
    ("read", Rights::READ),
    ("write", Rights::WRITE),
    ("write-seen", Rights::SEEN),
    ("write-deleted", Rights::DELETE_MESSAGES),
    ("insert", Rights::INSERT),
    ("post", Rights::POST),
    ("expunge", Rights::EXPUNGE),
    ("create", Rights::CREATE),
    ("delete", Rights::DELETE_MAILBOX),
    ("admin", Rights::ADMINISTER),
];

/// The list of one mailbox: a line an entry, `identifier letters-or-words`.
pub(super) fn read_dovecot(text: &str) -> Imported {
    let mut imported = Imported::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match dovecot_line(line) {
            Ok((subject, rights)) => imported.grants.push(Grant {
                place: None,
                subject,
                rights,
            }),
            Err(why) => imported.remarks.push(format!("line {number}: {why}")),
        }
    }
    imported
}

fn dovecot_line(line: &str) -> Result<(Subject, Rights), String> {
    let (dash, line) = match line.strip_prefix('-') {
        Some(line) => ("-", line),
        None => ("", line),
    };
    let (name, rights) = match line.strip_prefix('"') {
        Some(quoted) => quoted
            .split_once('"')
            .ok_or_else(|| "a quote is not closed".to_owned())?,
        None => line.split_once(char::is_whitespace).unwrap_or((line, "")),
    };
    let name = match name.split_once('=') {
        Some(("user", user)) => user.to_owned(),
        Some(("group", group)) => format!("group:{group}"),
        Some(("group-override", group)) => {
            return Err(format!(
                "group-override={group} takes away what other entries give; there is no such \
                 entry here: say what it shall not have with -identifier"
            ));
        }
        Some((kind, _)) => return Err(format!("{kind}= is unknown")),
        None if ["anyone", "authenticated", "owner"].contains(&name) => name.to_owned(),
        None => {
            return Err(format!(
                "{name}: no user=, group=, owner, anyone or authenticated"
            ));
        }
    };
    let subject = Subject::parse(&format!("{dash}{name}"))
        .map_err(|cause| format!("{dash}{name}: {cause}"))?;
    let rights = rights
        .split_whitespace()
        .map(dovecot_rights)
        .try_fold(Rights::NONE, |all, rights| Ok(all.union(rights?)));
    rights.map(|rights| (subject, rights))
}

/// A word, with or without Dovecot's colon, or letters.
fn dovecot_rights(text: &str) -> Result<Rights, String> {
    let text = text.trim_start_matches(':');
    let word = DOVECOT_WORDS.iter().find(|(word, _)| *word == text);
    match word {
        Some((_, rights)) => Ok(*rights),
        None => Rights::parse(text).map_err(|cause| format!("{text}: {cause}")),
    }
}

/// All mailboxes of a server: `name TAB type partition identifier TAB rights TAB …`.
pub(super) fn read_cyrus(text: &str) -> Imported {
    let mut imported = Imported::default();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        if let Err(why) = cyrus_line(line, &mut imported) {
            imported.remarks.push(format!("line {number}: {why}"));
        }
    }
    imported
}

fn cyrus_line(line: &str, imported: &mut Imported) -> Result<(), String> {
    let Some((name, rest)) = line.split_once('\t') else {
        return Err("not what ctl_mboxlist -d prints as text".to_owned());
    };
    let place = cyrus_place(name)?;
    // Before 2.2.14 there was no type.
    let rest = match rest.split_once(' ') {
        Some((kind, rest)) if kind.parse::<u32>().is_ok() => rest,
        _ => rest,
    };
    let entries = rest.split_once(' ').map_or("", |(_, entries)| entries);
    let mut fields = entries.split('\t').filter(|field| !field.is_empty());
    while let (Some(identifier), Some(letters)) = (fields.next(), fields.next()) {
        // Site-defined rights of RFC 2086.
        let (digits, letters): (String, String) = letters.chars().partition(char::is_ascii_digit);
        if !digits.is_empty() {
            let remark = format!("{name}: {identifier}: the rights {digits} mean nothing here");
            imported.remarks.push(remark);
        }
        let entry = Subject::parse(identifier)
            .map_err(|cause| cause.to_string())
            .and_then(|subject| {
                let rights = Rights::parse(&letters).map_err(|cause| cause.to_string());
                rights.map(|rights| (subject, rights))
            });
        match entry {
            Ok((subject, rights)) => imported.grants.push(Grant {
                place: Some(place.clone()),
                subject: owner_first(subject, &place),
                rights,
            }),
            Err(cause) => imported
                .remarks
                .push(format!("{name}: {identifier}: {cause}")),
        }
    }
    Ok(())
}

/// Cyrus names the owner; the entry is the same whoever that is.
fn owner_first(subject: Subject, place: &Place) -> Subject {
    match (&subject.identifier, place) {
        (Identifier::User(name), Place::Theirs { owner, .. }) if name == owner => Subject {
            identifier: Identifier::Owner,
            ..subject
        },
        _ => subject,
    }
}

/// `example.org!user.fred.Sent`, dots between levels, `^` for a dot.
fn cyrus_place(name: &str) -> Result<Place, String> {
    let (domain, name) = match name.split_once('!') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, name),
    };
    let level = |text: &str| text.replace('^', ".");
    let mut levels = name.split('.').map(level);
    match (levels.next().as_deref(), levels.next()) {
        (Some("DELETED"), _) => Err(format!("{name} is deleted")),
        (Some("user"), Some(user)) => {
            let path: Vec<String> = levels.collect();
            Ok(Place::Theirs {
                owner: match domain {
                    Some(domain) => format!("{user}@{domain}"),
                    None => user,
                },
                path: match path.is_empty() {
                    true => "INBOX".to_owned(),
                    false => path.join("/"),
                },
            })
        }
        _ if domain.is_some() => Err(format!("{name} is a shared mailbox of one domain")),
        _ => Ok(Place::Shared(level(&name.replace('.', "/")))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Imported, read_cyrus, read_dovecot};
    use mail::Place;

    fn told(imported: &Imported) -> Vec<String> {
        let place = |place: &Option<Place>| match place {
            None => String::new(),
            Some(Place::Theirs { owner, path }) => format!("{owner}:{path} "),
            Some(Place::Shared(path) | Place::Mine(path)) => format!(":{path} "),
        };
        let tell = |grant: &super::Grant| {
            format!("{}{} {}", place(&grant.place), grant.subject, grant.rights)
        };
        imported.grants.iter().map(tell).collect()
    }

    #[test]
    fn a_dovecot_acl_file() {
        let imported = read_dovecot(
            "# team\n\
             owner lrwstipekxa\n\
             user=bo lr\n\
             \"user=eve smith\" lrws\n\
             group=staff lookup read write-seen\n\
             anyone l :insert\n\
             -user=bo w\n\
             -group=interns te\n\
             authenticated\n\
             group-override=audit lr\n\
             user=zoe lrQ\n\
             zoe lr\n",
        );
        assert_eq!(
            told(&imported),
            [
                "owner lrswipkxcteda",
                "bo lr",
                "eve smith lrsw",
                "group:staff lrs",
                "anyone li",
                "-bo w",
                "-group:interns ted",
                "authenticated ",
            ]
        );
        let [over, bad, bare] = &imported.remarks[..] else {
            panic!("{:?}", imported.remarks)
        };
        assert!(over.starts_with("line 10: group-override=audit"), "{over}");
        assert!(bad.starts_with("line 11: lrQ"), "{bad}");
        assert!(bare.starts_with("line 12: zoe: no user="), "{bare}");
    }

    #[test]
    fn what_ctl_mboxlist_prints() {
        let imported = read_cyrus(
            "user.fred\t0 default fred\tlrswipkxtecda\tanyone\tp\t\n\
             user.fred.a^b.Sent\t0 default fred\tlrs\t-eve\tr\t\n\
             example.org!user.zoe\t0 default zoe@example.org\tlr\t\n\
             shared.team\tdefault group:staff\tlrs59\t\n\
             DELETED.user.old.4F\t0 default old\tlr\t\n\
             {\"user.json\": {}}\n",
        );
        assert_eq!(
            told(&imported),
            [
                "fred:INBOX owner lrswipkxcteda",
                "fred:INBOX anyone p",
                "fred:a.b/Sent owner lrs",
                "fred:a.b/Sent -eve r",
                "zoe@example.org:INBOX owner lr",
                ":shared/team group:staff lrs",
            ]
        );
        assert_eq!(
            imported.remarks,
            [
                "shared.team: group:staff: the rights 59 mean nothing here",
                "line 5: DELETED.user.old.4F is deleted",
                "line 6: not what ctl_mboxlist -d prints as text",
            ]
        );
    }
}
