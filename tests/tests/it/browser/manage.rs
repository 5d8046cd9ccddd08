//! Managing payment methods, and paying with one.

use thirtyfour::Key;

use super::driver::in_browser;
use super::shop::Shop;

#[tokio::test]
async fn payment_methods_are_managed_with_the_keyboard_alone_and_paid_with() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        let manage = shop.manage().await;
        browser.open(&manage).await;

        // A mistake first: it is told beside the field, which has the focus.
        browser.tab_to("#Currency").await;
        browser.keys("USD").await;
        browser.tab_to("#BankCode").await;
        browser.keys("SANDDEFF").await;
        browser.tab_to("#AccountNumber").await;
        browser.keys("DE00 1234 5678 9000").await;
        browser.press(Key::Enter).await;
        browser.one("#Currency-fault").await;
        assert_eq!(
            browser.texts(".fault").await,
            ["SEPA moves euros alone: give EUR."]
        );
        assert_eq!(browser.ask("return document.activeElement.id").await, "Currency");
        browser.choose_all().await;
        browser.keys("EUR").await;
        browser.press(Key::Enter).await;
        browser.one("[role=status]").await;
        assert_eq!(
            browser.texts(".methods li > span").await,
            ["EUR account at SANDDEFF ending in 9000 (SEPA)"]
        );

        // A group is opened by its heading.
        browser.tab_to("details:has(#Last4) summary").await;
        browser.press(Key::Enter).await;
        browser.tab_to("#Scheme").await;
        browser.keys("Visa").await;
        browser.tab_to("#Last4").await;
        // The field takes four digits, and no whole card number.
        browser.keys("42424242").await;
        browser.press(Key::Enter).await;
        browser
            .until("two methods", async |browser| {
                browser.texts(".methods li > span").await.len() == 2
            })
            .await;
        assert_eq!(
            browser.texts(".methods li:last-child > span").await,
            ["Visa ending in 4242"]
        );

        let page = shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        browser.open(&page).await;
        assert_eq!(
            browser.texts(".choice").await,
            [
                "EUR account at SANDDEFF ending in 9000 (SEPA)",
                "One that the sandbox invents"
            ]
        );
        browser.tab_to("[name=PaymentMethodID]").await;
        browser.tab_to("form[action$=settle] button").await;
        browser.press(Key::Space).await;
        browser.arrive_at(&shop.thanks).await;
        let deliveries = shop.sandbox.noah().deliveries();
        let deposit = deliveries
            .iter()
            .find(|delivery| delivery.event_type.as_str() == "FiatDeposit")
            .unwrap();
        let deposit: serde_json::Value = serde_json::from_slice(&deposit.body).unwrap();
        assert_eq!(
            deposit["Data"]["PaymentMethodID"],
            "Bank/BankSepa/EUR/SANDDEFF/DE00123456789000"
        );

        browser.open(&manage).await;
        for left in [1, 0] {
            browser.tab_to(".methods button").await;
            browser.press(Key::Enter).await;
            browser
                .until("one method less", async |browser| {
                    browser.texts(".methods li > span").await.len() == left
                })
                .await;
        }
        assert_eq!(browser.texts(".empty").await, ["None yet."]);
    })
    .await;
}
