//! Any error to what, why and what to do, with the exit code: the only file that advises.

use std::path::Path;

use crate::snapshot::ReadError;
use crate::template::{ArgumentErrors, ExpandError, Template, TemplateErrors, builtin};

use super::Exit;

/// What a command ends with when it cannot give an answer.
#[derive(Debug)]
pub(super) struct CommandError {
    /// What happened.
    pub(super) what: String,
    /// Why, outermost first.
    pub(super) causes: Vec<String>,
    /// What to do.
    pub(super) hints: Vec<String>,
    /// Shown as it is, in place of `what`: errors that point into a file with a caret.
    pub(super) rendered: Option<String>,
    /// The exit code.
    pub(super) exit: Exit,
}

impl CommandError {
    /// Makes an error out of what happened.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hints: Vec::new(), rendered: None, exit: Exit::Error }
    }

    /// Adds why.
    pub(super) fn because(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds what to do.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says that the arguments are wrong.
    pub(super) fn usage(mut self) -> Self {
        self.exit = Exit::Usage;
        self
    }

    /// A template that is neither shipped nor a file.
    pub(super) fn unknown_template(name: &str) -> Self {
        let error = Self::new(format!("there is no template `{name}`, and no file of that name"));
        match builtin::nearest(name) {
            Some(nearest) => error.hint(format!("did you mean `{nearest}`? `sfsetup template list` lists the shipped ones")),
            None => error.hint("`sfsetup template list` lists the shipped ones; a file is named by its path"),
        }
    }

    /// A template with mistakes.
    pub(super) fn template(errors: &TemplateErrors) -> Self {
        Self { rendered: Some(errors.render(true)), ..Self::new("the template has mistakes") }
    }

    /// Parameters that are missing or wrong.
    pub(super) fn arguments(template: &Template, errors: &ArgumentErrors) -> Self {
        let mut error = Self::new(format!("the parameters of template `{}` are not complete", template.name));
        error.causes = errors.to_string().lines().map(str::to_owned).collect();
        error
            .hint(format!("`sfsetup template show {}` lists them; give one with `--set name=value`", template.name))
            .hint("or write them under [parameters] in a file `sfsetup.toml` beside the metadata")
    }

    /// A want that cannot be made out of these parameters.
    pub(super) fn expansion(error: &ExpandError) -> Self {
        Self::new("the template cannot be filled in with these parameters").because(error.to_string())
    }

    /// A folder or zip that cannot be read.
    pub(super) fn read(path: &Path, error: &ReadError) -> Self {
        let mut all = Self::new(format!("cannot read the metadata in `{}`", path.display()));
        all.causes = error.to_string().lines().map(str::to_owned).collect();
        match error {
            ReadError::NotFound { .. } => all.hint("name a folder in metadata or source format, or a zip, as `--from`"),
            ReadError::Empty { .. } => {
                all.hint("it should hold folders such as `connectedApps` and `profiles`, or be a project with an `sfdx-project.json`")
            }
            _ => all,
        }
    }
}
