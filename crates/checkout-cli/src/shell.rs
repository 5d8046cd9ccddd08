//! Words of a shell, ready to paste.

/// As one word of a shell.
pub(crate) fn quoted(value: &str) -> String {
    // Fails for a NUL alone, which no path, URL or key holds.
    shlex::try_quote(value).map_or_else(|_| value.replace('\0', ""), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words_of_a_shell() {
        for value in ["plain", "with space", "it's", "a\\nb", "$HOME", ""] {
            assert_eq!(shlex::split(&quoted(value)).unwrap(), [value]);
        }
    }
}
