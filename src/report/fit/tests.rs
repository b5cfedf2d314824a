//! Lines as a narrow terminal has them.

use owo_colors::OwoColorize as _;
use proptest::prelude::*;

use super::super::line::paragraph;
use super::*;

fn at(width: usize, text: &str) -> String {
    fitted(text, Some(width)).into_owned()
}

#[test]
fn running_text_is_broken_anew_and_stays_as_written_without_a_terminal() {
    let mut text = String::new();
    paragraph(&mut text, 6, "why: ", &"word ".repeat(30));
    assert_eq!(text.matches(BROKEN).count(), 1);
    let plain = fitted(&text, None);
    assert!(!plain.contains(BROKEN) && plain.lines().count() == 2);
    assert_eq!(at(120, &text), plain);
    let narrow = at(50, &text);
    let narrow = anstream::adapter::strip_str(&narrow).to_string();
    assert!(narrow.lines().all(|line| line.len() <= 50), "{narrow}");
    assert!(narrow.lines().skip(1).all(|line| line.starts_with("           word")), "{narrow}");
    // No line is short but the last.
    assert!(narrow.lines().rev().skip(1).all(|line| line.len() > 44), "{narrow}");
}

#[test]
fn a_line_goes_on_under_its_own_text() {
    for (line, wrapped) in [
        (
            "= The user who connects is active, on the licence  3 of 3 in sync",
            "= The user who connects is active, on\n  the licence  3 of 3 in sync",
        ),
        (
            "    ~ objectPermissions[Account].viewAllRecords  - false  + true",
            "    ~ objectPermissions[Account].viewAllRecords\n        - false  + true",
        ),
        (
            "      in: Setup, Quick Find \"Profiles\"  http://127.0.0.1/lightning/setup/x/home",
            "      in: Setup, Quick Find \"Profiles\"\n          http://127.0.0.1/lightning/setup/x/home",
        ),
        (
            "hint: `sfsetup deploy --template ampersand --org demo` fixes this, and asks first",
            "hint: `sfsetup deploy --template ampersand --org demo`\n      fixes this, and asks first",
        ),
        (
            "  app    the connected app as Setup shows it in the list",
            "  app    the connected app as Setup\n         shows it in the list",
        ),
        (
            "  ~ A.b  zero (Immediately expire it) -> infinite (Valid)",
            "  ~ A.b  zero (Immediately expire it)\n      -> infinite (Valid)",
        ),
        (
            " 12. A step of the template with a longer title",
            " 12. A step of the template with a\n     longer title",
        ),
    ] {
        assert_eq!(at(40, line), wrapped, "{line}");
    }
}

#[test]
fn what_is_copied_stays_whole_though_it_is_too_long() {
    let path = format!("a {}/b", "x".repeat(90));
    assert_eq!(at(40, &path), path.replacen(' ', "\n", 1));
    let key = "    layoutAssignments[Account-Account Layout|Account.A Customer].layout is wrong";
    assert!(at(40, key).contains("[Account-Account Layout|Account.A Customer].layout"));
    let row = format!("{WHOLE}+    <description>{}</description>", "some words ".repeat(9));
    assert_eq!(at(40, &row), row.strip_prefix(WHOLE).unwrap());
}

#[test]
fn nothing_but_a_label_is_no_line() {
    let hint = format!("{} `sfsetup {}` does it", "hint:".cyan().bold(), "x".repeat(40));
    let out = anstream::adapter::strip_str(&at(40, &hint)).to_string();
    assert!(out.starts_with("hint: `sfsetup xxxx"), "{out}");
}

#[test]
fn a_question_leaves_room_for_its_answer() {
    let question = "Deploy 12 settings to the production org of Larkfield? [y/N] ";
    assert_eq!(at(40, question), "Deploy 12 settings to the production org\nof Larkfield? [y/N] ");
}

#[test]
fn a_colour_ends_with_the_line_and_begins_again() {
    let line = format!("{} after", "one two three four five six seven eight nine ten".red().bold());
    let out = at(40, &line);
    let (first, second) = out.split_once('\n').unwrap();
    assert!(first.ends_with(RESET), "{out:?}");
    assert!(second.starts_with("\u{1b}["), "{out:?}");
    assert_eq!(anstream::adapter::strip_str(second).to_string(), "nine ten after");
}

#[test]
fn an_address_leads_to_itself() {
    let out = linked("see https://a.example/b?c=d, or (http://e.example). \u{1b}[2mend\u{1b}[0m");
    assert_eq!(
        out,
        "see \u{1b}]8;;https://a.example/b?c=d\u{1b}\\https://a.example/b?c=d\u{1b}]8;;\u{1b}\\, or \
         (\u{1b}]8;;http://e.example\u{1b}\\http://e.example\u{1b}]8;;\u{1b}\\). \
         \u{1b}[2mend\u{1b}[0m"
    );
    assert_eq!(linked("none"), "none");
    assert_eq!(rows("a\n\nbcdef\n", 3), 4);
}

proptest! {
    /// Marks that somebody else wrote hide nothing.
    #[test]
    fn no_mark_takes_a_word_away(
        lines in proptest::collection::vec((0_u8..4, "[a-z ]{0,60}", 0_u8..4), 0..6),
        width in 40_usize..120,
    ) {
        let mark = |kind: u8| [BROKEN, WHOLE, RESET, ""][usize::from(kind)];
        let text: Vec<String> =
            lines.iter().map(|(head, words, tail)| mark(*head).to_owned() + words + mark(*tail)).collect();
        let plain = |text: &str| -> Vec<String> {
            let text = anstream::adapter::strip_str(text).to_string();
            text.split_whitespace().map(str::to_owned).collect()
        };
        let text = text.join("\n");
        prop_assert_eq!(plain(&at(width, &text)), plain(&text));
    }

    /// No word is lost, added or moved, at any width, and each line that can be is short enough.
    #[test]
    fn the_words_are_the_same(
        text in "([ =~+-]{0,5}([a-z`\"\\[\\]:东é]{0,12}[ ]{0,3}){0,20}\n){0,4}",
        width in 40_usize..120,
    ) {
        let out = at(width, &text);
        let words = |text: &str| -> Vec<String> {
            text.split_whitespace().map(str::to_owned).collect()
        };
        prop_assert_eq!(words(&out), words(&text));
        prop_assert!(out.ends_with('\n') == text.ends_with('\n'));
    }
}
