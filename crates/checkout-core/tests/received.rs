//! Reading what is received: nothing is lost for its neighbour, and nothing shows that may be somebody's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;

use checkout_core::received::{ReadError, Receive, read};
use checkout_core::{Json, Received};

checkout_core::received! {
    /// Holds one of everything.
    pub struct Thing {
        /// A number.
        count: i32 = optional "Count" shown,
        /// A map.
        labels: BTreeMap<String, String> = optional "Labels" personal,
        /// Itself.
        part: Box<Thing> = optional "Part" shown,
        /// A list of itself.
        parts: Vec<Thing> = optional "Parts" shown,
        /// Free-form.
        raw: Json = required "Raw" personal,
        /// Opens something.
        token: String = optional "Token" secret,
    }
}

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

fn thing(text: &str) -> (Thing, Vec<String>) {
    let (thing, unread) = read::<Thing>(&json(text)).unwrap();
    (thing, unread.iter().map(ToString::to_string).collect())
}

fn fault<T: Receive + std::fmt::Debug>(text: &str) -> String {
    read::<T>(&json(text)).unwrap_err().to_string()
}

#[test]
fn each_fault_is_told_with_its_place() {
    let (thing, unread) = thing(
        r#"{"Raw":1e400,"Count":2147483648,"Labels":{"Jane Doe":7},"Parts":[{"Raw":1},{"Raw":2,"Count":"x"},{}],
            "Part":{"Raw":null,"Part":{"Raw":0,"Token":["t"]}}}"#,
    );
    assert_eq!(
        unread,
        [
            "the value at /Count is not a whole number of 32 bits",
            // The key of a map may be a person's name.
            "the value at /Labels/? is not a text",
            "the value at /Part/Part/Token is not a text",
            "the value at /Parts/1/Count is not a whole number of 32 bits",
            "the required field Raw is missing at /Parts/2",
        ]
    );
    // Only a whole list is a list.
    let parts = thing.parts.unreadable().unwrap();
    assert_eq!(parts.error().pointer(), "/Parts/2");
    let part = thing.part.value().unwrap();
    assert_eq!(part.raw.value().unwrap().as_str(), "null");
    assert_eq!(thing.raw.value().unwrap().as_str(), "1e400");
    assert_eq!(fault::<Thing>("[]"), "the whole is not an object");
    assert_eq!(fault::<Thing>("{}"), "the required field Raw is missing");
    assert_eq!(
        fault::<BTreeMap<String, i64>>(r#"{"a":1,"a":2}"#),
        "the whole is not an object that has each name once"
    );
}

/// What was not sent, what was, and what cannot be read are three things.
#[test]
fn a_field_is_absent_or_there_or_unreadable() {
    let seen = |text: &str| {
        let count = thing(text).0.count;
        let what = count.unreadable().map(|what| format!("{what:?}"));
        (
            count.is_absent(),
            what,
            count.value().copied(),
            count.into_value(),
        )
    };
    assert_eq!(seen(r#"{"Raw":0}"#), (true, None, None, None));
    assert_eq!(seen(r#"{"Raw":0,"Count":7}"#), (false, None, Some(7), Some(7)));
    let (absent, what, value, owned) = seen(r#"{"Raw":0,"Count":"7"}"#);
    assert_eq!((absent, value, owned), (false, None, None));
    assert!(what.unwrap().contains("is not a whole number of 32 bits"));

    assert_eq!(Received::<i32>::of(7).value(), Some(&7));
    assert_eq!(Received::<i32>::maybe(Some(7)).value(), Some(&7));
    assert!(Received::<i32>::maybe(None::<i32>).is_absent());
}

#[test]
fn nothing_that_came_is_printed_save_what_may_be() {
    let (thing, _) = thing(
        r#"{"Raw":"CANARY","Count":"CANARY","Labels":{"CANARY":"CANARY"},"Token":"CANARY","CANARY":"CANARY","Parts":["CANARY"]}"#,
    );
    let printed = format!("{thing:?} {:#?} {:?}", thing, thing.other.get("CANARY"));
    assert!(!printed.contains("CANARY"), "{printed}");
    assert!(
        printed.contains("token: <secret>") && printed.contains("other: 1 more"),
        "{printed}"
    );
    assert_eq!(format!("{}", Received::<String>::Absent), "(absent)");
    assert_eq!(format!("{}", thing.count), "(unreadable)");
}

#[test]
fn odd_names_and_depths_are_no_reason_to_lose_the_rest() {
    let (thing, unread) = thing(r#"{"Raw":0,"\ud83d":1,"Gr\u00f6\u00dfe":2,"Coun\u0074":3,"":4}"#);
    assert_eq!((thing.count.value(), unread.len()), (Some(&3), 0));
    assert_eq!(thing.other.get("Größe").unwrap().as_str(), "2");
    assert_eq!(thing.other.len(), 3);
    // Half a character has no place in a text, and is written as the mark of one that is lost.
    assert_eq!(
        serde_json::to_string(&thing).unwrap(),
        "{\"Count\":3,\"Raw\":0,\"\u{fffd}\u{fffd}\u{fffd}\":1,\"Größe\":2,\"\":4}"
    );

    // Deeper than serde_json reads: as text, as a field of free form, as one that is not known, and as one that is.
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let (thing, _) = self::thing(&format!(r#"{{"Raw":{deep},"Count":{deep},"New":{deep}}}"#));
    assert_eq!(thing.raw.value().unwrap().as_str(), deep);
    assert!(thing.count.unreadable().is_some());
    let value = thing.other.get("New").unwrap().to_value();
    assert!(value.is_array());
    for depth in [100, 400, 100_000] {
        let nested = format!("{}1{}", r#"{"Raw":0,"Part":"#.repeat(depth), "}".repeat(depth));
        assert_eq!(self::thing(&nested).1.len(), 1);
    }
}

#[test]
fn a_mark_of_the_byte_order_is_passed_over_and_rubbish_is_not() {
    assert_eq!(
        Json::parse(b"\xef\xbb\xbf {\"a\":1} ")
            .unwrap()
            .get("a")
            .unwrap()
            .as_str(),
        "1"
    );
    for rubbish in [
        &b""[..],
        b"{",
        b"{} x",
        b"{\"a\":01}",
        b"{\"a\":\"\xff\"}",
        b"nul",
        b"{'a':1}",
    ] {
        assert!(Json::parse(rubbish).is_err(), "{rubbish:?}");
    }
    assert!(json(r#"{"a":1,"a":2}"#).get("a").is_none());
}

#[test]
fn an_error_holds_no_value() {
    let error: ReadError = read::<Thing>(&json(r#""CANARY""#)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("CANARY"));
}

proptest::proptest! {
    /// What is valid comes back as it was, whatever its fields are called.
    #[test]
    fn whatever_came_is_written_again(name in "[A-Z][a-z]{0,5}", number in "-?[1-9][0-9]{0,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,5})?") {
        let text = format!(r#"{{"Raw":{number},"X{name}":{number}}}"#);
        let (thing, unread) = thing(&text);
        proptest::prop_assert!(unread.is_empty());
        proptest::prop_assert_eq!(serde_json::to_string(&thing).unwrap(), text);
    }
}
