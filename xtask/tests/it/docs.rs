//! What a spec says stands in docs as it was meant.

use xtask::docs::lines;

#[test]
fn marks_of_rustdoc_are_escaped_outside_code() {
    for (text, line) in [
        (
            "see `a[0]` and a[1] <b> at https://example.com/x.",
            r" see `a[0]` and a\[1\] \<b\> at <https://example.com/x>.",
        ),
        ("[text](https://a.example/b)", r" \[text\](<https://a.example/b>)"),
        ("<https://a.example>", r" \<<https://a.example>\>"),
        (r"a\[b] :// https://", r" a\\\[b\] :// https://"),
        ("`[a]` and one ` mark [b]", r" `[a]` and one \` mark \[b\]"),
        ("``a`b`` and ``` fn main() {} ```", " ``a`b`` and `fn main() {}`"),
        ("``` [open", r" \`\`\` \[open"),
        ("# no heading", r" \# no heading"),
        ("1. no list", r" 1\. no list"),
        ("~~~ no fence", r" \~~~ no fence"),
        ("a\u{202e}b\0c\rd `\u{2066}`", r" a\\u{202e}b\\u{0}c d `\u{2066}`"),
    ] {
        assert_eq!(lines(&[text]), [line]);
    }
}

#[test]
fn no_line_begins_like_a_list() {
    let text = format!("{} - ``` # 12) +", "a".repeat(96));
    assert_eq!(lines(&[&text])[0].len(), 99);
    for line in lines(&[&text]) {
        let first = line
            .trim()
            .trim_start_matches(|first: char| first.is_ascii_digit());
        assert!(!first.starts_with(['#', '+', '-', '~', ')']), "{line}");
    }
}

#[test]
fn paragraphs_are_kept_apart() {
    assert_eq!(
        lines(&["one\ntwo\n\nthree", "four"]),
        [" one two", "", " three", "", " four"]
    );
}
