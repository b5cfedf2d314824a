//! What all pages have in common: the head, the style, what a page may load (nothing) and run (the
//! one script, told by its hash), links.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::report::line::{clean, is_page};

/// How it looks: on paper, in the dark, and on a screen of 360 pixels.
const STYLE: &str = include_str!("page.css");

/// What filters a checklist, and keeps what was ticked. A page is read without it too.
const SCRIPT: &str = include_str!("page.js");

/// A page's words are clean and escaped; only what stands here is markup.
pub(in crate::report) fn page(title: &str, body: &Markup, has_script: bool) -> String {
    let script_source = match has_script {
        true => format!("; script-src {}", source_of(SCRIPT)),
        false => String::new(),
    };
    let policy = format!(
        "default-src 'none'; style-src {}{script_source}; base-uri 'none'; form-action 'none'",
        source_of(STYLE)
    );
    let page = html! {
        (PreEscaped("<!doctype html>\n"))
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            (PreEscaped("\n"))
            body {
                (body)
                @if has_script { script { (PreEscaped(SCRIPT)) } }
            }
        }
        (PreEscaped("\n"))
    };
    page.into_string()
}

/// A text of the page as the policy names it.
fn source_of(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// A link where the address is a page's, else text.
pub(in crate::report) fn link(name: &str, address: &str) -> Markup {
    let name = clean(name);
    html! {
        @if is_page(address) && clean(address) == address {
            a href=(address) rel="noopener noreferrer" { (name) }
        } @else {
            (name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_is_no_link() {
        assert_eq!(link("a<b", "javascript:alert(1)").into_string(), "a&lt;b");
        assert_eq!(link("a", "https://x.example/\u{202e}").into_string(), "a");
        assert_eq!(
            link("a", "https://x.example/\"><script>").into_string(),
            "<a href=\"https://x.example/&quot;&gt;&lt;script&gt;\" rel=\"noopener noreferrer\">a</a>"
        );
    }

    #[test]
    fn the_script_and_the_style_are_the_ones_that_the_policy_names() {
        for text in [STYLE, SCRIPT] {
            // An end tag would cut it short, and a browser reads `\r\n` as `\n` before it hashes.
            assert!(!text.contains("</") && !text.contains('\r'));
        }
        let page = page("x", &html! {}, true);
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(page.contains(&source_of(SCRIPT)) && page.contains(&source_of(STYLE)));
        assert!(!self::page("x", &html! {}, false).contains("script"));
    }
}
