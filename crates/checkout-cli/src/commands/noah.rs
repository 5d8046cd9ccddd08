//! `checkout noah`: every operation of NOAH's API.

use checkout_transport::PreparedRequest;
use hosted_checkout::noah::{ArithmeticChecks, Noah};
use hosted_checkout::{Arguments, Error, Response};
use serde_json::Value;

use crate::api::{Api, Door};
use crate::hosts::HostArgs;
use crate::secrets::Lookup;
use crate::{Failure, dry_run};

super::api_command!(NoahArgs, Api::Noah, "`checkout noah`");

/// For a dry run one that needs no credentials. Line items that do not add up pass it if it `is_inexact`.
pub(crate) fn client(hosts: &HostArgs, dry_run: bool, is_inexact: bool) -> Result<Noah, Failure> {
    let lookup = Lookup::of_process();
    let variables = if dry_run {
        dry_run::noah(&lookup, hosts)
    } else {
        hosts.variables(&lookup)
    };
    let noah = Noah::from_variables(variables).map_err(Failure::unavailable)?;
    Ok(if is_inexact {
        noah.arithmetic(ArithmeticChecks::Off)
    } else {
        noah
    })
}

impl Door for Noah {
    fn base_url(&self) -> &str {
        self.base_url()
    }

    fn prepare(&self, id: &str, arguments: Arguments) -> Result<PreparedRequest, Error> {
        self.prepare_by_id(id, arguments)
    }

    async fn value(&self, request: &PreparedRequest) -> Result<Response<Value>, Error> {
        self.send_by_id(request).await
    }
}
