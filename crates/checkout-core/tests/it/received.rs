//! Reading what is received: nothing is lost for its neighbour, and nothing shows that may be somebody's.

use std::collections::BTreeMap;

use checkout_core::received::{Object, Other, ReadError, Receive, read};
use checkout_core::validate::At;
use checkout_core::{Json, Received};
use serde_json::Value;

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

checkout_core::tagged_union! {
    /// One of several, or a thing without a tag.
    pub enum Choice received by "Type" {
        /// A thing.
        Tagged(Thing) = "Thing",
        _ => Untagged(Thing),
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
    let map = read::<BTreeMap<String, i64>>(&json(r#"{"a":1,"b":1}"#))
        .unwrap()
        .0;
    assert_eq!(map, BTreeMap::from([("a".into(), 1), ("b".into(), 1)]));
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
    assert_eq!(seen(r#"{"Raw":0,"Count":null}"#), (true, None, None, None));
    assert_eq!(seen(r#"{"Raw":0,"Count":7}"#), (false, None, Some(7), Some(7)));
    let (absent, what, value, owned) = seen(r#"{"Raw":0,"Count":"7"}"#);
    assert_eq!((absent, value, owned), (false, None, None));
    assert!(what.unwrap().contains("is not a whole number of 32 bits"));

    assert_eq!(read::<Option<i32>>(&json("null")).unwrap().0, None);
    assert_eq!(read::<Option<i32>>(&json("7")).unwrap().0, Some(7));
    assert_eq!(
        fault::<Option<i32>>("[]"),
        "the whole is not a whole number of 32 bits"
    );

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
    assert_eq!(
        format!("{:?}", thing.other.get("CANARY")),
        "Some(Json(<personal>))"
    );
    let (json, mut unread) = (json(r#"{"CANARY":"CANARY"}"#), Vec::new());
    let object = Object::open(json.raw(), &At::BODY, &mut unread).unwrap();
    assert_eq!(format!("{object:?}"), "Object { .. }");
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

/// Where serde_json gives up on a whole for one part of it, only that part is lost.
#[test]
fn a_value_lacks_only_what_it_cannot_hold() {
    let rates = json(r#"{"rates":{"big":1e400,"usual":1},"list":["x","caf\ud83d",{}]}"#);
    assert_eq!(
        rates.to_value(),
        serde_json::json!({"rates": {"big": null, "usual": 1}, "list": ["x", null, {}]})
    );
    assert_eq!(read::<Value>(&rates).unwrap(), (rates.to_value(), vec![]));
    // It is read to a depth at which the stack holds.
    for (open, step, close) in [("[", "/0", "]"), (r#"{"a":"#, "/a", "}")] {
        let deep = json(&format!("{}1{}", open.repeat(300), close.repeat(300))).to_value();
        assert_eq!(deep.pointer(&step.repeat(128)), Some(&Value::Null));
    }
}

#[test]
fn json_is_compared_by_its_text_and_made_of_values() {
    assert_eq!(json("10.10"), json("10.10"));
    assert_ne!(json("10.10"), json("10.1"));
    assert_eq!(json(r#""p\u002d1""#).text().unwrap(), "p-1");
    assert!(json("7").text().is_none());
    assert_eq!(Json::of("p-1").unwrap().as_str(), r#""p-1""#);
    assert!(Json::of(&BTreeMap::from([((), 1)])).is_none());
}

#[test]
fn what_a_type_does_not_have_is_found_by_its_name() {
    let (thing, _) = thing(r#"{"Raw":0,"X":1,"Y":2,"X":3}"#);
    assert_eq!((thing.other.len(), thing.other.is_empty()), (3, false));
    assert_eq!(thing.other.get("X").unwrap().as_str(), "3");
    assert!(thing.other.get("Z").is_none());
    assert_eq!((Other::default().len(), Other::default().is_empty()), (0, true));
}

#[test]
fn a_tag_chooses_the_type_and_is_written_once() {
    let choice = |text: &str| read::<Choice>(&json(text)).map(|(choice, _)| choice);
    let tagged = choice(r#"{"Raw":0,"New":1,"Type":"Thing"}"#).unwrap();
    let Choice::Tagged(thing) = &tagged else {
        panic!("{tagged:?}")
    };
    assert_eq!(thing.other.len(), 1);
    assert_eq!(
        serde_json::to_string(&tagged).unwrap(),
        r#"{"Type":"Thing","Raw":0,"New":1}"#
    );
    assert!(matches!(choice(r#"{"Raw":0}"#), Ok(Choice::Untagged(_))));
    assert!(matches!(choice(r#"{"Type":"Newer"}"#), Ok(Choice::Unknown(_))));
    let error = |text: &str| choice(text).unwrap_err().to_string();
    assert_eq!(error(r#"{"Type":7}"#), "the value at /Type is not a text");
    assert_eq!(
        error(r#"{"Type":"Thing","Type":"Thing"}"#),
        "the field Type stands more than once"
    );
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

#[test]
fn a_field_is_made_of_a_value_of_what_may_be_one_and_of_what_was_sent() {
    let id = Received::from("order-1".to_owned());
    assert_eq!(
        (id.text(), id.value()),
        (Some("order-1"), Some(&"order-1".to_owned()))
    );
    assert_eq!(Received::<String>::from(None::<String>).text(), None);
    assert_eq!(
        Received::<String>::from(Some("order-1".to_owned())).text(),
        Some("order-1")
    );
    // As an API hands back what it was sent.
    let back = Received::<Thing>::sent(&serde_json::json!({"Raw": "x", "Count": 3}));
    assert_eq!(back.value().and_then(|thing| thing.count.value()), Some(&3));
    assert!(Received::<Thing>::sent(&"no thing").value().is_none());
}
