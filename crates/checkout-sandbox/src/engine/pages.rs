//! Pages of a list, by a token or by an offset, as `x-paging` says.
//!
//! A token names the last item that was given, so that what comes to be meanwhile moves none of the pages that follow.

use checkout_core::described::Paging;
use serde_json::{Map, Value};

use crate::engine::parameters::Parameters;

/// Items of a page for which no size is asked.
const USUAL: usize = 20;
/// Most items of a page, where the spec sets no bound.
const MOST: usize = 100;

/// The page that the parameters ask for, of items that are numbered and in the order of the list. A token that no page
/// gave asks for the end of the list.
pub(crate) fn page(
    paging: &Paging,
    parameters: &Parameters,
    items: impl Iterator<Item = (u64, Value)>,
) -> Map<String, Value> {
    let (Paging::Token { size, .. } | Paging::Offset { size, .. }) = paging else {
        return Map::new();
    };
    let size = parameters.get(size).and_then(Value::as_u64);
    let size = size.map_or(USUAL, |size| usize::try_from(size).unwrap_or(MOST).clamp(1, MOST));
    let mut answer = Map::new();
    match paging {
        Paging::Token {
            parameter,
            items: name,
            next,
            ..
        } => {
            let after = parameters.get(parameter).and_then(Value::as_str);
            let mut rest: Vec<(u64, Value)> = match after.map(str::parse::<u64>) {
                None => items.collect(),
                Some(Ok(after)) => {
                    let mut items = items;
                    let _ = items.by_ref().find(|(number, _)| *number == after);
                    items.collect()
                }
                Some(Err(_)) => Vec::new(),
            };
            let more = rest.len() > size;
            rest.truncate(size);
            let last = rest.last().map(|(number, _)| number.to_string());
            answer.insert(name.clone(), rest.into_iter().map(|(_, item)| item).collect());
            if let Some(last) = last.filter(|_| more) {
                answer.insert(next.clone(), last.into());
            }
        }
        Paging::Offset {
            parameter,
            items: name,
            total,
            ..
        } => {
            let all: Vec<Value> = items.map(|(_, item)| item).collect();
            let offset = parameters
                .get(parameter)
                .and_then(Value::as_u64)
                .unwrap_or_default();
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            answer.insert(total.clone(), all.len().into());
            answer.insert(name.clone(), all.into_iter().skip(offset).take(size).collect());
        }
        _ => {}
    }
    answer
}

/// Cuts a whole answer, such as an example, down to the page that is asked for.
pub(crate) fn cut(paging: &Paging, parameters: &Parameters, whole: &mut Map<String, Value>) {
    if let Paging::Token { next, .. } = paging {
        whole.shift_remove(next);
    }
    let (Paging::Token { items, .. } | Paging::Offset { items, .. }) = paging else {
        return;
    };
    let Some(Value::Array(all)) = whole.shift_remove(items) else {
        return;
    };
    whole.extend(page(paging, parameters, (1..).zip(all)));
}
