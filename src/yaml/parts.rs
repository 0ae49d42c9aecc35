//! The parts of a YAML text, each with its position.
//!
//! This is the first of two parsers. `serde_yaml` reads values the way PyYAML does, but keeps no positions, which every
//! diagnostic and the masking of secrets need; `saphyr` has them. On the way this one refuses what must not reach the other:
//! structures nested too deeply, and aliases that would grow into gigabytes.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Markers, Tag};

use super::syntax_error::{self, position};
use crate::diagnostics::finding::Finding;
use crate::diagnostics::source::{Source, Span};
use crate::diagnostics::{Code, Diagnostic};

/// How deep lists and maps may be nested.
const MAX_DEPTH: usize = 64;
/// How many values aliases may add to those that are written.
const MAX_ALIASED: u64 = 100_000;
/// How many bytes of text aliases may add.
const MAX_ALIASED_BYTES: u64 = 4 << 20;

/// A text with so many repeated keys or foreign tags is not read to its end.
const ENOUGH: usize = 1000;

/// A part of a YAML text. What several aliases share is there once.
#[derive(Debug)]
pub(crate) struct Part {
    pub span: Span,
    pub kind: PartKind,
    /// Values in it, itself included, with all aliases expanded.
    size: u64,
    /// Bytes of text in it, with all aliases expanded.
    bytes: u64,
}

/// What a part is.
#[derive(Debug)]
pub(crate) enum PartKind {
    /// A scalar as it is written (without quotes), and whether it is plain (unquoted).
    Scalar { written: String, plain: bool },
    /// The elements of a list.
    List(Vec<Rc<Part>>),
    /// Keys and values of a map, as written: merge keys are not followed.
    Map(Vec<(Rc<Part>, Rc<Part>)>),
    /// Another part, used again: the extent is the alias's own.
    Alias(Rc<Part>),
}

impl Part {
    /// The part itself, behind any alias.
    pub fn target(&self) -> &Self {
        match &self.kind {
            PartKind::Alias(target) => target.target(),
            _ => self,
        }
    }

    /// Whether nothing is written here.
    pub fn is_nothing(&self) -> bool {
        matches!(&self.target().kind, PartKind::Scalar { written, plain: true } if written.is_empty() || written == "~")
    }

    /// Whether this is the plain scalar `<<`.
    pub fn is_merge_key(&self) -> bool {
        matches!(&self.target().kind, PartKind::Scalar { written, plain: true } if written == "<<")
    }
}

/// An open list or map.
struct Open {
    start: Marker,
    anchor: usize,
    is_map: bool,
    parts: Vec<Rc<Part>>,
}

/// The parts of the text's only document; `None` when it has none.
pub(crate) fn locate(source: &Source, text: &str) -> Result<Option<Rc<Part>>, Vec<Diagnostic>> {
    let mut locator = Locator {
        source,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        aliased: 0,
        aliased_bytes: 0,
        diagnostics: Vec::new(),
    };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, markers) = event.map_err(|error| vec![syntax_error::explain(source, &error)])?;
        if matches!(event, Event::DocumentStart(_)) {
            documents += 1;
            if documents > 1 {
                let message = "a second YAML document begins here, but a file holds one configuration";
                let finding = Finding::new(message).with_help("remove the line `---`, or split the file in two");
                return Err(vec![source.syntax_problem(span_between(markers.start, markers.end), finding)]);
            }
        }
        locator.take(event, markers).map_err(|diagnostic| vec![*diagnostic])?;
        if locator.diagnostics.len() >= ENOUGH {
            break;
        }
    }
    if locator.diagnostics.is_empty() { Ok(locator.root) } else { Err(locator.diagnostics) }
}

struct Locator<'a> {
    source: &'a Source,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Part>>,
    root: Option<Rc<Part>>,
    aliased: u64,
    aliased_bytes: u64,
    diagnostics: Vec<Diagnostic>,
}

impl Locator<'_> {
    /// Takes the next event. An `Err` ends the parsing; what does not have to is kept in `diagnostics`.
    fn take(&mut self, event: Event<'_>, markers: Markers) -> Result<(), Box<Diagnostic>> {
        match event {
            Event::Scalar(written, style, anchor, tag) => {
                self.validate_tag(tag.as_deref(), markers);
                let bytes = written.len() as u64;
                let kind = PartKind::Scalar { written: written.into_owned(), plain: style == ScalarStyle::Plain };
                self.add(Part { span: span_between(markers.start, markers.end), kind, size: 1, bytes }, anchor);
            }
            Event::SequenceStart(anchor, tag) => self.begin(markers, anchor, false, tag.as_deref())?,
            Event::MappingStart(anchor, tag) => self.begin(markers, anchor, true, tag.as_deref())?,
            Event::SequenceEnd | Event::MappingEnd => self.end(markers)?,
            Event::Alias(anchor) => {
                let Some(target) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.refusal(markers, "this alias refers to a value that contains it"));
                };
                self.aliased = self.aliased.saturating_add(target.size);
                self.aliased_bytes = self.aliased_bytes.saturating_add(target.bytes);
                let (size, bytes) = (target.size, target.bytes);
                if self.aliased > MAX_ALIASED || self.aliased_bytes > MAX_ALIASED_BYTES {
                    let message = format!(
                        "the aliases up to here expand to too much: {} values, and {MAX_ALIASED} are allowed ({} MiB \
                                of text)",
                        self.aliased,
                        MAX_ALIASED_BYTES >> 20
                    );
                    return Err(self.refusal(markers, message));
                }
                let kind = PartKind::Alias(target);
                self.add(Part { span: span_between(markers.start, markers.end), kind, size, bytes }, 0);
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn refusal(&self, markers: Markers, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(self.source.syntax_problem(span_between(markers.start, markers.end), Finding::new(message)))
    }

    fn begin(
        &mut self,
        markers: Markers,
        anchor: usize,
        is_map: bool,
        tag: Option<&Tag>,
    ) -> Result<(), Box<Diagnostic>> {
        self.validate_tag(tag, markers);
        if self.open.len() >= MAX_DEPTH {
            let message = format!("lists and maps are nested too deeply: more than {MAX_DEPTH} levels");
            return Err(self.refusal(markers, message));
        }
        self.open.push(Open { start: markers.start, anchor, is_map, parts: Vec::new() });
        Ok(())
    }

    fn end(&mut self, markers: Markers) -> Result<(), Box<Diagnostic>> {
        let Some(open) = self.open.pop() else {
            return Err(self.refusal(markers, "this ends what never began"));
        };
        let span = span_between(open.start, markers.end);
        let size = open.parts.iter().fold(1u64, |sum, part| sum.saturating_add(part.size));
        let bytes = open.parts.iter().fold(0u64, |sum, part| sum.saturating_add(part.bytes));
        let kind = if open.is_map {
            let mut parts = open.parts.into_iter();
            let mut pairs = Vec::new();
            while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                pairs.push((key, value));
            }
            self.validate_keys(&pairs);
            PartKind::Map(pairs)
        } else {
            PartKind::List(open.parts)
        };
        self.add(Part { span, kind, size, bytes }, open.anchor);
        Ok(())
    }

    fn add(&mut self, part: Part, anchor: usize) {
        let part = Rc::new(part);
        if anchor > 0 {
            self.anchors.insert(anchor, part.clone());
        }
        match self.open.last_mut() {
            Some(open) => open.parts.push(part),
            None => self.root = Some(part),
        }
    }

    /// Keys have to be scalars, and different.
    fn validate_keys(&mut self, pairs: &[(Rc<Part>, Rc<Part>)]) {
        let mut first: HashMap<&str, Span> = HashMap::new();
        for (key, _) in pairs {
            let here = key.span;
            let PartKind::Scalar { written, .. } = &key.target().kind else {
                // `{{ name }}`, as in templates.
                let finding = Finding::new("a list or a map cannot be a key")
                    .with_help("a string that begins with `{` or `[` has to be quoted");
                self.diagnostics.push(self.source.syntax_problem(here, finding));
                continue;
            };
            if key.is_merge_key() {
                continue;
            }
            if let Some(first) = first.get(written.as_str()) {
                let message = format!("the key `{written}` is repeated: first in line {}", first.start.line);
                let related = self.source.syntax_related(*first, "first used here");
                let finding = Finding::new(message).with_related(related);
                let diagnostic = self.source.syntax_problem(here, finding);
                self.diagnostics.push(Diagnostic { code: Code::Duplicate, ..diagnostic });
            } else {
                first.insert(written, here);
            }
        }
    }

    /// Only the tags of YAML's own types are known.
    fn validate_tag(&mut self, tag: Option<&Tag>, markers: Markers) {
        const KNOWN: &[&str] = &["str", "int", "float", "bool", "null", "seq", "map"];
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && KNOWN.contains(&tag.suffix.as_str()))
        {
            let finding = Finding::new("custom YAML tags are not supported");
            self.diagnostics.push(self.source.syntax_problem(span_between(markers.start, markers.end), finding));
        }
    }
}

fn span_between(start: Marker, end: Marker) -> Span {
    Span { start: position(start), end: position(end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::Position;

    fn refusal(text: &str) -> String {
        let diagnostics = locate(&Source::new("a.yaml", text), text).expect_err("a problem");
        diagnostics
            .iter()
            .map(|diagnostic| format!("{}:{} {}\n", diagnostic.line, diagnostic.column, diagnostic.message))
            .collect()
    }

    fn part(text: &str) -> Rc<Part> {
        locate(&Source::new("a.yaml", text), text).expect("no problem").expect("a document")
    }

    #[test]
    fn every_part_knows_its_extent() {
        let root = part("a: 1\nb:\n  - \"two\"\n  - {c: &x three, d: *x}\n");
        let PartKind::Map(pairs) = &root.kind else { panic!("a map") };
        assert_eq!(
            pairs[0].1.span,
            Span { start: Position { line: 1, column: 4 }, end: Position { line: 1, column: 5 } }
        );
        let PartKind::List(items) = &pairs[1].1.kind else { panic!("a list") };
        assert_eq!(
            items[0].span,
            Span { start: Position { line: 3, column: 5 }, end: Position { line: 3, column: 10 } }
        );
        let PartKind::Map(pairs) = &items[1].kind else { panic!("a map") };
        assert_eq!(pairs[1].1.span.start, Position { line: 4, column: 22 });
        assert_eq!(pairs[1].1.target().span.start, Position { line: 4, column: 9 });
    }

    #[test]
    fn yaml_that_pyyaml_takes_is_taken() {
        for text in [
            "a: [\n  1,\n  2\n]\n",
            "a:\n- 1\n- 2\n",
            "a: {\n  b: 1\n}\nc: 2\n",
            "---\na: 1\n...\n",
            "a: &x\n  b: 1\nc:\n  <<: *x\n",
            "a: 'it''s'\n",
            "a: |\n  x\n   y\nb: >-\n  z\n",
            "%YAML 1.1\n---\na: 1\n",
            "a: b # c\n\n\n# d\n",
            "a: \"x\n  y\"\n",
            "? a\n: b\n",
            "a:\n  - b: 1\n    c: 2\n  -\n    b: 1\n",
        ] {
            part(text);
        }
    }

    #[test]
    fn duplicate_keys_foreign_tags_and_second_documents_are_refused() {
        assert_eq!(
            refusal("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n"),
            "4:3 the key `c` is repeated: first in line 3\n5:1 the key `a` is repeated: first in line 1\n"
        );
        assert!(refusal("a: !!python/object:os.system x\n").contains("1:4 custom YAML tags are not supported"));
        assert!(refusal("a: 1\n---\nb: 2\n").starts_with("2:1 a second YAML document"));
        assert!(refusal("? [a]\n: 1\n").contains("a list or a map cannot be a key"));
        assert!(refusal("a: &a [*a]\n").contains("this alias refers to a value that contains it"));
        assert!(refusal("a: *b\n").contains("1:4 `*` begins an alias, but no anchor above has this name"));
        assert!(refusal("a: [1\n").contains("1:4 this `[` has no `]`"));
    }

    #[test]
    fn deep_nesting_and_growing_aliases_end_at_once() {
        assert!(refusal(&"[".repeat(100_000)).contains("nested too deeply"));
        assert!(refusal(&"{a: ".repeat(100_000)).contains("nested too deeply"));
        assert!(refusal(&"- ".repeat(100_000)).contains("nested too deeply"));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..40 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(refusal(&bomb).contains("expand to too much"));
        let wide = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(400_000), vec!["*a"; 10_000].join(", "));
        assert!(refusal(&wide).contains("expand to too much"));
    }
}
