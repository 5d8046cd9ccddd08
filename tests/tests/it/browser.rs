//! The sandbox's pages in a real browser: headless Chromium, driven by `chromedriver`.

mod console;
mod driver;
mod hosted;
mod manage;
mod screenshots;
mod shop;
