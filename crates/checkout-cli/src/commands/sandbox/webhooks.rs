//! How the sandbox is to send webhooks.

use checkout_sandbox::{SandboxBuilder, WebhookSchedule, WebhookSwitches};
use clap::Args;

/// Arguments about webhooks.
#[derive(Debug, Args)]
pub(super) struct WebhookArgs {
    /// Where Worldline Connect's webhooks go [default: nowhere].
    #[arg(long, value_name = "URL")]
    worldline_webhook: Option<String>,
    /// Waits before a webhook that failed is sent again, separated by commas; none for a single attempt [default:
    /// 1s,5s,30s,2m].
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1s,5s,30s,2m",
        hide_default_value = true
    )]
    webhook_retries: WebhookSchedule,
    /// What is to be odd about webhooks, separated by commas: duplicates=N (each comes N more times), reorder, delay=TIME
    /// (such as 2s), wrong-signature, unknown-event and unknown-value (another webhook before each one), extra-fields
    /// [default: nothing].
    #[arg(long, value_name = "LIST")]
    webhook_switches: Option<WebhookSwitches>,
}

impl WebhookArgs {
    pub(super) fn apply(self, builder: SandboxBuilder) -> SandboxBuilder {
        let builder = builder
            .webhook_schedule(self.webhook_retries)
            .webhook_switches(self.webhook_switches.unwrap_or_default());
        match self.worldline_webhook {
            Some(url) => builder.worldline_webhook(url),
            None => builder,
        }
    }
}
