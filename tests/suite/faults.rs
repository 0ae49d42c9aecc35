//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, keeps the phases before it, and
//! costs no more than its timeout.

use crate::support::cli::Workspace;
use crate::support::faults::Fault;

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
            vec![$((stringify!($area), vec![$((stringify!($name), crate::support::faults::$area::$name().await),)+]),)+]
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
        a_wrong_client_certificate_is_refused_over_http_2,
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
    answers:
        a_500_is_not_expected,
        a_503_is_not_expected,
        a_404_is_not_within_a_class,
        a_418_is_in_no_part_of_a_list,
        a_200_is_not_a_204,
        a_status_without_a_name_is_only_a_number,
        a_status_below_100_is_not_http,
        a_status_of_four_digits_is_not_http,
        closing_before_any_byte,
        closing_within_the_head,
        a_reset_before_the_answer,
        a_reset_within_the_head,
        no_answer_at_all,
        a_head_that_stops_in_the_middle,
        a_head_in_drips_that_never_ends,
        a_head_in_drips_that_ends_in_time,
        an_interim_answer_before_the_answer,
        processing_before_the_answer,
        early_hints_before_the_answer,
        interim_answers_without_end,
        a_switch_of_protocols_that_nobody_asked_for,
        a_413_before_the_request_is_read,
        a_server_that_never_reads_the_body,
        a_reset_while_the_request_is_sent,
        a_204_with_a_body,
        a_304_with_a_body,
        the_length_of_an_answer_to_head_is_not_waited_for,
        an_answer_of_http_1_0_ends_with_the_connection,
        a_second_answer_that_nobody_asked_for,
    ;
    heads:
        binary_is_not_http,
        an_ssh_banner_is_not_http,
        an_ssh_server_that_speaks_first,
        a_tls_alert_on_a_plain_port_is_not_http,
        a_body_without_a_head_is_not_http,
        a_shoutcast_head_is_not_http,
        http_3_7_is_not_http,
        a_status_that_is_a_word,
        a_header_without_a_colon,
        a_header_with_a_space_before_its_colon,
        a_header_with_nul,
        a_header_folded_over_two_lines,
        bare_line_feeds_are_taken,
        conflicting_lengths,
        a_length_that_is_no_number,
        a_negative_length,
        a_length_beyond_all_bounds,
        a_length_beside_chunks_is_ignored,
        a_hundred_headers_are_taken,
        one_header_more_is_too_many,
        ten_thousand_headers_are_too_many,
        headers_without_end,
        a_header_of_300_kib_is_taken,
        a_header_of_one_mib,
        a_header_without_end,
        a_reason_without_end,
    ;
    bodies:
        a_body_shorter_than_its_length,
        a_reset_within_the_body,
        a_chunk_shorter_than_its_size,
        no_last_chunk,
        a_chunk_size_that_is_no_number,
        a_chunk_size_beyond_all_bounds,
        a_chunk_longer_than_its_size,
        a_chunk_extension_without_end,
        trailers_are_taken,
        trailers_without_end,
        a_body_without_end_is_cut,
        one_byte_more_than_max_body,
        exactly_max_body_is_taken,
        a_body_that_stalls,
        a_body_in_drips_that_never_ends,
        a_body_in_drips_that_ends_in_time,
        an_unexpected_answer_without_end,
        an_unexpected_answer_that_stalls,
        an_unexpected_answer_that_is_cut_off,
    ;
    encodings:
        a_gzip_bomb,
        gzip_of_many_members,
        a_deflate_bomb,
        a_brotli_bomb,
        gzip_within_gzip,
        keys_out_of_two_coats_of_gzip,
        no_gzip_at_all,
        gzip_that_is_cut_off,
        gzip_whose_connection_is_closed,
        gzip_whose_checksum_is_wrong,
        no_brotli_at_all,
        no_deflate_at_all,
        deflate_without_its_wrapper,
        no_body_under_gzip_is_no_fault,
        an_encoding_that_nobody_asked_for_is_left_as_it_is,
        keys_out_of_an_encoding_that_nobody_asked_for,
        an_unexpected_answer_whose_encoding_is_broken,
    ;
    redirects:
        a_loop_ends_after_ten,
        one_redirect_more_than_allowed,
        a_redirect_that_is_not_to_be_followed,
        a_redirect_that_is_expected,
        a_redirect_without_location,
        a_redirect_to_an_empty_location,
        a_redirect_to_no_url,
        a_redirect_to_another_scheme,
        a_redirect_to_an_app,
        a_redirect_to_port_99999,
        a_redirect_to_port_0,
        a_redirect_to_a_closed_port,
        a_redirect_to_a_bad_certificate,
        a_relative_redirect_is_followed,
        a_redirect_without_scheme_is_followed,
        a_303_makes_a_get_of_a_post,
        credentials_stay_with_their_host,
        credentials_do_not_leave_tls,
        a_redirect_whose_body_has_no_end,
        a_redirect_whose_body_stalls,
        a_redirect_whose_body_is_cut_off,
        a_300_is_no_redirect,
        a_304_is_no_redirect,
    ;
    tcp:
        an_open_port_is_well,
        an_open_port_behind_a_name_is_well,
        a_closed_port_refuses,
        all_addresses_are_named_when_they_refuse,
        a_black_hole_times_out,
        an_address_without_a_route_is_unreachable,
        a_name_that_does_not_exist_is_not_found,
        a_name_server_that_fails_is_a_failure,
    ;
    http2:
        an_answer_in_frames_is_taken,
        a_goodbye_before_the_answer,
        a_goodbye_that_asks_for_calm,
        a_stream_that_is_refused,
        a_stream_that_is_reset_for_an_error,
        a_server_that_wants_http_1_1,
        a_reason_that_no_rfc_knows,
        no_answer_on_a_stream,
        closing_before_an_answer_on_a_stream,
        resetting_before_an_answer_on_a_stream,
        http_1_in_place_of_frames,
        http_1_where_alpn_chose_http_2,
        a_frame_of_16_mib,
        data_before_any_head,
        a_head_that_cannot_be_unpacked,
        settings_without_end,
        pings_without_end,
        continuations_without_end,
        interim_answers_without_end,
        a_head_of_200_kib_is_taken,
        a_head_of_one_mib,
        a_stream_that_breaks_off,
        a_stream_that_is_reset_within_the_body,
        a_reset_of_the_connection_within_a_stream,
        a_body_shorter_than_the_length_of_its_stream,
        data_that_stalls,
        data_beyond_the_window,
        data_without_end,
        empty_data_without_end,
        a_goodbye_within_the_body,
        a_polite_goodbye_lets_the_answer_end,
        a_window_that_never_opens,
    ;
    contents:
        a_page_is_not_json,
        nothing_is_not_json,
        a_cut_off_object_is_not_json,
        json_with_something_behind_it_is_not_json,
        json_nested_a_hundred_thousand_deep,
        one_mib_of_brackets,
        a_number_that_no_one_can_hold,
        a_name_without_quotes,
        a_line_break_within_a_text,
        no_number_at_all,
        half_a_surrogate_pair,
        bytes_that_are_not_utf_8,
        utf_16,
        a_byte_order_mark_is_passed_over,
        of_two_values_for_a_name_the_last_counts,
        a_long_number_is_held_as_near_as_can_be,
        nothing_to_set_a_key_from,
        another_value,
        the_value_that_must_not_be,
        too_large_a_value,
        a_value_of_another_type,
        a_list_without_an_element,
        a_value_that_should_not_be_there,
        a_value_of_half_a_megabyte,
        a_pattern_that_explodes_elsewhere,
        a_path_that_matches_billions,
        a_path_whose_values_hold_each_other,
        a_name_of_half_a_megabyte_before_many_values,
        too_slow,
        a_key_that_the_first_step_does_not_find,
    ;
}

/// To look at it: `cargo test --test suite faults::all -- --nocapture`.
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
    let ran =
        tokio::task::spawn_blocking(move || Workspace::with(&config).run(&["run", "--json"])).await.expect("it runs");
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
