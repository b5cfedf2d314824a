//! `sfsetup demo`: the org inside the program, for other clients, and made as new.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use futures::future::select;

use crate::demo::{self, Faults, Form, Store};

use crate::cli::shared::arguments::Exit;
use crate::cli::shared::connect;
use crate::cli::shared::error::CommandError;
use crate::cli::shared::ui::Ui;

/// Serve or reset the built-in org
///
/// `--org demo` works with every command and needs nothing of this: its state lasts between
/// commands. Serving it lets other clients in.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Serve the demo org on this machine until Ctrl-C
    Serve {
        /// The port; without it any free one
        #[arg(long)]
        port: Option<u16>,
        /// Replace each refresh token as it is used, and end the sign-in when an old one comes back
        #[arg(long)]
        rotate_refresh_tokens: bool,
        /// Take the other form of something that sources do not settle; once for each
        #[arg(long = "form", value_name = "FORM", value_parser = form())]
        forms: Vec<Form>,
    },
    /// Make the demo org as new
    Reset,
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
    let folder = connect::demo_folder()?;
    match &arguments.action {
        Action::Reset => {
            Store::reset(&folder).map_err(|error| CommandError::demo(&error))?;
            ui.answer("the demo org is as new\n")?;
            ui.hint(
                "a `sfsetup demo serve` that runs must be started again: sessions ended with \
                     the old org",
            );
            Ok(Exit::Done)
        }
        Action::Serve { port, rotate_refresh_tokens, forms } => connect::block_on(ui, async {
            let mut store = Store::open(&folder).map_err(|error| CommandError::demo(&error))?;
            if *rotate_refresh_tokens {
                store = store.with_rotation();
            }
            store = forms.iter().fold(store, |store, form| store.with_form(*form));
            let token = store.token();
            let mut running = demo::serve(store, *port, Faults::none())
                .await
                .map_err(|error| CommandError::demo(&error))?;
            // The token opens nothing but this make-believe org, which listens on this machine
            // alone.
            ui.answer(&format!(
                "export SF_ORG_INSTANCE_URL={}\nexport SF_ACCESS_TOKEN='{token}'\n",
                running.url()
            ))?;
            ui.hint("the demo org answers until Ctrl-C; the two lines above let any client in");
            // Ctrl-C is how it is ended.
            let _hold = ui.interrupt().hold();
            select(std::pin::pin!(running.wait()), std::pin::pin!(ui.interrupt().pressed())).await;
            Ok(Exit::Done)
        }),
    }
}
