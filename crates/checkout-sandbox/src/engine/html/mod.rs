//! What all pages share: their frame and the files that they load.

pub(crate) mod assets;
pub(crate) mod layout;

pub(crate) use assets::{Asset, CSS};
pub(crate) use layout::{Policy, document, headings, text};
