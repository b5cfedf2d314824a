//! The schemas of the documents for programs, by the names of their forms.

/// A form, as its name stands between `sfsetup.` and its version, and its JSON Schema.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("diff", include_str!("../schema/diff.schema.json")),
    ("plan-show", include_str!("../schema/plan-show.schema.json")),
    ("package", include_str!("../schema/package.schema.json")),
    ("deploy", include_str!("../schema/deploy.schema.json")),
    ("rollback", include_str!("../schema/rollback.schema.json")),
    ("rollback-list", include_str!("../schema/rollback-list.schema.json")),
    ("rollback-prune", include_str!("../schema/rollback-prune.schema.json")),
    ("rollback-cancel", include_str!("../schema/rollback-cancel.schema.json")),
    ("snapshot", include_str!("../schema/snapshot.schema.json")),
    ("trend", include_str!("../schema/trend.schema.json")),
    ("waive", include_str!("../schema/waive.schema.json")),
    ("explain", include_str!("../schema/explain.schema.json")),
    ("doctor", include_str!("../schema/doctor.schema.json")),
    ("why", include_str!("../schema/why.schema.json")),
    ("template-list", include_str!("../schema/template-list.schema.json")),
    ("template-show", include_str!("../schema/template-show.schema.json")),
    ("template-asks", include_str!("../schema/template-asks.schema.json")),
    ("template-check", include_str!("../schema/template-check.schema.json")),
    ("template-diff", include_str!("../schema/template-diff.schema.json")),
    ("template-new", include_str!("../schema/template-new.schema.json")),
    ("template-test", include_str!("../schema/template-test.schema.json")),
    ("template-verify", include_str!("../schema/template-verify.schema.json")),
    ("org-list", include_str!("../schema/org-list.schema.json")),
    ("org-display", include_str!("../schema/org-display.schema.json")),
    ("org-login", include_str!("../schema/org-login.schema.json")),
    ("org-logout", include_str!("../schema/org-logout.schema.json")),
    ("demo-break", include_str!("../schema/demo-break.schema.json")),
    ("demo-reset", include_str!("../schema/demo-reset.schema.json")),
    ("error", include_str!("../schema/error.schema.json")),
];

/// Finds the schema of a form by its name, with or without what stands around it:
/// `deploy` and `sfsetup.deploy/1` are the same.
pub fn find(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("sfsetup.").unwrap_or(name);
    let name = name.strip_suffix("/1").unwrap_or(name);
    SCHEMAS.iter().find(|(form, _)| *form == name).map(|(_, schema)| *schema)
}
