//! The plan as tables for people, or as lines where the terminal is too narrow for tables.

use std::io;
use std::io::Write;
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::cli::deployment::{FAILURES, OVERHEAD, Plan, PlannedItem, PlannedRegion, PlannedRule, PlannedTarget, RUN};
use crate::cli::terminal::{PLAIN, QUIET, Terminal, cut, width};
use crate::schema::value::show_duration;
use crate::wording::counted;

/// Expressions are not cut shorter than this; `--json` has them in full.
const MIN_EXPRESSION_LENGTH: usize = 13;

/// Shows the rules, the bill, and the assumptions.
pub(crate) fn show(out: &mut dyn Write, terminal: &Terminal<'_>, plan: &Plan) -> io::Result<()> {
    terminal.heading(out, &format!("Rules in {}", plan.regions.join(", ")))?;
    match rule_table(plan, terminal.width()) {
        Some(lines) => rules(out, terminal, plan, &lines)?,
        None => rule_lines(out, terminal, plan)?,
    }
    terminal.section(out, "A month at list prices")?;
    match bill_table(plan, terminal.width()) {
        Some(lines) => table_lines(out, &lines)?,
        None => bill_lines(out, terminal, plan)?,
    }
    writeln!(out)?;
    notes(plan).iter().try_for_each(|note| terminal.paragraph(out, QUIET, note, ""))
}

/// The head of the table, then a line for each region of each rule; `None` where there is no room for it.
fn rule_table(plan: &Plan, width: usize) -> Option<Vec<String>> {
    let regions = || plan.rules.iter().flat_map(|rule| &rule.regions);
    let of = |longest: usize| {
        let mut table = table(&["  region", "every + phase", "cron (UTC)", "a day", "runs/month", "$/month"]);
        for region in regions() {
            table.add_row([
                format!("  {}", region.region),
                due(region),
                cut(fields(region), longest),
                count(region.firings_a_day.into()),
                count(region.runs_a_month),
                dollars(region.dollars_a_month),
            ]);
        }
        lines(table, &[3, 4, 5])
    };
    let longest = regions().map(|region| fields(region).len()).max().unwrap_or(0);
    let lines = of(longest);
    let beyond = widest(&lines).saturating_sub(width);
    if beyond == 0 {
        return Some(lines);
    }
    let room = longest.checked_sub(beyond).filter(|room| *room >= MIN_EXPRESSION_LENGTH)?;
    Some(of(room)).filter(|lines| widest(lines) <= width)
}

fn rules(out: &mut dyn Write, terminal: &Terminal<'_>, plan: &Plan, lines: &[String]) -> io::Result<()> {
    let mut lines = lines.iter();
    table_lines(out, lines.next().map(std::slice::from_ref).unwrap_or_default())?;
    for PlannedRule { name, targets, regions } in &plan.rules {
        let targets: Vec<String> = targets.iter().map(target).collect();
        terminal.paragraph(out, PLAIN, &format!("{name}: {}", targets.join("; ")), "")?;
        lines.by_ref().take(regions.len()).try_for_each(|line| writeln!(out, "{line}"))?;
    }
    Ok(())
}

fn rule_lines(out: &mut dyn Write, terminal: &Terminal<'_>, plan: &Plan) -> io::Result<()> {
    for PlannedRule { name, targets, regions } in &plan.rules {
        terminal.paragraph(out, PLAIN, name, "")?;
        targets.iter().try_for_each(|one| terminal.paragraph(out, QUIET, &target(one), "  "))?;
        for region in regions {
            let PlannedRegion { region: place, firings_a_day, runs_a_month, dollars_a_month, .. } = region;
            let figures = format!(
                "{place}: {}; {}, {} a day; {} runs, ${} a month",
                due(region),
                cut(&region.expression, terminal.width().saturating_sub(4)),
                count((*firings_a_day).into()),
                count(*runs_a_month),
                dollars(*dollars_a_month)
            );
            terminal.paragraph(out, PLAIN, &figures, "  ")?;
        }
    }
    Ok(())
}

/// The items that cost something.
fn items(plan: &Plan) -> impl Iterator<Item = &PlannedItem> {
    plan.bill.iter().filter(|item| item.amount > 0.0)
}

/// The head of the table, then a line for each item and each sum; `None` where there is no room for it.
fn bill_table(plan: &Plan, width: usize) -> Option<Vec<String>> {
    let mut table = table(&["", "amount", "price", "$/month"]);
    for item in items(plan) {
        let amount = format!("{} {}", amount(item.amount), item.unit);
        table.add_row([item.what, &amount, item.listed, &dollars(item.dollars)]);
    }
    let totals = &plan.totals;
    for (name, sum) in [
        ("AWS", totals.aws_dollars_a_month),
        ("Sentry", totals.sentry_dollars_a_month),
        ("AWS and Sentry", totals.dollars_a_month),
    ] {
        table.add_row([name, "", "", &dollars(sum)]);
    }
    Some(lines(table, &[1, 3])).filter(|lines| widest(lines) <= width)
}

fn bill_lines(out: &mut dyn Write, terminal: &Terminal<'_>, plan: &Plan) -> io::Result<()> {
    for item in items(plan) {
        let PlannedItem { what, unit, .. } = item;
        let line = format!("{what}: {} {unit}, ${}", amount(item.amount), dollars(item.dollars));
        terminal.paragraph(out, PLAIN, &line, "")?;
    }
    let totals = &plan.totals;
    let (aws, sentry) = (dollars(totals.aws_dollars_a_month), dollars(totals.sentry_dollars_a_month));
    let sum = format!("total: ${} (AWS ${aws}, Sentry ${sentry})", dollars(totals.dollars_a_month));
    terminal.paragraph(out, PLAIN, &sum, "")
}

/// A table as wide as its content.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.to_vec());
    table
}

/// The lines of a table; the columns `numbers` are aligned to the right.
fn lines(mut table: Table, numbers: &[usize]) -> Vec<String> {
    let last = table.column_count().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index == last { 0 } else { 2 }));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| width(line)).max().unwrap_or(0)
}

fn table_lines(out: &mut dyn Write, lines: &[String]) -> io::Result<()> {
    for (index, line) in lines.iter().enumerate() {
        let style = if index == 0 { QUIET } else { PLAIN };
        writeln!(out, "{style}{line}{style:#}")?;
    }
    Ok(())
}

/// `website: 2 probes every 5m`.
fn target(target: &PlannedTarget) -> String {
    let PlannedTarget { group, every, probes } = target;
    format!("{group}: {} every {}", counted(*probes, "probe"), show_duration(Duration::from_secs(*every)))
}

/// `5m`, `5m + 2m`, or `disabled`.
fn due(region: &PlannedRegion) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cadence in &region.cadences {
        let show = |seconds| show_duration(Duration::from_secs(seconds));
        let text = match cadence.phase {
            0 => show(cadence.period),
            phase => format!("{} + {}", show(cadence.period), show(phase)),
        };
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.is_empty() { "disabled".to_owned() } else { texts.join(", ") }
}

/// The fields of the expression that differ between rules.
fn fields(region: &PlannedRegion) -> &str {
    region.expression.trim_start_matches("cron(").trim_end_matches(" * * ? *)")
}

/// A number rounded to an integer, with commas.
fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number rounded to an integer, or to two decimals if it is small.
fn amount(number: f64) -> String {
    if number == 0.0 || number >= 10.0 { count(number) } else { format!("{number:.2}") }
}

fn dollars(dollars: f64) -> String {
    if dollars >= 1000.0 { count(dollars) } else { format!("{dollars:.2}") }
}

fn notes(plan: &Plan) -> Vec<String> {
    let years: Vec<u16> = plan.bill.iter().map(|item| item.year).collect();
    let year = years.iter().min().copied().unwrap_or_default();
    vec![
        format!(
            "List prices of {year}: AWS in us-east-1, Sentry's pay-as-you-go prices of the Team plan. Free tiers, included \
             quotas, taxes and data transfer are not counted. EventBridge rules and SSM parameters up to 4 KiB are free."
        ),
        format!(
            "Assumptions: a run takes {} and leaves the spans of a successful run without redirects; an invocation takes {} in \
             addition to its runs and to waiting for ticks within the minute, and reads its parameters; {} of 1,000 runs fails.",
            show_duration(RUN),
            show_duration(OVERHEAD),
            FAILURES * 1000.0
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::deployment::Schedule;
    use crate::config::{Document, read};
    use crate::schema::Secrets;
    use crate::secrets::Redactor;

    fn shown(width: usize) -> String {
        let text = "regions: [eu-west-1, us-east-1, ap-southeast-2]
groups:
  - name: website
    probes:
      - {probe: probes.http, url: 'https://www.example.com/', every: 1m}
      - {probe: probes.http, url: 'https://www.example.org/', every: 75}
  - {name: shop, regions: [us-east-1], probes: [{probe: probes.http, url: 'https://shop.example/', every: 10}]}
";
        let config = read(&Document::parse("a.yaml", text.as_bytes()).expect("YAML"), &Secrets::placeholders());
        let config = config.expect("a configuration");
        let plan = Plan::of(&config, &Schedule::of(&config).expect("a schedule"), "here", None);
        let mut out = Vec::new();
        show(&mut out, &Terminal::new(Some(width), &Redactor::default()), &plan).expect("memory");
        anstream::adapter::strip_bytes(&out).into_vec().try_into().expect("UTF-8")
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_figure_is_lost() {
        for width in 30..=130 {
            let shown = shown(width);
            for line in shown.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert_eq!(line.trim_end(), line, "{width}");
            }
            let words: Vec<&str> =
                shown.split_whitespace().map(|word| word.trim_matches([',', ';', ':', '$'])).collect();
            for word in ["Every60", "ap-southeast-2", "disabled", "43,800", "262,800", "Sentry"] {
                assert!(words.contains(&word), "{width}: {word} in\n{shown}");
            }
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0.0, "0"), (999.4, "999"), (1000.0, "1,000"), (1_234_567.0, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(
            (amount(0.336), amount(10.4), dollars(0.004), dollars(1234.5)),
            ("0.34".into(), "10".into(), "0.00".into(), "1,234".into())
        );
    }
}
