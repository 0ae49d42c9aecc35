//! The data of the report, in the format that `model.js` reads. Compact, as there may be thousands of runs.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::cli::history::{History, Issue, PastRun, PastSpan, Series};
use crate::outcome::phase::Op;
use crate::outcome::rfc3339;

/// The whole data.
#[derive(Serialize)]
pub struct Content<'a> {
    /// SentryNet's version.
    version: &'static str,
    /// When the report was made, RFC 3339.
    made: String,
    /// After how many seconds the report reloads itself.
    reload: Option<u64>,
    /// All ops, which spans refer to by index, and whether each is a phase.
    ops: Vec<(&'static str, bool)>,
    /// The descriptions of spans, each once; spans refer to them by index.
    descriptions: Vec<&'a str>,
    probes: Vec<Probe<'a>>,
}

#[derive(Serialize)]
struct Probe<'a> {
    id: &'a str,
    group: &'a str,
    title: &'a str,
    kind: &'a str,
    location: &'a str,
    total: u64,
    degraded: u64,
    failed: u64,
    skipped: u64,
    issues: Vec<IssueContent<'a>>,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct IssueContent<'a> {
    cause: &'a str,
    count: u64,
    first: &'a str,
    last: &'a str,
    sentence: &'a str,
}

#[derive(Serialize)]
struct Run<'a> {
    status: &'a str,
    tick: &'a str,
    burst: u32,
    started: &'a str,
    ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    trace: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stall: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    falsified: bool,
    spans: Vec<SpanContent>,
}

/// `[op, parent or null, start, length, whether it went well, description]`.
struct SpanContent {
    op: usize,
    parent: Option<usize>,
    start: f64,
    length: f64,
    ok: bool,
    description: usize,
}

impl Serialize for SpanContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { op, parent, start, length, ok, description } = self;
        (op, parent, start, length, u8::from(*ok), description).serialize(serializer)
    }
}

/// Numbers the descriptions, most of which are the same in every run.
#[derive(Default)]
struct Descriptions<'a> {
    numbers: HashMap<&'a str, usize>,
    texts: Vec<&'a str>,
}

impl<'a> Descriptions<'a> {
    fn number(&mut self, text: &'a str) -> usize {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() - 1
        })
    }
}

impl<'a> Content<'a> {
    /// The data of these runs.
    pub fn new(history: &'a History, reload: Option<Duration>) -> Self {
        let mut descriptions = Descriptions::default();
        let probes = history.probes.iter().map(|series| Probe::new(series, &mut descriptions)).collect();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            made: rfc3339(OffsetDateTime::now_utc()),
            reload: reload.map(|reload| reload.as_secs().max(1)),
            ops: Op::ALL.iter().map(|op| (op.as_str(), op.is_phase())).collect(),
            descriptions: descriptions.texts,
            probes,
        }
    }
}

impl<'a> Probe<'a> {
    fn new(series: &'a Series, descriptions: &mut Descriptions<'a>) -> Self {
        let issue = |issue: &'a Issue| IssueContent {
            cause: issue.cause,
            count: issue.count,
            first: &issue.first,
            last: &issue.last,
            sentence: &issue.sentence,
        };
        Self {
            id: &series.id,
            group: &series.group,
            title: &series.title,
            kind: series.probe,
            location: &series.location,
            total: series.total,
            degraded: series.degraded,
            failed: series.failed,
            skipped: series.skipped,
            issues: series.issues.iter().map(issue).collect(),
            runs: series.runs.iter().map(|run| Run::new(run, descriptions)).collect(),
        }
    }
}

impl<'a> Run<'a> {
    fn new(run: &'a PastRun, descriptions: &mut Descriptions<'a>) -> Self {
        let result = &run.result;
        let mut span = |span: &'a PastSpan| SpanContent {
            op: Op::ALL.iter().position(|op| *op == span.op).unwrap_or_default(),
            parent: span.parent,
            start: span.start_ms,
            length: span.duration_ms,
            ok: span.ok,
            description: descriptions.number(&span.description),
        };
        Self {
            status: result.status,
            tick: &result.tick,
            burst: result.burst,
            started: &result.started,
            ms: result.duration_ms,
            kind: result.kind,
            error: result.error.as_deref(),
            trace: &result.trace_id,
            event: result.event_id.as_deref(),
            address: result.address.as_deref(),
            http: result.http_status,
            stall: result.stall_ms,
            falsified: result.falsified,
            spans: run.spans.iter().map(&mut span).collect(),
        }
    }
}
