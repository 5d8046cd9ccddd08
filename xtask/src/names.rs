//! Rust names of what a spec names. The same rules as progenitor's, whose client names parameters and methods too.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// A component: `CustomerID` to `CustomerId`.
pub fn type_name(component: &str) -> String {
    component.to_upper_camel_case()
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
    if syn::parse_str::<syn::Ident>(&name).is_ok() && name != "gen" {
        name
    } else {
        format!("{name}_")
    }
}

/// Whether a name of a spec can be a property, a parameter or a component: its Rust name is an identifier, and progenitor
/// makes the same one.
pub fn is_usable(name: &str) -> bool {
    let usable = |name: &str| syn::parse_str::<syn::Ident>(name).is_ok();
    !name.contains('\'') && usable(&field_name(name)) && usable(&type_name(name))
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
