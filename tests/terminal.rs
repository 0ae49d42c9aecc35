//! What people see of results.
#![cfg(feature = "cli")]

mod support;

use std::io::Write as _;
use std::time::Duration;

use sentrynet::config::{Redactor, Secret};
use sentrynet::outcome::{Failure, FailureKind, Op, Outcome, Status};
use sentrynet::report::Delivered;
use sentrynet::report::terminal::{Glyphs, Terminal};
use support::outcomes::{self, failed, ok, span, us};

/// What is shown in so many columns, without colours.
fn shown(width: Option<usize>, outcomes: &[Outcome], delivered: Option<&Delivered>) -> String {
    let redactor = Redactor::new([&Secret::new("hunter2!")]);
    let terminal = Terminal::new(width, &redactor);
    let mut out = anstream::StripStream::new(Vec::new());
    terminal.results(&mut out, outcomes).expect("a vector");
    terminal.summary(&mut out, outcomes, us(412_345), delivered).expect("a vector");
    out.flush().expect("a vector");
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
fn a_run_is_a_line_and_a_waterfall() {
    let expected = "\
ok       GET https://example.com                                         98.8 ms
    net.dns     |=                                       |       0.0 +    1.9 ms
    net.tcp     | =======                                |       1.9 +   18.1 ms
    net.tls     |        ================                |      20.0 +   40.0 ms
    http.send   |                        =               |      60.0 +   0.05 ms
    http.wait   |                        ============    |      60.0 +   30.0 ms
    http.recv   |                                    ====|      90.1 +    8.7 ms
1 ok in 412.3 ms
";
    assert_eq!(shown(None, &[ok()], None), expected);
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_text_steers_it() {
    let delivered = Delivered {
        envelopes: 10,
        delivered: 9,
        lost: 1,
        spooled: 0,
        duration: us(97_100),
        problems: vec!["Sentry at o0.ingest.sentry.io:443 answered 403 Forbidden".into()],
    };
    for width in 40..=130 {
        let shown = shown(Some(width), &some_of_everything(), Some(&delivered));
        for line in shown.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
            assert!(!line.contains(char::is_control), "{line:?}");
            assert_eq!(line.trim_end(), line, "{width}");
        }
    }
    for width in [0, 1, 24, 39, 100_000] {
        assert!(shown(Some(width), &some_of_everything(), None).contains("net.tls"), "{width}");
    }
}

#[test]
fn what_went_wrong_is_said() {
    let shown = shown(Some(120), &some_of_everything(), None);
    for part in [
        "  tls_expired: certificate of www.example.com expired 3 days ago, on 2026-10-17 at 12:00 UTC\n",
        "  took 200 ms, more than 150 ms\n",
        "  no time was left\n",
        "2 ok, 1 degraded, 1 failed, 1 skipped in 412.3 ms\n",
        "GET https://example.com 10:00:00 #1 ",
        "GET https://example.com 10:00:00 #2 ",
        "xxx",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

#[test]
fn the_requests_of_a_script_are_told_apart_and_secrets_filtered() {
    let shown = shown(Some(100), &[script()], None);
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
    assert!(shown(None, &[outcome], None).contains("http.wait   |="));
}

#[test]
fn bars_of_blocks_are_as_long_as_bars_of_letters() {
    let redactor = Redactor::default();
    let shown = |glyphs| {
        let mut out = anstream::StripStream::new(Vec::new());
        let terminal = Terminal::new(Some(80), &redactor).with(glyphs);
        terminal.heading(&mut out, &format!("a group \u{1b}[31m{}", "x".repeat(100))).expect("a vector");
        terminal.results(&mut out, &[ok(), failed(FailureKind::RecvTimeout)]).expect("a vector");
        String::from_utf8(out.into_inner()).expect("text")
    };
    let (letters, blocks) = (shown(Glyphs::Ascii), shown(Glyphs::Blocks));
    assert!(letters.is_ascii() && letters.contains("|=") && letters.contains("xxx"), "{letters}");
    assert!(blocks.contains("│█") && blocks.contains('▒'), "{blocks}");
    let plain: String = blocks.replace('█', "=").replace('▒', "x").replace('│', "|");
    assert_eq!(plain, letters);
    assert!(blocks.lines().all(|line| line.chars().count() <= 80), "{blocks}");
}

#[test]
fn a_summary_counts_what_there_was_and_what_arrived() {
    let counts = |outcomes: &[Outcome], delivered: Option<&Delivered>| {
        let redactor = Redactor::default();
        let mut out = anstream::StripStream::new(Vec::new());
        Terminal::new(Some(80), &redactor).summary(&mut out, outcomes, us(61_200_000), delivered).expect("a vector");
        String::from_utf8(out.into_inner()).expect("text")
    };
    assert_eq!(counts(&[], None), "nothing to run in 61.2 s\n");
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
        Terminal::new(None, &redactor).recap(&mut out, outcomes, true).expect("a vector");
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
        "Not well: 4 of 7 runs",
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
