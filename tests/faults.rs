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
        a_name_without_an_address_is_not_found,
        a_name_without_an_address_of_the_family_asked_for_is_not_found,
        a_name_too_long_for_dns_is_not_found,
        an_alias_without_an_address_is_not_found,
        an_alias_of_a_name_that_does_not_exist_is_not_found,
        aliases_in_a_circle_are_not_found,
        a_name_server_that_fails_is_a_failure,
        a_name_server_that_refuses_is_a_failure,
        a_name_server_with_an_unusual_error_is_a_failure,
        a_name_server_that_answers_garbage_is_a_failure,
        an_answer_cut_off_without_one_over_tcp_is_a_failure,
        a_silent_name_server_times_out,
        a_name_server_that_is_given_up_times_out,
        silence_on_one_family_is_told_where_the_other_has_no_address,
        a_closed_port_of_a_name_server_times_out,
        a_name_server_that_is_late_is_waited_for,
    ;
    connecting:
        a_closed_port_refuses,
        a_closed_port_behind_a_name_refuses,
        all_addresses_are_named_when_they_refuse,
        a_black_hole_times_out,
        all_addresses_are_named_when_they_are_silent,
        a_silent_address_before_one_that_refuses_times_out,
        a_refusing_address_before_a_silent_one_refuses,
        an_address_that_refuses_is_no_failure_while_another_answers,
        a_silent_address_is_no_failure_while_another_answers,
        an_unreachable_ipv6_address_is_no_failure_while_ipv4_answers,
        an_address_without_a_route_is_unreachable,
        an_ipv6_address_without_a_route_is_unreachable,
        a_connection_that_is_closed_at_once_is_closed_early,
    ;
    handshake:
        plain_http_on_the_port_is_not_tls,
        ssh_on_the_port_is_not_tls,
        garbage_is_not_tls,
        garbage_in_a_record_breaks_the_rules,
        an_old_server_says_hello_in_tls_1_0,
        an_old_server_refuses_the_version,
        no_shared_cipher_is_a_failure_of_protocol,
        a_cipher_that_was_not_offered_breaks_the_rules,
        a_name_that_the_server_does_not_know_is_told,
        trouble_of_the_server_is_told,
        an_alert_that_nobody_knows_is_told_by_its_number,
        silence_in_the_handshake_times_out,
        a_plain_port_that_waits_for_a_request_times_out,
        silence_after_the_server_hello_times_out,
        silence_after_the_certificate_times_out,
        a_reset_in_the_handshake_is_told,
        a_close_in_the_handshake_is_told,
        a_record_changed_on_its_way_cannot_be_decrypted,
        a_handshake_in_drips_is_waited_for,
        a_server_without_http_2_fails_where_it_is_asked_for,
    ;
    clients:
        a_client_certificate_is_wanted_in_tls_1_2,
        a_client_certificate_is_wanted_in_tls_1_3,
        a_wrong_client_certificate_is_refused_in_tls_1_2,
        a_wrong_client_certificate_is_refused_in_tls_1_3,
        a_client_certificate_opens_the_door,
        a_connection_that_ends_after_no_client_certificate_says_so,
        a_bad_answer_after_no_client_certificate_is_a_bad_answer,
        a_key_of_another_client_certificate_is_told_before_anything_is_sent,
    ;
    certificates:
        a_good_certificate_is_fine,
        an_expired_certificate_says_for_how_many_days,
        an_expired_certificate_says_for_how_many_hours,
        a_certificate_from_tomorrow_is_not_yet_valid,
        a_certificate_for_another_host_says_for_which,
        a_certificate_for_another_address_says_for_which,
        a_certificate_for_the_address_is_fine,
        a_wildcard_stands_for_one_label,
        a_common_name_alone_names_no_host,
        no_name_at_all_names_no_host,
        a_certificate_for_clients_is_not_for_servers,
        an_authority_is_no_server,
        a_condition_that_nobody_knows_cannot_be_met,
        a_certificate_with_thousands_of_names_is_too_large,
        a_certificate_that_cannot_be_read_is_told,
        no_certificate_at_all_is_told,
        an_outdated_signature_is_not_accepted,
        a_server_without_the_certificates_key_is_told,
        a_weak_key_is_not_accepted,
        an_expired_certificate_is_accepted_where_any_is,
        a_certificate_for_another_host_is_accepted_where_any_is,
    ;
    issuers:
        an_unknown_authority_is_named,
        a_private_authority_is_unknown_unless_told,
        an_unknown_authority_that_is_presented_is_named,
        a_chain_that_leads_to_a_stranger_names_the_stranger,
        a_missing_intermediate_is_named,
        an_intermediate_that_is_presented_is_fine,
        an_expired_intermediate_is_named,
        an_impostor_of_the_authority_is_told,
        a_self_signed_certificate_is_told,
        a_self_signed_authority_as_a_server_is_told,
    ;
    expiry:
        a_certificate_that_ends_soon_is_expiring,
        a_certificate_that_ends_late_enough_is_fine,
        no_day_is_asked_for_by_default,
        an_intermediate_that_ends_first_is_the_one_told,
        a_certificate_that_nothing_depends_on_may_end,
        an_expired_certificate_that_is_accepted_is_expiring,
        a_bad_answer_comes_before_a_certificate_that_ends_soon,
        a_redirect_over_a_certificate_that_ends_soon_is_marked_where_it_was,
        a_kept_connection_counts_with_the_certificate_that_it_was_made_with,
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
