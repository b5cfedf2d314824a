//! `sfsetup package`: what is shown, written, edited and left.

use super::diff::folder;
use super::shown;
use crate::support::Env;

#[test]
fn a_package_says_what_it_changes_and_what_is_left() {
    let env = Env::new();
    folder(&env);
    let package = "package --template acme.toml --from org";
    insta::assert_snapshot!(shown(&env, &format!("{package} --show")), @"
    $ sfsetup package --template acme.toml --from org --show
    --- stderr
    error: the following required arguments were not provided:
      --out <DIR|FILE.zip>

    Usage: sfsetup package --template <NAME|FILE> --from <PATH> --show --out <DIR|FILE.zip>

    For more information, try '--help'.
    --- exit 64
    ");
    insta::assert_snapshot!(shown(&env, &format!("{package} --out fix")), @"
    $ sfsetup package --template acme.toml --from org --out fix
    Plan for org after template acme 2026.11

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  ENFORCE (Enforce IP restrictions) -> BYPASS (Relax IP restrictions)  (ip)

    ~ Profile Acme Integration
        ~ objectPermissions[Account].allowRead  false -> true  (objects)

    Left, though it differs:
      ! it does not exist, and the template does not say how to make it
          A permission set: PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled
          in: Setup, Quick Find \"Permission Sets\"  /lightning/setup/PermSets/home
      ! a profile's licence can never be changed: clone a profile of the right licence and move the user to it
          The profile is on the Salesforce licence: Profile:Acme Integration userLicense
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home

    To do by hand:
      ! Invite the service's user
          Send an invitation from the vendor's console.

    Not observed, and left alone:
      ? not requested: a profile shows this only if CustomObject:Case is asked for with it
          Objects that are read: Profile:Acme Integration objectPermissions[Case].allowRead
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home
      ? offline: only an org can answer this, a folder of files cannot
          The org has API access: org.api_access
          in: Setup, Quick Find \"Company Information\"  /lightning/setup/CompanyProfileInfo/home

    2 settings to change in 2 components, 2 left, 1 by hand, 2 not observed.
    --- stderr
    hint: written to fix; `sf project deploy start --metadata-dir fix` deploys it
    --- exit 2
    ");
    insta::assert_snapshot!(shown(&env, &format!("{package} --out fix")), @"
    $ sfsetup package --template acme.toml --from org --out fix
    --- stderr
    error: `fix` is not empty, so nothing was written
    hint: name a new folder with `--out`; what lies in this one would end up in the package
    --- exit 1
    ");
    insta::assert_snapshot!(
        shown(&env, &format!("{package} --out fix.zip --only ConnectedApp:Acme")),
        @"
    $ sfsetup package --template acme.toml --from org --out fix.zip --only ConnectedApp:Acme
    Plan for org after template acme 2026.11

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  ENFORCE (Enforce IP restrictions) -> BYPASS (Relax IP restrictions)  (ip)

    1 setting to change in 1 component.
    --- stderr
    hint: written to fix.zip; `sf project deploy start --single-package --metadata-dir fix.zip` deploys it
    --- exit 0
    "
    );
    insta::assert_snapshot!(shown(&env, &format!("{package} --in-place --quiet")), @"
    $ sfsetup package --template acme.toml --from org --in-place --quiet
    Plan for org after template acme 2026.11

    ~ ConnectedApp Acme
        ~ oauthPolicy.ipRelaxation  ENFORCE (Enforce IP restrictions) -> BYPASS (Relax IP restrictions)  (ip)

    ~ Profile Acme Integration
        ~ objectPermissions[Account].allowRead  false -> true  (objects)

    Left, though it differs:
      ! it does not exist, and the template does not say how to make it
          A permission set: PermissionSet:Acme_Access userPermissions[ApiEnabled].enabled
          in: Setup, Quick Find \"Permission Sets\"  /lightning/setup/PermSets/home
      ! a profile's licence can never be changed: clone a profile of the right licence and move the user to it
          The profile is on the Salesforce licence: Profile:Acme Integration userLicense
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home

    To do by hand:
      ! Invite the service's user
          Send an invitation from the vendor's console.

    Not observed, and left alone:
      ? not requested: a profile shows this only if CustomObject:Case is asked for with it
          Objects that are read: Profile:Acme Integration objectPermissions[Case].allowRead
          in: Setup, Quick Find \"Profiles\"  /lightning/setup/EnhancedProfiles/home
      ? offline: only an org can answer this, a folder of files cannot
          The org has API access: org.api_access
          in: Setup, Quick Find \"Company Information\"  /lightning/setup/CompanyProfileInfo/home

    2 settings to change in 2 components, 2 left, 1 by hand, 2 not observed.
    --- exit 2
    ");
    insta::assert_snapshot!(
        shown(&env, &format!("{package} --in-place --only ConnectedApp:Acme")),
        @"
    $ sfsetup package --template acme.toml --from org --in-place --only ConnectedApp:Acme
    Plan for org after template acme 2026.11

    --- stderr
    hint: there is nothing to deploy, so nothing was written
    --- exit 0
    "
    );
}
