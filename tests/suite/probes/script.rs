//! `probes.script` over real sockets: keys, what they become in requests, and what ends a run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::engine::{failure, phases, run};
use crate::support::target::{Received, Target, answer, read_request};
use sentrynet::outcome::phase::Op;
use sentrynet::outcome::{Outcome, Status};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

/// A target that keeps what it receives.
struct Recording {
    target: Target,
    kept: Arc<Mutex<Vec<Received>>>,
}

impl Recording {
    /// Answers every request with what `answer` makes of it.
    async fn start(answer: impl Fn(&Received) -> String + Send + Sync + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let shelf = kept.clone();
        let target = Target::http(move |request| {
            shelf.lock().unwrap().push(request.clone());
            answer(request)
        });
        Self { target: target.await, kept }
    }

    /// Answers 200 with what was posted, else with `{}`.
    async fn echo() -> Self {
        Self::start(|request| answer("200 OK", &[], if request.body.is_empty() { "{}" } else { "1" })).await
    }

    /// Runs a script, in which `$URL` is the target.
    async fn play(&self, keys: &str) -> Outcome {
        run("probes.script", &format!("title: Test\n{}", keys.replace("$URL", &self.target.url("")))).await
    }

    /// Method and path of every request so far.
    fn lines(&self) -> Vec<String> {
        self.kept.lock().unwrap().iter().map(|request| request.line().to_owned()).collect()
    }

    /// The JSON bodies of every request so far.
    fn bodies(&self) -> Vec<Value> {
        let kept = self.kept.lock().unwrap();
        kept.iter().filter_map(|request| serde_json::from_slice(&request.body).ok()).collect()
    }
}

/// What one step with this body sends, under these `init_keys`.
async fn sent(init_keys: &str, body: &str) -> Value {
    let target = Recording::echo().await;
    let outcome =
        target.play(&format!("init_keys: {init_keys}\nsteps:\n- {{url: $URL/, expected: 200, body: {body}}}")).await;
    assert_eq!(outcome.status, Status::Ok);
    target.bodies().remove(0)
}

/// A target with a login: `/login` hands out a token, everything else wants it.
async fn with_login() -> Recording {
    Recording::start(|request| match (request.line(), request.header("authorization")) {
        ("POST /login", _) => answer("201 Created", &[], r#"{"token": "t-4711", "user": {"id": 42}}"#),
        (_, Some("Bearer t-4711")) => answer("200 OK", &[], r#"{"name": "Ada", "id": 42}"#),
        _ => answer("401 Unauthorized", &[], "{}"),
    })
    .await
}

#[tokio::test]
async fn a_token_from_a_login_goes_into_header_path_query_and_body() {
    let target = with_login().await;
    let outcome = target
        .play(
            r#"
init_keys: {user: probe}
steps:
- url: $URL/login
  body: {name: user, secret: s}
  set_keys: {token: $.token, id: $.user.id}
- url: $URL/users/{id}/{token}
  headers: {Authorization: "Bearer {token}"}
  query: {t: token, who: "{user}-{id}"}
- url: $URL/notes
  method: PUT
  headers: {Authorization: "Bearer {token}"}
  body: {token: token, id: id, text: "{token} of {user}"}
"#,
        )
        .await;
    assert_eq!(outcome.status, Status::Ok);
    assert_eq!(target.lines(), ["POST /login", "GET /users/42/t-4711?t=t-4711&who=probe-42", "PUT /notes"]);
    let expected =
        [json!({"name": "probe", "secret": "s"}), json!({"token": "t-4711", "id": 42, "text": "t-4711 of probe"})];
    assert_eq!(target.bodies(), expected);
}

#[tokio::test]
async fn a_string_that_is_a_key_s_name_becomes_the_key_s_value() {
    assert_eq!(sent("{test: true}", "{thing: test}").await, json!({"thing": true}));
    let keys = "{n: 1.50, none: null, list: [1, {a: b}], text: hello}";
    let body = "{a: n, b: none, c: [list, [text]], d: {e: {f: text}}, g: other, h: ' n', i: 7, j: false, k: null}";
    let expected = json!({
        "a": 1.5, "b": null, "c": [[1, {"a": "b"}], ["hello"]], "d": {"e": {"f": "hello"}}, "g": "other", "h": " n",
        "i": 7, "j": false, "k": null,
    });
    assert_eq!(sent(keys, body).await, expected);
}

#[tokio::test]
async fn names_of_map_entries_are_sent_as_they_are() {
    assert_eq!(sent("{a: 1}", "{a: a, '{a}': '{a}', '{x': y}").await, json!({"a": 1, "{a}": "1", "{x": "y"}));
}

#[tokio::test]
async fn strings_are_interpolated_as_by_python() {
    let keys = "{n: 42, x: 3.14159, name: Ada, list: [7, 8], map: {a: b}, yes: true, none: null}";
    let cases = [
        ("{n:05d}|{n:>6}|{n:x}", "00042|    42|2a"),
        ("{x:.2f}|{x:8.3e}", "3.14|3.142e+00"),
        ("{name:>6}|{name:*^7}|{name!r}", "   Ada|**Ada**|'Ada'"),
        ("{list[1]}|{map[a]}|{list}|{map}", "8|b|[7, 8]|{'a': 'b'}"),
        ("{yes} {none} {{n}} {{", "True None {n} {"),
        ("{name}{name}", "AdaAda"),
    ];
    for (template, expected) in cases {
        assert_eq!(sent(keys, &format!("['{}']", template.replace('\'', "''"))).await, json!([expected]), "{template}");
    }
}

#[tokio::test]
async fn a_text_body_a_header_and_a_url_take_keys_too() {
    let target = Recording::echo().await;
    let steps = r#"
init_keys: {text: "<a>{b}</a>", where: "$URL/w", n: 7}
steps:
- {url: where, method: PUT, body: text, headers: {X-Number: n, X-Text: "n={n}"}}
- {url: "{where}/{n:03}", method: PUT, body: "{{{n}}}"}
"#;
    assert_eq!(target.play(steps).await.status, Status::Ok);
    assert_eq!(target.lines(), ["PUT /w", "PUT /w/007"]);
    let kept = target.kept.lock().unwrap();
    assert_eq!((kept[0].text().as_str(), kept[1].text().as_str()), ("<a>{b}</a>", "{7}"));
    assert_eq!((kept[0].header("x-number"), kept[0].header("x-text")), (Some("7"), Some("n=7")));
}

#[tokio::test]
async fn a_path_that_matches_once_sets_the_value_several_times_the_list_and_never_unsets() {
    let target = Recording::start(|request| {
        answer(
            "200 OK",
            &[],
            if request.line() == "GET /" { r#"{"ids": [{"n": 1}, {"n": "2"}], "x": null}"# } else { "{}" },
        )
    });
    let target = target.await;
    let outcome = target
        .play(
            r#"
init_keys: {none: before}
steps:
- url: $URL/
  set_keys: {one: "$.ids[0].n", several: "$.ids[*].n", none: $.nowhere, empty: $.x}
  assertions: {one: 1, several: {value: [1, "2"]}, none: {exists: false}, empty: {type: "null"}}
- url: $URL/again
  body: {one: one, several: several, none: none, empty: empty}
  expected: 200
"#,
        )
        .await;
    assert_eq!(outcome.status, Status::Ok);
    // What is not set is no key's name any more, but a string.
    assert_eq!(target.bodies(), [json!({"one": 1, "several": [1, "2"], "none": "none", "empty": null})]);
}

#[tokio::test]
async fn assertions_look_at_keys_of_earlier_steps() {
    let target = with_login().await;
    let steps = |id: i32| {
        format!(
            "
init_keys: {{role: probe}}
steps:
- {{url: $URL/login, body: {{}}, set_keys: {{token: $.token, id: $.user.id}}}}
- url: $URL/me
  headers: {{authorization: 'Bearer {{token}}'}}
  assertions: {{id: {id}, role: {{matches: ^pro}}}}
"
        )
    };
    assert_eq!(target.play(&steps(42)).await.status, Status::Ok);
    let outcome = target.play(&steps(43)).await;
    assert_eq!(failure(&outcome), ("assertion", "step 2: id is 42, not 43"));
    assert_eq!(phases(&outcome).last().map(String::as_str), Some("json.assert!"));
}

#[tokio::test]
async fn a_step_that_fails_ends_the_run_and_is_named() {
    let target = with_login().await;
    let outcome = target.play("steps:\n- {url: $URL/login, body: {}}\n- {url: $URL/me}\n- {url: $URL/never}").await;
    assert_eq!(failure(&outcome), ("http_status", "step 2: status 401 (Unauthorized), expected 200"));
    assert_eq!(target.lines(), ["POST /login", "GET /me"]);
    let requests: Vec<_> = outcome.spans.iter().filter(|span| span.op == Op::HttpRequest).collect();
    assert_eq!(requests.iter().map(|span| span.failure.is_some()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(outcome.response.as_ref().map(|response| response.status), Some(401));
}

#[tokio::test]
async fn a_key_that_is_not_set_fails_before_a_request_is_made() {
    let target = Recording::echo().await;
    let steps = "steps:\n- {url: $URL/, set_keys: {token: $.token}}\n- {url: '$URL/{token}'}";
    let outcome = target.play(steps).await;
    let (kind, sentence) = failure(&outcome);
    assert_eq!(kind, "interpolation");
    assert!(sentence.starts_with("step 2: url: ") && sentence.contains("token"), "{sentence}");
    assert_eq!(target.lines(), ["GET /"]);
    assert_eq!(phases(&outcome), ["net.tcp", "http.send", "http.wait", "http.recv", "json.parse"]);
    assert!(outcome.spans.iter().all(|span| span.failure.is_none()));
}

#[tokio::test]
async fn values_that_do_not_fit_their_place_are_interpolation_failures() {
    let target = Recording::echo().await;
    for (init_keys, step, place) in [
        (r#"{k: "a\nb"}"#, "url: $URL/, headers: {x-k: '{k}'}", "headers.x-k"),
        ("{k: nonsense}", "url: k", "url"),
        ("{k: 'ftp://127.0.0.1/'}", "url: k", "url"),
        ("{k: [1]}", "url: '$URL/{k[3]}'", "url"),
        ("{k: text}", "url: $URL/, query: {n: '{k:d}'}", "query"),
    ] {
        let outcome = target.play(&format!("init_keys: {init_keys}\nsteps:\n- {{{step}}}")).await;
        let (kind, sentence) = failure(&outcome);
        assert_eq!(kind, "interpolation", "{step}");
        assert!(sentence.starts_with(&format!("step 1: {place}: ")), "{sentence}");
    }
    assert_eq!(target.lines(), [] as [&str; 0]);
}

#[tokio::test]
async fn posts_expect_201_and_other_methods_200() {
    let target = Recording::start(|request| {
        answer(if request.line().starts_with("POST") { "201 Created" } else { "200 OK" }, &[], "{}")
    });
    let target = target.await;
    let steps = "steps:\n- {url: $URL/a, body: x}\n- {url: $URL/b, method: PUT, body: x}\n- {url: $URL/c}";
    assert_eq!(target.play(steps).await.status, Status::Ok);
    let outcome = target.play("steps:\n- {url: $URL/c}\n- {url: $URL/a, body: x, expected: 200}").await;
    assert_eq!(failure(&outcome), ("http_status", "step 2: status 201 (Created), expected 200"));
}

#[tokio::test]
async fn a_step_that_is_not_json_fails_as_a_request_would() {
    let target = Recording::start(|_| answer("200 OK", &[], "<html>")).await;
    let outcome = target.play("steps:\n- {url: $URL/}\n- {url: $URL/, set_keys: {a: $.a}}").await;
    assert_eq!(failure(&outcome).0, "not_json");
    assert!(failure(&outcome).1.starts_with("step 2: the answer is not JSON: "), "{outcome:?}");
}

#[tokio::test]
async fn the_first_slow_step_is_named() {
    let target = Recording::start(|request| {
        std::thread::sleep(Duration::from_millis(if request.line() == "GET /fast" { 0 } else { 30 }));
        answer("200 OK", &[], "")
    });
    let target = target.await;
    let slow = "{url: $URL/slow, degraded: 20ms}";
    let outcome = target.play(&format!("steps:\n- {{url: $URL/fast}}\n- {slow}\n- {slow}\n- {{url: $URL/fast}}")).await;
    let Status::Degraded(why) = &outcome.status else { panic!("{:?}", outcome.status) };
    assert!(why.starts_with("step 2: took ") && why.ends_with("more than 20 ms (degraded)"), "{why}");
    assert_eq!(target.lines().len(), 4);
}

#[tokio::test]
async fn each_attempt_starts_from_the_initial_keys_on_a_new_connection() {
    let calls = Mutex::new(0);
    let target = Recording::start(move |_| {
        let mut calls = calls.lock().unwrap();
        *calls += 1;
        // The second request of the first attempt fails.
        answer(if *calls == 2 { "500 Oops" } else { "200 OK" }, &[], &format!(r#"{{"n": {calls}}}"#))
    });
    let target = target.await;
    let outcome = target
        .play(
            "
retries: 2
retry_pause: 1ms
init_keys: {n: 0}
steps:
- {url: '$URL/first/{n}', set_keys: {n: $.n}}
- {url: '$URL/second/{n}'}
",
        )
        .await;
    assert_eq!((&outcome.status, outcome.attempts), (&Status::Ok, 2));
    assert_eq!(target.lines(), ["GET /first/0", "GET /second/1", "GET /first/0", "GET /second/3"]);
    assert_eq!(target.target.connections(), 2);
}

#[tokio::test]
async fn the_timeout_spans_the_steps() {
    // Neither step is as long as the timeout; both are.
    let target = Target::start(|mut stream| async move {
        while let Some(request) = read_request(&mut stream).await {
            tokio::time::sleep(Duration::from_millis(if request.line() == "GET /1" { 300 } else { 900 })).await;
            stream.write_all(answer("200 OK", &[], "").as_bytes()).await.unwrap();
        }
    });
    let target = target.await;
    let (one, two) = (target.url("/1"), target.url("/2"));
    let keys = format!("title: Test\ntimeout: 1s\nsteps:\n- {{url: '{one}'}}\n- {{url: '{two}'}}");
    let outcome = run("probes.script", &keys).await;
    assert_eq!(failure(&outcome).0, "wait_timeout");
    assert!(failure(&outcome).1.starts_with("step 2: no answer within 1 s"), "{:?}", outcome.status);
    assert_eq!(phases(&outcome)[4..], ["http.send", "http.wait!"]);
}
