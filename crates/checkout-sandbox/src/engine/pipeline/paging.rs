//! Pages of a list, by a token or by an offset, as `x-paging` says.
//!
//! A token names the last item that was given, so that what comes to be meanwhile moves none of the pages that follow. It is a
//! digest of the item and of the list, so that one of another list is told from it.

use std::borrow::Cow;

use checkout_core::{Paging, PagingBy};
use serde_json::{Map, Value};

use crate::engine::exchange::Parameters;
use crate::engine::spec::FieldFault;
use crate::engine::text::short;

/// Items of a page for which no size is asked.
const USUAL: usize = 20;
/// Most items of a page, where the spec sets no bound.
const MOST: usize = 100;

/// The page that the parameters ask for, of the items of this list that are `shown`. They come in their order, each with a key that
/// never changes. A token that no page of the list gave is a fault.
pub(crate) fn page<'a>(
    list: &str,
    paging: &Paging,
    parameters: &Parameters,
    mut items: impl Iterator<Item = (String, Cow<'a, Value>)>,
    shown: impl Fn(&Value) -> bool,
) -> Result<Map<String, Value>, FieldFault> {
    let size = parameters.get(paging.size).and_then(Value::as_u64);
    let size = size.map_or(USUAL, |size| usize::try_from(size).unwrap_or(MOST).clamp(1, MOST));
    let begin = parameters.get(paging.parameter);
    let mut answer = Map::new();
    match paging.by {
        PagingBy::Token { next } => {
            let after = begin.and_then(Value::as_str);
            // Among all items: one that was shown may be no longer.
            if let Some(after) = after
                && !items.any(|(key, _)| token(list, &key) == after)
            {
                return Err(FieldFault::new(
                    format!("/{}", paging.parameter),
                    "is no token of this list; begin again without it",
                ));
            }
            let rest = items.filter(|(_, item)| shown(item)).take(size + 1);
            let mut rest: Vec<_> = rest.collect();
            let more = rest.len() > size;
            rest.truncate(size);
            let last = rest.last().map(|(key, _)| token(list, key));
            let rest = rest.into_iter().map(|(_, item)| item.into_owned());
            answer.insert(paging.items.to_owned(), rest.collect());
            if let Some(last) = last.filter(|_| more) {
                answer.insert(next.to_owned(), last.into());
            }
        }
        PagingBy::Offset { total } => {
            let all: Vec<_> = items.map(|(_, item)| item).filter(|item| shown(item)).collect();
            let offset = begin.and_then(Value::as_u64).unwrap_or_default();
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            answer.insert(total.to_owned(), all.len().into());
            let page = all.into_iter().skip(offset).take(size);
            answer.insert(paging.items.to_owned(), page.map(Cow::into_owned).collect());
        }
    }
    Ok(answer)
}

fn token(list: &str, key: &str) -> String {
    short(&format!("{list} {key}"), 32)
}

/// Cuts a whole answer, such as an example, down to the page that is asked for.
pub(crate) fn cut(
    list: &str,
    paging: &Paging,
    parameters: &Parameters,
    whole: &mut Map<String, Value>,
) -> Result<(), FieldFault> {
    if let PagingBy::Token { next } = paging.by {
        whole.shift_remove(next);
    }
    let Some(Value::Array(all)) = whole.shift_remove(paging.items) else {
        return Ok(());
    };
    let keyed = (1_u64..).map(|number| number.to_string());
    let keyed = keyed.zip(all.into_iter().map(Cow::Owned));
    whole.extend(page(list, paging, parameters, keyed, |_| true)?);
    Ok(())
}
