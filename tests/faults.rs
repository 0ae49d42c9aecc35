//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, keeps the phases before it, and
//! costs no more than its timeout.

mod support;

/// One test for each fault of the catalogue, and the list of all of them.
macro_rules! faults {
    ($($area:ident: $($name:ident,)+;)+) => {
        $(mod $area {
            $(#[tokio::test]
            async fn $name() {
                crate::support::faults::$area::$name().await.check().await;
            })+
        })+

        /// Every fault, ready to be met, with its name.
        #[allow(dead_code)]
        async fn all() -> Vec<(&'static str, support::faults::Fault)> {
            vec![$($((stringify!($name), support::faults::$area::$name().await),)+)+]
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
        a_tls_alert_on_a_plain_port_is_not_http,
        a_body_without_a_head_is_not_http,
        a_shoutcast_head_is_not_http,
        http_3_7_is_not_http,
        a_head_that_is_not_text_is_not_http,
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
        a_gzip_bomb_of_many_members,
        a_deflate_bomb,
        a_brotli_bomb,
        gzip_within_gzip,
        no_gzip_at_all,
        gzip_that_is_cut_off,
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

#[tokio::test]
async fn zz_survey() {
    use support::engine;
    for (name, fault) in all().await {
        if let Ok(only) = std::env::var("ONLY") {
            if !name.contains(&only) {
                continue;
            }
        }
        let (outcome, took, probe) = fault.meet().await;
        let failure = outcome.status.failure();
        eprintln!(
            "{name}\n    {:?} {:?}\n    {} | {:?} | {took:?} of {probe:?}",
            failure.map(|f| f.kind.as_str()),
            failure.map(|f| &f.sentence),
            engine::phases(&outcome).join(" "),
            outcome.attributes.get("http.response.status_code")
        );
    }
}
