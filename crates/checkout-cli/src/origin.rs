//! Where the values of a request came from, so that a fault is told where it can be corrected.

use crate::files::Input;
use crate::validation::{LocatedViolation, position};

/// Where each value of a request came from: an option of the command line, or a file.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    file: Option<Source>,
    options: Vec<CliOption>,
    /// The key of the request, a Nonce or an idempotence key, was made by this command: no other request has it.
    pub(crate) has_fresh_key: bool,
}

/// A file, and what it holds.
#[derive(Debug)]
pub(crate) struct Source {
    name: String,
    text: Vec<u8>,
}

/// An option that stands for a field.
#[derive(Debug)]
struct CliOption {
    pointer: String,
    name: String,
    /// How it was given, if it was.
    form: Option<Form>,
}

/// How an option was given.
#[derive(Debug)]
pub(crate) enum Form {
    /// Once, as the value itself.
    Value,
    /// Once for each item of a list.
    Items,
    /// As a file that holds the value.
    File(Source),
}

impl Origin {
    /// The file that holds the request as a whole.
    pub(crate) fn with_file(mut self, file: &Input, text: Vec<u8>) -> Self {
        self.file = Some(Source::new(file, text));
        self
    }

    /// An option for the field there, and how it was given, if it was.
    pub(crate) fn option(&mut self, pointer: &str, name: impl Into<String>, form: Option<Form>) {
        self.options.push(CliOption {
            pointer: pointer.to_owned(),
            name: name.into(),
            form,
        });
    }

    /// The option for the field of this name in JSON, given or not.
    pub(crate) fn option_for(&self, field: &str) -> Option<&str> {
        let found = self
            .options
            .iter()
            .find(|option| option.pointer.rsplit('/').next() == Some(field));
        found.map(|option| option.name.as_str())
    }

    /// The problem, told of the option or of the line that it came by.
    pub(crate) fn locate(&self, mut problem: LocatedViolation) -> LocatedViolation {
        // The nearest, and of several the one that was given last.
        let of = self.options.iter().filter_map(|option| {
            let below = problem.pointer.strip_prefix(&option.pointer)?;
            (below.is_empty() || below.starts_with('/')).then(|| (option, below.to_owned()))
        });
        let of = of.max_by_key(|(option, _)| (option.pointer.len(), option.form.is_some()));
        if let Some((option, below)) = &of {
            match &option.form {
                Some(Form::Value) if below.is_empty() => problem.flag = Some(option.name.clone()),
                Some(Form::Value) => problem.flag = Some(format!("{} ({})", option.name, &below[1..])),
                Some(Form::Items) => problem.flag = Some(item(&option.name, below)),
                Some(Form::File(source)) => {
                    problem.flag = Some(option.name.clone());
                    source.point(below, &mut problem);
                }
                None => {}
            }
        }
        if problem.flag.is_none() {
            let is_in_file = self.file.as_ref().is_some_and(|file| {
                let pointer = problem.pointer.clone();
                file.point(&pointer, &mut problem);
                position(&file.text, &pointer).is_some()
            });
            // A field that is not there can be given by its option.
            if let Some((option, _)) = of.filter(|(_, below)| !is_in_file && below.is_empty()) {
                problem.flag = Some(option.name.clone());
                (problem.file, problem.pointer_in_file) = (None, None);
                (problem.line, problem.column) = (None, None);
            }
        }
        problem.message = self.in_options(&problem.message);
        if let Some(by_option) = problem
            .setting
            .filter(|_| !self.options.is_empty())
            .and_then(option_of)
        {
            problem.message.push_str(by_option);
        }
        problem
    }

    /// The text with the options in place of the fields that came by them.
    fn in_options(&self, text: &str) -> String {
        let given = |word: &str| {
            let mut options = self.options.iter().filter(|option| option.form.is_some());
            options.find(|option| option.pointer.strip_prefix('/') == Some(word))
        };
        let mut told = String::with_capacity(text.len());
        let mut word = String::new();
        for character in text.chars().chain([' ']) {
            if character.is_alphanumeric() {
                word.push(character);
                continue;
            }
            match given(&word) {
                Some(option) => told.push_str(&option.name),
                None => told.push_str(&word),
            }
            word.clear();
            told.push(character);
        }
        told.pop();
        told
    }
}

impl Source {
    pub(crate) fn new(file: &Input, text: Vec<u8>) -> Self {
        Self {
            name: file.to_string(),
            text,
        }
    }

    fn point(&self, pointer: &str, problem: &mut LocatedViolation) {
        problem.file = Some(self.name.clone());
        problem.pointer_in_file = Some(pointer.to_owned());
        // Of what is missing, the place of that which lacks it.
        let places = std::iter::successors(Some(pointer), |pointer| {
            pointer.rsplit_once('/').map(|(above, _)| above)
        });
        let place = places
            .into_iter()
            .find_map(|pointer| position(&self.text, pointer));
        if let (None, Some((line, column))) = (problem.line, place) {
            problem.line = Some(line);
            problem.column = Some(column);
        }
    }
}

/// What a setting of the library is on the command line. Those that it has not are for programs.
fn option_of(setting: &str) -> Option<&'static str> {
    match setting {
        "Checks { arithmetic: false, .. }" => Some("; or send them as they are by --inexact"),
        "NoahBuilder::plain_http_host" => Some("; name one by --plain-http-host"),
        _ => None,
    }
}

/// `--item 2 (UnitAmount)`: which of them, and what of it.
fn item(name: &str, below: &str) -> String {
    let mut steps = below.split('/').skip(1);
    let number = steps.next().and_then(|index| index.parse::<usize>().ok());
    match (number, steps.next()) {
        (Some(index), Some(field)) => format!("{name} {} ({field})", index + 1),
        (Some(index), None) => format!("{name} {}", index + 1),
        (None, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        let text = b"{\n  \"FiatCurrency\": \"usd\",\n  \"Customer\": {\"FullName\": 7}\n}".to_vec();
        let mut origin = Origin::default().with_file(&Input::File("order.json".into()), text);
        origin.option("/FiatAmount", "--fiat-amount", Some(Form::Value));
        origin.option("/FiatCurrency", "--fiat-currency", None);
        origin.option("/ReturnURL", "--return-url", None);
        origin.option("/LineItems", "--item", Some(Form::Items));
        origin
    }

    fn told(pointer: &str, message: &str) -> String {
        origin()
            .locate(LocatedViolation::new(pointer, message))
            .to_string()
    }

    #[test]
    fn a_fault_is_told_where_it_can_be_corrected() {
        assert_eq!(told("/FiatAmount", "is negative"), "--fiat-amount: is negative");
        assert_eq!(told("/ReturnURL", "is required"), "--return-url: is required");
        assert_eq!(
            told("/FiatCurrency", "is no code"),
            "/FiatCurrency in order.json, line 2, column 19: is no code"
        );
        assert_eq!(
            told("/Customer/FullName", "has the wrong type"),
            "/Customer/FullName in order.json, line 3, column 28: has the wrong type"
        );
        assert_eq!(
            told("/LineItems/1/Quantity", "is zero"),
            "--item 2 (Quantity): is zero"
        );
        assert_eq!(
            told("/LineItems", "add up to 5, but FiatAmount is 6"),
            "--item: add up to 5, but --fiat-amount is 6"
        );
        assert_eq!(
            told("", "is odd"),
            "(whole body) in order.json, line 1, column 1: is odd"
        );
    }

    #[test]
    fn without_options_and_files_the_pointer_stands() {
        let problem = Origin::default().locate(LocatedViolation::new("/A/B", "is odd"));
        assert_eq!(problem.to_string(), "/A/B: is odd");
    }
}
