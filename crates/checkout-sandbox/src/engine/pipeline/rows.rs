//! Operations that need no function: a row of a table says what they do.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::paging;
use super::steps::{Call, Served};
use crate::engine::exchange::{Answer, Failure, Parameters};

/// An API that keeps things.
pub(crate) trait Stocked: Served {
    /// The field of a list without pages that holds its items.
    const ITEMS: &'static str;
    /// The field that an item of a list is known by.
    const ID: &'static str;

    fn find(&self, kind: &str, id: &str) -> Option<Value>;

    /// Lets those of a kind be read, each with its number, the oldest first.
    fn stock<T>(&self, kind: &str, read: impl FnOnce(&mut Numbered<'_>) -> T) -> T;

    /// Whether a list is asked for from its oldest item on.
    fn is_oldest_first(parameters: &Parameters) -> bool;

    fn unknown(kind: &'static str) -> Self::Refusal;
}

/// Things with their numbers.
pub(crate) type Numbered<'a> = dyn DoubleEndedIterator<Item = (u64, &'a Value)> + 'a;

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
            Self::List(kind) => service.stock(kind, |items| {
                let mut keyed = items.map(|(number, item)| (number.to_string(), Cow::Borrowed(item)));
                if S::is_oldest_first(&call.parameters) {
                    page(call, &mut keyed)
                } else {
                    page(call, &mut keyed.rev())
                }
            })?,
            Self::ListOf(list) => {
                let items = (1_u64..).zip(list(service, call)?);
                let mut keyed = items.map(|(number, item)| {
                    let id = item.get(S::ID).and_then(Value::as_str).map(str::to_owned);
                    (id.unwrap_or_else(|| number.to_string()), Cow::Owned(item))
                });
                page(call, &mut keyed)?
            }
        };
        Ok(Answer::json(&shown)?)
    }
}

/// The page that is asked for, of the items that fit: a parameter keeps those whose field of its name has its value. Without
/// pages in the spec, all of them.
fn page<S: Stocked>(
    call: &Call<S>,
    items: &mut dyn Iterator<Item = (String, Cow<'_, Value>)>,
) -> Result<Value, Failure> {
    let fits = |item: &Value| {
        let mut wanted = call.parameters.all();
        wanted.all(|(name, wanted)| item.get(name).is_none_or(|found| found == wanted))
    };
    let Some(paging) = &call.mounted.operation.paging else {
        let items = items.map(|(_, item)| item).filter(|item| fits(item));
        return Ok(json!({ (S::ITEMS): items.map(Cow::into_owned).collect::<Vec<_>>() }));
    };
    let page = paging::page(call.mounted.operation.id, paging, &call.parameters, items, fits);
    Ok(Value::Object(
        page.map_err(|fault| Failure::Parameters(vec![fault]))?,
    ))
}
