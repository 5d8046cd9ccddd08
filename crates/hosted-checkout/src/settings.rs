//! What the builders of all clients set up alike.

/// The methods of a builder that has a `transport: TransportBuilder`.
macro_rules! settings {
    () => {
        /// What carries the requests, in place of a connection pool of its own.
        pub fn wire(mut self, wire: impl checkout_transport::Wire) -> Self {
            self.transport = self.transport.wire(wire);
            self
        }

        /// Proxy, TLS, DNS and pool settings of the connections. `builder` is called four times, for
        /// clients with connections of their own: those that serve a base URL on this machine use no proxy, and each kind has one
        /// for calls with a shorter limit on connecting. A [`wire`](Self::wire) has its own.
        pub fn client_builder(mut self, builder: impl FnMut() -> reqwest::ClientBuilder) -> Self {
            self.transport = self.transport.client_builder(builder);
            self
        }

        /// Time limits, repeats and what else calls have in common; [`CallOptions::DEFAULT`] unless set. A single call can
        /// differ.
        ///
        /// [`CallOptions::DEFAULT`]: checkout_transport::CallOptions::DEFAULT
        pub fn options(mut self, options: checkout_transport::CallOptions) -> Self {
            self.transport = self.transport.options(options);
            self
        }

        /// The limits on the time of a call, of the options; [`Timeouts::DEFAULT`] unless set.
        ///
        /// [`Timeouts::DEFAULT`]: checkout_transport::Timeouts::DEFAULT
        pub fn timeouts(mut self, timeouts: checkout_transport::Timeouts) -> Self {
            self.transport = self.transport.timeouts(timeouts);
            self
        }

        /// What pays for repeats, to be shared between clients; one of its own unless set.
        pub fn retry_budget(mut self, budget: checkout_transport::RetryBudget) -> Self {
            self.transport = self.transport.budget(budget);
            self
        }

        /// The `User-Agent`; `hosted-checkout/<version>` unless set.
        pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
            self.transport = self.transport.user_agent(user_agent);
            self
        }

        /// The clock by which calls are made and requests signed; the machine's unless set.
        pub fn clock(mut self, clock: impl checkout_transport::Clock + 'static) -> Self {
            self.transport = self.transport.clock(clock);
            self
        }

        /// Sets up the transport below in further ways: how to wait, chance, the limit on bodies. Authenticator and API are
        /// this client's own and set last.
        pub fn transport(
            mut self,
            set_up: impl FnOnce(checkout_transport::TransportBuilder) -> checkout_transport::TransportBuilder,
        ) -> Self {
            self.transport = set_up(self.transport);
            self
        }
    };
}
pub(crate) use settings;
