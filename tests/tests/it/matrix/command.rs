//! Each example by the command, with a dry run: the request is the door's, byte for byte. The help says what the spec says, and the
//! example in it passes every rule. All in this process: a program for each would cost minutes.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use checkout_cli::{Cli, Format, Output};
use checkout_core::Idempotency;
use checkout_core::described::Description;
use checkout_transport::testing::ScriptedWire;
use clap::{Command, CommandFactory as _};
use serde_json::Value;

use super::{Api, Column, Given, Row, at_once, rows};
use crate::shop::{MERCHANT_ID, ONCE, key};

pub(super) static COLUMN: Column = Column::new("command", check);

#[test]
fn the_command_makes_what_the_door_makes_and_its_help_has_an_example() {
    COLUMN.hold();
}

#[test]
fn a_command_that_is_gone_is_a_hole() {
    let without = Command::new("checkout");
    for row in rows().iter().filter(|row| api(row).is_some()) {
        assert_eq!(leaf(&without, row).unwrap_err(), "it has no command");
    }
}

/// The command of its API. What only a customer's device calls has none.
fn api(row: &Row) -> Option<&'static str> {
    match row.api() {
        Api::Noah => Some("noah"),
        Api::Server => Some("worldline"),
        Api::Device => None,
    }
}

fn check(row: &Row) -> Result<usize, String> {
    let Some(api) = api(row) else { return Ok(0) };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("body.json");
    static ROOT: LazyLock<Command> = LazyLock::new(|| {
        let mut root = Cli::command();
        root.build();
        root
    });
    let leaf = leaf(&ROOT, row)?;
    let calls = row.calls();
    for given in &calls {
        let mut line = ["checkout", api, "call", row.id()].map(str::to_owned).to_vec();
        for (name, value) in &given.parameters {
            line.push(format!("--{}={value}", flag(&leaf, name)?));
        }
        if let Some(body) = &given.body {
            std::fs::write(&file, body.to_string()).unwrap();
            line.extend(["--body".to_owned(), file.display().to_string()]);
        }
        let told = |error| format!("{}: {error}", given.name);
        let shown = dry_run(line).map_err(told)?;
        is_the_doors(row, given, &shown).map_err(told)?;
    }
    says_what_the_spec_says(row, &leaf)?;
    let example = leaf
        .get_after_long_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    dry_run(pasted(&example, &file)?).map_err(|error| format!("the example of its help: {error}"))?;
    Ok(calls.len() + 1)
}

/// The command of an operation below that of its tag, found by what its help says.
fn leaf(root: &Command, row: &Row) -> Result<Command, String> {
    let api = api(row).and_then(|api| root.find_subcommand(api));
    let tags = api.into_iter().flat_map(Command::get_subcommands);
    let mark = format!("Operation {}:", row.id());
    let mut leaves = tags.flat_map(Command::get_subcommands);
    let found = leaves.find(|leaf| {
        leaf.get_long_about()
            .is_some_and(|long| long.to_string().contains(&mark))
    });
    found.cloned().ok_or_else(|| "it has no command".to_owned())
}

/// The flag of a parameter, which is its name written as flags are.
fn flag(leaf: &Command, parameter: &str) -> Result<String, String> {
    let letters = |text: &str| text.replace('-', "").to_lowercase();
    let wanted = letters(parameter.trim_start_matches("X-GCS-"));
    let mut flags = leaf.get_arguments().filter_map(|flag| flag.get_long());
    let found = flags.find(|flag| letters(flag) == wanted).map(str::to_owned);
    found.ok_or_else(|| format!("it has no flag for {parameter}"))
}

/// What a program is shown of the request.
fn dry_run(mut line: Vec<String>) -> Result<Value, String> {
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    line.extend(["--dry-run".to_owned(), "--json".to_owned()]);
    let line = line.into_iter().map(Into::into).collect();
    let cli = Cli::read(line).map_err(|error| error.to_string())?;
    let paper = Paper::default();
    let mut output = Output::to(paper.clone(), Format::Json);
    at_once(cli.command.run(Cli::command, &mut output)).map_err(|failure| failure.to_string())?;
    let shown = paper.0.lock().unwrap().clone();
    serde_json::from_slice(&shown).map_err(|error| error.to_string())
}

/// Method, path with its query, headers and body are those of the door, for a merchant who is not named; the key too, unless each
/// makes its own.
fn is_the_doors(row: &Row, given: &Given, shown: &Value) -> Result<(), String> {
    let client = row.client(&ScriptedWire::new([]), &key(), ONCE);
    let prepared = client
        .prepare(row.id(), given)
        .map_err(|error| error.to_string())?;
    let stored = serde_json::to_value(&prepared).unwrap();
    let made = match row.operation.idempotency {
        Idempotency::Header(name) if given.parameters.iter().all(|(given, _)| given != name) => name,
        _ => "",
    };
    let headers = |of: &Value| {
        let all = of["headers"].as_array().unwrap().iter();
        let is_made = |header: &&Value| header[0].as_str().unwrap().eq_ignore_ascii_case(made);
        all.filter(|header| !is_made(header)).cloned().collect::<Vec<_>>()
    };
    let key_of_shown = shown["idempotency_key"].as_str();
    let path = prepared
        .path()
        .replace(MERCHANT_ID, "WORLDLINE_CONNECT_MERCHANT_ID");
    let url = shown["url"].as_str().unwrap();
    let is_same = [
        ("method", shown["method"] == prepared.method().as_str()),
        ("path", url.ends_with(&path)),
        ("headers", headers(shown) == headers(&stored)),
        ("body", shown["body_sha256"] == prepared.body_sha256()),
        (
            "key",
            !made.is_empty() || key_of_shown == prepared.idempotency_key(),
        ),
    ];
    match is_same.iter().find(|(_, is_same)| !is_same) {
        Some((what, _)) => Err(format!("another {what} than the door's: {shown}")),
        None => Ok(()),
    }
}

/// Summary, description, and each parameter and each field at the top of the body in the spec's own words, with units where it has them.
fn says_what_the_spec_says(row: &Row, leaf: &Command) -> Result<(), String> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let help = plain(&leaf.clone().render_long_help().to_string());
    let mut texts = vec![("summary", &*row.described.summary)];
    let paragraphs = row.described.description.split("\n\n");
    texts.extend(paragraphs.map(|text| ("description", text)));
    let parameters = row.own_parameters();
    texts.extend(parameters.map(|it| (&*it.name, described(row.description, &it.description, &it.schema))));
    let body = row
        .described
        .body
        .iter()
        .map(|body| row.description.resolve(&body.schema).1);
    let fields = body.filter_map(|body| body["properties"].as_object()).flatten();
    texts.extend(fields.map(|(name, schema)| (&**name, described(row.description, "", schema))));
    let is_said = |text: &str| help.contains(plain(text).trim_end_matches('.'));
    match texts.into_iter().find(|(_, text)| !is_said(text)) {
        Some((what, text)) => Err(format!("its help does not say of {what}: {text}")),
        None => Ok(()),
    }
}

/// The nearest description.
fn described<'a>(description: &'a Description, own: &'a str, schema: &'a Value) -> &'a str {
    let texts = [
        Some(own),
        schema["description"].as_str(),
        description.resolve(schema).1["description"].as_str(),
    ];
    texts
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// The command of an example as it is pasted, what it is piped in a file, and nothing that names another file.
fn pasted(example: &str, file: &Path) -> Result<Vec<String>, String> {
    let script = example.trim_start_matches("Example:\n").replace("\\\n", " ");
    let words = shlex::split(&script).ok_or("the example of its help is no line of a shell")?;
    let begins = words.iter().position(|word| word == "checkout");
    let (piped, line) = words.split_at(begins.ok_or("its help has no example")?);
    if let [_, json, ..] = piped {
        std::fs::write(file, json).unwrap();
    }
    let mut line = line.iter();
    let mut kept = Vec::new();
    while let Some(word) = line.next() {
        match word.as_str() {
            "--prepared" | "--out" => drop(line.next()),
            "-" => kept.push(file.display().to_string()),
            word => kept.push(word.to_owned()),
        }
    }
    Ok(kept)
}
