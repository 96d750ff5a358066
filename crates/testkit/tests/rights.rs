//! Every command with each right alone, and with each right missing (RFC 4314, 4).
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use testkit::{Client, Cluster, Stage, World, in_world};

/// The rights of the RFC's table, and `p`.
const LETTERS: &str = "lrswipkxtea";

/// A line of the RFC's table: the rights that a command needs.
struct Row {
    /// The command; `@` is the mailbox.
    command: &'static str,
    state: State,
    /// All of these are needed,
    all_of: &'static str,
    /// and one of these, if there are any.
    one_of: &'static str,
}

/// In which state the command is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is selected.
    Outside,
    /// Another mailbox is selected, in which everything is allowed.
    InOwn,
    /// The mailbox itself is selected, so that `r` is held.
    Inside,
    /// Nothing is selected, and the mailbox is gone afterwards if the command is allowed.
    Last,
}

/// How a command has to end.
enum Expected {
    As(&'static str),
    /// The answer is that for a name that does not exist (RFC 4314, 6).
    AsMissing,
}

const fn row(state: State, command: &'static str, all_of: &'static str) -> Row {
    Row {
        command,
        state,
        all_of,
        one_of: "",
    }
}

const fn row_of_either(
    state: State,
    command: &'static str,
    all_of: &'static str,
    one_of: &'static str,
) -> Row {
    Row {
        command,
        state,
        all_of,
        one_of,
    }
}

const TABLE: &[Row] = &[
    row(State::Outside, "SUBSCRIBE @", "l"),
    row(State::Outside, "UNSUBSCRIBE @", ""),
    row(State::Outside, "LIST \"\" @", ""),
    row(State::Outside, "LSUB \"\" @", ""),
    row(State::Outside, "CREATE @/Below", "k"),
    row(State::Outside, "RENAME Team/Free/Away-$ @/Renamed", "k"),
    row(State::Outside, "SELECT @", "r"),
    row(State::Outside, "EXAMINE @", "r"),
    row(State::Outside, "STATUS @ (MESSAGES)", "r"),
    // RFC 9208, 6.
    row(State::Outside, "GETQUOTAROOT @", "r"),
    row(State::Outside, "SETACL @ cleo lr", "a"),
    row(State::Outside, "SETACL @ cleo +s", "a"),
    row(State::Outside, "DELETEACL @ cleo", "a"),
    row(State::Outside, "GETACL @", "a"),
    row(State::Outside, "LISTRIGHTS @ cleo", "a"),
    row_of_either(State::Outside, "MYRIGHTS @", "", "lrikxa"),
    // RFC 5464, 3.3.
    row_of_either(
        State::Outside,
        "GETMETADATA @ /shared/comment",
        "l",
        "rswip",
    ),
    row_of_either(
        State::Outside,
        "SETMETADATA @ (/shared/comment \"c\")",
        "l",
        "rswip",
    ),
    row(State::Outside, "APPEND @ {1+}\r\nx", "i"),
    row(
        State::Outside,
        "APPEND @ (\\Seen \\Deleted \\Flagged word) {1+}\r\nx",
        "i",
    ),
    row(State::InOwn, "COPY 1 @", "i"),
    row(State::InOwn, "UID COPY 1:* @", "i"),
    row(State::InOwn, "MOVE 1 @", "i"),
    row(State::InOwn, "REPLACE 1 @ {1+}\r\nx", "i"),
    row(State::Inside, "FETCH 1 (FLAGS BODY[])", "r"),
    row(State::Inside, "UID SEARCH ALL", "r"),
    row(State::Inside, "UIDBATCHES 500", "r"),
    row(State::Inside, "UID SORT (SUBJECT) UTF-8 ALL", "r"),
    row(State::Inside, "UID THREAD REFERENCES UTF-8 ALL", "r"),
    row(State::Inside, "COPY 1 INBOX", "r"),
    row(State::Inside, "STORE 1 +FLAGS (\\Deleted)", "t"),
    row(State::Inside, "STORE 1 +FLAGS (\\Seen)", "s"),
    row(State::Inside, "STORE 1 +FLAGS (\\Flagged)", "w"),
    row(State::Inside, "STORE 1 +FLAGS (word)", "w"),
    row_of_either(
        State::Inside,
        "STORE 1 +FLAGS (\\Deleted \\Flagged)",
        "",
        "tw",
    ),
    row_of_either(
        State::Inside,
        "UID STORE 1 -FLAGS.SILENT (\\Seen \\Answered)",
        "",
        "sw",
    ),
    row(State::Inside, "STORE 1 -FLAGS (\\Deleted)", "t"),
    // RFC 6851, 4.2.
    row(State::Inside, "MOVE 2 INBOX", "te"),
    // RFC 8508, 4.1.
    row(State::Inside, "REPLACE 2 INBOX {1+}\r\nx", "te"),
    row(State::Inside, "UID REPLACE * @ {1+}\r\nx", "ite"),
    row(State::Inside, "EXPUNGE", "e"),
    row(State::Inside, "UID EXPUNGE 77", "e"),
    row(State::Inside, "CLOSE", ""),
    row(State::Last, "RENAME @ Team/Free/Gone-$", "x"),
    row(State::Last, "DELETE @", "x"),
];

#[test]
fn each_right_alone_and_each_missing() {
    hold_each(World::OneNode, 1);
}

#[test]
fn and_on_another_node() {
    hold_each(World::TwoNodes, 2);
}

/// Tests Bo, on `node`, with each set of rights.
fn hold_each(world: World, node: usize) {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, world, async |stage: &mut Stage| {
        stage
            .given(
                "mailbox Team/Free with messages $1
                 mailbox People/bo with messages $2
                 cleo is known
                 bo may lrswipkxtea on Team/Free",
            )
            .await
            .unwrap();
        let mut wrong = Vec::new();
        for (name, held) in sets() {
            wrong.extend(hold(stage, node, &name, &held).await);
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    })
    .unwrap();
}

/// ESEARCH searches mailboxes that may be read; a mailbox that is not named itself must also be
/// visible to LIST (RFC 7377, 2.2).
#[test]
fn a_search_of_many_mailboxes_finds_where_one_may_read() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        stage.given("mailbox People/bo").await.unwrap();
        for (name, held) in sets() {
            let name = format!("Team/{name}");
            stage.given(&mailbox(&name, &held)).await.unwrap();
            let mut bo = stage.log_in("bo", 1).await.unwrap();
            let may_read = held.contains('r');
            for (sources, is_searched) in [
                (format!("mailboxes {name}"), may_read),
                (format!("subtree {name}"), may_read && held.contains('l')),
                (
                    "subtree-one Team".to_owned(),
                    may_read && held.contains('l'),
                ),
                ("personal".to_owned(), false),
            ] {
                let told = bo.ask_ok(format!("ESEARCH IN ({sources}) ALL")).await;
                let told = told.unwrap().concat();
                let is_told = String::from_utf8_lossy(&told).contains(&format!("MAILBOX {name} "));
                assert_eq!(is_told, is_searched, "{sources} with {held}");
            }
        }
    })
    .unwrap();
}

/// RENAME of a name that only leads to a mailbox needs what RENAME of the mailbox needs.
#[test]
fn a_name_is_renamed_by_who_may_rename_what_it_leads_to() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        let free = "mailbox Team/Free\nbo may lk on Team/Free";
        stage.given(free).await.unwrap();
        for (name, held) in sets() {
            let name = format!("Team/{name}");
            let inside = format!("{name}/Box");
            stage.given(&mailbox(&inside, &held)).await.unwrap();
            let mut bo = stage.log_in("bo", 1).await.unwrap();
            let renamed = bo.ask(format!("RENAME {name} Team/Free/{name}")).await;
            let expected = match (held.contains('l'), held.contains('x')) {
                (true, true) => "OK",
                (true, false) => "NO [NOPERM]",
                (false, _) => "NO [NONEXISTENT]",
            };
            assert_eq!(ending(&renamed), expected, "with {held}");
        }
    })
    .unwrap();
}

/// Each flag is guarded by a right: what is stored is what the rights allow, and PERMANENTFLAGS
/// says the same.
#[test]
fn flags_are_kept_as_far_as_rights_go() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        stage.given("mailbox People/bo").await.unwrap();
        for guards in ["", "s", "t", "w", "st", "sw", "tw", "stw"] {
            let name = format!("Team/flags-{guards}");
            stage
                .given(&mailbox(&name, &format!("lri{guards}")))
                .await
                .unwrap();
            let mut bo = stage.log_in("bo", 1).await.unwrap();
            arrive_thrice(&mut bo, &name).await;
            let opened = bo.ask_ok(format!("SELECT {name}")).await.unwrap();
            let permanent = flags_in(&opened, "PERMANENTFLAGS");
            for (flag, guard) in GUARDED {
                let is_allowed = guards.contains(guard);
                assert_eq!(permanent.contains(&flag), is_allowed, "{flag} by {guards}");
            }
            let allowed: Vec<&str> = GUARDED
                .into_iter()
                .filter(|(_, guard)| guards.contains(*guard))
                .map(|(flag, _)| flag)
                .collect();
            for number in 4..=6 {
                let told = bo.ask_ok(format!("FETCH {number} FLAGS")).await.unwrap();
                assert_eq!(flags_in(&told, "FLAGS"), allowed, "{number} by {guards}");
            }
            let told = bo.ask(format!("STORE 1 +FLAGS ({ALL_GUARDED})")).await;
            if guards.is_empty() {
                assert_eq!(ending(&told), "NO [NOPERM]");
            } else {
                assert_eq!(flags_in(&told, "FLAGS"), allowed, "STORE by {guards}");
            }
        }
    })
    .unwrap();
}

/// Brings a message with all flags by each of the commands that can.
async fn arrive_thrice(bo: &mut Client, name: &str) {
    let append = |to: &str| format!("APPEND {to} ({ALL_GUARDED}) {{1+}}\r\nx");
    bo.ask_ok(append(name)).await.unwrap();
    bo.ask_ok(append("INBOX")).await.unwrap();
    bo.ask_ok("SELECT INBOX").await.unwrap();
    bo.ask_ok(format!("COPY 1 {name}")).await.unwrap();
    bo.ask_ok(format!("MOVE 1 {name}")).await.unwrap();
}

/// Flags, and the letter of the right that guards each (RFC 4314, 4); in the order of their names.
const GUARDED: [(&str, &str); 4] = [
    ("\\Deleted", "t"),
    ("\\Flagged", "w"),
    ("\\Seen", "s"),
    ("word", "w"),
];
const ALL_GUARDED: &str = "\\Deleted \\Flagged \\Seen word";

/// The flags of the last list after `label`, in the order of their names, but for `\Recent`, which no right guards.
fn flags_in<'r>(responses: &'r [Vec<u8>], label: &str) -> Vec<&'r str> {
    let mut lists = responses.iter().filter_map(|response| {
        let text = std::str::from_utf8(response).ok()?;
        let (_, rest) = text.split_once(&format!("{label} ("))?;
        rest.split(')').next()
    });
    let mut flags: Vec<&str> = lists.next_back().unwrap().split(' ').collect();
    flags.retain(|flag| !flag.is_empty() && *flag != "\\Recent");
    flags.sort_unstable();
    flags
}

/// Each right alone, each missing, none, all, with a name for each set.
fn sets() -> Vec<(String, String)> {
    let alone = LETTERS
        .chars()
        .map(|letter| (format!("only-{letter}"), letter.to_string()));
    let missing = LETTERS.chars().map(|letter| {
        let others = LETTERS.replace(letter, "");
        (format!("all-but-{letter}"), others)
    });
    let ends = [("nothing", ""), ("everything", LETTERS)];
    let ends = ends.map(|(name, held)| (name.to_owned(), held.to_owned()));
    alone.chain(missing).chain(ends).collect()
}

/// The commands that answer Bo, who holds `held`, otherwise than the table says.
async fn hold(stage: &mut Stage, node: usize, name: &str, held: &str) -> Vec<String> {
    let kept = format!("Team/{name}");
    stage.given(&mailbox(&kept, held)).await.unwrap();
    stage
        .given(&format!(
            "mailbox Team/Free/Away-{name}\nbo may lx on Team/Free/Away-{name}"
        ))
        .await
        .unwrap();
    let mut bo = stage.log_in("bo", node).await.unwrap();
    let mut wrong = Vec::new();
    for (place, row) in TABLE.iter().enumerate() {
        let mut mailbox_name = kept.clone();
        if row.state == State::Last {
            mailbox_name = format!("{kept}-{place}");
            stage.given(&mailbox(&mailbox_name, held)).await.unwrap();
        }
        if !enter(&mut bo, row.state, &mailbox_name, held).await {
            continue;
        }
        let command = row.command.replace('$', name);
        let missing = command.replace('@', "Team/not-there");
        let expected = match row.expected(held) {
            Expected::As(answer) => answer.to_owned(),
            Expected::AsMissing => ending(&bo.ask(missing).await),
        };
        let answer = ending(&bo.ask(command.replace('@', &mailbox_name)).await);
        if answer != expected {
            wrong.push(format!("{held:11} {command}: {answer}, not {expected}"));
        }
    }
    wrong
}

fn mailbox(name: &str, held: &str) -> String {
    let list = if held.is_empty() {
        String::new()
    } else {
        format!("bo may {held} on {name}")
    };
    format!("mailbox {name} with messages $a $b $c\n{list}")
}

/// Brings Bo into the state; false where his rights do not allow it.
async fn enter(bo: &mut Client, state: State, mailbox: &str, held: &str) -> bool {
    match state {
        State::Outside | State::Last => {
            // Nothing is selected any more.
            bo.ask("UNSELECT").await;
            true
        }
        State::InOwn => {
            bo.ask_ok("SELECT INBOX").await.unwrap();
            bo.ask_ok("APPEND INBOX {1+}\r\ny").await.unwrap();
            true
        }
        State::Inside => {
            let answer = ending(&bo.ask(format!("SELECT {mailbox}")).await);
            assert_eq!(answer == "OK", held.contains('r'), "SELECT with {held}");
            answer == "OK"
        }
    }
}

impl Row {
    /// How the command must end for an account with the rights `held`.
    fn expected(&self, held: &str) -> Expected {
        let has_all = self.all_of.chars().all(|letter| held.contains(letter));
        let has_one =
            self.one_of.is_empty() || self.one_of.chars().any(|letter| held.contains(letter));
        let is_known = held.contains('l') || self.state == State::Inside;
        match (has_all && has_one, is_known) {
            (true, _) => Expected::As("OK"),
            (false, true) => Expected::As("NO [NOPERM]"),
            (false, false) => Expected::AsMissing,
        }
    }
}

/// How a command ended: its condition and its code.
fn ending(responses: &[Vec<u8>]) -> String {
    let last = responses.last().unwrap();
    let text = String::from_utf8_lossy(last);
    let (_, text) = text.split_once(' ').unwrap();
    match text.split_once(']') {
        Some((code, _)) if text.starts_with("NO [") => format!("{code}]"),
        _ => text.split(' ').next().unwrap().to_owned(),
    }
}
