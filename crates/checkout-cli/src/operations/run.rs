//! Runs the command of an operation.

use checkout_core::described::Paging;
use checkout_transport::PreparedRequest;
use clap::{ArgMatches, FromArgMatches};
use hosted_checkout::{Arguments, Error};
use serde_json::Value;

use super::input::Asked;
use super::told::{Column, heads, row};
use super::{Subject, explain};
use crate::api::{Api, Client, is_written_down};
use crate::calls::{self, About, Again, Place, Reading, ResultArgs, SendArgs, Sending, Telling};
use crate::hosts::HostArgs;
use crate::{Exit, Failure, Output, progress, requests};

/// Does what the command line says of an operation of the API.
///
/// # Errors
/// The request breaks a rule, credentials are missing, or the call fails.
pub(crate) async fn run(api: Api, matches: &ArgMatches, output: &mut Output) -> Result<(), Failure> {
    let hosts: HostArgs = read(matches)?;
    let Some((name, below)) = matches.subcommand() else {
        return Err(Failure::usage("a command is missing"));
    };
    if name == "send" {
        return send_again(api, below, &hosts, output).await;
    }
    let short = api.commands().find(|subject| subject.extra.short == name);
    let long = || {
        let (method, leaf) = below.subcommand()?;
        let subject = api.commands().find(|subject| subject.words() == [name, method])?;
        Some((subject, leaf))
    };
    let (subject, leaf) = match short {
        Some(subject) => (subject, below),
        None => long()
            .ok_or_else(|| Failure::usage("there is no such operation; checkout operations lists them"))?,
    };
    if leaf.get_flag("explain") {
        return Ok(explain(subject, output)?);
    }
    let fixed = if short.is_some() { subject.extra.fixed } else { &[] };
    let asked = subject.asked(leaf, fixed, output)?;
    let sending: Sending = if is_written_down(subject.operation) {
        read(leaf)?
    } else {
        read::<Reading>(leaf)?.into()
    };
    let client = if sending.dry_run {
        Client::for_dry_run(api, &hosts)?
    } else {
        Client::of_process(api, &hosts)?
    };
    let is_inexact = subject.has_line_items() && leaf.get_flag("inexact");
    let call = Call {
        subject,
        leaf,
        hosts: &hosts,
        sending: &sending,
        client: if is_inexact { client.inexact() } else { client },
    };
    call.make(asked, output).await
}

/// Each struct stands in the tree with all of its flags.
fn read<T: FromArgMatches>(matches: &ArgMatches) -> Result<T, Failure> {
    T::from_arg_matches(matches).map_err(|error| Failure::usage(error.to_string()))
}

async fn send_again(
    api: Api,
    matches: &ArgMatches,
    hosts: &HostArgs,
    output: &mut Output,
) -> Result<(), Failure> {
    let SendArgs { file } = read(matches)?;
    let result = if api == Api::Worldline {
        read(matches)?
    } else {
        ResultArgs::default()
    };
    let telling: Telling = read(matches)?;
    let again: Again = read(matches)?;
    let request = requests::stored(&file, api)?;
    let flags = hosts.flags(request.base_url());
    let (request, flags) = again.vouched(request, flags);
    result.vacant()?;
    let about = About {
        telling,
        origin: &crate::origin::Origin::default(),
        out: result.out.as_ref(),
        flags: &flags,
    };
    let client = Client::of_process(api, hosts)?;
    calls::complete(&request, Place::File(file.to_path_buf()), &client, about, output).await
}

struct Call<'a> {
    subject: Subject,
    leaf: &'a ArgMatches,
    hosts: &'a HostArgs,
    sending: &'a Sending,
    client: Client,
}

impl Call<'_> {
    async fn make(&self, asked: Asked, output: &mut Output) -> Result<(), Failure> {
        let wants_all = self.subject.is.paging.is_some() && self.leaf.get_flag("all");
        if wants_all && !self.sending.dry_run {
            return self.all(asked, output).await;
        }
        let result: ResultArgs = if self.subject.hides() {
            read(self.leaf)?
        } else {
            ResultArgs::default()
        };
        let prepared = self.prepared(&asked);
        if !self.sending.dry_run {
            result.vacant()?;
        }
        let out = result.out.as_ref();
        self.sending
            .deliver(prepared, &self.client, &asked.origin, out, self.hosts, output)
            .await
    }

    fn prepared(&self, asked: &Asked) -> Result<PreparedRequest, Error> {
        let given = asked.parameters.iter();
        let arguments = given.fold(Arguments::new(), |arguments, (name, value)| {
            arguments.parameter(name, value)
        });
        let arguments = match &asked.body {
            Some(body) => arguments.body(body.clone()),
            None => arguments,
        };
        let prepared = self.client.prepare(self.subject.operation.id, arguments)?;
        Ok(if asked.origin.has_fresh_key {
            prepared.with_fresh_key()
        } else {
            prepared
        })
    }

    /// One page after the other, and never more than one at a time. These are reads: whatever ends them, nothing happened.
    async fn all(&self, mut asked: Asked, output: &mut Output) -> Result<(), Failure> {
        let Some(paging) = &self.subject.is.paging else {
            return Ok(());
        };
        let mut columns: Option<Vec<Column>> = None;
        let mut marks = Marks::default();
        loop {
            let origin = &asked.origin;
            let about = About {
                telling: self.sending.telling,
                origin,
                out: None,
                flags: "",
            };
            let request = self
                .prepared(&asked)
                .map_err(|error| calls::failure(&error, None, about, output))?;
            let got = progress::during("waiting for the API", self.client.send(&request)).await;
            let mut page = got
                .map_err(|error| calls::failure(&error, None, about, output))?
                .into_inner();
            if columns.is_none() {
                let found = self.subject.columns(&page);
                if !found.is_empty() {
                    output.line(heads(&found))?;
                }
                columns = Some(found);
            }
            let next = next(paging, &page, &asked.parameters);
            let (Paging::Token {
                items: list,
                parameter,
                ..
            }
            | Paging::Offset {
                items: list,
                parameter,
                ..
            }) = paging
            else {
                return Ok(());
            };
            let items = page
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .map(std::mem::take)
                .unwrap_or_default();
            let is_empty = items.is_empty();
            for item in items {
                let item = self.subject.redacted(list, item);
                output.line(row(columns.as_deref().unwrap_or_default(), &item))?;
                output.json(&item)?;
            }
            let Some(next) = next.filter(|_| !is_empty) else {
                output.settle()?;
                return Ok(());
            };
            if marks.is_known(&next) {
                return Err(Failure::new(
                    Exit::Failed,
                    "the API names a page that it has sent already; the list is not complete",
                ));
            }
            asked.parameters.retain(|(name, _)| name != parameter);
            asked.parameters.push((parameter.clone(), next));
        }
    }
}

/// What asks for the page after this one.
fn next(paging: &Paging, page: &Value, parameters: &[(String, String)]) -> Option<String> {
    match paging {
        Paging::Token { next, .. } => page
            .get(next)?
            .as_str()
            .filter(|token| !token.is_empty())
            .map(str::to_owned),
        Paging::Offset {
            parameter,
            items,
            total,
            ..
        } => {
            let asked = parameters.iter().find(|(name, _)| name == parameter);
            let before: u64 = asked.map_or(Some(0), |(_, value)| value.parse().ok())?;
            let here = u64::try_from(page.get(items)?.as_array()?.len()).ok()?;
            let after = before.checked_add(here)?;
            (after < page.get(total)?.as_u64()?).then(|| after.to_string())
        }
        _ => None,
    }
}

/// Notices that pages go in a circle, and remembers one of them alone: that which came at the last power of two.
#[derive(Default)]
struct Marks {
    kept: Option<String>,
    count: u64,
}

impl Marks {
    fn is_known(&mut self, page: &str) -> bool {
        self.count += 1;
        let is_known = self.kept.as_deref() == Some(page);
        if self.count.is_power_of_two() {
            self.kept = Some(page.to_owned());
        }
        is_known
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_follow_by_token_and_by_offset_to_their_end() {
        let token: Paging = serde_json::from_value(
            json!({"by": "token", "parameter": "PageToken", "size": "PageSize", "items": "Items", "next": "PageToken"}),
        )
        .unwrap();
        assert_eq!(
            next(&token, &json!({"Items": [1], "PageToken": "t-2"}), &[]),
            Some("t-2".to_owned())
        );
        assert_eq!(next(&token, &json!({"Items": [1]}), &[]), None);
        assert_eq!(next(&token, &json!({"Items": [1], "PageToken": ""}), &[]), None);
        let offset: Paging = serde_json::from_value(
            json!({"by": "offset", "parameter": "offset", "size": "limit", "items": "payments", "total": "totalCount"}),
        )
        .unwrap();
        let page = json!({"payments": [1, 2], "totalCount": 5});
        assert_eq!(next(&offset, &page, &[]), Some("2".to_owned()));
        assert_eq!(
            next(&offset, &page, &[("offset".to_owned(), "2".to_owned())]),
            Some("4".to_owned())
        );
        assert_eq!(
            next(&offset, &page, &[("offset".to_owned(), "3".to_owned())]),
            None
        );
    }

    #[test]
    fn a_circle_of_pages_is_noticed_wherever_it_begins() {
        for (lead, circle) in [(0, 1), (0, 2), (3, 5), (10, 7)] {
            let mut marks = Marks::default();
            let pages = (0..lead).chain((0..).map(|index| lead + index % circle));
            let seen = pages.take(100).position(|page| marks.is_known(&page.to_string()));
            assert!(seen.is_some(), "{lead} {circle}");
        }
        let mut marks = Marks::default();
        assert!((0..1000).all(|page| !marks.is_known(&page.to_string())));
    }
}
