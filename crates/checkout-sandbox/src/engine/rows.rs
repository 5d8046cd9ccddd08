//! What an operation does that needs a row of a table alone.

use serde_json::Value;

use crate::engine::answer::{Answer, Fault};
use crate::engine::pages;
use crate::engine::pipeline::{Call, Served};

/// An API that keeps things.
pub(crate) trait Stocked: Served {
    fn find(&self, kind: &str, id: &str) -> Option<Value>;

    /// Those of a kind, each with its number, the oldest first.
    fn stock(&self, kind: &str) -> Vec<(u64, Value)>;

    fn unknown(kind: &'static str) -> Self::Refusal;
}

/// Items in their order.
type Lists<S> = fn(&S, &Call<S>) -> Result<Vec<Value>, <S as Served>::Refusal>;

/// What an operation does.
pub(crate) enum Does<S: Served> {
    /// Gives the thing of this kind that the parameter names.
    Get(&'static str, &'static str),
    /// Lists the things of this kind, newest first.
    List(&'static str),
    /// Lists what the function gives, in its order.
    ListOf(Lists<S>),
}

impl<S: Stocked> Does<S> {
    pub(crate) fn answer(&self, service: &S, call: &Call<S>) -> Result<Answer, S::Refusal> {
        let shown = match self {
            Self::Get(kind, parameter) => {
                let found = service.find(kind, call.parameters.text(parameter));
                found.ok_or_else(|| S::unknown(kind))?
            }
            Self::List(kind) => {
                let mut items = service.stock(kind);
                if call.parameters.text("SortDirection") != "ASC" {
                    items.reverse();
                }
                let keyed = items.into_iter().map(|(number, item)| (number.to_string(), item));
                page(call, keyed.collect())?
            }
            Self::ListOf(list) => {
                let keyed = (1..)
                    .zip(list(service, call)?)
                    .map(|(number, item): (u64, Value)| {
                        let id = item.get("ID").and_then(Value::as_str);
                        (id.map_or_else(|| number.to_string(), str::to_owned), item)
                    });
                page(call, keyed.collect())?
            }
        };
        Ok(Answer::json(&shown)?)
    }
}

/// The page that is asked for, of the items that fit: a parameter keeps those whose field of its name has its value. Without
/// pages in the spec, all of them as `Items`.
fn page<S: Served>(call: &Call<S>, items: Vec<(String, Value)>) -> Result<Value, Fault> {
    let fits = |item: &Value| {
        call.parameters
            .all()
            .all(|(name, wanted)| item.get(name).is_none_or(|found| found == wanted))
    };
    let shown = match call
        .mounted
        .described()
        .and_then(|described| described.paging.as_ref())
    {
        Some(paging) => {
            let list = call.mounted.operation.id;
            let page = pages::page(list, paging, &call.parameters, items.into_iter(), fits);
            Value::Object(page.map_err(|fault| Fault::Parameters(vec![fault]))?)
        }
        None => {
            let items: Vec<Value> = items.into_iter().map(|(_, item)| item).filter(fits).collect();
            serde_json::json!({ "Items": items })
        }
    };
    Ok(shown)
}
