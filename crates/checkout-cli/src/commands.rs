//! The commands, one module each.

pub mod completions;
pub mod demo;
pub mod doctor;
pub mod keygen;
pub mod listen;
pub mod man;
pub mod operations;
pub mod replay;
pub mod resume;
pub mod sandbox;
pub mod sign;
pub mod trigger;
pub mod unfinished;
pub mod validate;
pub mod verify;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

use crate::api::Api;
use crate::operations::{run, tree};
use crate::{Failure, Output};

/// What was given to the command of an API, whose arguments are made at run time of what the API's spec says.
#[derive(Debug)]
pub struct Given(ArgMatches);

impl Args for Given {
    /// Only when it is called is its tree built.
    fn augment_args(command: clap::Command) -> clap::Command {
        command.defer(|command| match command.get_name() {
            "worldline" => tree(Api::Worldline, command),
            _ => tree(Api::Noah, command),
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

/// What the command line asks for.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Settle a payment from end to end on this machine, and watch two forgeries fail.
    ///
    /// Starts a sandbox in this process, opens hosted sessions through the real client over HTTP, settles a pay-in,
    /// verifies its webhooks, gets an Apple Pay session, and shows a changed request and a changed webhook being
    /// refused. Needs no account and no network. Ends with 1 if any step fails, and names it.
    #[command(after_long_help = "\
Example:
  checkout demo
  checkout demo --json")]
    Demo(demo::Demo),
    /// Say what holds and what fails of a key, a request or a webhook, and how to correct it.
    ///
    /// Works offline: nothing is sent, and nobody is asked. Give it what there is, the more the better; what it lacks
    /// is marked - and counts for nothing. Each failure is named by its cause, so a body that was changed by a final
    /// line break is that, and not just a hash that does not fit. Shows no secret and no value of a body.
    ///
    /// Without --token and --headers it looks at the variables that hosted-checkout reads: NOAH_ENVIRONMENT,
    /// NOAH_API_KEY, NOAH_SIGNING_KEY, NOAH_BASE_URL, NOAH_WEBHOOK_KEY and WORLDLINE_CONNECT_*.
    /// With a token or Api-Signature it is a request to NOAH, with Webhook-Signature a webhook of NOAH, with
    /// Authorization: GCS a request to Worldline Connect, with X-GCS-Signature one of its webhooks.
    ///
    /// Ends with 1 if a check fails.
    #[command(after_long_help = doctor::EXAMPLES)]
    Doctor(Box<doctor::DoctorArgs>),
    /// Serve a local NOAH and a local Worldline Connect to build a shop against.
    ///
    /// Both listen on 127.0.0.1, check signatures, claims and bodies, remember what happened, and deliver signed
    /// webhooks. Once ready, it says what a client needs, with --json on one line. Keys are made anew for each start
    /// and end with it, unless --state keeps them or --seed makes them.
    #[command(after_long_help = "\
Example:
  checkout sandbox --noah 4010 --worldline 4020 --noah-webhook http://127.0.0.1:3000/webhooks")]
    Sandbox(sandbox::SandboxArgs),
    /// Make a key pair to sign requests to NOAH with.
    ///
    /// A P-384 key: the private half as PKCS#8 PEM in a file that its owner alone may read, the public half as SPKI PEM
    /// beside it. Prints the public key, its fingerprint, and what to do with both.
    #[command(after_long_help = "\
Example:
  checkout keygen --out keys/
  checkout keygen --out keys/shop-2027.pem --json")]
    Keygen(keygen::Keygen),
    /// Call NOAH: hosted sessions, customers, prices, payouts, transactions.
    ///
    /// Every operation of the API stands below its tag, and those of hosted checkout directly here as well.
    ///
    /// Reads NOAH_ENVIRONMENT (sandbox, production or local), NOAH_API_KEY, NOAH_SIGNING_KEY and, for a local server,
    /// NOAH_BASE_URL. An API key that is not set is asked for on a terminal. If a call fails, the exit code says whether
    /// money may have moved, and the message how to go on.
    #[command(after_long_help = "\
Example:
  . ./shop.env # as `checkout sandbox --env shop.env` writes it, or variables of your own
  echo '{\"CustomerID\": \"customer-1\", \"Customer\": {\"Type\": \"Individual\",
    \"FullName\": {\"FirstName\": \"Ada\", \"LastName\": \"Sample\"}, \"DateOfBirth\": \"1990-01-31\",
    \"Identities\": [{\"IDType\": \"Passport\", \"IDNumber\": \"C01X00T47\", \"IssuingCountry\": \"US\"}],
    \"PrimaryResidence\": {\"Street\": \"1 Main Street\", \"City\": \"Albany\", \"PostCode\": \"12207\",
      \"State\": \"NY\", \"Country\": \"US\"}}}' | checkout noah manage --body -")]
    Noah(Given),
    /// Call Worldline Connect's server API.
    ///
    /// Every operation of the API stands below its tag, and those of hosted checkout directly here as well.
    ///
    /// Reads WORLDLINE_CONNECT_ENDPOINT, _MERCHANT_ID, _API_KEY_ID, _SECRET_API_KEY (or _SECRET_API_KEY_FILE) and
    /// _INTEGRATOR. A secret that is not set is asked for on a terminal. Where _ENVIRONMENT is set (sandbox, pre-production,
    /// production or local), an endpoint of another is refused.
    #[command(after_long_help = "\
Example:
  . ./shop.env # as `checkout sandbox --env shop.env` writes it, or variables of your own
  checkout worldline test-connection")]
    Worldline(Given),
    /// List the operations of both APIs, or explain one of them.
    ///
    /// With the method and path of each, whether it moves money, by what the API knows a repeat, and its command. Of one, all that
    /// its spec knows: what is sent where, what may be answered, what is not certain.
    #[command(after_long_help = "\
Example:
  checkout operations
  checkout operations createFiatPayin")]
    Operations(operations::OperationsArgs),
    /// List the requests whose end is not known, or was not shown.
    ///
    /// What may do something at an API is written down before it is sent, and the record goes when the end is known and
    /// shown: so this lists what was cut off by a signal, a full disk, a reader that left, a crash or a power cut. Records lie
    /// in hosted-checkout/calls below XDG_STATE_HOME (~/.local/state unless set), for their owner alone, and hold the body
    /// of the request, and so the customer's data.
    #[command(after_long_help = "\
Example:
  checkout unfinished
  checkout unfinished --json")]
    Unfinished(unfinished::UnfinishedArgs),
    /// Finish what was left unfinished, without a second payment.
    ///
    /// Sends the very same request again, with the same Nonce or idempotence key, and shows what is answered; the API acts
    /// once. Needs the variables of `checkout noah` or `checkout worldline`, as they were. What has no key, or is older than
    /// the API remembers it, is not sent. For a day it shows the answer again when it is run again.
    /// Ends with 7 if the end of one is not known even now.
    #[command(after_long_help = "\
Example:
  checkout resume
  checkout resume --json")]
    Resume(resume::ResumeArgs),
    /// Make request tokens and webhook signatures as the APIs make and check them.
    ///
    /// Private keys come from files and the environment, never from the command line. The signature is what is printed;
    /// nothing else of the key is.
    #[command(after_long_help = "\
Example:
  checkout sign token --method POST --url https://api.noah.com/v1/checkout/sell --body sale.json")]
    Sign(sign::SignArgs),
    /// Verify request tokens and webhooks as the receiving side does.
    ///
    /// Says what holds, or all that does not; then it ends with 1. `checkout doctor` explains why.
    #[command(after_long_help = "\
Example:
  checkout verify webhook --key webhook-key.pub.pem --headers headers.txt --body event.json")]
    Verify(verify::VerifyArgs),
    /// Receive webhooks of both APIs on this machine: verify, print, record and hand on.
    ///
    /// Answers 204 to what is genuine and 401 to what is not; with --forward, what the target answers. NOAH's are verified by
    /// the published key of the environment (NOAH_ENVIRONMENT), by NOAH_WEBHOOK_KEY or by --key; Worldline's by
    /// WORLDLINE_CONNECT_WEBHOOK_KEY_ID and WORLDLINE_CONNECT_WEBHOOK_SECRET (or _SECRET_FILE). With --json, each is told on
    /// a line of its own.
    #[command(after_long_help = "\
Example:
  checkout listen --port 4030 --environment sandbox --record webhooks.log
  checkout listen --port 4030 --key webhook-key.pub.pem --forward http://127.0.0.1:3000/webhooks")]
    Listen(listen::ListenArgs),
    /// Send recorded webhooks again: byte for byte, with their signatures.
    ///
    /// From a log of `listen --record`, whose chain of hashes is checked first. Repeats and another order, as a real API may
    /// produce them, show whether a receiver counts each event once and lets old news be.
    #[command(after_long_help = "\
Example:
  checkout replay webhooks.log --to http://127.0.0.1:3000/hooks --duplicates 0.3 --shuffle --seed 7
  checkout replay webhooks.log --check")]
    Replay(replay::ReplayArgs),
    /// Send one signed sample webhook of any event of both APIs.
    ///
    /// NOAH's are signed by --key, or by a key made for the occasion; Worldline's by WORLDLINE_CONNECT_WEBHOOK_KEY_ID and
    /// WORLDLINE_CONNECT_WEBHOOK_SECRET (or _SECRET_FILE). Ends with 1 unless the answer is a success.
    #[command(after_long_help = "\
Example:
  checkout trigger Transaction --status Failed --key webhook-key.pem --to http://127.0.0.1:3000/hooks
  export WORLDLINE_CONNECT_WEBHOOK_KEY_ID=webhook-1 WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE=secret.txt
  checkout trigger payment.paid --amount 25 --currency EUR --to http://127.0.0.1:3000/hooks
  checkout trigger --list")]
    Trigger(trigger::TriggerArgs),
    /// Check a JSON body against an operation's schema and rules, without sending it.
    ///
    /// Lists everything that is wrong with JSON pointers: types, required fields, limits, and that line items add up. Fields
    /// that the API does not know are warned of. Ends with 1 if anything is wrong.
    #[command(after_long_help = "\
Example:
  checkout validate request.json --operation createFiatPayin --environment sandbox
  checkout validate --list")]
    Validate(validate::ValidateArgs),
    /// Print the script by which a shell completes this command.
    ///
    /// For bash, elvish, fish, powershell and zsh.
    #[command(after_long_help = "\
Example:
  mkdir -p ~/.local/share/bash-completion/completions
  checkout completions bash > ~/.local/share/bash-completion/completions/checkout")]
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write those of all commands.
    ///
    /// In roff, for man(1).
    #[command(after_long_help = "\
Example:
  checkout man --out ~/.local/share/man/man1")]
    Man(man::ManArgs),
}

impl Command {
    /// Does it; `whole` makes the command line that it is of.
    ///
    /// # Errors
    /// See each command.
    pub async fn run(self, whole: fn() -> clap::Command, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Demo(demo) => demo.run(output).await,
            Self::Doctor(args) => doctor::run(*args, output),
            Self::Sandbox(args) => sandbox::run(args, output).await,
            Self::Keygen(args) => keygen::run(&args, output),
            Self::Noah(args) => run(Api::Noah, &args.0, output).await,
            Self::Worldline(args) => run(Api::Worldline, &args.0, output).await,
            Self::Operations(args) => operations::run(&args, output),
            Self::Unfinished(args) => unfinished::run(args, output),
            Self::Resume(args) => resume::run(args, output).await,
            Self::Sign(args) => sign::run(&args, output),
            Self::Verify(args) => verify::run(&args, output),
            Self::Listen(args) => listen::run(args, output).await,
            Self::Replay(args) => replay::run(args, output).await,
            Self::Trigger(args) => trigger::run(args, output).await,
            Self::Validate(args) => validate::run(&args, output),
            Self::Completions(args) => completions::run(&args, whole(), output),
            Self::Man(args) => man::run(&args, whole(), output),
        }
    }
}
