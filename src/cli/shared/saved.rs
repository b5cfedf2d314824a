//! A saved plan read from its file.

use std::path::Path;

use crate::plan::saved::{FORMAT, SavedPlan};

use super::error::CommandError;
use super::wanted;

/// Reads a saved plan and checks its format.
///
/// # Errors
/// It cannot be read, is no plan, or is one of another version.
pub(crate) fn read_plan(file: &Path) -> Result<SavedPlan, CommandError> {
    let bytes = wanted::read(file, "plan")?;
    let no_plan = |why: String| {
        CommandError::new(format!("`{}` is no plan of this program", file.display()))
            .because(why)
            .hint("`sfsetup diff --template NAME --org ORG --save-plan FILE` writes one")
    };
    let json: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| no_plan(error.to_string()))?;
    match json["format"].as_str() {
        Some(FORMAT) => {}
        Some(other) if other.starts_with("sfsetup.plan/") => {
            return Err(no_plan(format!(
                "it is of the format `{other}`, and this program knows `{FORMAT}`"
            )));
        }
        _ => return Err(no_plan(format!("its `format` is not `{FORMAT}`"))),
    }
    serde_json::from_value(json).map_err(|error| no_plan(error.to_string()))
}
