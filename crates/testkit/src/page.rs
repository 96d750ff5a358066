//! A talk as written: `docs/TESTING.md` has the notation.

use crate::given::Given;
use crate::pattern::{Literal, Pattern};

/// A talk, read and understood, not yet played.
#[derive(Clone, Debug)]
pub struct Page {
    /// The steps, in order.
    pub steps: Vec<Line>,
    /// The text, line by line, to show where it failed.
    pub text: Vec<String>,
}

/// A step and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line's number, from 1.
    pub number: usize,
    /// The step itself.
    pub step: Step,
}

/// What a line of a talk says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `given …`, `now …`
    Given(Given),
    /// `ada> TEXT`: a command, its tag is made; after a `+` a line without tag.
    Say {
        /// The client's name.
        who: String,
        /// The text that it sends.
        text: Pattern,
    },
    /// `ada>> TEXT`: sent exactly so.
    SayRaw {
        /// The client's name.
        who: String,
        /// The text that it sends.
        text: Pattern,
    },
    /// `mta sends 100 times RCPT TO:<ada@example.org>\r\n`: these bytes, so many times.
    Send {
        /// The client's name.
        who: String,
        /// How often.
        times: usize,
        /// What a sign of itself cannot say is escaped: `\r`, `\n`, `\0`, `\\`.
        bytes: Vec<u8>,
    },
    /// `mta hears 100 times 250 2.1.5 ..`
    HearTimes {
        /// The client's name.
        who: String,
        /// How often.
        times: usize,
        /// Each response that it hears.
        text: Pattern,
    },
    /// `ada< TEXT`: the very next response.
    Hear {
        /// The client's name.
        who: String,
        /// The response that it hears.
        text: Pattern,
    },
    /// `ada<? TEXT`, several in a row: these responses, in any order.
    HearRun {
        /// The client's name.
        who: String,
        /// What it hears, with the lines on which it is written.
        texts: Vec<(usize, Pattern)>,
    },
    /// `ada<~ TEXT`: one of the responses before the tagged end; the others do not matter.
    HearAmong {
        /// The client's name.
        who: String,
        /// The response that it hears.
        text: Pattern,
    },
    /// `ada< ok [CODE]`: the tagged end of the oldest command that has none yet.
    End {
        /// The client's name.
        who: String,
        /// `OK`, `NO` or `BAD`.
        verdict: Verdict,
        /// The response code with its brackets; not compared when the page has none.
        code: Option<Pattern>,
    },
    /// `bo hears nothing`
    HearNothing {
        /// The client's name.
        who: String,
    },
    /// `bo hears the end`: the server has closed the connection, and has said all that it had.
    HearTheEnd {
        /// The client's name.
        who: String,
    },
    /// `settle`: every node has learnt of every committed change.
    Settle,
    /// `cut bo`: his connection is gone, without a word.
    Cut {
        /// The client's name.
        who: String,
    },
    /// `ada compresses`, `ada no longer compresses`: what she says and hears from here on.
    Compress {
        /// The client's name.
        who: String,
        /// Whether it does.
        is_on: bool,
    },
    /// `ada encrypts`: she shakes hands, and what she says and hears from here on is in TLS.
    Encrypt {
        /// The client's name.
        who: String,
    },
    /// `ada proves pass as ada by SCRAM-SHA-256`, `as ada for support`: she authenticates without telling her password.
    Prove {
        /// The client's name.
        who: String,
        /// How she proves what she knows.
        proof: Proof,
    },
    /// `check $b > $a`: a number has grown.
    Check {
        /// A bound name.
        greater: String,
        /// A bound name.
        less: String,
    },
    /// What the talk does to a node.
    Intervene {
        /// The node's number, from 1.
        node: usize,
        /// What is done.
        intervention: Intervention,
    },
}

/// What a client proves by SCRAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// `SCRAM-SHA-256`, or the same with `-PLUS`.
    pub mechanism: String,
    /// Who the client says that it is.
    pub user: String,
    /// Whom it wants to act as.
    pub identity: Option<String>,
    /// The password that it knows.
    pub password: String,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `ok`
    Ok,
    /// `no`
    No,
    /// `bad`
    Bad,
}

/// What a talk can do to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intervention {
    /// `drop wakeups on node 2`: from now on none arrives.
    DropWakeups,
    /// `pass wakeups on node 2`: once one was lost, the next ones arrive again.
    PassWakeups,
    /// `cut listener of node 2`: its LISTEN connection breaks, once.
    CutListener,
    /// `cut database of node 2`: all its connections to PostgreSQL break, once.
    CutDatabase,
    /// `compare on node 2`: the timer of its safety comparison fires.
    Compare,
}

/// Why a page cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFault {
    /// The line's number, from 1.
    pub line: usize,
    /// A sentence that says what is wrong there.
    pub what: String,
}

impl Page {
    /// # Errors
    ///
    /// [`PageFault`] names the first line that is not understood.
    pub fn parse(text: &str) -> Result<Self, PageFault> {
        let text: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut lines = Lines {
            text: &text,
            next: 0,
        };
        let mut steps: Vec<Line> = Vec::new();
        while let Some((number, line)) = lines.advance() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let step = step(line, &mut lines).map_err(|what| PageFault { line: number, what })?;
            push(&mut steps, number, step);
        }
        Ok(Self { steps, text })
    }

    /// Whether one node is enough for it.
    #[must_use]
    pub fn needs_two_nodes(&self) -> bool {
        self.steps
            .iter()
            .any(|line| line.step == Step::Given(Given::TwoNodes))
    }

    /// How its nodes are configured, as far as the page says.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.steps.iter().filter_map(|line| match &line.step {
            Step::Given(Given::Setting { name, value }) => Some((name.as_str(), value.as_str())),
            _ => None,
        })
    }
}

/// Adds a step; a line of a run joins the run before it.
fn push(steps: &mut Vec<Line>, number: usize, step: Step) {
    if let Step::HearRun { who, texts } = &step
        && let Some(Line {
            step:
                Step::HearRun {
                    who: before,
                    texts: run,
                },
            ..
        }) = steps.last_mut()
        && before == who
    {
        run.extend(texts.iter().map(|(_, text)| (number, text.clone())));
        return;
    }
    let step = match step {
        Step::HearRun { who, texts } => Step::HearRun {
            who,
            texts: texts.into_iter().map(|(_, text)| (number, text)).collect(),
        },
        other => other,
    };
    steps.push(Line { number, step });
}

/// The lines of a page; literals take several at once.
struct Lines<'a> {
    text: &'a [String],
    next: usize,
}

impl<'a> Lines<'a> {
    fn advance(&mut self) -> Option<(usize, &'a str)> {
        let line = self.text.get(self.next)?;
        self.next += 1;
        Some((self.next, line))
    }
}

fn step(line: &str, lines: &mut Lines<'_>) -> Result<Step, String> {
    if let Some(spoken) = spoken(line) {
        return said_or_heard(&spoken, lines);
    }
    if let Some(sentence) = line
        .strip_prefix("given ")
        .or_else(|| line.strip_prefix("now "))
    {
        let (sentence, literal) = match sentence.split_once(">>>") {
            Some((sentence, "")) => (sentence, Some(block(lines)?.0)),
            Some(_) => return Err("a message begins on its own line".to_owned()),
            None => (sentence, None),
        };
        return Given::parse(sentence.trim(), literal).map(Step::Given);
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [who, "sends", times, "times", ..] => Ok(Step::Send {
            who: (*who).to_owned(),
            times: number(times)?,
            bytes: unescaped(line.split_once(" times ").ok_or("what is sent?")?.1)?,
        }),
        [who, "hears", times, "times", ..] => Ok(Step::HearTimes {
            who: (*who).to_owned(),
            times: number(times)?,
            text: Pattern::parse(line.split_once(" times ").ok_or("what is heard?")?.1),
        }),
        ["settle"] => Ok(Step::Settle),
        [who, "hears", "nothing"] => Ok(Step::HearNothing {
            who: (*who).to_owned(),
        }),
        [who, "hears", "the", "end"] => Ok(Step::HearTheEnd {
            who: (*who).to_owned(),
        }),
        ["check", greater, ">", less] => Ok(Step::Check {
            greater: bare(greater)?,
            less: bare(less)?,
        }),
        ["drop", "wakeups", "on", "node", node] => intervene(node, Intervention::DropWakeups),
        ["pass", "wakeups", "on", "node", node] => intervene(node, Intervention::PassWakeups),
        ["cut", "listener", "of", "node", node] => intervene(node, Intervention::CutListener),
        ["cut", "database", "of", "node", node] => intervene(node, Intervention::CutDatabase),
        ["compare", "on", "node", node] => intervene(node, Intervention::Compare),
        [who, "compresses"] => Ok(Step::Compress {
            who: (*who).to_owned(),
            is_on: true,
        }),
        [who, "no", "longer", "compresses"] => Ok(Step::Compress {
            who: (*who).to_owned(),
            is_on: false,
        }),
        [who, "encrypts"] => Ok(Step::Encrypt {
            who: (*who).to_owned(),
        }),
        [who, "proves", password, "as", user, "by", mechanism] => Ok(Step::Prove {
            who: (*who).to_owned(),
            proof: Proof {
                mechanism: (*mechanism).to_owned(),
                user: (*user).to_owned(),
                identity: None,
                password: (*password).to_owned(),
            },
        }),
        [
            who,
            "proves",
            password,
            "as",
            user,
            "for",
            identity,
            "by",
            mechanism,
        ] => Ok(Step::Prove {
            who: (*who).to_owned(),
            proof: Proof {
                mechanism: (*mechanism).to_owned(),
                user: (*user).to_owned(),
                identity: Some((*identity).to_owned()),
                password: (*password).to_owned(),
            },
        }),
        ["cut", who] => Ok(Step::Cut {
            who: (*who).to_owned(),
        }),
        _ => Err(format!("not understood: {line}")),
    }
}

fn intervene(node: &str, intervention: Intervention) -> Result<Step, String> {
    let node = node.parse().map_err(|_| format!("{node} is no node"))?;
    Ok(Step::Intervene { node, intervention })
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

/// `\r`, `\n`, `\0` and `\\` as the bytes that they name.
fn unescaped(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b'0') => 0,
                Some(b'\\') => b'\\',
                _ => return Err(format!("a backslash stands alone: {text}")),
            },
            byte => byte,
        });
    }
    Ok(bytes)
}

fn bare(name: &str) -> Result<String, String> {
    name.strip_prefix('$')
        .map(str::to_owned)
        .ok_or_else(|| format!("{name} is no $name"))
}

/// A line of somebody's conversation.
struct Spoken<'a> {
    who: &'a str,
    mark: &'a str,
    text: &'a str,
}

fn spoken(line: &str) -> Option<Spoken<'_>> {
    let end = line.find(['>', '<'])?;
    let (who, rest) = line.split_at(end);
    let is_name = who.starts_with(|c: char| c.is_ascii_lowercase())
        && who.chars().all(|c| c.is_ascii_alphanumeric());
    let mark = ["<?", "<~", "<", ">>", ">"]
        .into_iter()
        .find(|mark| rest.starts_with(mark))?;
    let text = rest.strip_prefix(mark)?;
    let is_apart = text.is_empty() || text.starts_with(' ');
    (is_name && is_apart).then(|| Spoken {
        who,
        mark,
        text: text.trim_start_matches(' '),
    })
}

fn said_or_heard(spoken: &Spoken<'_>, lines: &mut Lines<'_>) -> Result<Step, String> {
    let who = spoken.who.to_owned();
    if spoken.mark == "<"
        && let Some((verdict, code)) = ending(spoken.text)?
    {
        return Ok(Step::End { who, verdict, code });
    }
    let text = pattern(spoken.text, lines)?;
    Ok(match spoken.mark {
        ">" => Step::Say { who, text },
        ">>" => Step::SayRaw { who, text },
        "<?" => Step::HearRun {
            who,
            texts: vec![(0, text)],
        },
        "<~" => Step::HearAmong { who, text },
        _ => Step::Hear { who, text },
    })
}

/// A verdict with or without a code; none where another word begins the line.
fn ending(text: &str) -> Result<Option<(Verdict, Option<Pattern>)>, String> {
    let (word, code) = text.split_once(' ').unwrap_or((text, ""));
    let verdict = match word {
        "ok" => Verdict::Ok,
        "no" => Verdict::No,
        "bad" => Verdict::Bad,
        _ => return Ok(None),
    };
    match code.trim() {
        "" => Ok(Some((verdict, None))),
        code if code.starts_with('[') && code.ends_with(']') => {
            Ok(Some((verdict, Some(Pattern::parse(code)))))
        }
        _ => Err(format!(
            "behind `{word}` stands a [CODE] or nothing; for its text, choose the tag: `ada>> x1 …`"
        )),
    }
}

/// A text that may hold literals, within the line or over several.
fn pattern(text: &str, lines: &mut Lines<'_>) -> Result<Pattern, String> {
    let mut pattern = Pattern::default();
    let mut rest = text.to_owned();
    while let Some(start) = rest.find(">>>").into_iter().chain(rest.find(">>+")).min() {
        let (before, literal) = rest.split_at(start);
        pattern.push_text(before);
        let non_synchronising = literal.starts_with(">>+");
        let inside = literal.get(3..).unwrap_or_default();
        let (bytes, after) = if inside.is_empty() {
            block(lines)?
        } else {
            let (inside, after) = inside.split_once("<<<").ok_or("<<< is missing")?;
            (inside.as_bytes().to_vec(), after.to_owned())
        };
        pattern.push_literal(Literal {
            bytes,
            non_synchronising,
        });
        rest = after;
    }
    pattern.push_text(&rest);
    Ok(pattern)
}

/// The lines up to `<<<`, each with CRLF, and what follows the `<<<`.
fn block(lines: &mut Lines<'_>) -> Result<(Vec<u8>, String), String> {
    let mut bytes = Vec::new();
    while let Some((_, line)) = lines.advance() {
        if let Some(after) = line.strip_prefix("<<<") {
            return Ok((bytes, after.to_owned()));
        }
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    Err("<<< is missing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Intervention, Page, Proof, Step, Verdict};
    use crate::pattern::{Literal, Pattern};

    fn steps(text: &str) -> Vec<(usize, Step)> {
        let page = Page::parse(text).unwrap();
        page.steps
            .into_iter()
            .map(|line| (line.number, line.step))
            .collect()
    }

    #[test]
    fn each_form_of_the_notation_is_read() {
        let who = || "bo".to_owned();
        for (line, step) in [
            (
                "bo>  NOOP",
                Step::Say {
                    who: who(),
                    text: Pattern::parse("NOOP"),
                },
            ),
            (
                "mta sends 3 times a\\r\\n\\0",
                Step::Send {
                    who: "mta".to_owned(),
                    times: 3,
                    bytes: b"a\r\n\0".to_vec(),
                },
            ),
            (
                "mta hears 2 times 250 ..",
                Step::HearTimes {
                    who: "mta".to_owned(),
                    times: 2,
                    text: Pattern::parse("250 .."),
                },
            ),
            (
                "bo>",
                Step::Say {
                    who: who(),
                    text: Pattern::default(),
                },
            ),
            (
                "bo>> x NOOP",
                Step::SayRaw {
                    who: who(),
                    text: Pattern::parse("x NOOP"),
                },
            ),
            (
                "bo<  * 1 EXISTS",
                Step::Hear {
                    who: who(),
                    text: Pattern::parse("* 1 EXISTS"),
                },
            ),
            (
                "bo<~ * FLAGS ..",
                Step::HearAmong {
                    who: who(),
                    text: Pattern::parse("* FLAGS .."),
                },
            ),
            (
                "bo<  ok",
                Step::End {
                    who: who(),
                    verdict: Verdict::Ok,
                    code: None,
                },
            ),
            (
                "bo<  no [NOPERM]",
                Step::End {
                    who: who(),
                    verdict: Verdict::No,
                    code: Some(Pattern::parse("[NOPERM]")),
                },
            ),
            ("bo hears nothing", Step::HearNothing { who: who() }),
            ("bo   hears the end", Step::HearTheEnd { who: who() }),
            ("settle", Step::Settle),
            ("cut bo", Step::Cut { who: who() }),
            (
                "bo no longer compresses",
                Step::Compress {
                    who: who(),
                    is_on: false,
                },
            ),
            ("bo encrypts", Step::Encrypt { who: who() }),
            (
                "bo proves pass as bo for support by SCRAM-SHA-256",
                Step::Prove {
                    who: who(),
                    proof: Proof {
                        mechanism: "SCRAM-SHA-256".to_owned(),
                        user: "bo".to_owned(),
                        identity: Some("support".to_owned()),
                        password: "pass".to_owned(),
                    },
                },
            ),
            (
                "cut listener of node 2",
                Step::Intervene {
                    node: 2,
                    intervention: Intervention::CutListener,
                },
            ),
            (
                "check $2 > $1",
                Step::Check {
                    greater: "2".into(),
                    less: "1".into(),
                },
            ),
        ] {
            assert_eq!(steps(line), [(1, step)], "{line}");
        }
    }

    #[test]
    fn lines_of_a_run_are_one_step() {
        let run = steps("bo<? * 1 a\nbo<? * 2 b\nada<? * 3 c\n");
        let texts = |numbers: &[(usize, &str)]| {
            numbers
                .iter()
                .map(|&(line, text)| (line, Pattern::parse(text)))
                .collect()
        };
        assert_eq!(
            run,
            [
                (
                    1,
                    Step::HearRun {
                        who: "bo".into(),
                        texts: texts(&[(1, "* 1 a"), (2, "* 2 b")])
                    }
                ),
                (
                    3,
                    Step::HearRun {
                        who: "ada".into(),
                        texts: texts(&[(3, "* 3 c")])
                    }
                ),
            ]
        );
    }

    #[test]
    fn literals_stand_in_a_line_or_over_several() {
        let mut expected = Pattern::parse("X ");
        expected.push_literal(Literal {
            bytes: b"a b".to_vec(),
            non_synchronising: true,
        });
        expected.push_text(" ");
        expected.push_literal(Literal {
            bytes: b"# c\r\n\r\n".to_vec(),
            non_synchronising: false,
        });
        expected.push_text(" (d)");
        let said = steps("bo> X >>+a b<<< >>>\n# c\n\n<<< (d)\nsettle");
        assert_eq!(
            said,
            [
                (
                    1,
                    Step::Say {
                        who: "bo".into(),
                        text: expected
                    }
                ),
                (5, Step::Settle)
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_named_with_its_line() {
        for (text, line) in [
            ("# fine\n\nBo> NOOP", 3),
            ("bo> X >>>\nnever ends", 1),
            ("settled", 1),
            ("given nonsense", 1),
            ("check 1 > $2", 1),
            ("ada< ok Completed", 1),
        ] {
            assert_eq!(Page::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
