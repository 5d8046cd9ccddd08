//! Every Rust example of the reference compiles.
#![allow(dead_code, non_snake_case, unused_variables)]

use std::error::Error;

use hosted_checkout::noah::Noah;
use hosted_checkout::worldline::{Client, Connect};

include!(concat!(env!("OUT_DIR"), "/reference.rs"));
