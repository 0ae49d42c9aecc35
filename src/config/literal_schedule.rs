//! The keys that make the schedule. They have to stand in the file itself: what is compiled from it serves every region,
//! whatever the environment or the parameters there say.

use super::document::Document;
use crate::diagnostics::finding::Finding;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::schema::SecretRef;
use crate::schema::path::join;
use crate::yaml::node::Node;

impl Document {
    /// Whether all keys that make the schedule stand here: `regions`, and of a group its name, `regions`, `spread` and
    /// each `every`.
    ///
    /// # Errors
    ///
    /// Those that do not.
    pub fn require_literal_schedule(&self) -> Result<(), Diagnostics> {
        let mut timetable = Timetable { document: self, diagnostics: Vec::new() };
        timetable.regions(&self.root, "");
        for (index, group) in items(&self.root, "groups").iter().enumerate() {
            timetable.group(group, &format!("groups[{index}]"));
        }
        if timetable.diagnostics.is_empty() { Ok(()) } else { Err(Diagnostics::new(timetable.diagnostics)) }
    }
}

struct Timetable<'a> {
    document: &'a Document,
    diagnostics: Vec<Diagnostic>,
}

impl Timetable<'_> {
    fn group(&mut self, group: &Node, path: &str) {
        self.key(group, "name", path, None);
        self.key(group, "spread", path, None);
        self.regions(group, path);
        // A group without a name is named after its target.
        if let Some(tags) = group.get("tags").filter(|_| group.get("name").is_none()) {
            self.key(tags, "target", &join(path, "tags"), Some("give the group a `name`"));
        }
        for (index, probe) in items(group, "probes").iter().enumerate() {
            self.key(probe, "every", &format!("{}[{index}]", join(path, "probes")), None);
        }
    }

    fn regions(&mut self, map: &Node, path: &str) {
        let path = join(path, "regions");
        for (index, region) in items(map, "regions").iter().enumerate() {
            self.value(region, &format!("{path}[{index}]"), None);
        }
    }

    fn key(&mut self, map: &Node, name: &str, path: &str, help: Option<&str>) {
        if let Some(value) = map.get(name) {
            self.value(value, &join(path, name), help);
        }
    }

    fn value(&mut self, value: &Node, path: &str, help: Option<&str>) {
        if let Some(reference) = SecretRef::of(value) {
            let message = format!("the schedule depends on this value, but it is kept elsewhere: in {reference}");
            let finding = Finding::new(message).with_help(help.unwrap_or("write the value here"));
            self.diagnostics.push(self.document.source.diagnostic(value.location(), path, finding));
        }
    }
}

fn items<'a>(map: &'a Node, name: &str) -> &'a [Node] {
    map.get(name).map_or(&[], Node::items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        let document = Document::parse("a.yaml", text.as_bytes()).expect("a document");
        let diagnostics = document.require_literal_schedule().err();
        diagnostics
            .iter()
            .flatten()
            .map(|diagnostic| format!("{}:{} {}", diagnostic.line, diagnostic.column, diagnostic.path))
            .collect()
    }

    #[test]
    fn what_makes_the_schedule_has_to_stand_in_the_file() {
        let text = "sentry: {dsn: {env: DSN}}
regions: [eu-west-1, {env: OTHER}]
groups:
  - name: {ssm: /name}
    spread: {env: SPREAD}
    regions: [{env: HERE}]
    probes:
      - {probe: probes.http, url: {ssm: /url}, burst: {env: BURST}, every: {env: EVERY}}
  - tags: {target: {env: TARGET}}
    probes: [{probe: probes.http, url: 'https://a.example'}]
  - name: three
    tags: {target: {env: TARGET}}
    probes: [{probe: probes.http, url: 'https://a.example', every: 30}]
";
        assert_eq!(
            places(text),
            [
                "2:22 regions[1]",
                "4:11 groups[0].name",
                "5:13 groups[0].spread",
                "6:15 groups[0].regions[0]",
                "8:76 groups[0].probes[0].every",
                "9:20 groups[1].tags.target",
            ]
        );
    }

    #[test]
    fn other_values_may_stand_elsewhere() {
        let text = "sentry: {dsn: {env: DSN}}
groups: [{name: a, probes: [{probe: probes.http, url: {ssm: /url}, title: {env: TITLE}, every: 1m}]}]";
        assert_eq!(places(text), [] as [String; 0]);
        assert_eq!(places("regions: {env: A}\ngroups: {a: b}"), [] as [String; 0], "check tells");
    }
}
