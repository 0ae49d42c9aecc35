//! The dashboard, drawn into a buffer.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Color;
use time::OffsetDateTime;
use time::macros::datetime;

use super::draw::{Look, draw};
use super::state::State;
use crate::cli::palette::{BAD, Colour};
use crate::cli::terminal::{Glyphs, width};
use crate::config::{Config, Document, read};
use crate::diagnostics::Diagnostic;
use crate::outcome::phase::Op;
use crate::outcome::{Failure, FailureKind, Outcome, RunIdentity, Span, Status};
use crate::runner::Finished;
use crate::runner::summary::Summary;
use crate::runner::watch::{Changes, Event, Watched, Watching};
use crate::schedule::Cadence;
use crate::schema::Secrets;
use crate::secrets::{Redactor, Secret};
use crate::sentry::Delivered;

const NOW: OffsetDateTime = datetime!(2026-11-20 10:00:10 UTC);
const PLAIN: Look = Look { glyphs: Glyphs::Ascii, has_colours: false, has_unicode: false };
const COLOURED: Look = Look { glyphs: Glyphs::Blocks, has_colours: true, has_unicode: true };

/// One group whose probes have these titles.
fn config(titles: &[&str]) -> Arc<Config> {
    let probes: Vec<String> = titles
        .iter()
        .map(|title| format!("{{probe: probes.http, title: \"{title}\", url: 'http://a.test/', every: 1m}}"))
        .collect();
    let text = format!("groups: [{{name: site, probes: [{}]}}]", probes.join(", "));
    let document = Document::parse("a.yaml", text.as_bytes()).expect("YAML");
    Arc::new(read(&document, &Secrets::placeholders()).expect("a configuration"))
}

fn watching(config: &Arc<Config>) -> Watching {
    let group = &config.groups[0];
    let watched = |probe: &Arc<_>| Watched {
        group: group.name.clone(),
        probe: Arc::clone(probe),
        cadence: Cadence::alone(Duration::from_secs(60)),
    };
    Watching { config: config.clone(), probes: group.probes.iter().map(watched).collect(), is_delivered: true }
}

/// A run of a probe: it connects for a quarter of the time, and waits for the rest.
fn ran(config: &Arc<Config>, index: usize, milliseconds: u64, status: Status) -> Event {
    let probe = config.groups[0].probes[index].clone();
    let duration = Duration::from_millis(milliseconds);
    let failure = status.failure().map(|failure| failure.kind);
    let span = |op, start, end, failure| Span {
        op,
        description: String::new(),
        parent: None,
        start,
        end,
        failure,
        attributes: [].into(),
    };
    let identity = RunIdentity {
        location: String::new(),
        group: "site".into(),
        probe: probe.identity.clone(),
        tick: NOW,
        burst: 0,
    };
    let outcome = Outcome {
        identity,
        title: probe.title.clone(),
        probe: "probes.http",
        tags: [].into(),
        started: NOW,
        duration,
        status,
        spans: vec![
            span(Op::NetTcp, Duration::ZERO, duration / 4, None),
            span(Op::HttpWait, duration / 4, duration, failure),
        ],
        attributes: [].into(),
        response: None,
        stall: Duration::ZERO,
        attempts: 1,
        secrets: Vec::new(),
    };
    Event::Ran { config: config.clone(), probe, outcome: Arc::new(outcome) }
}

fn failed() -> Status {
    Status::Failed(Failure::new(FailureKind::WaitTimeout, "no answer within 10 s"))
}

fn state(config: &Arc<Config>) -> State {
    let mut state = State::new("a.yaml".into());
    state.update(&Event::Started(watching(config)), None);
    state
}

fn drawn(state: &State, (columns, rows): (u16, u16), look: Look, offset: usize) -> (Buffer, usize) {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a buffer");
    let mut reached = 0;
    terminal.draw(|frame| reached = draw(frame, state, NOW, look, offset)).expect("a buffer");
    (terminal.backend().buffer().clone(), reached)
}

/// The lines of a screen.
fn lines(buffer: &Buffer) -> Vec<String> {
    let mut lines = Vec::new();
    for row in buffer.area.rows() {
        let mut line = String::new();
        let mut wide = 0;
        for position in row.columns() {
            let symbol = buffer[(position.x, position.y)].symbol();
            // What is wide covers the next column.
            if wide == 0 {
                line.push_str(symbol);
                wide = width(symbol);
            }
            wide = wide.saturating_sub(1);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[test]
fn every_probe_has_its_last_run_its_past_and_its_next_tick() {
    let config = config(&["Home", "監視", "News"]);
    let mut state = state(&config);
    for milliseconds in [20, 80, 40] {
        state.update(&ran(&config, 0, milliseconds, Status::Ok), None);
    }
    state.update(&ran(&config, 1, 10, Status::Ok), None);
    state.update(&ran(&config, 1, 160, failed()), None);
    let (buffer, _) = drawn(&state, (90, 9), PLAIN, 0);
    let expected = [
        "status   probe              took  phases of the last run            runs              next",
        "ok       Home            40.0 ms  ccwwwwww                                       _#-   50s",
        "failed   監視           160.0 ms  ccccccccxxxxxxxxxxxxxxxxxxxxxxxx                #x   50s",
        "         wait_timeout: no answer within 10 s",
        "-        News                                                                          50s",
        "c connect  w wait  x failed",
    ];
    let shown = lines(&buffer);
    let shown: Vec<&str> = shown.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    assert_eq!(shown[..expected.len()], expected, "{shown:#?}");
    assert!(shown[expected.len()].starts_with("5 runs, 1 failed, 0 envelopes delivered, up "), "{shown:#?}");
}

#[test]
fn phases_and_runs_have_the_colours_that_they_have_everywhere() {
    let config = config(&["Home"]);
    let mut state = state(&config);
    state.update(&ran(&config, 0, 50, Status::Ok), None);
    state.update(&ran(&config, 0, 100, failed()), None);
    let (buffer, _) = drawn(&state, (90, 9), COLOURED, 0);
    let of = |symbol: &str| -> Vec<Color> {
        buffer.content.iter().filter(|cell| cell.symbol() == symbol).map(|cell| cell.fg).collect()
    };
    let number = |colour: Colour| Color::Indexed(colour.number());
    assert!(of("█").contains(&number(Colour::of(Op::NetTcp))));
    assert!(!of("▒").is_empty() && of("▒").iter().all(|colour| *colour == number(BAD)));
    assert_eq!(buffer[(0, 1)].fg, number(Colour::of_status("failed")));
    // The other one is in the header.
    assert_eq!(of("x"), [Color::Reset, number(BAD)]);
    let (buffer, _) = drawn(&state, (90, 9), PLAIN, 0);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
}

#[test]
fn what_is_not_well_comes_first_where_there_is_not_room_for_all() {
    let titles: Vec<String> = (0..30).map(|number| format!("Probe {number}")).collect();
    let config = config(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let mut state = state(&config);
    for index in 0..30 {
        let status = match index {
            20 => Status::Degraded("took 2 s, more than 1 s".into()),
            25 => failed(),
            _ => Status::Ok,
        };
        state.update(&ran(&config, index, 10, status), None);
    }
    let probes = |offset| -> (Vec<String>, usize, String) {
        let (buffer, reached) = drawn(&state, (80, 13), PLAIN, offset);
        let lines = lines(&buffer);
        let titles =
            lines[1..11].iter().filter(|line| !line.starts_with(' ')).map(|line| line[9..20].trim().to_owned());
        (titles.collect(), reached, lines[11].rsplit("  ").next().unwrap_or_default().to_owned())
    };
    let (first, reached, more) = probes(0);
    assert_eq!(first[..3], ["Probe 25", "Probe 20", "Probe 0"]);
    assert_eq!((first.len(), reached, more.as_str()), (8, 0, "22 more below"));
    let (middle, reached, more) = probes(5);
    assert_eq!((middle[0].as_str(), reached, more.as_str()), ("Probe 1", 5, "3 more above, 17 below"));
    let (last, reached, more) = probes(usize::MAX);
    assert_eq!((last[9].as_str(), reached, more.as_str()), ("Probe 29", 22, "20 more above"));
}

#[test]
fn every_size_is_drawn_and_what_is_small_has_the_title_at_least() {
    let config = config(&["A page with a title that is long enough to be cut", "監視対象のページ 👩‍👩‍👧"]);
    let mut state = state(&config);
    state.update(&ran(&config, 0, 100, failed()), None);
    state.update(&ran(&config, 1, 100, Status::Ok), None);
    for look in [PLAIN, COLOURED] {
        for columns in (1..60).chain([80, 120, 220]) {
            for rows in [1, 2, 3, 5, 8, 40] {
                drawn(&state, (columns, rows), look, 3);
            }
        }
    }
    let (buffer, _) = drawn(&state, (24, 10), PLAIN, 0);
    assert!(lines(&buffer)[1].starts_with("failed   A page with"), "{:#?}", lines(&buffer));
}

#[test]
fn the_foot_says_what_it_comes_to_and_what_happened_last() {
    let config = config(&["Home"]);
    let mut state = state(&config);
    let foot = |state: &State| lines(&drawn(state, (80, 20), PLAIN, 0).0).join("\n");
    let delivered = Delivered { envelopes: 5, delivered: 2, spooled: 2, lost: 1, ..Delivered::default() };
    let summary = Summary::new(("site", ""), NOW, Duration::ZERO, &[], &delivered, &config.redactor);
    let finished = Arc::new(Finished { summary, outcomes: Vec::new(), delivered: Some(delivered) });
    state.update(
        &Event::Passed { config: config.clone(), finished },
        Some("3 of 5 envelopes not delivered: why".into()),
    );
    let shown = foot(&state);
    assert!(shown.contains("0 runs, 2 envelopes delivered, 2 waiting, 1 lost, up "), "{shown}");
    assert!(shown.ends_with(" 3 of 5 envelopes not delivered: why"), "{shown}");
    state.update(&Event::Refused(Diagnostic::of_file("a.yaml", "it is broken".to_owned()).into()), Some("x".into()));
    let shown = foot(&state);
    assert!(
        shown.contains("a.yaml is not used; the previous configuration stays in effect:\na.yaml: it is broken"),
        "{shown}"
    );
    state.update(&Event::Reloaded(watching(&config), Changes::default()), Some("reloaded".into()));
    let shown = foot(&state);
    assert!(!shown.contains("not used") && shown.ends_with(" reloaded"), "{shown}");
}

#[test]
fn secrets_are_seen_nowhere() {
    let config = config(&["with hunter2!"]);
    let config = Arc::new(Config { redactor: Redactor::new([&Secret::new("hunter2!")]), ..(*config).clone() });
    let mut state = state(&config);
    state.update(&ran(&config, 0, 10, Status::Degraded("hunter2! was slow".into())), None);
    let shown = lines(&drawn(&state, (80, 10), PLAIN, 0).0).join("\n");
    assert!(shown.contains("with [Filtered] ") && shown.contains("[Filtered] was slow"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn another_configuration_leaves_the_past_of_what_stays() {
    let (before, after) = (config(&["Home", "News"]), config(&["Other", "News"]));
    let mut state = state(&before);
    state.update(&ran(&before, 0, 10, Status::Ok), None);
    state.update(&ran(&before, 1, 10, Status::Ok), None);
    state.update(&Event::Reloaded(watching(&after), Changes::default()), None);
    // What was out when it came is no row's any more.
    state.update(&ran(&before, 0, 10, Status::Ok), None);
    let past: Vec<(&str, usize)> = state.rows.iter().map(|row| (row.title.as_str(), row.past.len())).collect();
    assert_eq!((past, state.runs), (vec![("Other", 0), ("News", 1)], 3));
    for _ in 0..100 {
        state.update(&ran(&after, 1, 10, Status::Ok), None);
    }
    assert_eq!(state.rows[1].past.len(), 60);
}
