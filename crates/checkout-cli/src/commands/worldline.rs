//! `checkout worldline`: every operation of Worldline Connect's server API.

use checkout_transport::PreparedRequest;
use hosted_checkout::worldline::{Connect, Server};
use hosted_checkout::{Arguments, Error, Response};
use serde_json::Value;

use crate::api::{Api, Door};
use crate::hosts::HostArgs;
use crate::secrets::Lookup;
use crate::{Failure, dry_run};

super::api_command!(WorldlineArgs, Api::Worldline, "`checkout worldline`");

/// For a dry run one that needs no credentials.
pub(crate) fn server(hosts: &HostArgs, dry_run: bool) -> Result<Server, Failure> {
    let lookup = Lookup::of_process();
    let variables = if dry_run {
        dry_run::worldline(&lookup, hosts)
    } else {
        hosts.variables(&lookup)
    };
    let connect = Connect::from_variables(variables).map_err(Failure::unavailable)?;
    Ok(connect.server())
}

impl Door for Server {
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
