//! The timetable under clocks that go as the test says.

use time::macros::datetime;

use crate::config::{Document, read};
use crate::runner::watch::timetable::*;
use crate::schema::Secrets;

const START: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

/// Probes of one group, each with its `every` and other keys.
fn config(probes: &[(&str, &str)]) -> Config {
    let probe = |(title, keys): &(&str, &str)| {
        format!("  - {{probe: probes.http, url: 'http://a.test/', title: {title}, {keys}}}\n")
    };
    of_text(&format!(
        "groups:\n- name: g\n  spread: together\n  probes:\n{}",
        probes.iter().map(probe).collect::<String>()
    ))
}

fn of_text(text: &str) -> Config {
    let document = Document::parse("test.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    read(&document, &Secrets::placeholders()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn at(seconds: f64) -> OffsetDateTime {
    START + time::Duration::seconds_f64(seconds)
}

fn timetable(config: &Config) -> Timetable {
    let mut timetable = Timetable::default();
    timetable.adopt(config, None, at(0.5));
    timetable
}

/// What is due at so many seconds: `title@tick`, with `+` where it had to wait and `!` where it waited too long.
fn due(timetable: &mut Timetable, seconds: f64) -> Vec<String> {
    let look = timetable.look(at(seconds));
    assert_eq!((look.missed, look.set_back), (None, None), "at {seconds}");
    let show = |due: &Due| {
        let mark = if due.is_stale { "!" } else { "" };
        let waited = if due.has_waited { "+" } else { "" };
        let tick = (due.tick - START).whole_seconds();
        due.probes.iter().map(|probe| format!("{}@{tick}{waited}{mark}", probe.title)).collect::<Vec<_>>()
    };
    look.due.iter().flat_map(show).collect()
}

fn free(timetable: &mut Timetable, title: &str) {
    timetable.release(&("g".to_owned(), title.to_owned()));
}

/// The same, the probes free again at once.
fn due_and_free(timetable: &mut Timetable, seconds: f64) -> Vec<String> {
    let due = due(timetable, seconds);
    timetable.busy.clear();
    due
}

/// All ticks until then are dealt with.
fn pass_by(timetable: &mut Timetable, seconds: f64) {
    timetable.look(at(seconds));
    timetable.busy.clear();
}

#[test]
fn each_tick_is_due_once_and_never_before_its_time() {
    let mut timetable = timetable(&config(&[("a", "every: 10"), ("b", "every: 15")]));
    let mut seen = Vec::new();
    for step in 0..700 {
        let seconds = 0.5 + f64::from(step) * 0.1;
        for tick in due_and_free(&mut timetable, seconds) {
            let of: f64 = tick.split_once('@').and_then(|(_, tick)| tick.parse().ok()).expect("a tick");
            assert!(of <= seconds && seconds - of < 0.11, "{tick} at {seconds}");
            seen.push(tick);
        }
    }
    let expected = ["a@10", "b@15", "a@20", "a@30", "b@30", "a@40", "b@45", "a@50", "a@60", "b@60", "a@70"];
    assert_eq!(seen, expected);
}

#[test]
fn probes_that_are_due_at_the_same_tick_are_one_pass() {
    let mut timetable = timetable(&config(&[("a", "every: 10"), ("b", "every: 15"), ("c", "every: 30")]));
    pass_by(&mut timetable, 20.0);
    let look = timetable.look(at(30.0));
    let titles = |due: &Due| due.probes.iter().map(|probe| probe.title.clone()).collect::<Vec<_>>();
    assert_eq!(look.due.iter().map(titles).collect::<Vec<_>>(), [["a", "b", "c"]]);
}

#[test]
fn the_next_look_is_when_something_happens() {
    let mut timetable = timetable(&config(&[("a", "every: 10"), ("b", "every: 15")]));
    assert_eq!(timetable.next(), Some(at(10.0)));
    due(&mut timetable, 10.0);
    assert_eq!(timetable.next(), Some(at(15.0)));
    due(&mut timetable, 19.0);
    assert_eq!(timetable.next(), Some(at(20.0)));
}

#[test]
fn a_probe_that_is_busy_has_its_tick_later_or_not_at_all() {
    let mut timetable = timetable(&config(&[("a", "every: 10"), ("b", "every: 10")]));
    assert_eq!(due(&mut timetable, 10.0), ["a@10", "b@10"]);
    free(&mut timetable, "b");
    // a's burst takes 25 s.
    assert_eq!(due(&mut timetable, 20.0), ["b@20"]);
    free(&mut timetable, "b");
    assert_eq!(due(&mut timetable, 29.9), [] as [&str; 0]);
    assert_eq!(due(&mut timetable, 30.0), ["a@20+!", "b@30"], "skipped when it is a period late");
    free(&mut timetable, "b");
    free(&mut timetable, "a");
    assert_eq!(due(&mut timetable, 35.0), ["a@30+"], "late, but fresh");
    assert_eq!(due(&mut timetable, 36.0), [] as [&str; 0], "once");
    free(&mut timetable, "a");
    assert_eq!(due(&mut timetable, 40.0), ["a@40", "b@40"]);
}

#[test]
fn ticks_that_were_slept_through_are_skipped_in_one_go() {
    let mut timetable = timetable(&config(&[("a", "every: 10"), ("b", "every: 15")]));
    pass_by(&mut timetable, 20.0);
    let look = timetable.look(at(7204.0));
    // 30, 40 … 7190 and 30, 45 … 7185: the newest of each is fresh.
    assert_eq!(look.missed, Some(Missed { ticks: 717 + 478, since: at(30.0) }));
    let ticks: Vec<_> = look.due.iter().map(|due| (due.tick, due.probes.len())).collect();
    assert_eq!(ticks, [(at(7200.0), 2)]);
    timetable.busy.clear();
    assert_eq!(due(&mut timetable, 7210.0), ["a@7210"]);
}

#[test]
fn a_clock_that_was_wrong_by_decades_costs_no_time() {
    let mut timetable = Timetable::default();
    timetable.adopt(&config(&[("a", "every: 10")]), None, datetime!(1970-01-01 0:00 UTC));
    let look = timetable.look(at(0.0));
    assert_eq!(look.missed.map(|missed| missed.ticks), Some(u64::try_from(START.unix_timestamp() / 10).unwrap()));
    assert_eq!(look.due.len(), 1);
}

#[test]
fn a_clock_that_is_set_back_a_little_repeats_nothing_and_one_that_is_set_back_far_begins_anew() {
    let mut timetable = timetable(&config(&[("a", "every: 10")]));
    pass_by(&mut timetable, 100.0);
    // The next tick is 110 all the same.
    assert_eq!(due_and_free(&mut timetable, 92.0), [] as [&str; 0]);
    assert_eq!(due_and_free(&mut timetable, 100.0), [] as [&str; 0]);
    assert_eq!(due_and_free(&mut timetable, 109.0), [] as [&str; 0]);
    assert_eq!(due_and_free(&mut timetable, 110.0), ["a@110"]);
    let look = timetable.look(at(-3600.0 + 15.0));
    assert_eq!((look.due, look.set_back), (vec![], Some(Duration::from_secs(3695))));
    assert_eq!(timetable.next(), Some(at(-3600.0 + 20.0)));
    assert_eq!(due_and_free(&mut timetable, -3580.0), ["a@-3580"]);
}

#[test]
fn another_configuration_neither_loses_nor_doubles_ticks_of_what_keeps_its_beat() {
    let mut timetable = timetable(&config(&[("a", "every: 10"), ("b", "every: 10"), ("c", "every: 60")]));
    due_and_free(&mut timetable, 10.0);
    let after = config(&[("new", "every: 20"), ("a", "every: 10, burst: 2"), ("b", "every: 20")]);
    // At a tick that was not looked at yet.
    let changes = timetable.adopt(&after, None, at(20.0));
    assert_eq!(changes, Changes { added: 1, removed: 1, changed: 2 });
    assert_eq!(due_and_free(&mut timetable, 20.0), ["new@20", "a@20", "b@20"]);
    let changes = timetable.adopt(&after, None, at(20.0));
    assert_eq!(changes, Changes::default());
    assert_eq!(due_and_free(&mut timetable, 20.0), [] as [&str; 0]);
    // Now b has every tick of a's again: the last one was handled under the old cadence.
    timetable.adopt(&config(&[("a", "every: 10"), ("b", "every: 10")]), None, at(20.0));
    assert_eq!(due_and_free(&mut timetable, 20.0), [] as [&str; 0]);
    assert_eq!(due_and_free(&mut timetable, 30.0), ["a@30", "b@30"]);
}

#[test]
fn a_probe_that_was_taken_out_while_it_ran_does_not_overlap_with_itself_when_it_is_back() {
    let mut timetable = timetable(&config(&[("a", "every: 10")]));
    assert_eq!(due(&mut timetable, 10.0), ["a@10"]);
    timetable.adopt(&config(&[("b", "every: 60")]), None, at(11.0));
    timetable.adopt(&config(&[("a", "every: 10")]), None, at(12.0));
    assert_eq!(due(&mut timetable, 20.0), [] as [&str; 0]);
    free(&mut timetable, "a");
    assert_eq!(due(&mut timetable, 21.0), ["a@20+"]);
}

#[test]
fn ticks_are_those_of_the_location() {
    let text = "regions: [eu-west-1, us-east-1]\ngroups:\n- {name: g, probes: [{probe: probes.http, url: \
                'http://a.test/', title: a, every: 300}]}\n";
    let first = |location: Option<&str>| {
        let mut timetable = Timetable::default();
        timetable.adopt(&of_text(text), location, at(1.0));
        (timetable.next().expect("a tick") - START).whole_seconds()
    };
    let [first_region, second_region, elsewhere, unknown] =
        [Some("eu-west-1"), Some("us-east-1"), Some("here"), None].map(first);
    // Each at the probe's slot of the period.
    assert_eq!((second_region - first_region).rem_euclid(300), 120);
    assert_eq!((elsewhere, unknown), (first_region, first_region));
}

#[test]
fn probes_of_one_period_have_slots_of_their_own_that_stay() {
    let probes: String = (0..600)
        .map(|n| format!("  - {{probe: probes.http, url: 'http://a.test/', title: probe {n}, every: 60}}\n"))
        .collect();
    let of = |group: &str, extra: &str| {
        let config = of_text(&format!("groups:\n- name: {group}\n{extra}  probes:\n{probes}"));
        let mut timetable = Timetable::default();
        timetable.adopt(&config, None, at(0.5));
        let mut ticks: Vec<i64> = Vec::new();
        for second in 1..=60 {
            let due = timetable.look(at(f64::from(second))).due;
            ticks.extend(due.iter().flat_map(|due| due.probes.iter().map(|_| (due.tick - START).whole_seconds())));
        }
        ticks
    };
    let ticks = of("g", "");
    assert_eq!(ticks.len(), 600, "each once a minute");
    let busiest = (1..=60).map(|second| ticks.iter().filter(|tick| **tick == second).count()).max();
    assert!(busiest < Some(30), "{busiest:?} of 600 in one second, where 10 are even");
    assert_eq!(of("g", ""), ticks);
    assert_ne!(of("h", ""), ticks);
    assert_eq!(of("g", "  spread: together\n"), [60; 600]);
}
