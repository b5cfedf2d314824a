//! `sfsetup demo`: the orgs inside the program, for other clients, and made as new.

mod many;
mod stories;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, value_parser};
use futures::future::select;

use crate::demo::{self, Faults, Form, Orgs, Running, Store};
use crate::report::json::org::Reset;

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::connect;
use crate::cli::shared::demo_org::DemoOrg;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::journal::open_journal;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;

/// Serve, reset or break the built-in orgs
///
/// `--org demo` works with every command and needs nothing of this: its state lasts between
/// commands. Serving it lets other clients in. `--org demo:NAME` is another such org, with a state,
/// an id and a journal of its own, and there may be as many as you like.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Serve(ServeArguments),
    /// Make demo orgs as new, and forget what was deployed to them
    ///
    /// Their journals go too: `sfsetup rollback` has nothing left to take back.
    Reset {
        /// Which, by the NAME of `--org demo:NAME`; without it the one that is called `demo`
        names: Vec<String>,
        /// Every demo org, `demo` too
        #[arg(long, conflicts_with = "names")]
        all: bool,

        #[command(flatten)]
        answer: AnswerArguments,
    },
    Break(stories::BreakArguments),
}

/// Serve a demo org on this machine until Ctrl-C
#[derive(Debug, Args)]
struct ServeArguments {
    /// Which, by the NAME of `--org demo:NAME`; without it the one that is called `demo`
    name: Option<String>,
    /// The port; without it the one that it had before, or any free one
    #[arg(long)]
    port: Option<u16>,
    /// Replace each refresh token as it is used, and end the sign-in when an old one comes back
    #[arg(long)]
    rotate_refresh_tokens: bool,
    /// Take so many seconds for each deploy and each retrieve, so that progress, Ctrl-C and what
    /// somebody else changes meanwhile can be watched
    #[arg(long, value_name = "SECONDS", value_parser = value_parser!(u64).range(..=86_400))]
    slow: Option<u64>,
    /// Answer each call so many milliseconds later, as an org far away does
    #[arg(long, value_name = "MILLISECONDS", value_parser = value_parser!(u64).range(..=600_000))]
    latency: Option<u64>,
    /// Let go wrong what this file says: JSON, an array of `call` and `fault`, with `times` and
    /// `after`; docs/demo.md lists the faults
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Serve so many orgs instead, `o0001` and on, each with a little drift of its own, told apart
    /// by their access tokens; they last as long as the server
    #[arg(long, value_name = "N", requires = "into", conflicts_with = "name")]
    #[arg(value_parser = value_parser!(u32).range(1..=100_000))]
    orgs: Option<u32>,
    /// The folder for the files by which these orgs are reached: `orgs.toml` and `orgs.csv` for
    /// `--orgs`, and `tokens.sh`
    #[arg(long, value_name = "FOLDER", requires = "orgs")]
    into: Option<PathBuf>,
    /// Take the other form of something that sources do not settle; once for each
    #[arg(long = "form", value_name = "FORM", value_parser = form())]
    forms: Vec<Form>,
}

/// The forms by their names.
fn form() -> impl TypedValueParser<Value = Form> {
    let names = Form::ALL.map(|form| PossibleValue::new(form.name()).help(form.meaning()));
    PossibleValuesParser::new(names).map(|name| {
        let found = Form::ALL.into_iter().find(|form| form.name() == name);
        found.expect("the parser takes the forms' names alone")
    })
}

pub(crate) fn run(ui: &Ui, arguments: &DemoArguments) -> Result<Exit, CommandError> {
    match &arguments.action {
        Action::Reset { names, all, answer } => {
            let answer = answer.of(ui, "sfsetup.demo-reset/1")?;
            answer.of(|body| reset(&answer, names, *all, body))
        }
        Action::Break(arguments) => stories::run(ui, arguments),
        Action::Serve(arguments) => serve(ui, arguments),
    }
}

/// Makes demo orgs as new. What was deployed to them is forgotten with them: the new org does not
/// know of it, and nothing of it can be taken back.
fn reset(
    answer: &Answer<'_>,
    names: &[String],
    all: bool,
    body: &RefCell<Option<Reset>>,
) -> Result<Exit, CommandError> {
    body.replace(Some(Reset::default()));
    let base = connect::state_folder()?;
    let orgs = if all {
        DemoOrg::all(&base)
    } else if names.is_empty() {
        vec![DemoOrg::plain()]
    } else {
        names.iter().map(|name| DemoOrg::named(name)).collect::<Result<_, _>>()?
    };
    for org in &orgs {
        let name = org.as_option();
        // Held to the end: no run may be at work on the org, or begin to.
        // A sandbox that was refreshed has a second one.
        let ids = demo::org_ids(org.name());
        let journals = ids.iter().map(|id| open_journal(id, &name));
        let journals: Vec<_> = journals.collect::<Result<_, _>>()?;
        Store::reset(&org.folder(&base)).map_err(|error| CommandError::demo(org.name(), &error))?;
        for journal in &journals {
            journal.clear().map_err(|error| CommandError::apply(&name, &error.into()))?;
        }
        body.borrow_mut().iter_mut().for_each(|reset| reset.orgs.push(name.clone()));
        answer.say(&match org.name() {
            None => "the demo org is as new\n".to_owned(),
            Some(_) => format!("{name} is as new\n"),
        })?;
    }
    answer.ui.hint(
        "a `sfsetup demo serve` that runs must be started again: sessions ended with the old org",
    );
    Ok(Exit::Done)
}

/// How an org behaves that is served.
#[derive(Clone)]
struct Manner {
    rotates: bool,
    forms: Vec<Form>,
    slow: Option<u64>,
}

impl Manner {
    fn of(&self, mut store: Store) -> Store {
        if self.rotates {
            store = store.with_rotation();
        }
        store = self.forms.iter().fold(store, |store, form| store.with_form(*form));
        match self.slow {
            Some(seconds) => store.with_delay(Duration::from_secs(seconds)),
            None => store,
        }
    }
}

/// Reads what is to go wrong.
fn faults(file: Option<&Path>) -> Result<Faults, CommandError> {
    let Some(file) = file else { return Ok(Faults::none()) };
    let rules =
        serde_json::from_slice(&wanted::read(file, "list of faults")?).map_err(|error| {
            CommandError::new(format!("cannot read `{}`", file.display()))
                .because(error.to_string())
                .hint("it holds an array such as `[{\"call\": \"query\", \"fault\": \"html\"}]`")
                .usage()
        })?;
    Ok(Faults { rules, by_request: false })
}

fn serve(ui: &Ui, arguments: &ServeArguments) -> Result<Exit, CommandError> {
    let manner = Manner {
        rotates: arguments.rotate_refresh_tokens,
        forms: arguments.forms.clone(),
        slow: arguments.slow,
    };
    let faults = faults(arguments.faults.as_deref())?;
    let latency = Duration::from_millis(arguments.latency.unwrap_or_default());
    if let (Some(count), Some(folder)) = (arguments.orgs, &arguments.into) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let orgs = Orgs::many(count, move |store| manner.of(store)).with_latency(latency);
        return connect::block_on(ui, async {
            let running = demo::serve(orgs, arguments.port, faults).await;
            let mut running = running.map_err(|error| CommandError::demo(None, &error))?;
            ui.answer(&many::write(ui, folder, &running.url(), running.orgs())?)?;
            ui.hint(&format!(
                "{count} demo orgs answer until Ctrl-C; the line above gives a shell their tokens, \
                 and `{}` says where each is",
                folder.join("orgs.toml").display()
            ));
            until_ended(ui, &mut running).await
        });
    }
    let org = match &arguments.name {
        Some(name) => DemoOrg::named(name)?,
        None => DemoOrg::plain(),
    };
    let set_up = |store: Store| Orgs::from(manner.of(store)).with_latency(latency);
    connect::block_on(ui, async {
        // Two would not know of one another's sessions, and the first would not be met any more.
        if let Some(url) = connect::served_at(&org).await? {
            return Err(CommandError::new(format!("`{}` is served already", org.as_option()))
                .because(format!("a `sfsetup demo serve` answers for it at {url}"))
                .hint(
                    "end that one with Ctrl-C first, or serve another: `sfsetup demo serve NAME`",
                ));
        }
        let mut running = connect::serve_demo(&org, arguments.port, &faults, &set_up).await?;
        let _announced = org.announce(&connect::state_folder()?, &running.url());
        // The token opens nothing but this make-believe org, which listens on this machine alone.
        ui.answer(&format!(
            "export SF_ORG_INSTANCE_URL={}\nexport SF_ACCESS_TOKEN='{}'\n",
            running.url(),
            running.token
        ))?;
        ui.hint(&format!(
            "the demo org answers until Ctrl-C; the two lines above let any client in, and \
             `--org {}` meets it here too",
            org.as_option()
        ));
        until_ended(ui, &mut running).await
    })
}

/// Serves until Ctrl-C, which is how it is ended.
async fn until_ended(ui: &Ui, running: &mut Running) -> Result<Exit, CommandError> {
    let _hold = ui.interrupt().hold();
    select(std::pin::pin!(running.wait()), std::pin::pin!(ui.interrupt().pressed())).await;
    Ok(Exit::Done)
}
