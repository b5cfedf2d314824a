//! The JSON Schema of template format 1, for editors.

/// Returns the schema's text.
pub(crate) fn schema_json() -> &'static str {
    include_str!("template.schema.json")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::parse::keys;
    use super::super::{SignIn, builtin, parse, setup};
    use super::schema_json;

    fn schema() -> Value {
        serde_json::from_str(schema_json()).unwrap()
    }

    fn keys_of(pointer: &str) -> BTreeSet<String> {
        let schema = schema();
        let properties = schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}"));
        properties.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_schema_has_the_parsers_keys_and_no_others() {
        for (pointer, keys) in [
            ("/properties", keys::TOP),
            ("/properties/template/properties", keys::TEMPLATE),
            ("/$defs/parameter/properties", keys::PARAMETER),
            ("/$defs/step/properties", keys::STEP),
            ("/$defs/want/properties", keys::WANT),
            ("/$defs/create/properties", keys::CREATE),
        ] {
            assert_eq!(
                keys_of(pointer),
                keys.iter().map(|key| (*key).to_owned()).collect(),
                "{pointer}"
            );
        }
        let pages: Vec<String> = setup::PAGES.iter().map(|page| page.id.to_owned()).collect();
        assert_eq!(
            schema()["$defs"]["step"]["properties"]["setup"]["enum"],
            serde_json::json!(pages)
        );
        let ways = SignIn::ALL.map(SignIn::name);
        assert_eq!(
            schema().pointer("/properties/template/properties/sign-in/items/enum"),
            Some(&serde_json::json!(ways))
        );
    }

    fn as_json(text: &str) -> Value {
        fn plain(value: toml::Value) -> Value {
            match value {
                toml::Value::Table(table) => {
                    table.into_iter().map(|(key, value)| (key, plain(value))).collect()
                }
                toml::Value::Array(array) => array.into_iter().map(plain).collect(),
                toml::Value::Datetime(date) => date.to_string().into(),
                toml::Value::String(text) => text.into(),
                toml::Value::Integer(number) => number.into(),
                toml::Value::Float(number) => number.into(),
                toml::Value::Boolean(flag) => flag.into(),
            }
        }
        plain(toml::from_str(text).unwrap())
    }

    #[test]
    fn schema_and_parser_agree_on_good_and_bad_files() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for shipped in builtin::all() {
            let errors: Vec<String> = validator
                .iter_errors(&as_json(shipped.text))
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", shipped.name);
        }
        let good = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"s\"\nreviewed = 2026-11-23\n[parameters.p]\ntitle = \"P\"\ntype = \"flag\"\n\
                    [[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ manual = \"x\" }, \
                    { fact = \"org.edition\", equals = \"y\" }]\n";
        let component = good.replacen("\"flag\"", "\"component\"\nchoices = [\"Profile\"]", 1);
        parse("t", &component).unwrap();
        assert!(validator.is_valid(&as_json(&component)));
        for when in [
            "when = { p = true, not = { \"org.edition\" = [\"a\", \"b\"] } }",
            "when = [{ p = true }, { not = { p = true, \"org.is_sandbox\" = true } }]",
        ] {
            let good = good.replacen("id = \"a\"", &format!("id = \"a\"\n{when}"), 1);
            parse("t", &good).unwrap();
            assert!(validator.is_valid(&as_json(&good)), "{when}");
        }
        parse("t", good).unwrap();
        assert!(validator.is_valid(&as_json(good)));
        let built_on = good.replacen("version", "extends = \"ampersand\"\nversion", 1);
        let in_part = built_on.replacen("title = \"A\"\n", "", 1).replacen(
            "id = \"a\"",
            "id = \"ip-relaxation\"",
            1,
        );
        assert!(validator.is_valid(&as_json(&in_part)));
        assert!(!validator.is_valid(&as_json(&good.replacen("title = \"A\"\n", "", 1))));
        for (from, to) in [
            ("format = 1", "format = 2"),
            ("title = \"T\"", ""),
            ("\"flag\"", "\"colour\""),
            ("\"flag\"", "\"choice\"\nchoices = [\"one\"]"),
            ("\"flag\"", "\"component\"\nchoices = []"),
            ("id = \"a\"", ""),
            ("id = \"a\"", "id = \"a\"\nlevel = \"optional\""),
            ("id = \"a\"", "id = \"a\"\nsetup = \"nowhere\""),
            ("{ manual = \"x\" }", "{ }"),
            ("{ manual = \"x\" }", "{ manual = \"x\", fact = \"org.edition\" }"),
            ("equals = \"y\"", ""),
            ("equals = \"y\"", "equals = \"y\", absent = true"),
            ("manual = \"x\"", "manula = \"x\""),
            ("id = \"a\"", "id = \"a\"\nwhen = []"),
            ("id = \"a\"", "id = \"a\"\nwhen = { not = {} }"),
            ("id = \"a\"", "id = \"a\"\nwhen = [{ p = true }, {}]"),
            ("[[step]]", "[step]"),
        ] {
            let bad = good.replacen(from, to, 1);
            let bad = if bad.contains("[step]\n") && !bad.contains("[[step]]") {
                bad
            } else {
                bad.replace(", }", " }")
            };
            assert!(parse("t", &bad).is_err(), "the parser takes {to}");
            assert!(!validator.is_valid(&as_json(&bad)), "the schema takes {to}");
        }
    }
}
