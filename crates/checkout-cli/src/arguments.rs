//! Values that begin with a dash, such as `--fiat-amount -5`, kept from being taken for options.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command};

/// The command line with each value that begins with one dash attached to its option: `--fiat-amount=-5`. A dash that begins
/// a known option stays what it is, so that a value that was forgotten does not swallow what follows. Beside it, the words of the
/// command that is called.
pub(crate) fn attached(arguments: Vec<OsString>, root: &mut Command) -> (Vec<OsString>, String) {
    root.build();
    let mut command: &Command = root;
    let mut called = command.get_name().to_owned();
    let mut attached = Vec::with_capacity(arguments.len());
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            attached.push(argument);
            attached.extend(rest);
            break;
        }
        if let Some(subcommand) = argument.to_str().and_then(|name| command.find_subcommand(name)) {
            command = subcommand;
            called = format!("{called} {}", command.get_name());
        }
        let takes_value = option(command, &argument).is_some_and(|option| option.get_action().takes_values());
        match rest.next_if(|next| takes_value && is_dashed_value(command, next)) {
            Some(value) => {
                let mut whole = argument;
                whole.push("=");
                whole.push(value);
                attached.push(whole);
            }
            None => attached.push(argument),
        }
    }
    (attached, called)
}

fn option<'c>(command: &'c Command, argument: &OsStr) -> Option<&'c Arg> {
    let name = argument.to_str()?.strip_prefix("--")?;
    let mut options = command.get_arguments();
    options.find(|option| option.get_long() == Some(name))
}

/// One dash, more behind it, and no short options such as `-v` or `-vv`. A lone dash is stdin.
fn is_dashed_value(command: &Command, argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    let Some(rest) = text.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
        return false;
    };
    let is_short = |letter: char| {
        command
            .get_arguments()
            .any(|option| option.get_short() == Some(letter))
    };
    !rest.starts_with('-') && !rest.chars().all(is_short)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn line(text: &str) -> Vec<String> {
        let words = shlex::split(text)
            .unwrap()
            .into_iter()
            .map(OsString::from)
            .collect();
        let (attached, _) = attached(words, &mut crate::Cli::command());
        attached
            .into_iter()
            .map(|word| word.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_value_may_begin_with_a_dash() {
        for (given, meant) in [
            ("checkout noah payin-fiat --fiat-amount -5", "--fiat-amount=-5"),
            (
                "checkout noah sell --json --crypto-authorized-amount -.5",
                "--crypto-authorized-amount=-.5",
            ),
            ("checkout noah payin-fiat --item '-2x5 Tea' -v", "--item=-2x5 Tea"),
            ("checkout noah payin-fiat --customer-id -x7", "--customer-id=-x7"),
            ("checkout trigger Transaction --amount -5,50", "--amount=-5,50"),
        ] {
            assert!(
                line(given).contains(&meant.to_owned()),
                "{given}: {:?}",
                line(given)
            );
        }
    }

    #[test]
    fn what_follows_a_forgotten_value_is_left_alone() {
        for given in [
            "checkout noah payin-fiat --fiat-amount --fiat-currency USD",
            "checkout noah payin-fiat --fiat-amount -v",
            "checkout noah payin-fiat --fiat-amount -vv --json",
            "checkout noah payin-fiat --request - --fiat-amount",
            "checkout noah payin-fiat --fiat-amount=-5 --inexact -5",
            "checkout noah send -- -5",
            "checkout -h",
        ] {
            assert_eq!(line(given), shlex::split(given).unwrap(), "{given}");
        }
    }
}
