//! `postroom apply`: makes everything as a file says, and says first what that changes.

use auth::Hasher;
use desired::{DesiredState, Line, Mistake, Plan, Prune, TreeName};
use serde_json::{Value, json};
use store::{DEFAULT_FOLDERS, Deletion, Fault, account_name};

use super::admin_context::{AdminContext, Operator};
use super::failure::Failure;
use super::input::text_of;
use super::letter_choice::LetterChoice;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "The file is TOML; `postroom snapshot` writes one of what there is. What it does not say stays as it is; a list that it says is \
    exact. Each tree (a shared mailbox with all below it) is changed in one transaction, or not at all where somebody has changed it meanwhile.\n\n\
    Exit codes: 0 as the file says, 1 failed, 3 with --dry-run: something would be changed.\n\n\
    Examples:\n  \
    postroom snapshot > site.toml\n  \
    postroom apply --dry-run site.toml\n  \
    postroom apply --prune site.toml\n  \
    postroom apply - < site.toml";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Act as this site administrator; else as the first one. Activity says so.
    #[arg(long = "as", value_name = "USER")]
    acting: Option<String>,
    /// Say what would be changed, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Let go what the file does not name: mailboxes in its trees and, of what it calls complete, accounts (which are disabled),
    /// groups, mailboxes and aliases. A mailbox with messages in it is refused.
    #[arg(long)]
    prune: bool,
    /// With --prune: mailboxes go with all mail in them.
    #[arg(long, requires = "prune")]
    with_mail: bool,
    #[command(flatten)]
    letters: LetterChoice,
    /// Print every key of such a file, with what it means, and do nothing.
    #[arg(long, conflicts_with_all = ["file", "dry_run", "prune", "acting"])]
    pub(super) keys: bool,
    /// The file, or - for standard input.
    #[arg(value_name = "FILE", required_unless_present = "keys")]
    file: Option<String>,
}

/// So many accounts are made in one transaction: each takes a lock of its own.
const ACCOUNTS_AT_ONCE: usize = 200;
/// The exit code of a trial that found something to change.
const DIFFERS: u8 = 3;

const MISTAKES_SHOWN_MAX: usize = 20;

/// What `--keys` prints.
pub(super) fn keys(terminal: &Terminal) -> Result<(), Failure> {
    terminal.print(desired::reference().trim_end())
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    let file = args.file.as_deref().unwrap_or_default();
    let text = text_of(file)?;
    let check_hash = |hash: &str| Hasher::check(hash).map_err(|bad| bad.to_string());
    let desired = DesiredState::parse(&text, &DEFAULT_FOLDERS, &check_hash)
        .map_err(|mistakes| Failure::failed(told(file, &mistakes)))?;
    let config = args.letters.over(config);
    AdminContext::with(&config, async |context| {
        Box::pin(apply(context, args, &desired, terminal)).await
    })
    .await
}

/// A line for each, as compilers write them; of more than a screen's the first.
fn told(file: &str, mistakes: &[Mistake]) -> String {
    let lines = mistakes.iter().take(MISTAKES_SHOWN_MAX);
    let mut lines: Vec<_> = lines.map(|mistake| format!("{file}:{mistake}")).collect();
    if let Some(more @ 1..) = mistakes.len().checked_sub(MISTAKES_SHOWN_MAX) {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

impl Args {
    fn prune(&self) -> Prune {
        match (self.prune, self.with_mail) {
            (false, _) => Prune::Nothing,
            (true, false) => Prune::WithoutMail,
            (true, true) => Prune::WithMail,
        }
    }

    fn deletion(&self) -> Deletion {
        if self.with_mail {
            Deletion::WithMail
        } else {
            Deletion::OfEmpty
        }
    }
}

async fn apply(
    context: &AdminContext,
    args: &Args,
    desired: &DesiredState,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let current = context.store.current_state().await?;
    let plan = desired::plan(desired, &current, args.prune());
    let lines = plan.lines();
    show(&plan, &lines, args.dry_run, terminal)?;
    if !plan.refusals.is_empty() {
        let refusals = plan.refusals.join("\n");
        return Err(Failure::failed(format!("{refusals}\nnothing was changed")));
    }
    if let Some(name) = &args.acting {
        let name = account_name(name)?;
        let known = current
            .accounts
            .get(&name)
            .is_some_and(|account| account.is_admin && !account.is_disabled);
        let comes = plan
            .accounts
            .iter()
            .any(|account| account.name == name && account.is_admin);
        if !known && !comes {
            return Err(Failure::failed(format!(
                "{name} does not administer the site"
            )));
        }
    }
    if plan.is_empty() {
        return Ok(());
    }
    if args.dry_run {
        let words = format!("{} would be made", counted(lines.len()));
        return Err(Failure::Coded(DIFFERS, words));
    }
    let mut work = Work {
        context,
        args,
        late: Vec::new(),
        failed: Vec::new(),
    };
    work.carry_out(&plan).await?;
    work.finish(desired, lines.len(), terminal).await
}

fn counted(count: usize) -> String {
    match count {
        1 => "1 change".to_owned(),
        count => format!("{count} changes"),
    }
}

/// Prints what changes, before it does.
fn show(plan: &Plan, lines: &[Line], is_trial: bool, terminal: &Terminal) -> Result<(), Failure> {
    let changes: Value = lines
        .iter()
        .map(|line| json!({ "change": line.sign.word(), "what": line.words }))
        .collect();
    let data = json!({
        "dry_run": is_trial,
        "changes": changes,
        "notes": plan.notes,
        "refused": plan.refusals,
    });
    terminal.show(&data, || {
        let mut words: String = lines
            .iter()
            .map(|line| format!("{} {}\n", line.sign.letter(), line.words))
            .collect();
        words.extend(plan.notes.iter().map(|note| format!("note: {note}\n")));
        if plan.is_empty() && plan.refusals.is_empty() {
            words.push_str("nothing to change\n");
        }
        words
    })
}

/// A plan that is carried out.
struct Work<'c> {
    context: &'c AdminContext,
    args: &'c Args,
    /// What somebody else has changed meanwhile.
    late: Vec<Late>,
    failed: Vec<String>,
}

#[derive(PartialEq, Eq)]
enum Late {
    Groups,
    Aliases,
    Tree(TreeName),
}

impl Work<'_> {
    /// Each transaction by itself: what one of them is refused does not keep the others back.
    async fn carry_out(&mut self, plan: &Plan) -> Result<(), Failure> {
        let store = &self.context.store;
        for accounts in plan.accounts.chunks(ACCOUNTS_AT_ONCE) {
            store
                .make_accounts(accounts)
                .await
                .map_err(|fault| match fault {
                    Fault::Exists => Failure::failed(
                        "somebody has made one of these accounts meanwhile: apply again",
                    ),
                    fault => fault.into(),
                })?;
        }
        let operator = self.context.operator(self.args.acting.as_deref()).await?;
        if !plan.groups.is_empty() {
            let done = store.apply_groups(operator.account.id, &plan.groups).await;
            self.note(done, Late::Groups);
        }
        self.change_trees(plan, &operator).await?;
        if !plan.aliases.steps.is_empty() {
            let (administrator, separator) = (operator.account.id, &self.context.separator);
            let done = store
                .apply_aliases(administrator, &plan.aliases, separator)
                .await;
            self.note(done, Late::Aliases);
        }
        for (name, is_disabled) in &plan.switched {
            let account = self.context.find_account(name).await?;
            if *is_disabled {
                store.disable_account(account.id).await?;
            } else {
                store.enable_account(account.id).await?;
            }
        }
        for group in &plan.ended_groups {
            match store.delete_group(group).await {
                Ok(()) | Err(Fault::Gone) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    async fn change_trees(&mut self, plan: &Plan, operator: &Operator) -> Result<(), Failure> {
        let permit = ::acl::shared_root(&operator.who)
            .map_err(|_| Failure::failed("only site administrators apply files"))?;
        for change in &plan.trees {
            let applied = self.context.store.apply_tree(
                &permit,
                change,
                &self.context.separator,
                self.args.deletion(),
            );
            let done = applied.await;
            self.note(done, Late::Tree(change.tree.clone()));
        }
        Ok(())
    }

    fn note(&mut self, done: Result<(), Fault>, what: Late) {
        match done {
            Ok(()) => {}
            Err(Fault::Stale) => self.late.push(what),
            Err(fault) => self
                .failed
                .push(format!("{}: {fault}; nothing was done there", what.words())),
        }
    }

    /// What was changed meanwhile is no failure where it is by now as the file says, as after the same file elsewhere.
    async fn finish(
        mut self,
        desired: &DesiredState,
        count: usize,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        if !self.late.is_empty() {
            let current = self.context.store.current_state().await?;
            let left = desired::plan(desired, &current, self.args.prune());
            self.late.retain(|late| match late {
                Late::Groups => !left.groups.is_empty(),
                Late::Aliases => !left.aliases.steps.is_empty(),
                Late::Tree(tree) => left.trees.iter().any(|change| change.tree == *tree),
            });
        }
        let late = self.late.iter().map(|late| {
            format!(
                "{}: somebody has changed it meanwhile; nothing was done there: apply again",
                late.words()
            )
        });
        let failed: Vec<String> = self.failed.into_iter().chain(late).collect();
        if failed.is_empty() {
            return terminal.report(format!("{} made", counted(count)));
        }
        Err(Failure::failed(failed.join("\n")))
    }
}

impl Late {
    fn words(&self) -> String {
        match self {
            Self::Groups => "groups".to_owned(),
            Self::Aliases => "aliases".to_owned(),
            Self::Tree(TreeName::Account(name)) => format!("account {name}"),
            Self::Tree(TreeName::Shared(top)) => format!("mailbox {top} and what is below it"),
        }
    }
}
