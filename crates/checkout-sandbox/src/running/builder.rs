//! How a sandbox is set up and started.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use checkout_core::clock::{Clock, SystemClock};
use checkout_core::impl_debug;
use checkout_core::key::SigningKey;
use checkout_core::redact::Secret;
use noah_models::EventType;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::{Host, Url};

use super::report::{NoahReport, WorldlineReport};
use super::sandbox::{NoahSandbox, Sandbox, WorldlineSandbox};
use super::setup::Setup;
use super::start_error::StartError;
use crate::engine::control::{Feed, ServedAs};
use crate::engine::courier;
use crate::engine::courier::{Courier, WebhookForm, WebhookSchedule, WebhookSwitches};
use crate::engine::faults::{FaultRule, Faults};
use crate::engine::front::{Gate, Gated, serve};
use crate::engine::ground::{Ground, MovableClock, State};
use crate::engine::spec::Api;
use crate::noah::access::ApiKeys;
use crate::{console, noah, worldline};

/// The file that [`SandboxBuilder::key_directory`] writes the request signing key to.
const SIGNING_KEY_FILE: &str = "noah-signing-key.pem";

/// The settings of a sandbox; made by [`Sandbox::builder`].
#[derive(Clone)]
#[must_use = "nothing runs before `start`"]
pub struct SandboxBuilder {
    address: IpAddr,
    host: Option<String>,
    noah_port: u16,
    worldline_port: u16,
    noah_webhook: Option<String>,
    event_types: BTreeSet<EventType>,
    worldline_webhook: Option<String>,
    webhook_schedule: WebhookSchedule,
    webhook_switches: WebhookSwitches,
    key_directory: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    latency: Duration,
    state: Option<PathBuf>,
    seed: Option<u64>,
    faults: Vec<FaultRule>,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            host: None,
            noah_port: 0,
            worldline_port: 0,
            noah_webhook: None,
            event_types: EventType::KNOWN.iter().cloned().collect(),
            worldline_webhook: None,
            webhook_schedule: WebhookSchedule::default(),
            webhook_switches: WebhookSwitches::default(),
            key_directory: None,
            clock: Arc::new(SystemClock),
            latency: Duration::ZERO,
            state: None,
            seed: None,
            faults: Vec::new(),
        }
    }
}

impl Sandbox {
    /// Settings to start one with.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }
}

impl SandboxBuilder {
    /// The address of this machine that both listen on: 127.0.0.1 by default, so that nobody else reaches them. On any
    /// other address, everybody on its network can use the sandbox, read its console and drive it; give it a
    /// [`host`](Self::host) too, or its pages answer this machine alone.
    pub const fn listen_on(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The name or address that others reach the sandbox by, such as that of its container: what `HostedURL` and the base
    /// URLs hold, and what the pages answer to beside loopback. By default the address that it listens on.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Port of the NOAH listener; 0, the default, takes any free one.
    pub const fn noah_port(mut self, port: u16) -> Self {
        self.noah_port = port;
        self
    }

    /// Port of the Worldline Connect listener; 0, the default, takes any free one.
    pub const fn worldline_port(mut self, port: u16) -> Self {
        self.worldline_port = port;
        self
    }

    /// Where NOAH's webhooks go. Without an address they are only logged.
    pub fn noah_webhook(mut self, url: impl Into<String>) -> Self {
        self.noah_webhook = Some(url.into());
        self
    }

    /// The event types that are delivered, as a NOAH dashboard would have them subscribed. All known ones by default;
    /// NOAH's own dashboard is said to offer `Transaction`, `FiatDeposit` and `Customer`, but not `CheckoutSession`.
    pub fn event_types<T: Into<EventType>>(mut self, event_types: impl IntoIterator<Item = T>) -> Self {
        self.event_types = event_types.into_iter().map(Into::into).collect();
        self
    }

    /// Where Worldline Connect's webhooks go. Without an address they are only logged. All of them come by
    /// [`trigger`](WorldlineSandbox::trigger): no operation that the sandbox has brings one about.
    pub fn worldline_webhook(mut self, url: impl Into<String>) -> Self {
        self.worldline_webhook = Some(url.into());
        self
    }

    /// The waits between the attempts to deliver a webhook, of both APIs: 100 ms and 200 ms by default. They are the
    /// sandbox's own, for neither vendor publishes its schedule. Waits are real time, whatever clock there is.
    pub fn webhook_schedule(mut self, waits: impl IntoIterator<Item = Duration>) -> Self {
        self.webhook_schedule = waits.into_iter().collect();
        self
    }

    /// Oddities of webhooks, of both APIs, that a shop has to bear; [`Sandbox::switch_webhooks`] changes them later.
    pub fn webhook_switches(mut self, switches: WebhookSwitches) -> Self {
        self.webhook_switches = switches;
        self
    }

    /// A directory, made if absent, to write the request signing key to, readable by its owner alone. A key that lies
    /// there from an earlier sandbox is replaced.
    pub fn key_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.key_directory = Some(directory.into());
        self
    }

    /// A file that keeps everything: keys, customers, sessions, first answers, the ledger, webhooks. Made if absent; an
    /// earlier sandbox's is taken up where that one stopped, however it stopped. By default the sandbox forgets it all.
    pub fn state(mut self, file: impl Into<PathBuf>) -> Self {
        self.state = Some(file.into());
        self
    }

    /// Makes keys, ids and signatures from this number: with a clock that stands still, the same requests in the same
    /// order get the same answers and webhooks, byte for byte. Whoever knows the number knows the keys. Random by default.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The clock that tokens, sessions and events go by; the machine's by default. [`Sandbox::advance`] moves it.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long the work on each accepted request takes; nothing by default. Makes time-outs and `1409` reproducible: a
    /// client that gives up sooner does not stop the work, and finds it done when it comes again.
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Rules for what is to go wrong, beside those given before; [`Sandbox::faults`] changes them later.
    pub fn faults(mut self, rules: impl IntoIterator<Item = FaultRule>) -> Self {
        self.faults.extend(rules);
        self
    }

    /// Starts both listeners. They are ready when this returns.
    ///
    /// # Errors
    /// A port is taken, the host or a webhook address is none, the signing key cannot be written, or the state file is in
    /// use, of another version, or none of a sandbox.
    pub async fn start(self) -> Result<Sandbox, StartError> {
        let noah_address = webhook_address(Api::Noah, self.noah_webhook.as_deref())?;
        let worldline_address = webhook_address(Api::Worldline, self.worldline_webhook.as_deref())?;
        let host = self.host.as_deref().map(checked_host).transpose()?;
        let noah_listener = listen("NOAH", self.address, self.noah_port, host.as_deref()).await?;
        let worldline_listener = listen(
            "Worldline Connect",
            self.address,
            self.worldline_port,
            host.as_deref(),
        )
        .await?;
        let state = match &self.state {
            Some(file) => State::in_file(file)?,
            None => State::in_memory(),
        };
        let ground = Arc::new(Ground::new(MovableClock::over(self.clock), self.seed, state)?);
        let keys = ApiKeys::new(Arc::clone(&ground))?;
        let Setup {
            api_key,
            unsigned_api_key,
            signing_key,
            webhook_key,
            user_id,
            account,
        } = Setup::find_or_make(&ground, &keys)?;
        let signing_key_path = self
            .key_directory
            .as_deref()
            .map(|directory| write_key(directory, &signing_key))
            .transpose()?;

        let stop = watch::Sender::new(());
        let feed = Feed::new(stop.subscribe());
        let faults = Arc::new(Faults::new(self.faults, self.seed, feed.clone()));
        let gate = Gate::new(
            Arc::clone(&ground),
            Arc::clone(&faults),
            feed.clone(),
            host.map(|host| ServedAs(host.into())),
        );
        let noah_webhooks = Arc::new(noah::webhooks::Webhooks::new(
            self.event_types,
            user_id,
            webhook_key,
        ));
        let worldline_webhooks = Arc::new(worldline::webhooks::Webhooks(account.clone()));
        let webhooks = courier::Settings {
            apis: vec![
                (
                    Api::Noah,
                    noah_address,
                    Arc::clone(&noah_webhooks) as Arc<dyn WebhookForm>,
                ),
                (Api::Worldline, worldline_address, worldline_webhooks),
            ],
            schedule: self.webhook_schedule,
            switches: self.webhook_switches,
        };
        let (courier, lanes) = Courier::new(Arc::clone(&ground), webhooks, feed.clone())?;
        let deliver = courier::run(Arc::clone(&courier), lanes, stop.subscribe());
        let mut tasks = vec![tokio::spawn(deliver)];

        let service = noah::service::Service::new(
            Arc::clone(&ground),
            keys,
            Arc::clone(&courier),
            noah_webhooks,
            feed,
            noah_listener.origin.clone(),
            self.latency,
        )?;
        let service = Arc::new(service);
        let router = noah::routes::router(
            Arc::clone(&service),
            gate.control()
                .merge(console::router(Arc::clone(&service), Arc::clone(&gate)))
                .merge(console::webhooks::router(Arc::clone(&courier), &service.webhooks)),
        );
        tasks.push(noah_listener.serve(gate.before(Api::Noah, router), &stop));

        let worldline_service = worldline::service::Service::new(
            ground,
            account.clone(),
            worldline_listener.origin.clone(),
            self.latency,
        )?;
        let endpoint = worldline_listener.origin.clone();
        let router = worldline::routes::router(Arc::new(worldline_service));
        tasks.push(worldline_listener.serve(gate.before(Api::Worldline, router), &stop));

        let address = |api| courier.address(api).map(ToString::to_string);
        let webhooks = &service.webhooks;
        let noah = NoahReport {
            base_url: format!("{}/v1", service.origin),
            api_key,
            unsigned_api_key,
            signing_key_path,
            webhook_public_key: webhooks.public_key_pem.clone(),
            webhook_url: address(Api::Noah),
            event_types: webhooks.event_types.iter().map(ToString::to_string).collect(),
        };
        let worldline = WorldlineReport {
            endpoint,
            merchant_id: account.merchant_id,
            api_key_id: account.api_key_id,
            secret_api_key: account.secret_api_key,
            webhook_url: address(Api::Worldline),
            webhook_key_id: account.webhook_key_id,
            webhook_secret: account.webhook_secret,
        };
        Ok(Sandbox {
            noah: NoahSandbox {
                report: noah,
                service,
                signing_key,
            },
            worldline: WorldlineSandbox {
                report: worldline,
                courier,
            },
            faults,
            stop,
            tasks,
        })
    }
}

// The address of a webhook may hold a credential.
impl_debug!(SandboxBuilder: self => {
    address: self.address,
    host: self.host,
    noah_port: self.noah_port,
    worldline_port: self.worldline_port,
    noah_webhook: self.noah_webhook.as_ref().map(|_| Secret),
    event_types: self.event_types,
    worldline_webhook: self.worldline_webhook.as_ref().map(|_| Secret),
    webhook_schedule: self.webhook_schedule,
    webhook_switches: self.webhook_switches,
    key_directory: self.key_directory,
    latency: self.latency,
    state: self.state,
    seed: self.seed.map(|_| Secret),
    faults: self.faults,
    ..
});

/// A bound port.
struct Listener {
    listener: TcpListener,
    origin: String,
}

impl Listener {
    /// Serves until `stop` is told or dropped; open requests are answered first.
    fn serve(self, gated: Gated, stop: &watch::Sender<()>) -> JoinHandle<()> {
        tokio::spawn(serve::serve(self.listener, gated, stop.subscribe()))
    }
}

async fn listen(
    api: &'static str,
    address: IpAddr,
    port: u16,
    host: Option<&str>,
) -> Result<Listener, StartError> {
    let failed = |source| StartError::Port {
        api,
        address,
        port,
        source,
    };
    let listener = TcpListener::bind((address, port)).await.map_err(failed)?;
    let mut bound = listener.local_addr().map_err(failed)?;
    if bound.ip().is_unspecified() {
        // It is every address of this machine, and this is the one that this machine surely reaches.
        bound.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let origin = match host {
        Some(host) => format!("http://{host}:{}", bound.port()),
        None => format!("http://{bound}"),
    };
    Ok(Listener { listener, origin })
}

/// A host as a URL has it: an IPv6 address in brackets.
fn checked_host(host: &str) -> Result<String, StartError> {
    let written = match host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => host.to_owned(),
    };
    Host::parse(&written)
        .map(|host| host.to_string())
        .map_err(|_| StartError::Host(checkout_core::given::quotable(host)))
}

fn webhook_address(api: Api, url: Option<&str>) -> Result<Option<Url>, StartError> {
    let Some(url) = url else { return Ok(None) };
    match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(url)),
        _ => Err(StartError::WebhookUrl(api)),
    }
}

fn write_key(directory: &Path, key: &SigningKey) -> Result<PathBuf, StartError> {
    let pem = key.to_pkcs8_pem()?;
    // Absolute, for it is read by programs that stand elsewhere.
    let path =
        std::path::absolute(directory.join(SIGNING_KEY_FILE)).map_err(|source| StartError::KeyDirectory {
            path: directory.to_owned(),
            source,
        })?;
    let failed = |source| StartError::KeyDirectory {
        path: path.clone(),
        source,
    };
    fs::create_dir_all(directory).map_err(failed)?;
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut options = fs::OpenOptions::new();
    // `create_new` refuses whatever was put in the key's place meanwhile, a link included.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(failed)?;
    file.write_all(pem.expose_secret().as_bytes()).map_err(failed)?;
    Ok(path)
}
