//! A call that is cut, or waits in vain: money may have moved if the operation moves any, and the same bytes are sent again only where
//! the API knows them by their key.

use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{ErrorKind, Outcome, Phase};

use super::{Column, Row, answered, at_once};
use crate::shop::{THRICE, key};

pub(super) static COLUMN: Column = Column::new("unknown", check);

#[test]
fn what_is_unknown_at_the_end_is_money_under_way_where_money_moves() {
    COLUMN.hold();
}

fn check(row: &Row) -> Result<usize, String> {
    let mut count = 0;
    let given = &row.calls()[0];
    let (status, body) = row.answers()[0];
    let half = body.map_or(0, |body| body.to_string().len() / 2);
    let mut steps = vec![
        (ErrorKind::Timeout(Phase::Answer), Step::hang()),
        (ErrorKind::Interrupted, Step::cut()),
    ];
    if body.is_some() {
        steps.extend([
            (
                ErrorKind::Interrupted,
                answered(status, body).cut_body_after(half),
            ),
            (
                ErrorKind::Timeout(Phase::Body),
                answered(status, body).stall_body_after(half),
            ),
            (ErrorKind::Undecodable, Step::respond(status).body("<html>")),
        ]);
    }
    for (kind, step) in steps {
        let wire = ScriptedWire::new(std::iter::repeat_n(step, 3));
        let client = row.client(&wire, &key(), THRICE);
        let prepared = client
            .prepare(row.id(), given)
            .map_err(|error| error.to_string())?;
        let error =
            at_once(client.send(&prepared)).map_or_else(Ok, |_| Err(format!("{kind:?} is a success")))?;
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown));
        assert_eq!(
            error.money_may_have_moved(),
            row.operation.moves_money,
            "{kind:?}"
        );
        let sent = wire.sent();
        let again = prepared.is_recognised() && kind != ErrorKind::Undecodable;
        assert_eq!(sent.len(), if again { 3 } else { 1 }, "{kind:?}");
        assert!(
            sent.iter().all(|sent| sent.body == prepared.body()),
            "{kind:?}: the same bytes"
        );
        count += 1;
    }
    Ok(count)
}
