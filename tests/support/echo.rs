//! A target that says back what it was told, written in the way that its path names.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::target::{Received, Target, answer};

/// What the target gives away that it was never told: `(name, value)`.
pub const GIVEN: [(&str, &str); 5] = [
    ("ticket", "Tkt-9f/31+77aa=="),
    ("access_token", "acc-5521-given-away"),
    ("cookie", "c00kie%2Fgiven-8812"),
    ("refresh_token", "never-used-refresh-3344"),
    ("code", "c0de-of-the-redirect-66"),
];

fn given(name: &str) -> &'static str {
    GIVEN.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// Starts it.
pub async fn start() -> Target {
    Target::http(say).await
}

fn say(request: &Received) -> String {
    let path = request.line().split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let all = format!("{}\n{}", request.head.replace("\r\n", "\n"), request.text());
    let line = all.replace('\n', " ");
    let (cookie, echo) = (format!("set-cookie: id={}; Path=/plain-path", given("cookie")), format!("x-echo: {line}"));
    let written = match path.trim_matches('/') {
        "login" => {
            let [ticket, access, refresh] = ["ticket", "access_token", "refresh_token"].map(given);
            let body = serde_json::json!({"ticket": ticket, "access_token": access, "refresh_token": refresh});
            return answer("200 OK", &[&cookie], &body.to_string());
        }
        "json" => {
            return answer(
                "200 OK",
                &[&cookie, &echo],
                &serde_json::json!({"echo": all, "said": request.text()}).to_string(),
            );
        }
        "away" => {
            let (code, form) = (given("code"), utf8_percent_encode(&line, NON_ALPHANUMERIC));
            return answer("302 Found", &[&format!("location: /plain?code={code}&said={form}"), &echo], "");
        }
        "nowhere" => return answer("302 Found", &[&format!("location: http://[{line}")], ""),
        // The cuts of the excerpt and of the report go through what was said.
        "cut" => format!("{}{}", "x".repeat(8 * 1024 - 40), request.text()),
        "far-cut" => format!("{}{}", "x".repeat(9 * 1024 - 40), request.text()),
        "percent" => utf8_percent_encode(&all, NON_ALPHANUMERIC).to_string(),
        "lower" => utf8_percent_encode(&all, NON_ALPHANUMERIC).to_string().to_ascii_lowercase(),
        "twice" => {
            let once = utf8_percent_encode(&all, NON_ALPHANUMERIC).to_string();
            utf8_percent_encode(&once, NON_ALPHANUMERIC).to_string()
        }
        "html" => {
            let text = all.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            format!("<pre>{}</pre>", text.replace('"', "&quot;").replace('\'', "&#39;"))
        }
        "base64" => format!("{} {}", STANDARD.encode(&all), URL_SAFE.encode(format!("x{all}"))),
        "hex" => all.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }),
        _ => format!("{all}\nrefresh_token={}&", given("refresh_token")),
    };
    // The reason is the target's own word, too.
    let reason: String = line.chars().filter(char::is_ascii).take(400).collect();
    answer(&format!("500 {reason}"), &[&cookie, &echo], &written)
}
