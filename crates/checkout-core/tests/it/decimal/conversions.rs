use checkout_core::validate::{At, Rule};
use checkout_core::{DecimalError, DecimalInput, PositiveDecimal, Validate, Violations};

use crate::decimal::oracle::decimal;

#[test]
fn integers() {
    assert_eq!(PositiveDecimal::from(u64::MAX).as_str(), "18446744073709551615");
    assert_eq!(PositiveDecimal::from(u64::MAX), decimal("18446744073709551615"));
    assert_eq!(PositiveDecimal::from(7_usize), decimal("7.0"));
    assert_eq!(PositiveDecimal::from(0_u8), PositiveDecimal::ZERO);
    assert_eq!(
        PositiveDecimal::try_from(i64::MAX).unwrap().as_str(),
        "9223372036854775807"
    );
    assert_eq!(PositiveDecimal::try_from(-1_i32), Err(DecimalError::Negative));
    assert_eq!(PositiveDecimal::try_from(i64::MIN), Err(DecimalError::Negative));
    assert_eq!(
        PositiveDecimal::try_from(10_u128.pow(38) - 1).unwrap().as_str(),
        "9".repeat(38)
    );
    assert_eq!(
        PositiveDecimal::try_from(u128::MAX),
        Err(DecimalError::TooLong { characters: 39 })
    );
}

#[test]
fn a_builder_takes_texts_numbers_and_amounts() {
    let ten = decimal("10");
    for input in [
        DecimalInput::from("10"),
        String::from("10").into(),
        (&String::from("10")).into(),
        ten.into(),
        (&ten).into(),
        Ok(ten).into(),
        10.into(),
        10_u8.into(),
        10_u16.into(),
        10_u32.into(),
        10_u64.into(),
        10_u128.into(),
        10_usize.into(),
        10_i64.into(),
    ] {
        let mut found = Violations::new();
        assert_eq!(input.take(&At::BODY, &mut found).unwrap().as_str(), "10");
        assert!(found.is_empty());
    }
}

#[test]
fn a_bad_input_is_a_violation_with_its_pointer() {
    let mut found = Violations::new();
    let body = At::BODY;
    assert_eq!(
        DecimalInput::from("10,10").take(&body.field("FiatAmount"), &mut found),
        None
    );
    assert_eq!(
        DecimalInput::from(-1).take(&body.field("LineItems").item(2).field("Quantity"), &mut found),
        None
    );
    assert!(found.iter().all(|violation| violation.rule == Rule::Format));
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    /FiatAmount: has a comma at byte 2; write decimals after a point, and thousands without a separator
    /LineItems/2/Quantity: is below zero; amounts are never negative
    ");
}

#[test]
fn an_amount_breaks_no_rule() {
    assert!(decimal("+00.").validate().is_ok());
}

#[cfg(feature = "bigdecimal")]
mod bigdecimal {
    use ::bigdecimal::BigDecimal;
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::oracle::{any_amount, value};

    #[test]
    fn exponents_are_written_out_or_refused() {
        let convert = |text| PositiveDecimal::try_from(value(text)).map(|amount| amount.to_string());
        assert_eq!(convert("1e3").unwrap(), "1000");
        assert_eq!(convert("1e37").unwrap(), format!("1{}", "0".repeat(37)));
        assert_eq!(
            convert("1e38"),
            Err(DecimalError::ResultTooLong { characters: 39 })
        );
        assert_eq!(
            convert("1e2000000000"),
            Err(DecimalError::ResultTooLong {
                characters: 2_000_000_001
            })
        );
        assert_eq!(
            convert("1e-2000000000"),
            Err(DecimalError::ResultTooLong {
                characters: 2_000_000_001
            })
        );
        assert_eq!(convert("0e2000000000").unwrap(), "0");
        assert_eq!(convert("0.00").unwrap(), "0.00");
        assert_eq!(convert("-0.00").unwrap(), "0.00");
        assert_eq!(convert("-0.01"), Err(DecimalError::Negative));
    }

    proptest! {
        #[test]
        fn there_and_back(text in any_amount()) {
            let amount = decimal(&text);
            let number = BigDecimal::from(amount);
            prop_assert_eq!(&number, &value(&text));
            prop_assert_eq!(number.fractional_digit_count(), i64::from(amount.decimals()));
            prop_assert_eq!(PositiveDecimal::try_from(number), Ok(amount));
        }
    }
}

#[cfg(feature = "rust_decimal")]
mod rust_decimal {
    use ::rust_decimal::Decimal;
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::oracle::{any_amount, value};

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = Err(DecimalError::DoesNotFit {
            target: "rust_decimal::Decimal",
        });
        // 2^96 and the 29th decimal.
        assert_eq!(
            Decimal::try_from(decimal("79228162514264337593543950336")),
            refused
        );
        assert_eq!(
            Decimal::try_from(decimal("0.00000000000000000000000000001")),
            refused
        );
        assert_eq!(
            Decimal::try_from(decimal("79228162514264337593543950335")),
            Ok(Decimal::MAX)
        );
        assert_eq!(
            PositiveDecimal::try_from(Decimal::MIN),
            Err(DecimalError::Negative)
        );
        assert_eq!(
            PositiveDecimal::try_from(Decimal::new(1010, 2)).unwrap().as_str(),
            "10.10"
        );
        assert_eq!(
            DecimalInput::from(Decimal::new(1010, 2))
                .into_result()
                .unwrap()
                .as_str(),
            "10.10"
        );
    }

    proptest! {
        #[test]
        fn there_and_back_or_refused(text in any_amount()) {
            if let Ok(number) = Decimal::try_from(decimal(&text)) {
                prop_assert_eq!(value(&number.to_string()), value(&text));
                prop_assert_eq!(PositiveDecimal::try_from(number), Ok(decimal(&text)));
            }
        }
    }
}

#[cfg(feature = "fastnum")]
mod fastnum {
    use ::fastnum::{D128, UD128, dec128, udec128};
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::oracle::any_amount;

    #[test]
    fn what_is_no_amount_is_refused() {
        assert_eq!(
            PositiveDecimal::try_from(dec128!(-0.01)),
            Err(DecimalError::Negative)
        );
        let refused = Err(DecimalError::DoesNotFit {
            target: "PositiveDecimal",
        });
        assert_eq!(PositiveDecimal::try_from(D128::NAN), refused);
        assert_eq!(PositiveDecimal::try_from(UD128::INFINITY), refused);
        assert_eq!(
            PositiveDecimal::try_from(udec128!(10.10)).unwrap().as_str(),
            "10.10"
        );
        assert_eq!(PositiveDecimal::try_from(udec128!(1e3)).unwrap().as_str(), "1000");
    }

    proptest! {
        #[test]
        fn there_and_back(text in any_amount()) {
            let amount = decimal(&text);
            let signed = PositiveDecimal::try_from(D128::try_from(amount).unwrap());
            let unsigned = PositiveDecimal::try_from(UD128::try_from(amount).unwrap());
            prop_assert_eq!(signed, Ok(amount));
            prop_assert_eq!(unsigned, Ok(amount));
        }
    }
}
