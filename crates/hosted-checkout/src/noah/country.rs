//! The country codes that exist.

use checkout_core::View;
use checkout_core::validate::{At, Rule, Violations};

/// The codes of ISO 3166-1 alpha-2, and `XK`, which most use for Kosovo.
const CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ \
NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ \
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// Codes of languages and of other lists that are taken for those of countries.
const MISTAKEN: [(&str, &str); 8] = [
    ("CS", "CZ"),
    ("DA", "DK"),
    ("EL", "GR"),
    ("EN", "GB or US"),
    ("JA", "JP"),
    ("KO", "KR"),
    ("UK", "GB"),
    ("ZH", "CN"),
];

/// A warning for each code of a country that ISO 3166-1 does not list.
pub(super) fn warn(body: View<'_>, found: &mut Violations) {
    walk(body, &At::BODY, found);
}

fn walk(value: View<'_>, at: &At<'_>, found: &mut Violations) {
    match value {
        View::Object(fields) => fields.each(&mut |name, value| {
            let at = at.field(name);
            match value {
                View::Text(code) if name.ends_with("Country") => judge(code, &at, found),
                value => walk(value, &at, found),
            }
        }),
        View::List(items) => {
            let mut index = 0;
            items.each(&mut |item| {
                walk(item, &at.item(index), found);
                index += 1;
            });
        }
        _ => {}
    }
}

/// A code of another form breaks the pattern of the spec, and is refused for that.
fn judge(code: &str, at: &At<'_>, found: &mut Violations) {
    let is_of_the_form = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_of_the_form || CODES.split(' ').any(|known| known == code) {
        return;
    }
    let meant = MISTAKEN.iter().find(|(mistaken, _)| *mistaken == code);
    let meant = meant.map(|(_, meant)| format!("; was {meant} meant?"));
    let message = format!(
        "is not a country code that ISO 3166-1 lists{}",
        meant.unwrap_or_default()
    );
    found.warn(at, Rule::KnownValue, message);
}

#[cfg(test)]
mod tests {
    use checkout_core::Viewed as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        let codes: Vec<&str> = CODES.split(' ').collect();
        assert_eq!(codes.len(), 250, "249 codes, and XK");
        assert!(codes.is_sorted_by(|a, b| a < b));
        assert!(codes.iter().all(|code| code.len() == 2));
    }

    #[test]
    fn what_no_standard_lists_is_warned_of_with_its_place() {
        let customer = json!({
            "IssuingCountry": "XK",
            "Identities": [{"IssuingCountry": "US"}, {"IssuingCountry": "UK"}],
            "PrimaryResidence": {"Country": "EN", "City": "UK"},
            "RegistrationCountry": "QQ",
            "Other": {"Country": "de"},
        });
        let mut found = Violations::new();
        warn(json!({"Customer": customer}).view(), &mut found);
        let told: Vec<String> = found.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "/Customer/Identities/1/IssuingCountry: is not a country code that ISO 3166-1 lists; was GB meant?",
                "/Customer/PrimaryResidence/Country: is not a country code that ISO 3166-1 lists; was GB or US meant?",
                "/Customer/RegistrationCountry: is not a country code that ISO 3166-1 lists",
            ]
        );
    }
}
