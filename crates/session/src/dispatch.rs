//! From what comes in to the command that it is, and how it ended.

use live::LoginLease;
use mail::limits::BAD_COMMANDS_MAX;
use wire::{Body, Code, Command, Frame, Malformed, Tag, Verdict, say};

use crate::command::{self, Call, CommandRow, authenticate, idle, no_such_command};
use crate::conversation::selected::AccessCheck;
use crate::conversation::session::{Awaiting, Session};
use crate::conversation::state::AllowedIn;
use crate::ending::{Ending, Outcome, Refused, conclude};
use crate::node::Now;
use crate::out::Out;
use crate::report::{CommandStep, Next, Report};
use crate::unsolicited::Goodbye;
use crate::view::ExpungeTiming;

/// What the connection hands in.
#[derive(Debug)]
pub enum Input {
    /// A whole command.
    Frame(Frame),
    /// A line that is no command, where [`Session::expects`] asked for one.
    Line(Vec<u8>),
    /// The rest of a command whose literal was refused was read and dropped.
    Refused,
    /// A line above the limit was read and dropped.
    TooLong(Option<Tag>),
}

/// The name in logs and metrics of what could not be read far enough to have one.
const UNKNOWN: &str = "unknown";

impl Session {
    /// Does what is asked, and says how it went.
    pub async fn run(&mut self, input: Input, now: Now, out: &mut Out<'_>) -> Report {
        if self.lease.as_ref().is_some_and(LoginLease::is_over) {
            self.goodbye(Goodbye::LeaseEnded, &mut out.buffer);
            return Report {
                next: Next::Close,
                ..Report::going_on(UNKNOWN)
            };
        }
        let report = match input {
            Input::Frame(frame) => self.run_frame(frame, now, out).await,
            Input::Line(line) => Box::pin(self.run_line(&line, out)).await,
            Input::Refused => Report::going_on(UNKNOWN),
            Input::TooLong(tag) => {
                say_bad(&mut out.buffer, tag.as_ref(), "The line is too long");
                Report::concluded(UNKNOWN, Some(Verdict::Bad))
            }
        };
        self.count_bad(report, out)
    }

    async fn run_frame(&mut self, frame: Frame, now: Now, out: &mut Out<'_>) -> Report {
        let command = match wire::parse(frame, self.enabled.mode()) {
            Ok(command) => command,
            Err(malformed) => return self.tell_malformed(malformed, &mut out.buffer),
        };
        let allowed = match command::find(command.name) {
            Some(row) if row.allowed_in.allows(self.state()) => Ok(row),
            Some(row) => Err(Ending::wrong_state(row.allowed_in, self.state())),
            None => Err(no_such_command()),
        };
        match allowed {
            Ok(row) => self.run_command(row, command, now, out).await,
            Err(ending) => {
                let verdict = conclude(&mut out.buffer, &command.tag, command.name, Err(ending));
                Report::concluded(command.name, verdict)
            }
        }
    }

    /// Catches up, runs the command, tells what happened meanwhile, and concludes.
    async fn run_command(
        &mut self,
        row: &'static CommandRow,
        command: Command,
        now: Now,
        out: &mut Out<'_>,
    ) -> Report {
        let Command { tag, name, body } = command;
        match self.catch_up_for(row, out).await {
            Ok(Next::Go) => {}
            Ok(next) => {
                return Report {
                    next,
                    ..Report::going_on(name)
                };
            }
            Err(ending) => {
                let verdict = conclude(&mut out.buffer, &tag, name, Err(ending));
                return Report::concluded(name, verdict);
            }
        }
        let reading = if row.reads { self.reading() } else { None };
        let carried = self.carry_out(row, &tag, body, now, out);
        let Some(carried) = Self::while_readable(reading, carried).await else {
            let refused = Err(Refused::NoPermission.into());
            return self.conclude_lost(&tag, name, refused, out);
        };
        let outcome = match carried {
            Ok(CommandStep::Done(done)) => Ok(done),
            Ok(CommandStep::Later) => return Report::going_on(name),
            Ok(CommandStep::Last(done, next)) => {
                let verdict = conclude(&mut out.buffer, &tag, name, Ok(done));
                return Report {
                    command: name,
                    verdict,
                    next,
                };
            }
            Err(ending) => Err(ending),
        };
        self.learn().await;
        let timing = if row.pins_seqnums {
            ExpungeTiming::Pinned
        } else {
            ExpungeTiming::Safe
        };
        let reading = self.reading();
        let told = Self::while_readable(reading, self.tell_news(timing, out)).await;
        if told.is_none() {
            return self.conclude_lost(&tag, name, outcome, out);
        }
        Report::concluded(name, conclude(&mut out.buffer, &tag, name, outcome))
    }

    /// Ends a command in the midst of which the selected mailbox was lost.
    fn conclude_lost(
        &mut self,
        tag: &Tag,
        name: &'static str,
        outcome: Outcome,
        out: &mut Out<'_>,
    ) -> Report {
        let next = self.lose_while_telling(out);
        let verdict = if next == Next::Close {
            None
        } else {
            conclude(&mut out.buffer, tag, name, outcome)
        };
        Report {
            command: name,
            verdict,
            next,
        }
    }

    /// Learns what was committed before the command, which may leave it without its mailbox.
    async fn catch_up_for(&mut self, row: &CommandRow, out: &mut Out<'_>) -> Result<Next, Ending> {
        // Without a login, and where any state will do, nothing is read that is known here.
        let reads_here = matches!(row.allowed_in, AllowedIn::AfterLogin | AllowedIn::Selected);
        if reads_here && self.assure_login(out).await? == Next::Close {
            return Ok(Next::Close);
        }
        let check = if row.asks {
            self.catch_up_with_all().await?
        } else {
            self.catch_up().await?
        };
        if check == AccessCheck::Holds {
            return Ok(Next::Go);
        }
        let next = self.lose_selected(out);
        if next == Next::Go && !row.allowed_in.allows(self.state()) {
            return Err(Ending::wrong_state(row.allowed_in, self.state()));
        }
        Ok(next)
    }

    /// Runs the command, and once more when other flags became private meanwhile, which is not the client's mistake.
    async fn carry_out(
        &mut self,
        row: &CommandRow,
        tag: &Tag,
        body: Body,
        now: Now,
        out: &mut Out<'_>,
    ) -> Result<CommandStep, Ending> {
        let again = row.depends_on_policy.then(|| body.clone());
        let call = Call {
            session: self,
            tag,
            now,
            out,
        };
        let outcome = row.run(call, body).await;
        let (Err(Ending::Refused(Refused::Changed)), Some(body)) = (&outcome, again) else {
            return outcome;
        };
        if self.renew_selected().await? == AccessCheck::Lost {
            return Err(Refused::NoPermission.into());
        }
        let call = Call {
            session: self,
            tag,
            now,
            out,
        };
        row.run(call, body).await
    }

    async fn run_line(&mut self, line: &[u8], out: &mut Out<'_>) -> Report {
        // Whatever the line says, it ends the waiting; a handler that needs another line waits anew.
        match std::mem::replace(&mut self.awaiting, Awaiting::Command) {
            Awaiting::Command => Report::going_on(UNKNOWN),
            Awaiting::Sasl { tag, exchange } => {
                authenticate::go_on(self, tag, *exchange, line, out).await
            }
            Awaiting::Idle { tag } => {
                let outcome = idle::done(line);
                self.learn().await;
                self.tell_unsolicited(out).await;
                let verdict = conclude(&mut out.buffer, &tag, "IDLE", outcome);
                Report::concluded("IDLE", verdict)
            }
        }
    }

    fn tell_malformed(&mut self, malformed: Malformed, out: &mut Vec<u8>) -> Report {
        let verdict = match malformed {
            Malformed::UidRequired { tag, name } => {
                let text = format!("{name}: only UIDs name messages after UIDONLY");
                say::tagged(out, &tag, Verdict::Bad, Some(Code::UidRequired), &text);
                Some(Verdict::Bad)
            }
            Malformed::Charset {
                tag,
                name,
                has_filter: true,
                ..
            } => {
                let text = format!("{name}: filters are in UTF-8");
                say::tagged(out, &tag, Verdict::Bad, Some(Code::BadCharset), &text);
                Some(Verdict::Bad)
            }
            Malformed::Charset {
                tag, name, returns, ..
            } => {
                self.save(returns, &Err(Refused::BadCharset.into()));
                conclude(out, &tag, name, Err(Refused::BadCharset.into()))
            }
            Malformed::Grammar { tag, text } => {
                say_bad(out, tag.as_ref(), &text);
                Some(Verdict::Bad)
            }
        };
        Report::concluded(UNKNOWN, verdict)
    }

    fn count_bad(&mut self, report: Report, out: &mut Out<'_>) -> Report {
        match report.verdict {
            Some(Verdict::Bad) => self.bad_commands += 1,
            Some(Verdict::Ok) => self.bad_commands = 0,
            Some(Verdict::No) | None => {}
        }
        if self.bad_commands < BAD_COMMANDS_MAX {
            return report;
        }
        say::bye(&mut out.buffer, None, "Too many bad commands");
        Report {
            next: Next::Close,
            ..report
        }
    }
}

fn say_bad(out: &mut Vec<u8>, tag: Option<&Tag>, text: &str) {
    match tag {
        Some(tag) => say::tagged(out, tag, Verdict::Bad, None, text),
        None => say::untagged(out, Verdict::Bad, None, text),
    }
}
