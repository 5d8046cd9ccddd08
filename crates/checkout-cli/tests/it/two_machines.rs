//! The recipe for two containers: a sandbox on one machine, and a shop on another that has its file of variables.
#![cfg(unix)]

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{STATE_HOME, installed};

/// A machine: a network namespace with an address, or this machine by an address that is not loopback's.
struct Machine {
    namespace: Option<String>,
    address: String,
}

/// Two machines that reach each other. Gone when dropped.
struct Network {
    sandbox: Machine,
    shop: Machine,
}

impl Machine {
    fn command(&self, program: &str) -> Command {
        let mut command = match &self.namespace {
            None => Command::new(program),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace, program]);
                command
            }
        };
        command
            .env_clear()
            .env("XDG_STATE_HOME", STATE_HOME)
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// `checkout` with these arguments, in a shell that has read the file of variables.
    fn checkout(&self, variables: &str, args: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_checkout");
        let mut command = self.command("sh");
        command.args(["-c", &format!(". '{variables}' && exec '{program}' {args}")]);
        command
    }
}

impl Network {
    /// By namespaces where `ip` may make some, else by this machine's own address. `None` where there is neither.
    fn up() -> Option<Self> {
        if installed("ip")
            && let Some(network) = Self::of_namespaces()
        {
            return Some(network);
        }
        let address = own_address();
        assert!(
            address.is_some() || std::env::var("CI").as_deref() != Ok("1"),
            "neither network namespaces can be made nor has this machine an address but loopback's"
        );
        let Some(address) = address else {
            eprintln!(
                "skipped: no second machine can be had, neither as a network namespace nor by an address"
            );
            return None;
        };
        let machine = || Machine {
            namespace: None,
            address: address.clone(),
        };
        Some(Self {
            sandbox: machine(),
            shop: machine(),
        })
    }

    fn of_namespaces() -> Option<Self> {
        let id = std::process::id();
        let machine = |name: &str, address: &str| Machine {
            namespace: Some(format!("checkout-{name}-{id}")),
            address: address.to_owned(),
        };
        let network = Self {
            sandbox: machine("sandbox", "10.213.77.1"),
            shop: machine("shop", "10.213.77.2"),
        };
        let (a, b) = (format!("coa{id}"), format!("cob{id}"));
        let (sandbox, shop) = (
            network.sandbox.namespace.as_ref()?,
            network.shop.namespace.as_ref()?,
        );
        let is_up = ip(&format!("netns add {sandbox}"))
            && ip(&format!("netns add {shop}"))
            && ip(&format!(
                "link add {a} netns {sandbox} type veth peer name {b} netns {shop}"
            ))
            && [(sandbox, &a, &network.sandbox), (shop, &b, &network.shop)]
                .iter()
                .all(|(namespace, link, machine)| {
                    ip(&format!(
                        "-n {namespace} addr add {}/24 dev {link}",
                        machine.address
                    )) && ip(&format!("-n {namespace} link set lo up"))
                        && ip(&format!("-n {namespace} link set {link} up"))
                });
        is_up.then_some(network)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for machine in [&self.sandbox, &self.shop] {
            if let Some(namespace) = &machine.namespace {
                ip(&format!("netns del {namespace}"));
            }
        }
    }
}

fn ip(args: &str) -> bool {
    let run = Command::new("ip").args(args.split(' ')).output();
    run.is_ok_and(|run| run.status.success())
}

/// The address by which this machine goes out. Nothing is sent for it.
fn own_address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then(|| address.to_string())
}

/// A program that runs until it is dropped.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn json(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut stderr = String::new();
            let _ = self.child.kill();
            self.child
                .stderr
                .as_mut()
                .unwrap()
                .read_to_string(&mut stderr)
                .unwrap();
            panic!("no JSON: {line}{stderr}")
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn finished(mut command: Command) -> (Option<i32>, String, String) {
    let run = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (run.status.code(), text(run.stdout), text(run.stderr))
}

fn request(shop: &str) -> String {
    json!({
        "CustomerID": "customer-1", "PaymentMethodCategory": "Bank", "FiatCurrency": "USD", "FiatAmount": "10.10",
        "CryptoCurrency": "USDC_TEST", "ReturnURL": format!("http://{shop}:8080/done"), "Nonce": "nonce-1",
        "LineItems": [{"Description": "Coffee beans", "Quantity": "2", "UnitAmount": "5.05"}],
        "Customer": {
            "Type": "Individual",
            "FullName": {"FirstName": "Canary", "LastName": "Canaryson"},
            "DateOfBirth": "1990-01-01",
            "Identities": [{"IDType": "Passport", "IDNumber": "canary-7", "IssuingCountry": "US"}],
            "PrimaryResidence": {
                "Street": "1 Canary Street", "City": "Canaryton", "PostCode": "00001", "State": "NY", "Country": "US"},
        },
    })
    .to_string()
}

/// All that the recipe promises: pay-ins with their links, client sessions, webhooks the other way.
#[test]
fn the_sandboxs_variables_work_on_another_machine() {
    let Some(network) = Network::up() else { return };
    let (sandbox_host, shop_host) = (&network.sandbox.address, &network.shop.address);
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let variables = path("sandbox.env");
    // The shop's port: in a namespace of its own any is free.
    let port = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port();

    let mut command = network.sandbox.command(env!("CARGO_BIN_EXE_checkout"));
    command.args([
        "sandbox",
        "--listen",
        "0.0.0.0",
        "--host",
        sandbox_host,
        "--env",
        &variables,
        "--json",
    ]);
    command.args(["--noah-webhook", &format!("http://{shop_host}:{port}/webhooks")]);
    let mut sandbox = Running::start(command);
    let ready = sandbox.json();
    assert_eq!(
        ready["environment"]["CHECKOUT_PLAIN_HTTP_HOST"],
        sandbox_host.as_str()
    );
    assert_eq!(ready["environment"]["WORLDLINE_CONNECT_ENVIRONMENT"], "local");
    // The other machine does not see the key's file, only that of the variables.
    let written = std::fs::read_to_string(&variables).unwrap();
    assert!(written.contains("-----BEGIN PRIVATE KEY-----"), "{written}");

    let listen = format!("listen --listen {shop_host} --port {port} --count 1 --json");
    let mut listener = Running::start(network.shop.checkout(&variables, &listen));
    assert_eq!(
        listener.json()["url"],
        format!("http://{shop_host}:{port}/webhooks")
    );

    // The page that the customer comes back to is on the shop's machine.
    let order = path("order.json");
    std::fs::write(&order, request(shop_host)).unwrap();
    let pay = format!("noah payin-fiat --request '{order}' --json");
    let (code, _, stderr) = finished(network.shop.checkout(&variables, &pay));
    if sandbox_host != shop_host {
        assert_eq!(code, Some(5), "the shop's own host is not named: {stderr}");
    }
    let pay = format!("{pay} --plain-http-host {shop_host}");
    let (code, stdout, stderr) = finished(network.shop.checkout(&variables, &pay));
    assert_eq!(code, Some(0), "{stderr}");
    let opened: Value = serde_json::from_str(&stdout).unwrap();
    let hosted = format!("http://{sandbox_host}:");
    assert!(
        opened["hosted_url"].as_str().unwrap().starts_with(&hosted),
        "{opened}"
    );
    assert_eq!(listener.json()["api"], "noah");

    let session = "worldline create-session --out - --json";
    let (code, stdout, stderr) = finished(network.shop.checkout(&variables, session));
    assert_eq!(code, Some(0), "{stderr}");
    let opened: Value = serde_json::from_str(&stdout).unwrap();
    assert!(
        opened["clientApiUrl"].as_str().unwrap().starts_with(&hosted),
        "{opened}"
    );

    // Without the one variable both are refused, and the refusal says what to write.
    let mut refusals = String::new();
    let without = path("without.env");
    std::fs::write(&without, format!("{written}\nunset CHECKOUT_PLAIN_HTTP_HOST\n")).unwrap();
    for call in [
        "noah manage --customer-id customer-1",
        "worldline test-connection",
    ] {
        let (code, stdout, stderr) = finished(network.shop.checkout(&without, call));
        assert_eq!((code, stdout.as_str()), (Some(3), ""), "{stderr}");
        writeln!(refusals, "{}", stderr.replace(sandbox_host.as_str(), "[host]")).unwrap();
    }
    insta::assert_snapshot!(refusals);
}
