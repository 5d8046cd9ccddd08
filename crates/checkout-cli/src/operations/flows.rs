//! Commands that make more than one call, as the library does: each stands below a tag, beside its operations.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use checkout_transport::PreparedRequest;
use clap::{ArgMatches, Args, Command};
use hosted_checkout::noah::{LookBack, Noah, Reconciled, Sale, call};
use hosted_checkout::{Json, Upload};
use serde_json::{Value, json};

use super::Subject;
use super::input::{prepared, read};
use super::told::{heads, row};
use crate::api::{Api, Client};
use crate::calls::{self, About, Reading, Sending};
use crate::files::{Existing, FileArg, Input, vacant, write_private};
use crate::hosts::HostArgs;
use crate::origin::Origin;
use crate::requests::object;
use crate::shell::quoted;
use crate::{Exit, Failure, Output, dry_run, progress};

/// A command of NOAH's.
pub(super) struct Flow {
    /// The tag that it stands below, and its own name.
    pub(super) words: [&'static str; 2],
    /// The operation whose parameters are flags of it too.
    pub(super) takes: &'static str,
    pub(super) flags: fn(Command) -> Command,
    pub(super) about: &'static str,
    pub(super) long: &'static str,
    pub(super) example: &'static str,
}

const UPLOAD: Flow = Flow {
    words: ["onboarding", "upload-document"],
    takes: "getDocumentUploadUrl",
    flags: UploadArgs::augment_args,
    about: "Upload a document of a customer, such as a passport",
    long: "Asks NOAH where the document goes, and sends the file there, without a key. A document with two sides is uploaded by two \
           runs, with --side Front and --side Back. After a failure it can be run again, which asks for a new address.\n\n\
           No limit on the size of a file and no list of file types is published.",
    example: "--customer-id customer-1 --type Passport --country-code US \\\n    --file passport.jpg",
};

const RECONCILE: Flow = Flow {
    words: ["transactions", "reconcile"],
    takes: "",
    flags: ReconcileArgs::augment_args,
    about: "Find what became of an order by its ExternalID, as after a webhook that was lost",
    long: "Reads the list of transactions, newest first, back to the time of the order less an hour, and shows all that bear the id. \
           Nothing is changed.\n\n\
           Ends with 1 if none was seen, or if that is not known. Not seen is not unpaid: the customer may be about to pay, so do not \
           pay anew because of it.",
    example: "order-7 --since 2026-02-03T10:00:00Z",
};

const BEGIN: Flow = Flow {
    words: ["transactions", "begin-sale"],
    takes: "prepareSellTransaction",
    flags: BeginArgs::augment_args,
    about: "Prepare a sale step by step, and keep it in a file",
    long: "Holds the form against the channel's own schema, prepares the sale, and shows what is left to do. No money moves. \
           `continue-sale` goes on from the file.",
    example: "--state payout-7.json --external-id payout-7 --crypto-currency USDC_TEST --fiat-amount 50 \\\n    \
              --channel-id 5a3ba9f0-1c7c-4d1e-9c2d-6f1b1f5f0001",
};

const CONTINUE: Flow = Flow {
    words: ["transactions", "continue-sale"],
    takes: "",
    flags: ContinueArgs::augment_args,
    about: "Go on with a sale: confirm or fill in its next step, or sell",
    long: "What a step shows is confirmed without --form, and what it asks for is filled in with it. Once nothing is left it sells. The \
           request is kept in the file, so that the same sale is made once, however often this is run.",
    example: "payout-7.json",
};

const FLOWS: &[Flow] = &[UPLOAD, RECONCILE, BEGIN, CONTINUE];

/// Those of a tag.
pub(super) fn of_tag(api: Api, tag: &str) -> impl Iterator<Item = &'static Flow> {
    let of_tag = move |flow: &&Flow| api == Api::Noah && flow.words[0] == tag;
    FLOWS.iter().filter(of_tag)
}

/// Does what the command says, if it is one of these.
pub(super) async fn run(
    words: [&str; 2],
    matches: &ArgMatches,
    hosts: &HostArgs,
    output: &mut Output,
) -> Option<Result<(), Failure>> {
    Some(match words {
        words if words == UPLOAD.words => upload(matches, hosts, output).await,
        words if words == RECONCILE.words => reconcile(matches, hosts, output).await,
        words if words == BEGIN.words => begin(matches, hosts, output).await,
        words if words == CONTINUE.words => go_on(matches, hosts, output).await,
        _ => return None,
    })
}

fn noah(hosts: &HostArgs, sending: &Sending) -> Result<Noah, Failure> {
    let client = if sending.dry_run {
        Client::for_dry_run(Api::Noah, hosts)?
    } else {
        Client::of_process(Api::Noah, hosts)?
    };
    match client {
        Client::Noah(noah) => Ok(noah),
        Client::Worldline(_) => Err(unknown()),
    }
}

fn unknown() -> Failure {
    Failure::usage("this command knows no such operation")
}

#[derive(Debug, Args)]
struct UploadArgs {
    /// The file.
    #[arg(long, value_name = "FILE")]
    file: FileArg,
    /// Its media type, such as image/jpeg. Without it, by the end of its name: heic, jpeg, jpg, pdf or png.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

/// Files by the ends of their names.
const TYPES: &[(&str, &str)] = &[
    ("heic", "image/heic"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
];

async fn upload(matches: &ArgMatches, hosts: &HostArgs, output: &mut Output) -> Result<(), Failure> {
    let UploadArgs {
        file,
        content_type,
        reading,
    } = read(matches)?;
    let sending = Sending::from(reading);
    let subject = Subject::find(Api::Noah, UPLOAD.takes).ok_or_else(unknown)?;
    let asked = subject.asked(matches, &[], output)?;
    let end = file.extension().and_then(|end| end.to_str()).unwrap_or_default();
    let by_name = TYPES.iter().find(|(known, _)| end.eq_ignore_ascii_case(known));
    let kind = content_type.as_deref().or(by_name.map(|(_, kind)| *kind));
    let kind =
        kind.ok_or_else(|| file.unusable("its name does not tell its type; name it by --content-type"))?;

    let noah = noah(hosts, &sending)?;
    let about = About {
        telling: sending.telling,
        origin: &asked.origin,
        out: None,
        flags: "",
    };
    let request = prepared(subject, &Client::Noah(noah.clone()), &asked);
    let request = request.map_err(|error| calls::failure(&error, None, about, output))?;
    if sending.dry_run {
        return dry_run::show(&request, output);
    }
    let to = request
        .typed::<call::GetDocumentUploadUrl>()
        .ok_or_else(unknown)?;
    let upload = Upload::open(&*file, kind)
        .await
        .map_err(|error| file.unusable(error))?;
    let bytes = upload.length();
    let bar = progress::bytes(bytes);
    let moved = bar.clone();
    let upload = upload.on_progress(move |now| moved.set_position(now));
    let sent = noah.onboarding().upload(&to, upload).await;
    bar.finish_and_clear();
    sent.map_err(|error| calls::failure(&error, None, about, output))?;
    output.line(format_args!("uploaded: {bytes} bytes, {kind}"))?;
    output.line("what NOAH makes of it comes with the customer's checks")?;
    output.json(&json!({ "ok": true, "bytes": bytes, "content_type": kind }))?;
    Ok(())
}

#[derive(Debug, Args)]
struct ReconcileArgs {
    /// The ExternalID of the order.
    #[arg(value_name = "EXTERNAL_ID")]
    external_id: String,
    /// When the order was made, as 2026-02-03T10:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: jiff::Timestamp,
    /// How many pages of 100 transactions are read at most.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pages: u32,
    #[command(flatten)]
    reading: Reading,
}

async fn reconcile(matches: &ArgMatches, hosts: &HostArgs, output: &mut Output) -> Result<(), Failure> {
    let args: ReconcileArgs = read(matches)?;
    let sending = Sending::from(args.reading);
    let transactions = noah(hosts, &sending)?.transactions();
    if sending.dry_run {
        let first = transactions.list().prepare().map_err(Failure::failed)?;
        return dry_run::show(&first, output);
    }
    let look = LookBack {
        pages: args.pages,
        ..LookBack::to(args.since)
    };
    let looking = transactions.reconcile(args.external_id, look);
    let about = About {
        telling: sending.telling,
        origin: &Origin::default(),
        out: None,
        flags: "",
    };
    let done = progress::during("reading transactions", looking).await;
    let done = done.map_err(|error| calls::failure(&error, None, about, output))?;
    let (result, found, back_to, why) = match done {
        Reconciled::Found(found) => ("found", found, None, None),
        Reconciled::NotSeen { back_to } => ("not-seen", Vec::new(), Some(back_to), None),
        Reconciled::Unfinished { found, back_to, why } => {
            ("unfinished", found, back_to, Some(why.to_string()))
        }
    };
    let back_to = back_to.and_then(|time: SystemTime| jiff::Timestamp::try_from(time).ok());
    let list = json!({ "Items": found });
    let subject = Subject::find(Api::Noah, "listTransactions");
    let columns = subject.map(|subject| subject.columns(&list)).unwrap_or_default();
    let items: Vec<&Value> = list["Items"].as_array().into_iter().flatten().collect();
    if !items.is_empty() {
        output.line(heads(&columns))?;
    }
    for item in &items {
        output.line(row(&columns, item))?;
    }
    output.json(&json!({
        "ok": result == "found", "result": result, "transactions": items,
        "back_to": back_to.map(|time| time.to_string()), "why": why,
    }))?;
    let back_to = back_to.map_or_else(|| "any".to_owned(), |time| format!("{time:.0}"));
    match (result, why) {
        ("found", _) => Ok(()),
        (_, Some(why)) => Err(Failure::new(
            Exit::Failed,
            format!("not finished, read back to {back_to}: {why}"),
        )),
        _ => Err(Failure::new(
            Exit::Failed,
            format!(
                "not seen back to {back_to}, which is not to say unpaid; look again later, and do not pay anew"
            ),
        )),
    }
}

#[derive(Debug, Args)]
struct BeginArgs {
    /// Where the sale is kept from step to step: a new file, for its owner alone.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// The business's own reference of the sale, by which its webhooks come.
    #[arg(long, value_name = "EXTERNAL_ID")]
    external_id: String,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Debug, Args)]
struct FormArgs {
    /// Send the form without holding it against the schema that NOAH gives for it.
    #[arg(long)]
    unchecked_form: bool,
}

async fn begin(matches: &ArgMatches, hosts: &HostArgs, output: &mut Output) -> Result<(), Failure> {
    let BeginArgs {
        state,
        external_id,
        form,
        reading,
    } = read(matches)?;
    let sending = Sending::from(reading);
    vacant(&state, "choose another name by --state")?;
    let subject = Subject::find(Api::Noah, BEGIN.takes).ok_or_else(unknown)?;
    let asked = subject.asked(matches, &[], output)?;
    let noah = noah(hosts, &sending)?;
    let about = About {
        telling: sending.telling,
        origin: &asked.origin,
        out: None,
        flags: "",
    };
    let request = prepared(subject, &Client::Noah(noah.clone()), &asked);
    let request = request.map_err(|error| calls::failure(&error, None, about, output))?;
    if sending.dry_run {
        return dry_run::show(&request, output);
    }
    let request = request
        .typed::<call::PrepareSellTransaction>()
        .ok_or_else(unknown)?;
    let on = noah.transactions();
    let began = if form.unchecked_form {
        on.begin_with_unchecked_form(&request, external_id).await
    } else {
        on.begin(&request, external_id).await
    };
    let sale = began.map_err(|error| calls::failure(&error, None, about, output))?;
    kept(&sale, &state, output)
}

#[derive(Debug, Args)]
struct ContinueArgs {
    /// The sale, as `begin-sale` has kept it.
    #[arg(value_name = "FILE")]
    state: FileArg,
    /// What a step asks for, as JSON. Without it what a step shows is confirmed.
    #[arg(long, value_name = "FILE|-")]
    form: Option<Input>,
    #[command(flatten)]
    check: FormArgs,
    #[command(flatten)]
    sending: Sending,
}

async fn go_on(matches: &ArgMatches, hosts: &HostArgs, output: &mut Output) -> Result<(), Failure> {
    let ContinueArgs {
        state,
        form,
        check,
        sending,
    } = read(matches)?;
    let sale = serde_json::from_slice(&state.read()?)
        .map_err(|_| state.unusable("is no sale that begin-sale has kept"))?;
    let on = noah(hosts, &sending)?.transactions();
    let origin = Origin::default();
    let step = match sale {
        Sale::Step(step) => step,
        Sale::Ready(ready) => {
            let client = Client::Noah(noah(hosts, &sending)?);
            let prepared = Ok(PreparedRequest::clone(ready.request()));
            return sending
                .deliver(prepared, &client, &origin, None, hosts, output)
                .await;
        }
    };
    let done = match form {
        None => step.confirm(&on).await,
        Some(form) => {
            let form = Value::Object(object(&form)?.0);
            if check.unchecked_form {
                step.fill_unchecked_form(&on, form).await
            } else {
                step.fill(&on, form).await
            }
        }
    };
    let about = About {
        telling: sending.telling,
        origin: &origin,
        out: None,
        flags: "",
    };
    let sale = done.map_err(|error| calls::failure(&error, None, about, output))?;
    kept(&sale, &state, output)
}

fn keep(sale: &Sale, state: &Path) -> Result<(), Failure> {
    let stored = serde_json::to_vec_pretty(sale).map_err(Failure::failed)?;
    Ok(write_private(state, &stored, Existing::Replace, "")?)
}

/// Keeps a sale, and shows what is left to do.
fn kept(sale: &Sale, state: &Path, output: &mut Output) -> Result<(), Failure> {
    keep(sale, state)?;
    let next = format!(
        "checkout noah transactions continue-sale {}",
        quoted(&state.display().to_string())
    );
    match sale {
        Sale::Step(step) => {
            let kind = step.kind().map(ToString::to_string);
            let schema = step.schema().map(Json::to_value);
            let shown = step.id().unwrap_or("without an id");
            output.line(format_args!(
                "step    {shown} ({})",
                kind.as_deref().unwrap_or("of no kind")
            ))?;
            if let Some(schema) = step.schema() {
                output.line(format_args!("schema  {}", schema.as_str()))?;
            }
            output.line(format_args!(
                "then    {next}, with --form FILE where something is to be filled in"
            ))?;
            output.json(&json!({
                "ok": true, "state": "step", "step": step.id(), "kind": kind, "schema": schema, "next": next,
            }))?;
        }
        Sale::Ready(ready) => {
            let (most, fee) = (ready.crypto_authorized_amount(), ready.total_fee());
            output.line(format_args!("ready   costs at most {most}"))?;
            output.line(format_args!("then    {next}, which sells"))?;
            output.json(&json!({
                "ok": true, "state": "ready", "crypto_authorized_amount": most, "total_fee": fee,
                "nonce": ready.request().idempotency_key(), "next": next,
            }))?;
        }
    }
    Ok(())
}
