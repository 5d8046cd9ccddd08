//! Pictures of all pages, to be looked at: `CHECKOUT_SCREENSHOTS=DIR cargo test -p tests --test it screenshots`.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use checkout_sandbox::Sandbox;
use serde_json::json;

use super::driver::{Browser, in_browser};
use super::shop::{Hooks, Shop};

/// Width, height and scheme of the screens.
const SCREENS: [(&str, u32, u32, &str); 4] = [
    ("desktop-light", 1280, 900, "light"),
    ("desktop-dark", 1280, 900, "dark"),
    ("phone-light", 375, 812, "light"),
    ("phone-dark", 375, 812, "dark"),
];

/// Every text whose contrast with what is behind it is below 4.5 to 1, as WCAG counts it.
const FAINT: &str = "
    const channels = color => color.match(/[\\d.]+/g).map(Number);
    const linear = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const behind = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = channels(getComputedStyle(at).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const faint = [];
    for (const element of document.querySelectorAll('body *')) {
        const has_text = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!has_text || !element.checkVisibility()) continue;
        const lights = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
        const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
        if (ratio < 4.5) faint.push(`${element.textContent.trim()}: ${ratio.toFixed(2)}`);
    }
    return faint";

/// A picture of the whole page on each screen, and the proof that no page is wider than its screen.
async fn take(browser: &Browser, directory: Option<&Path>, name: &str) {
    for (screen, width, height, scheme) in SCREENS {
        browser.look(width, height, scheme).await;
        let script = "return document.documentElement.scrollWidth";
        let wide = browser.ask(script).await;
        assert_eq!(wide, json!(width), "{name} fits on {screen}");
        let faint = browser.ask(FAINT).await;
        assert_eq!(faint, json!([]), "{name} can be read on {screen}");
        if let Some(directory) = directory {
            let whole = json!({"format": "png", "captureBeyondViewport": true});
            let picture = browser
                .cdp()
                .send_raw("Page.captureScreenshot", whole)
                .await
                .unwrap();
            let picture = BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
            std::fs::write(directory.join(format!("{name}-{screen}.png")), picture).unwrap();
        }
    }
}

#[tokio::test]
async fn the_console_fits_on_every_screen() {
    let directory = std::env::var_os("CHECKOUT_SCREENSHOTS").map(PathBuf::from);
    in_browser(|browser| async move {
        let directory = directory.as_deref();
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory).unwrap();
        }
        let hooks = Hooks::open().await;
        let sandbox = Sandbox::builder()
            .noah_webhook(hooks.address.clone())
            .faults([
                "createFiatPayin 503 count=1".parse().unwrap(),
                "createSell cut-after probability=0.1".parse().unwrap(),
            ])
            .start()
            .await
            .unwrap();
        let shop = Shop::with(sandbox).await;
        browser.open(&shop.console()).await;
        take(&browser, directory, "console-empty").await;
        assert_eq!(
            shop.send("/checkout/payin/fiat", &shop.payin("0")).await.status(),
            503
        );
        let paid = shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        shop.call("/checkout/payin/fiat", &shop.payin("2")).await;
        shop.manage().await;
        shop.sandbox
            .noah()
            .settle(paid.rsplit('/').next().unwrap())
            .unwrap();
        let expired = shop.call("/checkout/sell", &shop.sale("1")).await;
        shop.sandbox
            .noah()
            .expire(expired.rsplit('/').next().unwrap())
            .unwrap();
        shop.sandbox.drain().await;
        shop.send_signed_late().await;
        browser.open(&shop.console()).await;
        take(&browser, directory, "console").await;
        browser.click("[id^=request]:has(.checks) summary").await;
        browser.click("#delivery-1 summary").await;
        browser
            .one("#Rule")
            .await
            .send_keys("createSell 200")
            .await
            .unwrap();
        take(&browser, directory, "console-open").await;
        browser.click("form.line button").await;
        browser.one("#Rule-fault").await;
        take(&browser, directory, "console-fault").await;
    })
    .await;
}

#[tokio::test]
async fn every_page_fits_on_every_screen() {
    let directory = std::env::var_os("CHECKOUT_SCREENSHOTS").map(PathBuf::from);
    in_browser(|browser| async move {
        let directory = directory.as_deref();
        if let Some(directory) = directory {
            std::fs::create_dir_all(directory).unwrap();
        }
        let shop = Shop::open().await;
        let manage = shop.manage().await;
        browser.open(&manage).await;
        take(&browser, directory, "manage-empty").await;
        for (details, fields) in [
            (
                "Bank",
                vec![
                    ("Currency", "EUR"),
                    ("BankCode", "SANDDEFF"),
                    ("AccountNumber", "DE00123456789000"),
                ],
            ),
            ("Card", vec![("Last4", "4242")]),
            ("Identifier", vec![("Identifier", "+15550100")]),
        ] {
            browser.open(&manage).await;
            let summary = format!("details:not([open]):has([value={details}]) summary");
            if !browser.texts(&summary).await.is_empty() {
                browser.click(&summary).await;
            }
            for (field, text) in fields {
                browser
                    .one(&format!("#{field}"))
                    .await
                    .send_keys(text)
                    .await
                    .unwrap();
            }
            browser
                .click(&format!("details:has([value={details}]) button"))
                .await;
            browser.one("[role=status]").await;
        }
        take(&browser, directory, "manage").await;
        browser.click("details:has([value=Bank]) summary").await;
        for (field, text) in [
            ("Currency", "USD"),
            ("BankCode", "SAND/DEFF"),
            ("AccountNumber", "1"),
        ] {
            browser
                .one(&format!("#{field}"))
                .await
                .send_keys(text)
                .await
                .unwrap();
        }
        browser.click("details:has([value=Bank]) button").await;
        browser.one(".fault").await;
        take(&browser, directory, "manage-fault").await;

        let payin = shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        browser.open(&payin).await;
        take(&browser, directory, "pay-in").await;
        let sale = shop.call("/checkout/sell", &shop.sale("1")).await;
        browser.open(&sale).await;
        take(&browser, directory, "sale").await;
        for (how, page) in [("settle", &payin), ("expire", &sale)] {
            browser.open(page).await;
            browser.click(&format!("form[action$={how}] button")).await;
            browser.arrive_at(&shop.thanks).await;
            browser.open(page).await;
            take(&browser, directory, &format!("{how}d")).await;
        }

        let mut hostile = shop.payin("2");
        hostile["ExternalID"] = json!("\u{202e}order\0-1 <b>");
        hostile["FiatAmount"] = json!("123456789012345678901234.123456789");
        hostile["LineItems"][0]["Description"] = json!("Donaudampfschifffahrtsgesellschaft".repeat(4));
        hostile["LineItems"][1]["TotalAmount"] = json!("123456789012345678901234.123456789");
        let hostile = shop.call("/checkout/payin/fiat", &hostile).await;
        browser.open(&hostile).await;
        take(&browser, directory, "hostile").await;
    })
    .await;
}
