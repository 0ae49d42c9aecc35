//! Medians and percentiles.

use std::collections::BTreeMap;

use super::quantile::quantile;

/// Figures by row, in rounds; the order of rows is that of their names in the table that is printed.
#[derive(Default)]
pub struct Figures(BTreeMap<&'static str, Vec<Vec<f64>>>);

impl Figures {
    /// Begins a round.
    pub fn begin_round(&mut self, rows: &[&'static str]) {
        for row in rows {
            self.0.entry(row).or_default().push(Vec::new());
        }
    }

    /// Adds a figure to the last round of a row.
    pub fn add(&mut self, row: &'static str, figure: f64) {
        if let Some(round) = self.0.get_mut(row).and_then(|rounds| rounds.last_mut()) {
            round.push(figure);
        }
    }

    /// The median of the rounds' medians, and how far the rounds' medians lie apart.
    pub fn median(&self, row: &str) -> Option<(f64, f64)> {
        let medians: Vec<f64> = self.0.get(row)?.iter().filter_map(|round| quantile(round, 0.5)).collect();
        let spread = quantile(&medians, 1.0)? - quantile(&medians, 0.0)?;
        Some((quantile(&medians, 0.5)?, spread))
    }

    /// The 99th percentile of the figures of all rounds, without their signs.
    pub fn p99(&self, row: &str) -> Option<f64> {
        let all: Vec<f64> = self.0.get(row)?.iter().flatten().map(|figure| figure.abs()).collect();
        quantile(&all, 0.99)
    }
}
