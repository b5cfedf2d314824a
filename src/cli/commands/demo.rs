//! `sfsetup demo`: the org inside the program, for other clients, and made as new.

use clap::{Args, Subcommand};
use futures::future::select;

use crate::demo::{self, Faults, Store};

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
    },
    /// Make the demo org as new
    Reset,
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
        Action::Serve { port, rotate_refresh_tokens } => connect::block_on(ui, async {
            let mut store = Store::open(&folder).map_err(|error| CommandError::demo(&error))?;
            if *rotate_refresh_tokens {
                store = store.with_rotation();
            }
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
