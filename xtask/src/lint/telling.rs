//! Names of fields that tell of a person's data or of a credential.
//!
//! A name is read word by word, so that `pin` is found in `cardPIN` and not in `shipping`. The words of a phrase may be
//! written together, in the plural and with a number: `zipCodes`, `zipcode` and `address2` are found like `zip_code` and
//! `address`. Too much is found rather than too little: a mark of `none` answers the finding.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::names::field_name;

/// Names of people and companies.
const NAMES: &str = "
    account_name beneficiary_name business_name cardholder company_name contact_name creditor_name customer_name
    debtor_name display_name family_name first_name full_name given_name holder initials last_name legal_name
    maiden_name middle_name name_on_card nick_name owner_name payee_name payer_name person_name recipient_name
    registered_name sender_name surname trading_name user_name
";

/// Where somebody lives or can be reached, and from which device.
const ADDRESSES: &str = "
    address apartment city device_fingerprint device_id email fax fingerprint house_name house_number ip
    mobile_number msisdn phone po_box post_code postal_code province residence state_or_province street
    telephone town user_agent zip zip_code
";

/// Births.
const BIRTHS: &str = "birth birth_date birth_day birth_place dob";

/// Numbers and dates of documents, and of registers.
const DOCUMENTS: &str = "
    bsn citizen_number cnpj company_number cpf document_id document_number ein expiration_date expiry_date
    fiscal_number id_number identification_number identifier identity_number issue_date issued_date
    licence_number license_number mrz national_id passport personal_number registration_number social_security
    ssn tax_id tax_number tax_payer tin vat_id vat_number
";

/// Numbers of accounts and cards, what stands for them, and what a payer wrote.
const ACCOUNTS: &str = "
    account_no account_number alias bank_account bank_code bban bic branch_code card_code card_expiration
    card_expiry card_no card_number clabe comment cvc cvv expiration_month expiration_year expiry_month
    expiry_year iban last4 last_digits last_four mandate_id mandate_number mandate_reference memo pan remittance
    routing_number security_code sort_code swift_code track1 track2 track_data
";

/// What opens something to whoever holds it.
const CREDENTIALS: &str = "
    access_code auth_code authentication_value authorisation_code authorization_code bearer cavv checkout_link
    checkout_url cookie credential deep_link hosted_link hosted_url jwt login_url magic_link one_time_code otp
    pass_code pass_phrase password payment_link payment_url pin pin_code private_key pwd redirect_url return_mac
    secret session_data session_id session_link session_object session_url signature token tokenised
    tokenization_url tokenized verification_code
";

/// What holds any of these, as one text.
const PAYLOADS: &str = "cipher_text cryptogram customer_input encrypted payload payment_data qr qr_code";

/// Words that tell as the whole name alone, of a person, an address and what a payer wrote.
const WHOLE: &str =
    "beneficiary gender line1 line2 name nationality payee payer recipient reference sender state";

/// Words that tell as the last of a name alone: a `keyId` opens nothing, a `sessionCurrency` neither.
const LAST: &str = "key session";

/// Keys that open nothing.
const OPEN_KEYS: &str = "public_key idempotence_key idempotency_key";

/// Last words of names that hold something about the value and not the value.
const ABOUT: &str = "
    algorithm category count country country_code currency currency_code format length life scheme status type
    version
";

/// Whether a field's name tells of a person's data or of a credential.
pub fn is_telling(name: &str) -> bool {
    let name = field_name(name);
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let ends_with = |phrases: &str| (0..words.len()).any(|start| is_one_of(&words[start..], phrases));
    if ends_with(ABOUT) {
        return false;
    }
    let anywhere = (0..words.len()).any(|start| {
        (start + 1..=words.len())
            .take_while(|end| words[start..*end].iter().map(|word| word.len()).sum::<usize>() <= LONGEST)
            .any(|end| {
                let (whole, single) = forms(&words[start..end]);
                ANYWHERE.contains(&whole) || ANYWHERE.contains(&single)
            })
    });
    anywhere || is_one_of(&words, WHOLE) || (ends_with(LAST) && !ends_with(OPEN_KEYS))
}

/// What tells wherever it stands in a name.
const LISTS: [&str; 7] = [
    NAMES,
    ADDRESSES,
    BIRTHS,
    DOCUMENTS,
    ACCOUNTS,
    CREDENTIALS,
    PAYLOADS,
];

/// The same without the underscores.
static ANYWHERE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let phrases = LISTS.iter().flat_map(|list| list.split_whitespace());
    phrases.map(|phrase| phrase.replace('_', "")).collect()
});

/// No phrase has more letters, in the plural and with a number.
const LONGEST: usize = 32;

/// Words as they stand, and as one of several, written together.
fn forms(words: &[&str]) -> (String, String) {
    (words.concat(), words.iter().map(|word| singular(word)).collect())
}

/// Whether words are a phrase, as they stand or as one of several.
fn is_one_of(words: &[&str], phrases: &str) -> bool {
    let (whole, single) = forms(words);
    phrases.split_whitespace().any(|phrase| {
        let phrase = phrase.replace('_', "");
        phrase == whole || phrase == single
    })
}

/// `addresses` and `address2` as `address`.
fn singular(word: &str) -> String {
    let word = word.trim_end_matches(|last: char| last.is_ascii_digit());
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    if let Some(stem) = word.strip_suffix("es").filter(|stem| stem.ends_with("ss")) {
        return stem.to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each phrase is found as it stands in a name, and stands in one list alone.
    #[test]
    fn every_phrase_is_of_use() {
        let all: Vec<&str> = LISTS.iter().flat_map(|list| list.split_whitespace()).collect();
        for phrase in &all {
            assert!(is_telling(phrase), "{phrase}");
            let again = all.iter().filter(|other| *other == phrase).count();
            assert_eq!(again, 1, "{phrase} stands twice");
        }
        for list in LISTS {
            assert!(list.split_whitespace().is_sorted(), "{list}");
        }
    }
}
