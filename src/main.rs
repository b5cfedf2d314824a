//! The `sfsetup` program: parse the arguments, run, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    sfsetup::cli::main(std::env::args_os())
}
