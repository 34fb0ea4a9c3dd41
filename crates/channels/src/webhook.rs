//! Deliveries to programs of others: one request each, signed, bounded, and led nowhere else.
//!
//! The address is somebody's word, so it is held to be hostile: the connection is made to exactly
//! the place that was looked at, a redirect is an answer like any other, and of what comes back
//! only the beginning is read. Delivering again is harmless, for the receiver knows a delivery by
//! its name; so a connection that broke is simply a failure.

use std::time::Duration;

use reqwest::{Method, Url, header};
use yutang_domain::{
    time::{SECOND, Timestamp},
    webhook::WebhookError,
};

pub use crate::address::Reach;
use crate::{
    ChannelError, address,
    http::{Http, beginning, retry_after, short},
    signature::{ID, SIGNATURE, Secret, TIMESTAMP},
};

/// How long a receiver has to answer, its body included.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How many bytes of an answer are read.
const ANSWER: usize = 2_048;

/// Where deliveries go.
#[derive(Clone)]
pub struct Endpoint {
    address: Url,
    reach: Reach,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").finish_non_exhaustive()
    }
}

/// One delivery.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its name, the same at each attempt.
    pub id: &'a str,
    /// The body, JSON.
    pub body: &'a str,
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// How long it asks to wait, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// The beginning of what it said.
    pub said: String,
}

/// An endpoint whose place was looked at; good for the deliveries of the next moments.
#[derive(Clone)]
pub struct Line {
    http: Http,
    address: Url,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint at an address; nothing is asked yet.
    ///
    /// # Errors
    /// [`WebhookError::Address`].
    pub fn new(address: &str, reach: Reach) -> Result<Self, WebhookError> {
        let address = address::public(address, reach).ok_or(WebhookError::Address)?;
        Ok(Self { address, reach })
    }

    /// Looks where it stands.
    ///
    /// # Errors
    /// [`ChannelError`]: its server is not found, or stands where nothing may be sent to.
    pub async fn open(&self) -> Result<Line, ChannelError> {
        let host = self.address.host_str().unwrap_or_default();
        let port = self.address.port_or_known_default().unwrap_or(443);
        let places = address::places(host, port, self.reach).await?;
        Ok(Line {
            http: Http::pinned(host, &places)?,
            address: self.address.clone(),
        })
    }
}

impl Line {
    /// Delivers a message, signed with each of the secrets.
    ///
    /// # Errors
    /// What kept it from being answered.
    pub async fn post(
        &self,
        message: &Message<'_>,
        secrets: &[Secret],
        now: Timestamp,
    ) -> Result<Reply, String> {
        let seconds = now.ms().div_euclid(SECOND);
        let signatures: Vec<String> = secrets
            .iter()
            .map(|secret| secret.sign(message.id, seconds, message.body.as_bytes()))
            .collect();
        let request = self
            .http
            .request(Method::POST, self.address.clone(), Duration::ZERO)
            .timeout(TIMEOUT)
            .header(header::CONTENT_TYPE, "application/json")
            .header(ID, message.id)
            .header(TIMESTAMP, seconds.to_string())
            .header(SIGNATURE, signatures.join(" "))
            .body(message.body.to_owned());
        let response = self
            .http
            .open(request)
            .await
            .map_err(|broken| broken.reason)?;
        let status = response.status().as_u16();
        let retry_after_ms = retry_after(&response, now);
        let bytes = beginning(response, ANSWER).await;
        Ok(Reply {
            status,
            retry_after_ms,
            said: short(String::from_utf8_lossy(&bytes).trim()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_servers_unless_it_was_said() {
        let made = |address, reach| Endpoint::new(address, reach).map(|_| ());
        let private = "http://10.1.2.3:8080/hook";
        assert_eq!(made(private, Reach::Public), Err(WebhookError::Address));
        assert_eq!(made(private, Reach::Network), Ok(()));
        let metadata = "http://169.254.169.254/";
        assert_eq!(made(metadata, Reach::Network), Err(WebhookError::Address));
        let shown = format!(
            "{:?}",
            Endpoint::new("https://a.example/?key=k1", Reach::Public).unwrap()
        );
        assert!(!shown.contains("k1"), "{shown}");
    }
}
