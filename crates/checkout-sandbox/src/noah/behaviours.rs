//! NOAH as the pipeline serves it: who calls, and what its operations do. One that is not here answers the example of
//! its spec, or is refused if it moves money.

use std::time::SystemTime;

use axum::response::Response;
use checkout_core::Operation;
use serde_json::Value;

use super::access::{Caller, auth};
use super::operations::{catalog, checkout, customers, deposits, documents, payouts};
use super::refusal::Refusal;
use super::service::Service;
use crate::engine::exchange::{Answer, Checks, Failure, Parameters, Received};
use crate::engine::pipeline::{Call, Does, Keep, Means, Numbered, Run, Served, Stocked};
use crate::engine::text::time;

/// Operations that need a row alone.
const ROWS: &[(&str, Does<Service>)] = &[
    ("listBalances", Does::List("Balance")),
    ("listChannels", Does::ListOf(catalog::channels)),
    ("listCustomers", Does::List("Customer")),
    ("getCustomer", Does::Get("Customer", "CustomerID")),
    ("listPaymentMethods", Does::ListOf(catalog::payment_methods)),
    ("listPrices", Does::ListOf(catalog::prices)),
    ("listTransactions", Does::List("Transaction")),
    ("listVirtualAccounts", Does::ListOf(deposits::virtual_accounts)),
    ("getTransaction", Does::Get("Transaction", "TransactionID")),
];

/// Operations with a function of their own.
const FUNCTIONS: &[(&str, Run<Service>)] = &[
    ("createManagedSession", checkout::manage),
    ("createFiatPayin", checkout::payin),
    ("createBuy", checkout::buy),
    ("createCryptoPayin", checkout::payin_crypto),
    ("createSell", checkout::sell),
    ("createFiatPayout", payouts::pay_out),
    ("getChannel", catalog::channel),
    ("getChannelForm", catalog::form),
    ("listChannelCountries", catalog::countries),
    ("putCustomer", customers::put),
    ("createOnboardingSession", customers::onboard),
    ("getDocumentUploadUrl", documents::address),
    ("prepareSellTransaction", payouts::prepare),
    ("sellTransaction", payouts::sell),
    ("simulateFiatDeposit", deposits::simulate),
    ("createBankDepositToOnchainAddress", deposits::bank_to_onchain),
    (
        "createHostedBankDepositToOnchainAddress",
        deposits::hosted_bank_to_onchain,
    ),
    ("createOnchainDepositToPaymentMethod", deposits::onchain_to_bank),
    ("createRule", deposits::rule),
];

impl Served for Service {
    type Caller = Caller;
    type Refusal = Refusal;

    fn means(&self) -> Means<'_> {
        Means {
            ground: &self.ground,
            keys: &self.nonces,
            latency: self.latency,
        }
    }

    fn authenticate(
        &self,
        _: &Operation,
        received: &Received,
        _: &Parameters,
        now: SystemTime,
        checks: &mut Checks,
    ) -> Result<Caller, Refusal> {
        Ok(auth::authenticate(
            &self.keys,
            received,
            time::seconds(now),
            checks,
        )?)
    }

    /// NOAH does not publish the scope of a `Nonce`. The sandbox takes the API key and the operation.
    fn scope(operation: &Operation, caller: &Caller, _: &Received) -> String {
        format!("{} {}", caller.api_key, operation.id)
    }

    const IN_TURN: bool = true;

    fn behaviour(id: &str) -> Option<Run<Self>> {
        let function = FUNCTIONS.iter().find(|(of, _)| *of == id).map(|(_, run)| *run);
        function.or_else(|| row(id).map(|_| by_row as _))
    }

    fn sample_page(&self, operation: &Operation) -> Option<(&'static str, String)> {
        Some(("HostedURL", format!("{}/example/{}", self.origin, operation.id)))
    }

    fn answer(refusal: Refusal, operation: &Operation) -> Response {
        refusal.answer(operation.id)
    }
}

fn row(id: &str) -> Option<&'static Does<Service>> {
    ROWS.iter().find(|(of, _)| *of == id).map(|(_, does)| does)
}

fn by_row(service: &Service, call: &Call<Service>, _: &mut Keep<'_>) -> Result<Answer, Refusal> {
    let does = row(call.mounted.operation.id).ok_or(Failure::Unexpected("the operation has no row"))?;
    does.answer(service, call)
}

impl Stocked for Service {
    const ITEMS: &'static str = "Items";
    const ID: &'static str = "ID";

    fn find(&self, kind: &str, id: &str) -> Option<Value> {
        self.store.thing(kind, id)
    }

    fn stock<T>(&self, kind: &str, read: impl FnOnce(&mut Numbered<'_>) -> T) -> T {
        self.store.things(kind, read)
    }

    fn is_oldest_first(parameters: &Parameters) -> bool {
        parameters.text("SortDirection") == "ASC"
    }

    fn unknown(kind: &'static str) -> Refusal {
        Refusal::not_found(format!("{} not found", kind.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engine::spec::Api;

    #[test]
    fn every_row_is_one_operation_of_the_spec() {
        let ids: Vec<&str> = ROWS
            .iter()
            .map(|(id, _)| *id)
            .chain(FUNCTIONS.iter().map(|(id, _)| *id))
            .collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len());
        for id in ids {
            assert!(
                Api::Noah.operations().iter().any(|operation| operation.id == id),
                "{id}"
            );
        }
    }
}
