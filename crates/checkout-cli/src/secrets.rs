//! Credentials of the environment, and a hidden prompt where one is missing and a person sits at the terminal.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, IsTerminal as _};

use checkout_core::given::Looks;

/// A secret that can be typed, and the variable that names a file in place of it.
const PROMPTED: [(&str, Option<&str>); 3] = [
    ("NOAH_API_KEY", None),
    (
        "WORLDLINE_CONNECT_SECRET_API_KEY",
        Some("WORLDLINE_CONNECT_SECRET_API_KEY_FILE"),
    ),
    (WEBHOOK_SECRET, Some(WEBHOOK_SECRET_FILE)),
];

/// The secret of a webhook key of Worldline's.
pub(crate) const WEBHOOK_SECRET: &str = "WORLDLINE_CONNECT_WEBHOOK_SECRET";
/// The path of a file that holds it.
pub(crate) const WEBHOOK_SECRET_FILE: &str = "WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE";

/// Looks variables up in the environment, and asks for what is missing.
pub(crate) struct Lookup {
    typed: RefCell<HashMap<String, String>>,
    asks: bool,
}

impl Lookup {
    /// Asks only if stdin is a terminal: a script must not hang.
    pub(crate) fn of_process() -> Self {
        Self {
            typed: RefCell::default(),
            asks: io::stdin().is_terminal(),
        }
    }

    /// A variable without the white space around it; a blank one counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.given(name).or_else(|| self.asked(name))
    }

    /// As [`get`](Self::get), and nobody is asked.
    pub(crate) fn given(&self, name: &str) -> Option<String> {
        let value = std::env::var_os(name)?.to_string_lossy().trim().to_owned();
        (!value.is_empty()).then_some(value)
    }

    fn asked(&self, name: &str) -> Option<String> {
        let (_, file) = PROMPTED.iter().find(|(prompted, _)| *prompted == name)?;
        let elsewhere = file.is_some_and(|file| self.given(file).is_some());
        if !self.asks || elsewhere {
            return None;
        }
        if let Some(known) = self.typed.borrow().get(name) {
            return Some(known.clone());
        }
        // What cannot be read is as good as not given: the error that follows names the variable.
        let typed = rpassword::prompt_password(format!("{name} is not set. Type it (hidden): ")).ok()?;
        let typed = typed.trim().to_owned();
        self.typed.borrow_mut().insert(name.to_owned(), typed.clone());
        (!typed.is_empty()).then_some(typed)
    }
}

/// What refuses a command line, without the values in it that may be secrets: a key in the place of a number, or one whose
/// first line was taken for a flag.
pub(crate) fn without_secrets(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};

    /// Shorter ones tell nothing.
    const SHORTEST: usize = 8;
    let is_flag = |text: &str| {
        text.len() <= 48
            && text.starts_with("--")
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let veiled: Vec<(ContextKind, String)> = error
        .context()
        .filter_map(|(kind, value)| match (kind, value) {
            (
                ContextKind::InvalidValue | ContextKind::InvalidArg | ContextKind::InvalidSubcommand,
                ContextValue::String(text),
            ) if text.len() >= SHORTEST && !is_flag(text) && !Looks::may_be_quoted(text) => {
                // A flag stands there with the name of its value, as `--at <TIME>`.
                let is_own = kind == ContextKind::InvalidArg
                    && text.split_once(' ').is_some_and(|(flag, name)| {
                        is_flag(flag) && name.starts_with(['<', '[']) && name.len() < 48
                    });
                (!is_own).then(|| {
                    let count = text.chars().count();
                    (
                        kind,
                        format!("{count} characters, not shown, since they may be a secret"),
                    )
                })
            }
            _ => None,
        })
        .collect();
    if !veiled.is_empty() {
        // It says how to pass the value on.
        error.remove(ContextKind::Suggested);
    }
    for (kind, text) in veiled {
        error.insert(kind, ContextValue::String(text));
    }
    error
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn refused(args: &[&str]) -> String {
        let error = crate::Cli::command()
            .try_get_matches_from([&["checkout"], args].concat())
            .unwrap_err();
        without_secrets(error).to_string()
    }

    /// That no secret shows is hunted for by the tests of the program.
    #[test]
    fn what_is_no_secret_is_quoted() {
        assert!(refused(&["doctor", "--at", "noon"]).contains("'noon' for '--at <TIME>'"));
        assert!(
            refused(&["noah", "payin-fiat", "--payment-method-categry", "Card"])
                .contains("--payment-method-categry")
        );
        assert!(refused(&["docter"]).contains("'docter'"));
    }
}
