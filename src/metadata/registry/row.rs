//! The words in which the tables are written: one short call a field, all `const`.

use super::{
    Absent, ApiVersion, Choice, Companion, DeployRule, Field, Kind, MetadataType, Odd, Portability,
    SetForm,
};

/// A type with the whole list of its fields.
pub(super) const fn of_type(
    name: &'static str,
    folder: &'static str,
    suffix: &'static str,
    since: u16,
    deploy: DeployRule,
    fields: &'static [Field],
) -> MetadataType {
    MetadataType {
        name,
        folder,
        suffix,
        since: Some(ApiVersion(since)),
        deploy,
        fields,
        complete: true,
        wildcard: true,
        odd: Odd::NOTHING,
    }
}

/// A type of which no more than the name, and perhaps folder and suffix, is known.
///
/// What a deploy does with the rest of such a file is not known, hence the rule that sends the
/// whole document.
pub(super) const fn other(
    name: &'static str,
    folder: &'static str,
    suffix: &'static str,
) -> MetadataType {
    MetadataType {
        name,
        folder,
        suffix,
        since: None,
        deploy: DeployRule::Replace,
        fields: &[],
        complete: false,
        wildcard: true,
        odd: Odd::NOTHING,
    }
}

/// An element that the WSDL alone tells of.
pub(super) const fn derived(name: &'static str, kind: Kind) -> Field {
    field(name, kind, Absent::Unset)
}

const fn field(name: &'static str, kind: Kind, absent: Absent) -> Field {
    Field {
        name,
        kind,
        since: None,
        until: None,
        absent,
        portability: Portability::Anywhere,
        label: "",
        sent_whole: false,
        counts_itself: false,
        words: &[],
        names_user: false,
        hidden: false,
    }
}

/// A flag for which no source gives a default.
pub(super) const fn flag(name: &'static str) -> Field {
    field(name, Kind::Flag, Absent::Unset)
}

/// A flag that is false where it is absent.
pub(super) const fn off(name: &'static str) -> Field {
    field(name, Kind::Flag, Absent::Flag(false))
}

/// A flag that is true where it is absent.
pub(super) const fn on(name: &'static str) -> Field {
    field(name, Kind::Flag, Absent::Flag(true))
}

/// A whole number.
pub(super) const fn number(name: &'static str) -> Field {
    field(name, Kind::Number, Absent::Unset)
}

/// A text.
pub(super) const fn text(name: &'static str) -> Field {
    field(name, Kind::Text, Absent::Unset)
}

/// A text out of a list.
pub(super) const fn choice(name: &'static str, choices: &'static [Choice]) -> Field {
    let kind = Kind::Choice { choices, fold_case: false, pattern: None };
    field(name, kind, Absent::Unset)
}

/// A text out of a list that the org writes in more than one case.
pub(super) const fn choice_in_any_case(name: &'static str, choices: &'static [Choice]) -> Field {
    let kind = Kind::Choice { choices, fold_case: true, pattern: None };
    field(name, kind, Absent::Unset)
}

/// A text out of a list, or one that follows a pattern.
pub(super) const fn choice_or(
    name: &'static str,
    choices: &'static [Choice],
    pattern: fn(&str) -> Option<String>,
) -> Field {
    let kind = Kind::Choice { choices, fold_case: false, pattern: Some(pattern) };
    field(name, kind, Absent::Unset)
}

/// A set of any texts.
pub(super) const fn set(name: &'static str, form: SetForm) -> Field {
    set_of(name, form, &[], &[])
}

/// A set out of a list, some of whose elements come back under another name.
pub(super) const fn set_of(
    name: &'static str,
    form: SetForm,
    choices: &'static [Choice],
    aliases: &'static [(&'static str, &'static str)],
) -> Field {
    let kind = Kind::Set { form, choices, aliases };
    field(name, kind, Absent::Empty)
}

/// One complex element.
pub(super) const fn group(name: &'static str, fields: &'static [Field]) -> Field {
    field(name, Kind::Group(fields), Absent::Unset)
}

/// A keyed list whose entries are returned whatever else is asked for.
pub(super) const fn section(
    name: &'static str,
    key: &'static [&'static str],
    fields: &'static [Field],
) -> Field {
    let kind = Kind::Section { key, fold_key: false, fields, companion: None, sure: true };
    field(name, kind, Absent::Empty)
}

/// A keyed list whose key is matched without case.
pub(super) const fn section_in_any_case(
    name: &'static str,
    key: &'static [&'static str],
    fields: &'static [Field],
) -> Field {
    let kind = Kind::Section { key, fold_key: true, fields, companion: None, sure: true };
    field(name, kind, Absent::Empty)
}

/// A keyed list whose entries are returned only together with their companions. Its keys are API
/// names, of which no org has two that differ in case alone: they are matched without it.
pub(super) const fn section_with(
    companion: Companion,
    name: &'static str,
    key: &'static [&'static str],
    fields: &'static [Field],
) -> Field {
    let kind =
        Kind::Section { key, fold_key: true, fields, companion: Some(companion), sure: true };
    field(name, kind, Absent::Empty)
}

impl MetadataType {
    /// With what is odd about it.
    pub(super) const fn odd(mut self, odd: Odd) -> Self {
        self.odd = odd;
        self
    }
}

impl Field {
    /// Younger than its type.
    pub(super) const fn since(mut self, version: u16) -> Self {
        self.since = Some(ApiVersion(version));
        self
    }

    /// Gone from this version on.
    pub(super) const fn until(mut self, version: u16) -> Self {
        self.until = Some(ApiVersion(version));
        self
    }

    /// With the text that it stands for where it is absent.
    pub(super) const fn else_text(mut self, text: &'static str) -> Self {
        self.absent = Absent::Text(text);
        self
    }

    /// An org may hold it though no retrieve shows it.
    pub(super) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// A user's name, of which a sandbox's has a suffix of its own.
    pub(super) const fn names_user(mut self) -> Self {
        self.names_user = true;
        self
    }

    /// With Setup's words for the field.
    pub(super) const fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// With Setup's words for a flag's values.
    pub(super) const fn words(mut self, words: &'static [Choice]) -> Self {
        self.words = words;
        self
    }

    /// A list that a deploy names as a whole.
    pub(super) const fn sent_whole(mut self) -> Self {
        self.sent_whole = true;
        self
    }

    /// A list whose entries grant something by being there.
    pub(super) const fn counts_itself(mut self) -> Self {
        self.counts_itself = true;
        self
    }

    /// Bound to where it came from.
    pub(super) const fn portability(mut self, portability: Portability) -> Self {
        self.portability = portability;
        self
    }
}

/// A value for which no source gives Setup's words.
pub(super) const fn value(value: &'static str) -> Choice {
    Choice { value, label: "" }
}

/// A value with Setup's words.
pub(super) const fn shown(value: &'static str, label: &'static str) -> Choice {
    Choice { value, label }
}

/// Values for which no source gives Setup's words.
pub(super) const fn values<const N: usize>(names: [&'static str; N]) -> [Choice; N] {
    let mut choices = [const { value("") }; N];
    let mut at = 0;
    while at < N {
        choices[at].value = names[at];
        at += 1;
    }
    choices
}
