//! Each rule finds what it is for, and says where and what to do.

use std::collections::BTreeSet;

use xtask::api;
use xtask::lint::{RULES, Rule, check, is_anchored, is_common, report};
use xtask::spec::{Settings, Spec};

fn bad() -> (Spec, Settings) {
    let spec = Spec::parse("openapi/bad.yaml".to_owned(), include_str!("../specs/bad.yaml")).unwrap();
    let settings = include_str!("../specs/bad.gen.toml");
    (
        spec,
        Settings::parse("openapi/bad.gen.toml".to_owned(), settings).unwrap(),
    )
}

#[test]
fn the_specs_have_no_findings() {
    let root = api::workspace_root();
    for api in api::ALL {
        let spec = Spec::read(&root, *api).unwrap();
        let settings = Settings::read(&root, *api).unwrap();
        let findings = check(&spec, &settings);
        assert!(findings.is_empty(), "{}", report(&findings));
    }
}

#[test]
fn every_fault_is_reported_in_one_run() {
    let (spec, settings) = bad();
    insta::assert_snapshot!(report(&check(&spec, &settings)));
}

#[test]
fn every_rule_is_seen_to_fire() {
    let (spec, settings) = bad();
    let seen: BTreeSet<Rule> = check(&spec, &settings)
        .iter()
        .map(|finding| finding.rule)
        .collect();
    assert_eq!(
        seen,
        RULES.iter().copied().collect(),
        "each rule has a fault in bad.yaml, and each finding the name of a rule"
    );
}

#[test]
fn a_setting_that_is_unknown_is_refused() {
    let error = toml::from_str::<Settings>("[calls.createSell]\nnmae = \"sell\"\n").unwrap_err();
    assert!(error.to_string().contains("unknown field `nmae`"), "{error}");
}

#[test]
fn a_branch_is_not_anchored_by_the_others() {
    for anchored in ["^a$", "^a$|^b$", "^(a|b)$", "^(?:a|[|])$", r"^a\|$", r"^[\]|(]$"] {
        assert!(is_anchored(anchored), "{anchored}");
    }
    for open in [
        "a",
        "^a",
        "^a|b$",
        r"^a\$",
        "(^a$)",
        "",
        "^a$|",
        "^[$",
        r"\^a$",
        r"^\x€$é",
        r"\",
    ] {
        assert!(!is_anchored(open), "{open}");
    }
}

#[test]
fn what_engines_read_differently_is_not_common() {
    for common in [
        r"^[+]?([.]\d+|\d+[.]?\d*)$",
        "^[!-~]+$",
        "^(?:a|b){2,3}$",
        r"^\+[0-9]{6,15}$",
    ] {
        assert!(is_common(common), "{common}");
        assert!(regex_lite::Regex::new(common).is_ok(), "{common}");
    }
    for more in [
        ".",
        r"\w",
        r"\p{L}",
        "[^a]",
        "(?=a)",
        "(?i)a",
        "é",
        "[a&&b]",
        "[[:alpha:]]",
        r"(a)\1",
        "a{,2}",
    ] {
        assert!(!is_common(more), "{more}");
    }
}
