//! NOAH hosted checkout: signed requests, hosted sessions, signed webhooks.
