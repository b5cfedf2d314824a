//! `sfsetup template new`: a file to start from, out of nothing or out of an org.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cli::shared::answer::{Answer, TEXT_OR_JSON};
use crate::cli::shared::arguments::{Exit, org_option, shell_word};
use crate::cli::shared::config::Config;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::format::Format;
use crate::cli::shared::questions::{self, Candidates};
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted;
use crate::diff::{State, diff};
use crate::metadata::fact::{FactAnswer, FactValues};
use crate::metadata::full_name::canonical_full_name;
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};
use crate::metadata::registry::nearest::nearest;
use crate::metadata::{ComponentId, ComponentSet};
use crate::org::retrieve::RetrieveRequest;
use crate::org::{ConnectOptions, Org, OrgError};
use crate::report::json::template::Made;
use crate::snapshot::take;
use crate::template::draft::{self, App, AppKind, Heading, PLACEHOLDER, Seen};
use crate::template::{self, Arguments, ParameterSubject, Template, builtin, wrong_page};

/// Write a template to start from: a skeleton, or what an org has now
///
/// With --from-org the template says all that is so of the named app, profile, permission set and
/// user, to be cut down to what the vendor's page asks for. Keys, secrets and callback addresses
/// are never written.
#[derive(Clone, Debug, Args)]
pub(crate) struct NewArguments {
    /// The template's name: letters a to z, digits and `-`
    name: String,

    /// The file [default: NAME.toml]; one that is there is never written over
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// What a person calls it
    #[arg(long)]
    title: Option<String>,

    /// The address of the vendor's page
    #[arg(long, value_name = "URL")]
    source: Option<String>,

    /// Write down what this org has now; without ORG the one that other commands would take
    #[arg(long, value_name = "ORG", num_args = 0..=1, default_missing_value = "")]
    from_org: Option<String>,

    /// The connected app or external client app, by its API name
    #[arg(long, requires = "from_org")]
    app: Option<String>,

    /// The profile of the user who connects
    #[arg(long, requires = "from_org")]
    profile: Option<String>,

    /// The permission set of the integration, by its API name
    #[arg(long, value_name = "NAME", requires = "from_org")]
    permission_set: Option<String>,

    /// The user who connects, by user name; it stands in the template as a default
    #[arg(long, value_name = "USERNAME", requires = "from_org")]
    user: Option<String>,

    /// How long the org may take to put a retrieve together, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, requires = "from_org")]
    timeout: u64,

    /// The form of the answer
    #[arg(long, value_parser = Format::among(TEXT_OR_JSON), default_value = "text")]
    format: Format,
}

pub(crate) fn run(ui: &Ui, arguments: &NewArguments) -> Result<Exit, CommandError> {
    let answer = Answer::new(ui, "sfsetup.template-new/1", arguments.format, None);
    answer.of(|body| make(&answer, arguments, body))
}

fn make(
    answer: &Answer<'_>,
    arguments: &NewArguments,
    body: &RefCell<Option<Made>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let file =
        arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.toml", arguments.name)));
    check(ui, arguments, &file)?;
    let heading = heading(ui, arguments)?;
    let choice = arguments.from_org.as_deref().map(|org| from_org(ui, org)).transpose()?;
    let asked = choice.as_ref().filter(|_| subjects(arguments).is_empty());
    let arguments = &match asked {
        Some(choice) => ask_subjects(ui, arguments, &heading, choice)?,
        None => arguments.clone(),
    };
    let (text, template, proved) = match &choice {
        None => {
            let text = draft::skeleton(&heading);
            let template = read_again(&text)?;
            (text, template, None)
        }
        Some(choice) => {
            let (text, template, proved) = of_org(ui, arguments, choice, &heading)?;
            (text, template, Some(proved))
        }
    };
    ui.write_new_file(&file, text.as_bytes())?;
    let words = match (&choice, proved) {
        (Some(choice), Some(proved)) => proved.words(choice.name()),
        _ => "a skeleton to write over".to_owned(),
    };
    let texts = [("title", &heading.title), ("source", &heading.source)];
    body.replace(Some(Made {
        file: file.display().to_string(),
        name: template.name.clone(),
        steps: template.steps.len(),
        org: choice.as_ref().map(|choice| choice.name().to_owned()),
        settings: proved.map(|proved| proved.settings),
        in_sync: proved.map(|proved| proved.in_sync),
        placeholders: texts
            .iter()
            .filter(|(_, text)| text.is_none())
            .map(|(name, _)| *name)
            .collect(),
    }));
    answer.say(&format!("Wrote {}: {} steps, {words}.\n", file.display(), template.steps.len()))?;
    let placeholders = match (&heading.title, &heading.source) {
        (None, None) => Some("its title and source are placeholders"),
        (None, Some(_)) => Some("its title is a placeholder"),
        (Some(_), None) => Some("its source is a placeholder"),
        (Some(_), Some(_)) => None,
    };
    if let Some(words) = placeholders {
        ui.note(&format!("{words}: fill in what says {PLACEHOLDER}"));
    }
    next(ui, choice.as_ref(), &file);
    Ok(Exit::Done)
}

/// What this program writes, it must be able to read; what it cannot is not left lying about.
fn read_again(text: &str) -> Result<Template, CommandError> {
    template::parse("", text).map_err(|errors| {
        let mistakes: Vec<&str> =
            errors.mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
        CommandError::internal(
            "the template that was made has mistakes, so nothing was written",
            mistakes.join("; "),
        )
        .hint("please report it")
    })
}

/// All that can be wrong before anybody is asked anything.
fn check(ui: &Ui, arguments: &NewArguments, file: &Path) -> Result<(), CommandError> {
    let name = &arguments.name;
    draft::check_name(name).map_err(|(why, better)| {
        CommandError::new(format!("`{name}` is no name for a template"))
            .because(why)
            .hint(format!("for instance `{better}`"))
            .usage()
    })?;
    if builtin::find(name).is_some() {
        return Err(CommandError::new(format!(
            "a template `{name}` is shipped with this program; \
            reports could not tell the two apart"
        ))
        .hint(format!(
            "choose another name, such as `my-{name}`; `sfsetup template show \
                           {name}` shows the shipped one"
        ))
        .usage());
    }
    if arguments.from_org.is_some() && subjects(arguments).is_empty() && !ui.can_ask() {
        return Err(no_subject());
    }
    wrong_page(arguments.source.as_deref().unwrap_or_default()).map_or(Ok(()), |wrong| {
        Err(CommandError::new(wrong).hint("it begins with https://").usage())
    })?;
    // A link that leads nowhere is there too.
    if file.symlink_metadata().is_ok() {
        return Err(CommandError::new(format!(
            "`{}` is there already, so nothing was written",
            file.display()
        ))
        .hint("name another file with `--out`"));
    }
    Ok(())
}

fn subjects(arguments: &NewArguments) -> Vec<&String> {
    [&arguments.app, &arguments.profile, &arguments.permission_set, &arguments.user]
        .into_iter()
        .flatten()
        .collect()
}

fn no_subject() -> CommandError {
    CommandError::new("nothing is said of what in the org to write down")
        .hint("name one of `--app`, `--profile`, `--permission-set`, `--user`, or several")
        .usage()
}

/// Asks what of an org is to be written down; what it has is offered.
fn ask_subjects(
    ui: &Ui,
    arguments: &NewArguments,
    heading: &Heading,
    choice: &TargetOrg,
) -> Result<NewArguments, CommandError> {
    let types = [CONNECTED_APP, EXTERNAL_APP, "Profile", "PermissionSet"];
    let found = Candidates::read(ui, choice, &types.into_iter().collect(), true)?;
    let of = (heading.name.as_str(), heading.title.as_deref().unwrap_or_default());
    let ask = |question: &str, types: &[&str]| {
        let types = types.iter().map(|one| (*one).to_owned()).collect();
        let subject = ParameterSubject { types, ..ParameterSubject::default() };
        questions::ask_name(ui, question, &found, subject, of)
    };
    let user = ParameterSubject { is_user: true, ..ParameterSubject::default() };
    let asked = NewArguments {
        app: ask("App", &[CONNECTED_APP, EXTERNAL_APP])?,
        profile: ask("Profile of the user who connects", &["Profile"])?,
        permission_set: ask("Permission set", &["PermissionSet"])?,
        user: questions::ask_name(ui, "User who connects", &found, user, of)?,
        ..arguments.clone()
    };
    if subjects(&asked).is_empty() { Err(no_subject()) } else { Ok(asked) }
}

/// What the template says of itself; a person at a terminal is asked for what was not given, and an
/// answer that will not do is refused at the question, so that none before it is lost.
fn heading(ui: &Ui, arguments: &NewArguments) -> Result<Heading, CommandError> {
    let ask = |given: &Option<String>, question: &str, check: fn(&str) -> Option<String>| {
        let text = match given {
            Some(given) => Some(given.clone()),
            None => ui.ask_for(question, "Enter: later", check)?,
        };
        let text = text.map(|text| text.trim().to_owned());
        Ok::<_, CommandError>(text.filter(|text| !text.is_empty()))
    };
    let title = ask(&arguments.title, "What a person calls it (the vendor's name):", |_| None)?;
    let source = "Address of the vendor's set-up page (https://..):";
    let source = ask(&arguments.source, source, wrong_page)?;
    let now = jiff::Timestamp::now();
    Ok(Heading {
        name: arguments.name.clone(),
        title,
        source,
        version: now.strftime("%Y.%m").to_string(),
        reviewed: now.strftime("%Y-%m-%d").to_string(),
    })
}

fn next(ui: &Ui, choice: Option<&TargetOrg>, file: &Path) {
    let shown = shell_word(&file.display().to_string());
    let cases = file.with_extension("test");
    if let Some(choice) = choice {
        ui.hint(&format!(
            "delete what the vendor's page does not ask for, then `sfsetup template check {shown}`"
        ));
        ui.hint(&format!(
            "`sfsetup snapshot{} --template {shown} --out {}` makes its first test case, `sfsetup \
             template test {shown}` runs it",
            org_option(choice.name()),
            shell_word(&cases.join("good").display().to_string())
        ));
    } else {
        ui.hint(&format!(
            "`sfsetup template check {shown}` finds mistakes as you write; `sfsetup diff \
             --template {shown} --org demo --set app=Ampersand` tries it on the built-in org"
        ));
    }
}

/// The org that is named; where none is, the one that other commands would take.
fn from_org(ui: &Ui, org: &str) -> Result<TargetOrg, CommandError> {
    let named = Some(org).filter(|org| !org.is_empty());
    let config = Config::find(ui.vouched(), None)?;
    connect::choose(ui, named, &config)?.ok_or_else(wanted::no_org)
}

/// Writes down what an org has: the text, what it says, and words on how that was proved.
fn of_org(
    ui: &Ui,
    arguments: &NewArguments,
    choice: &TargetOrg,
    heading: &Heading,
) -> Result<(String, Template, Proved), CommandError> {
    connect::block_on(ui, async {
        let options = ConnectOptions {
            job_timeout: Duration::from_secs(arguments.timeout),
            ..connect::options(ui)
        };
        let connected = connect::connect(choice, options).await?;
        let found = find(&connected.org, choice, arguments).await?;
        let text = draft::of_org(heading, &found.seen(arguments));
        let template = read_again(&text)?;
        let proved = prove(ui, &template, &found)?;
        Ok((text, template, proved))
    })
}

/// What came from the org.
struct FoundInOrg {
    app: Option<(AppKind, String)>,
    components: ComponentSet,
    facts: FactValues,
}

impl FoundInOrg {
    fn seen<'s>(&'s self, arguments: &'s NewArguments) -> Seen<'s> {
        Seen {
            components: &self.components,
            facts: &self.facts,
            app: self.app.as_ref().map(|(kind, name)| App { kind: *kind, name }),
            profile: arguments.profile.as_deref(),
            permission_set: arguments.permission_set.as_deref(),
            user: arguments.user.as_deref(),
        }
    }
}

/// Finds out what of the named things the org has, and reads it: a profile with all the org's
/// objects, so that it is whole.
async fn find(
    org: &Org,
    choice: &TargetOrg,
    arguments: &NewArguments,
) -> Result<FoundInOrg, CommandError> {
    let failed = |error: OrgError| CommandError::org(choice.name(), &error);
    let mut types = Vec::new();
    if arguments.app.is_some() {
        types.extend(["ConnectedApp", "ExternalClientApplication"]);
    }
    types.extend(arguments.profile.iter().map(|_| "Profile"));
    types.extend(arguments.permission_set.iter().map(|_| "PermissionSet"));
    let types: Vec<String> = types.into_iter().map(str::to_owned).collect();
    let listed = take::of_types(org, &types).await.map_err(failed)?;
    let app = arguments.app.as_ref().map(|name| {
        // One that another org owns is not listed, and still shows a little of itself as a
        // connected app (S 1.5, 1.7).
        let is_external = listed
            .request
            .components
            .contains(&ComponentId::new("ExternalClientApplication", name.as_str()));
        (if is_external { AppKind::External } else { AppKind::Connected }, name.clone())
    });
    let mut asked: Vec<ComponentId> = Vec::new();
    asked.extend(app.iter().flat_map(|(kind, name)| App { kind: *kind, name }.components()));
    for (type_name, given) in
        [("Profile", &arguments.profile), ("PermissionSet", &arguments.permission_set)]
    {
        asked.extend(
            given
                .iter()
                .map(|name| ComponentId::new(type_name, canonical_full_name(type_name, name))),
        );
    }
    let mut companions = listed.request.companions.clone();
    companions.types.retain(|type_name, _| type_name == "CustomObject");
    let request = RetrieveRequest {
        components: asked.iter().cloned().collect(),
        companions,
        by_label: true,
        may_be_empty: false,
    };
    let facts = draft::facts(
        arguments.app.as_deref(),
        arguments.permission_set.as_deref(),
        arguments.user.as_deref(),
    );
    let (components, facts) = if asked.is_empty() {
        (
            ComponentSet::new(crate::metadata::Requested::Unknown),
            org.facts(&facts).await.map_err(failed)?,
        )
    } else {
        let (retrieved, facts) =
            futures::try_join!(org.retrieve(&request), org.facts(&facts)).map_err(failed)?;
        (retrieved.components, facts)
    };
    // An app's parts may be lacking; what was named may not.
    let names = [
        app.as_ref().map(|(kind, name)| App { kind: *kind, name }.components().swap_remove(0)),
        asked.iter().find(|id| id.type_name == "Profile").cloned(),
        asked.iter().find(|id| id.type_name == "PermissionSet").cloned(),
    ];
    for id in names.iter().flatten() {
        if components.get(id).is_none() && !components.shown.contains_key(id) {
            return Err(not_there(id, &components, &listed, choice));
        }
    }
    if let Some(user) = &arguments.user {
        is_a_user(user, &facts, choice)?;
    }
    Ok(FoundInOrg { app, components, facts })
}

fn is_a_user(user: &str, facts: &FactValues, choice: &TargetOrg) -> Result<(), CommandError> {
    let asked = draft::facts(None, None, Some(user));
    let unseen = asked.iter().filter(|(_, of)| of.is_some()).find_map(|(fact, of)| {
        match facts.get(fact, of.as_deref()) {
            FactAnswer::NotObserved(unseen) => Some(unseen),
            FactAnswer::Known(_) => None,
        }
    });
    match unseen {
        Some(unseen) => Err(CommandError::new(format!(
            "cannot write down the user `{user}` of `{}`",
            choice.name()
        ))
        .because(unseen.words)),
        None => Ok(()),
    }
}

/// Something that was named and is not in the org, or cannot be read.
fn not_there(
    id: &ComponentId,
    components: &ComponentSet,
    listed: &take::Wanted,
    choice: &TargetOrg,
) -> CommandError {
    let (what, types): (&str, &[&str]) = match id.type_name.as_str() {
        "Profile" => ("profile", &["Profile"]),
        "PermissionSet" => ("permission set", &["PermissionSet"]),
        _ => ("app", &["ConnectedApp", "ExternalClientApplication"]),
    };
    let name = &id.full_name;
    let is_listed = listed.request.components.contains(id);
    let mut error = CommandError::new(if is_listed {
        format!("the {what} `{name}` of `{}` cannot be read", choice.name())
    } else {
        format!("there is no {what} `{name}` in `{}`", choice.name())
    });
    let reasons = [components.not_observed.get(id)].into_iter().chain(
        types.iter().map(|type_name| listed.not_observed.get(&ComponentId::new(*type_name, "*"))),
    );
    for reason in reasons.flatten() {
        error = error.because(reason.words.clone());
    }
    if is_listed {
        return error;
    }
    let known =
        listed.request.components.iter().filter(|known| types.contains(&known.type_name.as_str()));
    let known: Vec<&str> = known.map(|known| known.full_name.as_str()).collect();
    match nearest(name, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if known.is_empty() || known.len() > 12 => {
            error.hint(format!("name the {what} by its API name"))
        }
        None => error.hint(format!("there are {}", known.join(", "))),
    }
}

/// Holds the template against what it was made of: all must be in sync, as the next `diff` will
/// have it.
fn prove(ui: &Ui, template: &Template, found: &FoundInOrg) -> Result<Proved, CommandError> {
    let internal =
        |why: String| CommandError::internal("the template that was made cannot be tried", why);
    let values = Arguments::resolve(template, &BTreeMap::new(), &BTreeMap::new())
        .map_err(|errors| internal(errors.to_string()))?;
    let steps = template::expand(template, &values).map_err(|error| internal(error.to_string()))?;
    let found = diff(&steps, &found.components, &found.facts);
    for finding in found.findings.iter().filter(|finding| finding.state() != State::InSync) {
        let step = finding.step().map(|step| step.id.as_str()).unwrap_or_default();
        let path = finding.subject.path();
        let what = path.map_or_else(|| step.to_owned(), |path| format!("{step}: {path}"));
        ui.warn(&format!(
            "{what} does not come out as it was read ({}); look at it by hand",
            finding.state().name()
        ));
    }
    Ok(Proved { settings: found.findings.len(), in_sync: found.count(State::InSync) })
}

/// How many settings a template wants, and how many of them are so in the org that it was made of.
#[derive(Clone, Copy)]
struct Proved {
    settings: usize,
    in_sync: usize,
}

impl Proved {
    fn words(self, org: &str) -> String {
        let Self { settings, in_sync } = self;
        if in_sync == settings {
            format!("{settings} settings, all as they are in {org}")
        } else {
            format!("{in_sync} of {settings} settings as they are in {org}")
        }
    }
}
