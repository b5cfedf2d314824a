//! What is known of the elements of a component: by the type's row where it has one, else by the
//! WSDL. One answer for every type: what may follow what, what is a list and by which key, in which
//! order elements stand, since when they are there.

use super::nearest::nearest;
use super::wsdl::{self, Holds, WsdlField, WsdlType};
use super::{ApiVersion, Field, Kind, SetForm, UnknownPath, find_component, root_name};
use crate::metadata::path::{FieldPath, Segment};

/// An element of a component, or its root, and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    name: &'static str,
    row: Option<&'static Field>,
    fields: &'static [Field],
    told: Option<&'static WsdlField>,
    elements: Option<&'static WsdlType>,
}

/// How an element stands in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One value.
    Value,
    /// A value, repeated.
    Values,
    /// One element that holds elements.
    Group,
    /// A list of elements that are told apart by the texts of these children; `ordered` where their
    /// order says something. A document whose entries are not told apart so has a [`Form::List`].
    Keyed {
        /// The children that make the key.
        key: &'static [&'static str],
        /// Whether the order of the entries says something.
        ordered: bool,
    },
    /// A list of elements that nothing is known to tell apart: compared and replaced as a whole.
    List,
}

impl Shape {
    /// Returns the root of a component's file. `Settings:Address` has the elements of
    /// `AddressSettings`.
    ///
    /// `None` where there is no such type, or where its elements are not known.
    pub fn of(type_name: &str, full_name: &str) -> Option<Self> {
        let fields = find_component(type_name, full_name).map_or(&[][..], |row| row.fields);
        let elements = wsdl::find(&root_name(type_name, full_name)).filter(|told| told.told);
        let name = elements.map_or("", |told| told.name);
        (elements.is_some() || !fields.is_empty()).then_some(Self {
            name,
            row: None,
            fields,
            told: None,
            elements,
        })
    }

    /// Returns the element's name as the schema writes it.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Returns an element within this one, by its name: exactly written, or else without case.
    pub fn child(self, name: &str) -> Option<Self> {
        let row = self
            .fields
            .iter()
            .find(|field| field.name == name)
            .or_else(|| self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)));
        let told = self.elements.and_then(|elements| elements.field(name));
        Some(Self {
            name: row.map(|row| row.name).or(told.map(|told| told.name))?,
            row,
            fields: row.map_or(&[][..], Field::fields),
            told,
            elements: told.and_then(WsdlField::elements),
        })
    }

    /// Returns the elements within this one, in the order in which they stand in a document. Those
    /// that the row alone knows come last.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let told = self.elements.map_or(&[][..], WsdlType::fields);
        let is_told = move |name| told.iter().any(|field| field.name == name);
        let rest = self.fields.iter().map(|field| field.name).filter(move |name| !is_told(*name));
        told.iter().map(|field| field.name).chain(rest).filter_map(move |name| self.child(name))
    }

    /// Says whether a WSDL tells all elements within this one; a value has none.
    pub fn is_told(self) -> bool {
        match (self.elements, self.told) {
            (Some(elements), _) => elements.told,
            (None, Some(told)) => !matches!(told.holds, Holds::Anything | Holds::Elements(_)),
            (None, None) => false,
        }
    }

    /// Returns where an element stands among its like within this one, counted from 0; `None` where
    /// the WSDL does not tell.
    pub fn order_of(self, child: &str) -> Option<usize> {
        self.elements?.order_of(child)
    }

    /// Returns how the element stands in a document.
    pub fn form(self) -> Form {
        match (self.row.map(|row| &row.kind), self.told) {
            (Some(Kind::Section { key, .. }), told) => {
                Form::Keyed { key, ordered: told.is_some_and(|told| told.ordered) }
            }
            (Some(Kind::Group(_)), _) => Form::Group,
            (Some(Kind::Set { form: SetForm::Repeated, .. }), _) => Form::Values,
            (
                Some(
                    Kind::Flag
                    | Kind::Number
                    | Kind::Text
                    | Kind::Choice { .. }
                    | Kind::Set { form: SetForm::Commas | SetForm::Lines, .. },
                ),
                _,
            ) => Form::Value,
            (None, Some(told)) => form_of(told),
            // The root.
            (None, None) => Form::Group,
        }
    }

    /// Returns the children that tell the entries of this list apart; `None` where it is no list,
    /// or nothing is known to.
    pub fn key(self) -> Option<&'static [&'static str]> {
        match self.form() {
            Form::Keyed { key, .. } => Some(key),
            Form::Value | Form::Values | Form::Group | Form::List => None,
        }
    }

    /// Says whether the element may be repeated.
    pub fn is_repeated(self) -> bool {
        match self.form() {
            Form::Values | Form::Keyed { .. } | Form::List => true,
            Form::Value | Form::Group => false,
        }
    }

    /// Returns the row's field, with what a WSDL does not say: what absence means, what may travel.
    pub fn row(self) -> Option<&'static Field> {
        self.row
    }

    /// Returns what the WSDL says of the element.
    pub fn told(self) -> Option<&'static WsdlField> {
        self.told
    }

    /// Returns the API version that brought the element, where a source gives it. The WSDLs at
    /// hand do not: what [`WsdlField::after_63`] says is no version.
    pub fn since(self) -> Option<ApiVersion> {
        self.row.and_then(|row| row.since)
    }

    /// Returns the API version from which on the element is gone.
    pub fn until(self) -> Option<ApiVersion> {
        self.row.and_then(|row| row.until)
    }

    /// Finds the element that a path leads to from here.
    ///
    /// What is not found may still be: see the note on WSDLs in [`wsdl`]. So this is to tell how an
    /// element stands, not to refuse a path.
    ///
    /// # Errors
    /// The first part of the path that is not known, or a key where no list with a key is.
    pub fn find(self, path: &FieldPath) -> Result<Self, UnknownPath> {
        path.segments().iter().try_fold(self, Self::step)
    }

    fn step(self, segment: &Segment) -> Result<Self, UnknownPath> {
        let Some(child) = self.child(&segment.name) else {
            return Err(UnknownPath {
                message: format!("`{}` has no element `{}`", self.name, segment.name),
                nearest: nearest(&segment.name, self.children().map(|child| child.name))
                    .map(str::to_owned),
            });
        };
        if segment.key.is_some() && child.key().is_none() {
            return Err(UnknownPath {
                message: format!("`{}` is no list with a key", child.name),
                nearest: None,
            });
        }
        Ok(child)
    }
}

fn form_of(told: &'static WsdlField) -> Form {
    match (told.elements().is_some(), told.repeated) {
        (false, false) => Form::Value,
        (false, true) => Form::Values,
        (true, false) => Form::Group,
        (true, true) if told.key.is_empty() => Form::List,
        (true, true) => Form::Keyed { key: &told.key, ordered: told.ordered },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(type_name: &str, full_name: &str, path: &str) -> Shape {
        Shape::of(type_name, full_name).unwrap().find(&path.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_type_that_extends_another_has_its_lists() {
        let list = at("MutingPermissionSet", "Quiet", "objectPermissions");
        assert_eq!(list.form(), Form::Keyed { key: &["object"], ordered: false });
        // Its row has them from there, the WSDL from the type that it extends.
        let told = wsdl::find("MutingPermissionSet").unwrap();
        assert!(told.is_a("PermissionSet") && told.field("objectPermissions").is_some());
    }

    #[test]
    fn settings_have_the_elements_of_their_root() {
        let root = Shape::of("Settings", "Address").unwrap();
        assert_eq!(root.name(), "AddressSettings");
        let states = at("Settings", "Address", "countriesAndStates.countries[AT].states[9]");
        assert_eq!(states.key(), Some(&["isoCode"][..]));
        assert_eq!(at("Settings", "Address", "countriesAndStates").form(), Form::Group);
        let ranges = at("Settings", "Security", "networkAccess.ipRanges");
        assert_eq!(ranges.key(), Some(&["start", "end"][..]));
        assert!(Shape::of("Settings", "Nonsense").is_none());
        assert!(Shape::of("Nonsense", "x").is_none());
    }

    #[test]
    fn a_type_without_a_row_is_told_by_the_wsdl() {
        let root = Shape::of("NamedCredential", "Acme").unwrap();
        let list = root.child("namedCredentialParameters").unwrap();
        assert_eq!(list.key(), Some(&["parameterType", "parameterName"][..]));
        assert!(list.child("parameterValue").is_some_and(|value| value.form() == Form::Value));
        assert!(root.order_of("label") < root.order_of("namedCredentialParameters"));
        assert_eq!(root.order_of("fullName"), Some(0), "what is extended comes first");
        assert_eq!(root.order_of("nonsense"), None);
        assert_eq!(root.since(), None);
    }

    #[test]
    fn lists_without_a_key_are_wholes_and_orders_are_told() {
        let steps = at("ApprovalProcess", "Discount", "approvalStep");
        assert_eq!(steps.form(), Form::Keyed { key: &["name"], ordered: true });
        let criteria = at("ApprovalProcess", "Discount", "entryCriteria.criteriaItems");
        assert_eq!((criteria.form(), criteria.is_repeated()), (Form::List, true));
        let names =
            at("Settings", "Forecasting", "forecastingTypeSettings[x].displayedCategoryApiNames");
        assert_eq!((names.form(), names.is_repeated()), (Form::Values, true));
    }

    #[test]
    fn what_is_not_known_is_said_with_what_is_near() {
        let root = Shape::of("NamedCredential", "Acme").unwrap();
        let wrong = |path: &str| root.find(&path.parse().unwrap()).unwrap_err().to_string();
        assert_eq!(
            wrong("namedCredentialParameter"),
            "`NamedCredential` has no element `namedCredentialParameter`; did you mean \
             `namedCredentialParameters`?"
        );
        assert_eq!(wrong("label[x]"), "`label` is no list with a key");
        assert_eq!(
            wrong("namedCredentialParameters[Url|Url].x"),
            "`namedCredentialParameters` has no element `x`"
        );
    }

    #[test]
    fn a_row_goes_before_the_wsdl() {
        let layouts = at("Profile", "Admin", "layoutAssignments");
        assert_eq!(layouts.key(), Some(&["layout", "recordType"][..]));
        assert_eq!(at("Profile", "Admin", "agentAccesses").since(), Some(ApiVersion(63)));
        assert_eq!(at("Profile", "Admin", "profileActionOverrides").until(), Some(ApiVersion(45)));
        let names: Vec<_> =
            Shape::of("Profile", "Admin").unwrap().children().map(Shape::name).collect();
        assert!(names.len() > 20);
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
    }
}
