//! What may be shown of a request.
//!
//! Secrets never are. Personal data is when it is asked for; until then a value shows only where the spec says that it is
//! neither, as in a log of the clients.

use axum::http::HeaderName;
use bytes::Bytes;
use checkout_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::record::Record;
use crate::engine::control::Asked;
use crate::engine::exchange::Checks;
use crate::engine::spec::{Api, JournalNames, Mounted, parameter};
use crate::engine::text::timestamp;

const SECRET: &str = "<secret>";
const HIDDEN: &str = "<hidden>";

/// Headers that hold neither a secret nor a person's data. Others show when they are asked for.
const SHOWN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "expect",
    "host",
    "origin",
    "te",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "x-sandbox-fault",
];

/// Parts of the names of headers, fields and parameters that hold a secret, in lower case.
const SECRET_NAMES: &[&str] = &[
    "auth",
    "cookie",
    "key",
    "password",
    "secret",
    "session",
    "signature",
    "token",
];

/// Shortest value of a secret header that is looked for elsewhere; a shorter one could stand there by chance.
const SECRET_LENGTH: usize = 8;

/// How much of a request is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Neither secrets nor personal data.
    Masked,
    /// Personal data too.
    Personal,
}

impl From<Asked> for Shown {
    fn from(Asked { reveal }: Asked) -> Self {
        if reveal { Self::Personal } else { Self::Masked }
    }
}

/// A line of the list.
#[derive(Serialize)]
pub(crate) struct Row<'a> {
    pub(crate) number: u64,
    pub(crate) api: Api,
    pub(crate) time: Timestamp,
    pub(crate) operation: Option<&'a str>,
    pub(crate) method: &'a str,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    /// `null` if there was no answer.
    pub(crate) status: Option<u16>,
    /// Microseconds.
    pub(crate) took_us: u64,
    pub(crate) fault: Option<&'a str>,
}

/// All of one request.
#[derive(Serialize)]
pub(crate) struct Detail<'a> {
    #[serde(flatten)]
    pub(crate) row: Row<'a>,
    pub(crate) headers: Vec<Header<'a>>,
    pub(crate) body: Value,
    pub(crate) checks: Value,
}

#[derive(Serialize)]
pub(crate) struct Header<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: String,
}

impl<'a> Row<'a> {
    pub(super) fn of(entry: &'a Record) -> Self {
        Self::shown(entry, Shown::Masked)
    }

    fn shown(entry: &'a Record, how: Shown) -> Self {
        let secrets = Secrets::of(&entry.headers);
        Self {
            number: entry.number,
            api: entry.api,
            time: timestamp(entry.at),
            operation: entry.operation,
            method: entry.method.as_str(),
            path: secrets.scrubbed(path(entry, how)),
            query: entry
                .query
                .as_ref()
                .map(|query| secrets.scrubbed(self::query(entry, query, how))),
            status: entry.status,
            took_us: u64::try_from(entry.took.as_micros()).unwrap_or(u64::MAX),
            fault: entry.fault.as_deref(),
        }
    }
}

impl<'a> Detail<'a> {
    pub(crate) fn of(entry: &'a Record, how: Shown) -> Self {
        let secrets = Secrets::of(&entry.headers);
        let headers = entry.headers.iter().map(|(name, value)| Header {
            name: name.as_str(),
            value: secrets.scrubbed(header(name.as_str(), value, how)),
        });
        Self {
            row: Row::shown(entry, how),
            headers: headers.collect(),
            body: secrets.scrub(body(entry, how)),
            checks: secrets.scrub(checks(&entry.checks)),
        }
    }
}

fn checks(checks: &Checks) -> Value {
    serde_json::to_value(checks).unwrap_or_default()
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// Whether the list of any API has the name. What one API hides, none shows.
fn is_named(name: &str, names: impl Fn(&JournalNames) -> &'static [&'static str]) -> bool {
    Api::ALL
        .iter()
        .any(|api| names(&api.profile().journal).contains(&name))
}

fn is_secret_header(name: &str) -> bool {
    sounds_secret(name) && !is_named(name, |names| names.harmless_headers)
}

/// A field, or a parameter of a path or query.
fn is_secret_field(api: Api, name: &str) -> bool {
    let profile = api.profile();
    is_secret(name, &[profile.shown_fields, profile.open_fields])
}

/// A name in a list is judged by the list; any other by what it sounds like.
fn is_secret(name: &str, known: &[&[&str]]) -> bool {
    let is_known = known.iter().any(|names| names.contains(&name));
    is_named(name, |names| names.secret_fields) || (sounds_secret(name) && !is_known)
}

fn header(name: &str, value: &[u8], how: Shown) -> String {
    if is_secret_header(name) {
        SECRET.to_owned()
    } else if how == Shown::Personal
        || SHOWN_HEADERS.contains(&name)
        || is_named(name, |names| names.shown_headers)
    {
        String::from_utf8_lossy(value).into_owned()
    } else {
        HIDDEN.to_owned()
    }
}

/// The path with its parameters masked; of a path that no operation has, what is not a word of some operation's.
fn path(entry: &Record, how: Shown) -> String {
    let Record { api, path, .. } = entry;
    let template = entry.operation.and_then(|id| {
        let operation = api.operations().iter().find(|operation| operation.id == id)?;
        Some(format!("{}{}", api.profile().base_path, operation.path))
    });
    let mut segments: Vec<&str> = path.split('/').collect();
    match template {
        Some(template) => {
            for (segment, wanted) in segments.iter_mut().zip(template.split('/')) {
                if let Some(name) = parameter(wanted) {
                    *segment = parameter_text(*api, name, segment, how);
                }
            }
        }
        None => {
            let below = api.profile().journal.secret_below;
            let is_below = |prefix: &str| {
                path.strip_prefix(prefix)?
                    .starts_with('/')
                    .then(|| prefix.split('/').count())
            };
            let secret = below.and_then(is_below);
            for (index, segment) in segments.iter_mut().enumerate() {
                if secret == Some(index) {
                    *segment = SECRET;
                } else if how == Shown::Masked && !is_word_of_a_path(segment) {
                    *segment = HIDDEN;
                }
            }
        }
    }
    segments.join("/")
}

fn parameter_text<'a>(api: Api, name: &str, text: &'a str, how: Shown) -> &'a str {
    let profile = api.profile();
    let is_shown =
        profile.journal.shown_parameters.contains(&name) || profile.shown_fields.binary_search(&name).is_ok();
    if is_secret_field(api, name) {
        SECRET
    } else if is_shown || how == Shown::Personal {
        text
    } else {
        HIDDEN
    }
}

/// A word that the path of some operation has, a version, or a short number.
fn is_word_of_a_path(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or(segment);
    (digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        || segment == "redirected"
        || Api::ALL
            .iter()
            .flat_map(|api| api.operations())
            .any(|operation| operation.path.split('/').any(|word| word == segment))
}

/// Parameters of the operation show as those of its path do. Values of other parameters are hidden.
fn query(entry: &Record, query: &str, how: Shown) -> String {
    let api = entry.api;
    let mounted = api.mounted().iter();
    let mut operation = mounted.filter(|mounted| Some(mounted.operation.id) == entry.operation);
    let described = operation.next().and_then(Mounted::described);
    let has = |name: &str| {
        let parameters = described.iter().flat_map(|operation| &operation.parameters);
        parameters
            .clone()
            .any(|known| known.place == "query" && known.name == name)
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret_field(api, name) => format!("{name}={SECRET}"),
        _ if how == Shown::Personal => pair.to_owned(),
        Some((name, value)) if has(name) => format!("{name}={}", parameter_text(api, name, value, how)),
        Some((name, _)) if is_word(name) => format!("{name}={HIDDEN}"),
        _ => HIDDEN.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// `null` for no body, JSON if it is JSON, otherwise a text.
fn body(entry: &Record, how: Shown) -> Value {
    let (bytes, is_cut) = entry.body.read();
    if bytes.is_empty() {
        return Value::Null;
    }
    match serde_json::from_slice::<Value>(checkout_core::utf8::without_mark(&bytes)) {
        Ok(json) if !is_cut => Masking::of_request(entry.api, how).of(json),
        _ if how == Shown::Personal => {
            let more = if is_cut { "…" } else { "" };
            Value::String(format!("{}{more}", String::from_utf8_lossy(&bytes)))
        }
        _ if is_cut => Value::String(format!("<more than {} bytes>", bytes.len())),
        _ => Value::String(format!("<{} bytes that are not JSON>", bytes.len())),
    }
}

/// Whether a text can be a name in a program. Any other may be a value in the wrong place.
fn is_word(name: &str) -> bool {
    name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The body of a webhook, masked. The sandbox itself made what the spec leaves open, so the API's profile names what of it shows.
pub(crate) fn webhook_body(api: Api, body: &[u8]) -> Value {
    let names = &api.profile().webhooks;
    let mut masking = Masking::of_request(api, Shown::Masked);
    masking.open[1] = names.open_fields;
    masking.shown[1] = names.shown_fields;
    serde_json::from_slice(body).map_or_else(|_| HIDDEN.into(), |json| masking.of(json))
}

struct Masking {
    how: Shown,
    /// Names of objects and lists that may be looked into.
    open: [&'static [&'static str]; 2],
    /// Names of values that show.
    shown: [&'static [&'static str]; 2],
}

impl Masking {
    fn of_request(api: Api, how: Shown) -> Self {
        let profile = api.profile();
        Self {
            how,
            open: [profile.open_fields, &[]],
            shown: [profile.shown_fields, &[]],
        }
    }

    fn of(&self, json: Value) -> Value {
        match json {
            Value::Object(_) | Value::Array(_) => self.open(json),
            other => self.hidden(other),
        }
    }

    /// What may be looked into.
    fn open(&self, json: Value) -> Value {
        match json {
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| {
                    let value = self.member(&name, value);
                    (self.name(name), value)
                });
                Value::Object(members.collect::<Map<_, _>>())
            }
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.open(item)).collect()),
            other => self.hidden(other),
        }
    }

    fn member(&self, name: &str, value: Value) -> Value {
        if value.is_null() {
            return value;
        }
        let is_in = |lists: &[&[&str]]| lists.iter().any(|names| names.contains(&name));
        if is_secret(name, &[self.open, self.shown].concat()) {
            return Value::from(SECRET);
        }
        let is_open = is_in(&self.open);
        if self.how == Shown::Personal || is_open && (value.is_object() || value.is_array()) {
            return self.open(value);
        }
        if is_in(&self.shown) {
            return self.plain(value);
        }
        Value::from(HIDDEN)
    }

    fn name(&self, name: String) -> String {
        if is_word(&name) || self.how == Shown::Personal {
            name
        } else {
            HIDDEN.to_owned()
        }
    }

    /// A text, number, yes or no, or a list of these.
    fn plain(&self, value: Value) -> Value {
        match value {
            Value::Object(_) if self.how == Shown::Masked => Value::from(HIDDEN),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.plain(item)).collect()),
            other => other,
        }
    }

    fn hidden(&self, value: Value) -> Value {
        if self.how == Shown::Personal || value.is_null() {
            value
        } else {
            Value::from(HIDDEN)
        }
    }
}

/// The values of secret headers, to be taken out wherever else they stand.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(headers: &[(HeaderName, Bytes)]) -> Self {
        let secret = headers.iter().filter(|(name, _)| is_secret_header(name.as_str()));
        // `Authorization` names a scheme and a key id before the secret, `Cookie` a name.
        let words = secret.flat_map(|(_, value)| {
            let text = String::from_utf8_lossy(value).into_owned();
            let words: Vec<String> = text.split([' ', ':', ';', ',', '=']).map(str::to_owned).collect();
            words
        });
        Self(words.filter(|word| word.len() >= SECRET_LENGTH).collect())
    }

    fn scrubbed(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) {
                text.replace(secret.as_str(), SECRET)
            } else {
                text
            }
        })
    }

    fn scrub(&self, json: Value) -> Value {
        match json {
            Value::String(text) => Value::String(self.scrubbed(text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.scrub(item)).collect()),
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (self.scrubbed(name), self.scrub(value)))
                    .collect(),
            ),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_webhook_shows_what_the_spec_or_the_profile_lets() {
        let body = json!({
            "EventType": "Customer",
            "Data": {"CustomerID": "c", "FullName": {"FirstName": "Ada"}, "Metadata": {"Status": "x"}, "Refunds": [{"RefundID": "r"}, 7]},
            "UserID": "u",
        });
        assert_eq!(
            webhook_body(Api::Noah, body.to_string().as_bytes()),
            json!({
                "EventType": "Customer",
                "Data": {"CustomerID": "c", "FullName": HIDDEN, "Metadata": HIDDEN, "Refunds": [{"RefundID": "r"}, HIDDEN]},
                "UserID": "u",
            })
        );
        let body = json!({"type": "token.created", "token": {"id": "t"}, "payment": {"id": "p", "hostedFields": {"id": "h"}}});
        assert_eq!(
            webhook_body(Api::Worldline, body.to_string().as_bytes()),
            json!({"type": "token.created", "token": SECRET, "payment": {"id": "p", "hostedFields": HIDDEN}})
        );
        assert_eq!(webhook_body(Api::Noah, b"[1]"), json!([HIDDEN]));
        assert_eq!(webhook_body(Api::Noah, b"{"), HIDDEN);
    }
}
