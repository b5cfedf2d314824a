//! Two states that are of two orgs, or of two API versions: what they can be compared by.

use crate::support::{Env, Run};

const NAMESPACE: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

fn file(root: &str, inner: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} {NAMESPACE}>\n{inner}</{root}>\n")
}

fn manifest(types: &[&str], version: u16) -> String {
    let types: String = types
        .iter()
        .map(|name| format!("<types><members>*</members><name>{name}</name></types>"))
        .collect();
    format!("<Package {NAMESPACE}>{types}<version>{version}.0</version></Package>\n")
}

fn compared(env: &Env) -> Run {
    env.run(&["diff", "--baseline", "then", "--from", "now"])
}

fn packaged(env: &Env, out: &str) -> Run {
    env.run(&["package", "--baseline", "then", "--from", "now", "--out", out])
}

const POLICY: &str = "ExtlClntAppOauthConfigurablePolicies";

fn policy(app: &str, policy: &str, user: &str) -> String {
    file(
        POLICY,
        &format!(
            "    <clientCredentialsFlowUser>{user}</clientCredentialsFlowUser>\n    \
             <externalClientApplication>{app}</externalClientApplication>\n    <label>p</label>\n    \
             <refreshTokenPolicyType>{policy}</refreshTokenPolicyType>\n"
        ),
    )
}

#[test]
fn parts_of_an_app_are_the_same_by_their_app() {
    let env = Env::new();
    let user = "integration@acme.example";
    let folder =
        |side: &str, name: &str| format!("{side}/extlClntAppOauthPolicies/{name}.ecaOauthPlcy");
    env.write(&folder("then", "Acme_plcy"), policy("Acme", "Infinite", user));
    env.write(&folder("now", "AcmeDefault_plcy"), policy("Acme", "Zero", user));
    // Of another app, and not the same.
    env.write(&folder("then", "Other_plcy"), policy("Other", "Zero", user));
    env.write(&folder("now", "Third_plcy"), policy("Third", "Zero", user));
    let run = compared(&env);
    assert!(run.code == 2 && run.stdout.contains("1 setting in 1 component differs, 1 component is not in the baseline, 1 component is in"), "{run:?}");
    assert!(run.stdout.contains(&format!("~ {POLICY} AcmeDefault_plcy\n")), "{run:?}");
    assert!(run.stdout.contains("+ ExtlClntAppOauthConfigurablePolicies Other_plcy"), "{run:?}");
    let run = env.run(&[
        "package",
        "--baseline",
        "then",
        "--from",
        "now",
        "--out",
        "out",
        "--only",
        "ExtlClntAppOauthConfigurablePolicies:Acme*",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let text = std::fs::read_to_string(env.folder().join(folder("out", "AcmeDefault_plcy")));
    assert_eq!(text.unwrap(), policy("Acme", "Infinite", user));
    // The place of what differs is the file that is there.
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "-v"]);
    assert!(run.stdout.contains("AcmeDefault_plcy.ecaOauthPlcy:6"), "{run:?}");
    // Which of two is meant, nobody knows.
    env.write(&folder("now", "AcmeSecond_plcy"), policy("Acme", "Zero", user));
    assert!(
        compared(&env).stdout.contains("3 components are not in the baseline, 2 components are in"),
        "{:?}",
        compared(&env)
    );
}

#[test]
fn a_policy_with_another_stamp_in_its_name_is_the_same_profiles() {
    let env = Env::new();
    let write = |side: &str, stamp: &str, profile: &str, length: u8| {
        let inner = format!(
            "    <minimumPasswordLength>{length}</minimumPasswordLength>\n    \
             <profile>{profile}</profile>\n"
        );
        let path = format!(
            "{side}/profilePasswordPolicies/PT1_profilePasswordPolicy{stamp}.profilePasswordPolicy"
        );
        env.write(&path, file("ProfilePasswordPolicy", &inner));
    };
    write("then", "1527060869", "acme integration", 8);
    write("now", "1763021711", "Acme Integration", 12);
    let run = compared(&env);
    assert!(run.code == 2 && run.stdout.contains("minimumPasswordLength  - 12  + 8"), "{run:?}");
    write("now", "1763021711", "acme integration", 8);
    assert_eq!(compared(&env).code, 0);
}

#[test]
fn what_an_org_makes_for_itself_is_no_drift_and_not_sent() {
    let env = Env::new();
    let app = |id: &str, mail: &str| {
        let inner = format!(
            "    <contactEmail>{mail}</contactEmail>\n    \
             <distributionState>Local</distributionState>\n    <label>Acme</label>\n    \
             <orgScopedExternalApp>{id}:Acme</orgScopedExternalApp>\n"
        );
        file("ExternalClientApplication", &inner)
    };
    let path = |side: &str, name: &str| format!("{side}/externalClientApps/{name}.eca");
    env.write(&path("then", "Acme"), app("00D000000000001AAA", "a@acme.example"));
    env.write(&path("now", "Acme"), app("00D000000000002AAA", "a@acme.example"));
    let named = |name: &str| app("1", "a@acme.example").replace("1:", name);
    env.write(
        "then/permissionsets/A.permissionset",
        file("PermissionSet", "    <fullName>A</fullName>\n    <label>A</label>\n"),
    );
    env.write(
        "now/permissionsets/A.permissionset",
        file("PermissionSet", "    <label>A</label>\n"),
    );
    assert_eq!(compared(&env).code, 0, "{:?}", compared(&env));
    // What changes beside it keeps its own; what is made anew has none.
    env.write(&path("then", "Acme"), app("00D000000000001AAA", "b@acme.example"));
    env.write(&path("then", "New"), named("00D000000000001AAA:"));
    let run = packaged(&env, "out");
    assert_eq!(run.code, 0, "{run:?}");
    let text = |name: &str| std::fs::read_to_string(env.folder().join(path("out", name))).unwrap();
    assert_eq!(text("Acme"), app("00D000000000002AAA", "b@acme.example"));
    assert!(!text("New").contains("orgScopedExternalApp"), "{}", text("New"));
}

#[test]
fn a_users_name_with_a_sandboxs_suffix_is_said_and_not_fixed() {
    let env = Env::new();
    let path = |side: &str| format!("{side}/extlClntAppOauthPolicies/Acme_plcy.ecaOauthPlcy");
    let write = |side: &str, user: &str| env.write(&path(side), policy("Acme", "Zero", user));
    write("then", "integration@acme.example");
    write("now", "integration@acme.example.uat");
    let run = compared(&env);
    assert!(run.code == 0 && run.stdout.contains("suffix of a sandbox"), "{run:?}");
    let run = packaged(&env, "out");
    assert!(run.code == 0 && run.stdout.contains("is not changed"), "{run:?}");
    for other in ["other@acme.example.uat", "integration@acme.exampleuat", "x"] {
        write("now", other);
        assert_eq!(compared(&env).code, 2, "{other}");
    }
    // In one org it is another user.
    for side in ["then", "now"] {
        env.write(
            &format!("{side}/snapshot.json"),
            format!(
                "{{\"format\": \"sfsetup.snapshot/1\", \"org_id\": \"00D000000000001\", \
                 \"manifest\": {{\"types\": {{\"{POLICY}\": [\"*\"]}}}}}}"
            ),
        );
    }
    write("now", "integration@acme.example.uat");
    assert_eq!(compared(&env).code, 2);
}

fn entry(fields: bool) -> String {
    let fields = if fields { "        <viewAllFields>true</viewAllFields>\n" } else { "" };
    format!(
        "    <label>A</label>\n    <objectPermissions>\n        <allowRead>true</allowRead>\n        \
         <object>Account</object>\n{fields}        <viewAllRecords>false</viewAllRecords>\n    \
         </objectPermissions>\n"
    )
}

#[test]
fn two_versions_are_compared_by_what_both_could_show() {
    for (then, now) in [(66, 60), (60, 66)] {
        let env = Env::new();
        for (side, version) in [("then", then), ("now", now)] {
            env.write(&format!("{side}/package.xml"), manifest(&["PermissionSet"], version));
            let text = file("PermissionSet", &entry(version > 62));
            env.write(&format!("{side}/permissionsets/A.permissionset"), text);
        }
        let run = compared(&env);
        assert!(run.code == 0 && run.stdout.contains("1 not observed"), "{run:?}");
        let told = "`viewAllFields` came with API 63.0";
        assert!(run.stdout.contains(told) && run.stdout.contains("read by 60.0"), "{run:?}");
        let run = packaged(&env, "out");
        assert!(run.code == 0 && run.stdout.contains(told), "{run:?}");
        assert!(!env.folder().join("out").exists());
        // Of the same version it is a difference.
        for side in ["then", "now"] {
            env.write(&format!("{side}/package.xml"), manifest(&["PermissionSet"], 66));
        }
        assert_eq!(compared(&env).code, 2);
    }
}

#[test]
fn a_component_of_a_type_that_a_version_lacks_is_not_observed() {
    let env = Env::new();
    let types = ["ExternalClientApplication", "PermissionSet"];
    env.write("then/package.xml", manifest(&types, 66));
    env.write("now/package.xml", manifest(&types, 58));
    let inner = "    <distributionState>Local</distributionState>\n    <label>Acme</label>\n";
    env.write("then/externalClientApps/Acme.eca", file(types[0], inner));
    for side in ["then", "now"] {
        let text = file("PermissionSet", "    <label>A</label>\n");
        env.write(&format!("{side}/permissionsets/A.permissionset"), text);
    }
    let run = compared(&env);
    assert!(run.code == 0 && run.stdout.contains("came with API 59.0"), "{run:?}");
}

#[test]
fn no_package_holds_what_its_version_lacks() {
    let env = Env::new();
    env.write("then/package.xml", manifest(&["PermissionSet"], 66));
    env.write("now/package.xml", manifest(&["PermissionSet"], 60));
    let text = file("PermissionSet", &entry(true));
    env.write("then/permissionsets/New.permissionset", text);
    env.write(
        "now/permissionsets/A.permissionset",
        file("PermissionSet", "    <label>A</label>\n"),
    );
    env.write(
        "then/permissionsets/A.permissionset",
        file("PermissionSet", "    <label>A</label>\n"),
    );
    let run = packaged(&env, "out");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("API version 60.0 does not know it: `viewAllFields`"), "{run:?}");
    assert!(run.stdout.contains("New  is made as it was, but for viewAllFields"), "{run:?}");
    let text = env.folder().join("out/permissionsets/New.permissionset");
    assert_eq!(std::fs::read_to_string(text).unwrap(), file("PermissionSet", &entry(false)));
    // A spelling of an older version is left out of a newer package.
    let env = Env::new();
    let old = |label: &str| {
        let inner =
            format!("    <label>{label}</label>\n    <userLicense>Salesforce</userLicense>\n");
        file("PermissionSet", &inner)
    };
    for (side, label) in [("then", "A"), ("now", "B")] {
        env.write(&format!("{side}/package.xml"), manifest(&["PermissionSet"], 66));
        env.write(&format!("{side}/permissionsets/A.permissionset"), old(label));
    }
    let run = packaged(&env, "out");
    assert!(run.code == 0 && run.stdout.contains("`userLicense`"), "{run:?}");
    let text = env.folder().join("out/permissionsets/A.permissionset");
    assert_eq!(
        std::fs::read_to_string(text).unwrap(),
        file("PermissionSet", "    <label>A</label>\n")
    );
}

#[test]
fn a_tab_that_is_off_is_as_good_as_not_listed() {
    let env = Env::new();
    let tab = |visibility: &str| {
        format!(
            "    <label>A</label>\n    <tabSettings>\n        <tab>standard-Account</tab>\n        \
             <visibility>{visibility}</visibility>\n    </tabSettings>\n"
        )
    };
    let path = |side: &str| format!("{side}/permissionsets/A.permissionset");
    let bare = "    <label>A</label>\n";
    env.write(&path("then"), file("PermissionSet", &tab("None")));
    env.write(&path("now"), file("PermissionSet", bare));
    assert_eq!(compared(&env).code, 0, "{:?}", compared(&env));
    env.write(&path("then"), file("PermissionSet", bare));
    env.write(&path("now"), file("PermissionSet", &tab("Visible")));
    assert_eq!(compared(&env).code, 2);
    let run = packaged(&env, "out");
    assert_eq!(run.code, 0, "{run:?}");
    let text = std::fs::read_to_string(env.folder().join(path("out"))).unwrap();
    assert_eq!(text, file("PermissionSet", bare));
}

/// A deploy of a set replaces it whole: one that does not say that it must be activated needs not.
#[test]
fn a_set_that_needs_no_activation_may_leave_it_unsaid() {
    let env = Env::new();
    let set = |inner: &str| file("PermissionSet", &format!("<label>Loader</label>{inner}"));
    let name = "permissionsets/Loader.permissionset";
    for (now, then, code) in [("", "false", 0), ("false", "", 0), ("", "true", 2), ("true", "", 2)]
    {
        let said = |flag: &str| match flag {
            "" => set(""),
            flag => set(&format!("<hasActivationRequired>{flag}</hasActivationRequired>")),
        };
        for (side, flag) in [("now", now), ("then", then)] {
            env.write(&format!("{side}/{name}"), said(flag));
            env.write(&format!("{side}/package.xml"), manifest(&["PermissionSet"], 63));
        }
        let run = compared(&env);
        assert_eq!(run.code, code, "`{now}` and `{then}`: {run:?}");
    }
}
