//! The JSON Schema of `sfsetup.toml`, for editors.

/// Returns the schema's text.
pub(crate) fn schema_json() -> &'static str {
    include_str!("config.schema.json")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use serde_json::Value;

    use super::super::{Config, KEYS};
    use super::schema_json;

    fn schema() -> Value {
        serde_json::from_str(schema_json()).unwrap()
    }

    fn parse(text: &str) -> Result<Config, Vec<String>> {
        Config::parse(Path::new("sfsetup.toml"), text.to_owned()).map_err(|error| error.causes)
    }

    /// The keys that the parser names where it meets one that it does not know.
    fn known(text: &str) -> BTreeSet<String> {
        let causes = parse(text).unwrap_err();
        let (_, names) = causes[0].split_once("expected one of ").unwrap();
        names.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
    }

    #[test]
    fn the_schema_has_the_parsers_keys_and_no_others() {
        let mut all = BTreeSet::new();
        for (pointer, text) in [
            ("/properties", "no-such = 1\n"),
            ("/$defs/org/properties", "[orgs.acme]\nno-such = 1\n"),
            ("/$defs/waiver/properties", "[[waiver]]\nno-such = 1\n"),
        ] {
            let schema = schema();
            let keys = schema.pointer(pointer).unwrap().as_object().unwrap();
            let keys: BTreeSet<String> = keys.keys().cloned().collect();
            assert_eq!(keys, known(text), "{pointer}");
            all.extend(keys);
        }
        assert_eq!(all, KEYS.iter().map(|key| (*key).to_owned()).collect());
    }

    fn as_json(value: toml::Value) -> Value {
        match value {
            toml::Value::Table(table) => {
                table.into_iter().map(|(key, value)| (key, as_json(value))).collect()
            }
            toml::Value::Array(array) => array.into_iter().map(as_json).collect(),
            toml::Value::Datetime(date) => date.to_string().into(),
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(number) => number.into(),
            toml::Value::Float(number) => number.into(),
            toml::Value::Boolean(flag) => flag.into(),
        }
    }

    #[test]
    fn schema_and_parser_agree_on_good_and_bad_files() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let good = "org = \"acme\"\ntemplates = [\"gong\"]\nformat = \"json\"\nfail-on = \
                    \"required\"\n\
                    template-paths = [\"t\"]\ntemplate-keys = []\n\
                    [parameters]\napp = \"A\"\nread = [\"Account\", \"Contact\"]\nflag = true\n\
                    [parameters.gong]\nprofile = \"P\"\n[overlay.gong]\nversion = \"2\"\n\
                    [[waiver]]\nstep = \"gong/a\"\nreason = \"R\"\nowner = \"O\"\nexpires = \
                    2027-01-31\n\
                    [[waiver]]\ncomponent = \"Profile:*\"\npath = \"custom\"\nreason = \"R\"\n\
                    expires = \"2027-01-31\"\n\
                    [orgs.acme]\nfail-on = \"observed\"\ntemplates = []\n\
                    [[orgs.acme.waiver]]\nstep = \"a\"\nreason = \"R\"\nexpires = 2027-01-31\n";
        let is_valid = |text: &str| validator.is_valid(&as_json(toml::from_str(text).unwrap()));
        assert!(parse(good).is_ok() && is_valid(good), "{:?}", parse(good).err());
        for (from, to) in [
            ("\"json\"", "\"yaml\""),
            ("\"required\"", "\"none\""),
            ("templates = [\"gong\"]", "templates = \"gong\""),
            ("step = \"gong/a\"", ""),
            ("step = \"gong/a\"", "step = \"gong/a\"\ncomponent = \"Profile:A\""),
            ("step = \"gong/a\"", "step = \"gong/a\"\npath = \"custom\""),
            ("\"Profile:*\"", "\"Profile\""),
            ("\"Profile:*\"", "\":A\""),
            ("reason = \"R\"", ""),
            ("reason = \"R\"", "reason = \" \""),
            ("expires = 2027-01-31", ""),
            ("expires = 2027-01-31", "expires = 2027-01-31T10:00:00Z"),
            ("expires = 2027-01-31", "expires = \"soon\""),
            ("expires = 2027-01-31", "expires = 30"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(bad != good && parse(&bad).is_err(), "the parser takes {to}");
            assert!(!is_valid(&bad), "the schema takes {to}");
        }
    }
}
