//! Sentry's rate limits: `Retry-After` and `X-Sentry-Rate-Limits`.
//!
//! The parsers are pure and accept any text: what they do not understand is ignored, without losing what they do. See <https://develop.sentry.dev/sdk/expected-features/rate-limiting/>.

use std::time::{Duration, SystemTime};

use crate::clock::SuspendAwareInstant;
use crate::sentry::envelope::Kind;

/// How long a 429 holds that does not say so, by Sentry's documentation.
pub const DEFAULT: Duration = Duration::from_secs(60);

/// Longer limits are cut to this: a sandbox hardly lives that long, and a wrong number must not silence it for ever.
pub const MAX_LENGTH: Duration = Duration::from_secs(24 * 60 * 60);

/// Sentry's data categories, as far as SentryNet sends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// Everything, whatever its category.
    All,
    /// Transactions.
    Transaction,
    /// Spans that are sent without a transaction.
    Span,
    /// Errors and messages.
    Error,
    /// Check-ins of monitors.
    Monitor,
}

impl Category {
    /// All of them.
    pub const EVERY: [Self; 5] = [Self::All, Self::Transaction, Self::Span, Self::Error, Self::Monitor];

    /// The category that an envelope of this kind counts in; `All` where only a limit on everything stops it.
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Transaction => Self::Transaction,
            Kind::Event => Self::Error,
            Kind::Other => Self::All,
        }
    }

    /// For people: what Sentry rejects.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "everything",
            Self::Transaction => "transactions",
            Self::Span => "spans",
            Self::Error => "events",
            Self::Monitor => "check-ins",
        }
    }

    /// By Sentry's name for it; the other categories are not sent from here.
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "transaction" => Self::Transaction,
            "span" => Self::Span,
            "error" => Self::Error,
            "monitor" => Self::Monitor,
            _ => return None,
        })
    }
}

/// One limit of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What it is for.
    pub category: Category,
    /// How long it holds from the response on; at most [`MAX_LENGTH`].
    pub time: Duration,
}

/// Reads `Retry-After`: a number of seconds, which may have a fraction, or an HTTP date (RFC 9110, section 10.2.3).
/// A date that is past means now. `None`: it is neither.
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    seconds(text).or_else(|| {
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(now).unwrap_or_default().min(MAX_LENGTH))
    })
}

/// Reads `X-Sentry-Rate-Limits`: `retry_after:categories:scope:reason_code:namespaces`, several with commas between
/// them. At most one limit a category comes of it, the longest.
pub fn rate_limits(text: &str) -> Vec<Limit> {
    let mut limits: Vec<Limit> = Vec::new();
    for group in text.split(',') {
        let mut fields = group.split(':').map(str::trim);
        let Some(time) = fields.next().and_then(seconds) else { continue };
        // What has no second field has no scope either, and is no limit of Sentry's.
        let Some(words) = fields.next() else { continue };
        let categories: Vec<Category> = match words {
            "" => vec![Category::All],
            _ => words.split(';').filter_map(|word| Category::from_word(word.trim())).collect(),
        };
        for category in categories {
            match limits.iter_mut().find(|known| known.category == category) {
                Some(known) => known.time = known.time.max(time),
                None => limits.push(Limit { category, time }),
            }
        }
    }
    limits
}

/// The limits that a response with these headers sets. A 429 that names none of Sentry's own limits everything.
pub fn of_response(
    status: u16,
    retry_after_header: Option<&str>,
    rate_limits_header: Option<&str>,
    now: SystemTime,
) -> Vec<Limit> {
    let is_limit = |group: &str| group.split_once(':').is_some_and(|(time, _)| seconds(time).is_some());
    let has_limits = |text: &&str| text.split(',').any(is_limit);
    match rate_limits_header.filter(has_limits) {
        Some(text) => rate_limits(text),
        None if status == 429 => {
            let time = retry_after_header.and_then(|text| retry_after(text, now)).unwrap_or(DEFAULT);
            vec![Limit { category: Category::All, time }]
        }
        None => Vec::new(),
    }
}

/// Seconds of the form `60` or `2.5`, at most [`MAX_LENGTH`].
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    // More digits than a number can hold become infinity, which is more than the longest, too.
    let seconds: f64 = text.parse().ok()?;
    Some(Duration::from_secs_f64(seconds.min(MAX_LENGTH.as_secs_f64())))
}

/// The limits that still hold, also across a freeze of the sandbox.
#[derive(Clone, Debug, Default)]
pub struct Limits(Vec<(Limit, SuspendAwareInstant)>);

/// A limit that still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveLimit {
    /// What it is for.
    pub category: Category,
    /// How much longer it holds.
    pub left: Duration,
}

impl Limits {
    /// Adds the limits of a response received at `now`. A shorter one does not replace a longer one.
    pub fn add(&mut self, limits: &[Limit], now: SuspendAwareInstant) {
        for new in limits {
            match self.0.iter_mut().find(|(known, _)| known.category == new.category) {
                Some((known, since)) if left(known, *since, now) < new.time => (*known, *since) = (*new, now),
                Some(_) => {}
                None => self.0.push((*new, now)),
            }
        }
    }

    /// The limit that keeps an envelope of this category from being sent at `now`: of several, the one that ends last.
    pub fn active(&self, category: Category, now: SuspendAwareInstant) -> Option<ActiveLimit> {
        let of = self.0.iter().filter(|(limit, _)| limit.category == category || limit.category == Category::All);
        let left = of.map(|(limit, since)| ActiveLimit { category: limit.category, left: left(limit, *since, now) });
        left.filter(|limit| !limit.left.is_zero()).max_by_key(|limit| limit.left)
    }
}

fn left(limit: &Limit, since: SuspendAwareInstant, now: SuspendAwareInstant) -> Duration {
    limit.time.saturating_sub(now.since(since))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// 1994-11-06 08:49:37 UTC, of RFC 9110.
    fn rfc() -> SystemTime {
        SystemTime::UNIX_EPOCH + secs(784_111_777)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let before = rfc() - secs(90);
        for (text, wanted) in [
            ("120", Some(secs(120))),
            (" 0 ", Some(secs(0))),
            ("2.5", Some(Duration::from_millis(2500))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(secs(90))),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(secs(90))),
            ("Sun Nov  6 08:49:37 1994", Some(secs(90))),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(secs(0))),
            ("Sat, 06 Nov 2094 08:49:37 GMT", Some(MAX_LENGTH)),
            ("99999999999999999999999", Some(MAX_LENGTH)),
            ("-5", None),
            ("1e3", None),
            ("inf", None),
            ("NaN", None),
            ("1.2.3", None),
            (".", None),
            ("", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(text, before), wanted, "{text:?}");
        }
        let endless = "9".repeat(5000);
        assert_eq!(retry_after(&endless, before), Some(MAX_LENGTH));
    }

    #[test]
    fn rate_limits_are_by_category_and_the_longest_counts() {
        use Category::{All, Error, Monitor, Span, Transaction};
        for (text, wanted) in [
            ("60:transaction:key", vec![(Transaction, 60)]),
            ("60:transaction;error:organization:usage_exceeded", vec![(Transaction, 60), (Error, 60)]),
            ("60::organization", vec![(All, 60)]),
            (
                "60:transaction:key, 2700:default;error;security:organization:quota",
                vec![(Transaction, 60), (Error, 2700)],
            ),
            ("10:span:project:x:ns1;ns2,20:monitor:key", vec![(Span, 10), (Monitor, 20)]),
            ("60:error:key,30:error:key,90:error:key,1::key", vec![(Error, 90), (All, 1)]),
            // A category of which nothing is sent is not all of them.
            ("60:metric_bucket:organization:quota:custom", vec![]),
            ("60:session;foo;transaction:key", vec![(Transaction, 60)]),
            ("99999999999999999999:error:key", vec![(Error, MAX_LENGTH.as_secs())]),
            // What is not understood takes nothing from the rest.
            ("what?,:error:key,-1:error:key,60,,::,5:transaction:key,NaN:error:key", vec![(Transaction, 5)]),
            (" 7 : error ; transaction : key ", vec![(Error, 7), (Transaction, 7)]),
            ("", vec![]),
        ] {
            let wanted: Vec<Limit> =
                wanted.into_iter().map(|(category, time)| Limit { category, time: secs(time) }).collect();
            assert_eq!(rate_limits(text), wanted, "{text:?}");
        }
        assert_eq!(rate_limits("0.5:error:key")[0].time, Duration::from_millis(500));
    }

    #[test]
    fn sentrys_own_header_comes_first() {
        let all = |seconds| vec![Limit { category: Category::All, time: secs(seconds) }];
        let error = vec![Limit { category: Category::Error, time: secs(9) }];
        for (status, after, limits, wanted) in [
            (429, Some("5"), Some("9:error:key"), error.clone()),
            (200, None, Some("9:error:key"), error),
            (429, Some("5"), None, all(5)),
            (429, None, None, all(60)),
            (429, Some("soon"), None, all(60)),
            (429, Some("5"), Some("garbage"), all(5)),
            (429, Some("5"), Some("60"), all(5)),
            // It says what is limited: not us.
            (429, Some("5"), Some("9:session:key"), vec![]),
            (503, Some("5"), None, vec![]),
            (200, Some("5"), None, vec![]),
        ] {
            assert_eq!(of_response(status, after, limits, rfc()), wanted, "{status} {after:?} {limits:?}");
        }
    }

    #[test]
    fn a_limit_holds_for_its_category_until_it_ends() {
        let start = SuspendAwareInstant::now();
        let mut limits = Limits::default();
        limits.add(&rate_limits("10:transaction:key,2::key"), start);
        // A shorter one that comes later takes nothing away.
        limits.add(&rate_limits("1:transaction:key"), start);
        let left = |category, after| limits.active(category, start + secs(after)).map(|limit| limit.left);
        assert_eq!(left(Category::Transaction, 0), Some(secs(10)));
        assert_eq!(left(Category::Error, 1), Some(secs(1)));
        assert_eq!(left(Category::of(Kind::Other), 1), Some(secs(1)));
        assert_eq!(left(Category::Error, 2), None);
        assert_eq!(left(Category::Transaction, 9), Some(secs(1)));
        assert_eq!(left(Category::Transaction, 10), None);
    }

    #[test]
    fn a_limit_ends_while_the_sandbox_is_frozen() {
        let start = SuspendAwareInstant::now();
        let mut limits = Limits::default();
        limits.add(&rate_limits("60:transaction:key"), start);
        assert!(limits.active(Category::Transaction, start.after_suspension(secs(59))).is_some());
        assert_eq!(limits.active(Category::Transaction, start.after_suspension(secs(60))), None);
        // A new one counts from then on.
        limits.add(&rate_limits("5:transaction:key"), start.after_suspension(secs(60)));
        assert_eq!(
            limits.active(Category::Transaction, start.after_suspension(secs(61))).map(|limit| limit.left),
            Some(secs(4))
        );
    }
}
