//! The word that was probably meant: edit distance without case, bounded so that nonsense gets no
//! suggestion.

/// Returns the word that is nearest to a misspelt one, or `None` where nothing is near.
///
/// Case does not count. Near is a third of the letters, or a word that begins or ends with the
/// other.
pub fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = lower(word);
    if wanted.is_empty() {
        return None;
    }
    let limit = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &'a str)> = None;
    let mut affix: Option<&'a str> = None;
    for candidate in among {
        let letters = lower(candidate);
        let bound = best.map_or(limit, |(distance, _)| distance.saturating_sub(1));
        if let Some(distance) = distance(&wanted, &letters, bound) {
            // Once a word as good as another is found the first stays, so that the answer does not
            // depend on luck.
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, candidate));
            }
        }
        if wanted.len() >= 4
            && (letters.starts_with(&wanted) || letters.ends_with(&wanted))
            && affix.is_none_or(|known| candidate.len() < known.len())
        {
            affix = Some(candidate);
        }
    }
    best.map(|(_, candidate)| candidate).or(affix)
}

/// The end of a sentence on a name that is not there: what was probably meant; nothing where
/// nothing is near.
pub fn perhaps(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Says whether a name is probably a slip of another: the same but for capitals and signs, or two
/// letters off at most. Names that differ in a number are two names.
pub fn is_slip(name: &str, of: &str) -> bool {
    let folded = |text: &str| -> Vec<char> {
        lower(text).into_iter().filter(|letter| letter.is_alphanumeric()).collect()
    };
    let digits = |letters: &[char]| -> String {
        letters.iter().filter(|letter| letter.is_ascii_digit()).collect()
    };
    let (name, of) = (folded(name), folded(of));
    let bound = (name.len() / 4).min(2);
    digits(&name) == digits(&of) && distance(&name, &of, bound).is_some()
}

fn lower(word: &str) -> Vec<char> {
    word.trim().chars().flat_map(char::to_lowercase).collect()
}

/// Returns the edit distance if it is not above the bound; two letters that changed places count as
/// one edit.
fn distance(one: &[char], other: &[char], bound: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > bound {
        return None;
    }
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut row = vec![at + 1];
        for (column, with) in other.iter().enumerate() {
            let mut cost = (last[column] + usize::from(letter != with))
                .min(last[column + 1] + 1)
                .min(row[column] + 1);
            if at > 0 && column > 0 && *letter == other[column - 1] && one[at - 1] == *with {
                cost = cost.min(before[column - 1] + 1);
            }
            row.push(cost);
        }
        if row.iter().min().is_some_and(|least| *least > bound) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let words = ["infinite", "zero", "ENFORCE", "BYPASS", "ENFORCE_RELAXREFRESH"];
        for (word, expected) in [
            ("infinit", Some("infinite")),
            ("zreo", Some("zero")),
            ("Infinite", Some("infinite")),
            ("enforce", Some("ENFORCE")),
            ("RELAXREFRESH", Some("ENFORCE_RELAXREFRESH")),
            ("never", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), expected, "{word}");
        }
    }

    #[test]
    fn a_slip_is_told_from_another_name() {
        for (name, of, expected) in [
            ("Amprsand Integration", "Ampersand Integration", true),
            ("Ampersand Intergation", "Ampersand Integration", true),
            ("ampersand_integration", "Ampersand Integration", true),
            ("Integration", "Ampersand Integration", false),
            ("Ampersand Integration 2", "Ampersand Integration", false),
            ("Sync1", "Sync2", false),
            ("HR", "PR", false),
        ] {
            assert_eq!(is_slip(name, of), expected, "{name}");
        }
    }

    #[test]
    fn among_equals_the_first_wins() {
        assert_eq!(nearest("abcx", ["abcd", "abce"]), Some("abcd"));
    }
}
