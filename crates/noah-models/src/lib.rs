//! Types of the NOAH hosted checkout API, generated from `openapi/noah.yaml`.
//!
//! Requests are built with [`bon`] builders and checked by [`Validate`](checkout_core::Validate); answers and events
//! decode whatever the API adds to them: unknown fields are passed over, unknown values and members are kept.
//!
//! ```
//! use checkout_core::Validate;
//! use noah_models::LineItem;
//!
//! let item = LineItem::builder()
//!     .description("Coffee beans")
//!     .quantity("2".parse::<checkout_core::PositiveDecimal>()?)
//!     .unit_amount("5.05".parse::<checkout_core::PositiveDecimal>()?)
//!     .total_amount("10.10".parse::<checkout_core::PositiveDecimal>()?)
//!     .build();
//! assert!(item.validate().is_ok());
//! # Ok::<(), checkout_core::DecimalError>(())
//! ```

mod generated;

pub use generated::*;
