//! `sfsetup config`: what there is to know of `sfsetup.toml`.

use clap::{Args, Subcommand};

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::config::schema::schema_json;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;

/// What `sfsetup.toml` may hold
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print the JSON Schema of `sfsetup.toml`, for editors
    Schema,
}

pub(crate) fn run(ui: &Ui, arguments: &ConfigArguments) -> Result<Exit, CommandError> {
    let Action::Schema = arguments.action;
    ui.answer(schema_json())?;
    Ok(Exit::Done)
}
