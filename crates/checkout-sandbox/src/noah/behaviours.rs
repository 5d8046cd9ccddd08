//! What NOAH's operations do. One that is not here answers the example of its spec.

use noah_models::{CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest};

use super::checkout;
use super::service::Service;
use crate::engine::body::check;
use crate::engine::pipeline::Behaviour;

/// That of an operation, by its id.
pub(crate) fn of(id: &str) -> Option<Behaviour<Service>> {
    let (check, run) = match id {
        "createManagedSession" => (Some(check::<CheckoutManageRequest> as _), checkout::manage as _),
        "createFiatPayin" => (Some(check::<CheckoutPayinFiatRequest> as _), checkout::payin as _),
        "createSell" => (Some(check::<CheckoutSellRequest> as _), checkout::sell as _),
        _ => return None,
    };
    Some(Behaviour { check, run })
}
