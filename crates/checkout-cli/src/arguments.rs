//! Words of the command line before clap reads them: values that begin with a dash, such as `--fiat-amount -5`, are kept from being
//! taken for options, and an operation's id becomes its command.

use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use clap::{Arg, Command};

use crate::api::Api;

/// The command line as it is parsed: `noah call createFiatPayin` is the command of that operation, and each value that begins
/// with one dash is attached to its option: `--fiat-amount=-5`. A dash that begins a known option stays what it is, so that a
/// value that was forgotten does not swallow what follows.
pub(crate) fn attached(arguments: Vec<OsString>, root: impl FnOnce() -> Command) -> Vec<OsString> {
    let arguments = by_id(arguments);
    // All commands are looked at only where there may be something to attach.
    if arguments.iter().any(|argument| may_be_value(argument)) {
        walked(arguments, &mut root()).0
    } else {
        arguments
    }
}

/// The words of the command that is called.
pub(crate) fn called(arguments: Vec<OsString>, root: &mut Command) -> String {
    walked(by_id(arguments), root).1
}

/// The words of an operation's command in place of its id.
fn by_id(mut arguments: Vec<OsString>) -> Vec<OsString> {
    for api in [Api::Noah, Api::Worldline] {
        let is_call = |words: &[OsString]| words[0] == api.command() && words[1] == "call";
        let Some(at) = arguments.windows(2).position(is_call).map(|name| name + 1) else {
            continue;
        };
        let id = arguments.get(at + 1).and_then(|id| id.to_str());
        let id = id.unwrap_or_default();
        let mut commands = api.commands();
        if let Some(subject) = commands.find(|subject| subject.is.id.eq_ignore_ascii_case(id)) {
            arguments.splice(at..at + 2, subject.words().map(OsString::from));
        }
    }
    arguments
}

/// A moment in RFC 3339.
pub(crate) fn time(text: &str) -> Result<SystemTime, &'static str> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(SystemTime::from)
        .map_err(|_| "write it like 2026-01-31T12:00:00Z")
}

fn may_be_value(argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    let rest = text.strip_prefix('-').unwrap_or_default();
    !rest.is_empty() && !rest.starts_with('-')
}

fn walked(arguments: Vec<OsString>, root: &mut Command) -> (Vec<OsString>, String) {
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
