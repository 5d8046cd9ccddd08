//! Commands that make more than one call, as the library does: each stands below a tag, beside its operations.
//!
//! Each makes a first request, which a dry run shows, and goes on from its answer.

use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use checkout_transport::{BoxFuture, Call, Prepared, PreparedRequest};
use clap::{ArgMatches, Args, Command};
use hosted_checkout::noah::{LookBack, Noah, Reconciled, Sale, call};
use hosted_checkout::{Error, Json, Upload};
use serde_json::{Value, json};

use super::Subject;
use super::input::{prepared, read};
use crate::api::{Api, Client};
use crate::arguments::time;
use crate::calls::{self, About, Again, Place, Reading, Sending};
use crate::failure::Report;
use crate::files::{Existing, FileArg, Input, vacant, write_private};
use crate::hosts::HostArgs;
use crate::origin::{Form, Origin, Source};
use crate::requests::object;
use crate::shell::quoted;
use crate::{Exit, Failure, Output, dry_run, progress};

/// A command of NOAH's.
pub(super) struct Flow {
    /// The tag that it stands below, and its own name.
    pub(super) words: [&'static str; 2],
    /// The operation whose parameters and fields are flags of it too; empty if there is none.
    pub(super) takes: &'static str,
    pub(super) flags: fn(Command) -> Command,
    pub(super) about: &'static str,
    pub(super) long: &'static str,
    pub(super) example: &'static str,
    does: for<'a> fn(Run<'a>) -> BoxFuture<'a, Result<(), Failure>>,
}

const FLOWS: &[Flow] = &[
    Flow {
        words: ["onboarding", "upload-document"],
        takes: "getDocumentUploadUrl",
        flags: UploadArgs::augment_args,
        about: "Upload a document of a customer, such as a passport",
        long: "Asks NOAH where the document goes, and sends the file there, without a key. A document with two sides is uploaded by \
               two runs, with --side Front and --side Back. After a failure it can be run again, which asks for a new address.\n\n\
               No limit on the size of a file and no list of file types is published.",
        example: "--customer-id customer-1 --type Passport --country-code US \\\n    --file passport.jpg",
        does: |run| Box::pin(upload(run)),
    },
    Flow {
        words: ["transactions", "reconcile"],
        takes: "",
        flags: ReconcileArgs::augment_args,
        about: "Find what became of an order by its ExternalID, as after a webhook that was lost",
        long: "Reads the list of transactions, newest first, back to the time of the order less an hour, and shows all that bear the \
               id. Nothing is changed.\n\n\
               Ends with 1 if none was seen, or if that is not known. Not seen is not unpaid: the customer may be about to pay, so do \
               not pay anew because of it.",
        example: "order-7 --since 2026-02-03T10:00:00Z",
        does: |run| Box::pin(reconcile(run)),
    },
    Flow {
        words: ["transactions", "begin-sale"],
        takes: "prepareSellTransaction",
        flags: BeginArgs::augment_args,
        about: "Prepare a sale step by step, and keep it in a file",
        long: "Holds the form against the channel's own schema, prepares the sale, and shows what is left to do. No money moves. \
               `continue-sale` goes on from the file.",
        example: "--state payout-7.json --external-id payout-7 --crypto-currency USDC_TEST --fiat-amount 50 \\\n    \
                  --channel-id c4a1e0de-0000-4000-8000-000000000001 --form payee.json",
        does: |run| Box::pin(begin(run)),
    },
    Flow {
        words: ["transactions", "continue-sale"],
        takes: "",
        flags: ContinueArgs::augment_args,
        about: "Go on with a sale: confirm or fill in its next step, or sell",
        long: "What a step shows is confirmed without --form, and what it asks for is filled in with it. Once nothing is left it sells. \
               The request is kept in the file, so that NOAH sells once, whatever ends this and however often it is run: after an end that \
               is not known, run it again.",
        example: "payout-7.json",
        does: |run| Box::pin(go_on(run)),
    },
];

/// Those of a tag.
pub(super) fn of_tag(api: Api, tag: &str) -> impl Iterator<Item = &'static Flow> {
    let of_tag = move |flow: &&Flow| api == Api::Noah && flow.words[0] == tag;
    FLOWS.iter().filter(of_tag)
}

/// The one of these words.
pub(super) fn find(api: Api, words: [&str; 2]) -> Option<&'static Flow> {
    of_tag(api, words[0]).find(|flow| flow.words == words)
}

impl Flow {
    /// Does what the command says.
    pub(super) async fn run(
        &self,
        matches: &ArgMatches,
        hosts: &HostArgs,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let sending = Sending::from(read::<Reading>(matches)?);
        let client = sending.client(Api::Noah, hosts)?;
        let noah = client
            .noah()
            .ok_or_else(|| Failure::usage("this is a command of NOAH's"))?;
        let run = Run {
            noah,
            client: &client,
            origin: Origin::default(),
            sending,
            matches,
            hosts,
            output,
        };
        (self.does)(run).await
    }
}

/// What each of them works with.
struct Run<'a> {
    noah: &'a Noah,
    client: &'a Client,
    origin: Origin,
    sending: Sending,
    matches: &'a ArgMatches,
    hosts: &'a HostArgs,
    output: &'a mut Output,
}

impl Run<'_> {
    /// The first request, made of the flags of its operation.
    fn first_of_flags<C: Call>(&mut self) -> Result<Option<Prepared<C>>, Failure> {
        let unknown = || Failure::usage("this command knows no such operation");
        let subject = Subject::find(Api::Noah, C::operation().id).ok_or_else(unknown)?;
        let asked = subject.asked(self.matches, &[], self.output)?;
        let made = prepared(subject, self.client, &asked);
        self.origin = asked.origin;
        let made = self.told(made)?.typed().ok_or_else(unknown)?;
        self.first(Ok(made))
    }

    /// The first request; `None` once it is shown, where a look at it is all that is asked for.
    fn first<C: Call>(&mut self, made: Result<Prepared<C>, Error>) -> Result<Option<Prepared<C>>, Failure> {
        let made = self.told(made)?;
        if !self.sending.dry_run {
            return Ok(Some(made));
        }
        dry_run::show(&made, self.output).map(|()| None)
    }

    /// A failure is told in the terms of the command line.
    fn told<T>(&mut self, done: Result<T, Error>) -> Result<T, Failure> {
        let about = About::of(self.sending.telling, &self.origin);
        done.map_err(|error| calls::failure(&error, None, about, self.output))
    }
}

#[derive(Debug, Args)]
struct UploadArgs {
    /// The file.
    #[arg(long, value_name = "FILE")]
    file: FileArg,
    /// Its media type, such as image/jpeg [default: as its first bytes tell that of a picture or a PDF].
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
}

async fn upload(mut run: Run<'_>) -> Result<(), Failure> {
    let UploadArgs { file, content_type } = read(run.matches)?;
    let kind = content_type.map_or_else(|| media_type(&file), Ok)?;
    let Some(to) = run.first_of_flags::<call::GetDocumentUploadUrl>()? else {
        return Ok(());
    };
    let upload = Upload::open(&*file, &kind).await;
    let upload = upload.map_err(|error| file.unusable(error))?;
    let bytes = upload.length();
    let bar = progress::bytes(bytes);
    let moved = bar.clone();
    let upload = upload.on_progress(move |now| moved.set_position(now));
    let sent = run.noah.onboarding().upload(&to, upload).await;
    bar.finish_and_clear();
    run.told(sent)?;
    let told = || {
        run.output.line(format_args!("uploaded: {bytes} bytes, {kind}"))?;
        run.output
            .line("what NOAH makes of it comes with the customer's checks")?;
        run.output
            .json(&json!({ "ok": true, "bytes": bytes, "content_type": kind }))
    };
    shown("the document is uploaded", "do not upload it again", told)
}

/// What was done stays done where nobody can be told of it.
fn shown(done: impl Display, next: &str, told: impl FnOnce() -> std::io::Result<()>) -> Result<(), Failure> {
    told().map_err(|error| {
        let what = format!("{done}, but that could not be shown");
        let mut report = Report::new(what).because([error.to_string()]);
        report.then(next);
        Failure::told(Exit::Output, report)
    })
}

/// By what the file holds: its name may say something else.
fn media_type(file: &FileArg) -> Result<String, Failure> {
    /// The type stands in front of them, and what it is compatible with.
    const HEAD: u64 = 256;
    let mut head = Vec::new();
    // A pipe that is read twice is not read whole.
    if file.metadata().is_ok_and(|about| !about.is_file()) {
        return Err(file.unusable(format_args!("{file} is no plain file")));
    }
    File::open(&**file)
        .and_then(|open| open.take(HEAD).read_to_end(&mut head))
        .map_err(|error| file.unreadable(error.into()))?;
    let kind = infer::get(&head).map(|kind| kind.mime_type());
    let kind = kind.filter(|kind| kind.starts_with("image/") || *kind == "application/pdf");
    let kind = kind.ok_or_else(|| {
        let unknown = "begins like no picture and no PDF; name its type by --content-type";
        file.unusable(format_args!("{file} {unknown}"))
    })?;
    Ok(kind.to_owned())
}

#[derive(Debug, Args)]
struct ReconcileArgs {
    /// The ExternalID of the order.
    #[arg(value_name = "EXTERNAL_ID")]
    external_id: String,
    /// When the order was made, as 2026-02-03T10:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: SystemTime,
    /// How many pages of 100 transactions are read at most.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pages: u32,
}

async fn reconcile(mut run: Run<'_>) -> Result<(), Failure> {
    let args: ReconcileArgs = read(run.matches)?;
    let origin = &mut run.origin;
    origin.option("ExternalID", "EXTERNAL_ID", Some(Form::Value));
    origin.option("ordered_at", "--since", Some(Form::Value));
    let transactions = run.noah.transactions();
    if run.first(transactions.list().prepare())?.is_none() {
        return Ok(());
    }
    let look = LookBack {
        pages: args.pages,
        ..LookBack::to(args.since)
    };
    let looking = transactions.reconcile(args.external_id, look);
    let looked = progress::during("reading transactions", looking).await;
    let (result, found, back_to, why) = match run.told(looked)? {
        Reconciled::Found(found) => ("found", found, None, None),
        Reconciled::NotSeen { back_to } => ("not-seen", Vec::new(), Some(back_to), None),
        Reconciled::Unfinished { found, back_to, why } => {
            ("unfinished", found, back_to, Some(why.to_string()))
        }
    };
    let back_to = back_to.and_then(|time| jiff::Timestamp::try_from(time).ok());
    let list = json!({ "Items": found });
    let table = Subject::find(Api::Noah, "listTransactions").filter(|_| !found.is_empty());
    for row in table.into_iter().flat_map(|subject| subject.table(&list)) {
        run.output.line(row)?;
    }
    run.output.json(&json!({
        "ok": result == "found", "result": result, "transactions": list["Items"],
        "back_to": back_to.map(|time| time.to_string()), "why": why,
    }))?;
    let back_to = back_to.map_or_else(|| "any".to_owned(), |time| format!("{time:.0}"));
    let what = match (result, why) {
        ("found", _) => return Ok(()),
        (_, Some(why)) => format!("not finished, read back to {back_to}: {why}"),
        _ => format!(
            "not seen back to {back_to}, which is not to say unpaid; look again later, and do not pay anew"
        ),
    };
    Err(Failure::new(Exit::Failed, what))
}

/// Keeps a sale, and shows what is left to do.
fn keep(sale: &Sale, state: &Path, existing: Existing, output: &mut Output) -> Result<(), Failure> {
    let stored = serde_json::to_vec_pretty(sale).map_err(Failure::failed)?;
    write_private(state, &stored, existing)?;
    let next = format!(
        "checkout noah transactions continue-sale {}",
        quoted(&state.display().to_string())
    );
    let told = || match sale {
        Sale::Step(step) => {
            let kind = step.kind().map(ToString::to_string);
            let schema = step.schema().map(Json::to_value);
            output.line(format_args!(
                "step    {} ({})",
                step.id().unwrap_or("without an id"),
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
            }))
        }
        Sale::Ready(ready) => {
            let (most, fee) = (ready.crypto_authorized_amount(), ready.total_fee());
            output.line(format_args!("ready   costs at most {most}"))?;
            output.line(format_args!("then    {next}, which sells"))?;
            output.json(&json!({
                "ok": true, "state": "ready", "crypto_authorized_amount": most, "total_fee": fee,
                "nonce": ready.request().idempotency_key(), "next": next,
            }))
        }
    };
    let done = format!("the sale is kept in {}", state.display());
    shown(done, "look there at what is left to do before you go on", told)
}

const OTHER_STATE: &str = "choose another name by --state";

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
}

#[derive(Debug, Args)]
struct FormArgs {
    /// Send the form without holding it against the schema that NOAH gives for it.
    #[arg(long)]
    unchecked_form: bool,
}

async fn begin(mut run: Run<'_>) -> Result<(), Failure> {
    let args: BeginArgs = read(run.matches)?;
    vacant(&args.state, OTHER_STATE)?;
    let Some(request) = run.first_of_flags::<call::PrepareSellTransaction>()? else {
        return Ok(());
    };
    run.origin
        .option("ExternalID", "--external-id", Some(Form::Value));
    let on = run.noah.transactions();
    let began = if args.form.unchecked_form {
        on.begin_with_unchecked_form(&request, args.external_id).await
    } else {
        on.begin(&request, args.external_id).await
    };
    let sale = run.told(began)?;
    keep(&sale, &args.state, Existing::Keep(OTHER_STATE), run.output)
}

#[derive(Debug, Args)]
struct ContinueArgs {
    /// The sale, as `begin-sale` has kept it.
    #[arg(value_name = "FILE")]
    file: FileArg,
    /// What a step asks for, as JSON. Without it what a step shows is confirmed.
    #[arg(long, value_name = "FILE|-")]
    form: Option<Input>,
    #[command(flatten)]
    check: FormArgs,
    #[command(flatten)]
    again: Again,
}

async fn go_on(mut run: Run<'_>) -> Result<(), Failure> {
    let args: ContinueArgs = read(run.matches)?;
    let state = &args.file;
    let sale = serde_json::from_slice(&state.read()?)
        .map_err(|_| state.unusable(format_args!("{state} is no sale that begin-sale has kept")))?;
    let step = match sale {
        Sale::Step(step) => step,
        Sale::Ready(_) if args.form.is_some() => {
            let ready = "nothing is left to fill in; leave --form out, and it sells";
            return Err(Failure::usage(ready));
        }
        Sale::Ready(ready) => {
            let Some(request) = run.first(Ok(ready.request().clone()))? else {
                return Ok(());
            };
            let flags = run.hosts.flags(request.base_url());
            let (request, flags) = args.again.vouched(PreparedRequest::clone(&request), flags);
            let about = About {
                flags: &flags,
                ..About::of(run.sending.telling, &run.origin)
            };
            // The file is its record.
            let place = Place::File(state.to_path_buf(), "transactions continue-sale");
            return calls::complete(&request, place, run.client, about, run.output).await;
        }
    };
    let form = match &args.form {
        None => None,
        Some(file) => {
            let (form, text) = object(file)?;
            let source = Form::File(Source::new(file, text));
            run.origin.option("/Form", "--form", Some(source));
            Some(Value::Object(form))
        }
    };
    let on = run.noah.transactions();
    if run.first(step.prepare(&on, form.clone()))?.is_none() {
        return Ok(());
    }
    let done = match form {
        None => step.confirm(&on).await,
        Some(form) if args.check.unchecked_form => step.fill_unchecked_form(&on, form).await,
        Some(form) => step.fill(&on, form).await,
    };
    let sale = run.told(done)?;
    keep(&sale, state, Existing::Replace, run.output)
}
