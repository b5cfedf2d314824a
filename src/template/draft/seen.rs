//! What an org has of an app, a profile, a permission set and a user, as the steps of a template,
//! in the order of vendors' pages.
//!
//! Only what is named here is ever written. Keys, secrets, callback addresses, names of other users
//! and whatever a newer release may add to these documents stay where they are.

use super::holder::PermissionHolder;
use super::wants::{equals, fact_want, get, includes, read};
use super::{Chapter, Draft, Named, quoted, value};
use crate::metadata::fact::{Access, Fact, FactAnswer, FactValues, OrganizationFact, UserFact};
use crate::metadata::full_name::{canonical_full_name, profile_label};
use crate::metadata::registry::Field;
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId, ComponentSet};

/// The kind of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AppKind {
    /// `ConnectedApp`.
    Connected,
    /// `ExternalClientApplication`, with its parts.
    External,
}

/// An app, by its API name; for a connected app that another org owns, by its label.
#[derive(Clone, Copy, Debug)]
pub(crate) struct App<'s> {
    pub(crate) kind: AppKind,
    pub(crate) name: &'s str,
}

impl App<'_> {
    /// Returns the components that tell of the app.
    pub(crate) fn components(&self) -> Vec<ComponentId> {
        let types: &[&str] = match self.kind {
            AppKind::Connected => &["ConnectedApp"],
            AppKind::External => &[
                "ExternalClientApplication",
                GLOBAL_SETTINGS,
                OAUTH_SETTINGS,
                OAUTH_POLICIES,
                "ExtlClntAppConfigurablePolicies",
            ],
        };
        types.iter().map(|type_name| ComponentId::new(*type_name, self.name)).collect()
    }
}

const GLOBAL_SETTINGS: &str = "ExtlClntAppGlobalOauthSettings";
const OAUTH_SETTINGS: &str = "ExtlClntAppOauthSettings";
const OAUTH_POLICIES: &str = "ExtlClntAppOauthConfigurablePolicies";

const API_ACCESS: Fact = Fact::Organization(OrganizationFact::ApiAccess);

/// That a permission set is assigned to a user.
fn assigned(permission_set: &str) -> Fact {
    Fact::Access(Access::PermissionSet(permission_set.to_owned()))
}

/// What was found in an org, of what a template is to be written for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'s> {
    pub(crate) components: &'s ComponentSet,
    /// The answers to [`facts`].
    pub(crate) facts: &'s FactValues,
    pub(crate) app: Option<App<'s>>,
    /// The profile, as its author calls it.
    pub(crate) profile: Option<&'s str>,
    /// The permission set, by its API name.
    pub(crate) permission_set: Option<&'s str>,
    /// The user name of the user who connects.
    pub(crate) user: Option<&'s str>,
}

/// Returns the facts that [`Seen`] has use for, each with the app or user that it speaks of.
pub(crate) fn facts(
    app: Option<&str>,
    permission_set: Option<&str>,
    user: Option<&str>,
) -> Vec<(Fact, Option<String>)> {
    let of_app = app.map(|app| (Fact::AppInstalled, Some(app)));
    let of_user = user.into_iter().flat_map(|user| {
        [UserFact::IsActive, UserFact::License, UserFact::Profile]
            .map(|fact| (Fact::User(fact), Some(user)))
    });
    let of_set = permission_set.zip(user).map(|(set, user)| (assigned(set), Some(user)));
    std::iter::once((API_ACCESS, None))
        .chain(of_app)
        .chain(of_user)
        .chain(of_set)
        .map(|(fact, of)| (fact, of.map(str::to_owned)))
        .collect()
}

impl<'s> Seen<'s> {
    /// The parameters, with what they are in this org.
    pub(super) fn parameters(&self) -> Vec<Named<'s>> {
        let app = self.app.map(|app| {
            let title = match app.kind {
                AppKind::Connected => {
                    "API name of the connected app; for one that another org owns, its label"
                }
                AppKind::External => "API name of the external client app",
            };
            ("app", title, app.name)
        });
        let profile =
            self.profile.map(|name| ("profile", "Profile of the user who connects", name));
        let set = self
            .permission_set
            .map(|name| ("permission_set", "API name of the integration's permission set", name));
        let user = self.user.map(|name| ("user", "User name of the user who connects", name));
        let named = [app, profile, set, user].into_iter().flatten();
        named
            .map(|(name, title, default)| Named { name, title: title.to_owned(), default })
            .collect()
    }

    /// All that there is to say, in the order of vendors' pages; chapters without anything are left
    /// out.
    pub(super) fn chapters(&self) -> Vec<Chapter> {
        let (fields, field_remarks) = self.fields();
        let chapters = [
            self.org_chapter(),
            self.app_chapter(),
            chapter("who may use the app", self.permitted_users().into_iter().collect()),
            chapter(
                "the profile, the permission set",
                [self.profile(), self.set()].into_iter().flatten().collect(),
            ),
            chapter(
                "system permissions",
                self.holders()
                    .into_iter()
                    .filter_map(|carrier| carrier.system_permissions())
                    .collect(),
            ),
            chapter(
                "objects",
                self.holders().into_iter().flat_map(|carrier| carrier.objects()).collect(),
            ),
            Chapter { remarks: field_remarks, ..chapter("fields", fields) },
            self.user_chapter(),
        ];
        chapters
            .into_iter()
            .filter(|chapter| !chapter.steps.is_empty() || !chapter.remarks.is_empty())
            .collect()
    }

    fn known(&self, fact: &Fact, of: Option<&str>) -> Option<Value> {
        match self.facts.get(fact, of) {
            FactAnswer::Known(value) => Some(value),
            FactAnswer::NotObserved(_) => None,
        }
    }

    fn is_true(&self, fact: &Fact, of: Option<&str>) -> bool {
        self.known(fact, of) == Some(Value::Bool(true))
    }

    fn component(&self, type_name: &str, name: &str) -> Option<&'s Component> {
        self.components.get(&ComponentId::new(type_name, canonical_full_name(type_name, name)))
    }

    /// What the app's policies and settings say at a path; for an app that another org owns, what
    /// SOQL shows of it.
    fn of_app(&self, type_name: &str, path: &str) -> Option<(Value, Option<&'static Field>)> {
        let app = self.app?;
        let id = ComponentId::new(type_name, app.name);
        if let Some((_, value)) = self
            .components
            .shown
            .get(&id)
            .and_then(|shown| shown.iter().find(|(shown, _)| shown == path))
        {
            return Some((value.clone(), None));
        }
        read(self.components.get(&id)?, &path.parse().ok()?)
            .map(|(value, field)| (value, Some(field)))
    }

    /// A step that wants settings of the app to be as they are, titled with Setup's words.
    fn policy(
        &self,
        id: &str,
        type_name: &str,
        paths: &[&str],
        setup: &'static str,
    ) -> Option<Draft> {
        let mut step: Option<Draft> = None;
        for path in paths {
            let Some((found, field)) = self.of_app(type_name, path) else { continue };
            let Some(want) = equals(&format!("{type_name}:{{app}}"), path, &found, field) else {
                continue;
            };
            let shown =
                field.and_then(|field| field.label_of(&found)).unwrap_or_else(|| found.to_string());
            match &mut step {
                Some(step) => step.title = format!("{} {shown}", step.title),
                None => {
                    let name = field
                        .map(|field| field.label)
                        .filter(|label| !label.is_empty())
                        .unwrap_or(path);
                    step = Some(Draft::new(id, format!("{name}: {shown}"), setup));
                }
            }
            step.iter_mut().for_each(|step| step.wants.push(want.clone()));
        }
        step
    }

    fn org_chapter(&self) -> Chapter {
        let mut steps = Vec::new();
        if self.is_true(&API_ACCESS, None) {
            let mut step = Draft::new(
                "edition",
                "The org's edition includes API access",
                "company-information",
            );
            step.wants.push(fact_want(&API_ACCESS, &Value::Bool(true)));
            steps.push(step);
        }
        chapter("the org", steps)
    }

    fn app_chapter(&self) -> Chapter {
        let Some(app) = self.app else { return chapter("", Vec::new()) };
        let (mut steps, mut remarks) = (Vec::new(), Vec::new());
        let setup = setup_of(app.kind);
        if self.is_true(&Fact::AppInstalled, Some(app.name)) {
            let mut step = Draft::new("app", "The app is in the org", setup);
            step.wants.push(fact_want(&Fact::AppInstalled, &Value::Bool(true)));
            steps.push(step);
        }
        let runs_as = match app.kind {
            AppKind::Connected => {
                steps.extend(self.policy(
                    "refresh-token",
                    "ConnectedApp",
                    &["oauthPolicy.refreshTokenPolicy"],
                    setup,
                ));
                steps.extend(self.policy(
                    "ip-relaxation",
                    "ConnectedApp",
                    &["oauthPolicy.ipRelaxation"],
                    setup,
                ));
                steps.extend(self.flows("ConnectedApp", "oauthConfig.", setup));
                steps.extend(self.scopes("ConnectedApp", "oauthConfig.scopes", setup));
                if self.components.get(&ComponentId::new("ConnectedApp", app.name)).is_none() {
                    remarks.push(
                        "Another org owns the app; its refresh token policy and IP \
                                  relaxation cannot be read here."
                            .to_owned(),
                    );
                }
                ("ConnectedApp", "oauthConfig.oauthClientCredentialUser")
            }
            AppKind::External => {
                let refresh = [
                    "refreshTokenPolicyType",
                    "refreshTokenValidityPeriod",
                    "refreshTokenValidityUnit",
                ];
                steps.extend(self.policy("refresh-token", OAUTH_POLICIES, &refresh, setup));
                steps.extend(self.policy(
                    "ip-relaxation",
                    OAUTH_POLICIES,
                    &["ipRelaxationPolicyType"],
                    setup,
                ));
                steps.extend(self.flows(GLOBAL_SETTINGS, "", setup));
                steps.extend(self.scopes(OAUTH_SETTINGS, "commaSeparatedOauthScopes", setup));
                (OAUTH_POLICIES, "clientCredentialsFlowUser")
            }
        };
        // Whose name it is, is nobody's business but this org's, unless the author has given it
        // himself.
        if let Some((user, _)) =
            self.of_app(runs_as.0, runs_as.1).filter(|(user, _)| !user.to_string().is_empty())
        {
            if self.user.is_some_and(|given| given.eq_ignore_ascii_case(&user.to_string())) {
                let mut step =
                    Draft::new("run-as", "The client credentials flow runs as the user", setup);
                step.wants.push(format!(
                    "{{ component = {}, path = {}, equals = \"{{user}}\" }}",
                    quoted(&format!("{}:{{app}}", runs_as.0)),
                    quoted(runs_as.1)
                ));
                steps.push(step);
            } else {
                remarks.push(
                    "The client credentials flow runs as a user whose name is left out; give it \
                     with `--user` to have it written."
                        .to_owned(),
                );
            }
        }
        Chapter { remarks, ..chapter("the app and its policies", steps) }
    }

    /// The flows that are on, and what makes them safer.
    fn flows(&self, type_name: &'static str, prefix: &str, setup: &'static str) -> Option<Draft> {
        const FLAGS: &[&str] = &[
            "isClientCredentialEnabled",
            "isClientCredentialsFlowEnabled",
            "isCodeCredentialEnabled",
            "isCodeCredFlowEnabled",
            "isDeviceFlowEnabled",
            "isNamedUserJwtEnabled",
            "isPkceRequired",
            "isRefreshTokenRotationEnabled",
            "isTokenExchangeEnabled",
        ];
        let mut step = Draft::new("flows", "OAuth flows that are on, and what they require", setup);
        for flag in FLAGS {
            let path = format!("{prefix}{flag}");
            if let Some((found @ Value::Bool(true), field)) = self.of_app(type_name, &path) {
                step.wants.extend(equals(&format!("{type_name}:{{app}}"), &path, &found, field));
            }
        }
        (!step.wants.is_empty()).then_some(step)
    }

    fn scopes(&self, type_name: &str, path: &str, setup: &'static str) -> Option<Draft> {
        let (found, field) = self.of_app(type_name, path)?;
        // A scope that is newer than this program would make the template a mistake.
        let is_known = |scope: &String| {
            field.is_none_or(|field| field.check(&Value::List(vec![scope.clone()])).is_ok())
        };
        let scopes: Vec<String> = found.elements().into_iter().filter(is_known).collect();
        let mut step = Draft::new("scopes", format!("OAuth scopes: {}", scopes.join(", ")), setup);
        step.wants.extend(includes(&format!("{type_name}:{{app}}"), path, scopes));
        (!step.wants.is_empty()).then_some(step)
    }

    fn permitted_users(&self) -> Option<Draft> {
        let app = self.app?;
        let setup = setup_of(app.kind);
        let (type_name, policy, profiles, sets) = match app.kind {
            AppKind::Connected => {
                ("ConnectedApp", "oauthConfig.isAdminApproved", "profileName", "permissionSetName")
            }
            AppKind::External => (
                OAUTH_POLICIES,
                "permittedUsersPolicyType",
                "commaSeparatedProfile",
                "commaSeparatedPermissionSet",
            ),
        };
        let mut step = self.policy("permitted-users", type_name, &[policy], setup)?;
        if step.title.starts_with(policy) {
            let is_approved =
                matches!(self.of_app(type_name, policy), Some((Value::Bool(true), _)));
            let words = if is_approved {
                "Admin approved users are pre-authorized"
            } else {
                "All users may self-authorize"
            };
            step.title = format!("Permitted Users: {words}");
        }
        for path in [profiles, sets] {
            let names =
                self.of_app(type_name, path).map(|(found, _)| found.elements()).unwrap_or_default();
            let names = names.into_iter().map(|name| self.by_parameter(name)).collect();
            step.wants.extend(includes(&format!("{type_name}:{{app}}"), path, names));
        }
        Some(step)
    }

    /// The parameter in place of a name that is its value here. An app names a profile as Setup
    /// does (S 3.3).
    fn by_parameter(&self, name: String) -> String {
        let is_profile = |profile: &str| profile == name || profile_label(profile) == name;
        if self.profile.is_some_and(is_profile) {
            return "{profile}".to_owned();
        }
        if self.permission_set == Some(name.as_str()) {
            return "{permission_set}".to_owned();
        }
        name
    }

    fn profile(&self) -> Option<Draft> {
        let profile = self.component("Profile", self.profile?)?;
        let mut step = Draft::new("profile", "The profile", "profiles");
        let mut set = Vec::new();
        for path in ["custom", "userLicense"] {
            // A template that wants a standard profile would want what nobody can make.
            if let Some((found, field)) =
                get(profile, path).filter(|(found, _)| *found != Value::Bool(false))
            {
                let Some(want) = equals("Profile:{profile}", path, &found, Some(field)) else {
                    continue;
                };
                if path == "userLicense" {
                    step.title = format!("The profile is on the licence {found}");
                }
                set.push(format!("{path} = {}", value(&found)));
                step.wants.push(want);
            }
        }
        if matches!(get(profile, "custom"), Some((Value::Bool(true), _))) {
            let create = "{ component = \"Profile:{profile}\", from = \"Profile:Minimum Access - \
                          Salesforce\", set = { ";
            step.create = Some((
                format!("{create}{} }} }}  # which profile is it copied from?", set.join(", ")),
                true,
            ));
        } else {
            step.note = Some(
                "A standard profile's permissions on standard objects cannot be changed: a \
                 customer clones it, or grants them in a permission set.",
            );
        }
        (!step.wants.is_empty()).then_some(step)
    }

    fn set(&self) -> Option<Draft> {
        let set = self.component("PermissionSet", self.permission_set?)?;
        let mut step = Draft::new("permission-set", "The permission set", "permission-sets");
        let mut made = vec!["label = \"{permission_set}\"".to_owned()];
        for path in ["license", "hasActivationRequired"] {
            let Some((found, field)) = get(set, path) else { continue };
            let Some(want) = equals("PermissionSet:{permission_set}", path, &found, Some(field))
            else {
                continue;
            };
            if path == "license" {
                step.title = format!("The permission set is on the licence {found}");
                made.push(format!("license = {}", value(&found)));
            }
            step.wants.push(want);
        }
        step.create = Some((
            format!(
                "{{ component = \"PermissionSet:{{permission_set}}\", set = {{ {} }} }}",
                made.join(", ")
            ),
            false,
        ));
        (!step.wants.is_empty()).then_some(step)
    }

    /// The profile and the permission set, as far as they are there.
    fn holders(&self) -> Vec<PermissionHolder<'s>> {
        let profile = self.profile.and_then(|name| self.component("Profile", name));
        let set = self.permission_set.and_then(|name| self.component("PermissionSet", name));
        let profile = profile.map(|component| PermissionHolder {
            component,
            pattern: "Profile:{profile}",
            prefix: "",
            whose: "the profile",
            setup: "profiles",
        });
        let set = set.map(|component| PermissionHolder {
            component,
            pattern: "PermissionSet:{permission_set}",
            prefix: "set-",
            whose: "the permission set",
            setup: "permission-sets",
        });
        profile.into_iter().chain(set).collect()
    }

    fn fields(&self) -> (Vec<Draft>, Vec<String>) {
        let (mut steps, mut remarks) = (Vec::new(), Vec::new());
        for carrier in self.holders() {
            match carrier.fields() {
                Ok(step) => steps.extend(step),
                Err(count) => remarks.push(format!(
                    "{count} fields are visible by {}: too many to list. Name those that the \
                     integration needs, each as\n#   {{ component = \"{}\", path = \
                     \"fieldPermissions[Account.Example__c].readable\", equals = true }}",
                    carrier.whose, carrier.pattern
                )),
            }
        }
        (steps, remarks)
    }

    fn user_chapter(&self) -> Chapter {
        let Some(user) = self.user else { return chapter("the user", Vec::new()) };
        let mut step = Draft::new(
            "user",
            "The user who connects is active, on that licence and profile",
            "users",
        );
        if self.is_true(&Fact::User(UserFact::IsActive), Some(user)) {
            step.wants.push(fact_want(&Fact::User(UserFact::IsActive), &Value::Bool(true)));
        }
        if let Some(licence) = self.known(&Fact::User(UserFact::License), Some(user)) {
            step.wants.push(fact_want(&Fact::User(UserFact::License), &licence));
        }
        if let Some(profile) = self.known(&Fact::User(UserFact::Profile), Some(user)) {
            // The fact has the name that Setup shows; where the parameter has the API's, the two
            // are not the same text.
            let is_it = self.profile == Some(profile.to_string().as_str());
            step.wants.push(fact_want(
                &Fact::User(UserFact::Profile),
                &if is_it { Value::from("{profile}") } else { profile },
            ));
        }
        let mut steps: Vec<Draft> = (!step.wants.is_empty()).then_some(step).into_iter().collect();
        let mut remarks = Vec::new();
        if let Some(name) = self.permission_set {
            if self.is_true(&assigned(name), Some(user)) {
                let mut step = Draft::new(
                    "assignment",
                    "The permission set is assigned to the user",
                    "permission-sets",
                );
                step.wants.push(
                    "{ fact = \"user.permission_set[{permission_set}]\", equals = true }"
                        .to_owned(),
                );
                steps.push(step);
            } else {
                remarks.push(
                    "The permission set is not assigned to the user for good, or the org does not \
                     show it: no step asks for that."
                        .to_owned(),
                );
            }
        }
        Chapter { remarks, ..chapter("the user, and what is assigned", steps) }
    }
}

fn chapter(title: &'static str, steps: Vec<Draft>) -> Chapter {
    Chapter { title, remarks: Vec::new(), steps }
}

fn setup_of(kind: AppKind) -> &'static str {
    match kind {
        AppKind::Connected => "connected-apps",
        AppKind::External => "external-client-apps",
    }
}
