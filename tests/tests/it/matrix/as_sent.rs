//! Each example as it reaches the wire, byte for byte: read these snapshots as code. What a token says is true of what was sent.

use std::collections::BTreeMap;

use checkout_transport::testing::{ScriptedWire, Sent, Step};
use serde_json::{Value, json};

use super::{Client, Column, Row, at_once};
use crate::shop::{ONCE, as_sent, caught, claims, key, only, sha256_hex};

pub(super) static COLUMN: Column = Column::new("as sent", check);

#[test]
fn every_example_is_sent_as_its_snapshot_shows() {
    COLUMN.hold();
}

fn check(row: &Row) -> Result<usize, String> {
    let key = key();
    let mut shown = String::new();
    let calls = row.calls();
    for given in &calls {
        let wire = ScriptedWire::new([Step::cut()]);
        let client = row.client(&wire, &key, ONCE);
        let prepared = client
            .prepare(row.id(), given)
            .map_err(|error| format!("{}: {error}", given.name))?;
        at_once(client.send(&prepared)).unwrap_err();
        let sent = only(&wire);
        if let Client::Noah(_) = client {
            assert_signed(&sent, &key.public_key_pem());
        }
        let mut sent = as_sent(&sent);
        // A key that was not given is another one each time.
        if prepared.has_fresh_key()
            && let Some(key) = prepared.idempotency_key()
        {
            sent = sent.replace(key, "<fresh>");
        }
        shown += &format!("# {}\n\n{sent}\n\n", given.name);
    }
    caught(|| insta::assert_snapshot!(row.id(), shown.trim_end()))?;
    Ok(calls.len())
}

/// By `jsonwebtoken` and a hash of another maker: method, path, query and body are those that were sent.
fn assert_signed(sent: &Sent, public_key: &str) {
    let claims = claims(&sent.headers, public_key);
    assert_eq!(claims["method"], sent.method.as_str());
    assert_eq!(claims["path"], sent.url.path());
    let query: BTreeMap<_, _> = sent.url.query_pairs().into_owned().collect();
    let query = (!query.is_empty()).then_some(query);
    assert_eq!(
        claims.get("queryParams"),
        query.map(|query| json!(query)).as_ref()
    );
    let hash = (!sent.body.is_empty()).then(|| Value::from(sha256_hex(&sent.body)));
    assert_eq!(claims.get("bodyHash"), hash.as_ref());
}
