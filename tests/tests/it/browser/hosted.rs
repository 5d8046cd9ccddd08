//! Paying, declining and letting expire on the hosted page.

use thirtyfour::Key;

use super::driver::in_browser;
use super::shop::Shop;

#[tokio::test]
async fn a_customer_pays_and_comes_back_to_the_shop() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        let page = shop.call("/checkout/payin/fiat", &shop.payin("7")).await;
        browser.open(&page).await;
        assert_eq!(browser.texts("h1").await, ["Pay-in\n34.70 EUR"]);
        browser.click("form[action$=settle] button").await;
        browser.arrive_at(&format!("{}/thanks", shop.thanks)).await;
        let id = page.rsplit('/').next().unwrap();
        assert_eq!(
            *shop.came.lock().unwrap(),
            [format!(
                "basket=8&CheckoutSessionID={id}&ExternalID=order-7&Status=Settled"
            )]
        );
        assert_eq!(shop.sandbox.noah().ledger().entries.len(), 1);

        browser.open(&page).await;
        assert_eq!(browser.texts(".ending h2").await, ["Paid"]);
        assert!(browser.texts("button").await.is_empty());
        browser.click(".ending a").await;
        browser.arrive_at(&format!("{}/thanks", shop.thanks)).await;
        assert_eq!(shop.came.lock().unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_customer_declines_or_lets_a_session_expire() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        for (nonce, how, title) in [("1", "fail", "Declined"), ("2", "expire", "Expired")] {
            let page = shop.call("/checkout/payin/fiat", &shop.payin(nonce)).await;
            browser.open(&page).await;
            browser.click(&format!("form[action$={how}] button")).await;
            browser.arrive_at(&shop.thanks).await;
            assert!(
                shop.came
                    .lock()
                    .unwrap()
                    .last()
                    .unwrap()
                    .ends_with("Status=Failed")
            );
            browser.open(&page).await;
            assert_eq!(browser.texts(".ending h2").await, [title]);
        }
        assert!(shop.sandbox.noah().ledger().entries.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_sale_is_done_with_the_keyboard_alone() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        let page = shop.call("/checkout/sell", &shop.sale("1")).await;
        browser.open(&page).await;
        browser.tab_to("form[action$=settle] button").await;
        browser.press(Key::Enter).await;
        browser.arrive_at(&shop.thanks).await;
        assert_eq!(shop.sandbox.noah().ledger().entries.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_foreign_page_cannot_pay() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        let page = shop.call("/checkout/payin/fiat", &shop.payin("7")).await;
        browser.open(&format!("{}/", shop.thanks)).await;
        let by_form = "const form = document.createElement('form'); form.method = 'post'; form.action = arguments[0]; \
                       document.body.append(form); form.submit()";
        let by_fetch = "const done = arguments[1]; fetch(arguments[0], {method: 'POST', mode: 'no-cors'}).then(done, done)";
        let settle = format!("{page}/settle");
        browser.execute_async(by_fetch, vec![settle.as_str().into()]).await.unwrap();
        browser.execute(by_form, vec![settle.as_str().into()]).await.unwrap();
        browser.arrive_at(&settle).await;
        assert!(browser.text_of_page().await.contains("Forbidden"));
        assert!(shop.sandbox.noah().ledger().entries.is_empty());
        assert!(shop.came.lock().unwrap().is_empty());
    })
    .await;
}
