//! What each client has for all of its operations, and the handles of their tags.

/// Sends what is prepared.
macro_rules! sends {
    ($client:ident) => {
        impl $client {
            /// Sends a prepared request, just made or read from storage, and reads the answer: one that does not fit is an
            /// error.
            ///
            /// # Errors
            /// The request was made for another base URL or is older than its key, or the call fails; [`Error::outcome`] says
            /// what that means for the money, over all attempts of this request.
            ///
            /// [`Error::outcome`]: checkout_transport::Error::outcome
            pub async fn send<C: $crate::CallOf<Self>>(
                &self,
                prepared: &checkout_transport::Prepared<C>,
            ) -> Result<C::Output, checkout_transport::Error> {
                $crate::operation::send::<Self, C>(self, prepared).await
            }
        }
    };
}
pub(crate) use sends;

/// The operations of a tag: a client, and what it has for all of them.
#[allow(
    unused_macros,
    reason = "of the APIs that are switched on, none may have a tag's handle"
)]
macro_rules! handle {
    ($(#[$meta:meta])* $client:ident.$accessor:ident: $handle:ident) => {
        $(#[$meta])*
        ///
        /// Cheap to clone. It has the settings of the client that it was taken from.
        #[derive(Debug, Clone)]
        pub struct $handle {
            pub(super) client: $client,
        }

        impl $client {
            $(#[$meta])*
            #[must_use]
            pub fn $accessor(&self) -> $handle {
                $handle { client: self.clone() }
            }
        }

        impl $handle {
            #[doc = concat!("The same with other time limits and repeats: see [`", stringify!($client), "::options`].")]
            ///
            /// # Errors
            /// [`ErrorKind::Configuration`](::checkout_transport::ErrorKind::Configuration) for a time limit of zero.
            pub fn options(
                self,
                options: ::checkout_transport::CallOptions,
            ) -> Result<Self, ::checkout_transport::Error> {
                Ok(Self { client: self.client.options(options)? })
            }

            /// Where its requests go: one that was made for another base URL is not sent.
            #[must_use]
            pub fn base_url(&self) -> &str {
                self.client.base_url()
            }

            #[doc = concat!("Sends a prepared request: see [`", stringify!($client), "::send`].")]
            ///
            /// # Errors
            #[doc = concat!("Those of [`", stringify!($client), "::send`].")]
            pub async fn send<C: crate::CallOf<$client>>(
                &self,
                prepared: &::checkout_transport::Prepared<C>,
            ) -> Result<C::Output, ::checkout_transport::Error> {
                self.client.send(prepared).await
            }
        }
    };
}
#[allow(unused_imports, reason = "as above")]
pub(crate) use handle;
