//! `PositiveDecimal` against oracles that share no code with it: the spec's own pattern in an ECMA-262 engine for the
//! grammar, `bigdecimal` for values.

mod arithmetic;
mod conversions;
mod errors;
mod grammar;
mod json;
mod oracle;
