//! From arguments, files and variables to a case.

use std::time::SystemTime;

use checkout_core::clock::unix_seconds;
use checkout_core::given::{FileRights, Given, GivenError, KeyFile, quotable};
use checkout_core::key::{SigningKey, VerifyingKey};
use hosted_checkout::NamedHosts;
use hosted_checkout::credentials::Variables;
use hosted_checkout::worldline::Connect;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::DoctorArgs;
use super::message::message;
use crate::Failure;
use crate::files::{FileArg, Input, once_from_stdin};
use checkout_doctor::{Case, Kind};

const SECRET_API_KEY_FILE: &str = "WORLDLINE_CONNECT_SECRET_API_KEY_FILE";

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

pub(super) fn case(args: DoctorArgs, lookup: &Lookup<'_>) -> Result<Case, Failure> {
    once_from_stdin([&args.token, &args.headers, &args.body].into_iter().flatten())?;
    // A blank variable counts as not set: compose files pass such ones on.
    let variable = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let hosts = args.hosts;
    let message = match &args.headers {
        Some(input) => Some(message(&input.read_text()?)?),
        None => None,
    };
    let mut case = Case {
        kind: args.kind,
        public_key: args.public_key.as_ref().map(public_text).transpose()?,
        token: match &args.token {
            Some(input) => Some(line(&Zeroizing::new(input.read()?), || input.to_string())?),
            None => named(args.token_env.as_deref(), "--token-env", &variable)?,
        },
        method: args.method,
        url: args.url,
        body: args.body.as_ref().map(Input::read).transpose()?,
        now: args
            .at
            .unwrap_or_else(|| i64::try_from(unix_seconds(SystemTime::now())).unwrap_or(i64::MAX)),
        server_date: args.server_date,
        environment: args
            .environment
            .map(|environment| environment.as_str().to_owned()),
        key_id: args.key_id,
        ..Case::default()
    };
    if let Some(message) = message {
        case.method = case.method.or(message.method);
        case.url = case.url.or(message.url);
        case.headers = Some(message.headers);
    }
    let kind = case.kind();
    if let Some(arg) = &args.key {
        let file = arg.key_file()?;
        match public_pem(file.bytes()) {
            // Enough to look at what was signed with it; what signs needs the private one.
            Some(public) if kind == Kind::NoahRequest && case.public_key.is_none() => {
                case.public_key = Some(public);
            }
            Some(_) => case.signing_key = Some(file.bytes().to_vec().into()),
            None => {
                case.signing_key = Some(file.bytes().to_vec().into());
                case.key_files.extend(file.rights().cloned());
            }
        }
    }
    case.webhook_key = args.webhook_key.as_ref().map(public_text).transpose()?;
    case.api_key = match &args.api_key_file {
        Some(arg) => Some(secret_file(arg, &mut case.key_files)?),
        None => named(args.api_key_env.as_deref(), "--api-key-env", &variable)?,
    };
    if let Some(arg) = &args.secret {
        case.secret = Some(secret_file(arg, &mut case.key_files)?);
    }
    match kind {
        Kind::Setup | Kind::NoahRequest => noah_variables(&mut case, kind, &variable)?,
        Kind::NoahWebhook => {
            case.environment = case.environment.or_else(|| variable("NOAH_ENVIRONMENT"));
            webhook_key(&mut case, &variable)?;
        }
        Kind::WorldlineRequest => worldline_variables(&mut case, &variable)?,
        Kind::WorldlineWebhook => {}
    }
    if matches!(kind, Kind::Setup | Kind::NoahRequest | Kind::WorldlineRequest) {
        let mut variables = hosts.variables_of(|name| variable(name));
        case.named_hosts = NamedHosts::of_noah(&mut variables).unwrap_or_default();
        variables.finish().map_err(Failure::unavailable)?;
    }
    if kind == Kind::Setup {
        case.worldline_setup = worldline_setup(hosts.variables_of(|name| variable(name)));
        if let Some(path) = variable(SECRET_API_KEY_FILE)
            && let Ok(file) = KeyFile::read(path.trim().as_ref())
        {
            case.key_files.extend(file.rights().cloned());
        }
        refuse_nothing(&case)?;
    }
    case.kind = Some(kind);
    Ok(case)
}

/// As it is given, for its case may be what is wrong.
pub(super) fn method(text: &str) -> Result<String, &'static str> {
    const LONGEST: usize = 20;
    let is_method = text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_method
        .then(|| text.to_owned())
        .ok_or("a method is a word such as POST")
}

/// RFC 3339, or seconds since 1970.
pub(super) fn time(text: &str) -> Result<i64, String> {
    let moment = || text.parse().ok().map(jiff::Timestamp::as_second);
    let seconds = text.parse().ok().or_else(moment);
    seconds.ok_or_else(|| "give it as 2025-06-03T11:05:30Z or in seconds since 1970".to_owned())
}

fn noah_variables(case: &mut Case, kind: Kind, variable: &Lookup<'_>) -> Result<(), Failure> {
    if case.signing_key.is_none()
        && let Some(value) = variable("NOAH_SIGNING_KEY")
    {
        signing_key(case, &Zeroizing::new(value));
    }
    // Headers that are known show which key was sent.
    if case.api_key.is_none() && case.headers.is_none() {
        case.api_key = match variable("NOAH_API_KEY") {
            Some(value) => Some(api_key(value, &mut case.key_files)?),
            None => None,
        };
    }
    if kind == Kind::Setup {
        case.environment = case.environment.take().or_else(|| variable("NOAH_ENVIRONMENT"));
        case.url = case.url.take().or_else(|| variable("NOAH_BASE_URL"));
        webhook_key(case, variable)?;
    } else if case.environment_of_url().is_none() {
        // A URL of NOAH says by itself which environment it is of.
        case.environment = case.environment.take().or_else(|| variable("NOAH_ENVIRONMENT"));
    }
    Ok(())
}

fn public_pem(key: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(key).ok()?;
    VerifyingKey::from_pem(text).ok()?;
    Some(text.to_owned())
}

/// A PEM text, or the path of a file, as hosted-checkout reads it.
fn signing_key(case: &mut Case, value: &str) {
    match Given::read(value, is_pem) {
        Ok(given) => {
            case.signing_key = Some(given.bytes().to_vec().into());
            case.key_files
                .extend(given.file().and_then(KeyFile::rights).cloned());
        }
        Err(_) => {
            let error = SigningKey::from_pem_or_path(value).err();
            let error = error.map(|error| error.to_string());
            // What follows the first part is how to make a key, which is not what is wrong here.
            let what = error.as_ref().and_then(|error| error.split("; ").next());
            case.signing_key_problem = what.map(|what| format!("NOAH_SIGNING_KEY: {what}"));
        }
    }
}

/// An API key, white space and all, or that of the file with this path.
fn api_key(value: String, key_files: &mut Vec<FileRights>) -> Result<SecretString, Failure> {
    const NAME: &str = "NOAH_API_KEY";
    let Some(file) = named_file(NAME, &value, |text| text.contains("apikey_"))? else {
        return Ok(SecretString::from(value));
    };
    key_files.extend(file.rights().cloned());
    line(file.bytes(), || NAME.to_owned())
}

/// A public key as text, or that of the file with this path.
fn webhook_key(case: &mut Case, variable: &Lookup<'_>) -> Result<(), Failure> {
    const NAME: &str = "NOAH_WEBHOOK_KEY";
    let value = variable(NAME).filter(|_| case.webhook_key.is_none());
    if let Some(value) = value {
        let file = named_file(NAME, &value, is_pem)?;
        let text = |file: KeyFile| String::from_utf8_lossy(file.bytes()).into_owned();
        case.webhook_key = Some(file.map_or(value, text));
    }
    Ok(())
}

/// The file that a variable names, if it names one. What is neither value nor file is for the rules to judge.
fn named_file(name: &str, value: &str, is_value: fn(&str) -> bool) -> Result<Option<KeyFile>, Failure> {
    match Given::read(value, is_value) {
        Ok(Given::File(file)) => Ok(Some(file)),
        Err(error @ GivenError::File { .. }) => Err(Failure::unavailable(format!("{name}: {error}"))),
        Ok(Given::Value(_)) | Err(_) => Ok(None),
    }
}

fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN")
}

fn worldline_variables(case: &mut Case, variable: &Lookup<'_>) -> Result<(), Failure> {
    case.key_id = case
        .key_id
        .take()
        .or_else(|| variable("WORLDLINE_CONNECT_API_KEY_ID"));
    if case.secret.is_none() {
        case.secret = match variable(SECRET_API_KEY_FILE) {
            Some(path) => {
                let unusable = |error: &dyn std::fmt::Display| {
                    Failure::unavailable(format!("{SECRET_API_KEY_FILE}: {error}"))
                };
                let file = KeyFile::read(path.trim().as_ref()).map_err(|error| match error {
                    GivenError::Neither(it) => unusable(&format_args!("is no file, and {it}")),
                    other => unusable(&other),
                })?;
                case.key_files.extend(file.rights().cloned());
                Some(line(file.bytes(), || SECRET_API_KEY_FILE.to_owned())?)
            }
            None => variable("WORLDLINE_CONNECT_SECRET_API_KEY").map(SecretString::from),
        };
    }
    Ok(())
}

/// What hosted-checkout says about its variables, if one is set.
fn worldline_setup(variables: Variables<'_>) -> Option<Vec<(String, String)>> {
    let names = [
        "WORLDLINE_CONNECT_ENDPOINT",
        "WORLDLINE_CONNECT_ENVIRONMENT",
        "WORLDLINE_CONNECT_MERCHANT_ID",
        "WORLDLINE_CONNECT_API_KEY_ID",
    ];
    names.iter().find_map(|name| variables.optional(name))?;
    let error = Connect::check_variables(variables).err();
    let problems = error.iter().flat_map(|error| error.problems());
    let told = problems.map(|problem| (problem.name.clone(), problem.message.clone()));
    Some(told.collect())
}

fn refuse_nothing(case: &Case) -> Result<(), Failure> {
    if case.has_setup_of_noah() || case.worldline_setup.is_some() {
        return Ok(());
    }
    Err(Failure::usage(
        "there is nothing to look at: give --token or --headers, or set the variables that hosted-checkout reads \
         (NOAH_ENVIRONMENT, NOAH_API_KEY, NOAH_SIGNING_KEY); `checkout doctor --help` shows how",
    ))
}

fn public_text(arg: &FileArg) -> Result<String, Failure> {
    let file = arg.key_file()?;
    String::from_utf8(file.bytes().to_vec())
        .map_err(|_| arg.unusable(format_args!("{arg} is not UTF-8 text")))
}

fn secret_file(arg: &FileArg, key_files: &mut Vec<FileRights>) -> Result<SecretString, Failure> {
    let file = arg.key_file()?;
    key_files.extend(file.rights().cloned());
    line(file.bytes(), || arg.to_string())
}

/// Without the line break that editors and shells end a file with. Other white space stays: it may be what is wrong.
fn line(bytes: &[u8], name: impl FnOnce() -> String) -> Result<SecretString, Failure> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Failure::unavailable(format!("{} is not text in UTF-8", name())))?;
    let line = text.strip_suffix('\n').unwrap_or(text);
    Ok(SecretString::from(line.strip_suffix('\r').unwrap_or(line)))
}

/// The value of the variable that a flag names.
fn named(name: Option<&str>, flag: &str, variable: &Lookup<'_>) -> Result<Option<SecretString>, Failure> {
    let Some(name) = name else {
        return Ok(None);
    };
    match variable(name) {
        Some(value) => Ok(Some(SecretString::from(value))),
        None => Err(Failure::unavailable(format!(
            "{flag}: the variable {} is not set",
            quotable(name)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_line_break_at_the_end_of_a_file_is_no_part_of_a_secret() {
        for (text, secret) in [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), (" a \n\n", " a \n")] {
            assert_eq!(
                line(text.as_bytes(), String::new).unwrap().expose_secret(),
                secret
            );
        }
    }

    #[test]
    fn times_are_read_in_both_forms() {
        assert_eq!(time("1748948730"), Ok(1_748_948_730));
        assert_eq!(time("2025-06-03T11:05:30Z"), Ok(1_748_948_730));
        assert!(time("yesterday").is_err());
    }
}
