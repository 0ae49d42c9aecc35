//! Values → YAML, for whoever reads the parameter: blocks, no anchors, no quotes where none are needed.

use serde_json::Value;

use super::node::{Entry, Kind, Node};

/// YAML that reads as this map does. Numbers and the like stand as they were written.
///
/// There is no `{{` in it: Parameter Store takes that for the name of another parameter and refuses the value.
pub(crate) fn write(node: &Node) -> String {
    let mut yaml = String::new();
    match &node.kind {
        Kind::Map(entries) if !entries.is_empty() => map(entries, 0, false, &mut yaml),
        _ => {
            yaml.push_str(&scalar(node, 0));
            yaml.push('\n');
        }
    }
    yaml
}

/// The entries of a map, indented. The first may follow what stands in its line already.
fn map(entries: &[Entry], indent: usize, mut follows: bool, yaml: &mut String) {
    for Entry { name, value, .. } in entries {
        if !std::mem::take(&mut follows) {
            yaml.push_str(&" ".repeat(indent));
        }
        yaml.push_str(&one_line(name));
        yaml.push(':');
        match &value.kind {
            Kind::Map(entries) if !entries.is_empty() => {
                yaml.push('\n');
                map(entries, indent + 2, false, yaml);
            }
            Kind::List(items) if !items.is_empty() => {
                yaml.push('\n');
                list(items, indent, false, yaml);
            }
            _ => {
                let scalar = scalar(value, indent + 2);
                if !scalar.is_empty() {
                    yaml.push(' ');
                }
                yaml.push_str(&scalar);
                yaml.push('\n');
            }
        }
    }
}

/// The elements of a list, in the same way.
fn list(items: &[Node], indent: usize, mut follows: bool, yaml: &mut String) {
    for item in items {
        if !std::mem::take(&mut follows) {
            yaml.push_str(&" ".repeat(indent));
        }
        yaml.push_str("- ");
        match &item.kind {
            Kind::Map(entries) if !entries.is_empty() => map(entries, indent + 2, true, yaml),
            Kind::List(items) if !items.is_empty() => list(items, indent + 2, true, yaml),
            _ => {
                yaml.push_str(&scalar(item, indent + 2));
                yaml.push('\n');
            }
        }
    }
}

/// A value without parts; further lines of it are indented.
fn scalar(node: &Node, indent: usize) -> String {
    match &node.kind {
        Kind::Map(_) => "{}".to_owned(),
        Kind::List(_) => "[]".to_owned(),
        Kind::Scalar { value: Value::String(text), .. } => block(text, indent).unwrap_or_else(|| one_line(text)),
        Kind::Scalar { value, written } => {
            let written = written.as_deref().unwrap_or_default();
            if resolved(written).as_ref() == Some(value) {
                return written.to_owned();
            }
            // It has a tag, which is not kept: `!!float 3`.
            let tag = match value {
                Value::Null => "null",
                Value::Bool(_) => "bool",
                Value::Number(number) if number.is_f64() => "float",
                _ => "int",
            };
            format!("!!{tag} {written}")
        }
    }
}

/// What an unquoted text means.
fn resolved(plain: &str) -> Option<Value> {
    serde_yaml::from_str(plain).ok()
}

/// A text of several lines as it is, if YAML can hold it so.
fn block(text: &str, indent: usize) -> Option<String> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    let ends = lines.iter().rev().take_while(|line| line.is_empty()).count();
    let is_plain = |line: &&str| line.is_empty() || !(line.trim().is_empty() || needs_escape(line));
    let begins = lines.first().is_some_and(|first| !first.is_empty() && !first.starts_with([' ', '\t']));
    if lines.len() < 2 || !begins || !lines.iter().all(is_plain) {
        return None;
    }
    if ends > 0 {
        lines.pop();
    }
    let mut block = match ends {
        0 => "|-".to_owned(),
        1 => "|".to_owned(),
        _ => "|+".to_owned(),
    };
    for line in lines {
        block.push('\n');
        if !line.is_empty() {
            block.push_str(&" ".repeat(indent));
            block.push_str(line);
        }
    }
    Some(block)
}

/// A text in one line: bare, in single quotes, or with escapes.
pub(crate) fn one_line(text: &str) -> String {
    if needs_escape(text) {
        escaped(text)
    } else if is_bare(text) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

/// Whether a text can only be written with escapes: control characters, what some take for the end of a line, and `{{`.
fn needs_escape(text: &str) -> bool {
    text.contains("{{") || text.contains(is_awkward)
}

fn is_awkward(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a text means itself without quotes, also as a key.
fn is_bare(text: &str) -> bool {
    let begins =
        text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '$' | '.' | '_' | '(' | '^' | '+'));
    let ends = !text.ends_with(|c: char| c.is_whitespace() || c == ':');
    let marks = text.contains(": ") || text.contains(" #") || text.starts_with("...");
    begins && ends && !marks && matches!(resolved(text), Some(Value::String(same)) if same == text)
}

/// A text in double quotes.
fn escaped(text: &str) -> String {
    let mut quoted = String::from('"');
    let mut before = None;
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '{' if before == Some('{') => quoted.push_str("\\x7b"),
            c if is_awkward(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
        before = Some(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use crate::config::Document;

    /// What is written for this YAML; it has to read the same.
    fn written(yaml: &str) -> String {
        let document =
            Document::parse("a", yaml.as_bytes()).unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{yaml}"));
        let written = super::write(&document.root);
        let again =
            Document::parse("b", written.as_bytes()).unwrap_or_else(|diagnostics| panic!("{diagnostics}\n{written}"));
        assert!(again.root.says_the_same(&document.root), "{yaml}\n{written}");
        written
    }

    #[test]
    fn blocks_have_no_more_quotes_than_they_need() {
        let yaml = "a: {b: [1, {c: two words}, [x, []]], d: {}}\ne: 'it''s'\nf: '5'\n'5': 'true'\ng: \"\"\nh: '- x'\n";
        let expected = "a:\n  b:\n  - 1\n  - c: two words\n  - - x\n    - []\n  d: {}\ne: it's\nf: '5'\n'5': 'true'\ng: ''\n\
                        h: '- x'\n";
        assert_eq!(written(yaml), expected);
    }

    #[test]
    fn numbers_and_the_like_stand_as_they_were_written() {
        let yaml = "a: 1.10\nb: 0x1F\nc: true\nd: ~\ne: 1e3\nf: yes\ng: .5\n";
        assert_eq!(written(yaml), yaml);
        assert_eq!(written("a: !!float 3\nb: !!str 3\nc: !!int '3'\n"), "a: !!float 3\nb: '3'\nc: 3\n");
        assert_eq!(written("a:\nb: null\n"), "a:\nb: null\n");
    }

    #[test]
    fn texts_of_several_lines_stay_readable_where_they_can() {
        let yaml = "a: |\n  one\n\n    two\nb: |-\n  no end\n  of line\nc: |+\n  more\n\nd: [\"x\\ny\"]\n";
        assert_eq!(written(yaml), yaml.replace("d: [\"x\\ny\"]", "d:\n- |-\n  x\n  y"));
        for awkward in
            ["\\n", " x\\ny", "x\\r\\ny", "x\\n \\ny", "\\nx", "x\\n\\ty", "a\\u0085b", "\\u2028", "\\0", "\\ufeff"]
        {
            written(&format!("a: \"{awkward}\"\n\"k {awkward}\": b\n"));
        }
    }

    #[test]
    fn whatever_a_text_looks_like_it_stays_a_text() {
        let mut texts: Vec<String> = "~ null true no y 1 1.5 0x1F 1e3 .inf .nan 2026-11-20 12:30 <<  = ! & * | > % @ ` ? - -- --- ... a: : a:b #a a#b \
                          {a} [a] {env:X} $.a[?@.b] /a/b ^a+$ (a) 100% a,b 'a' \"a\" \\ ä 🦀 012 0o7 +1 1_000"
            .split(' ')
            .map(str::to_owned)
            .collect();
        texts.extend(["a # b", "a: b", " a", "a ", "- a", "? a", "a\tb", "", " ", "'", "it's"].map(str::to_owned));
        for text in texts {
            let json = serde_json::Value::from(text.as_str());
            written(&format!("a: {json}\nb: [{json}]\n? {json}\n: c\n"));
        }
    }

    #[test]
    fn two_braces_never_stand_together() {
        for text in ["{{user}}", "a{{{b", "x\\n{{y}}\\n"] {
            let yaml = written(&format!("a: \"{text}\"\n\"{text}\": [\"{text}\"]\n"));
            assert!(!yaml.contains("{{"), "{yaml}");
        }
    }
}
