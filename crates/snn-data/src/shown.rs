//! Text from a file, fit for a sentence: short, and without what would move the cursor.

/// The first 60 characters of `text`, with marks for what cannot be shown.
pub fn shown(text: &str) -> String {
    up_to(text, 60)
}

/// The same of what a library says.
pub fn cause(text: &dyn std::fmt::Display) -> String {
    up_to(&text.to_string(), 240)
}

/// The first eight of several names.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut all: Vec<String> = names.by_ref().take(8).map(shown).collect();
    if names.next().is_some() {
        all.push("..".to_owned());
    }
    all.join(", ")
}

fn up_to(text: &str, count: usize) -> String {
    let mut letters = text.chars();
    let mut shown = String::new();
    for letter in letters.by_ref().take(count) {
        shown.push(if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter });
    }
    if letters.next().is_some() {
        shown.push_str("..");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_marked_and_what_is_long_is_cut() {
        assert_eq!(shown("one\ntwo\u{1b}"), "one\u{fffd}two\u{fffd}");
        assert_eq!(shown(&"x".repeat(61)), format!("{}..", "x".repeat(60)));
        assert_eq!(list(["a"; 9]), "a, a, a, a, a, a, a, a, ..");
    }
}
