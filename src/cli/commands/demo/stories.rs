//! `sfsetup demo break`: the stories of how an integration stops, listed and played.

use std::cell::RefCell;
use std::fmt::Write as _;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::demo::{self, Mend, Store, Story};
use crate::report::json::org::{Broken, Told};

use crate::cli::shared::answer::{Answer, AnswerArguments};
use crate::cli::shared::arguments::Exit;
use crate::cli::shared::connect;
use crate::cli::shared::demo_org::DemoOrg;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::journal::open_journal;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::way_in::demo_again;

/// Play how an integration stops, in a demo org
///
/// The integration of the app `Ampersand` is put in order; then it breaks, last night, and the org
/// holds what an org writes down of it. Without a STORY the stories are listed. `sfsetup demo reset`
/// makes the org as new.
#[derive(Debug, Args)]
pub(super) struct BreakArguments {
    /// What happens; several happen at once
    #[arg(value_name = "STORY", value_parser = story())]
    stories: Vec<Story>,

    /// In which demo org: `demo`, or `demo:NAME`
    #[arg(short, long, value_name = "ORG", alias = "target-org", default_value = "demo")]
    org: String,

    #[command(flatten)]
    answer: AnswerArguments,
}

/// The stories by their names.
fn story() -> impl TypedValueParser<Value = Story> {
    let names = Story::ALL.map(|story| PossibleValue::new(story.name()).help(story.happens()));
    PossibleValuesParser::new(names).map(|name| {
        let found = Story::ALL.into_iter().find(|story| story.name() == name);
        found.expect("the parser takes the stories' names alone")
    })
}

pub(super) fn run(ui: &Ui, arguments: &BreakArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.demo-break/1")?;
    answer.of(|body| match arguments.stories.is_empty() {
        true => list(&answer, body),
        false => play(&answer, arguments, body),
    })
}

fn told(stories: &[Story]) -> Vec<Told> {
    let one = |story: &Story| Told {
        name: story.name(),
        happens: story.happens(),
        mend: story.mend().name(),
    };
    stories.iter().map(one).collect()
}

/// Lists the stories, by who can mend what they break.
fn list(answer: &Answer<'_>, body: &RefCell<Option<Broken>>) -> Result<Exit, CommandError> {
    let width = Story::ALL.iter().map(|story| story.name().len()).max().unwrap_or_default();
    let of = |mend: Mend| {
        let mut text = format!("What is {}:\n", mend.meaning());
        for story in Story::ALL.iter().filter(|story| story.mend() == mend) {
            let _ = writeln!(text, "  {:width$}  {}", story.name(), story.happens());
        }
        text
    };
    let text = [Mend::Package, Mend::ByHand, Mend::Vendor].map(of).join("\n");
    body.replace(Some(Broken { stories: told(&Story::ALL), ..Broken::default() }));
    answer.give(&text)?;
    answer.ui.hint("`sfsetup demo break STORY` plays one in the org `demo`");
    Ok(Exit::Done)
}

/// Plays stories in an org.
fn play(
    answer: &Answer<'_>,
    arguments: &BreakArguments,
    body: &RefCell<Option<Broken>>,
) -> Result<Exit, CommandError> {
    let org = DemoOrg::named(&arguments.org)?;
    let (name, failed) = (org.as_option(), |error| CommandError::demo(org.name(), &error));
    // Held to the end: no run may be at work on the org, or begin to.
    let ids = demo::org_ids(org.name());
    let journals = ids.iter().map(|id| open_journal(id, &name));
    let _held: Vec<_> = journals.collect::<Result<_, _>>()?;
    let folder = org.folder(&connect::state_folder()?);
    let store = Store::open_named(&folder, org.name()).map_err(failed)?;
    let mut stories = arguments.stories.clone();
    stories.sort_unstable();
    stories.dedup();
    let stopped = store.play(&stories).map_err(failed)?;
    let mut text = format!("the integration of {name} stopped at {stopped}\n");
    for story in &stories {
        let _ =
            writeln!(text, "{}: {} ({})", story.name(), story.happens(), story.mend().meaning());
    }
    let again = demo_again(org.name());
    let (org, stories) = (Some(name.clone()), told(&stories));
    body.replace(Some(Broken { org, stopped: Some(stopped), stories }));
    answer.say(&text)?;
    if arguments.stories.contains(&Story::SandboxRefreshed) {
        answer.ui.hint(
            "a `sfsetup demo serve` that runs must be started again: its token is the old org's",
        );
    }
    answer.ui.hint(&format!(
        "`sfsetup why --template ampersand --org {name}` says why, as far as the org has recorded \
         it; {again}"
    ));
    Ok(Exit::Done)
}
