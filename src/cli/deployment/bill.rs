//! What a month costs, at list prices.

use super::usage::Usage;

/// The function's memory, unless the stack has another value.
pub(crate) const MEMORY_MB: u32 = 128;
/// Assumption: how much an invocation logs, in GB.
const LOG: f64 = 1e-6;
/// Assumption: the share of runs that fail and become an error event.
pub const FAILURES: f64 = 0.001;

/// Who sends the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Prices of us-east-1; other regions differ by a few per cent. Free tiers are not counted.
    Aws,
    /// Pay-as-you-go prices of the Team plan. What the plan includes is not counted.
    Sentry,
}

impl Vendor {
    /// The vendor's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Sentry => "Sentry",
        }
    }
}

/// A list price.
#[derive(Debug)]
pub struct Price {
    /// Who charges it.
    pub vendor: Vendor,
    /// For what.
    pub what: &'static str,
    /// What is counted, in the plural.
    pub unit: &'static str,
    /// The price in words.
    pub listed: &'static str,
    /// Dollars for `per` units.
    pub dollars: f64,
    /// How many units the price is for.
    pub per: f64,
    /// The year in which it was the list price.
    pub year: u16,
    /// Where it is listed.
    pub source: &'static str,
    /// How many units are used.
    amount: fn(&Usage) -> f64,
}

/// Every price in the bill.
pub static PRICES: [Price; 9] = [
    Price {
        vendor: Vendor::Aws,
        what: "Lambda requests",
        unit: "requests",
        listed: "$0.20 a million",
        dollars: 0.20,
        per: 1e6,
        year: 2025,
        source: "https://aws.amazon.com/lambda/pricing/",
        amount: |usage| usage.invocations,
    },
    Price {
        vendor: Vendor::Aws,
        // x86_64 is a quarter more: $0.0000166667.
        what: "Lambda time (arm64, 128 MB)",
        unit: "GB-seconds",
        listed: "$0.0000133334 each",
        dollars: 0.000_013_333_4,
        per: 1.0,
        year: 2025,
        source: "https://aws.amazon.com/lambda/pricing/",
        amount: |usage| usage.seconds * f64::from(MEMORY_MB) / 1024.0,
    },
    Price {
        vendor: Vendor::Aws,
        what: "KMS, to decrypt the DSN",
        unit: "requests",
        listed: "$0.03 for 10,000",
        dollars: 0.03,
        per: 10_000.0,
        year: 2025,
        source: "https://aws.amazon.com/kms/pricing/",
        amount: |usage| usage.invocations,
    },
    Price {
        vendor: Vendor::Aws,
        what: "SSM parameters over 4 KiB",
        unit: "parameters",
        listed: "$0.05 each",
        dollars: 0.05,
        per: 1.0,
        year: 2025,
        source: "https://aws.amazon.com/systems-manager/pricing/",
        amount: |usage| usage.advanced_parameters,
    },
    Price {
        vendor: Vendor::Aws,
        what: "reads of these",
        unit: "reads",
        listed: "$0.05 for 10,000",
        dollars: 0.05,
        per: 10_000.0,
        year: 2025,
        source: "https://aws.amazon.com/systems-manager/pricing/",
        amount: |usage| usage.advanced_reads,
    },
    Price {
        vendor: Vendor::Aws,
        what: "CloudWatch Logs",
        unit: "GB",
        listed: "$0.50 each",
        dollars: 0.50,
        per: 1.0,
        year: 2025,
        source: "https://aws.amazon.com/cloudwatch/pricing/",
        amount: |usage| usage.invocations * LOG,
    },
    Price {
        vendor: Vendor::Aws,
        what: "CloudWatch alarms",
        unit: "alarms",
        listed: "$0.10 each",
        dollars: 0.10,
        per: 1.0,
        year: 2025,
        source: "https://aws.amazon.com/cloudwatch/pricing/",
        amount: |usage| usage.alarms,
    },
    Price {
        vendor: Vendor::Sentry,
        what: "Sentry spans",
        unit: "spans",
        listed: "$2.00 a million",
        dollars: 2.0,
        per: 1e6,
        year: 2025,
        source: "https://docs.sentry.io/pricing/",
        amount: |usage| usage.spans,
    },
    Price {
        vendor: Vendor::Sentry,
        what: "Sentry errors (1 of 1,000 runs)",
        unit: "errors",
        listed: "$0.3625 for 1,000",
        dollars: 0.362_5,
        per: 1000.0,
        year: 2025,
        source: "https://docs.sentry.io/pricing/",
        amount: |usage| usage.runs * FAILURES,
    },
];

/// What a month's usage costs.
#[derive(Clone, Debug)]
pub struct Bill {
    /// A line for each of [`PRICES`].
    pub items: Vec<Item>,
}

/// A line of the bill.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// The price.
    pub price: &'static Price,
    /// How many units.
    pub amount: f64,
    /// What they cost.
    pub dollars: f64,
}

impl Bill {
    /// The bill for this usage.
    pub fn of(usage: &Usage) -> Self {
        let item = |price: &'static Price| {
            let amount = (price.amount)(usage);
            Item { price, amount, dollars: amount / price.per * price.dollars }
        };
        Self { items: PRICES.iter().map(item).collect() }
    }

    /// The total for one vendor, in dollars.
    pub fn total_of(&self, vendor: Vendor) -> f64 {
        self.items.iter().filter(|item| item.price.vendor == vendor).map(|item| item.dollars).sum()
    }

    /// The total, in dollars.
    pub fn total(&self) -> f64 {
        self.items.iter().map(|item| item.dollars).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_read_is_what_is_counted() {
        for Price { listed, dollars, per, .. } in &PRICES {
            let unit = [("each", 1.0), ("for 1,000", 1e3), ("for 10,000", 1e4), ("a million", 1e6)];
            let (number, unit) =
                unit.iter().find_map(|(text, per)| Some((listed.strip_suffix(text)?, per))).expect("a unit");
            let number: f64 = number.trim().trim_start_matches('$').parse().expect("a number");
            assert_eq!((number, *unit), (*dollars, *per), "{listed}");
        }
    }

    #[test]
    fn the_bill_is_what_the_price_lists_say() {
        let usage = Usage {
            invocations: 43_800.0,
            seconds: 43_800.0 * 0.8,
            runs: 43_800.0,
            spans: 43_800.0 * 9.0,
            advanced_parameters: 1.0,
            advanced_reads: 43_800.0,
            alarms: 2.0,
        };
        let bill = Bill::of(&usage);
        let cents: Vec<f64> = bill.items.iter().map(|item| (item.dollars * 1e4).round() / 100.0).collect();
        assert_eq!(cents, [0.88, 5.84, 13.14, 5.0, 21.9, 2.19, 20.0, 78.84, 1.59]);
        assert!((bill.total() - bill.total_of(Vendor::Aws) - bill.total_of(Vendor::Sentry)).abs() < 1e-9);
        assert_eq!(Bill::of(&Usage::default()).total(), 0.0);
    }
}
