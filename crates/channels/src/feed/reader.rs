//! Fetching a feed.

use std::time::Duration;

use reqwest::{
    Method, Response, StatusCode, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use yutang_domain::{feed::FeedError, time::SECOND};

use super::{BYTES, Feed, parse_as};
use crate::{
    ChannelError, address,
    http::{self, Broken, Http, TooLarge},
};

/// How long everything may take together, when nothing else is said.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many times a server may lead on to another address.
const HOPS: usize = 3;
/// How many bytes of what marks a version are kept.
const MARK: usize = 500;
/// What is asked for.
const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/feed+json, \
     application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1";

/// What came of fetching a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The same as last time.
    Unchanged,
    /// What stands in it now.
    Changed {
        /// The feed.
        feed: Feed,
        /// What to hand in the next time, as `etag`.
        etag: Option<String>,
        /// What to hand in the next time, as `last_modified`.
        last_modified: Option<String>,
    },
}

/// Reads one feed.
#[derive(Clone)]
pub struct Reader {
    address: Url,
    near: bool,
    patience: Duration,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Some feeds are for whoever knows their address.
        f.debug_struct("Reader")
            .field("host", &self.address.host_str())
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of the feed at an address; nothing is asked yet. `near`: this one server may stand
    /// on this machine, for tests and the demo; where it leads on to may not.
    ///
    /// # Errors
    /// [`FeedError::Address`].
    pub fn new(address: &str, near: bool) -> Result<Self, FeedError> {
        Ok(Self {
            address: address::public(address, near).ok_or(FeedError::Address)?,
            near,
            patience: PATIENCE,
        })
    }

    /// The same, with another time that everything may take together.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Fetches it. `etag` and `last_modified` are what came with it the last time.
    ///
    /// # Errors
    /// [`FeedError`].
    pub async fn fetch(
        &self,
        etag: Option<&str>,
        last_modified: Option<&str>,
    ) -> Result<Fetched, FeedError> {
        tokio::time::timeout(self.patience, self.follow(etag, last_modified))
            .await
            .unwrap_or_else(|_| Err(unreachable("it does not answer in time")))
    }

    async fn follow(
        &self,
        etag: Option<&str>,
        last_modified: Option<&str>,
    ) -> Result<Fetched, FeedError> {
        let mut asked = HeaderMap::new();
        asked.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        asked.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        );
        let marks = [
            (header::IF_NONE_MATCH, etag),
            (header::IF_MODIFIED_SINCE, last_modified),
        ];
        let mut conditional = false;
        for (name, mark) in marks {
            if let Some(value) = mark.and_then(|mark| HeaderValue::from_str(mark).ok()) {
                asked.insert(name, value);
                conditional = true;
            }
        }
        let mut url = self.address.clone();
        for _ in 0..=HOPS {
            let response = self.ask(&url, asked.clone()).await?;
            match response.status() {
                StatusCode::OK => return read(response, &url).await,
                StatusCode::NOT_MODIFIED if conditional => return Ok(Fetched::Unchanged),
                StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::SEE_OTHER
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT => url = self.next(&url, &response)?,
                _ => return Err(status(&response)),
            }
        }
        Err(unreachable(&format!("it leads on more than {HOPS} times")))
    }

    /// Asks one server, at exactly the places that were looked at.
    async fn ask(&self, url: &Url, asked: HeaderMap) -> Result<Response, FeedError> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let places =
            address::places(host, port, self.near(url))
                .await
                .map_err(|error| match error {
                    ChannelError::Fail { .. } => FeedError::Address,
                    other => unreachable(&other.reason()),
                })?;
        let http = Http::pinned(host, &places).map_err(|error| unreachable(&error.reason()))?;
        let request = http
            .request(Method::GET, url.clone(), self.patience)
            .headers(asked);
        http.open(request).await.map_err(broken)
    }

    /// Where a server leads on to, if that is a place to go.
    fn next(&self, from: &Url, response: &Response) -> Result<Url, FeedError> {
        let leads = text(response, &header::LOCATION).ok_or_else(|| status(response))?;
        let to = from.join(leads).map_err(|_| FeedError::Address)?;
        address::public(to.as_str(), self.near(&to)).ok_or(FeedError::Address)
    }

    /// Whether a server may stand on this machine.
    fn near(&self, url: &Url) -> bool {
        self.near && url.origin() == self.address.origin()
    }
}

async fn read(response: Response, url: &Url) -> Result<Fetched, FeedError> {
    let packed = text(&response, &header::CONTENT_ENCODING)
        .filter(|packed| !packed.eq_ignore_ascii_case("identity"));
    if let Some(packed) = packed {
        // Unpacking was not asked for.
        return Err(FeedError::Encoding {
            encoding: http::short(packed),
            byte: None,
        });
    }
    let mark = |name| {
        text(&response, &name)
            .filter(|mark| mark.len() <= MARK)
            .map(str::to_owned)
    };
    let (etag, last_modified) = (mark(header::ETAG), mark(header::LAST_MODIFIED));
    let charset = text(&response, &header::CONTENT_TYPE)
        .and_then(charset)
        .map(str::to_owned);
    let bytes = http::read(response, BYTES)
        .await
        .map_err(broken)?
        .map_err(|TooLarge| FeedError::TooLarge { limit: BYTES })?;
    let url = url.to_string();
    // Two megabytes keep a thread busy, and a parser that gives up must not take us along.
    let feed = tokio::task::spawn_blocking(move || parse_as(&bytes, &url, charset.as_deref()))
        .await
        .map_err(|_| FeedError::NotAFeed {
            line: None,
            reason: "the parser gave up on it".to_owned(),
        })??;
    Ok(Fetched::Changed {
        feed,
        etag,
        last_modified,
    })
}

fn text<'a>(response: &'a Response, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok().map(str::trim)
}

/// The encoding in `text/xml; charset="gbk"`.
fn charset(kind: &str) -> Option<&str> {
    kind.split(';')
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches('"'))
}

fn status(response: &Response) -> FeedError {
    FeedError::Status {
        status: response.status().as_u16(),
        wait_ms: text(response, &header::RETRY_AFTER)
            .and_then(|seconds| seconds.parse::<u32>().ok())
            .map(|seconds| i64::from(seconds) * SECOND),
    }
}

fn broken(broken: Broken) -> FeedError {
    FeedError::Unreachable {
        reason: broken.reason,
    }
}

fn unreachable(reason: &str) -> FeedError {
    FeedError::Unreachable {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_stands_in_public() {
        for address in [
            "",
            "feed.xml",
            "http://example.org/feed",
            "ftp://example.org/feed",
            "file:///etc/passwd",
            "https://example.org:8443/feed",
            "https://user:secret@example.org/feed",
            "https://localhost/feed",
            "https://127.0.0.1/feed",
            "https://10.0.0.8/feed",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/feed",
        ] {
            let refused = Reader::new(address, false).map(|_| ());
            assert_eq!(refused, Err(FeedError::Address), "{address}");
        }
        let reader = Reader::new("https://example.org/feed?token=secret", false).unwrap();
        assert!(!format!("{reader:?}").contains("secret"));
    }

    #[test]
    fn only_the_server_itself_is_near() {
        let reader = Reader::new("http://127.0.0.1:8080/feed", true).unwrap();
        let near = |url| reader.near(&Url::parse(url).unwrap());
        assert!(near("http://127.0.0.1:8080/other"));
        for far in [
            "http://127.0.0.1:8081/feed",
            "https://127.0.0.1:8080/feed",
            "http://localhost:8080/feed",
            "https://example.org/",
        ] {
            assert!(!near(far), "{far}");
        }
    }

    #[test]
    fn the_encoding_a_server_names_is_found() {
        assert_eq!(charset("text/xml; Charset=\"GBK\""), Some("GBK"));
        assert_eq!(charset("text/xml;charset=utf-8; a=b"), Some("utf-8"));
        assert_eq!(charset("text/xml"), None);
    }
}
