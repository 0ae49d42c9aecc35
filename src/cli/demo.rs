//! `sentrynet demo`: shows the whole thing on loopback.

use std::io::{self, Write};
use std::time::Duration;

use super::Exit;
use crate::config::Redactor;
use crate::demo::{self, received};
use crate::report::terminal::{Glyphs, Part, Shown, Terminal};

/// Runs the demo, and shows what its Sentry received.
pub(super) async fn demo(out: &mut (dyn Write + Send), err: &mut (dyn Write + Send)) -> io::Result<Exit> {
    let demo = match demo::run().await {
        Ok(demo) => demo,
        Err(error) => {
            writeln!(err, "{error}")?;
            return Ok(Exit::Unusable);
        }
    };
    let redactor = Redactor::default();
    let terminal = Terminal::new(Terminal::columns(), &redactor).with(Glyphs::of(&io::stdout()));
    terminal.section(out, "The targets, all on loopback")?;
    for line in demo.text.lines().map(|line| line.trim().trim_start_matches("- ")) {
        if line.starts_with("title:") || line.starts_with("url:") {
            writeln!(out, "  {line}")?;
        }
    }
    let runs = received::runs(&demo.received);
    terminal.section(out, "Transactions, as Sentry received them")?;
    terminal.waterfalls(out, &[Part { heading: None, outcomes: &runs }], Shown::Everything)?;
    let issues = received::issues(&demo.received);
    terminal.section(out, "Issues, as Sentry received them")?;
    for issue in &issues {
        writeln!(out, "  {} in {}", issue.kind, issue.transaction)?;
        writeln!(out, "    {}", issue.value)?;
        writeln!(out, "    trace {}", issue.trace_id)?;
    }
    terminal.section(out, "The function's answer")?;
    let finished = &demo.finished;
    let outcomes = &finished.outcomes;
    let duration = Duration::from_secs_f64(finished.summary.duration_ms / 1000.0);
    terminal.table(out, &[Part { heading: None, outcomes }], Shown::Everything)?;
    terminal.summary(out, outcomes, duration, finished.delivered.as_ref())?;
    writeln!(out, "\nTwo targets are broken on purpose: one is down, one has an old certificate.")?;
    writeln!(out, "Next: write config/sentrynet.yaml, then `sentrynet check` and `sentrynet run`.")?;
    Ok(Exit::Fine)
}
