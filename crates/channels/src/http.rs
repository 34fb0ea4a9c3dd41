//! HTTP as the adapters speak it: bounded, without redirects, and sure of what it does not know.
//!
//! What matters when a request fails is whether it had left: a connection that was never made did
//! nothing, one that broke later may have done everything. Neither address nor answer is repeated
//! in an error beyond what the network itself said, for some networks carry the token in the path.

use std::{net::SocketAddr, sync::Once, time::Duration};

use reqwest::{
    Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode, Url, header, redirect,
};
use serde_json::Value;
use yutang_domain::time::{SECOND, Timestamp, Zone};

use crate::ChannelError;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take beyond what was asked for.
const ANSWER: Duration = Duration::from_secs(30);
/// How many bytes of JSON are read.
const JSON_LIMIT: usize = 64 * 1024 * 1024;
/// How long to wait when a network asks for patience without saying how much, in milliseconds.
const PATIENCE_MS: i64 = 5 * SECOND;
/// How much of what a network said is kept.
const SAID: usize = 300;

/// A client for one account.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client,
}

/// What a network answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long to wait, from `Retry-After`, in milliseconds.
    pub retry_after_ms: Option<i64>,
    /// When it was, by the network's clock.
    pub at: Option<Timestamp>,
    /// The body; `null` where it was no JSON.
    pub body: Value,
}

impl Answer {
    /// Whether it is a success.
    pub const fn is_ok(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// A text of the body.
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// What every network means by these: patience, or a fault of its own.
    pub fn not_now(&self, patience_ms: Option<i64>) -> Option<ChannelError> {
        let reason = match self.status {
            429 => "it asks for patience".to_owned(),
            status @ (408 | 425 | 500..=599) => format!("it answers {status}"),
            _ => return None,
        };
        let after_ms = self
            .retry_after_ms
            .or(patience_ms)
            .unwrap_or(PATIENCE_MS)
            .max(1);
        Some(ChannelError::Retry { after_ms, reason })
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Whether the request may have been carried out.
    pub left: bool,
    /// What happened.
    pub reason: String,
}

impl Broken {
    /// For a request that changes nothing when it is made again.
    pub fn again(self) -> ChannelError {
        ChannelError::Retry {
            after_ms: PATIENCE_MS,
            reason: self.reason,
        }
    }

    /// For a request that would be carried out twice.
    pub fn once(self) -> ChannelError {
        if self.left {
            ChannelError::Unknown {
                reason: self.reason,
            }
        } else {
            self.again()
        }
    }

    fn of(error: reqwest::Error, left: bool) -> Self {
        let left = left && !error.is_connect() && !error.is_builder();
        let what = if error.is_timeout() {
            "it does not answer in time"
        } else if error.is_connect() {
            "it cannot be reached"
        } else {
            "the connection broke"
        };
        let mut reason = what.to_owned();
        let error = error.without_url();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            if inner.source().is_none() {
                reason = format!("{what}: {inner}");
            }
            source = inner.source();
        }
        Self {
            left,
            reason: short(&reason),
        }
    }
}

/// What fits into a line.
pub fn short(text: &str) -> String {
    text.chars().take(SAID).collect()
}

impl Http {
    /// A client that waits for nobody longer than it has to.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when the machine has no use of TLS.
    pub fn new() -> Result<Self, ChannelError> {
        Self::made(|builder| builder)
    }

    /// A client that looks for one host nowhere but at these places.
    ///
    /// # Errors
    /// As [`Http::new`].
    pub fn pinned(host: &str, places: &[SocketAddr]) -> Result<Self, ChannelError> {
        Self::made(|builder| builder.no_proxy().resolve_to_addrs(host, places))
    }

    fn made(with: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Result<Self, ChannelError> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Refused only where the program has chosen one before, which is as good.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let builder = Client::builder()
            .connect_timeout(CONNECT)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("yutang/", env!("CARGO_PKG_VERSION")));
        let client = with(builder).build().map_err(|error| ChannelError::Fail {
            reason: short(&error.to_string()),
        })?;
        Ok(Self { client })
    }

    /// A request, with the time it may take for its answer to begin.
    pub fn request(&self, method: Method, url: Url, waits: Duration) -> RequestBuilder {
        self.client.request(method, url).timeout(ANSWER + waits)
    }

    /// Sends it; the body is left for [`read`].
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn open(&self, request: RequestBuilder) -> Result<Response, Broken> {
        request
            .send()
            .await
            .map_err(|error| Broken::of(error, true))
    }

    /// Sends it and reads the answer.
    ///
    /// # Errors
    /// [`Broken`].
    pub async fn ask(&self, request: RequestBuilder) -> Result<Answer, Broken> {
        let response = self.open(request).await?;
        let status = response.status();
        let header = |name| {
            response
                .headers()
                .get(name)
                .and_then(|value: &header::HeaderValue| value.to_str().ok())
        };
        let retry_after_ms = header(header::RETRY_AFTER).and_then(seconds);
        let at = header(header::DATE).and_then(date);
        let bytes = match read(response, JSON_LIMIT).await? {
            Ok(bytes) => bytes,
            Err(TooLarge) => {
                return Err(Broken {
                    left: true,
                    reason: "its answer has no end".to_owned(),
                });
            }
        };
        Ok(Answer {
            status: status.as_u16(),
            retry_after_ms,
            at,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }

    /// Fetches bytes, at most `limit` of them.
    ///
    /// # Errors
    /// [`ChannelError::Fail`] when there are more, or none; [`ChannelError::Retry`] when the
    /// network is out of reach.
    pub async fn fetch(
        &self,
        request: RequestBuilder,
        limit: usize,
    ) -> Result<Vec<u8>, ChannelError> {
        let response = self.open(request).await.map_err(Broken::again)?;
        let status = response.status();
        if status != StatusCode::OK {
            let answer = Answer {
                status: status.as_u16(),
                retry_after_ms: None,
                at: None,
                body: Value::Null,
            };
            return Err(answer.not_now(None).unwrap_or(ChannelError::Fail {
                reason: format!("it is not there: {status}"),
            }));
        }
        read(response, limit)
            .await
            .map_err(Broken::again)?
            .map_err(|TooLarge| ChannelError::Fail {
                reason: format!("it has more than {limit} bytes"),
            })
    }
}

/// Milliseconds of `120`.
fn seconds(text: &str) -> Option<i64> {
    let seconds = text.trim().parse::<u32>().ok()?;
    Some(i64::from(seconds) * SECOND)
}

/// How long an answer asks to wait, in milliseconds: its `Retry-After` in seconds or as a date.
pub fn retry_after(response: &Response, now: Timestamp) -> Option<i64> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds(text).or_else(|| Some(date(text)?.since(now).max(0)))
}

/// The beginning of a body; the rest of it is not waited for, nor is one that breaks off a fault.
pub async fn beginning(mut response: Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < limit
        && let Ok(Some(chunk)) = response.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(limit);
    bytes
}

/// There is more than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Reads a body, at most `limit` bytes of it: what goes on is cut off unread.
///
/// # Errors
/// [`Broken`] when it breaks off.
pub async fn read(
    mut response: Response,
    limit: usize,
) -> Result<Result<Vec<u8>, TooLarge>, Broken> {
    if response
        .content_length()
        .is_some_and(|length| length > limit as u64)
    {
        return Ok(Err(TooLarge));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Broken::of(error, true))?
    {
        if bytes.len() + chunk.len() > limit {
            return Ok(Err(TooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Ok(bytes))
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut words = text.split(' ').skip(1);
    let mut number = || words.next().map(str::to_owned);
    let (day, month, year, clock) = (number()?, number()?, number()?, number()?);
    let month = MONTHS.find(month.as_str()).filter(|at| at % 3 == 0)? / 3 + 1;
    let date = yutang_domain::time::Date::new(
        year.parse().ok()?,
        i8::try_from(month).ok()?,
        day.parse().ok()?,
    )?;
    let mut parts = clock.split(':').map(str::parse::<i64>);
    let mut part = || parts.next()?.ok();
    let (hour, minute, second) = (part()?, part()?, part()?);
    let seconds = (hour * 60 + minute) * 60 + second;
    Some(Zone::utc().start_of(date).plus(seconds * SECOND))
}

/// Makes sure that this is an address of a server, without a slash at its end.
///
/// # Errors
/// [`ChannelError::Fail`].
pub fn base(text: &str) -> Result<Url, ChannelError> {
    let refuse = || ChannelError::Fail {
        reason: "an address begins with https:// (or http://) and names a server".to_owned(),
    };
    let url = Url::parse(text.trim().trim_end_matches('/')).map_err(|_| refuse())?;
    let web = matches!(url.scheme(), "http" | "https");
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if web && plain && url.host().is_some() {
        Ok(url)
    } else {
        Err(refuse())
    }
}

/// An address below `base`; each part is one step of the path, whatever stands in it.
pub fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_answers_are_read() {
        let read = date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(read.ms(), 784_111_777_000);
        for none in [
            "",
            "Sunday",
            "Sun, 06 Xyz 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994",
        ] {
            assert_eq!(date(none), None, "{none}");
        }
    }

    #[test]
    fn a_part_of_a_path_stays_one_part() {
        let server = base("https://example.org/sub/").unwrap();
        let url = below(&server, &["rooms", "!a/b?c#d:e", "send"]);
        assert_eq!(url.path(), "/sub/rooms/!a%2Fb%3Fc%23d:e/send");
        assert_eq!(url.query(), None);
    }

    #[test]
    fn an_address_names_a_server_and_nothing_else() {
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "https://u:p@example.org",
            "https://example.org?x",
            "file:///etc",
        ] {
            assert!(base(bad).is_err(), "{bad}");
        }
        assert!(base(" http://127.0.0.1:8008/ ").is_ok());
    }

    #[tokio::test]
    async fn what_was_never_reached_did_nothing() {
        let http = Http::new().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = base(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        // Accepts, and hangs up without an answer.
        let hangs_up = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            drop(stream);
        });
        let ask = |url: &Url| http.ask(http.request(Method::POST, url.clone(), Duration::ZERO));
        let broken = ask(&url).await.unwrap_err();
        assert!(broken.left, "{broken:?}");
        assert!(matches!(broken.once(), ChannelError::Unknown { .. }));
        hangs_up.await.unwrap();
        let broken = ask(&url).await.unwrap_err();
        assert!(!broken.left, "{broken:?}");
        assert!(matches!(broken.once(), ChannelError::Retry { .. }));
    }
}
