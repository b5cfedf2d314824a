//! The row of `MutingPermissionSet` (Metadata API guide, `meta_mutingpermissionset.htm`): it
//! extends
//! `PermissionSet`, and what it holds is taken away from the group that it is in.
//!
//! Nothing needs anything else there: a permission that is muted takes none along.

use super::permission_set::FIELDS;
use super::row::of_type;
use super::{DeployRule, MetadataType, Odd, Said};

pub(super) static MUTING_PERMISSION_SET: MetadataType = of_type(
    "MutingPermissionSet",
    "mutingpermissionsets",
    "mutingpermissionset",
    46,
    DeployRule::Replace,
    FIELDS,
)
.odd(Odd { made_with: &[("label", Said::Name)], ..Odd::NOTHING });
