//! The commands of an API, with their help, made of its description.

use checkout_core::Idempotency;
use checkout_core::described::Description;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser, ValueParser};
use clap::error::Error;
use clap::{Arg, ArgAction, Args as _, Command};
use serde_json::Value;
use std::ffi::OsStr;

use super::Subject;
use super::flags::{Flag, Takes, value_name};
use super::flows::{self, Flow};
use super::input::{item, shorthand};
use super::schemas::{holds_secret, plain};
use crate::api::{Api, is_written_down};
use crate::calls::{Again, Reading, ResultArgs, SendArgs, Sending, TellArgs};
use crate::files::Input;
use crate::hosts::HostArgs;
use crate::shell::quoted;

/// More of them would fill the help.
const MOST_SHOWN: usize = 16;
const WIDTH: usize = 96;

/// The command of an API with all of its operations.
pub(crate) fn tree(api: Api, command: Command) -> Command {
    let (about, long) = (
        command.get_about().cloned().unwrap_or_default(),
        command.get_long_about().cloned().unwrap_or_default(),
    );
    let mut command = HostArgs::augment_args(command)
        .about(about)
        .long_about(long)
        .subcommand_required(true)
        .arg_required_else_help(true);
    for subject in api.commands().filter(|subject| !subject.extra.short.is_empty()) {
        command = command.subcommand(leaf(subject, true));
    }
    command = command.subcommand(send_again(api));
    let mut tags: Vec<String> = api.commands().map(|subject| subject.tag()).collect();
    tags.dedup();
    for (index, tag) in tags.iter().enumerate() {
        if !tags[..index].contains(tag) {
            command = command.subcommand(group(api, tag));
        }
    }
    command.subcommand(call(api))
}

/// The command of a tag.
fn group(api: Api, tag: &str) -> Command {
    let of_tag = || api.commands().filter(|subject| subject.tag() == tag);
    let methods: Vec<String> = of_tag().map(|subject| subject.method()).collect();
    let about = methods.join(", ");
    let lines = of_tag().map(|subject| format!("\n{}: {}.", subject.method(), subject.is.summary));
    let long = format!("{about}\n{}", lines.collect::<String>());
    let example = format!(
        "Example:\n  checkout {} {tag} {} --help",
        api.command(),
        methods.first().map_or("", |it| it)
    );
    let command = Command::new(tag.to_owned())
        .about(about)
        .long_about(long)
        .after_long_help(example)
        .subcommand_required(true)
        .arg_required_else_help(true);
    let command = of_tag().fold(command, |command, subject| {
        command.subcommand(leaf(subject, false))
    });
    flows::of_tag(api, tag).fold(command, |command, flow| {
        command.subcommand(flow_command(api, flow))
    })
}

/// The command of several calls.
fn flow_command(api: Api, flow: &Flow) -> Command {
    let [tag, name] = flow.words;
    let subject = Subject::find(api, flow.takes);
    let further = subject.map(|subject| subject.flags()).unwrap_or_default();
    let command = with_flags(api, further.iter(), (flow.flags)(Command::new(name)));
    Reading::augment_args(command)
        .about(flow.about)
        .long_about(format!("{}.\n\n{}", flow.about, flow.long))
        .after_long_help(format!(
            "Example:\n  checkout {} {tag} {name} {}",
            api.command(),
            flow.example
        ))
}

fn send_again(api: Api) -> Command {
    // Each of the structs has something to say of itself, which is not said here.
    let command = SendArgs::augment_args(Command::new("send"));
    let (command, key, how, example) = match api {
        Api::Noah => (
            command,
            "Nonce",
            "For a request that --prepared stored and whose outcome is not known, say because the connection broke. NOAH \
             recognises the Nonce and acts once, however often it is sent.",
            "noah send order-7.json",
        ),
        Api::Worldline => (
            ResultArgs::augment_args(command),
            "idempotence key",
            "For a request that --prepared stored. The API remembers its key for 24 hours.",
            "worldline send session-request.json --out session-again.json",
        ),
    };
    let about = format!("Send a stored request again: the same to the byte, with the same {key}");
    TellArgs::augment_args(Again::augment_args(command))
        .long_about(format!("{about}.\n\n{how}"))
        .about(about)
        .after_long_help(format!("Example:\n  checkout {example}"))
}

/// Stands in the help. The line is rewritten before it is parsed: see `arguments`.
fn call(api: Api) -> Command {
    let ids: Vec<PossibleValue> = api
        .commands()
        .map(|subject| PossibleValue::new(&*subject.is.id))
        .collect();
    let about = "Call any operation by its id in the spec";
    let example = match api {
        Api::Noah => "noah call createManagedSession",
        Api::Worldline => "worldline call testConnection",
    };
    Command::new("call")
        .about(about)
        .long_about(format!(
            "{about}.\n\nTakes the flags of the operation's own command, and does the same. `checkout operations` lists the ids."
        ))
        .after_long_help(format!("Example:\n  checkout {example} --help"))
        .arg(Arg::new("operation").value_name("OPERATION_ID").required(true).value_parser(ids).help("Which operation"))
        .arg(Arg::new("arguments").value_name("FLAGS").num_args(0..).allow_hyphen_values(true).help("Its flags"))
}

/// A flag for each of these parameters and fields.
fn with_flags<'a>(api: Api, flags: impl Iterator<Item = &'a Flag>, command: Command) -> Command {
    let described = api.described();
    flags.fold(command, |command, flag| {
        let arg = Arg::new(flag.name.clone())
            .long(flag.name.clone())
            .value_name(value_name(described, flag))
            .help(format!("{}{}", flag.help, flag.mark()))
            .hide_possible_values(described.known_values(flag.schema).len() > MOST_SHOWN);
        command.arg(match flag.takes {
            Takes::Text => arg.value_parser(Known::of(described, flag)),
            Takes::Items => arg
                .value_parser(Known::of(described, flag))
                .action(ArgAction::Append),
            Takes::Switch => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(StringValueParser::new()),
            Takes::File => arg.value_parser(clap::value_parser!(Input)),
        })
    })
}

/// The command of an operation: by its second name, or below its tag.
fn leaf(subject: Subject, is_short: bool) -> Command {
    let name = if is_short {
        subject.extra.short.to_owned()
    } else {
        subject.method()
    };
    let fixed = |flag: &Flag| {
        is_short
            && subject
                .extra
                .fixed
                .iter()
                .any(|(name, _)| *name == flag.parameter)
    };
    let flags = subject.flags();
    let example = format!("Example:\n{}", subject.example(is_short, &flags));
    let shown = flags.iter().filter(|flag| !fixed(flag));
    let mut command = with_flags(subject.api, shown, Command::new(name));
    if subject.has_line_items() {
        command = command
            .arg(Arg::new("item").long("item").value_name("ITEM").action(ArgAction::Append).value_parser(item).help(
                "A line item, as quantity, price of one and description: '2x5.05 Coffee beans'. May be given often",
            ))
            .arg(Arg::new("inexact").long("inexact").action(ArgAction::SetTrue).help(
                "Let line items pass that do not add up to the amount, for discounts, taxes and roundings",
            ));
    }
    if subject.is.body.is_some() {
        command = command
            .arg(Arg::new("body").long("body").visible_alias("request").value_name("FILE|-").value_parser(
                clap::value_parser!(Input),
            ).help("The body as JSON, by the API's own names of fields; `-` reads stdin. A flag goes over its field"))
            .arg(Arg::new("set").long("set").value_name("PATH=VALUE").action(ArgAction::Append).help(
                "Set any field of the body, however deep: `Customer/FullName/FirstName=Ada`, `LineItems/0/Quantity=2`. It goes \
                 over flags and files. May be given often",
            ));
    }
    if subject.operation.paging.is_some() {
        command = command.arg(Arg::new("all").long("all").action(ArgAction::SetTrue).help(
            "Get all pages, one after the other, and print each item on a line of its own as it comes",
        ));
    }
    command = command.arg(
        Arg::new("explain").long("explain").action(ArgAction::SetTrue).help(
            "Say what the operation does, whether money moves, what a repeat does and what is not certain, and send nothing",
        ),
    );
    command = if is_written_down(subject.operation) {
        Sending::augment_args(command)
    } else {
        Reading::augment_args(command)
    };
    if subject.hides() {
        command = ResultArgs::augment_args(command);
    }
    command
        .about(plain(&subject.is.summary))
        .long_about(subject.long_about())
        .after_long_help(example)
}

impl Subject {
    /// Whether its answer holds what is not shown, and so is written by `--out`.
    pub(super) fn hides(&self) -> bool {
        let answer = self.is.success().and_then(|answer| answer.schema.as_ref());
        answer.is_some_and(|schema| holds_secret(self.api.described(), schema))
    }

    /// Whether it is a second attempt, and what the money does, in words.
    pub(super) fn facts(&self) -> Vec<String> {
        let money = if self.operation.moves_money {
            "Moves money"
        } else {
            "Moves no money"
        };
        let repeat = match (self.operation.idempotency, self.operation.idempotency.key_name()) {
            (Idempotency::Read, _) => "It changes nothing, and may be repeated".to_owned(),
            (_, Some(key)) => {
                let life = self
                    .operation
                    .key_life
                    .map(|life| format!(" for {} hours", life.as_secs() / 3600));
                format!(
                    "A repeat with the same {key} takes effect once{}",
                    life.unwrap_or_default()
                )
            }
            _ => "A repeat takes effect again".to_owned(),
        };
        let deprecated = self
            .is
            .deprecated
            .then(|| "The vendor advises against it".to_owned());
        deprecated.into_iter().chain([money.to_owned(), repeat]).collect()
    }

    pub(super) fn long_about(&self) -> String {
        let mut paragraphs = vec![format!("{}.", plain(&self.is.summary))];
        let text = self
            .is
            .description
            .trim()
            .split("\n\n")
            .map(|text| format!("{}.", plain(text)));
        paragraphs.extend(text.filter(|text| text.len() > 1));
        paragraphs.push(format!("{}.", self.facts().join(". ")));
        if self.is.body.is_some() {
            let key = self
                .operation
                .idempotency
                .key_name()
                .map(|key| format!(" If no {key} is given, one is made."));
            let totals = if self.has_line_items() {
                " Totals of line items need not be given."
            } else {
                ""
            };
            paragraphs.push(format!(
                "Fields come from flags, from a JSON file as the API documents it, or from both; a flag wins.{}{totals} \
                 Everything is checked before it is sent.",
                key.unwrap_or_default()
            ));
        }
        paragraphs.push(format!(
            "Operation {}: {} {}",
            self.is.id, self.is.method, self.is.path
        ));
        paragraphs.join("\n\n")
    }

    /// A call that works, made of an example of the spec: its texts as flags, and the rest as the file.
    fn example(&self, is_short: bool, flags: &[Flag]) -> String {
        let (name, suffix) = self.extra.example;
        let path = if is_short {
            self.extra.short.to_owned()
        } else {
            self.words().join(" ")
        };
        let mut words = vec![format!("checkout {} {path}", self.api.command())];
        for (name, value) in self.stand_ins() {
            let is_fixed = is_short && self.extra.fixed.iter().any(|(fixed, _)| *fixed == name);
            let flag = flags
                .iter()
                .find(|flag| flag.parameter == name)
                .filter(|_| !is_fixed);
            words.extend(flag.map(|flag| format!("--{} {}", flag.name, quoted(&value))));
        }
        let examples = self.is.body.as_ref().map(|body| &body.examples);
        let example = examples.and_then(|all| all.get(name).or_else(|| all.values().next()));
        let mut rest = example.map_or(Value::Null, |example| example.value.clone());
        for flag in flags {
            let value = self.taken(flag, &mut rest);
            words.extend(value.map(|value| format!("--{} {value}", flag.name)));
        }
        if let Some(items) = rest
            .get("LineItems")
            .filter(|_| self.has_line_items())
            .and_then(shorthand)
        {
            words.extend(items.into_iter().map(|item| format!("--item {}", quoted(&item))));
            rest.as_object_mut()
                .map(|fields| fields.shift_remove("LineItems"));
        }
        let mut text = String::new();
        if rest.as_object().is_some_and(|fields| !fields.is_empty()) {
            text = format!(
                "  echo '{}' |\n  ",
                folded(&rest.to_string().replace('\'', r"'\''"))
            );
            words.push("--body -".to_owned());
        }
        words.extend(Some(suffix.to_owned()).filter(|suffix| is_short && !suffix.is_empty()));
        let mut column = text.lines().last().map_or(0, str::len);
        for (index, word) in words.iter().enumerate() {
            if index > 0 && column + word.len() > WIDTH - 4 {
                text.push_str(" \\\n   ");
                column = 3;
            }
            text.push_str(if index == 0 { "  " } else { " " });
            text.push_str(word);
            column += word.len() + 1;
        }
        text
    }

    /// The field of an example that the flag can say, taken out of it. A key is for one request alone.
    fn taken(&self, flag: &Flag, body: &mut Value) -> Option<String> {
        if flag.takes != Takes::Text {
            return None;
        }
        let (above, name) = flag.place.rsplit_once('/')?;
        let fields = body.pointer_mut(above)?.as_object_mut()?;
        let value = fields.shift_remove(name)?;
        if let (true, Some((top, name))) = (fields.is_empty(), above.rsplit_once('/')) {
            body.pointer_mut(top)?.as_object_mut()?.shift_remove(name);
        }
        (!self.is_key(name)).then(|| word(&value))
    }
}

/// JSON in lines that are not too long, broken where white space means nothing.
fn folded(json: &str) -> String {
    let (mut text, mut rest) = (String::new(), json);
    let mut room = WIDTH - 12;
    while rest.len() > room {
        let (mut is_text, mut is_escaped, mut end) = (false, false, rest.len());
        for (index, character) in rest.char_indices() {
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => is_text = !is_text,
                ',' if !is_text && (index < room || end == rest.len()) => end = index + 1,
                _ => {}
            }
        }
        let (line, after) = rest.split_at(end);
        text.push_str(line);
        if !after.is_empty() {
            text.push_str("\n    ");
        }
        (rest, room) = (after, WIDTH - 8);
    }
    text + rest
}

/// A value as a word of the shell.
fn word(value: &Value) -> String {
    quoted(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

/// Any text; the values that are known are shown and completed.
#[derive(Clone)]
struct Known(Vec<PossibleValue>);

impl Known {
    fn of(described: &'static Description, flag: &Flag) -> ValueParser {
        let values = described
            .known_values(flag.schema)
            .into_iter()
            .map(|(value, meaning)| {
                let value = PossibleValue::new(value);
                meaning.map_or(value.clone(), |meaning| value.help(plain(meaning)))
            });
        ValueParser::new(Self(values.collect()))
    }
}

impl TypedValueParser for Known {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        (!self.0.is_empty())
            .then(|| Box::new(self.0.iter().cloned()) as Box<dyn Iterator<Item = PossibleValue>>)
    }
}
