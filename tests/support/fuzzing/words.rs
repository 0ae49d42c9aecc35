//! What has to hold of every text that a person gets to see.

/// A sentence is one line without control characters, and no longer than this many characters.
pub fn sentence(text: &str, longest: usize) {
    assert!(!text.is_empty(), "an empty sentence");
    assert!(!text.contains(char::is_control), "control characters: {text:?}");
    let length = text.chars().count();
    assert!(length <= longest, "{length} characters, more than {longest}: {text:?}");
}

/// `text` does not hold `secret`.
pub fn hides(text: &str, secret: &str) {
    assert!(!text.contains(secret), "{secret:?} is in {text:?}");
}
