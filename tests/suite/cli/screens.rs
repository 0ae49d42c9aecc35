//! What a person sees who runs the program on a terminal.

use std::time::Duration;

use crate::support::cli::Workspace;
use crate::support::process::send;
use crate::support::receiver::{Behaviour, Receiver};
use crate::support::screen::Screen;
use crate::support::target::{Target, answer};
use rustix::process::Signal;
use sentrynet::cli::palette::{BAD, Colour};
use sentrynet::outcome::phase::Op;

/// A target that answers `/STATUS/MILLISECONDS` so, after that time.
async fn target() -> Target {
    Target::http(|request| {
        let mut parts = request.line().split([' ', '/']).filter(|part| !part.is_empty()).skip(1);
        let status = parts.next().unwrap_or("200").to_owned();
        let pause = parts.next().and_then(|pause| pause.parse().ok()).unwrap_or(0);
        std::thread::sleep(Duration::from_millis(pause));
        answer(&status, &[], "{}")
    })
    .await
}

/// Three runs: a burst of two, and one that is slow.
fn three_runs(target: &Target, status: u16) -> String {
    format!(
        "groups:
- name: site
  tags: {{target: site}}
  probes:
  - {{probe: probes.http, title: Home, url: '{}', burst: 2}}
  - {{probe: probes.http, title: News, url: '{}'}}
",
        target.url("/200/0"),
        target.url(&format!("/{status}/900")),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_gets_colours_and_blocks_and_sees_how_many_runs_are_done() {
    let target = target().await;
    let workspace = Workspace::with(&three_runs(&target, 503)).variable("LANG", "C.UTF-8");
    let mut screen = Screen::start(&workspace, &["run"], (24, 80));
    screen.wait_for(|text| text.contains("running site: 2 of 3 runs done, 0.")).await;
    let code = screen.ended().await.code();
    let text = screen.text();
    assert_eq!(code, Some(1), "{text}");
    // The line has gone.
    assert!(!text.contains("running"), "{text}");
    let rows: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    let [first, second, third, why] = rows[..] else { panic!("{text}") };
    assert!(first.starts_with("ok     Home #1  ") && second.starts_with("ok     Home #2  "), "{text}");
    // The last eighths of a cell are those of whatever else took some time.
    let bar = third.trim_end().trim_end_matches(['▏', '▎', '▍', '▌', '▋', '▊', '▉']);
    assert!(third.starts_with("failed News ") && bar.contains("████"), "{text}");
    assert_eq!(why.trim(), "http_status: status 503 (Service Unavailable), expected 200");
    assert!(text.contains("\nPhases: █ ") && text.contains("█ wait") && !text.contains("w wait"), "{text}");
    screen.look(|screen| {
        let colour = |row, column| screen.cell(row, column).expect("a cell").fgcolor();
        let number = |colour: Colour| vt100::Color::Idx(colour.number());
        assert_eq!(
            [0, 1, 2].map(|row| colour(row, 0)),
            ["ok", "ok", "failed"].map(|word| number(Colour::of_status(word)))
        );
        let bar: Vec<u16> =
            (0..80).filter(|column| screen.cell(2, *column).expect("a cell").contents() == "█").collect();
        // On a busy machine its ends may be of the phases before and after.
        assert_eq!(colour(2, bar[bar.len() / 2]), number(Colour::of(Op::HttpWait)));
        assert_eq!(colour(3, 10), number(BAD));
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_colours_letters_stand_for_phases() {
    let target = target().await;
    for (name, value, has_progress) in [("NO_COLOR", "1", true), ("TERM", "dumb", false)] {
        let workspace = Workspace::with(&three_runs(&target, 200)).variable("LANG", "C.UTF-8").variable(name, value);
        let mut screen = Screen::start(&workspace, &["run"], (24, 50));
        assert!(screen.ended().await.success(), "{}", screen.text());
        let (text, written) = (screen.text(), screen.written());
        assert!(text.contains("ww") && text.contains("\nPhases: ") && text.contains("w wait"), "{text}");
        assert!(text.is_ascii() && !written.contains("\x1b[3") && !written.contains("\x1b[1m"), "{written:?}");
        assert_eq!(written.contains("of 3 runs done"), has_progress, "{written:?}");
        assert_eq!(written.contains('\x1b'), has_progress, "{written:?}");
        assert!(text.lines().all(|line| line.trim_end().len() <= 50), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quiet_shows_only_what_is_not_well() {
    let target = target().await;
    let (fine, failing) = (Workspace::with(&three_runs(&target, 200)), Workspace::with(&three_runs(&target, 503)));
    let mut screen = Screen::start(&fine, &["run", "--quiet"], (24, 80));
    assert!(screen.ended().await.success());
    assert_eq!(screen.written(), "");
    let mut screen = Screen::start(&failing, &["run", "-q"], (24, 80));
    assert_eq!(screen.ended().await.code(), Some(1));
    let text = screen.text();
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    let [row, why] = lines[..] else { panic!("{text}") };
    assert!(
        row.starts_with("failed News ") && row.ends_with(" ms") && why.starts_with("       http_status: "),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_delivered_is_kept_in_a_file_and_resent_with_the_command_that_is_shown() {
    let target = target().await;
    let receiver = Receiver::start_with(|turn| Behaviour::status(if turn.number < 4 { 403 } else { 200 })).await;
    let workspace = Workspace::with(&three_runs(&target, 503)).variable("SENTRY_DSN", &receiver.dsn().to_string());
    let mut screen = Screen::start(&workspace, &["run"], (30, 100));
    assert_eq!(screen.ended().await.code(), Some(3));
    let text = screen.text();
    assert!(!text.contains("event_id"), "{text}");
    let files: Vec<String> = std::fs::read_dir(workspace.path())
        .expect("a directory")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name != "config")
        .collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert!(file.starts_with("sentrynet-undelivered-") && file.ends_with("Z.jsonl"), "{file}");
    let said = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "0 of 4 envelopes delivered",
        "answered 403 Forbidden",
        &format!("4 envelopes kept in {file}"),
        &format!("sentrynet resend < {file}"),
    ] {
        assert!(said.contains(part), "{part} in {text}");
    }
    let log = std::fs::read(workspace.path().join(file)).expect("a file");
    let command = move || workspace.command(&["resend"]).write_stdin(log).output().expect("the program runs");
    let output = tokio::task::spawn_blocking(command).await.expect("a result");
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("4 envelopes found, 4 delivered, 0 lost"),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_sentry_is_told_so() {
    let target = target().await;
    let receiver = Receiver::start(Behaviour::status(500)).await;
    let workspace = Workspace::with(&three_runs(&target, 200)).variable("SENTRY_DSN", &receiver.dsn().to_string());
    let screen = Screen::start(&workspace, &["run"], (24, 80));
    screen.wait_for(|text| text.contains("delivering 3 envelopes of site to Sentry")).await;
}

/// A group that is due every ten seconds: a burst of four, and one that fails.
fn watched(target: &Target) -> String {
    format!(
        "groups:
- name: site
  spread: together
  tags: {{target: site}}
  probes:
  - {{probe: probes.http, title: Home, url: '{}', burst: 4, every: 10s}}
  - {{probe: probes.http, title: News, url: '{}', every: 10s}}
",
        target.url("/200/20"),
        target.url("/503/20"),
    )
}

/// Whether a thread of this process wants to write, and cannot.
async fn is_stuck_in_a_write(process: u32) -> bool {
    const WRITE: &str = if cfg!(target_arch = "aarch64") { "64" } else { "1" };
    for _ in 0..5 {
        let threads = std::fs::read_dir(format!("/proc/{process}/task")).expect("its threads");
        // `NUMBER ARGUMENT …` where a system call is not over yet.
        let calls = threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("syscall")).ok());
        if !calls.into_iter().any(|call| call.split(' ').next() == Some(WRITE)) {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// The row of a probe, once it has ended its runs.
fn row<'a>(text: &'a str, title: &str) -> Option<&'a str> {
    text.lines().find(|line| line.contains(title) && line.contains(" ms "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_is_a_table_that_is_kept_up_to_date_until_q_is_pressed() {
    let target = target().await;
    let workspace = Workspace::with(&watched(&target)).variable("LANG", "C.UTF-8");
    let mut screen = Screen::start(&workspace, &["watch"], (16, 100));
    screen.wait_for(|text| text.contains("- ") && text.contains("0 runs, nothing is delivered")).await;
    assert!(screen.look(|screen| screen.alternate_screen() && screen.hide_cursor()));
    let text = screen.wait_for(|text| text.contains("5 runs, 1 failed, ") && row(text, "Home").is_some()).await;
    let home = row(&text, "Home").expect("a row");
    assert!(home.starts_with("ok ") && home.contains('█'), "{text}");
    let sparks = home.chars().filter(|c| ('▁'..='█').contains(c)).count();
    assert!(sparks >= 4, "{text}");
    assert!(text.contains("http_status: status 503") && text.contains("█ wait"), "{text}");
    for size in [(8, 30), (3, 10), (30, 120)] {
        let cleared = |screen: &Screen| screen.written().matches("\x1b[2J").count();
        let before = cleared(&screen);
        screen.resize(size);
        screen.press("j");
        screen.until(|screen| cleared(screen) > before).await;
    }
    let text = screen.wait_for(|text| row(text, "Home").is_some_and(|row| row.trim_end().len() > 110)).await;
    assert!(text.contains("status ") && text.contains(", q to quit"), "{text}");
    screen.press("q");
    assert_eq!(screen.ended().await.code(), Some(0), "{}", screen.text());
    let text = screen.text();
    assert!(text.trim_end().ends_with("stopped") && !text.contains("q to quit"), "{text}");
    assert!(screen.look(|screen| !screen.alternate_screen() && !screen.hide_cursor()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_gives_the_terminal_back_and_the_log_comes_then() {
    let target = target().await;
    let workspace = Workspace::with(&watched(&target)).variable("RUST_LOG", "info").variable("LANG", "C.UTF-8");
    let workspace = workspace.variable("SENTRY_DSN", "http://key@127.0.0.1:1/1");
    let mut screen = Screen::start(&workspace, &["watch", "--grace", "1s"], (16, 100));
    // What cannot be delivered is said there, and goes to the log, too.
    let text = screen.wait_for(|text| text.contains("envelopes not delivered: ") && text.contains("6 waiting")).await;
    assert!(!text.contains("WARN"), "{text}");
    send(Signal::TERM, screen.id());
    assert_eq!(screen.ended().await.code(), Some(0), "{}", screen.text());
    let text = screen.text();
    assert!(screen.look(|screen| !screen.alternate_screen() && !screen.hide_cursor()));
    for part in [
        "WARN",
        "stopped; 6 envelopes not delivered",
        "6 envelopes kept in sentrynet-undelivered-",
        "sentrynet resend < ",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ends_when_its_terminal_is_gone() {
    let (target, sentry) = (target().await, Receiver::start(Behaviour::default()).await);
    let workspace = Workspace::with(&watched(&target)).variable("LANG", "C.UTF-8");
    let workspace = workspace.variable("SENTRY_DSN", &sentry.dsn().to_string());
    let mut screen = Screen::start(&workspace, &["watch"], (16, 100));
    screen.wait_for(|text| text.contains("5 runs, ")).await;
    screen.close();
    assert_eq!(screen.ended().await.code(), Some(0));
    assert!(sentry.taken().len() >= 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_takes_nothing_keeps_nothing_from_ending() {
    let target = target().await;
    let workspace = Workspace::with(&watched(&target)).variable("LANG", "C.UTF-8");
    let mut screen = Screen::start(&workspace, &["watch"], (60, 200));
    screen.wait_for(|text| text.contains("0 runs, ")).await;
    screen.stick();
    // Each is drawn anew, until there is no room for more.
    let mut turn = 0;
    while !is_stuck_in_a_write(screen.id()).await {
        screen.resize((60, 199 + turn % 2));
        turn += 1;
    }
    send(Signal::TERM, screen.id());
    assert_eq!(screen.ended().await.code(), Some(0));
    // Whoever says more would wait for ever.
    assert!(!screen.written().contains("stopped"), "{}", screen.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_knows_nothing_gets_lines_and_quiet_ones_only_trouble() {
    let target = target().await;
    let (dumb, quiet) =
        (Workspace::with(&watched(&target)).variable("TERM", "dumb"), Workspace::with(&watched(&target)));
    for (workspace, arguments, is_quiet) in [(&dumb, &["watch"][..], false), (&quiet, &["watch", "--quiet"], true)] {
        let mut screen = Screen::start(workspace, arguments, (30, 100));
        screen.wait_for(|text| text.contains("failed   site/News")).await;
        send(Signal::INT, screen.id());
        assert_eq!(screen.ended().await.code(), Some(0), "{}", screen.text());
        let text = screen.text();
        assert!(!screen.written().contains("\x1b[?1049h"), "{text}");
        assert_eq!(text.contains("watching config/sentrynet.yaml"), !is_quiet, "{text}");
        assert_eq!(text.contains("ok       site/Home"), !is_quiet, "{text}");
    }
}
