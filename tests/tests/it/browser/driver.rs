//! A browser for one test, and what tests do with it.

use std::io::{BufRead as _, BufReader};
use std::ops::Deref;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::foreign::Tool;
use thirtyfour::common::capabilities::chromium::ChromiumLikeCapabilities as _;
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, DesiredCapabilities, Key, WebDriver, WebElement};
use tokio::sync::Mutex;
use tokio::task::LocalSet;

/// How long a page may take to be as it should.
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Chromium takes a machine for itself.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A running browser.
#[derive(Clone)]
pub(super) struct Browser(WebDriver);

/// The driver, which ends when it is dropped.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a test in a browser of its own; skips it by name where there is none.
pub(super) async fn in_browser<T: Future<Output = ()> + 'static>(test: impl FnOnce(Browser) -> T) {
    if !Tool::Chromium.is_here() {
        return;
    }
    let _turn = ONE_AT_A_TIME.lock().await;
    let profile = tempfile::tempdir().unwrap();
    let (_driver, port) = start_driver();
    let mut capabilities = DesiredCapabilities::chrome();
    let profile_argument = format!("--user-data-dir={}", profile.path().display());
    for argument in [
        "--headless",
        // Containers run as root, where Chromium has no sandbox; the pages are all ours.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-proxy-server",
        "--hide-scrollbars",
        // No name leads anywhere but to this machine.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        &profile_argument,
    ] {
        capabilities.add_arg(argument).unwrap();
    }
    let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
        .await
        .unwrap();
    let test = test(Browser(driver.clone()));
    // In a task of its own, so that the browser is closed after a panic too.
    let local = LocalSet::new();
    let test = local.spawn_local(test);
    let ended = local.run_until(test).await;
    driver.quit().await.unwrap();
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

fn start_driver() -> (Driver, u16) {
    let mut child = Tool::Chromium
        .command()
        .arg("--port=0")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let driver = Driver(child);
    let port = output.lines().find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    (driver, port.expect("chromedriver says which port it has"))
}

impl Deref for Browser {
    type Target = WebDriver;

    fn deref(&self) -> &WebDriver {
        &self.0
    }
}

impl Browser {
    pub(super) async fn open(&self, url: &str) {
        self.goto(url).await.unwrap();
    }

    /// The first element that matches, once there is one.
    pub(super) async fn one(&self, selector: &str) -> WebElement {
        let began = Instant::now();
        loop {
            if let Ok(element) = self.find(By::Css(selector)).await {
                return element;
            }
            if began.elapsed() > PATIENCE {
                panic!(
                    "no {selector} at {}:\n{}",
                    self.url().await,
                    self.text_of_page().await
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Clicks it; again if the page has replaced it meanwhile.
    pub(super) async fn click(&self, selector: &str) {
        let began = Instant::now();
        while let Err(error) = self.one(selector).await.click().await {
            assert!(began.elapsed() < PATIENCE, "{selector}: {error}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The texts of all elements that match now.
    pub(super) async fn texts(&self, selector: &str) -> Vec<String> {
        let texts = format!(
            "return Array.from(document.querySelectorAll({}), element => element.innerText.trim())",
            json!(selector)
        );
        serde_json::from_value(self.ask(&texts).await).unwrap()
    }

    /// What a script answers; asked again while the page changes.
    pub(super) async fn ask(&self, script: &str) -> Value {
        let began = Instant::now();
        loop {
            match self.execute(script, []).await {
                Ok(answer) => return answer.json().clone(),
                Err(error) => assert!(began.elapsed() < PATIENCE, "{script}: {error}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(super) async fn url(&self) -> String {
        let url = self.ask("return location.href").await;
        url.as_str().unwrap().to_owned()
    }

    pub(super) async fn text_of_page(&self) -> String {
        self.texts("body").await.concat()
    }

    /// Waits for something, asking often.
    pub(super) async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self).await {
            if began.elapsed() > PATIENCE {
                panic!(
                    "not {what} at {}:\n{}",
                    self.url().await,
                    self.text_of_page().await
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the address begins so, and gives it whole.
    pub(super) async fn arrive_at(&self, start: &str) -> String {
        self.until(start, async |browser| browser.url().await.starts_with(start))
            .await;
        self.url().await
    }

    /// Types into whatever has the focus.
    pub(super) async fn keys(&self, text: &str) {
        ended(self.action_chain().send_keys(text).perform().await);
    }

    /// Chooses all that stands in the field, to be typed over.
    pub(super) async fn choose_all(&self) {
        let chain = self.action_chain().key_down(Key::Control).send_keys("a");
        ended(chain.key_up(Key::Control).perform().await);
    }

    pub(super) async fn press(&self, key: Key) {
        self.keys(&char::from(key).to_string()).await;
    }

    /// Goes on by the tabulator alone until an element that matches has the focus, and shows that it has it.
    pub(super) async fn tab_to(&self, selector: &str) {
        for _ in 0..60 {
            self.press(Key::Tab).await;
            let script = format!("return document.activeElement.matches({})", json!(selector));
            if self.ask(&script).await == json!(true) {
                let style =
                    "const style = getComputedStyle(document.activeElement); return style.outlineStyle";
                let outline = self.ask(style).await;
                assert_ne!(outline, json!("none"), "{selector} shows that it has the focus");
                return;
            }
        }
        panic!(
            "the tabulator leads to no {selector}:\n{}",
            self.text_of_page().await
        );
    }

    /// As on a screen of this size that prefers light or dark.
    pub(super) async fn look(&self, width: u32, height: u32, scheme: &str) {
        let cdp = self.cdp();
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        cdp.send_raw("Emulation.setDeviceMetricsOverride", size)
            .await
            .unwrap();
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        cdp.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    }
}

/// A key may lead to another page, which the driver calls an error.
fn ended(keys: WebDriverResult<()>) {
    if let Err(error) = keys {
        assert!(error.to_string().contains("aborted by navigation"), "{error}");
    }
}
