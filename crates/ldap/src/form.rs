//! Filters and names of entries, made of what a user has typed, which may be anything.

use ldap3::{dn_escape, ldap_escape};

/// The parts of a user name that a filter or a template may name.
const USER: &str = "{user}";
const LOCAL: &str = "{local}";
const DOMAIN: &str = "{domain}";

/// The filter that finds who is called `user` (RFC 4515: what is typed is a value and nothing else).
pub(crate) fn filter_for(filter: &str, user: &str) -> String {
    fill(filter, user, |value| ldap_escape(value).into_owned())
}

/// The filter that finds everybody.
pub(crate) fn filter_for_all(filter: &str) -> String {
    fill(filter, "*", str::to_owned)
}

/// The entry as which `user` binds (RFC 4514: what is typed is a value and nothing else).
pub(crate) fn name_for(template: &str, user: &str) -> String {
    fill(template, user, |value| dn_escape(value).into_owned())
}

fn fill(pattern: &str, user: &str, escape: impl Fn(&str) -> String) -> String {
    let (local, domain) = user.rsplit_once('@').unwrap_or((user, ""));
    // For everybody each part is.
    let domain = if user == "*" { "*" } else { domain };
    let mut filled = String::new();
    let mut rest = pattern;
    // In one pass, so that what was typed is not taken for a part of the pattern.
    while let Some(brace) = rest.find('{') {
        let (before, from) = rest.split_at(brace);
        filled.push_str(before);
        let parts = [(USER, user), (LOCAL, local), (DOMAIN, domain)];
        let found = parts
            .into_iter()
            .find_map(|(part, value)| Some((from.strip_prefix(part)?, value)));
        rest = match found {
            Some((after, value)) => {
                filled.push_str(&escape(value));
                after
            }
            None => {
                filled.push('{');
                &from[1..]
            }
        };
    }
    filled.push_str(rest);
    filled
}

/// One spelling of the name of an entry, to compare such names: without case, and without spaces around `,` and `=`.
pub(crate) fn fold_name(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut is_escaped = false;
    let mut spaces = 0;
    for c in name.trim().to_lowercase().chars() {
        if c == ' ' && !is_escaped {
            spaces += 1;
            continue;
        }
        let is_separator = !is_escaped && matches!(c, ',' | '=' | '+');
        let is_after_separator = folded.ends_with([',', '=', '+']) && !ends_escaped(&folded);
        if !is_separator && !is_after_separator && !folded.is_empty() {
            folded.extend(std::iter::repeat_n(' ', spaces));
        }
        spaces = 0;
        folded.push(c);
        is_escaped = c == '\\' && !is_escaped;
    }
    folded
}

/// Whether the last character has an odd number of backslashes before it.
fn ends_escaped(text: &str) -> bool {
    let before = text
        .char_indices()
        .next_back()
        .map_or("", |(at, _)| &text[..at]);
    let backslashes = before.len() - before.trim_end_matches('\\').len();
    backslashes % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::{filter_for, filter_for_all, fold_name, name_for};

    #[test]
    fn what_is_typed_is_a_value_and_nothing_else() {
        for (user, filter, name) in [
            (
                "ada@example.org",
                "(|(mail=ada@example.org)(uid=ada))",
                "uid=ada,dc=example.org",
            ),
            ("ada", "(|(mail=ada)(uid=ada))", "uid=ada,dc="),
            (
                "*)(uid=*",
                r"(|(mail=\2a\29\28uid=\2a)(uid=\2a\29\28uid=\2a))",
                r"uid=*)(uid\3d*,dc=",
            ),
            (
                r"a\b,c=d+e",
                r"(|(mail=a\5cb,c=d+e)(uid=a\5cb,c=d+e))",
                r"uid=a\5cb\2cc\3dd\2be,dc=",
            ),
            (
                "{user}\0",
                r"(|(mail={user}\00)(uid={user}\00))",
                r"uid={user}\00,dc=",
            ),
            (" #x ", "(|(mail= #x )(uid= #x ))", r"uid=\20#x\20,dc="),
            ("#x", "(|(mail=#x)(uid=#x))", r"uid=\23x,dc="),
        ] {
            assert_eq!(filter_for("(|(mail={user})(uid={local}))", user), filter);
            assert_eq!(name_for("uid={local},dc={domain}", user), name);
        }
    }

    #[test]
    fn everybody_is_found_by_the_same_filter() {
        let filter = "(&(objectClass=person)(|(mail={user})(upn={local}@corp)(x={other})))";
        assert_eq!(
            filter_for_all(filter),
            "(&(objectClass=person)(|(mail=*)(upn=*@corp)(x={other})))"
        );
    }

    #[test]
    fn names_of_entries_are_compared_without_case_and_spaces_between() {
        for (one, other, are_same) in [
            ("uid=Ada,ou=People,dc=x", "UID=ada, ou = people ,dc=x", true),
            ("cn=Ada Byron,dc=x", "cn=ada byron,dc=x", true),
            ("cn=Ada Byron,dc=x", "cn=adabyron,dc=x", false),
            (r"cn=Byron\, Ada,dc=x", r"cn=Byron\, Ada, dc=x", true),
            (r"cn=Byron\, Ada,dc=x", r"cn=Byron\,Ada,dc=x", false),
            ("uid=ada,dc=x", "uid=ada,dc=y", false),
        ] {
            assert_eq!(
                fold_name(one) == fold_name(other),
                are_same,
                "{one} {other}"
            );
        }
    }
}
