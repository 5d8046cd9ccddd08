use checkout_core::PositiveDecimal;

use crate::decimal::oracle::decimal;

#[test]
fn texts_of_refusals() {
    let long = "1".repeat(39);
    let refused = [
        "",
        ".",
        "+",
        "-5",
        "5-",
        "\u{2212}5",
        "1,50",
        "1.000,50",
        "1.000.000",
        "1+1",
        "++1",
        "1e3",
        "1E3",
        "e3",
        " 1",
        "1 000",
        "10.10\n",
        "\u{661}",
        "1\u{660}",
        "$10",
        "10 \u{20ac}",
        "10\u{20ac}",
        "NaN",
        "1_000",
        "1'000",
        "0x10",
        "1\0",
        &long,
    ];
    let lines: Vec<_> = refused
        .iter()
        .map(|text| format!("{text:?}: {}", PositiveDecimal::parse(text).unwrap_err()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn texts_of_failed_calculations() {
    let largest = decimal(&"9".repeat(38));
    let failed = [
        decimal("1").checked_sub(decimal("1.01")).unwrap_err(),
        largest.checked_add(largest).unwrap_err(),
        largest.checked_mul(largest).unwrap_err(),
        largest.with_decimals(2).unwrap_err(),
        decimal("1.005").with_decimals(2).unwrap_err(),
        decimal("1.005").to_minor_units(2).unwrap_err(),
        largest.to_minor_units(2).unwrap_err(),
        PositiveDecimal::try_from(-1).unwrap_err(),
        PositiveDecimal::try_from(u128::MAX).unwrap_err(),
    ];
    let lines: Vec<_> = failed.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn debug_shows_the_text() {
    assert_eq!(format!("{:?}", decimal("+00.10")), "PositiveDecimal(+00.10)");
    assert_eq!(
        format!("{:>6}|{:<6}|", decimal("1.5"), decimal("1.5")),
        "   1.5|1.5   |"
    );
}
