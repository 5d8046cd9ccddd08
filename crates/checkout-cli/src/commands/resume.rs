//! `checkout resume`: finishes what was left unfinished, without a second payment.

use checkout_transport::PreparedRequest;
use clap::Args;
use hosted_checkout::Outcome;

use super::unfinished::unreadable;
use crate::account;
use crate::api::{Api, Client};
use crate::calls::{self, About, Again, Place, TellArgs};
use crate::ends::{self, Watch};
use crate::failure::Report;
use crate::files::Input;
use crate::hosts::HostArgs;
use crate::origin::Origin;
use crate::records::{RecordError, Records, Written};
use crate::{Exit, Failure, Output};

/// Arguments of `checkout resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The record to finish, as `checkout unfinished` lists it [default: all].
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Write the session of Worldline Connect to this new file, for its owner alone; `-` prints it [default: where the
    /// command that was ended wanted it].
    #[arg(long, value_name = "FILE|-", requires = "id")]
    out: Option<Input>,
    /// Send it with other credentials than it was made with: those were replaced by others of the same account. In another
    /// account it would be a second payment.
    #[arg(long, requires = "id")]
    same_account: bool,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    telling: TellArgs,
}

/// Finishes one record, or all of them.
///
/// # Errors
/// The end of one is not known even now; the others were gone on with.
pub async fn run(args: ResumeArgs, output: &mut Output) -> Result<(), Failure> {
    let records = Records::of_process()?;
    let watch = Watch::listen().map_err(Failure::unavailable)?;
    let (unfinished, answered) = match &args.id {
        Some(id) if records.has(id) => (vec![id.clone()], Vec::new()),
        Some(id) if records.answer(id).is_some() => (Vec::new(), vec![id.clone()]),
        Some(id) => return Err(RecordError::Missing(id.clone()).into()),
        None => records.list()?,
    };
    let mut failed: Option<Failure> = None;
    for id in &unfinished {
        let Err(failure) = finish(&records, id, &args, output).await else {
            continue;
        };
        if let Some(before) = failed.replace(failure) {
            before.report(output.format());
        }
        if watch.is_stopped() {
            break;
        }
    }
    if let Some(failure) = failed {
        return Err(failure);
    }
    if unfinished.is_empty() {
        again(&records, &answered, args.out.as_ref(), output)?;
    }
    Ok(())
}

/// What was finished before is shown again.
fn again(records: &Records, ids: &[String], out: Option<&Input>, output: &mut Output) -> Result<(), Failure> {
    if ids.is_empty() {
        output.line("nothing is unfinished")?;
        output.json(&serde_json::json!({"ok": true, "unfinished": []}))?;
    }
    for id in ids {
        let Some(answer) = records.answer(id) else {
            continue;
        };
        let told = output
            .line(format_args!("{id}  {}, finished before", answer.operation))
            .map_err(Failure::from)
            .and_then(|()| answer.tell(out, None, output));
        told.map(drop).map_err(|error| {
            let mut report = Report::new("the answer could not be shown").because([error.to_string()]);
            report.then_run("it is kept for a day", format!("checkout resume {id}"));
            Failure::told(Exit::Unknown, report)
        })?;
    }
    Ok(())
}

async fn finish(records: &Records, id: &str, args: &ResumeArgs, output: &mut Output) -> Result<(), Failure> {
    let record = match records.hold(id) {
        Ok(record) => record,
        // Another process finished it in this moment.
        Err(RecordError::Missing(_)) if args.id.is_none() => return Ok(()),
        Err(error) => {
            let report =
                Report::new(format!("{id}: {error}")).with_money("what became of it is not known yet");
            return Err(Failure::told(Exit::Unknown, report));
        }
    };
    let Written { request, out, flags } = match record.read() {
        Ok(written) => written,
        Err(error) => return Err(Failure::told(Exit::Unknown, unreadable(&error, id))),
    };
    let out = args.out.clone().or(out);
    let flags = Some(args.hosts.flags(request.base_url()))
        .filter(|given| !given.is_empty())
        .unwrap_or(flags);
    let (request, flags) = Again {
        same_account: args.same_account,
    }
    .vouched(request, flags);
    let origin = Origin::default();
    let about = About {
        out: out.as_ref(),
        flags: &flags,
        ..About::of(args.telling, &origin)
    };
    // From here on a signal tells of it, whatever it comes between.
    let way_on = record.way_on(about.flags);
    ends::begins(&request, &way_on, output.format());
    // Whoever does not read this, does not read what follows.
    let _ = output.line(format_args!("{id}  {}", request.operation().id));
    if let Some(answer) = records.answer(id) {
        return calls::tell(&answer, &request, Place::Resumed(record), about, output);
    }
    match client_for(&request, &args.hosts) {
        Ok(client) => calls::complete(&request, Place::Resumed(record), &client, about, output).await,
        Err((what, why)) => {
            let mut report = account::report(what, &request, Outcome::Unknown, &way_on, None);
            if !report.why.contains(&why) {
                report.why.insert(0, why);
            }
            Err(calls::left(&request, Outcome::Unknown, report, output))
        }
    }
}

/// The client that may send it again; or what it is not, and why.
fn client_for(request: &PreparedRequest, hosts: &HostArgs) -> Result<Client, (&'static str, String)> {
    if let Some(why) = account::why_not_again(request) {
        return Err(("it is not sent again", why));
    }
    let api = Api::of(request.operation());
    let client =
        Client::of_process(api, hosts).map_err(|failure| ("it cannot be sent again", failure.to_string()))?;
    if request.base_url() == client.base_url() {
        return Ok(client);
    }
    let why = format!(
        "it was made for {}, and the variables lead to {}: set {} as they were",
        request.base_url(),
        client.base_url(),
        api.address_variables()
    );
    Err(("it is not sent elsewhere", why))
}
