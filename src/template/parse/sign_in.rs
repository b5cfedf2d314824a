//! How an integration signs in: a list of names in [template].

use super::{Node, Walk};
use crate::metadata::registry::nearest::nearest;
use crate::template::SignIn;

impl Walk<'_, '_> {
    /// The ways of signing in, each once.
    pub(super) fn sign_in(&mut self, node: &Node<'_>) -> Vec<SignIn> {
        let nodes = self.array(node, "sign-in");
        if nodes.is_empty() && node.get_ref().as_array().is_some() {
            self.mistakes
                .add(&node.span(), "`sign-in` is empty; leave it out where the page says nothing");
        }
        let mut found = Vec::new();
        for node in nodes {
            let Some(name) = self.text(node, "sign-in") else { continue };
            match SignIn::find(&name) {
                Some(one) if found.contains(&one) => {
                    self.mistakes.add(&node.span(), format!("`{name}` stands twice"));
                }
                Some(one) => found.push(one),
                None => {
                    let known = || SignIn::ALL.into_iter().map(SignIn::name);
                    let help = nearest(&name, known()).map_or_else(
                        || format!("known are {}", known().collect::<Vec<_>>().join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let message = format!("`{name}` is no way of signing in");
                    self.mistakes.add_with(&node.span(), message, Some(help));
                }
            }
        }
        found
    }
}
