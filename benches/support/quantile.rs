//! Quantiles of figures.

/// The quantile `q` of some figures, by the nearest rank.
pub fn quantile(figures: &[f64], q: f64) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}
