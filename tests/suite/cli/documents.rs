//! README.md and docs/: what they link to is there, what they show is valid, what they call exists.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::cli::Workspace;
use crate::support::template::repository;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A document, read once.
#[derive(Default)]
struct Document {
    path: PathBuf,
    /// Its own anchors, and those of its headings, as GitHub makes them.
    anchors: BTreeSet<String>,
    /// Where links and images lead.
    links: Vec<String>,
    /// Blocks of code, with the language that they are in.
    blocks: Vec<(String, String)>,
    /// Pieces of code within sentences.
    words: Vec<String>,
}

impl Document {
    fn read(path: PathBuf) -> Self {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut document = Self { path, ..Self::default() };
        let (mut heading, mut block) = (None, None);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => document.anchors.extend(heading.take().map(|text| anchor(&text))),
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    block = Some((language.to_string(), String::new()));
                }
                Event::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(dest_url.to_string());
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    document.links.extend(values(&html, &["src", "srcset"]));
                    document.anchors.extend(values(&html, &["id"]));
                }
                Event::Text(text) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&text));
                    block.iter_mut().for_each(|(_, block)| block.push_str(&text));
                }
                Event::Code(code) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&code));
                    document.words.push(code.to_string());
                }
                _ => {}
            }
        }
        document
    }

    /// README.md and everything in docs/.
    fn all() -> Vec<Self> {
        let docs = std::fs::read_dir(repository().join("docs")).expect("docs/");
        let docs = docs.map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
        paths.push(repository().join("README.md"));
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    /// Lines of shell, without comments.
    fn commands(&self) -> impl Iterator<Item = &str> {
        let shell = self.blocks.iter().filter(|(language, _)| language == "sh");
        shell.flat_map(|(_, block)| block.lines()).map(|line| line.split(" #").next().unwrap_or(line).trim())
    }
}

/// Lower case, without punctuation, spaces as hyphens.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Values of these attributes.
fn values(html: &str, attributes: &[&str]) -> Vec<String> {
    let begins = attributes.iter().map(|name| format!(" {name}=\""));
    let rests = begins.flat_map(|begin| html.split(&begin).skip(1).map(str::to_owned).collect::<Vec<_>>());
    rests.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn every_link_and_image_leads_somewhere() {
    let documents = Document::all();
    let mut broken = Vec::new();
    for document in &documents {
        let local = document.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
        for link in local {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.path.clone(),
                _ => document.path.parent().unwrap_or(Path::new(".")).join(file),
            };
            let Ok(target) = target.canonicalize() else {
                broken.push(format!("{}: {link}", document.path.display()));
                continue;
            };
            let other = documents.iter().find(|other| other.path.canonicalize().is_ok_and(|path| path == target));
            if !heading.is_empty() && other.is_some_and(|other| !other.anchors.contains(heading)) {
                broken.push(format!("{}: {link}", document.path.display()));
            }
        }
    }
    assert!(documents.len() > 5 && broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_configuration_in_the_readme_is_valid() {
    let readme = Document::read(repository().join("README.md"));
    let blocks: Vec<&String> =
        readme.blocks.iter().filter(|(language, _)| language == "yaml").map(|(_, block)| block).collect();
    assert!(blocks.len() > 1);
    for block in blocks {
        // A probe is shown without its group.
        let text = match block.starts_with("- probe:") {
            true => format!("groups:\n- tags: {{target: shop}}\n  probes:\n{}", indented(block)),
            false => block.clone(),
        };
        let ran = Workspace::with(&text).run(&["check"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{text}");
    }
}

fn indented(block: &str) -> String {
    block.lines().map(|line| format!("  {line}\n")).collect()
}

#[test]
fn every_command_and_option_that_is_named_exists() {
    let workspace = Workspace::empty();
    let make = std::process::Command::new("make").arg("help").current_dir(repository()).output().expect("make runs");
    let make = String::from_utf8(make.stdout).expect("text");
    let mut known = 0;
    for document in Document::all() {
        let lines = document.commands().chain(document.words.iter().map(String::as_str));
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            let place = |program: &str| words.iter().position(|word| *word == program).map(|place| place + 1);
            if let Some(place) = place("sentrynet")
                && let Some(command) = words.get(place)
                && command.chars().all(|c| c.is_ascii_lowercase())
            {
                let ran = workspace.run(&[command, "--help"]);
                assert_eq!(ran.code, 0, "{line:?} in {}", document.path.display());
                let own = words[place..].iter().take_while(|word| !matches!(**word, "|" | "<" | ">" | "&&"));
                let options = own.filter(|word| word.starts_with("--"));
                for option in options.map(|option| option.split('=').next().unwrap_or(option)) {
                    assert!(ran.out.contains(option), "{line:?} in {}: {option}", document.path.display());
                }
                known += 1;
            }
            if words.first() == Some(&"make")
                && let Some(target) = words.get(1).filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
            {
                assert!(make.contains(&format!("make {target} ")), "{line:?} in {}", document.path.display());
                known += 1;
            }
        }
    }
    assert!(known > 20, "{known}");
}
