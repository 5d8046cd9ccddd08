use std::sync::LazyLock;

use bigdecimal::BigDecimal;
use checkout_core::{DecimalError, PositiveDecimal};
use proptest::prelude::*;

use crate::decimal::oracle::{GRAMMAR, any_amount, decimal, hashes_alike, value};

/// All strings over the alphabet, shortest first.
fn strings(alphabet: &[char], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let to = all.len();
        for index in from..to {
            all.extend(
                alphabet
                    .iter()
                    .map(|character| format!("{}{character}", all[index]))
                    .collect::<Vec<_>>(),
            );
        }
        from = to;
    }
    all
}

/// Where a refused text stops being the beginning of any amount.
fn position(error: DecimalError) -> Option<usize> {
    match error {
        DecimalError::Minus { position }
        | DecimalError::Plus { position }
        | DecimalError::Comma { position }
        | DecimalError::SecondPoint { position }
        | DecimalError::Exponent { position }
        | DecimalError::WhiteSpace { position }
        | DecimalError::ForeignDigit { position }
        | DecimalError::Character { position, .. } => Some(position),
        _ => None,
    }
}

/// What an amount can begin with.
static BEGINNING: LazyLock<regress::Regex> =
    LazyLock::new(|| regress::Regex::new(r"^[+]?\d*[.]?\d*$").unwrap());

fn agrees_with_the_pattern(text: &str) {
    let characters = text.chars().count();
    match PositiveDecimal::parse(text) {
        Ok(amount) => {
            assert!(GRAMMAR.find(text).is_some(), "{text:?} is outside the grammar");
            assert!(characters <= 38);
            assert_eq!(amount.as_str(), text);
        }
        Err(DecimalError::TooLong { characters: reported }) => {
            assert!(GRAMMAR.find(text).is_some(), "{text:?} is not too long but wrong");
            assert_eq!(reported, characters);
            assert!(characters > 38);
        }
        Err(error) => {
            assert!(
                GRAMMAR.find(text).is_none(),
                "{text:?} is within the grammar: {error}"
            );
            match position(error) {
                Some(position) => {
                    let (before, after) = text.split_at(position);
                    let first = after.chars().next().unwrap();
                    assert!(
                        BEGINNING.find(before).is_some(),
                        "{text:?}: an earlier character is wrong already"
                    );
                    assert!(
                        BEGINNING.find(&format!("{before}{first}")).is_none(),
                        "{text:?}: {first:?} is right"
                    );
                }
                None => assert!(BEGINNING.find(text).is_some(), "{text:?}: {error}"),
            }
        }
    }
}

#[test]
fn every_string_up_to_seven_characters() {
    let all = strings(&['0', '1', '9', '.', '+'], 7);
    assert_eq!(all.len(), (5_usize.pow(8) - 1) / 4);
    let mut amounts = 0;
    for text in &all {
        let parsed = PositiveDecimal::parse(text);
        assert_eq!(parsed.is_ok(), GRAMMAR.find(text).is_some(), "{text:?}");
        let Ok(amount) = parsed else { continue };
        amounts += 1;
        let expected = value(text);
        assert_eq!(amount.as_str(), text);
        // The count of the smallest units that the amount has says its whole value.
        let decimals = amount.significant_decimals();
        assert_eq!(
            i64::from(decimals),
            expected.normalized().fractional_digit_count().max(0),
            "{text:?}"
        );
        let units = amount.to_minor_units(decimals).unwrap();
        assert_eq!(
            BigDecimal::new(units.into(), decimals.into()),
            expected,
            "{text:?}"
        );
        assert_eq!(amount.is_zero(), expected == value("0"), "{text:?}");
    }
    assert!(amounts > 1000);
}

#[test]
fn every_short_string_over_awkward_characters() {
    for text in strings(
        &[
            '0', '7', '.', '+', '-', ',', 'e', ' ', '\n', '\u{663}', '\u{ff15}', '\0', '$',
        ],
        4,
    ) {
        agrees_with_the_pattern(&text);
    }
}

#[test]
fn digits_of_other_scripts_are_refused() {
    for text in [
        "\u{661}\u{660}",
        "1\u{660}",
        "\u{966}",
        "\u{ff11}",
        "1.\u{6f0}",
        "\u{1d7ce}",
        "\u{b2}",
        "\u{bd}",
    ] {
        let error = PositiveDecimal::parse(text).unwrap_err();
        assert!(
            matches!(error, DecimalError::ForeignDigit { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn all_forms_of_the_grammar_keep_their_text() {
    for text in [
        ".5", "5.", "+5", "+.5", "+5.", "00.10", "0", "0.0", "000", "10.10", "1000",
    ] {
        assert_eq!(decimal(text).as_str(), text);
        assert_eq!(decimal(text).as_ref(), text);
        assert_eq!(decimal(text).to_string(), text);
    }
}

#[test]
fn thirty_eight_characters_are_the_limit() {
    for longest in [
        "9".repeat(38),
        format!(".{}", "9".repeat(37)),
        format!("+{}", "0".repeat(37)),
        format!("{}.", "1".repeat(37)),
    ] {
        assert_eq!(decimal(&longest).as_str(), longest);
        let longer = format!("{longest}0");
        assert_eq!(
            PositiveDecimal::parse(&longer),
            Err(DecimalError::TooLong { characters: 39 })
        );
    }
    let huge = "1".repeat(10_000_000);
    assert_eq!(
        PositiveDecimal::parse(&huge),
        Err(DecimalError::TooLong {
            characters: 10_000_000
        })
    );
}

#[test]
fn counts_of_digits() {
    for (text, decimals, significant) in [
        ("0", 0, 0),
        ("0.00", 2, 0),
        ("0.50", 2, 1),
        ("010.10", 2, 1),
        ("1000", 0, 0),
        ("5.", 0, 0),
        (".0000000000000000000000000000000000001", 37, 37),
    ] {
        let amount = decimal(text);
        let counts = (amount.decimals(), amount.significant_decimals());
        assert_eq!(counts, (decimals, significant), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_string_is_read_as_the_pattern_says(text in ".{0,45}") {
        agrees_with_the_pattern(&text);
    }

    #[test]
    fn strings_near_the_grammar_are_read_as_the_pattern_says(text in "[+]?[0-9]{0,22}[.,]?[0-9]{0,22}[-e+ ]?[0-9]?") {
        agrees_with_the_pattern(&text);
    }

    #[test]
    fn comparison_goes_by_value(left in any_amount(), right in any_amount()) {
        let (a, b) = (decimal(&left), decimal(&right));
        let expected = value(&left).cmp(&value(&right));
        prop_assert_eq!(a.cmp(&b), expected);
        prop_assert_eq!(a.partial_cmp(&b), Some(expected));
        prop_assert_eq!(a == b, expected.is_eq());
        prop_assert_eq!(hashes_alike(a, b), a == b);
    }

    #[test]
    fn other_texts_of_one_value_are_equal_and_hash_alike(
        integer in "[1-9][0-9]{0,9}",
        fraction in "[0-9]{0,9}[1-9]",
        leading in 0..8_usize,
        trailing in 0..8_usize,
        plus in any::<bool>(),
    ) {
        let plain = format!("{integer}.{fraction}");
        let sign = if plus { "+" } else { "" };
        let padded = format!("{sign}{}{plain}{}", "0".repeat(leading), "0".repeat(trailing));
        let (a, b) = (decimal(&plain), decimal(&padded));
        prop_assert_eq!(a, b);
        prop_assert!(a.cmp(&b).is_eq());
        prop_assert!(hashes_alike(a, b));
        prop_assert_eq!(b.as_str(), padded.as_str());
    }
}
