//! Answers that arrive whole, and whose content is not what it should be.

use super::Fault;
use super::play::{Act, head_and_body, meets, ms, says};
use crate::support::target::{Target, answer};

const PARSED: &str = "net.tcp http.send http.wait http.recv json.parse";
const UNPARSED: &str = "net.tcp http.send http.wait http.recv json.parse!";
const HELD: &str = "net.tcp http.send http.wait http.recv json.parse json.assert";
const BROKEN: &str = "net.tcp http.send http.wait http.recv json.parse json.assert!";

/// What answers with this body, of which the key `a` is set.
async fn content(body: impl AsRef<[u8]>) -> Fault {
    meets(says(head_and_body("", body.as_ref()))).await.with("set_keys: {a: $.a}").answering(200)
}

async fn not_json(body: impl AsRef<[u8]>, sentence: &'static str) -> Fault {
    content(body).await.fails("not_json", sentence).phases(UNPARSED)
}

pub async fn a_page_is_not_json() -> Fault {
    not_json("<!doctype html>\n<html>", "the answer is not JSON: it begins with `<`, as HTML does").await
}

pub async fn nothing_is_not_json() -> Fault {
    not_json("", "the answer is not JSON: it has no body").await
}

pub async fn a_cut_off_object_is_not_json() -> Fault {
    not_json(r#"{"a": [1, 2"#, "the answer is not JSON: it ends unexpectedly, at line 1, column 11").await
}

pub async fn json_with_something_behind_it_is_not_json() -> Fault {
    not_json(r#"{"a": 1} {"a": 2}"#, "the answer is not JSON: there is more data after its end, at line 1, column 10")
        .await
}

pub async fn json_nested_a_hundred_thousand_deep() -> Fault {
    not_json(
        "[".repeat(100_000) + &"]".repeat(100_000),
        "the answer is not JSON: it is nested more than 127 levels deep, at line 1, column 128",
    )
    .await
}

pub async fn one_mib_of_brackets() -> Fault {
    not_json(
        "[".repeat(1024 * 1024),
        "the answer is not JSON: it is nested more than 127 levels deep, at line 1, column 128",
    )
    .await
}

pub async fn a_number_that_no_one_can_hold() -> Fault {
    not_json(r#"{"a": 1e999}"#, "the answer is not JSON: a number is too large, at line 1, column 11").await
}

pub async fn a_name_without_quotes() -> Fault {
    not_json("{a: 1}", "the answer is not JSON: `a` is out of place, at line 1, column 2").await
}

pub async fn a_line_break_within_a_text() -> Fault {
    not_json("{\"a\": \"x\ny\"}", "the answer is not JSON: *").await
}

pub async fn no_number_at_all() -> Fault {
    not_json("{\"a\":\n NaN}", "the answer is not JSON: `N` is out of place, at line 2, column 2").await
}

pub async fn half_a_surrogate_pair() -> Fault {
    not_json(r#"{"a": "\ud800"}"#, "the answer is not JSON: it contains an unpaired surrogate, at line 1, column 14")
        .await
}

pub async fn bytes_that_are_not_utf_8() -> Fault {
    not_json(b"{\"a\": \"\xff\xfe\"}", "the answer is not JSON: it is not UTF-8 at byte 8").await
}

pub async fn utf_16() -> Fault {
    let text: Vec<u8> = "\u{feff}{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    not_json(text, "the answer is not JSON: it is UTF-16 or binary, and JSON has to be UTF-8").await
}

pub async fn a_byte_order_mark_is_passed_over() -> Fault {
    content("\u{feff}{\"a\": 1}").await.with("assertions: {a: 1}").phases(HELD)
}

pub async fn of_two_values_for_a_name_the_last_counts() -> Fault {
    content(r#"{"a": 1, "a": 2}"#).await.with("assertions: {a: 2}").phases(HELD)
}

pub async fn a_long_number_is_held_as_near_as_can_be() -> Fault {
    content(r#"{"a": 123456789012345678901234567890}"#).await.with("assertions: {a: {gt: 1e29}}").phases(HELD)
}

pub async fn nothing_to_set_a_key_from() -> Fault {
    let fault = content("{}").await.with("assertions: {a: 1}");
    fault.fails("assertion", "a is not set").phases(BROKEN)
}

/// An answer of which `a` is this, and an assertion on it that does not hold.
async fn not_held(value: &str, assertion: &str, sentence: &'static str) -> Fault {
    let fault = content(format!(r#"{{"a": {value}}}"#)).await.with(format!("assertions: {{a: {assertion}}}"));
    fault.fails("assertion", sentence).phases(BROKEN)
}

pub async fn another_value() -> Fault {
    not_held("\"1\"", "1", "a is \"1\", not 1").await
}

pub async fn the_value_that_must_not_be() -> Fault {
    not_held("\"down\"", "{not: down}", "a is \"down\", which it must not be").await
}

pub async fn too_large_a_value() -> Fault {
    not_held("101", "{lt: 101}", "a is 101, not less than 101").await
}

pub async fn a_value_of_another_type() -> Fault {
    not_held("1.5", "{type: integer}", "a is 1.5, which is not of type integer").await
}

pub async fn a_list_without_an_element() -> Fault {
    not_held("[1, \"2\"]", "{contains: 2}", "a is [1,\"2\"], which does not contain 2").await
}

pub async fn a_value_that_should_not_be_there() -> Fault {
    not_held("null", "{exists: false}", "a is null, but should not be set").await
}

pub async fn a_value_of_half_a_megabyte() -> Fault {
    let value = format!("\"{}\"", "x".repeat(500_000));
    not_held(&value, "{length: 1}", "a is \"xxx*…, of length 500000, not of length 1").await
}

/// In an engine that goes back, this takes longer than the universe.
pub async fn a_pattern_that_explodes_elsewhere() -> Fault {
    let value = format!("\"{}b\"", "a".repeat(100_000));
    let sentence = "a is \"aaa*…, which does not match ^(a+)+$";
    not_held(&value, "{matches: '^(a+)+$'}", sentence).await.with("timeout: 2s")
}

pub async fn a_path_that_matches_billions() -> Fault {
    let body = format!("{}{}{}", "[".repeat(100), vec!["1"; 10_000].join(","), "]".repeat(100));
    let fault = meets(says(head_and_body("", body.as_bytes()))).await.with("set_keys: {a: '$..*..*..*'}");
    fault
        .fails(
            "assertion",
            "a cannot be set: $..*..*..* takes too long to evaluate on this answer, and needs to be \
                narrower",
        )
        .phases(UNPARSED)
        .answering(200)
}

pub async fn a_path_whose_values_hold_each_other() -> Fault {
    let body = format!("{}{}{}", "[".repeat(120), vec!["1"; 100_000].join(","), "]".repeat(120));
    let fault = meets(says(head_and_body("", body.as_bytes()))).await.with("set_keys: {a: '$..*'}");
    fault
        .fails("assertion", "a cannot be set: $..* takes too long to evaluate on this answer, and needs to be narrower")
        .phases(UNPARSED)
        .answering(200)
}

pub async fn a_name_of_half_a_megabyte_before_many_values() -> Fault {
    let body = format!("{{\"{}\": [{}]}}", "n".repeat(500_000), vec!["1"; 100_000].join(","));
    let fault = meets(says(head_and_body("", body.as_bytes()))).await.with("set_keys: {a: '$.*[*]'}");
    fault
        .fails(
            "assertion",
            "a cannot be set: $.*[*] takes too long to evaluate on this answer, and needs to be \
                narrower",
        )
        .phases(UNPARSED)
        .answering(200)
}

pub async fn too_slow() -> Fault {
    let mut acts = vec![Act::Read, Act::Pause(ms(60))];
    acts.push(Act::Say(answer("200 OK", &[], "").into()));
    let fault = meets(acts).await.with("max_duration: 20ms");
    let phases = "net.tcp http.send http.wait http.recv";
    fault.fails("too_slow", "took * ms, more than 20 ms (max_duration)").phases(phases).answering(200)
}

pub async fn a_key_that_the_first_step_does_not_find() -> Fault {
    let target = Target::http(|_| answer("200 OK", &[], "{\"other\": 1}")).await;
    let steps =
        format!("steps:\n  - url: {0}\n    set_keys: {{token: $.token}}\n  - url: '{0}?t={{token}}'", target.url("/"));
    let fault = Fault::of("probes.script", steps).keeping(target);
    fault.fails("interpolation", "step 2: url: key 'token' is not set").phases(PARSED).answering(200)
}
