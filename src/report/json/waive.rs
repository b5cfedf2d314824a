//! A waiver that was written: `sfsetup.waive/1`.

use serde::Serialize;

use crate::plan::saved::SavedWaiver;

/// `sfsetup.waive/1`.
#[derive(Debug, Serialize)]
pub struct Waived {
    /// The file that it was written into.
    pub file: String,
    /// The org in which alone it holds, as commands call it.
    pub org: Option<String>,
    /// The step, as `TEMPLATE/STEP`.
    pub step: Option<String>,
    /// The components, as `TYPE:NAME`.
    pub component: Option<String>,
    /// The settings in them.
    pub path: Option<String>,
    /// Why it may be otherwise.
    pub reason: String,
    /// Who answers for that.
    pub owner: Option<String>,
    /// The last day on which it may.
    pub expires: String,
}

impl From<&SavedWaiver> for Waived {
    /// What it says, of which nothing is written yet.
    fn from(says: &SavedWaiver) -> Self {
        let SavedWaiver { step, component, path, reason, owner, expires } = says.clone();
        Self { file: String::new(), org: None, step, component, path, reason, owner, expires }
    }
}
