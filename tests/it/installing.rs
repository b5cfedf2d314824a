//! Ways to install: what `dist`, `cargo binstall`, the container file and docs/install.md say of one
//! another, and an image with nothing in it but the program.

use std::path::Path;

use toml::Table;

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn toml(file: &str) -> Table {
    read(file).parse().unwrap()
}

fn words(list: &toml::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

#[test]
fn the_page_names_each_system_that_is_released_and_no_other() {
    let dist = toml("dist-workspace.toml");
    let mut released = words(&dist["dist"]["targets"]);
    let page = read("docs/install.md");
    let mut named: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    released.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, released);
    for installer in words(&dist["dist"]["installers"]) {
        let asset = match installer {
            "shell" => "sfsetup-installer.sh",
            "powershell" => "sfsetup-installer.ps1",
            "homebrew" => {
                assert_eq!(words(&dist["dist"]["publish-jobs"]), ["homebrew"]);
                "brew install"
            }
            other => panic!("docs/install.md does not say how to use the installer `{other}`"),
        };
        assert!(page.contains(asset), "docs/install.md does not name {asset}");
    }
}

/// `dist` packs `NAME-TARGET.tar.xz` with a folder of that name, and `NAME-TARGET.zip` without one.
#[test]
fn binstall_looks_where_dist_puts_it() {
    let (cargo, dist) = (toml("Cargo.toml"), toml("dist-workspace.toml"));
    let binstall = &cargo["package"]["metadata"]["binstall"];
    let url = binstall["pkg-url"].as_str().unwrap();
    assert!(url.ends_with("/releases/download/v{ version }/{ name }-{ target }{ archive-suffix }"));
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("txz"));
    assert_eq!(binstall["bin-dir"].as_str(), Some("{ name }-{ target }/{ bin }{ binary-ext }"));
    for key in ["unix-archive", "windows-archive"] {
        assert!(!dist["dist"].as_table().unwrap().contains_key(key), "{key}: binstall must know");
    }
    for target in words(&dist["dist"]["targets"]) {
        let own = binstall["overrides"].get(target);
        assert_eq!(own.is_some(), target.contains("windows"), "{target}");
        if let Some(own) = own {
            assert_eq!(own["pkg-fmt"].as_str(), Some("zip"));
            assert_eq!(own["bin-dir"].as_str(), Some("{ bin }{ binary-ext }"));
        }
    }
    assert_eq!(cargo["profile"]["dist"]["inherits"].as_str(), Some("release"));
}

#[test]
fn the_image_is_built_with_a_toolchain_that_is_new_enough() {
    let cargo = toml("Cargo.toml");
    let oldest = cargo["package"]["rust-version"].as_str().unwrap();
    let image = read("Containerfile");
    assert!(image.contains(&format!("library/rust:{oldest}-")), "{image}");
    assert!(image.contains("target-feature=+crt-static"), "{image}");
}

/// Where there is no certificate to trust the built-in org answers all the same, and of another it
/// is said what is missing.
#[cfg(target_os = "linux")]
#[test]
fn a_system_without_certificates_is_told_what_is_missing() {
    use crate::support::{Env, finish};
    let env = Env::new();
    let empty = env.folder().join("certificates");
    std::fs::create_dir(&empty).unwrap();
    let without = |arguments: &[&str]| {
        let mut command = env.command();
        command.env("SSL_CERT_DIR", &empty).env("SF_ACCESS_TOKEN", "00D000000000001!PLANTED");
        command.env("SF_ORG_INSTANCE_URL", "https://127.0.0.1:9").args(arguments);
        finish(command.output().unwrap())
    };
    let demo = without(&["diff", "--template", "ampersand", "--org", "demo"]);
    assert!(demo.code == 2 && demo.stdout.contains("11 settings differ"), "{demo:?}");
    let other = without(&["org", "display"]);
    assert_eq!(other.code, 1, "{other:?}");
    for part in ["No CA certificates", "SSL_CERT_FILE names a file"] {
        assert!(other.stderr.contains(part), "{part}: {other:?}");
    }
}
