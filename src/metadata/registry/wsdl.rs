//! The types of the Metadata API's WSDL as data: the elements of every type, in order, what each
//! holds, and what tells the entries of a list apart.
//!
//! The data is `wsdl/types.txt`, whose header says where it is from and how it is written. It is
//! looked through once, at the first question, and of a type read what was asked for.
//!
//! A WSDL holds what the org that it is of may use: that an element is not in it is no proof that
//! there is none (S 1.1: `pluginExecutionUser`).

use std::sync::{LazyLock, OnceLock};

/// A type of the WSDL: a metadata type, or one of the types that its elements are of.
#[derive(Debug)]
pub struct WsdlType {
    /// The API's name; of a metadata type also the name of the root element.
    pub name: &'static str,
    /// Whether the type may be named in a manifest; a settings file's root is named by its member
    /// instead, see [`Self::settings_member`].
    pub named: bool,
    /// Where the type's files stand.
    pub place: Place,
    /// The type that this one is a part of in source format, and the folder of the parts:
    /// `("CustomObject", "fields")` for `CustomField`.
    pub part_of: Option<(&'static str, &'static str)>,
    /// Whether the type's elements are known. Of some types no more than the name is.
    pub told: bool,
    base: Option<&'static str>,
    is_settings: bool,
    after_63: bool,
    before_newest: bool,
    /// The lines of its own fields.
    lines: &'static str,
    fields: OnceLock<Vec<WsdlField>>,
}

/// An element of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WsdlField {
    /// The element's name.
    pub name: &'static str,
    /// What it holds; of a repeated element, what each of them holds.
    pub holds: Holds,
    /// Whether the element may be repeated.
    pub repeated: bool,
    /// Whether it must be there.
    pub required: bool,
    /// The children that tell one entry of a list from another; empty where nothing is known to.
    ///
    /// They hold as long as the entries of a document differ in them and all have the first. The
    /// WSDL does not state keys: `tests/wsdl/keys.txt` does, with a source for each.
    pub key: Vec<&'static str>,
    /// Whether the order of the entries says something (the values of a picklist).
    pub ordered: bool,
    /// Whether the element, or its whole type, is missing in a WSDL of 63.0.
    ///
    /// It is younger, or the org of that WSDL might not use it: of permission sets it lacks
    /// `agentAccesses`, which the guide has as of 63.0 (S 4.1). No version is to be made of this.
    pub after_63: bool,
    /// Whether the element, or its whole type, is missing in the newest WSDL and stood in an older
    /// one. It is gone, or bound to something that the org of the newest had not.
    pub before_newest: bool,
}

/// What an element holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole,
    /// A number; whether a whole one is not known.
    Number,
    /// Text, also that of binary content.
    Text,
    /// A date, a time, or both.
    Date,
    /// A text out of a list that is not held here.
    Choice,
    /// Anything: a value of a custom metadata record, or what the WSDL leaves open.
    Anything,
    /// Other elements: those of the type of this name.
    Elements(&'static str),
}

/// How the files of a metadata type stand in a folder of metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The folder, such as `namedCredentials`; empty where it is not known.
    pub folder: &'static str,
    /// The suffix without dot; empty where a component is more than one file of its own.
    pub suffix: &'static str,
    /// Whether the XML stands beside a file of content, and is told from it by `-meta.xml`.
    pub beside_content: bool,
    /// Whether components stand in folders of their own below that of the type (reports).
    pub nested: bool,
    /// Whether source format has it in parts.
    pub decomposed: bool,
}

static TYPES: LazyLock<Vec<WsdlType>> = LazyLock::new(|| {
    let text = include_str!("wsdl/types.txt");
    let mut types = Vec::with_capacity(2_200);
    let mut from = None;
    // The first empty line ends the header.
    for end in memchr::memmem::find_iter(text.as_bytes(), "\n\n") {
        types.extend(from.map(|from| WsdlType::read(&text[from..end])));
        from = Some(end + 2);
    }
    types.extend(from.map(|from| WsdlType::read(&text[from..])));
    types
});

/// Finds a type by its name, exactly written.
pub fn find(name: &str) -> Option<&'static WsdlType> {
    let types: &'static [WsdlType] = &TYPES;
    types.binary_search_by(|known| known.name.cmp(name)).ok().map(|at| &types[at])
}

/// Returns every type, in order of name.
pub fn all() -> &'static [WsdlType] {
    &TYPES
}

impl WsdlType {
    fn read(block: &'static str) -> Self {
        let (head, lines) = block.split_once('\n').unwrap_or((block, ""));
        let mut words = head.split(' ');
        let mut read = Self {
            name: words.next().unwrap_or_default(),
            named: false,
            place: Place::default(),
            part_of: None,
            told: true,
            base: None,
            is_settings: false,
            after_63: false,
            before_newest: false,
            lines,
            fields: OnceLock::new(),
        };
        for word in words {
            read.word(word);
        }
        read
    }

    fn word(&mut self, word: &'static str) {
        match word.split_once('=') {
            Some(("folder", folder)) => self.place.folder = folder,
            Some(("suffix", suffix)) => self.place.suffix = suffix,
            Some(("part", part)) => self.part_of = part.split_once('/'),
            _ => match word {
                "named" => self.named = true,
                "settings" => self.is_settings = true,
                "content" => self.place.beside_content = true,
                "nested" => self.place.nested = true,
                "decomposed" => self.place.decomposed = true,
                "opaque" => self.told = false,
                "new" => self.after_63 = true,
                "old" => self.before_newest = true,
                _ => self.base = word.strip_prefix('<').or(self.base),
            },
        }
    }

    /// Returns the member of `Settings` whose file has this type as its root: `Address` for
    /// `AddressSettings`.
    pub fn settings_member(&self) -> Option<&'static str> {
        self.is_settings.then(|| self.name.strip_suffix("Settings")).flatten()
    }

    /// Says whether this type is, or extends, another: `MutingPermissionSet` is a `PermissionSet`.
    pub fn is_a(&self, name: &str) -> bool {
        self.name == name
            || self.base.is_some_and(|base| find(base).is_some_and(|base| base.is_a(name)))
    }

    /// Returns the elements in the order of the WSDL, those of the extended type first. That is
    /// the order in which Salesforce writes them.
    pub fn fields(&'static self) -> &'static [WsdlField] {
        self.fields.get_or_init(|| {
            let mut fields =
                self.base.and_then(find).map_or_else(Vec::new, |b| b.fields().to_vec());
            for own in self.lines.lines().filter_map(|line| self.read_field(line)) {
                // A muting permission set says again that it has a label.
                match fields.iter_mut().find(|field| field.name == own.name) {
                    Some(again) => *again = own,
                    None => fields.push(own),
                }
            }
            fields
        })
    }

    /// Finds an element by its name, exactly written or else without case: older files spell
    /// `friendlyname` (S 3.1).
    pub fn field(&'static self, name: &str) -> Option<&'static WsdlField> {
        let fields = self.fields();
        fields
            .iter()
            .find(|field| field.name == name)
            .or_else(|| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
    }

    /// Returns an element's place among its like, counted from 0.
    pub fn order_of(&'static self, name: &str) -> Option<usize> {
        let field = self.field(name)?;
        self.fields().iter().position(|one| one.name == field.name)
    }

    fn read_field(&self, line: &'static str) -> Option<WsdlField> {
        let mut words = line.strip_prefix(' ')?.split(' ');
        let (name, kind) = (words.next()?, words.next()?);
        let mut field = WsdlField {
            name,
            holds: Holds::read(kind.trim_end_matches(['?', '*'])),
            repeated: kind.ends_with('*'),
            required: !kind.ends_with(['?', '*']),
            key: Vec::new(),
            ordered: false,
            after_63: self.after_63,
            before_newest: self.before_newest,
        };
        for word in words {
            match word {
                "ordered" => field.ordered = true,
                "new" => field.after_63 = true,
                "old" => field.before_newest = true,
                _ => field.key.extend(word.strip_prefix("key=").unwrap_or(word).split('|')),
            }
        }
        Some(field)
    }
}

impl WsdlField {
    /// Returns the type of the elements that it holds; none for a value.
    pub fn elements(&self) -> Option<&'static WsdlType> {
        match self.holds {
            Holds::Elements(name) => find(name),
            Holds::Flag
            | Holds::Whole
            | Holds::Number
            | Holds::Text
            | Holds::Date
            | Holds::Choice
            | Holds::Anything => None,
        }
    }
}

impl Holds {
    fn read(kind: &'static str) -> Self {
        match kind {
            "bool" => Self::Flag,
            "int" => Self::Whole,
            "number" => Self::Number,
            "text" => Self::Text,
            "date" => Self::Date,
            "enum" => Self::Choice,
            "any" => Self::Anything,
            name => Self::Elements(name),
        }
    }
}
