//! What the APIs answer, and everything else that can become of an attempt.

use checkout_transport::testing::Step;
use serde_json::{Value, json};

use super::songs::{Song, Songbook};
use crate::matrix::Given;

/// The request with every canary too long, so that most rules are broken.
pub(super) fn too_long(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("canaryq") => text.push_str(&"x".repeat(2_000)),
        Value::Array(items) => items.iter_mut().for_each(too_long),
        Value::Object(members) => members.values_mut().for_each(too_long),
        _ => {}
    }
}

/// Everything that can become of one attempt.
///
/// All of it where code of the operation's own judges the answer; what the transport alone looks at is the same for each operation.
pub(super) fn steps(book: &Songbook, song: &Song, request: &Given) -> Vec<Step> {
    let other = &book.other_header;
    let answered = |status: u16, body: String| {
        Step::respond(status)
            .header("x-request-id", "r-1")
            .header("set-cookie", other)
            .header("www-authenticate", other)
            .header("location", &format!("https://{other}.example/?{other}"))
            .body(body)
    };
    let good = song.row.agreeing(&song.answer, request).to_string();
    let shapeless = json!({ "HostedURL": [song.answer], "result": [song.answer], "clientSessionId": song.answer,
        "paymentProductSession302SpecificOutput": song.answer.to_string() });
    let mut steps = vec![
        answered(song.status, good.clone()),
        answered(200, song.contradiction.to_string()),
        answered(200, shapeless.to_string()),
        answered(200, json!([song.answer]).to_string()),
    ];
    let mut statuses = vec![400, 403];
    if song.row.has_own_answer() {
        statuses.extend([307, 401, 404, 409, 422, 429, 500, 502, 503, 777]);
        steps.extend([
            answered(200, format!("<html>{good}")),
            answered(200, good[..good.len() / 2].to_owned()),
            answered(200, String::new()),
            answered(200, format!("{good}{}", " ".repeat(1 << 20))),
            answered(200, good.clone()).cut_body_after(good.len() / 2),
            answered(200, good.clone()).stall_body_after(good.len() / 2),
            answered(400, song.refusal.to_string()).cut_body_after(40),
            answered(429, song.refusal.to_string()).header("retry-after", "1"),
            Step::refuse_connection(),
            Step::connect_timeout(),
            Step::cut(),
            Step::hang(),
        ]);
    }
    for status in statuses {
        let refusal = match status {
            401 | 403 => &song.denial,
            _ => &song.refusal,
        };
        steps.push(answered(status, refusal.to_string()));
        steps.push(answered(status, format!("<html>{good}{refusal}")));
        steps.push(answered(status, good.clone()));
    }
    steps
}
