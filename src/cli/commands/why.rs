//! `sfsetup why`: why an integration stopped, by what its org has recorded, or by the error alone.

use std::cell::RefCell;
use std::path::PathBuf;
use std::pin::pin;
use std::str::FromStr;

use clap::Args;
use futures::future::{Either, select};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::cli::shared::answer::Answer;
use crate::cli::shared::arguments::{Exit, WantedArguments, org_option};
use crate::cli::shared::clock;
use crate::cli::shared::config::Config;
use crate::cli::shared::connect::{self, TargetOrg};
use crate::cli::shared::error::CommandError;
use crate::cli::shared::format::Format;
use crate::cli::shared::goal::{Goal, Means};
use crate::cli::shared::load;
use crate::cli::shared::selection::Selection;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::{self, Wanted};
use crate::diagnose::{self, Diagnosis, Drift, Symptom, Unseen, Verdict};
use crate::diff::{Finding, State};
use crate::metadata::lasting::Period;
use crate::org::recorded::{Asked, Hidden, Recorded, Refused};
use crate::org::{Org, OrgError};
use crate::report::code;
use crate::report::json::parts::Identity;
use crate::report::plan::count;
use crate::report::why::{self, Document, Found, Why};
use crate::template::Template;

/// The forms of the answer.
const FORMATS: &[Format] = &[Format::Text, Format::Json, Format::Markdown, Format::Html];

/// Say why an integration stopped: what the org has recorded, and what the vendor was told
///
/// First the one thing that stopped it, with what shows it, the step of the template that it
/// breaks, and the way out; then what else is wrong, what could not be seen, and what happened. A
/// cause without evidence is never named. Without an org `--error` alone says what an error may
/// come of. Nothing is changed.
#[derive(Debug, Args)]
pub(crate) struct WhyArguments {
    /// The template whose steps count: a shipped one's name, or a file (can be repeated); without
    /// it the `templates` of `sfsetup.toml`, if there are some
    #[arg(short, long, value_name = "NAME|FILE")]
    template: Vec<String>,

    /// Give a parameter of the template a value (can be repeated)
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// The app, by its API name or label; without it the template's parameter `app`
    #[arg(long, value_name = "APP")]
    app: Option<String>,

    /// The user as whom the integration signs in, by the user name; without it the template's
    /// parameter `user`
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// How far back to look: 12h, 7d, 4w, or from which day on: 2026-11-20
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: Since,

    /// What the vendor's log or page says: an error, the body of an answer, the address of an error
    /// page
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,

    /// The org: a login of sfsetup's, an alias or username of the sf command line, `demo`, or
    /// `demo:NAME`
    #[arg(short, long, value_name = "ORG", alias = "target-org")]
    org: Option<String>,

    /// The form of the answer; without it the suffix of `--out` says it, else it is text
    #[arg(long, value_parser = Format::among(FORMATS))]
    format: Option<Format>,

    /// Write the answer to a file; nothing is printed then
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(ui: &Ui, arguments: &WhyArguments) -> Result<Exit, CommandError> {
    let out = arguments.out.as_deref();
    let answer = Answer::choose(ui, "sfsetup.why/1", arguments.format, out, FORMATS)?;
    answer.of(|body| look(&answer, arguments, body))
}

fn look(
    answer: &Answer<'_>,
    arguments: &WhyArguments,
    body: &RefCell<Option<Document>>,
) -> Result<Exit, CommandError> {
    let ui = answer.ui;
    let config = Config::find(ui.vouched(), None)?;
    match (connect::choose(ui, arguments.org.as_deref(), &config)?, told(arguments)) {
        (Some(choice), error) => {
            let request = Request::new(ui, arguments, &config, choice)?;
            // An org that is merely the usual one need not be meant.
            let is_meant = arguments.org.is_some() || request.is_named();
            if let (Some(text), false) = (error, is_meant) {
                ui.note(&format!(
                    "no app and no user is named, so the org {} is not asked",
                    request.choice.name()
                ));
                return by_error(answer, text, body);
            }
            connect::block_on(ui, request.answer(answer, body))
        }
        (None, Some(text)) => by_error(answer, text, body),
        (None, None) => Err(wanted::nothing_named()
            .hint("or say with `--error TEXT` what the vendor was told; no org is needed for it")),
    }
}

/// What the vendor was told; a text without a word is none.
fn told(arguments: &WhyArguments) -> Option<&str> {
    arguments.error.as_deref().filter(|text| !text.trim().is_empty())
}

/// Says what an error may come of; no org is asked.
fn by_error(
    answer: &Answer<'_>,
    text: &str,
    body: &RefCell<Option<Document>>,
) -> Result<Exit, CommandError> {
    let symptom = Symptom::of_text(text);
    let causes = diagnose::causes(&symptom);
    let is_known = !causes.is_empty() || symptom.refusal.is_some();
    let why = Why {
        org: None,
        app: None,
        user: None,
        templates: Vec::new(),
        since: None,
        now: clock::now(),
        zone: clock::zone(),
        found: Found::ByError { symptom: &symptom, causes },
        fix: None,
    };
    give(answer, &why, body)?;
    Ok(if is_known { Exit::Drift } else { Exit::Done })
}

fn give(
    answer: &Answer<'_>,
    why: &Why<'_>,
    body: &RefCell<Option<Document>>,
) -> Result<(), CommandError> {
    body.replace(Some(why::document(why)));
    answer.give(&match answer.format {
        Format::Html => why::html(why),
        Format::Markdown => why::markdown(why),
        _ => why::text(why),
    })
}

/// How the command ends.
fn exit_of(answer: &Answer<'_>, diagnosis: &Diagnosis) -> Result<Exit, CommandError> {
    match diagnosis.verdict() {
        Verdict::Cause | Verdict::Consistent | Verdict::Unexplained => Ok(Exit::Drift),
        Verdict::Nothing => Ok(Exit::Done),
        Verdict::Blind => answer.failed(true, code::NOTHING_OBSERVED, || {
            "nothing of what the org has recorded could be seen".to_owned()
        }),
    }
}

/// How far back to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    /// So long before now.
    Back(Period),
    /// From a day on, where the reader is.
    Day(Date),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(day) = text.parse::<Date>() {
            let today = clock::now().to_zoned_datetime(clock::zone()).date();
            return if day > today {
                Err(format!("{day} is yet to come"))
            } else {
                Ok(Self::Day(day))
            };
        }
        let number = text.trim_end_matches(['h', 'd', 'w']);
        let is_number = !number.is_empty() && number.bytes().all(|one| one.is_ascii_digit());
        match text.parse::<Period>() {
            Ok(period) if period.hours() == 0 => Err(format!("`{text}` is no time to look at")),
            Ok(period) => Ok(Self::Back(period)),
            Err(_) if is_number && number.len() < text.len() => Err(format!(
                "`{text}` is too far back: an org keeps sign-ins and changes for half a year"
            )),
            Err(why) => Err(format!("{why}, and no day such as 2026-11-20")),
        }
    }
}

impl Since {
    fn before(self, now: Timestamp) -> Timestamp {
        let since = match self {
            Self::Back(period) => now.checked_sub(SignedDuration::from_hours(period.hours())).ok(),
            Self::Day(day) => clock::zone().to_timestamp(day.at(0, 0, 0, 0)).ok(),
        };
        since.unwrap_or(Timestamp::UNIX_EPOCH).min(now)
    }
}

/// What is asked of an org.
struct Request<'a> {
    ui: &'a Ui,
    arguments: &'a WhyArguments,
    config: &'a Config,
    choice: TargetOrg,
    wanted: Option<Wanted>,
    /// The values as they are given on the command line.
    set: Vec<String>,
}

impl<'a> Request<'a> {
    fn new(
        ui: &'a Ui,
        arguments: &'a WhyArguments,
        config: &'a Config,
        choice: TargetOrg,
    ) -> Result<Self, CommandError> {
        let names = match arguments.template.as_slice() {
            [] => config.templates(Some(choice.name())).map(|(names, _)| names).unwrap_or_default(),
            named => named.to_vec(),
        };
        let mut set = arguments.set.clone();
        if names.is_empty() {
            if !set.is_empty() {
                return Err(CommandError::new("`--set` gives a template's parameter a value")
                    .because("no template is named")
                    .hint("name one with `--template NAME`")
                    .usage());
            }
            return Ok(Self { ui, arguments, config, choice, wanted: None, set });
        }
        for (name, value) in [("app", &arguments.app), ("user", &arguments.user)] {
            let Some(value) = value else { continue };
            let is_given = set.iter().any(|one| one.starts_with(&format!("{name}=")));
            let mut has = false;
            for template in &names {
                let quiet = ui.of_one("");
                let loaded = load::load_for(&quiet, template, config, Some(choice.name()))?;
                let template: Template = loaded.template;
                has |= template.parameters.iter().any(|parameter| parameter.name == name);
            }
            if has && !is_given {
                set.push(format!("{name}={value}"));
            }
        }
        let named = WantedArguments {
            template: arguments.template.clone(),
            set: set.clone(),
            ..WantedArguments::default()
        };
        let wanted = Wanted::load(ui, &named, config, Some(&choice))?;
        Ok(Self { ui, arguments, config, choice, wanted: Some(wanted), set })
    }

    fn app(&self) -> Option<String> {
        let of_template = || self.wanted.as_ref()?.value("app");
        self.arguments.app.clone().or_else(of_template)
    }

    fn user(&self) -> Option<String> {
        let of_template = || self.wanted.as_ref()?.value("user");
        self.arguments.user.clone().or_else(of_template)
    }

    /// Says whether the app or the user is known: the one leads to the other.
    fn is_named(&self) -> bool {
        self.app().is_some() || self.user().is_some()
    }

    /// Asks the org; that it answers nobody is an answer too.
    async fn answer(
        &self,
        answer: &Answer<'_>,
        body: &RefCell<Option<Document>>,
    ) -> Result<Exit, CommandError> {
        let connected = match connect::connect(&self.choice, connect::options(self.ui)).await {
            Ok(connected) => connected,
            Err(error) => return self.refused(answer, error, true, body),
        };
        match self.ask(&connected.org, answer, body).await {
            Err(error) => self.refused(answer, error, false, body),
            asked => asked,
        }
    }

    /// What can be said where the org answers nobody.
    fn refused(
        &self,
        answer: &Answer<'_>,
        error: CommandError,
        is_from_the_first: bool,
        body: &RefCell<Option<Document>>,
    ) -> Result<Exit, CommandError> {
        let said = error.causes.first().map_or("", String::as_str);
        let code = error.code.as_deref().unwrap_or_default();
        let Some(refused) = Refused::of(code, said, is_from_the_first) else { return Err(error) };
        let app = self.app();
        let recorded = Recorded::of_refusal(app.as_deref(), refused);
        let now = clock::now();
        let diagnosis = diagnose::diagnose(&recorded, told(self.arguments), &[], now);
        let name = self.choice.name().to_owned();
        let org = Identity { name, id: None, instance_url: None, source: None };
        self.tell(answer, org, (app, self.user()), &diagnosis, now, body)
    }

    /// Gives the answer.
    fn tell(
        &self,
        answer: &Answer<'_>,
        org: Identity,
        (app, user): (Option<String>, Option<String>),
        diagnosis: &Diagnosis,
        now: Timestamp,
        body: &RefCell<Option<Document>>,
    ) -> Result<Exit, CommandError> {
        let why = Why {
            org: Some(org),
            app,
            user,
            templates: self.template_names(),
            since: Some(self.since(now)),
            now,
            zone: clock::zone(),
            found: Found::InOrg(diagnosis),
            fix: self.fix(),
        };
        give(answer, &why, body)?;
        exit_of(answer, diagnosis)
    }

    fn template_names(&self) -> Vec<String> {
        let templates = self.wanted.iter().flat_map(Wanted::templates);
        templates.map(|template| template.name.clone()).collect()
    }

    async fn ask(
        &self,
        org: &Org,
        answer: &Answer<'_>,
        body: &RefCell<Option<Document>>,
    ) -> Result<Exit, CommandError> {
        let name = self.choice.name();
        let failed = |error: OrgError| CommandError::org(name, &error);
        let (app, mut user) = (self.app(), self.user());
        if let (Some(app), None) = (&app, &user) {
            user = self.only_user(org, app).await.map_err(failed)?;
        }
        let (Some(app), Some(user)) = (app, user) else {
            // Of an org that is merely the usual one there is the error all the same.
            return match (told(self.arguments), &self.arguments.org) {
                (Some(text), None) => by_error(answer, text, body),
                _ => Err(self.unnamed(org).await.unwrap_or_else(failed)),
            };
        };
        let now = org.now().unwrap_or_else(clock::now);
        let read = told(self.arguments).and_then(diagnose::refused_object);
        let read = read.map(|(object, field)| match field {
            Some(field) => format!("{object}.{field}"),
            None => object,
        });
        let asked = Asked { app, user, since: self.since(now), read };
        let known = |recorded: Result<Recorded, OrgError>| {
            let recorded = recorded.map_err(failed)?;
            unknown(&asked, &recorded).map_or(Ok(recorded), Err)
        };
        let (recorded, (drift, unread)) = {
            // A retrieve is waited for: neither waits for the other's.
            let (recorded, drift) = (pin!(org.recorded(&asked)), pin!(self.drift(org)));
            match select(recorded, drift).await {
                Either::Left((recorded, drift)) => (known(recorded)?, drift.await),
                Either::Right((drift, recorded)) => (known(recorded.await)?, drift),
            }
        };
        let mut diagnosis = diagnose::diagnose(&recorded, told(self.arguments), &drift, now);
        // What was not read of the template may be what it breaks.
        diagnosis.unseen.extend(
            unread.map(|reason| Unseen {
                what: "the template's steps",
                hidden: Hidden::unread(reason),
            }),
        );
        let (requests, version) = (org.requests(), org.api_version());
        self.ui.detail(&format!("{requests} requests, API version {version}"));
        let of = (Some(asked.app), Some(asked.user));
        self.tell(answer, Identity::of(name, org.identity()), of, &diagnosis, now, body)
    }

    fn since(&self, now: Timestamp) -> Timestamp {
        self.arguments.since.before(now)
    }

    /// What of the templates is not so, and why not all of it is known. What the org recorded is told
    /// without it too.
    async fn drift(&self, org: &Org) -> (Vec<Drift>, Option<String>) {
        match self.look_at_steps(org).await {
            Ok(looked) => looked,
            Err(error) => {
                let why = error.causes.first().map(|why| format!(": {why}")).unwrap_or_default();
                let what = format!("{}{why}", error.what);
                self.ui.warn(&format!("the template's steps are not looked at: {what}"));
                (Vec::new(), Some(format!("they are not looked at: {what}")))
            }
        }
    }

    async fn look_at_steps(&self, org: &Org) -> Result<(Vec<Drift>, Option<String>), CommandError> {
        let Some(wanted) = &self.wanted else { return Ok((Vec::new(), None)) };
        let steps = wanted.steps_to_look_at()?;
        let only = Selection::parse(&[], &[])?;
        let waivers = wanted::waivers(self.ui, self.config, Some(&self.choice))?;
        let goal =
            Goal::Steps { wanted, steps: &steps, only: &only, waivers: &waivers, is_blind: false };
        let seen = goal.look(self.ui, org, self.choice.name(), false).await?;
        // What a deploy would mend is what its plan mends.
        let plan = goal.plan(&seen, Means::Deploy)?;
        let found = seen.findings(&plan);
        let is_unseen = |finding: &&Finding<'_>| finding.state() == State::NotObserved;
        let unread = match found.iter().filter(is_unseen).count() {
            0 => None,
            many => Some(format!(
                "{} of them not observed; `sfsetup diff` says which, and why",
                count(many, "setting")
            )),
        };
        let drift = found.iter().enumerate();
        let drift = drift.filter_map(|(at, one)| Drift::of(one, plan.fixed.contains(&at)));
        Ok((drift.collect(), unread))
    }

    /// The command that brings the templates' steps about.
    fn fix(&self) -> Option<String> {
        let named = self.wanted.as_ref()?.named(&self.set);
        Some(format!("sfsetup deploy {named}{}", org_option(self.choice.name())))
    }

    /// Says that the app or the user is not known, and which there are.
    async fn unnamed(&self, org: &Org) -> Result<CommandError, OrgError> {
        let what = match (self.app(), self.user()) {
            (None, None) => "no app and no user is named",
            (None, Some(_)) => "no app is named",
            _ => "no user is named",
        };
        let error = CommandError::new(what)
            .because("sign-ins and grants are looked up by both")
            .hint(
                "name them with `--app APP` and `--user USER`, or a template with its parameters \
                 `app` and `user`",
            )
            .usage();
        // Who knows them is helped; who cannot see them is told the rest.
        let known = org.known_apps().await?;
        let users = self.app().map(|app| known.users_of(&[app])).unwrap_or_default();
        let told = match users.as_slice() {
            [] => [seen("apps", &known.apps()), seen("users", &known.users())],
            users => [None, seen("users of the app", users)],
        };
        Ok(told.into_iter().flatten().fold(error, CommandError::hint))
    }

    /// The one user who was seen with an app. Who is shown only their own rows would always be it.
    async fn only_user(&self, org: &Org, app: &str) -> Result<Option<String>, OrgError> {
        let known = org.known_apps().await?;
        let users = known.users_of(&[app.to_owned()]);
        let [user] = users.as_slice() else { return Ok(None) };
        let caller = match org.user().await {
            Ok(caller) => caller,
            Err(error) if error.is_about_one_question() => return Ok(None),
            Err(error) => return Err(error),
        };
        if *user == caller.username {
            return Ok(None);
        }
        self.ui.note(&format!("no user is named; the one seen with {app} is taken: {user}"));
        Ok(Some(user.clone()))
    }
}

/// Names that were seen, to be told.
fn seen(words: &str, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{words} seen in this org: {}", names.join(", ")))
}

/// Says that the org has no such user or knows no such app, and which it has.
fn unknown(asked: &Asked, recorded: &Recorded) -> Option<CommandError> {
    let known = recorded.known.clone().unwrap_or_default();
    if recorded.is_no_user {
        let error = CommandError::new(format!("this org has no user {}", asked.user))
            .because("sign-ins and grants are looked up by the user")
            .hint("name with `--user USER` the user name as whom the integration signs in")
            .usage();
        let users = known.users_of(&recorded.app_names);
        let told = match users.as_slice() {
            [] => seen("users", &known.users()),
            users => seen(&format!("users of {}", asked.app), users),
        };
        return Some(told.into_iter().fold(error, CommandError::hint));
    }
    if !recorded.knows_no_such_app() {
        return None;
    }
    let is_sandbox = recorded.is_sandbox.is_so().then_some(
        "the org is a sandbox: with one that was refreshed go its sign-ins and grants, and what it \
         had of its own",
    );
    let error = CommandError::new(format!("this org knows no app {}", asked.app))
        .because("it is not installed, and no sign-in, grant or change names it")
        .hint("name with `--app APP` the app's API name or label")
        .usage();
    let sandbox = is_sandbox.map(str::to_owned);
    Some(seen("apps", &known.apps()).into_iter().chain(sandbox).fold(error, CommandError::hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_back_is_a_time_or_a_day() {
        let now: Timestamp = "2026-11-25T06:00:00Z".parse().unwrap();
        let back: Since = "12h".parse().unwrap();
        assert_eq!(back.before(now), "2026-11-24T18:00:00Z".parse().unwrap());
        let day = "2026-11-20".parse::<Since>().unwrap();
        assert_eq!(day, Since::Day(jiff::civil::date(2026, 11, 20)));
        assert_eq!(Since::Day(jiff::civil::date(2027, 1, 1)).before(now), now);
        assert!("9999-01-01".parse::<Since>().unwrap_err().contains("yet to come"));
        for (text, words) in [
            ("99999d", "too far back"),
            ("0d", "no time to look at"),
            ("soon", "and no day such as 2026-11-20"),
            ("d", "and no day"),
        ] {
            let why = text.parse::<Since>().unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }
}
