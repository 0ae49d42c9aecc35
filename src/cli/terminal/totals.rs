//! The totals: how many runs ended how, and how much was delivered.

use std::io;
use std::io::Write;
use std::time::Duration;

use super::report::{BAD, DIM, Terminal};
use super::text::length;
use crate::cli::palette::Colour;
use crate::outcome::Outcome;
use crate::sentry::Delivered;

impl Terminal<'_> {
    /// Shows the totals. `delivered` is `None` where there was no DSN.
    pub fn summary<'a>(
        &self,
        out: &mut dyn Write,
        outcomes: impl IntoIterator<Item = &'a Outcome>,
        duration: Duration,
        delivered: Option<&Delivered>,
    ) -> io::Result<()> {
        let mut counts = ["ok", "degraded", "failed", "skipped"].map(|status| (status, 0));
        for outcome in outcomes {
            let count = counts.iter_mut().find(|(status, _)| *status == outcome.status.as_str());
            count.into_iter().for_each(|(_, count)| *count += 1);
        }
        let mut parts = Vec::new();
        let mut plain = format!(" in {}", length(duration)).len();
        for (status, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let style = Colour::of_status(status).style();
            plain += format!("{count} {status}, ").len();
            parts.push(format!("{style}{count} {status}{style:#}"));
        }
        if parts.is_empty() {
            parts.push("no runs".into());
        }
        let separator = if plain > self.width { ",\n" } else { ", " };
        writeln!(out, "{} in {}", parts.join(separator), length(duration))?;
        match delivered {
            Some(delivered) => self.delivery(out, delivered),
            None => Ok(()),
        }
    }

    /// Shows how much was delivered, and why some was not.
    pub fn delivery(&self, out: &mut dyn Write, delivered: &Delivered) -> io::Result<()> {
        let Delivered { envelopes, delivered: arrived, duration, .. } = delivered;
        let style = if arrived == envelopes { DIM } else { BAD };
        let counts = format!("{arrived} of {envelopes} envelopes delivered to Sentry in {}", length(*duration));
        self.paragraph(out, style, &counts, "")?;
        delivered.problems.iter().try_for_each(|problem| self.paragraph(out, BAD, problem, "  "))
    }

    /// Says that nothing was delivered for want of a DSN.
    pub fn no_dsn(&self, out: &mut dyn Write) -> io::Result<()> {
        self.paragraph(out, DIM, "nothing delivered: there is no DSN", "")
    }
}
