//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, keeps the phases before it, and
//! costs no more than its timeout.

mod support;

use support::cli::Desk;
use support::faults::Fault;

/// One test for each fault of the catalogue, and the list of all of them.
macro_rules! faults {
    ($($area:ident: $($name:ident,)+;)+) => {
        $(mod $area {
            $(#[tokio::test]
            async fn $name() {
                crate::support::faults::$area::$name().await.check().await;
            })+
        })+

        /// Every fault, ready to be met, with its name, by area.
        async fn all() -> Vec<(&'static str, Vec<(&'static str, Fault)>)> {
            vec![$((stringify!($area), vec![$((stringify!($name), support::faults::$area::$name().await),)+]),)+]
        }
    };
}

faults! {
    names:
        a_name_that_does_not_exist_is_not_found,
    ;
    connecting:
        a_closed_port_refuses,
    ;
}

/// To look at it: `cargo test --test faults page -- --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_are_told_on_one_page() {
    let mut areas = all().await;
    // `sentrynet run` asks the system's name servers, whatever they are here.
    areas.iter_mut().for_each(|(_, faults)| faults.retain(|(_, fault)| fault.is_for_everyone()));
    areas.retain(|(_, faults)| !faults.is_empty());
    let mut config = "groups:\n".to_owned();
    for (area, faults) in &areas {
        config += &format!("  - name: {area}\n    probes:\n");
        faults.iter().for_each(|(name, fault)| config += &fault.yaml(&name.replace('_', " ")));
    }
    let ran = tokio::task::spawn_blocking(move || Desk::with(&config).run(&["run", "--json"])).await.expect("it runs");
    println!("{}", ran.err);
    assert_eq!(ran.code, 1, "{}", ran.err);

    let page = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for (summary, (area, faults)) in ran.json().iter().zip(&areas) {
        assert_eq!(summary["group"], *area);
        for (result, (name, fault)) in summary["results"].as_array().expect("results").iter().zip(faults) {
            assert_eq!(result["title"], name.replace('_', " "));
            assert_eq!(result["kind"].as_str(), fault.kind(), "{result:#}");
            let Some(sentence) = result["error"].as_str() else { continue };
            assert!(fault.says(sentence), "{result:#}");
            assert!(
                page.contains(&sentence.split_whitespace().collect::<Vec<_>>().join(" ")),
                "{sentence}\n{}",
                ran.err
            );
        }
    }
    assert_eq!(ran.json().len(), areas.len(), "a summary for each group");
}
