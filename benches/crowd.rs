//! Whether probes that are due at once measure each other: 500 in one group beside ten, and 50 with the processor that Lambda
//! gives a function of 128 MB.
//!
//! The target is a process of its own. A quota needs a control group, which root can make.

mod support {
    #[path = "../../tests/support/authority.rs"]
    pub mod authority;
    pub mod bed;
    #[path = "../../tests/support/prepare.rs"]
    pub mod prepare;
    pub mod quantile;
    pub mod quota;
    pub mod request;
    pub mod site;
    pub mod table;
}

use std::process::Command;
use std::time::Instant;

use sentrynet::outcome::Outcome;
use sentrynet::outcome::phase::Op;
use support::bed::runtime;
use support::quantile::quantile;
use support::quota::Quota;
use support::site::Site;
use support::table;

const ROUNDS: usize = 5;
const FEW: usize = 10;
const MANY: usize = 500;

/// What Lambda gives 128 MB: so much of each period, in µs.
const QUOTA: (u32, u32) = (1440, 20_000);
const THROTTLED: usize = 50;

fn main() {
    if support::site::serves() {
        return;
    }
    if let Some(url) = argument("throttled=") {
        return print_phases(&url);
    }
    tell_crowd();
    tell_throttled();
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip(1).find_map(|argument| argument.strip_prefix(name).map(str::to_owned))
}

fn durations(outcomes: &[Outcome]) -> Vec<f64> {
    outcomes.iter().map(|outcome| outcome.duration.as_secs_f64() * 1e3).collect()
}

fn tell_crowd() {
    let site = Site::start("serve=0,100");
    let (few, many, runtime) = (site.bed(FEW), site.bed(MANY), runtime());
    few.run(&runtime);
    let (mut of_few, mut of_many, mut walls, mut stalls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..ROUNDS {
            of_few.extend(durations(&few.run(&runtime)));
        }
        let started = Instant::now();
        let outcomes = many.run(&runtime);
        walls.push(started.elapsed().as_secs_f64() * 1e3);
        of_many.extend(durations(&outcomes));
        stalls.extend(outcomes.iter().map(|outcome| outcome.stall.as_secs_f64() * 1e3));
    }
    let at = |figures: &[f64], q| quantile(figures, q).unwrap_or(f64::NAN);
    for (name, q, bar) in [("median", 0.5, 1.0), ("99th percentile", 0.99, 5.0)] {
        let (few, many) = (at(&of_few, q), at(&of_many, q));
        table::row(
            &format!("{MANY} due at once, one group: {name} of a run, beside {FEW}"),
            &format!("{many:.2} ms beside {few:.2}"),
            Some((&format!("+{bar} ms"), many <= few + bar)),
        );
    }
    let wall = at(&walls, 0.5);
    table::row(
        &format!("{MANY} due at once, one group: wall"),
        &format!("{wall:.0} ms"),
        Some(("1000 ms", wall <= 1000.0)),
    );
    let told = format!("median {:.2} ms, 99th percentile {:.2} ms", at(&stalls, 0.5), at(&stalls, 0.99));
    table::row(&format!("{MANY} due at once, one group: `stall_ms`"), &told, None);
}

fn tell_throttled() {
    let site = Site::start("serve=60,100");
    let what = format!("{THROTTLED} TLS probes with 0.072 of a processor");
    let Some(quota) = Quota::of(QUOTA) else {
        return table::row(&what, "not measured: no control group can be made here", None);
    };
    let measure = |quota: Option<&Quota>| {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(format!("throttled={}", serde_json::json!([site.url, site.authority])));
        let output = match quota {
            Some(quota) => quota.output(&command),
            None => command.output(),
        };
        let output = output.expect("a process");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<[Vec<f64>; 3]>(&output.stdout).expect("figures")
    };
    let ([tls, wait, _], [throttled_tls, throttled_wait, stalls]) = (measure(None), measure(Some(&quota)));
    let at = |figures: &[f64], q| quantile(figures, q).unwrap_or(f64::NAN);
    let row = |name: &str, whole: f64, throttled: f64, bar: f64| {
        table::row(
            &format!("{what}: {name}, beside a whole one"),
            &format!("{throttled:.2} ms beside {whole:.2}"),
            Some((&format!("+{bar} ms"), throttled <= whole + bar)),
        );
    };
    row("`net.tls`, median", at(&tls, 0.5), at(&throttled_tls, 0.5), 3.0);
    row("`net.tls`, 95th percentile", at(&tls, 0.95), at(&throttled_tls, 0.95), 20.0);
    row("`http.wait`, median", at(&wait, 0.5), at(&throttled_wait, 0.5), 3.0);
    let told = format!("median {:.2} ms, 95th percentile {:.2} ms", at(&stalls, 0.5), at(&stalls, 0.95));
    table::row(&format!("{what}: `stall_ms`"), &told, None);
}

/// Runs the probes twice, as a function does that is warm, and prints the second's phases and stalls.
fn print_phases(site: &str) {
    let (url, authority): (String, String) = serde_json::from_str(site).expect("a URL and an authority");
    let (bed, runtime) = (support::bed::bed(&url, &authority, THROTTLED), runtime());
    bed.run(&runtime);
    let outcomes = bed.run(&runtime);
    let of = |op: Op| -> Vec<f64> {
        let spans = outcomes.iter().flat_map(|outcome| &outcome.spans).filter(|span| span.op == op);
        spans.map(|span| (span.end - span.start).as_secs_f64() * 1e3).collect()
    };
    let stalls: Vec<f64> = outcomes.iter().map(|outcome| outcome.stall.as_secs_f64() * 1e3).collect();
    println!("{}", serde_json::json!([of(Op::NetTls), of(Op::HttpWait), stalls]));
}
