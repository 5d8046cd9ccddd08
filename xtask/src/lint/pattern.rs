//! What a pattern of ECMA-262 lets through, as far as its text tells.

/// Whether a pattern can match nothing but a whole text: each branch begins with `^` and ends with `$`, outside of groups.
pub fn is_anchored(pattern: &str) -> bool {
    let (mut escaped, mut in_class, mut groups) = (false, false, 0_usize);
    // What the branch begins with, and the mark that it ended with so far.
    let (mut begins, mut ends) = (None, false);
    for character in pattern.chars() {
        let plain = !escaped && !in_class;
        let outside = plain && groups == 0;
        if outside && character == '|' {
            if !(begins == Some(true) && ends) {
                return false;
            }
            (begins, ends) = (None, false);
            continue;
        }
        begins = begins.or(Some(outside && character == '^'));
        ends = outside && character == '$';
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if plain => groups += 1,
            ')' if plain => groups = groups.saturating_sub(1),
            _ => {}
        }
    }
    begins == Some(true) && ends
}

/// Whether a pattern holds nothing but characters, classes that list them, `\d`, groups, `|` and quantifiers. ECMA-262 and the
/// small engine that checks texts at run time read that alike.
pub fn is_common(pattern: &str) -> bool {
    const COMMON: &str = r"^(?!.*(?:&&|--|~~))(?:\\[d.+*?()\[\]{}|^$\\/-]|\[(?:\\[d.+*?()\[\]{}|^$\\/-]|[ -Z_-~])+\]|\((?:\?:|(?!\?))|\{\d+(?:,\d*)?\}|[ -#%-'*+,/-Z_-z~^$|)-])*$";
    regress::Regex::new(COMMON).is_ok_and(|common| common.find(pattern).is_some())
}
