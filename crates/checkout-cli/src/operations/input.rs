//! What an operation is called with, from its flags and files: parameters and a body, and where each value came from.

use checkout_core::described::Description;
use checkout_core::near::suggestion;
use checkout_core::{Idempotency, PositiveDecimal};
use checkout_transport::PreparedRequest;
use clap::{ArgMatches, FromArgMatches};
use hosted_checkout::{Arguments, Error};
use serde_json::{Value, json};

use super::Subject;
use super::flags::{Flag, Takes};
use super::schemas::{is_secret, kind, member, properties, typed};
use crate::api::Client;
use crate::files::{Input, once_from_stdin};
use crate::origin::{Form, Origin, Source};
use crate::requests::{self, json as json_of, object};
use crate::validation::{self, LocatedViolation, unescaped};
use crate::{Failure, Output};

/// What an operation is called with.
pub(super) struct Asked {
    /// By the names of the API.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) origin: Origin,
}

impl Subject {
    /// Reads flags and files. A flag goes over the file's field of the same name, and `--set` over both.
    pub(super) fn asked(
        &self,
        matches: &ArgMatches,
        fixed: &[(&str, &str)],
        output: &mut Output,
    ) -> Result<Asked, Failure> {
        let flags = self.flags();
        let mut asked = self.read_body(matches, &flags)?;
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        asked.parameters.extend(fixed.iter().map(owned));
        for flag in &flags {
            if fixed.iter().all(|(name, _)| *name != flag.parameter) {
                self.take(flag, matches, &mut asked)?;
            }
        }
        if self.has_line_items() {
            let items: Vec<Value> = many::<Value>(matches, "item").cloned().collect();
            let has_items = !items.is_empty();
            asked
                .origin
                .option("/LineItems", "--item", has_items.then_some(Form::Items));
            self.put("/LineItems", Some(items.into()).filter(|_| has_items), &mut asked)?;
        }
        self.set(matches, &mut asked)?;
        self.complete(&mut asked);
        let problems = self.missing(&flags, &asked);
        requests::told(problems, &asked.origin, output)?;
        Ok(asked)
    }

    fn read_body(&self, matches: &ArgMatches, flags: &[Flag]) -> Result<Asked, Failure> {
        let mut asked = Asked {
            parameters: Vec::new(),
            body: self
                .is
                .body
                .as_ref()
                .filter(|body| body.required)
                .map(|_| json!({})),
            origin: Origin::default(),
        };
        let file = one::<Input>(matches, "body");
        let files = flags.iter().filter(|flag| flag.takes == Takes::File);
        once_from_stdin(
            files
                .filter_map(|flag| one::<Input>(matches, &flag.name))
                .chain(file),
        )?;
        if let Some(file) = file {
            let (fields, text) = object(file)?;
            asked.body = Some(fields.into());
            asked.origin = asked.origin.with_file(file, text);
        }
        Ok(asked)
    }

    fn take(&self, flag: &Flag, matches: &ArgMatches, asked: &mut Asked) -> Result<(), Failure> {
        let described = self.api.described();
        let name = format!("--{}", flag.name);
        if flag.takes == Takes::File {
            let Some(file) = one::<Input>(matches, &flag.name) else {
                asked.origin.option(&flag.place, name, None);
                return Ok(());
            };
            let (value, text) = json_of(file)?;
            let form = Form::File(Source::new(file, text));
            asked.origin.option(&flag.place, name, Some(form));
            return self.put(&flag.place, Some(value), asked);
        }
        let texts: Vec<&String> = many::<String>(matches, &flag.name).collect();
        let form = (!texts.is_empty()).then_some(Form::Value);
        asked.origin.option(&flag.place, name, form);
        if !flag.parameter.is_empty() {
            let given = texts
                .into_iter()
                .map(|text| (flag.parameter.to_owned(), text.clone()));
            asked.parameters.extend(given);
            return Ok(());
        }
        let value = if flag.takes == Takes::Items {
            let items = &described.resolve(flag.schema).1["items"];
            let items = texts.iter().map(|text| typed(described, items, text));
            Some(Value::Array(items.collect())).filter(|_| !texts.is_empty())
        } else {
            texts.first().map(|text| typed(described, flag.schema, text))
        };
        self.put(&flag.place, value, asked)
    }

    fn put(&self, pointer: &str, value: Option<Value>, asked: &mut Asked) -> Result<(), Failure> {
        let (Some(value), Some(of)) = (value, &self.is.body) else {
            return Ok(());
        };
        let body = asked.body.get_or_insert_with(|| json!({}));
        let steps: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
        put(self.api.described(), &of.schema, body, &steps, |_| value).map_err(Failure::usage)
    }

    /// Each `--set`, in the order of the command line.
    fn set(&self, matches: &ArgMatches, asked: &mut Asked) -> Result<(), Failure> {
        let described = self.api.described();
        for text in many::<String>(matches, "set") {
            let (Some((path, value)), Some(of)) = (text.split_once('='), &self.is.body) else {
                return Err(Failure::usage(
                    "--set lacks `=`; write the field and its value: --set Customer/FullName/FirstName=Ada",
                ));
            };
            let steps: Vec<String> = match path.strip_prefix('/') {
                Some(pointer) => pointer.split('/').map(unescaped).collect(),
                None => path.split(['/', '.']).map(str::to_owned).collect(),
            };
            let pointer: String = steps
                .iter()
                .map(|step| format!("/{}", validation::escaped(step)))
                .collect();
            let body = asked.body.get_or_insert_with(|| json!({}));
            let mut is_hidden = false;
            put(described, &of.schema, body, &steps, |schema| {
                is_hidden = is_secret(described, schema);
                typed(described, schema, value)
            })
            .map_err(|why| {
                Failure::usage(format!(
                    "--set {}: {why}",
                    checkout_core::given::quotable_piece(&pointer)
                ))
            })?;
            if is_hidden {
                let message = format!(
                    "--set {pointer}: a secret does not belong on a command line; give it in the file of --body"
                );
                return Err(Failure::usage(message));
            }
            let name = format!("--set {}", &pointer[1..]);
            asked.origin.option(&pointer, name, Some(Form::Value));
        }
        Ok(())
    }

    /// Fills in what a person need not write: a fresh key, and totals of line items that are quantity times price.
    fn complete(&self, asked: &mut Asked) {
        if self.has_line_items()
            && let Some(Value::Object(body)) = &mut asked.body
        {
            requests::complete_totals(body);
        }
        // A key that is a header is made by the client.
        let Idempotency::BodyField(key) = self.operation.idempotency else {
            return;
        };
        // It may stand in an object of the body.
        let (way, name) = key.rsplit_once('/').unwrap_or(("", key));
        let way = if way.is_empty() {
            String::new()
        } else {
            format!("/{way}")
        };
        let holder = asked.body.as_mut().and_then(|body| body.pointer_mut(&way));
        if let Some(Value::Object(holder)) = holder
            && !holder.contains_key(name)
        {
            asked.origin.has_fresh_key = true;
            holder.insert(name.to_owned(), requests::fresh_key().into());
        }
    }

    /// What lacks or has another type than the spec says. Rules within and between values are the client's to check.
    fn missing(&self, flags: &[Flag], asked: &Asked) -> Vec<LocatedViolation> {
        let is_given = |flag: &Flag| asked.parameters.iter().any(|(name, _)| name == flag.parameter);
        let parameters = flags
            .iter()
            .filter(|flag| flag.is_required && !flag.parameter.is_empty() && !is_given(flag));
        let mut problems: Vec<LocatedViolation> = parameters
            .map(|flag| LocatedViolation::new(&flag.place, "is required"))
            .collect();
        if let (Some(body), Some(of)) = (&asked.body, &self.is.body) {
            let schema = self.api.described().standalone(&of.schema);
            if problems.is_empty() {
                problems = validation::structural(&schema, body);
            } else {
                problems.extend(LocatedViolation::all(&validation::faults(&schema, body)));
            }
        }
        problems
    }
}

/// The request that is asked for, held to all rules of the client.
pub(super) fn prepared(subject: Subject, client: &Client, asked: &Asked) -> Result<PreparedRequest, Error> {
    let prepared = client.prepare(subject.operation.id, arguments(asked))?;
    Ok(if asked.origin.has_fresh_key {
        prepared.with_fresh_key()
    } else {
        prepared
    })
}

pub(super) fn arguments(asked: &Asked) -> Arguments {
    let given = asked.parameters.iter();
    let arguments = given.fold(Arguments::new(), |arguments, (name, value)| {
        arguments.parameter(name, value)
    });
    match &asked.body {
        Some(body) => arguments.body(body.clone()),
        None => arguments,
    }
}

/// Each struct stands in the tree with all of its flags.
pub(super) fn read<T: FromArgMatches>(matches: &ArgMatches) -> Result<T, Failure> {
    T::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))
}

/// Puts a value where the steps lead, through objects and lists that are made where there are none.
fn put(
    described: &Description,
    schema: &Value,
    at: &mut Value,
    steps: &[String],
    value: impl FnOnce(&Value) -> Value,
) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else {
        *at = value(schema);
        return Ok(());
    };
    let is_list = at.is_array() || at.is_null() && kind(described, schema) == Some("array");
    let below = member(described, schema, step).ok_or_else(|| unknown(described, schema, step));
    if is_list {
        let index: usize = step
            .parse()
            .map_err(|_| format!("{step:?} is no number of an item; they begin with 0"))?;
        if at.is_null() {
            *at = json!([]);
        }
        let items = at.as_array_mut().into_iter().find(|items| index <= items.len());
        let items = items.ok_or_else(|| format!("there is no item {index} yet, nor one before it"))?;
        if index == items.len() {
            items.push(Value::Null);
        }
        return put(described, below?, &mut items[index], rest, value);
    }
    if !at.is_object() {
        *at = json!({});
    }
    put(described, below?, &mut at[step.as_str()], rest, value)
}

fn unknown(described: &Description, schema: &Value, name: &str) -> String {
    let known: Vec<&str> = properties(described, schema)
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    let meant = suggestion(name, known.iter().copied());
    let all = || match known.as_slice() {
        [] => String::new(),
        known => format!("; choose from {}", known.join(", ")),
    };
    let name = checkout_core::given::quotable_piece(name);
    format!("the API knows no field {name} there{}", meant.unwrap_or_else(all))
}

fn one<'m, T: Clone + Send + Sync + 'static>(matches: &'m ArgMatches, id: &str) -> Option<&'m T> {
    matches.try_get_one(id).ok().flatten()
}

fn many<'m, T: Clone + Send + Sync + 'static>(
    matches: &'m ArgMatches,
    id: &str,
) -> impl Iterator<Item = &'m T> {
    matches.try_get_many(id).ok().flatten().into_iter().flatten()
}

/// A line item as it is written on a command line: quantity, x, the price of one, a blank and a description.
pub(super) fn item(text: &str) -> Result<Value, &'static str> {
    let parts = || {
        let (numbers, description) = text.trim().split_once(' ')?;
        let (quantity, unit_amount) = numbers.split_once('x')?;
        let description = description.trim();
        let is_complete = !quantity.is_empty() && !unit_amount.is_empty() && !description.is_empty();
        is_complete
            .then(|| json!({"Description": description, "Quantity": quantity, "UnitAmount": unit_amount}))
    };
    parts().ok_or("write quantity, x, the price of one, a blank and a description: '2x5.05 Coffee beans'")
}

/// The same the other way round, for a list whose totals need not be given.
pub(super) fn shorthand(items: &Value) -> Option<Vec<String>> {
    let amount = |item: &Value, name: &str| PositiveDecimal::parse(item[name].as_str()?).ok();
    let write = |given: &Value| {
        let text = |name: &str| given[name].as_str();
        let product = amount(given, "Quantity")?
            .checked_mul(amount(given, "UnitAmount")?)
            .ok();
        let short = format!(
            "{}x{} {}",
            text("Quantity")?,
            text("UnitAmount")?,
            text("Description")?
        );
        let is_whole = product == amount(given, "TotalAmount") && given.as_object()?.len() == 4;
        (is_whole && item(&short).is_ok()).then_some(short)
    };
    items.as_array()?.iter().map(write).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use crate::api::Api;
    use crate::operations::tree;

    fn ask(line: &str) -> Result<Asked, String> {
        let words = shlex::split(line).unwrap();
        let matches = tree(Api::Noah, clap::Command::new("noah"))
            .try_get_matches_from(["noah".to_owned()].into_iter().chain(words))
            .map_err(|error| error.to_string())?;
        let (_, of_tag) = matches.subcommand().unwrap();
        let (method, leaf) = of_tag.subcommand().unwrap();
        let subject = Api::Noah
            .commands()
            .find(|subject| subject.method() == method)
            .unwrap();
        let mut output = Output::to(std::io::sink(), Format::Human);
        subject
            .asked(leaf, &[], &mut output)
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn flags_items_and_set_make_a_body() {
        let asked = ask(
            "checkout pay-in-fiat --customer-id c-1 --payment-method-category Bank --fiat-currency USD --fiat-amount 10.10 \
             --crypto-currency USDC_TEST --return-url https://shop.example --item '2x5.05 Tea' --nonce n-1 \
             --set Customer.Type=Individual --set Customer/FullName/FirstName=Ada --set /Customer/FullName/LastName=L=1 \
             --set Customer.DateOfBirth=1990-01-31 --set Customer.PrimaryResidence={} --set Customer.Identities.0.IDNumber=7 \
             --set FiatAmount=10.1",
        );
        // All of what still lacks.
        let said = asked.err().unwrap();
        for lacks in [
            "/Customer/Identities/0/IDType: is required",
            "--set Customer/PrimaryResidence (Street): is required",
        ] {
            assert!(said.contains(lacks), "{said}");
        }
        let asked = ask(
            "checkout pay-in-fiat --customer-id c-1 --payment-method-category Bank --fiat-currency USD --fiat-amount 10.10 \
             --crypto-currency USDC_TEST --return-url https://shop.example --item '2x5.05 Tea' --set FiatAmount=10.1 \
             --set LineItems.0.Description='Green tea' --set 'LineItems/1={\"Description\": \"x\", \"Quantity\": \"1\", \"UnitAmount\": \"1\"}'",
        )
        .unwrap();
        assert!(asked.origin.has_fresh_key);
        let mut body = asked.body.unwrap();
        assert_eq!(body["Nonce"].as_str().map(str::len), Some(36));
        body.as_object_mut().unwrap().shift_remove("Nonce");
        assert_eq!(
            body,
            json!({
                "CustomerID": "c-1", "PaymentMethodCategory": "Bank", "FiatCurrency": "USD", "FiatAmount": "10.1",
                "CryptoCurrency": "USDC_TEST", "ReturnURL": "https://shop.example",
                "LineItems": [
                    {"Description": "Green tea", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"},
                    {"Description": "x", "Quantity": "1", "UnitAmount": "1", "TotalAmount": "1"},
                ],
            })
        );
    }

    #[test]
    fn a_field_that_cannot_be_set_is_told_with_what_may_be_meant() {
        for (set, said) in [
            (
                "FiatAmonut=1",
                "--set /FiatAmonut: the API knows no field FiatAmonut there; was FiatAmount meant?",
            ),
            ("Customer.FullName.FirstNam=A", "was FirstName meant?"),
            ("FiatAmount", "lacks `=`"),
            (
                "LineItems.2.Quantity=1",
                "there is no item 2 yet, nor one before it",
            ),
            ("LineItems.first=1", "is no number of an item"),
            ("FiatAmount.Value=1", "the API knows no field Value there"),
        ] {
            let told = ask(&format!("checkout pay-in-fiat --set '{set}'")).err().unwrap();
            assert!(told.contains(said), "{set}: {told}");
        }
    }

    #[test]
    fn no_secret_is_taken_from_the_command_line() {
        for api in [Api::Noah, Api::Worldline] {
            for subject in api.commands() {
                for flag in subject.flags().iter().filter(|flag| flag.parameter.is_empty()) {
                    let is_open = flag.takes != Takes::File && is_secret(api.described(), flag.schema);
                    assert!(!is_open, "{}: --{}", subject.is.id, flag.name);
                }
            }
        }
        let tokens = Subject::find(Api::Worldline, "createSession").unwrap();
        let matches = tree(Api::Worldline, clap::Command::new("worldline"))
            .try_get_matches_from(["worldline", "create-session", "--set", "tokens.0=canary"])
            .unwrap();
        let mut output = Output::to(std::io::sink(), Format::Human);
        let (_, leaf) = matches.subcommand().unwrap();
        let told = tokens.asked(leaf, &[], &mut output).err().unwrap().to_string();
        assert!(
            told.contains("does not belong on a command line") && !told.contains("canary"),
            "{told}"
        );
    }

    #[test]
    fn items_are_read_as_people_write_them() {
        let read = json!({"Description": "Coffee beans, 1 kg x 2", "Quantity": "2", "UnitAmount": "5.05"});
        assert_eq!(item("2x5.05  Coffee beans, 1 kg x 2"), Ok(read));
        for wrong in [
            "",
            "Coffee",
            "2x5.05",
            "2 x 5.05 Coffee",
            "x5 Coffee",
            "2x Coffee",
            "2x5.05 ",
        ] {
            assert!(item(wrong).is_err(), "{wrong}");
        }
        let given = json!([{"Description": "Tea", "Quantity": "2", "UnitAmount": "5", "TotalAmount": "10"}]);
        assert_eq!(shorthand(&given), Some(vec!["2x5 Tea".to_owned()]));
        let discounted =
            json!([{"Description": "Tea", "Quantity": "2", "UnitAmount": "5", "TotalAmount": "9"}]);
        assert_eq!(shorthand(&discounted), None);
    }
}
