//! The known value that was probably meant: `Card` for `card`, `USDC_TEST` for `usdc-test`.

/// Of `known`, the one that `text` was probably meant to be; `None` if `text` is one of them, or near none.
///
/// Near is what differs in the case of its letters or in its separators alone, or by one slip of the pen: a letter more, less,
/// changed, or swapped with its neighbour. In texts of eight letters and more it may be two. Texts of three letters or fewer, as
/// country and currency codes are, are near only if nothing but case and separators differs, since most of what is one letter
/// away from a code is another code. Where two values are equally near, none is said to be meant.
///
/// ```
/// use checkout_core::near::nearest;
///
/// let known = ["Bank", "Card", "Identifier"];
/// assert_eq!(nearest("card", known), Some("Card"));
/// assert_eq!(nearest("Bnak", known), Some("Bank"));
/// assert_eq!(nearest("Card", known), None);
/// assert_eq!(nearest("Wallet", known), None);
/// ```
pub fn nearest<'k>(text: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let folded = fold(text);
    let mut best: Option<(usize, &str)> = None;
    let mut is_tied = false;
    for value in known {
        if value == text {
            return None;
        }
        let candidate = fold(value);
        let (ours, theirs) = (folded.chars().count(), candidate.chars().count());
        let allowed = slips(ours.min(theirs));
        // Of texts whose lengths alone are too far apart nothing more is computed: one may be very long.
        if ours.abs_diff(theirs) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&folded, &candidate);
        if distance > allowed {
            continue;
        }
        match best {
            Some((least, _)) if least < distance => {}
            Some((least, _)) if least == distance => is_tied = true,
            _ => {
                best = Some((distance, value));
                is_tied = false;
            }
        }
    }
    best.filter(|_| !is_tied).map(|(_, value)| value)
}

/// What stands behind a refusal of `text`: `; was Card meant?`, or nothing where none of `known` is near it.
pub fn suggestion<'k>(text: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    nearest(text, known).map(|meant| format!("; was {meant} meant?"))
}

/// How many slips of the pen still leave a text of so many letters recognisable.
const fn slips(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Letters and digits alone, in lower case.
fn fold(text: &str) -> String {
    text.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRYPTO: [&str; 6] = ["BTC", "BTC_TEST", "USDC", "USDC_TEST", "USDT", "ETH"];

    #[test]
    fn case_and_separators_do_not_count() {
        for (text, meant) in [
            ("btc", "BTC"),
            ("usdc", "USDC"),
            ("usdc-test", "USDC_TEST"),
            ("USDCTEST", "USDC_TEST"),
            (" USDC ", "USDC"),
        ] {
            assert_eq!(nearest(text, CRYPTO), Some(meant), "{text}");
        }
    }

    #[test]
    fn slips_of_the_pen_are_seen() {
        let known = ["Individual", "Business"];
        for (text, meant) in [
            ("Indvidual", "Individual"),
            ("Individaul", "Individual"),
            ("bussines", "Business"),
            ("Busines", "Business"),
        ] {
            assert_eq!(nearest(text, known), Some(meant), "{text}");
        }
        assert_eq!(nearest("cards", ["Card"]), Some("Card"));
    }

    #[test]
    fn what_is_known_or_far_away_is_near_to_none() {
        for text in CRYPTO {
            assert_eq!(nearest(text, CRYPTO), None, "{text}");
        }
        // Codes that exist, or may soon, and no slip of those above.
        for text in ["", "ETC", "BCH", "SOL", "EUR", "PYUSD", "Wallet", "USDE", "🙂"] {
            assert_eq!(nearest(text, CRYPTO), None, "{text}");
        }
    }
}
