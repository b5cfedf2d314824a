//! Arguments that several commands take, and how a run ends.

use std::path::PathBuf;

use clap::Args;

/// What the org inside the program is called. No login goes by it, though it may be left out of the
/// program.
pub(crate) const DEMO: &str = "demo";

/// Says whether an org's name is that of an org inside the program, and what stands behind
/// `demo:`: `None` within for `demo` itself, which `demo:demo` names too.
pub(crate) fn demo_name(org: &str) -> Option<Option<&str>> {
    match org.strip_prefix(DEMO)? {
        "" => Some(None),
        rest => rest.strip_prefix(':').map(|name| Some(name).filter(|name| *name != DEMO)),
    }
}

/// How a run ended; stable, and the same in every output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// In sync, or done.
    Done = 0,
    /// Something went wrong.
    Error = 1,
    /// Something differs or is missing, or is left.
    Drift = 2,
    /// The org refused, or the plan is stale.
    Refused = 3,
    /// Of many orgs some failed.
    Partial = 4,
    /// The arguments are wrong.
    Usage = 64,
    /// Ctrl-C, and nothing is changed: 128 and the signal's number, as shells have it.
    Interrupted = 130,
}

/// How a command names an org that goes by `name`, in a hint: not at all where it is known by its
/// address, since then the environment names it.
pub(crate) fn org_option(name: &str) -> String {
    if is_address(name) { String::new() } else { format!(" --org {}", shell_word(name)) }
}

/// Says whether what an org goes by is its address: then its token stands in the environment.
pub(crate) fn is_address(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

/// A word as a shell reads it.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=,@%+".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Where the wanted state comes from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WantedArguments {
    /// The template: a shipped one's name, or a file (can be repeated); without it the `templates`
    /// of `sfsetup.toml`
    #[arg(short, long, value_name = "NAME|FILE")]
    pub(crate) template: Vec<String>,

    /// Give a parameter of the template a value; a list is comma-separated (can be repeated)
    ///
    /// With several templates NAME is the parameter of each that has one, and TEMPLATE.NAME that
    /// template's.
    #[arg(long = "set", value_name = "NAME=VALUE", conflicts_with_all = ["baseline", "baseline_org"])]
    pub(crate) set: Vec<String>,

    /// What was so once: a snapshot, a folder or a zip, in place of a template
    #[arg(long, value_name = "PATH", conflicts_with = "template")]
    pub(crate) baseline: Option<PathBuf>,

    /// Another org as the baseline
    #[arg(long, value_name = "ORG", conflicts_with_all = ["template", "baseline"])]
    pub(crate) baseline_org: Option<String>,

    /// Take a folder without a record of what was asked for as a part, not as all that there is
    #[arg(long, conflicts_with = "template")]
    pub(crate) sparse: bool,

    /// Look only at these components or settings; `*` and `?` stand for any text (can be repeated)
    #[arg(long, value_name = "TYPE:NAME[:PATH]")]
    pub(crate) only: Vec<String>,

    /// Leave out these components or settings, the opposite of `--only` (can be repeated)
    #[arg(long, value_name = "TYPE:NAME[:PATH]")]
    pub(crate) except: Vec<String>,
}

/// Where the actual state comes from.
#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// The org: a login of sfsetup's, an alias or username of the sf command line, `demo`,
    /// or `demo:NAME`
    #[arg(short, long, value_name = "ORG", alias = "target-org", conflicts_with = "from")]
    pub(crate) org: Option<String>,

    /// A folder in metadata or source format, a zip, or a snapshot
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Option<PathBuf>,

    /// How long the org may take to put a retrieve together, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, conflicts_with = "from")]
    pub(crate) timeout: u64,
}
