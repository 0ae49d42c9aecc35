//! Any texts as `Retry-After` and `X-Sentry-Rate-Limits`.
//!
//! The input is two lines: one for each header.

use std::time::{Duration, SystemTime};

use sentrynet::clock::SuspendAwareInstant;
use sentrynet::sentry::delivery::rate_limits::{
    Category, DEFAULT, Limit, Limits, MAX_LENGTH, of_response, rate_limits, retry_after,
};

/// 1994-11-06 08:49:37 UTC, of RFC 9110.
const NOW: Duration = Duration::from_secs(784_111_777);

/// Reads both, writes what was read, and reads it again.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (after, groups) = text.split_once('\n').unwrap_or((&text, ""));
    let now = SystemTime::UNIX_EPOCH + NOW;

    let time = retry_after(after, now);
    assert!(time.is_none_or(|time| time <= MAX_LENGTH), "{time:?}");
    if !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit()) {
        let longest = MAX_LENGTH.as_secs();
        let seconds = after.parse().map_or(longest, |seconds: u64| seconds.min(longest));
        assert_eq!(time, Some(Duration::from_secs(seconds)));
    }

    let limits = judge(groups);
    // Groups stand by themselves.
    let more = judge(after);
    let both = judge(&format!("{groups},{after}"));
    for category in Category::EVERY {
        let of = |limits: &[Limit]| limits.iter().find(|limit| limit.category == category).map(|limit| limit.time);
        assert_eq!(of(&both), of(&limits).max(of(&more)), "{category:?}");
    }

    assert_eq!(of_response(200, Some(after), None, now), []);
    let all = |time| vec![Limit { category: Category::All, time }];
    assert_eq!(of_response(429, Some(after), None, now), all(time.unwrap_or(DEFAULT)));
    let answered = of_response(429, Some(after), Some(groups), now);
    assert!(answered == limits || answered == all(time.unwrap_or(DEFAULT)), "{answered:?}");
    assert_eq!(of_response(200, Some(after), Some(groups), now), limits);
    in_force(&limits);
}

/// One limit a category, none for ever, and what is written can be read again.
fn judge(groups: &str) -> Vec<Limit> {
    let limits = rate_limits(groups);
    for (index, limit) in limits.iter().enumerate() {
        assert!(limit.time <= MAX_LENGTH, "{limit:?}");
        assert!(limits[..index].iter().all(|other| other.category != limit.category), "{limits:?}");
    }
    let written: Vec<String> = limits
        .iter()
        .map(|Limit { category, time }| {
            let word = match category {
                Category::All => "",
                Category::Transaction => "transaction",
                Category::Span => "span",
                Category::Error => "error",
                Category::Monitor => "monitor",
            };
            format!("{}.{:09}:{word}:key", time.as_secs(), time.subsec_nanos())
        })
        .collect();
    let again = rate_limits(&written.join(", "));
    assert_eq!(again.len(), limits.len());
    for (a, b) in limits.iter().zip(&again) {
        assert_eq!(a.category, b.category);
        assert!(a.time.abs_diff(b.time) <= Duration::from_nanos(1), "{a:?} {b:?}");
    }
    limits
}

fn in_force(limits: &[Limit]) {
    let now = SuspendAwareInstant::now();
    let mut kept = Limits::default();
    kept.add(limits, now);
    for category in Category::EVERY {
        let of = limits.iter().filter(|limit| limit.category == category || limit.category == Category::All);
        let longest = of.map(|limit| limit.time).max().unwrap_or_default();
        assert_eq!(kept.active(category, now).map_or(Duration::ZERO, |limit| limit.left), longest);
        assert_eq!(kept.active(category, now + longest), None);
    }
}
