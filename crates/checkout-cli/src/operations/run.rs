//! Runs the command of an operation.

use clap::ArgMatches;
use serde_json::Value;

use super::input::{Asked, arguments, prepared, read};
use super::told::{Column, heads, row};
use super::{Subject, explain, flows};
use crate::api::{Api, Client, is_written_down};
use crate::calls::{self, About, Again, Place, Reading, ResultArgs, SendArgs, Sending, TellArgs};
use crate::hosts::HostArgs;
use crate::origin::Origin;
use crate::{Failure, Output, progress, requests};

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
    if let Some((method, leaf)) = below.subcommand()
        && let Some(flow) = flows::find(api, [name, method])
    {
        return flow.run(leaf, &hosts, output).await;
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
    let client = sending.client(api, &hosts)?;
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
    let telling: TellArgs = read(matches)?;
    let again: Again = read(matches)?;
    let request = requests::stored(&file, api)?;
    let flags = hosts.flags(request.base_url());
    let (request, flags) = again.vouched(request, flags);
    result.vacant()?;
    let origin = Origin::default();
    let about = About {
        out: result.out.as_ref(),
        flags: &flags,
        ..About::of(telling, &origin)
    };
    let client = Client::of_process(api, hosts)?;
    calls::complete(
        &request,
        Place::File(file.to_path_buf(), "send"),
        &client,
        about,
        output,
    )
    .await
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
        if let Some(paging) = self.subject.operation.paging
            && self.leaf.get_flag("all")
            && !self.sending.dry_run
        {
            return self.all(paging.items, &asked, output).await;
        }
        let result: ResultArgs = if self.subject.hides() {
            read(self.leaf)?
        } else {
            ResultArgs::default()
        };
        let request = prepared(self.subject, &self.client, &asked);
        if !self.sending.dry_run {
            result.vacant()?;
        }
        let out = result.out.as_ref();
        self.sending
            .deliver(request, &self.client, &asked.origin, out, self.hosts, output)
            .await
    }

    /// One page after the other, and never more than one at a time. These are reads: whatever ends them, nothing happened.
    async fn all(&self, list: &str, asked: &Asked, output: &mut Output) -> Result<(), Failure> {
        let about = About::of(self.sending.telling, &asked.origin);
        let mut pages = self
            .client
            .pages(self.subject.operation.id, arguments(asked))
            .map_err(|error| calls::failure(&error, None, about, output))?;
        let mut columns: Option<Vec<Column>> = None;
        while let Some(got) = progress::during("waiting for the API", pages.next()).await {
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
            let items = page.get_mut(list).and_then(Value::as_array_mut);
            for item in items.map(std::mem::take).unwrap_or_default() {
                let item = self.subject.redacted(list, item);
                output.line(row(columns.as_deref().unwrap_or_default(), &item))?;
                output.json(&item)?;
            }
        }
        output.settle()?;
        Ok(())
    }
}
