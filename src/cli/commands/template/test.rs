//! `sfsetup template test`: a template tried on cases that lie beside it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::shared::answer::{Answer, AnswerArguments, failure};
use crate::cli::shared::arguments::{Exit, shell_word};
use crate::cli::shared::clock;
use crate::cli::shared::config::Config;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::goal::of_files;
use crate::cli::shared::load;
use crate::cli::shared::ui::Ui;
use crate::diff::{Finding, State};
use crate::metadata::archive::{Limits, read_zip};
use crate::metadata::assignable::UNASKED;
use crate::metadata::fact::{FactAnswer, FactValues};
use crate::metadata::names::{Match, Names};
use crate::metadata::registry::ApiVersion;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::value::Value;
use crate::metadata::{ComponentSet, Requested};
use crate::plan::Basis;
use crate::plan::trial::{Failure, Trial, of_step, try_out};
use crate::report::code;
use crate::report::json::template::{Case as CaseRow, Tested};
use crate::report::trial as render;
use crate::template::expect::{self, Expected, ExpectedFact};
use crate::template::needs::needs;
use crate::template::{self, Arguments, ExpandedStep, ExpandedWant, Template, builtin};

/// The file in a case that says what is expected of it.
const EXPECT: &str = "expect.toml";

/// Why a fact is not observed where the case says nothing of it.
const UNANSWERED: &str = "the case does not say, under [facts] in its expect.toml";

/// Try a template on the cases that lie beside it
///
/// The cases of acme.toml are the folders and zips in acme.test, each in any form that --from
/// takes. A file expect.toml in a case says what is expected: [parameters]; [facts], what an org
/// would answer; [states], how a step turns out where it is not in sync (differs, missing,
/// not-observed, manual); [stars], the names of an org that a star stands for; [fix] left, the
/// steps that no package can fix. All else that is metadata must be right after the fix.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// The template's file
    #[arg(value_name = "FILE")]
    template: String,

    /// The folder with the cases [default: FILE with .test in place of .toml]
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,

    #[command(flatten)]
    answer: AnswerArguments,
}

pub(crate) fn run(ui: &Ui, arguments: &TestArguments) -> Result<Exit, CommandError> {
    let answer = arguments.answer.of(ui, "sfsetup.template-test/1")?;
    answer.of(|body| test(&answer, arguments, body))
}

fn test(
    answer: &Answer<'_>,
    arguments: &TestArguments,
    body: &RefCell<Option<Tested>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let template = load::load(ui, &arguments.template)?;
    let folder = match &arguments.cases {
        Some(folder) => folder.clone(),
        None if builtin::find(&arguments.template).is_some() => {
            return Err(CommandError::new(format!(
                "the shipped template `{}` has no cases beside it",
                arguments.template
            ))
            .hint("name the folder with its cases: `--cases DIR`")
            .usage());
        }
        None => Path::new(&arguments.template).with_extension("test"),
    };
    let cases = cases(&folder, &arguments.template)?;
    let mut tested = Tested { template: arguments.template.clone(), cases: Vec::new() };
    let (mut passed, mut failed, mut unreadable) = (0, 0, 0);
    for case in &cases {
        tested.cases.push(
            match Case::read(case, &template).and_then(|read| read.run(answer, &template)) {
                Ok(row) => {
                    *(if row.ok { &mut passed } else { &mut failed }) += 1;
                    row
                }
                Err(error) => {
                    ui.error(&error);
                    unreadable += 1;
                    CaseRow::unreadable(name_of(case), failure(ui, &error))
                }
            },
        );
    }
    body.replace(Some(tested));
    answer.say(&render::summary(passed, failed, unreadable))?;
    match (failed, unreadable) {
        (0, 0) => Ok(Exit::Done),
        (_, 0) => Ok(Exit::Drift),
        _ => answer
            .failed(true, code::TEMPLATE, || format!("{unreadable} of the cases cannot be tried")),
    }
}

/// The folders and zips in a folder, in order of name.
fn cases(folder: &Path, template: &str) -> Result<Vec<PathBuf>, CommandError> {
    let none = |why: String| {
        CommandError::new(format!("there are no cases to try `{template}` on")).because(why).hint(
            format!(
                "`sfsetup snapshot --org demo --template {} --out {}` makes one of an org; or name \
             their folder with `--cases`",
                shell_word(template),
                shell_word(&folder.join("good").display().to_string())
            ),
        )
    };
    let unreadable = |error: std::io::Error| {
        CommandError::new(format!("cannot read the cases in `{}`", folder.display()))
            .because(error.to_string())
    };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(none(format!("there is no folder `{}`", folder.display())));
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut cases = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && (path.is_dir() || is_zip(&path)) {
            cases.push(path);
        }
    }
    cases.sort();
    if cases.is_empty() {
        Err(none(format!("`{}` holds neither a folder nor a zip", folder.display())))
    } else {
        Ok(cases)
    }
}

fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// What a case is called.
fn name_of(path: &Path) -> String {
    let name = path.file_stem().filter(|_| is_zip(path)).or_else(|| path.file_name());
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A case: where its metadata is, and what is expected of it.
struct Case<'c> {
    path: &'c Path,
    name: String,
    /// The file that says what is expected, whether it is there or not.
    file: PathBuf,
    expected: Expected,
}

impl<'c> Case<'c> {
    fn read(path: &'c Path, template: &Template) -> Result<Self, CommandError> {
        let name = name_of(path);
        let (file, text) =
            if is_zip(path) { in_zip(path, &name)? } else { in_folder(path.join(EXPECT))? };
        let expected = match text {
            Some(text) => expect::parse(&file.display().to_string(), &text, template)
                .map_err(|errors| CommandError::template(&errors))?,
            None => Expected::default(),
        };
        Ok(Self { path, name, file, expected })
    }

    /// Tries the template and tells how it went.
    fn run(&self, answer: &Answer<'_>, template: &Template) -> Result<CaseRow, CommandError> {
        let ui = answer.ui;
        let values = self.values(ui, template)?;
        let steps = template::expand(template, &values)
            .map_err(|error| CommandError::expansion(&error).hint(self.where_to("parameters")))?;
        let (mut components, facts) = self.seen(ui, &steps)?;
        self.tell_stars(&steps, &mut components.names);
        let facts = self.facts(&values, facts)?;
        let version = match &components.requested {
            Requested::Manifest(manifest) => manifest.version.unwrap_or(ApiVersion::NEWEST),
            Requested::Unknown => ApiVersion::NEWEST,
        };
        let basis = Basis {
            components: &components,
            facts: &facts,
            graph: &[],
            version,
            is_online: false,
            is_by_rest: false,
            same_org: true,
            is_in_place: false,
            is_blind: false,
            limits: &UNASKED,
        };
        let trial = try_out(template, &steps, &basis, &self.expected);
        answer.say(&render::case(&self.name, &trial))?;
        self.advise(ui, &trial);
        Ok(CaseRow::of(&self.name, &trial))
    }

    /// The metadata of the case, and what its files leave open. One of a template that asks for
    /// none may be its answers alone.
    fn seen(
        &self,
        ui: &Ui,
        steps: &[ExpandedStep<'_>],
    ) -> Result<(ComponentSet, FactValues), CommandError> {
        if needs(steps).components.is_empty() && self.holds_answers_alone() {
            let facts = FactValues::new(Unseen::new(UnseenKind::NotAsked, UNANSWERED));
            return Ok((ComponentSet::new(Requested::Unknown), facts));
        }
        let seen = of_files(ui, steps, self.path, &|_| Vec::new())?;
        seen.all_read()?;
        Ok((seen.components().clone(), seen.facts().clone()))
    }

    fn holds_answers_alone(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(self.path) else { return false };
        let mut names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        names.all(|name| name.is_ok_and(|name| name == EXPECT))
    }

    /// Tells the names that the stars of the steps stand for, as far as the case says.
    fn tell_stars(&self, steps: &[ExpandedStep<'_>], names: &mut Names) {
        for pattern in needs(steps).patterns {
            let told = self.expected.stars.iter().find(|(one, _)| *one == pattern);
            let matches = match told {
                Some((_, names)) => {
                    let meant = |name: &String| Match { name: name.clone(), unseen: None };
                    Ok(names.iter().map(meant).collect())
                }
                None => Err(Unseen::new(
                    UnseenKind::NotAsked,
                    format!(
                        "the case does not say, under [stars] in its {EXPECT}, for which names of \
                         an org `{pattern}` stands"
                    ),
                )),
            };
            names.insert_matches(pattern, matches);
        }
    }

    /// The parameters' values: the case's own, then those of an `sfsetup.toml` as `diff --from`
    /// would find it, then the defaults.
    fn values(&self, ui: &Ui, template: &Template) -> Result<Arguments, CommandError> {
        let config = Config::find(ui.vouched(), Some(self.path))?;
        let mut values = load::configured(&config, template, None)?;
        values.extend(self.expected.parameters.clone());
        Arguments::resolve(template, &std::collections::BTreeMap::new(), &values).map_err(
            |errors| {
                let mut error = CommandError::new(format!(
                    "the parameters of case `{}` are not complete",
                    self.name
                ));
                error.causes = errors.errors;
                error.hint(self.where_to("parameters"))
            },
        )
    }

    /// What the case answers, before what its files leave open.
    fn facts(&self, values: &Arguments, mut facts: FactValues) -> Result<FactValues, CommandError> {
        facts.set_otherwise(Unseen::new(UnseenKind::NotAsked, UNANSWERED));
        facts.set_now(Some(clock::now()));
        for ExpectedFact { fact, of, value } in &self.expected.facts {
            let other = of.as_deref().map(|of| of.trim_start_matches('{').trim_end_matches('}'));
            let of = match (other, fact.parameter()) {
                (Some(user), _) if user.contains('@') => Some(user.to_owned()),
                (None, None) => None,
                (Some(parameter), _) | (None, Some(parameter)) => {
                    Some(values.text(parameter).ok_or_else(|| {
                        CommandError::new(format!(
                        "case `{}` answers `{fact}`, but names no {parameter} that it speaks of",
                        self.name
                    ))
                    .hint(format!(
                        "give the parameter `{parameter}` a value; {}",
                        self.where_to("parameters")
                    ))
                    })?)
                }
            };
            facts.insert(fact, of.as_deref(), FactAnswer::Known(value.clone()));
        }
        Ok(facts)
    }

    fn where_to(&self, table: &str) -> String {
        format!("write it under [{table}] in {}", self.file.display())
    }

    /// Says what to write where what was found is right after all.
    fn advise(&self, ui: &Ui, trial: &Trial<'_>) {
        let (mut facts, mut states, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for failure in &trial.failures {
            match failure {
                Failure::State { step, found: Some(found), .. } => {
                    let unanswered = unanswered(trial, step);
                    if unanswered.is_empty() {
                        states.push(format!("{} = \"{}\"", key(step), found.name()));
                    }
                    facts.extend(unanswered);
                }
                Failure::Left { step, .. } => left.push(format!("\"{step}\"")),
                Failure::State { found: None, .. }
                | Failure::NotLeft { .. }
                | Failure::NotProved(_) => {}
            }
        }
        facts.dedup();
        let is_untold = |finding: &Finding<'_>| {
            let is_star =
                matches!(finding.wanted().map(|one| &*one.want), Some(ExpandedWant::Each(_)));
            is_star && finding.unseen().is_some_and(|unseen| unseen.kind == UnseenKind::NotAsked)
        };
        if trial.diff.findings.iter().any(is_untold) {
            ui.hint("a snapshot into a new case writes the names that stars stand for");
        }
        if !left.is_empty() {
            left = vec![format!("left = [{}]", left.join(", "))];
        }
        let mut lines = Vec::new();
        for (table, entries) in [("facts", facts), ("states", states), ("fix", left)] {
            if !entries.is_empty() {
                lines.push(format!("[{table}]"));
                lines.extend(entries);
            }
        }
        if !lines.is_empty() {
            let file = self.file.display();
            let words =
                format!("if that is as it should be, say so in {file}, under these tables:");
            ui.hint_lines(&words, &lines);
        }
    }
}

/// The answers that a step wants and the case does not give, as TOML; none where it is for another
/// reason that the step is not in sync.
fn unanswered(trial: &Trial<'_>, step: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for finding in of_step(&trial.diff, step).filter(|finding| finding.state() != State::InSync) {
        if finding.unseen().is_some_and(|unseen| unseen.kind == UnseenKind::Elsewhere)
            && let Some(ExpandedWant::Metadata { effective: Some((fact, _)), .. }) =
                finding.wanted().map(|wanted| &*wanted.want)
        {
            answers.push(format!("\"{fact}\" = true"));
            continue;
        }
        let is_unanswered =
            finding.unseen().is_some_and(|unseen| unseen.kind == UnseenKind::NotAsked);
        match (finding.subject.fact(), finding.desired().first()) {
            (Some(_), Some(wanted)) if is_unanswered => {
                let wanted = match wanted {
                    Value::Text(text) => format!("{text:?}"),
                    other => other.to_string(),
                };
                answers.push(format!("\"{}\" = {wanted}", finding.subject));
            }
            _ => return Vec::new(),
        }
    }
    answers
}

/// A step's id as TOML takes it for a key.
fn key(id: &str) -> String {
    let is_bare =
        id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { id.to_owned() } else { format!("\"{id}\"") }
}

fn in_folder(file: PathBuf) -> Result<(PathBuf, Option<String>), CommandError> {
    match std::fs::read(&file) {
        Ok(bytes) => text(&file, bytes).map(|text| (file, Some(text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((file, None)),
        Err(error) => Err(CommandError::new(format!("cannot read `{}`", file.display()))
            .because(error.to_string())),
    }
}

/// What a zip's author expects stands in it, or beside it as `NAME.expect.toml`, where it is easier
/// to change.
fn in_zip(path: &Path, name: &str) -> Result<(PathBuf, Option<String>), CommandError> {
    let beside = in_folder(path.with_file_name(format!("{name}.{EXPECT}")))?;
    if beside.1.is_some() {
        return Ok(beside);
    }
    let failed = |why: String| {
        CommandError::new(format!("cannot read the case `{}`", path.display())).because(why)
    };
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let files = read_zip(&bytes, &Limits::default()).map_err(|error| failed(error.to_string()))?;
    match files.into_iter().find(|(file, _)| file == EXPECT) {
        Some((file, bytes)) => {
            let file = path.join(file);
            text(&file, bytes).map(|text| (file, Some(text)))
        }
        None => Ok(beside),
    }
}

fn text(file: &Path, bytes: Vec<u8>) -> Result<String, CommandError> {
    String::from_utf8(bytes).map_err(|error| {
        CommandError::new(format!("cannot read `{}`", file.display()))
            .because(format!("it is not UTF-8 text: {}", error.utf8_error()))
    })
}
