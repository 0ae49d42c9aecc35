//! What of a text must not be shown, told by names and by what it looks like.
//!
//! This errs on the side of hiding: it only decides what messages quote, and a misspelt `pasword` holds a password as
//! well.

use strsim::damerau_levenshtein;

use super::credential::is_credential;
use super::credential::scanner::spans;

/// Parts of names whose values are hidden.
const TELLING: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api-key",
    "apikey",
    "credential",
    "bearer",
    "private-key",
];

/// Names in which typing errors are to be expected.
const MISSPELT: &[&str] = &["password", "passphrase", "secret", "token", "authorization", "cookie", "bearer"];

/// Whether a key of this name (of a map, or a header) probably holds a secret.
pub(crate) fn is_sensitive(name: &str) -> bool {
    let name = name.to_lowercase().replace('_', "-");
    matches!(&*name, "dsn" | "auth")
        || is_credential(&name)
        || TELLING.iter().any(|part| name.contains(part))
        || MISSPELT.iter().any(|word| damerau_levenshtein(word, &name) <= if word.len() > 6 { 2 } else { 1 })
}

/// Whether a text is a URL with credentials in it, a form or JSON with some, or a private key.
pub(crate) fn holds_credentials(text: &str) -> bool {
    let userinfo = text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.contains('@')
    });
    // A key's name is no secret.
    let is_literal = |value: &str| !value.starts_with('{');
    userinfo || text.contains("PRIVATE KEY") || spans(text).into_iter().any(|span| is_literal(&text[span]))
}

/// Whether a text looks like the name of a file rather than like a key.
pub(crate) fn is_file_name(text: &str) -> bool {
    let extension = text.rsplit_once('.').map_or("", |(_, extension)| extension);
    text.len() < 256 && (1..=5).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Where in a line the value begins that a comment gives to something sensitive: `# password: hunter2`.
pub(crate) fn in_comment(line: &str) -> Option<usize> {
    let start = line.match_indices('#').map(|(at, _)| at).find(|at| line[..*at].ends_with([' ', '\t']) || *at == 0)?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    line[start..].match_indices([':', '=']).map(|(at, _)| start + at).find_map(|at| {
        let before = line[start..at].trim_end();
        let name = before.rsplit(|c| !is_name(c)).next().unwrap_or_default();
        let has_value = !line[at + 1..].trim().is_empty();
        (has_value && !name.is_empty() && is_sensitive(name)).then_some(at + 1)
    })
}

/// In a text that is not YAML: how many characters of the line may be shown, if not all of it.
///
/// A line is hidden when it, or one of the less indented lines above it, names something sensitive.
pub(crate) fn guess<'a>(number: usize, line: impl Fn(usize) -> Option<&'a str>) -> Option<usize> {
    /// How far up to look; a longer block is hidden altogether.
    const REACH: usize = 200;
    let indent = |text: &str| text.chars().take_while(|c| matches!(c, ' ' | '-')).count();
    let telling = |text: &str| {
        let words =
            || text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).filter(|word| word.len() > 2);
        holds_credentials(text) || words().any(is_sensitive)
    };
    let text = line(number)?;
    let key_end = text.chars().position(|c| c == ':').map_or(0, |index| index + 1);
    if telling(text) {
        return Some(key_end);
    }
    let mut least = indent(text);
    // A quoted text may go on at any indentation.
    let mut quotes = 0;
    for above in (1..number).rev() {
        if number - above > REACH {
            return Some(0);
        }
        let text = line(above)?;
        quotes += text.matches(['"', '\'']).count();
        let outer = !text.trim().is_empty() && indent(text) < least;
        if (outer || quotes % 2 == 1) && telling(text) {
            return Some(if quotes % 2 == 1 { 0 } else { key_end });
        }
        if outer {
            least = indent(text);
        }
        if least == 0 && quotes % 2 == 0 {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_even_misspelt() {
        for name in
            ["password", "pasword", "Authorization", "Autorization", "X-Api-Key", "api_key", "db_password", "dsn"]
        {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["url", "title", "page", "headers", "query", "target", "accept", "location"] {
            assert!(!is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn urls_with_credentials_and_private_keys_are_sensitive_wherever_they_stand() {
        assert!(holds_credentials("https://bob:pw@example.com/"));
        assert!(holds_credentials("-----BEGIN PRIVATE KEY-----"));
        assert!(!holds_credentials("https://example.com/@bob"));
    }

    #[test]
    fn comments_that_give_a_secret_away_are_known() {
        let kept = |line: &'static str| in_comment(line).map(|end| &line[..end]);
        assert_eq!(kept("#  password: hunter2"), Some("#  password:"));
        assert_eq!(kept("a: b # API_KEY = abc"), Some("a: b # API_KEY ="));
        for line in
            ["# The DSN comes from SSM", "# log in, then use the token.", "# token:", "a: b#password: c", "password: x"]
        {
            assert_eq!(kept(line), None, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_yaml_is_shown_up_to_the_key_of_a_secret() {
        let lines = ["a: 1", "auth:", "  basic:", "    username: \"bob", "password: [hunter2", "b: 2", "c: 3"];
        let shown = |number: usize| guess(number, |number| lines.get(number - 1).copied());
        assert_eq!(shown(1), None);
        assert_eq!(shown(4), Some(13));
        assert_eq!(shown(5), Some(9));
    }
}
