//! Amounts: reading them beside a bare loop over their digits and beside other crates, and multiplying them.

use std::hint::black_box;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use checkout_core::PositiveDecimal;
use rust_decimal::Decimal;

use crate::common::Bench;

const MONEY: &str = "1234.56";
/// As long as rust_decimal reads without rounding.
const MIDDLE: &str = "12345678901234.567890";
const LONG: &str = "12345678901234567890.1234567890123456";

pub(crate) fn run(bench: &Bench) {
    for (name, text) in [
        ("parse 7 characters", MONEY),
        ("parse 21 characters", MIDDLE),
        ("parse 37 characters", LONG),
    ] {
        let ours = || PositiveDecimal::parse(black_box(text));
        bench.compare(name, ours, "bare u128 loop", || digit_loop(black_box(text)));
        bench.compare(name, ours, "bigdecimal", || BigDecimal::from_str(black_box(text)));
        if text.len() < LONG.len() {
            bench.compare(name, ours, "rust_decimal", || {
                Decimal::from_str_exact(black_box(text))
            });
        }
    }

    for (name, left, right) in [
        ("multiply 2 x 1234.56, text written", "2", MONEY),
        (
            "multiply 17 x 17 digits, text written",
            "12345678.901234567",
            "98765432.109876543",
        ),
    ] {
        let ours = (PositiveDecimal::parse(left), PositiveDecimal::parse(right));
        let theirs = (BigDecimal::from_str(left), BigDecimal::from_str(right));
        let (Ok(a), Ok(b), Ok(x), Ok(y)) = (ours.0, ours.1, theirs.0, theirs.1) else {
            continue;
        };
        let multiply = || black_box(a).checked_mul(black_box(b));
        bench.compare(name, multiply, "bigdecimal, no text", || {
            black_box(&x) * black_box(&y)
        });
        bench.compare(name, multiply, "bigdecimal, text", || {
            (black_box(&x) * black_box(&y)).to_plain_string()
        });
    }
}

/// The least that reading a decimal can be: its digits as one integer, and how many of them are decimals. Keeps no
/// text, and takes `+` and `.` wherever they stand.
fn digit_loop(text: &str) -> Option<(u128, usize)> {
    let mut value = 0_u128;
    let mut point = text.len();
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => value = value.checked_mul(10)?.checked_add(u128::from(byte - b'0'))?,
            b'.' => point = position + 1,
            b'+' => {}
            _ => return None,
        }
    }
    Some((value, text.len() - point))
}
