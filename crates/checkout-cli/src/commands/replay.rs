//! `checkout replay`: recorded webhooks once more, in any order and as often as wanted.

mod plan;

use std::time::Duration;

use checkout_core::escape::escaped;
use clap::Args;
use serde_json::json;

use self::plan::{Duplicates, plan};
use crate::files::FileArg;
use crate::post::Target;
use crate::recording::{Chain, ChainError, Recorded};
use crate::{Failure, Output, progress};

/// Arguments of `checkout replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A log that `listen --record` wrote.
    #[arg(value_name = "FILE")]
    file: FileArg,
    /// Where to send them.
    #[arg(long, value_name = "URL", required_unless_present = "check")]
    to: Option<String>,
    /// Check the chain of the log, and send nothing.
    #[arg(long, conflicts_with = "to")]
    check: bool,
    /// Only these event types, separated by commas: Transaction, payment.paid.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    only: Vec<String>,
    /// Only from this number of the log on.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    from: u64,
    /// Only up to this number of the log [default: the last].
    #[arg(long, value_name = "NUMBER")]
    through: Option<u64>,
    /// Send each so many times more (2), or some of them once more by chance (0.2).
    #[arg(long, value_name = "NUMBER|PROBABILITY")]
    duplicates: Option<Duplicates>,
    /// Send them in another order than they came in.
    #[arg(long)]
    shuffle: bool,
    /// Order and chance of an earlier run, which told its seed [default: another each time].
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Wait so many milliseconds before each but the first.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u64,
}

/// Sends them.
///
/// # Errors
/// The log cannot be read or was changed, or a webhook was not answered with a success.
pub async fn run(args: ReplayArgs, output: &mut Output) -> Result<(), Failure> {
    let chain = match Chain::open(&args.file) {
        Err(error @ ChainError::Broken { .. }) => {
            output.json(&json!({"ok": false, "problems": [error.to_string()]}))?;
            return Err(error.into());
        }
        read => read?,
    };
    let Some(to) = &args.to else {
        return check(&chain, output);
    };
    let target = Target::new(to)?;
    let chosen: Vec<&Recorded> = chain.webhooks.iter().filter(|it| args.chooses(it)).collect();
    if chosen.is_empty() {
        return Err(Failure::failed(format!(
            "none of the {} webhooks in {} is chosen by --only, --from and --through",
            chain.webhooks.len(),
            args.file
        )));
    }
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    let order = plan(chosen.len(), args.duplicates, args.shuffle, &mut random);
    let by_chance = args.shuffle || matches!(args.duplicates, Some(Duplicates::ByChance(_)));
    if by_chance {
        output.line(format_args!("seed {seed}"))?;
    }

    let total = order.len();
    let mut failed = 0_usize;
    for (turn, index) in order.into_iter().enumerate() {
        if turn > 0 && args.delay > 0 {
            tokio::time::sleep(Duration::from_millis(args.delay)).await;
        }
        let Some(webhook) = chosen.get(index) else {
            continue;
        };
        failed += usize::from(!deliver(&target, webhook, output).await?);
    }
    output.line(format_args!("{total} sent, {failed} not answered with a success"))?;
    output.json(&json!({
        "done": true, "sent": total, "failed": failed, "seed": by_chance.then_some(seed),
    }))?;
    if failed > 0 {
        return Err(Failure::failed(format!(
            "{failed} of {total} webhooks were not answered with a success"
        )));
    }
    Ok(())
}

impl ReplayArgs {
    fn chooses(&self, webhook: &Recorded) -> bool {
        let is_type = self.only.is_empty() || self.only.iter().any(|only| only.trim() == webhook.event_type);
        let is_up_to = self.through.is_none_or(|through| webhook.number <= through);
        is_type && is_up_to && webhook.number >= self.from
    }
}

fn check(chain: &Chain, output: &mut Output) -> Result<(), Failure> {
    output.line(format_args!("{} webhooks; the chain holds", chain.webhooks.len()))?;
    output.line(format_args!("last line  SHA-256 {}", chain.head))?;
    if chain.torn > 0 {
        output.line(format_args!(
            "after it, {} bytes of a line that a crash cut short; listen --record takes them off",
            chain.torn
        ))?;
    }
    output.json(&json!({
        "ok": true, "webhooks": chain.webhooks.len(), "last_line_sha256": chain.head, "torn_bytes": chain.torn,
    }))?;
    Ok(())
}

/// Whether it was answered with a success.
async fn deliver(target: &Target, webhook: &Recorded, output: &mut Output) -> Result<bool, Failure> {
    let post = target.post(webhook.headers.clone(), webhook.body.clone());
    let answered = progress::during("waiting for the receiver", post).await;
    let (number, event_type) = (webhook.number, webhook.event_type.as_str());
    let told = match &answered {
        Ok(answer) => format!("{} in {} ms", answer.status.as_u16(), answer.took.as_millis()),
        Err(reason) => format!("no answer: {reason}"),
    };
    output.line(format_args!("#{number} {}: {told}", escaped(event_type)))?;
    let answer = answered.as_ref().ok();
    output.json(&json!({
        "number": number, "event_type": event_type, "status": answer.map(|answer| answer.status.as_u16()),
        "took_ms": answer.map(|answer| answer.took.as_millis()), "error": answered.as_ref().err(),
    }))?;
    Ok(answer.is_some_and(|answer| answer.status.is_success()))
}
