//! Where the page of `--html` goes.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use crate::support::cli::Workspace;
use crate::support::target::{Target, answer};

/// A target, and a workspace with a probe of it.
async fn workspace() -> (Target, Workspace) {
    let target = Target::http(|_| answer("200 OK", &[], "")).await;
    let workspace = Workspace::with(&format!(
        "groups: [{{tags: {{target: here}}, probes: [{{probe: probes.http, url: '{}'}}]}}]",
        target.url("/")
    ));
    (target, workspace)
}

fn is_page(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.starts_with("<!doctype html>") && text.ends_with("</html>\n"))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_written_is_told_before_anything_is_run() {
    let (target, workspace) = workspace().await;
    workspace.write("file", "not a directory");
    std::fs::create_dir(workspace.path().join("directory")).expect("a directory");
    for (path, why) in [
        ("nowhere/page.html", "its directory does not exist"),
        ("directory", "it is a directory"),
        ("file/page.html", "a part of its path is not a directory"),
        ("/dev/null", "it is not a file"),
        ("..", "it is a directory"),
    ] {
        for command in [&["run", "--html", path][..], &["demo", "--html", path]] {
            let ran = workspace.run(command);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{path}");
            assert_eq!(ran.err, format!("the HTML report {path} cannot be written: {why}\n"));
        }
    }
    assert_eq!(target.connections(), 0);
    assert!(std::fs::metadata("/dev/null").expect("a device").file_type().is_char_device());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_takes_the_place_of_the_old_one_and_leaves_nothing_else() {
    let (_target, workspace) = workspace().await;
    let old = workspace.write("pages/old.html", "what was there before");
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    symlink("old.html", workspace.path().join("pages/link.html")).expect("a link");
    for name in ["link.html", "new.html"] {
        let ran = workspace.run(&["run", "--html", &format!("pages/{name}")]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        assert!(is_page(&workspace.path().join("pages").join(name)), "{name}");
    }
    // The link is one still, and who may read the file is the owner's to say.
    assert!(is_page(&old) && workspace.path().join("pages/link.html").is_symlink());
    assert_eq!(mode(&old), 0o640);
    let usual = workspace.write("usual", "");
    assert_eq!(mode(&workspace.path().join("pages/new.html")), mode(&usual));
    let mut names: Vec<_> = std::fs::read_dir(workspace.path().join("pages"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["link.html", "new.html", "old.html"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_cannot_be_written_in_the_end_hides_no_result() {
    let workspace = Workspace::empty();
    let directory = workspace.path().join("pages");
    std::fs::create_dir(&directory).expect("a directory");
    let gone = directory.clone();
    let target = Target::http(move |_| {
        // While the probe runs.
        let _ = std::fs::remove_dir(&gone);
        answer("200 OK", &[], "")
    });
    let url = target.await;
    workspace.write(
        "config/sentrynet.yaml",
        format!(
            "groups: [{{tags: {{target: here}}, probes: [{{probe: probes.http, title: Home, url: '{}'}}]}}]",
            url.url("/")
        ),
    );
    let ran = workspace.run(&["run", "--json", "--html", "pages/page.html"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.json()[0]["results"][0]["title"], "Home");
    assert!(
        ran.err.ends_with("the HTML report pages/page.html cannot be written: its directory does not exist\n"),
        "{ran:?}"
    );
    assert!(!directory.exists());
}

#[test]
fn the_demo_begins_with_its_page() {
    let workspace = Workspace::empty();
    let workspace = workspace.variable("DISPLAY", ":0").variable("TMPDIR", ".");
    for arguments in [&["demo"][..], &["demo", "--no-open", "--html", "demo page.html"]] {
        let ran = workspace.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        let line = ran.out.lines().next().expect("a line");
        let address = line.split_whitespace().last().expect("an address");
        let path = url::Url::parse(address).expect("a URL").to_file_path().expect("a path");
        assert!(is_page(&path), "{line}");
        let text = std::fs::read_to_string(&path).expect("a page");
        // Ten passes of eight runs, of which the last is what the terminal shows.
        assert_eq!(text.matches("\"tick\":").count(), 80);
        for kind in ["connect_refused", "tls_expired", "http_status"] {
            assert!(text.contains(&format!("\"cause\":\"{kind}\"")), "{kind}");
        }
        assert!(ran.out.contains("6 ok, 2 failed in "), "{}", ran.out);
    }
}
