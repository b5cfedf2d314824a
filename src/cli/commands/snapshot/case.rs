//! What a snapshot of a template needs besides, to be a case that the template is tried on: the
//! parameters' values, what the org answers, and for which of its names stars stand
//! (`expect.toml`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::diff::{Outcome, State, diff};
use crate::metadata::fact::{Fact, FactAnswer, FactValues};
use crate::metadata::names::Names;
use crate::metadata::value::Value;
use crate::metadata::{ComponentSet, Requested};
use crate::org::{Org, OrgError};
use crate::template::needs::{Needs, needs};
use crate::template::{self, Arguments, Each, Template, each};

use crate::cli::shared::arguments::shell_word;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::Wanted;

/// A case that is being made.
pub(super) struct Case {
    /// What is to be written.
    file: PathBuf,
    /// How the template was named.
    given: String,
    template: Template,
    /// All of the parameters' values.
    values: Arguments,
    /// Those that are not the defaults.
    parameters: Vec<(String, Value)>,
    needs: Needs,
    each: Vec<Each>,
}

impl Case {
    /// The case that a snapshot of one template is, where its folder lies in that of the template's
    /// cases (`acme.test` beside `acme.toml`); what is written there already stays.
    ///
    /// # Errors
    /// A want that cannot be made out of these values.
    pub(super) fn of(ui: &Ui, wanted: &Wanted, out: &Path) -> Result<Option<Self>, CommandError> {
        let Some((given, template, values)) = wanted.only() else { return Ok(None) };
        let absolute = |path: &Path| std::path::absolute(path).ok();
        let cases = Path::new(given).with_extension("test");
        let is_case = Path::new(given).is_file()
            && absolute(out).and_then(|out| Some(out.parent()?.to_owned())) == absolute(&cases);
        let file = out.join("expect.toml");
        if !is_case {
            return Ok(None);
        }
        if file.symlink_metadata().is_ok() {
            ui.note(&format!(
                "{} is there and stays as it is; what the template asks by now is written once it \
                 is moved away",
                file.display()
            ));
            return Ok(None);
        }
        let is_default = |name: &str, value: &Value| {
            let parameter = template.parameters.iter().find(|parameter| parameter.name == name);
            parameter.is_some_and(|parameter| parameter.default.as_ref() == Some(value))
        };
        let steps = wanted.steps_to_look_at()?;
        Ok(Some(Self {
            file,
            given: given.to_owned(),
            template: template.clone(),
            parameters: values
                .iter()
                .filter(|(name, value)| !is_default(name, value))
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect(),
            values: values.clone(),
            needs: needs(&steps),
            each: each(&steps).cloned().collect(),
        }))
    }

    /// Asks the org and writes the file, whose path is returned. What it does not say is not written: the case then says
    /// that it is not observed.
    ///
    /// # Errors
    /// The org cannot be asked, or the file cannot be written.
    pub(super) async fn write(
        &self,
        ui: &Ui,
        org: &Org,
        name: &str,
    ) -> Result<String, CommandError> {
        let failed = |error: OrgError| CommandError::org(name, &error);
        let names = org.matches(&self.needs.patterns).await.map_err(failed)?;
        let mut needs = self.needs.clone();
        for (want, _) in self.each.iter().filter_map(|each| each.wants(&names).ok()).flatten() {
            needs.want(&want);
        }
        let answers = org.facts(&needs.facts).await.map_err(failed)?;
        let mut text = self.text(&needs, &names, &answers);
        self.by_hand(&answers, &mut text)?;
        ui.write_file(&self.file, text.as_bytes())?;
        ui.note(&format!(
            "{} holds the parameters and what the org answers; `sfsetup template test {}` tries it",
            self.file.display(),
            shell_word(&self.given)
        ));
        Ok(self.file.display().to_string())
    }

    fn text(&self, needs: &Needs, names: &Names, answers: &FactValues) -> String {
        let mut text = String::new();
        if !self.parameters.is_empty() {
            text.push_str("[parameters]\n");
            for (name, value) in &self.parameters {
                let _ = writeln!(text, "{} = {}", quoted(name), toml(value));
            }
            text.push('\n');
        }
        text.push_str("# What the org answered.\n[facts]\n");
        let mut facts: Vec<&(Fact, Option<String>)> = needs.facts.iter().collect();
        facts.sort();
        for (fact, of) in facts {
            if let FactAnswer::Known(value) = answers.get(fact, of.as_deref()) {
                let _ = writeln!(text, "{} = {}", self.key(fact, of.as_deref()), toml(&value));
            }
        }
        let told = needs.patterns.iter().filter_map(|one| Some((one, names.matches(one).ok()?)));
        // Of what nobody could see whether it can be granted the org has not told whether it is
        // meant.
        let told: Vec<_> =
            told.filter(|(_, meant)| meant.iter().all(|one| one.unseen.is_none())).collect();
        if !told.is_empty() {
            text.push_str("\n# The names that the org has for each star.\n[stars]\n");
        }
        for (pattern, meant) in told {
            let names = Value::List(meant.iter().map(|one| one.name.clone()).collect());
            let _ = writeln!(text, "{} = {}", quoted(&pattern.to_string()), toml(&names));
        }
        text
    }

    /// Adds the steps that are done by hand: what nothing confirms can turn out in no other way.
    fn by_hand(&self, answers: &FactValues, text: &mut String) -> Result<(), CommandError> {
        let steps = template::expand(&self.template, &self.values)
            .map_err(|error| CommandError::expansion(&error))?;
        let nothing = ComponentSet::new(Requested::Unknown);
        let found = diff(&steps, &nothing, answers);
        let by_hand = found.findings.iter().filter(|one| one.outcome == Outcome::Manual(None));
        let ids: BTreeSet<&str> =
            by_hand.filter_map(|one| one.step()).map(|step| step.id.as_str()).collect();
        if !ids.is_empty() {
            text.push_str("\n# What a person does, and nobody can see done.\n[states]\n");
        }
        for id in ids {
            let _ = writeln!(text, "{} = \"{}\"", key(id), State::Manual.name());
        }
        Ok(())
    }

    /// A fact as a case names it, with the user of whom it speaks where the parameters do not say.
    fn key(&self, fact: &Fact, of: Option<&str>) -> String {
        let own = fact.parameter().and_then(|parameter| self.values.text(parameter));
        match of.filter(|of| own.as_deref() != Some(*of)) {
            Some(other) => quoted(&format!("{fact} of {other}")),
            None => quoted(&fact.to_string()),
        }
    }
}

/// A step's id as TOML takes it for a key.
fn key(id: &str) -> String {
    let is_bare = |one: u8| one.is_ascii_alphanumeric() || matches!(one, b'-' | b'_');
    if id.bytes().all(is_bare) { id.to_owned() } else { quoted(id) }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A value as TOML writes it; a parameter or fact has no other kinds.
fn toml(value: &Value) -> String {
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(|element| quoted(element)).collect();
            format!("[{}]", elements.join(", "))
        }
        other => quoted(&other.to_string()),
    }
}
