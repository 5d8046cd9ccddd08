//! Rust names of what a spec names. The same rules as progenitor's, whose client names parameters and methods too.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// A component: `CustomerID` to `CustomerId`.
pub fn type_name(component: &str) -> String {
    component.to_upper_camel_case()
}

/// The same for code.
pub fn type_ident(component: &str) -> syn::Ident {
    quote::format_ident!("{}", type_name(component))
}

/// An enum value: `BTC_TEST` to `BtcTest`, `payment.paid` to `PaymentPaid`.
pub fn variant_name(value: &str) -> String {
    let name = value.to_upper_camel_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("X{name}")
    } else {
        name
    }
}

/// A property or parameter: `HostedURL` to `hosted_url`.
pub fn field_name(property: &str) -> String {
    let name = property.to_snake_case();
    if is_identifier(&name) && name != "gen" {
        name
    } else {
        format!("{name}_")
    }
}

/// The same for code.
pub fn field_ident(property: &str) -> syn::Ident {
    quote::format_ident!("{}", field_name(property))
}

/// Whether Rust takes a name as an identifier. The same few names are asked for again and again, and parsing is slow.
pub fn is_identifier(name: &str) -> bool {
    static KNOWN: LazyLock<Mutex<HashMap<String, bool>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.get(name) {
        return *known;
    }
    let is_one = syn::parse_str::<syn::Ident>(name).is_ok();
    known.insert(name.to_owned(), is_one);
    is_one
}

/// Whether a name of a spec can be a property, a parameter or a component: its Rust name is an identifier, and progenitor
/// makes the same one.
pub fn is_usable(name: &str) -> bool {
    !name.contains('\'') && is_identifier(&field_name(name)) && is_identifier(&type_name(name))
}

/// An operation's method: `createSell` to `create_sell`.
pub fn method_name(operation_id: &str) -> String {
    operation_id.to_snake_case()
}

/// The method beside an operation's own that does not send, where `is_taken` by another operation or not: `sellTransaction`
/// to `prepare_sell_transaction`, and beside a `prepareSellTransaction` to `prepare_sell_transaction_request`.
pub fn prepare_name(operation_id: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let name = format!("prepare_{}", method_name(operation_id));
    if is_taken(&name) {
        format!("{name}_request")
    } else {
        name
    }
}

/// An operation's constant: `createSell` to `CREATE_SELL`.
pub fn const_name(operation_id: &str) -> String {
    operation_id.to_shouty_snake_case()
}
