//! What people see of results.

use std::time::Duration;

use crate::support::failed::failed;
use crate::support::outcomes;
use crate::support::outcomes::{ok, span, us};
use sentrynet::cli::terminal::{Glyphs, Part, Shown, Terminal, width};
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Failure, FailureKind, Outcome, RunIdentity, Status};
use sentrynet::secrets::{Redactor, Secret};
use sentrynet::sentry::Delivered;

/// How runs are shown.
#[derive(Clone, Copy, PartialEq)]
enum View {
    Table,
    Troubles,
    Waterfalls,
}

/// What is shown in so many columns, without colours.
fn page(view: View, glyphs: Glyphs, columns: Option<usize>, groups: &[(Option<&str>, &[Outcome])]) -> String {
    let redactor = Redactor::new([&Secret::new("hunter2!")]);
    let terminal = Terminal::new(columns, &redactor).with(glyphs);
    let mut out = anstream::StripStream::new(Vec::new());
    let parts: Vec<Part<'_>> = groups.iter().map(|&(heading, outcomes)| Part { heading, outcomes }).collect();
    match view {
        View::Table => terminal.table(&mut out, &parts, Shown::Everything),
        View::Troubles => terminal.table(&mut out, &parts, Shown::Problems),
        View::Waterfalls => terminal.waterfalls(&mut out, &parts, Shown::Everything),
    }
    .expect("a vector");
    String::from_utf8(out.into_inner()).expect("text")
}

/// The runs of one group, and what they come to.
fn shown(view: View, columns: Option<usize>, outcomes: &[Outcome], delivered: Option<&Delivered>) -> String {
    let redactor = Redactor::default();
    let mut out = anstream::StripStream::new(page(view, Glyphs::Ascii, columns, &[(None, outcomes)]).into_bytes());
    Terminal::new(columns, &redactor).summary(&mut out, outcomes, us(412_345), delivered).expect("a vector");
    String::from_utf8(out.into_inner()).expect("text")
}

/// A script of two requests.
fn script() -> Outcome {
    let mut outcome = ok();
    outcome.spans[0].description = "POST https://example.com/login".into();
    outcome.duration = us(200_000);
    let step = outcome.spans.len();
    let second = outcomes::span(Op::HttpRequest, None, us(99_000), us(200_000));
    outcome.spans.push(outcomes::span(Op::HttpSend, Some(step + 1), us(99_000), us(99_050)));
    outcome.spans.insert(step, second);
    outcome.spans[step].description = "GET https://example.com/list?token=hunter2!".into();
    outcome.spans[step + 1].parent = Some(step);
    outcome.spans.push(span(Op::HttpWait, Some(step), us(99_050), us(200_000)));
    outcome
}

fn some_of_everything() -> Vec<Outcome> {
    let mut second = ok();
    second.identity.burst = 1;
    let mut expired = failed(FailureKind::TlsExpired);
    expired.identity.probe = "expired".into();
    expired.title = format!("a title \u{1b}[31m {}", "that is long ".repeat(20));
    expired.status = Status::Failed(Failure::new(
        FailureKind::TlsExpired,
        "certificate of www.example.com expired 3 days ago, on 2026-10-17 at 12:00 UTC\u{7}",
    ));
    let degraded = Outcome { status: Status::Degraded("took 200 ms, more than 150 ms".into()), ..script() };
    let skipped =
        Outcome { status: Status::Skipped("no time was left".into()), spans: Vec::new(), ..failed(FailureKind::Panic) };
    vec![ok(), second, expired, degraded, skipped]
}

#[test]
fn a_run_in_full_is_a_line_and_a_waterfall() {
    let expected = "\
ok       GET https://example.com                                         98.8 ms
    net.dns     |d                                       |       0.0 +    1.9 ms
    net.tcp     | ccccccc                                |       1.9 +   18.1 ms
    net.tls     |        tttttttttttttttt                |      20.0 +   40.0 ms
    http.send   |                        s               |      60.0 +   0.05 ms
    http.wait   |                        wwwwwwwwwwww    |      60.0 +   30.0 ms
    http.recv   |                                    rrrr|      90.1 +    8.7 ms
1 ok in 412.3 ms
";
    assert_eq!(shown(View::Waterfalls, None, &[ok()], None), expected);
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_text_steers_it() {
    let delivered = Delivered {
        envelopes: 10,
        delivered: 9,
        lost: 1,
        duration: us(97_100),
        problems: vec!["Sentry at o0.ingest.sentry.io:443 answered 403 Forbidden".into()],
        ..Delivered::default()
    };
    let mut wide = ok();
    wide.title = "監視対象のページ 👩‍👩‍👧 e\u{301}e\u{301}e\u{301}".into();
    let outcomes = [some_of_everything(), vec![wide]].concat();
    for view in [View::Table, View::Troubles, View::Waterfalls] {
        for columns in 40..=200 {
            let shown = shown(view, Some(columns), &outcomes, Some(&delivered));
            for line in shown.lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
                assert!(!line.contains(char::is_control), "{line:?}");
                assert_eq!(line.trim_end(), line, "{columns}");
            }
        }
        for columns in [0, 1, 24, 39, 100_000] {
            assert!(shown(view, Some(columns), &outcomes, None).contains("tls_expired"), "{columns}");
        }
    }
}

#[test]
fn a_run_is_a_row_with_a_bar_and_all_bars_are_on_one_scale() {
    let mut slow = failed(FailureKind::RecvTimeout);
    slow.identity.probe = "another".into();
    slow.title = "監視対象のページ".into();
    slow.duration = us(197_530);
    slow.spans.last_mut().expect("a span").end = us(197_530);
    let expected = "\
demo
ok     GET https://example.com #1   98.8 ms  ccctttttttwwwwwr
ok     GET https://example.com #2   98.8 ms  ccctttttttwwwwwr
failed 監視対象のページ            197.5 ms  ccctttttttwwwwwxxxxxxxxxxxxxxxxx
       recv_timeout: recv_timeout happened after 10.0 s

other
ok     GET https://example.com      98.8 ms  ccctttttttwwwwwr

Phases: c connect  t tls  w wait  r receive  x failed
";
    let second = Outcome { identity: RunIdentity { burst: 1, ..ok().identity }, ..ok() };
    let groups: [(_, &[Outcome]); 2] = [(Some("demo"), &[ok(), second, slow]), (Some("other"), &[ok()])];
    assert_eq!(page(View::Table, Glyphs::Ascii, None, &groups), expected);
}

#[test]
fn what_a_burst_says_is_said_once() {
    let run = |burst, sentence: &str| {
        let mut outcome = failed(FailureKind::Reset);
        outcome.identity.burst = burst;
        outcome.status = Status::Failed(Failure::new(FailureKind::Reset, sentence));
        outcome
    };
    let runs = [run(0, "this"), run(1, "this"), run(2, "that")];
    let shown = page(View::Troubles, Glyphs::Ascii, None, &[(None, &runs)]);
    let expected = "\
failed GET https://example.com #1  98.8 ms
failed GET https://example.com #2  98.8 ms
       reset: this
failed GET https://example.com #3  98.8 ms
       reset: that
";
    assert_eq!(shown, expected);
}

#[test]
fn what_is_well_is_no_trouble() {
    assert_eq!(page(View::Troubles, Glyphs::Ascii, Some(80), &[(Some("one"), &[ok()]), (Some("two"), &[ok()])]), "");
    let outcomes = some_of_everything();
    let shown = page(View::Troubles, Glyphs::Ascii, Some(80), &[(Some("one"), &[ok()]), (Some("two"), &outcomes)]);
    assert!(shown.starts_with("two\nfailed "), "{shown}");
    let statuses: Vec<&str> =
        shown.lines().filter_map(|line| line.split(' ').next()).filter(|w| !w.is_empty()).collect();
    assert_eq!(statuses, ["two", "failed", "degraded", "skipped"], "{shown}");
}

#[test]
fn where_a_title_has_no_room_beside_its_bar_the_bar_goes_under_it() {
    let shown = page(View::Table, Glyphs::Ascii, Some(54), &[(None, &[ok()])]);
    assert!(shown.starts_with("ok GET https://example.com  98.8 ms  "), "{shown}");
    let shown = page(View::Table, Glyphs::Ascii, Some(48), &[(None, &[ok()])]);
    assert_eq!(shown.lines().map(str::len).collect::<Vec<_>>()[..2], [26, 48], "{shown}");
}

#[test]
fn what_went_wrong_is_said() {
    let outcomes = some_of_everything();
    let [table, waterfalls] = [View::Table, View::Waterfalls].map(|view| shown(view, Some(120), &outcomes, None));
    for part in [
        "  tls_expired: certificate of www.example.com expired 3 days ago, on 2026-10-17 at 12:00 UTC\n",
        "  took 200 ms, more than 150 ms\n",
        "  no time was left\n",
        "2 ok, 1 degraded, 1 failed, 1 skipped in 412.3 ms\n",
    ] {
        assert!(table.contains(part) && waterfalls.contains(part), "{part} in\n{table}\n{waterfalls}");
    }
    for number in ["GET https://example.com 10:00:00 #1 ", "GET https://example.com 10:00:00 #2 "] {
        assert!(waterfalls.contains(number), "{number} in\n{waterfalls}");
    }
}

#[test]
fn the_requests_of_a_script_are_told_apart_and_secrets_filtered() {
    let mut secret = script();
    secret.title = "with hunter2!".into();
    assert!(shown(View::Table, Some(100), &[secret], None).contains("ok with [Filtered]  "));
    let shown = shown(View::Waterfalls, Some(100), &[script()], None);
    let lines: Vec<&str> = shown.lines().map(|line| line.trim_start().split("  ").next().unwrap_or("")).collect();
    let expected = [
        "ok",
        "POST https://example.com/login",
        "net.dns",
        "net.tcp",
        "net.tls",
        "http.send",
        "http.wait",
        "http.recv",
        "GET https://example.com/list?token=[Filtered]",
        "http.send",
        "http.wait",
    ];
    assert_eq!(&lines[..expected.len()], expected, "{shown}");
}

#[test]
fn a_run_without_length_is_shown_too() {
    let mut outcome = ok();
    outcome.duration = Duration::ZERO;
    outcome.spans = vec![span(Op::HttpWait, Some(7), us(0), us(0))];
    assert!(shown(View::Waterfalls, None, &[outcome.clone()], None).contains("http.wait   |w"));
    assert!(shown(View::Table, None, &[outcome], None).contains("0.00 ms  w\n"));
}

#[test]
fn bars_of_blocks_are_as_long_as_bars_of_letters() {
    let heading = format!("a group \u{1b}[31m{}", "x".repeat(100));
    let outcomes = [ok(), failed(FailureKind::RecvTimeout)];
    for view in [View::Table, View::Waterfalls] {
        let shown = |glyphs| page(view, glyphs, Some(80), &[(Some(&heading), &outcomes)]);
        let (letters, blocks) = (shown(Glyphs::Ascii), shown(Glyphs::Blocks));
        assert!(letters.is_ascii() && letters.contains("xxx") && blocks.contains('▒'), "{letters}\n{blocks}");
        // The last phase ends where the run does.
        let widths = |shown: &str| -> Vec<usize> {
            shown.lines().filter(|line| !line.starts_with("Phases")).map(width).collect()
        };
        assert_eq!(widths(&letters), widths(&blocks), "{letters}\n{blocks}");
        assert!(blocks.lines().all(|line| width(line) <= 80), "{blocks}");
    }
}

#[test]
fn a_summary_counts_what_there_was_and_what_arrived() {
    let counts = |outcomes: &[Outcome], delivered: Option<&Delivered>| {
        let redactor = Redactor::default();
        let mut out = anstream::StripStream::new(Vec::new());
        Terminal::new(Some(80), &redactor).summary(&mut out, outcomes, us(61_200_000), delivered).expect("a vector");
        String::from_utf8(out.into_inner()).expect("text")
    };
    assert_eq!(counts(&[], None), "no runs in 61.2 s\n");
    let delivered = Delivered { envelopes: 3, delivered: 3, duration: us(1_500), ..Delivered::default() };
    assert_eq!(
        counts(&[ok(), failed(FailureKind::Reset)], Some(&delivered)),
        "1 ok, 1 failed in 61.2 s\n3 of 3 envelopes delivered to Sentry in 1.5 ms\n"
    );
}

#[test]
fn a_long_page_ends_with_what_went_wrong_by_kind() {
    let redactor = Redactor::new([&Secret::new("hunter2!")]);
    let told = |outcomes: &[Outcome]| {
        let mut out = anstream::StripStream::new(Vec::new());
        Terminal::new(None, &redactor).failures(&mut out, outcomes, 5, true).expect("a vector");
        String::from_utf8(out.into_inner()).expect("text")
    };
    let mut outcomes = some_of_everything();
    assert_eq!(told(&outcomes), "", "a page that is seen as a whole");
    for burst in 0..2 {
        let mut refused = failed(FailureKind::ConnectRefused);
        refused.identity.burst = burst;
        refused.status =
            Status::Failed(Failure::new(FailureKind::ConnectRefused, "hunter2!:443 refused the connection"));
        outcomes.push(refused);
    }
    let (expired, told) = (&outcomes[2].identity.group, told(&outcomes));
    let expected = [
        "Failed or slow: 4 of 7 runs",
        "tls_expired",
        &format!("  {expired}: a title"),
        "    certificate of www.example.com expired 3 days ago, on 2026-10-17 at 12:00\n    UTC",
        "degraded",
        "    took 200 ms, more than 150 ms",
        "connect_refused",
        " (2 runs)",
        "    [Filtered]:443 refused the connection",
    ];
    let mut rest = told.as_str();
    for text in expected {
        rest = rest.split_once(text).unwrap_or_else(|| panic!("no {text:?} in\n{told}")).1;
    }
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
}
