use bigdecimal::{BigDecimal, RoundingMode};
use checkout_core::decimal::Rounding;
use checkout_core::{DecimalError, PositiveDecimal};
use proptest::prelude::*;

use crate::decimal::oracle::{any_amount, decimal, text_of, value, written};

#[test]
fn money_looks_like_money() {
    let calculated = [
        decimal("5.05").checked_add(decimal("5.05")),
        decimal("2").checked_mul(decimal("5.05")),
        decimal("5.05").checked_mul(decimal("2")),
        decimal("10.10").checked_sub(decimal("10.1")),
        decimal("+00.50").checked_add(decimal(".5")),
        decimal("5.").checked_mul(decimal("5.")),
        PositiveDecimal::sum([decimal("0.10"), decimal("0.2"), decimal("9.7")]),
        PositiveDecimal::sum(Vec::<PositiveDecimal>::new()),
    ];
    let texts: Vec<_> = calculated
        .into_iter()
        .map(|result| text_of(result).unwrap())
        .collect();
    assert_eq!(
        texts,
        ["10.10", "10.10", "10.10", "0.00", "1.00", "25", "10.00", "0"]
    );
}

#[test]
fn the_largest_operands_are_exact_or_refused() {
    let largest = decimal(&"9".repeat(38));
    // 10^76 - 2 x 10^38 + 1 has 76 digits.
    assert_eq!(
        largest.checked_mul(largest),
        Err(DecimalError::ResultTooLong { characters: 76 })
    );
    assert_eq!(
        largest.checked_add(1_u8.into()),
        Err(DecimalError::ResultTooLong { characters: 39 })
    );
    assert_eq!(largest.checked_mul(1_u8.into()), Ok(largest));
    assert_eq!(largest.checked_sub(largest).unwrap().as_str(), "0");

    let smallest = decimal(&format!(".{}1", "0".repeat(36)));
    // .(73 zeros)1
    assert_eq!(
        smallest.checked_mul(smallest),
        Err(DecimalError::ResultTooLong { characters: 75 })
    );
    assert_eq!(
        largest.checked_add(smallest),
        Err(DecimalError::ResultTooLong { characters: 76 })
    );
    // There is room for it without the zero before its point.
    assert_eq!(
        smallest.checked_add(PositiveDecimal::ZERO).unwrap().as_str(),
        smallest.as_str()
    );
    assert_eq!(
        smallest.checked_mul(largest),
        Err(DecimalError::ResultTooLong { characters: 39 })
    );
    assert!(smallest < largest && smallest > PositiveDecimal::ZERO);
}

#[test]
fn zeros_are_shortened_only_where_they_do_not_fit() {
    let wide = decimal(&"9".repeat(34));
    assert_eq!(
        wide.checked_add(decimal("0.00")).unwrap().as_str(),
        format!("{}.00", "9".repeat(34))
    );
    assert_eq!(
        wide.checked_add(decimal("0.00000")).unwrap().as_str(),
        format!("{}.000", "9".repeat(34))
    );
    let wider = decimal(&"9".repeat(37));
    assert_eq!(
        wider.checked_add(decimal("0.00000")).unwrap().as_str(),
        "9".repeat(37)
    );
}

#[test]
fn a_sum_fits_though_its_steps_do_not() {
    let (big, half, rest) = (
        decimal(&format!("{}.5", "9".repeat(36))),
        decimal(".05"),
        decimal(".45"),
    );
    assert!(big.checked_add(half).is_err());
    assert_eq!(
        PositiveDecimal::sum([big, half, rest]).unwrap().as_str(),
        format!("1{}", "0".repeat(36))
    );

    let largest = decimal(&"9".repeat(38));
    let many = std::iter::repeat_n(largest, 10_000);
    assert_eq!(
        PositiveDecimal::sum(many),
        Err(DecimalError::ResultTooLong { characters: 42 })
    );
}

#[test]
fn minor_units() {
    assert_eq!(
        PositiveDecimal::from_minor_units(1010, 2).unwrap().as_str(),
        "10.10"
    );
    assert_eq!(PositiveDecimal::from_minor_units(5, 2).unwrap().as_str(), "0.05");
    assert_eq!(PositiveDecimal::from_minor_units(0, 3).unwrap().as_str(), "0.000");
    assert_eq!(PositiveDecimal::from_minor_units(500, 0).unwrap().as_str(), "500");
    assert_eq!(
        PositiveDecimal::from_minor_units(1, 37)
            .unwrap()
            .to_minor_units(37),
        Ok(1)
    );
    let too_fine = PositiveDecimal::from_minor_units(1, 38);
    assert_eq!(too_fine, Err(DecimalError::ResultTooLong { characters: 39 }));
    assert!(PositiveDecimal::from_minor_units(u64::MAX, u8::MAX).is_err());

    assert_eq!(decimal("10.1").to_minor_units(2), Ok(1010));
    assert_eq!(decimal("10.100").to_minor_units(2), Ok(1010));
    let between = DecimalError::TooManyDecimals {
        decimals: 3,
        allowed: 2,
    };
    assert_eq!(decimal("10.101").to_minor_units(2), Err(between));
    assert_eq!(decimal("0.00").to_minor_units(u8::MAX), Ok(0));
    assert_eq!(decimal("1").to_minor_units(38), Ok(10_u128.pow(38)));
    let beyond = DecimalError::DoesNotFit { target: "u128" };
    assert_eq!(decimal("4").to_minor_units(38), Err(beyond));
    assert_eq!(decimal("1").to_minor_units(u8::MAX), Err(beyond));
}

#[test]
fn decimals_as_asked_for() {
    assert_eq!(decimal("10.1").with_decimals(2).unwrap().as_str(), "10.10");
    assert_eq!(decimal("5.050").with_decimals(2).unwrap().as_str(), "5.05");
    assert_eq!(decimal("+5.").with_decimals(0).unwrap().as_str(), "5");
    let lost = DecimalError::TooManyDecimals {
        decimals: 2,
        allowed: 1,
    };
    assert_eq!(decimal("5.050").with_decimals(1), Err(lost));
    assert_eq!(
        decimal("5").with_decimals(37),
        Err(DecimalError::ResultTooLong { characters: 39 })
    );
}

#[test]
fn rounding_goes_the_way_that_it_is_told() {
    let modes = [Rounding::Up, Rounding::Down, Rounding::HalfUp, Rounding::HalfEven];
    for (text, expected) in [
        ("0.124", ["0.13", "0.12", "0.12", "0.12"]),
        ("0.125", ["0.13", "0.12", "0.13", "0.12"]),
        ("0.135", ["0.14", "0.13", "0.14", "0.14"]),
        ("0.1250000001", ["0.13", "0.12", "0.13", "0.13"]),
        ("0.126", ["0.13", "0.12", "0.13", "0.13"]),
        ("9.999", ["10.00", "9.99", "10.00", "10.00"]),
        ("0.001", ["0.01", "0.00", "0.00", "0.00"]),
        ("7", ["7.00", "7.00", "7.00", "7.00"]),
    ] {
        let rounded = modes.map(|mode| decimal(text).round_to(2, mode).unwrap().to_string());
        assert_eq!(rounded, expected, "{text}");
    }
}

fn rounding() -> impl Strategy<Value = (Rounding, RoundingMode)> {
    prop::sample::select(vec![
        (Rounding::Up, RoundingMode::Up),
        (Rounding::Down, RoundingMode::Down),
        (Rounding::HalfUp, RoundingMode::HalfUp),
        (Rounding::HalfEven, RoundingMode::HalfEven),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn addition_is_exact(left in any_amount(), right in any_amount()) {
        let (a, b) = (decimal(&left), decimal(&right));
        let expected = written(&(value(&left) + value(&right)), a.decimals().max(b.decimals()));
        prop_assert_eq!(text_of(a.checked_add(b)), expected.clone());
        prop_assert_eq!(text_of(b.checked_add(a)), expected.clone());
        prop_assert_eq!(text_of(PositiveDecimal::sum([a, b])), expected);
    }

    #[test]
    fn subtraction_is_exact(left in any_amount(), right in any_amount()) {
        let (a, b) = (decimal(&left), decimal(&right));
        let difference = value(&left) - value(&right);
        let expected = if a < b {
            Err(DecimalError::Negative)
        } else {
            written(&difference, a.decimals().max(b.decimals()))
        };
        prop_assert_eq!(text_of(a.checked_sub(b)), expected);
    }

    #[test]
    fn multiplication_is_exact(left in any_amount(), right in any_amount()) {
        let (a, b) = (decimal(&left), decimal(&right));
        let expected = written(&(value(&left) * value(&right)), a.decimals().max(b.decimals()));
        prop_assert_eq!(text_of(a.checked_mul(b)), expected.clone());
        prop_assert_eq!(text_of(b.checked_mul(a)), expected);
    }

    #[test]
    fn long_operands_multiply_exactly(left in "[0-9]{38}", right in "[0-9]{38}") {
        let expected = written(&(value(&left) * value(&right)), 0);
        prop_assert_eq!(text_of(decimal(&left).checked_mul(decimal(&right))), expected);
    }

    #[test]
    fn a_product_that_fits_comes_back(left in "[1-9][0-9]{0,17}", right in "[1-9][0-9]{0,16}[.][0-9]{0,2}") {
        let product = decimal(&left).checked_mul(decimal(&right)).unwrap();
        prop_assert_eq!(value(product.as_str()), value(&left) * value(&right));
    }

    #[test]
    fn a_sum_depends_on_no_order(texts in prop::collection::vec(any_amount(), 0..8)) {
        let mut amounts: Vec<_> = texts.iter().map(|text| decimal(text)).collect();
        let decimals = amounts.iter().map(PositiveDecimal::decimals).max().unwrap_or(0);
        let expected = written(&texts.iter().map(|text| value(text)).sum::<BigDecimal>(), decimals);
        prop_assert_eq!(text_of(PositiveDecimal::sum(&amounts)), expected.clone());
        amounts.reverse();
        prop_assert_eq!(text_of(PositiveDecimal::sum(amounts)), expected);
    }

    #[test]
    fn rounding_is_the_oracle_s(text in any_amount(), decimals in 0..12_u8, modes in rounding()) {
        let rounded = value(&text).with_scale_round(decimals.into(), modes.1).to_plain_string();
        let expected = if rounded.len() <= 38 {
            Ok(rounded)
        } else {
            Err(DecimalError::ResultTooLong { characters: rounded.len() })
        };
        prop_assert_eq!(text_of(decimal(&text).round_to(decimals, modes.0)), expected);
    }

    #[test]
    fn minor_units_come_back(units in any::<u64>(), decimals in 0..=18_u8) {
        let amount = PositiveDecimal::from_minor_units(units, decimals).unwrap();
        prop_assert_eq!(value(amount.as_str()), BigDecimal::new(units.into(), decimals.into()));
        prop_assert_eq!(amount.decimals(), decimals);
        prop_assert_eq!(amount.to_minor_units(decimals), Ok(u128::from(units)));
    }
}
