//! The list of failure kinds that people read.

use sentrynet::outcome::FailureKind;

#[test]
fn every_kind_of_failure_is_explained_once() {
    let page = std::fs::read_to_string("docs/failures.md").expect("the page");
    for kind in FailureKind::ALL {
        let quoted = format!("`{kind}`");
        let rows = page.lines().filter(|line| line.starts_with(&format!("| {quoted} |"))).count();
        match kind.as_str().starts_with("ssh_") {
            true => assert_eq!((rows, page.matches(&quoted).count()), (0, 1), "{kind}"),
            false => assert_eq!(rows, 1, "{kind}"),
        }
    }
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    for row in rows {
        let name = row.split('`').nth(1).expect("a name");
        assert!(FailureKind::ALL.iter().any(|kind| kind.as_str() == name), "{name} is no kind");
    }
}
