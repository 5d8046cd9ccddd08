//! Whatever a flag or a variable is given: what does not end is not read, and what may be a secret is not shown.

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use checkout_core::key::{Algorithm, SigningKey};
use clap::{Arg, Command, CommandFactory as _};
use secrecy::ExposeSecret as _;

use crate::support::checkout;

/// Nothing here may take as long.
const AT_ONCE: Duration = Duration::from_secs(20);
/// What ends a command line that is otherwise good: nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9/v1";

/// A directory with one good file of each kind.
struct Desk {
    directory: tempfile::TempDir,
    key: SigningKey,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            directory: tempfile::tempdir().unwrap(),
            key: SigningKey::generate(Algorithm::ES384).unwrap(),
        };
        let pem = desk.key.to_pkcs8_pem().unwrap();
        desk.write("key.pem", pem.expose_secret());
        desk.write("key.pub.pem", &desk.key.public_key_pem());
        desk.write("body.json", "{}");
        desk.write("headers.txt", "Webhook-Signature: MGU=\n");
        desk.write("token.txt", "eyJhbGciOiJFUzM4NCJ9.e30.c2ln");
        desk.write("secret.txt", "a-secret-of-words");
        let order = serde_json::json!({
            "CustomerID": "customer-1", "PaymentMethodCategory": "Card", "FiatCurrency": "USD", "FiatAmount": "10.10",
            "CryptoCurrency": "USDC_TEST", "ReturnURL": "https://shop.example/done",
            "LineItems": [{"Description": "Beans", "Quantity": "2", "UnitAmount": "5.05"}],
        });
        desk.write("order.json", &order.to_string());
        let mut sale = order;
        sale.as_object_mut().unwrap().remove("PaymentMethodCategory");
        sale["CryptoAuthorizedAmount"] = "11".into();
        desk.write("sale.json", &sale.to_string());
        let apple = serde_json::json!({"paymentProductSession302SpecificInput": {
            "domainName": "shop.example",
            "validationUrl": "https://apple-pay-gateway.apple.com/paymentservices/startSession",
        }});
        desk.write("apple.json", &apple.to_string());
        let store = ["worldline", "create-session", "--prepared", "stored.json"].map(String::from);
        let (_, text) = finished(&mut desk.command(&store), AT_ONCE);
        assert!(desk.directory.path().join("stored.json").exists(), "{text}");
        desk
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// In the directory, with every variable set to something good.
    fn command(&self, args: &[String]) -> std::process::Command {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = checkout(&args);
        let home = self.directory.path();
        command
            .current_dir(home)
            .env("HOME", home)
            .env("XDG_STATE_HOME", home);
        command.envs([
            ("NOAH_ENVIRONMENT", "local"),
            ("NOAH_BASE_URL", NOWHERE),
            ("NOAH_API_KEY", "apikey_sandbox_12345abcdef"),
            ("NOAH_SIGNING_KEY", "key.pem"),
            ("NOAH_WEBHOOK_KEY", "key.pub.pem"),
            ("WORLDLINE_CONNECT_ENDPOINT", "http://127.0.0.1:9"),
            ("WORLDLINE_CONNECT_MERCHANT_ID", "9991"),
            ("WORLDLINE_CONNECT_API_KEY_ID", "key-1"),
            ("WORLDLINE_CONNECT_SECRET_API_KEY_FILE", "secret.txt"),
            ("WORLDLINE_CONNECT_INTEGRATOR", "Shop"),
            ("WORLDLINE_CONNECT_WEBHOOK_KEY_ID", "key-1"),
            ("WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE", "secret.txt"),
        ]);
        command
    }
}

/// How a run ended and what it said; no code if it had to be ended.
fn finished(command: &mut std::process::Command, patience: Duration) -> (Option<i32>, String) {
    let mut child = command.spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > patience {
            child.kill().unwrap();
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let finished = child.wait_with_output().unwrap();
    let text = [finished.stdout, finished.stderr].concat();
    (
        finished.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// Without the line breaks of a report.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The commands that do something, each with the words that call it.
fn commands() -> Vec<(Vec<String>, Command)> {
    fn leaves(words: &[String], command: &Command, found: &mut Vec<(Vec<String>, Command)>) {
        let mut is_leaf = true;
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            is_leaf = false;
            leaves(&[words, &[sub.get_name().to_owned()]].concat(), sub, found);
        }
        if is_leaf {
            found.push((words.to_vec(), command.clone()));
        }
    }
    let mut command = checkout_cli::Cli::command();
    command.build();
    let mut found = Vec::new();
    leaves(&[], &command, &mut found);
    found.retain(|(words, _)| words[1..] != ["call"]);
    found
}

/// Whether it was tried before: the flags of operations are made by the same few lines for all of them.
fn is_known(words: &[String], argument: &Arg, seen: &mut HashSet<String>) -> bool {
    let is_api = ["noah", "worldline"].contains(&words[0].as_str());
    is_api && !seen.insert(argument.get_id().to_string()) && words.len() == 3
}

fn value_name(argument: &Arg) -> String {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().map(ToString::to_string).collect()
}

/// What a command needs that clap's list of what is required does not say, as flag and value.
fn needed(words: &[String]) -> &'static [&'static str] {
    match words.join(" ").as_str() {
        "noah manage" => &["--customer-id", "customer-1"],
        "noah sell" => &["--body", "sale.json"],
        "noah payin-fiat" => &["--body", "order.json"],
        "worldline apple-pay-session" => &["--body", "apple.json"],
        "trigger" => &["Transaction", "--to", "http://127.0.0.1:9/hooks"],
        "replay" => &["--to", "http://127.0.0.1:9/hooks"],
        "validate" => &["body.json", "--operation", "createFiatPayin"],
        "verify webhook" => &["--headers", "headers.txt"],
        "listen" => &["--count", "1"],
        "resume" => &["00000000"],
        "doctor" => &["--token", "token.txt"],
        _ => &[],
    }
}

/// The words of a command line that would work, were `tried` not given `value`.
fn line(words: &[String], command: &Command, tried: &Arg, value: &str) -> Vec<String> {
    let mut line = words.to_vec();
    let conflict = |one: &Arg, other: &Arg| {
        let conflicts = command.get_arg_conflicts_with(one);
        conflicts.iter().any(|it| it.get_id() == other.get_id())
    };
    let leave_out = |argument: &Arg| {
        argument.get_id() == tried.get_id() || conflict(tried, argument) || conflict(argument, tried)
    };
    for argument in command.get_arguments() {
        if argument.is_required_set() && !leave_out(argument) {
            let good = match value_name(argument).as_str() {
                "URL" => "https://api.noah.com/v1/balances",
                "FILE" if words == ["sign", "webhook"] => "key.pem",
                "FILE|-" | "FILE" if argument.get_id() == "key" => "key.pub.pem",
                "FILE" if words == ["worldline", "send"] => "stored.json",
                "FILE|-" | "FILE" => "body.json",
                _ => "1",
            };
            line.extend(argument.get_long().map(|long| format!("--{long}")));
            line.push(good.to_owned());
        }
    }
    let mut needed = needed(words).iter();
    while let Some(word) = needed.next() {
        match word.strip_prefix("--") {
            Some(long) => {
                let value = needed.next().unwrap();
                let argument = command
                    .get_arguments()
                    .find(|it| it.get_long() == Some(long))
                    .unwrap();
                if !leave_out(argument) {
                    line.extend([(*word).to_owned(), (*value).to_owned()]);
                }
            }
            None if tried.is_positional() => {}
            None => line.push((*word).to_owned()),
        }
    }
    match tried.get_long() {
        Some(long) => line.push(format!("--{long}={value}")),
        None => line.push(value.to_owned()),
    }
    line
}

#[cfg(unix)]
#[test]
fn every_flag_that_takes_a_file_refuses_what_does_not_end() {
    let desk = Desk::new();
    let (mut tried, mut seen) = (0, HashSet::new());
    for (words, command) in commands() {
        for argument in command.get_arguments() {
            let name = value_name(argument);
            if !name.contains("FILE") || is_known(&words, argument, &mut seen) {
                continue;
            }
            let args = line(&words, &command, argument, "/dev/zero");
            let (code, text) = finished(&mut desk.command(&args), AT_ONCE);
            let code = code.unwrap_or_else(|| panic!("{args:?} does not end"));
            // A request that is not there is not sent, wherever its answer is to go.
            let names = if words == ["resume"] {
                "00000000"
            } else {
                "/dev/zero"
            };
            assert!(code != 0 && text.contains(names), "{args:?}: {code} {text}");
            tried += 1;
            if name.contains('-') && !["worldline", "resume"].contains(&words[0].as_str())
                || argument.get_id() == "body" && words.len() < 3
            {
                let args = line(&words, &command, argument, "-");
                let endless = std::fs::File::open("/dev/zero").unwrap();
                let (code, text) = finished(desk.command(&args).stdin(Stdio::from(endless)), AT_ONCE);
                let code = code.unwrap_or_else(|| panic!("{args:?} does not end"));
                assert!(
                    code != 0 && text.contains("stdin holds more than 4 MiB"),
                    "{args:?}: {code} {text}"
                );
            }
        }
    }
    assert!(tried > 30, "{tried} flags");
}

const CLIENT: &[&str] = &["noah", "manage", "--customer-id", "customer-1"];
const WORLDLINE: &[&str] = &["worldline", "test-connection"];
const VERIFY: &[&str] = &[
    "verify",
    "webhook",
    "--headers",
    "headers.txt",
    "--body",
    "body.json",
];
const SIGN: &[&str] = &["sign", "worldline-webhook", "--body", "body.json"];

/// Every variable that may hold a key or a secret, or the path of one, and a command that reads it.
const VARIABLES: &[(&str, &[&str])] = &[
    ("NOAH_SIGNING_KEY", CLIENT),
    ("NOAH_API_KEY", CLIENT),
    ("NOAH_WEBHOOK_KEY", VERIFY),
    ("WORLDLINE_CONNECT_SECRET_API_KEY_FILE", WORLDLINE),
    ("WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE", SIGN),
    ("NOAH_SIGNING_KEY", &["doctor"]),
    ("NOAH_API_KEY", &["doctor"]),
    ("NOAH_WEBHOOK_KEY", &["doctor"]),
    ("WORLDLINE_CONNECT_SECRET_API_KEY_FILE", &["doctor"]),
    (
        "NOAH_SIGNING_KEY",
        &["sign", "token", "--url", "https://api.noah.com/v1/balances"],
    ),
];

/// The others, to which a secret may come by mistake.
const OTHER_VARIABLES: &[(&str, &[&str])] = &[
    ("NOAH_ENVIRONMENT", CLIENT),
    ("NOAH_ENVIRONMENT", VERIFY),
    ("NOAH_ENVIRONMENT", &["doctor"]),
    ("NOAH_BASE_URL", CLIENT),
    ("NOAH_BASE_URL", &["doctor"]),
    ("WORLDLINE_CONNECT_ENDPOINT", WORLDLINE),
    ("WORLDLINE_CONNECT_ENDPOINT", &["doctor"]),
    ("WORLDLINE_CONNECT_MERCHANT_ID", WORLDLINE),
    ("WORLDLINE_CONNECT_API_KEY_ID", WORLDLINE),
    ("WORLDLINE_CONNECT_SECRET_API_KEY", WORLDLINE),
    ("WORLDLINE_CONNECT_INTEGRATOR", WORLDLINE),
    ("WORLDLINE_CONNECT_WEBHOOK_SECRET", SIGN),
];

#[cfg(unix)]
#[test]
fn no_variable_names_what_does_not_end() {
    let desk = Desk::new();
    let pipe = desk.directory.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for (name, words) in VARIABLES {
        for (path, problem) in [
            ("/dev/zero", "holds more than 64 KiB"),
            ("/dev/urandom", "holds more than 64 KiB"),
            (".", "is a directory"),
            ("pipe", "is a pipe that nobody writes to"),
        ] {
            let args: Vec<String> = words.iter().map(ToString::to_string).collect();
            let (code, text) = finished(desk.command(&args).env(name, path), AT_ONCE);
            let code = code.unwrap_or_else(|| panic!("{name}={path} {args:?} does not end"));
            assert!(
                code != 0 && text.contains(name) && on_one_line(&text).contains(problem),
                "{name}={path} {args:?}: {code} {text}"
            );
        }
    }
}

/// Forms in which people have a key, cut and changed by lot.
fn mutations(key: &SigningKey, random: &mut fastrand::Rng) -> Vec<String> {
    let pem = key.to_pkcs8_pem().unwrap();
    let pem = pem.expose_secret();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes: Vec<u8> = base64.bytes().take(48).collect();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let columns = |text: &str, at: usize, separator: &str| {
        let parts: Vec<&str> = text
            .as_bytes()
            .chunks(at)
            .map(|part| std::str::from_utf8(part).unwrap())
            .collect();
        parts.join(separator)
    };
    let jwk = format!("{{\"kty\":\"EC\",\"crv\":\"P-384\",\"d\":\"{}\"}}", &base64[..64]);
    let forms = [
        base64.clone(),
        format!("/{base64}"),
        format!("/keys/{base64}.pem"),
        format!("keys/{}", columns(&base64, 32, "/")),
        format!("base64:{base64}"),
        format!("\u{feff}{base64}"),
        format!("\"{base64}\""),
        format!("--{base64}"),
        format!("{base64}="),
        base64.to_lowercase(),
        base64.replace('+', "-").replace('/', "_"),
        columns(&base64, 32, " "),
        columns(&base64, random.usize(9..70), "\\n"),
        columns(&base64, random.usize(9..70), "\n"),
        // As short as what is quoted of a whole value.
        columns(
            &base64,
            random.usize(7..12),
            [" ", "\n", ",", "="][random.usize(..4)],
        ),
        hex.join(":"),
        hex.concat(),
        jwk,
        pem.replace("-----BEGIN", "----BEGIN"),
        pem.replace("-----", ""),
        pem.replace('\n', "\\n").replace("BEGIN", "BEGN"),
        format!("apikey_prod_{}", &base64[..40]),
        format!("eyJhbGciOiJFUzM4NCJ9.{base64}.{}", &base64[..64]),
    ];
    forms
        .into_iter()
        .map(|form| {
            let mut characters: Vec<char> = form.chars().collect();
            for _ in 0..random.usize(0..3) {
                let at = random.usize(24..characters.len());
                match random.u8(0..3) {
                    0 => characters.truncate(at.max(40)),
                    1 => characters[at] = random.alphanumeric(),
                    _ => drop(characters.remove(at)),
                }
            }
            characters.into_iter().collect()
        })
        .collect()
}

/// Whether eight characters in a row of the text show, such as no word of a message and no token's header has.
fn shows(said: &str, secret: &str) -> Option<String> {
    const TOKEN_HEADERS: &[&str] = &["eyJhbGciOiJFUzM4NCJ9", "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzM4NCJ9"];
    let characters: Vec<char> = secret.chars().collect();
    characters
        .windows(8)
        .map(|window| window.iter().collect::<String>())
        .filter(|window| {
            window.chars().any(|c| c.is_ascii_digit())
                && window
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+/=:_".contains(c))
                && !TOKEN_HEADERS
                    .iter()
                    .any(|header| header.contains(window.as_str()))
        })
        .find(|window| said.contains(window.as_str()))
}

/// What is sent or shown as it stands, since it names an order or a place: no secret belongs there.
const SHOWN: &[&str] = &[
    "nonce",
    "external_id",
    "customer_id",
    "idempotence_key",
    "key_id",
    "id",
    "url",
    "to",
    "forward",
    "headers",
    "host",
    "content_type",
    "idempotence-key",
    "customer-id",
    "external-id",
    "domain-name",
    "display-name",
    "validation-url",
];

/// Commands that make the files and directories that they are given.
const WRITERS: &[&str] = &["keygen", "listen", "man", "sandbox"];

#[test]
fn no_flag_and_no_variable_shows_a_secret_that_came_to_it() {
    let desk = Desk::new();
    // Apart from the others: a path that leads to something is shown, and these make what they are given a path of.
    let writers_desk = Desk::new();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let shown = std::cell::RefCell::new(Vec::new());
    let check = |desk: &Desk, command: &mut std::process::Command, secret: &str, what: &str| {
        // A sandbox that takes it for the name of a new file goes on.
        let (_, text) = finished(command, Duration::from_secs(3));
        // What was written under this name, or beside it, is there by now, and a path that leads to something is shown.
        let path = desk.directory.path().join(secret);
        let own = [
            desk.directory.path(),
            &desk.directory.path().join("keys"),
            Path::new("/"),
        ];
        if path.symlink_metadata().is_ok()
            || path.parent().is_some_and(|at| at.is_dir() && !own.contains(&at))
        {
            return;
        }
        if let Some(window) = shows(&text, secret) {
            shown.borrow_mut().push(format!(
                "{what} shows {window:?} of {secret:?} (seed {seed}): {text}"
            ));
        }
    };
    let mut seen = HashSet::new();
    for (words, command) in commands() {
        let writes = WRITERS.contains(&words[0].as_str());
        let desk = if writes { &writers_desk } else { &desk };
        for argument in command.get_arguments() {
            let is_free = SHOWN.contains(&argument.get_id().as_str());
            // The name of a file that is to be written, which the way on repeats.
            let is_written = ["out", "prepared"].contains(&argument.get_id().as_str());
            if is_free && !value_name(argument).contains("FILE")
                || is_written
                || !argument.get_action().takes_values()
                || is_known(&words, argument, &mut seen)
            {
                continue;
            }
            let forms = mutations(&desk.key, &mut random);
            for _ in 0..3 {
                let secret = &forms[random.usize(..forms.len())];
                if secret.starts_with('/') && writes {
                    continue; // Or they would make it, there.
                }
                let args = line(&words, &command, argument, secret);
                check(
                    desk,
                    &mut desk.command(&args),
                    secret,
                    &format!("{words:?} {}", argument.get_id()),
                );
            }
        }
    }
    for (name, words) in VARIABLES.iter().chain(OTHER_VARIABLES) {
        let args: Vec<String> = words.iter().map(ToString::to_string).collect();
        for secret in mutations(&desk.key, &mut random) {
            if secret.contains('\0') {
                continue;
            }
            check(
                &desk,
                desk.command(&args).env(name, &secret),
                &secret,
                &format!("{name} {words:?}"),
            );
        }
    }
    let shown = shown.into_inner();
    assert!(shown.is_empty(), "{}", shown.join("\n\n"));
}

#[test]
fn a_token_is_not_signed_for_a_word_that_is_no_method() {
    let desk = Desk::new();
    let url = "https://api.noah.com/v1/balances";
    for wrong in ["eyJhbGciOiJFUzM4NCJ9.MIG2AgEAMBAGByqGSM49AgEG", "get", "PSOT"] {
        for what in ["token", "worldline"] {
            let args = ["sign", what, "--method", wrong, "--url", url].map(ToOwned::to_owned);
            let (status, text) = finished(&mut desk.command(&args), Duration::from_secs(3));
            assert_eq!(status, Some(2), "{text}");
            assert!(text.contains("a method is GET, POST"), "{text}");
            assert_eq!(shows(&text, wrong), None, "{text}");
        }
    }
}

/// The two files of the cases, through everything that reads the variable.
#[test]
fn a_key_without_its_pem_lines_is_described_and_not_shown() {
    const COLON_HEX: &str = "f4:4d:a7:13:43:18:2c:b8:86:81:7c:96:1d:03:b5:20:71:8c:12:45:0c:d5:13:59:8a:c3:1b:ea:fb:b8:81:\
                             d3:7d:07:1c:93:af:2a:a3:03:ab:b7:59:48:19:24:3d:ad:";
    const ONE_LINE: &str = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAi BIGeMIGbAgEBBDD0TacTQxgsuIaBfJYd A7UgcYwSRQzVE1mKwxvq+7iB \
                            030HHJOvKqMDq7dZSBkkPa2hZANiAAQr";
    let desk = Desk::new();
    for (secret, looks) in [
        (COLON_HEX, "144 characters that look like hex with colons"),
        (
            ONE_LINE,
            "characters that look like base64 with blanks or line breaks",
        ),
    ] {
        for words in [CLIENT, &["doctor"]] {
            let args: Vec<String> = words.iter().map(ToString::to_string).collect();
            let (code, text) = finished(desk.command(&args).env("NOAH_SIGNING_KEY", secret), AT_ONCE);
            assert!(code.is_some_and(|code| code != 0), "{text}");
            assert!(text.contains("NOAH_SIGNING_KEY"), "{text}");
            let plain = on_one_line(&text);
            assert!(plain.contains(looks), "{plain}");
            assert_eq!(shows(&text, secret), None, "{text}");
        }
    }
}

#[cfg(unix)]
#[test]
fn an_open_key_file_is_warned_of_on_use_and_named_by_the_doctor() {
    use std::os::unix::fs::PermissionsExt as _;

    let desk = Desk::new();
    let token = ["sign", "token", "--url", "https://api.noah.com/v1/balances"].map(String::from);
    let (code, quiet) = finished(&mut desk.command(&token), AT_ONCE);
    assert!(code == Some(0) && !quiet.contains("WARN"), "{quiet}");
    let key = desk.directory.path().join("key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let (code, warned) = finished(&mut desk.command(&token), AT_ONCE);
    assert_eq!(code, Some(0));
    assert_eq!(warned.matches("WARN").count(), 1, "{warned}");
    assert!(
        warned.contains(
            "others than its owner may use the key file key.pem (mode 640); close it with `chmod 600 key.pem`"
        ),
        "{warned}"
    );
    let (_, told) = finished(&mut desk.command(&["doctor".to_owned()]), AT_ONCE);
    assert!(told.contains("key-file-open"), "{told}");
}
