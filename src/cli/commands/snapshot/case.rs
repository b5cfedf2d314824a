//! What a snapshot of a template needs besides, to be a case that the template is tried on: the
//! parameters' values, and what the org answers (`expect.toml`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::metadata::fact::{Fact, FactAnswer, FactValues};
use crate::metadata::value::Value;
use crate::org::Org;
use crate::template::needs::needs;

use crate::cli::shared::arguments::shell_word;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;
use crate::cli::shared::wanted::Wanted;

/// A case that is being made.
pub(super) struct Case {
    /// What is to be written.
    file: PathBuf,
    /// The template's file.
    template: String,
    parameters: Vec<(String, Value)>,
    facts: Vec<(Fact, Option<String>)>,
}

impl Case {
    /// The case that a snapshot of one template is, where its folder lies in that of the template's
    /// cases (`acme.test` beside `acme.toml`); what is written there already stays.
    ///
    /// # Errors
    /// A want that cannot be made out of these values.
    pub(super) fn of(wanted: &Wanted, out: &Path) -> Result<Option<Self>, CommandError> {
        let Some((given, template, values)) = wanted.only() else { return Ok(None) };
        let absolute = |path: &Path| std::path::absolute(path).ok();
        let cases = Path::new(given).with_extension("test");
        let is_case = Path::new(given).is_file()
            && absolute(out).and_then(|out| Some(out.parent()?.to_owned())) == absolute(&cases);
        let file = out.join("expect.toml");
        if !is_case || file.symlink_metadata().is_ok() {
            return Ok(None);
        }
        let is_default = |name: &str, value: &Value| {
            let parameter = template.parameters.iter().find(|parameter| parameter.name == name);
            parameter.is_some_and(|parameter| parameter.default.as_ref() == Some(value))
        };
        Ok(Some(Self {
            file,
            template: given.to_owned(),
            parameters: values
                .iter()
                .filter(|(name, value)| !is_default(name, value))
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect(),
            facts: needs(&wanted.steps_to_look_at()?).facts,
        }))
    }

    /// Asks the org and writes the file. What it does not say is not written: the case then says
    /// that it is not observed.
    ///
    /// # Errors
    /// The org cannot be asked, or the file cannot be written.
    pub(super) async fn write(&self, ui: &Ui, org: &Org, name: &str) -> Result<(), CommandError> {
        let answers = org.facts(&self.facts).await;
        let answers = answers.map_err(|error| CommandError::org(name, &error))?;
        ui.write_file(&self.file, self.text(&answers).as_bytes())?;
        ui.note(&format!(
            "{} holds the parameters and what the org answers; `sfsetup template test {}` tries it",
            self.file.display(),
            shell_word(&self.template)
        ));
        Ok(())
    }

    fn text(&self, answers: &FactValues) -> String {
        let mut text = String::new();
        if !self.parameters.is_empty() {
            text.push_str("[parameters]\n");
            for (name, value) in &self.parameters {
                let _ = writeln!(text, "{} = {}", quoted(name), toml(value));
            }
            text.push('\n');
        }
        text.push_str("# What the org answered.\n[facts]\n");
        let mut facts: Vec<&(Fact, Option<String>)> = self.facts.iter().collect();
        facts.sort();
        for (fact, of) in facts {
            if let FactAnswer::Known(value) = answers.get(fact, of.as_deref()) {
                let _ = writeln!(text, "{} = {}", quoted(&fact.to_string()), toml(&value));
            }
        }
        text
    }
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
