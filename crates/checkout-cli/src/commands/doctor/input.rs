//! From arguments, files and variables to a case.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use checkout_core::clock::unix_seconds;
use checkout_core::key::{SigningKey, VerifyingKey};
use hosted_checkout::NamedHosts;
use hosted_checkout::credentials::Variables;
use hosted_checkout::worldline::Connect;
use secrecy::{SecretSlice, SecretString};
use zeroize::Zeroizing;

use super::DoctorArgs;
use super::message::message;
use crate::doctor::{Case, Kind};
use crate::{Exit, Failure};

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

pub(super) fn case(args: DoctorArgs, lookup: &Lookup<'_>) -> Result<Case, Failure> {
    once_from_stdin(&args)?;
    // A blank variable counts as not set: compose files pass such ones on.
    let variable = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
    let hosts = args.hosts;
    let message = match &args.headers {
        Some(path) => Some(message(&text(path)?)?),
        None => None,
    };
    let mut case = Case {
        kind: args.kind,
        public_key: args.public_key.as_deref().map(text).transpose()?,
        token: secret(args.token.as_deref(), args.token_env.as_deref(), &variable)?,
        method: args.method,
        url: args.url,
        body: args
            .body
            .as_deref()
            .map(bytes)
            .transpose()?
            .map(|bytes| bytes.to_vec()),
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
    if let Some(path) = &args.key {
        let key = bytes(path)?;
        match public_pem(&key) {
            // Enough to look at what was signed with it; what signs needs the private one.
            Some(public) if kind == Kind::NoahRequest && case.public_key.is_none() => {
                case.public_key = Some(public);
            }
            _ => case.signing_key = Some(secret_bytes(key)),
        }
    }
    if let Some(path) = &args.webhook_key {
        case.webhook_key = Some(text(path)?);
    }
    case.api_key = secret(
        args.api_key_file.as_deref(),
        args.api_key_env.as_deref(),
        &variable,
    )?;
    case.secret = args.secret.as_deref().map(secret_file).transpose()?;
    match kind {
        Kind::Setup | Kind::NoahRequest => noah_variables(&mut case, kind, &variable),
        Kind::NoahWebhook => {
            case.environment = case.environment.or_else(|| variable("NOAH_ENVIRONMENT"));
            case.webhook_key = case.webhook_key.or_else(|| variable("NOAH_WEBHOOK_KEY"));
        }
        Kind::WorldlineRequest => worldline_variables(&mut case, &variable)?,
        Kind::WorldlineWebhook => {}
    }
    if kind == Kind::Setup {
        let mut variables = hosts.variables_of(|name| variable(name));
        case.named_hosts = NamedHosts::of_noah(&mut variables).unwrap_or_default();
        variables.finish().map_err(Failure::unavailable)?;
        case.worldline_setup = worldline_setup(hosts.variables_of(|name| variable(name)));
        refuse_nothing(&case)?;
    }
    case.kind = Some(kind);
    Ok(case)
}

/// RFC 3339, or seconds since 1970.
pub(super) fn time(text: &str) -> Result<i64, String> {
    text.parse::<i64>()
        .ok()
        .or_else(|| {
            text.parse::<jiff::Timestamp>()
                .ok()
                .map(jiff::Timestamp::as_second)
        })
        .ok_or_else(|| "give it as 2025-06-03T11:05:30Z or in seconds since 1970".to_owned())
}

fn noah_variables(case: &mut Case, kind: Kind, variable: &Lookup<'_>) {
    if case.signing_key.is_none()
        && let Some(value) = variable("NOAH_SIGNING_KEY")
    {
        signing_key(case, &Zeroizing::new(value));
    }
    // Headers that are known show which key was sent.
    if case.api_key.is_none() && case.headers.is_none() {
        case.api_key = variable("NOAH_API_KEY").map(SecretString::from);
    }
    if kind == Kind::Setup {
        case.environment = case.environment.take().or_else(|| variable("NOAH_ENVIRONMENT"));
        case.url = case.url.take().or_else(|| variable("NOAH_BASE_URL"));
        case.webhook_key = case.webhook_key.take().or_else(|| variable("NOAH_WEBHOOK_KEY"));
    } else if case.environment_of_url().is_none() {
        // A URL of NOAH says by itself which environment it is of.
        case.environment = case.environment.take().or_else(|| variable("NOAH_ENVIRONMENT"));
    }
}

fn public_pem(key: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(key).ok()?;
    VerifyingKey::from_pem(text).ok()?;
    Some(text.to_owned())
}

/// A PEM text, or the path of a file, as hosted-checkout reads it.
fn signing_key(case: &mut Case, value: &str) {
    if value.contains("-----BEGIN") {
        case.signing_key = Some(secret_bytes(value.as_bytes().to_vec().into()));
        return;
    }
    match bytes(Path::new(value.trim().trim_matches(['"', '\'']))) {
        Ok(bytes) => case.signing_key = Some(secret_bytes(bytes)),
        // Hides what may be a key.
        Err(_) => {
            case.signing_key_problem = SigningKey::from_pem_or_path(value)
                .err()
                // What follows the first part is how to make a key, which is not what is wrong here.
                .map(|error| {
                    format!(
                        "NOAH_SIGNING_KEY: {}",
                        error.to_string().split("; ").next().unwrap_or_default()
                    )
                });
        }
    }
}

fn worldline_variables(case: &mut Case, variable: &Lookup<'_>) -> Result<(), Failure> {
    case.key_id = case
        .key_id
        .take()
        .or_else(|| variable("WORLDLINE_CONNECT_API_KEY_ID"));
    if case.secret.is_none() {
        case.secret = match variable("WORLDLINE_CONNECT_SECRET_API_KEY_FILE") {
            // The variable may have been set to the secret by mistake, so the path is not shown.
            Some(path) => Some(SecretString::from(fs::read_to_string(&path).map_err(
                |error| {
                    Failure::new(
                        Exit::Unavailable,
                        format!("WORLDLINE_CONNECT_SECRET_API_KEY_FILE: {}", error.kind()),
                    )
                },
            )?)),
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
    Some(
        problems
            .map(|problem| (problem.name.clone(), problem.message.clone()))
            .collect(),
    )
}

fn refuse_nothing(case: &Case) -> Result<(), Failure> {
    let given = case.signing_key.is_some()
        || case.signing_key_problem.is_some()
        || case.public_key.is_some()
        || case.api_key.is_some()
        || case.environment.is_some()
        || case.url.is_some()
        || case.worldline_setup.is_some();
    if given {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        "there is nothing to look at: give --token or --headers, or set the variables that hosted-checkout reads \
         (NOAH_ENVIRONMENT, NOAH_API_KEY, NOAH_SIGNING_KEY); `checkout doctor --help` shows how",
    ))
}

fn once_from_stdin(args: &DoctorArgs) -> Result<(), Failure> {
    let readers = [&args.token, &args.headers, &args.body];
    if readers
        .into_iter()
        .flatten()
        .filter(|path| is_stdin(path))
        .count()
        > 1
    {
        return Err(Failure::new(
            Exit::Usage,
            "stdin can be read once only: give - for one of the files",
        ));
    }
    Ok(())
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = if is_stdin(path) {
        io::stdin().read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| {
        Failure::new(
            Exit::Unavailable,
            format!("{} cannot be read: {error}", shown(path)),
        )
    })?;
    Ok(bytes)
}

/// As shells have them, and not what a secret looks like.
fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The path, unless somebody may have given the secret in its place.
fn shown(path: &Path) -> String {
    /// Shorter than any secret here.
    const SHORT: usize = 20;
    let text = path.to_string_lossy();
    let is_secret = ["eyJ", "apikey_", "-----"]
        .iter()
        .any(|begin| text.starts_with(begin))
        || (path.extension().is_none() && text.len() >= SHORT)
        || path
            .parent()
            .is_some_and(|parent| !parent.as_os_str().is_empty() && !parent.is_dir());
    if is_secret {
        "a file whose path is not shown, since it may be a secret,".to_owned()
    } else {
        text.into_owned()
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(path)?.to_vec())
        .map_err(|_| Failure::new(Exit::Unavailable, format!("{} is not text in UTF-8", shown(path))))
}

fn secret_bytes(bytes: Zeroizing<Vec<u8>>) -> SecretSlice<u8> {
    SecretSlice::from(bytes.to_vec())
}

/// Without the line break that editors and shells end a file with. Other white space stays: it may be what is wrong.
fn secret_file(path: &Path) -> Result<SecretString, Failure> {
    let text = Zeroizing::new(text(path)?);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(SecretString::from(line.strip_suffix('\r').unwrap_or(line)))
}

/// From the file, else from the variable.
fn secret(
    file: Option<&Path>,
    name: Option<&str>,
    variable: &Lookup<'_>,
) -> Result<Option<SecretString>, Failure> {
    if let Some(file) = file {
        return secret_file(file).map(Some);
    }
    let Some(name) = name else {
        return Ok(None);
    };
    match variable(name) {
        Some(value) => Ok(Some(SecretString::from(value))),
        None => Err(Failure::new(
            Exit::Unavailable,
            if is_name(name) {
                format!("the variable {name} is not set")
            } else {
                "what was given is no name of a variable; it is not shown, since it may be a secret"
                    .to_owned()
            },
        )),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_line_break_at_the_end_of_a_file_is_no_part_of_a_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, secret) in [("a\n", "a"), ("a\r\n", "a"), ("a", "a"), (" a \n\n", " a \n")] {
            fs::write(file.path(), text).unwrap();
            assert_eq!(secret_file(file.path()).unwrap().expose_secret(), secret);
        }
    }

    #[test]
    fn times_are_read_in_both_forms() {
        assert_eq!(time("1748948730"), Ok(1_748_948_730));
        assert_eq!(time("2025-06-03T11:05:30Z"), Ok(1_748_948_730));
        assert!(time("yesterday").is_err());
    }
}
