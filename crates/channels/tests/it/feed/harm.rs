//! A server that means harm, on a free port of 127.0.0.1.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use yutang_channels::feed::{self, Feed, FeedError, Fetched, Reader};

const FEED: &str = include_str!("../../data/feed_rss.xml");

/// What was asked, and how many bytes of a body went out.
#[derive(Debug, Default)]
struct Heard {
    heads: Mutex<Vec<String>>,
    written: AtomicUsize,
}

#[derive(Debug)]
struct Server {
    at: SocketAddr,
    heard: Arc<Heard>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers each path in its own way; `elsewhere` is where some of them lead.
    async fn start(elsewhere: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let heard = Arc::new(Heard::default());
        let shared = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, elsewhere) = (Arc::clone(&shared), elsewhere.clone());
                tokio::spawn(async move { answer(stream, &heard, &elsewhere).await });
            }
        });
        Self { at, heard, task }
    }

    fn reader(&self, path: &str) -> Reader {
        Reader::new(&format!("http://{}/{path}", self.at), true).unwrap()
    }

    async fn fetch(&self, path: &str) -> Result<Fetched, FeedError> {
        self.reader(path).fetch(None, None).await
    }

    fn heads(&self) -> Vec<String> {
        self.heard.heads.lock().unwrap().clone()
    }
}

async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        (stream.read(&mut byte).await.ok()? == 1).then_some(())?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

async fn answer(mut stream: TcpStream, heard: &Heard, elsewhere: &str) -> Option<()> {
    let head = head(&mut stream).await?;
    heard.heads.lock().unwrap().push(head.clone());
    let path = head.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let (name, rest) = path.split_once('/').unwrap_or((&path, ""));
    let whole = |status: &str, more: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let to = |location: &str| whole("302 Found", &format!("location: {location}\r\n"), "");
    let reply = match name {
        "feed" if head.contains("if-none-match: \"v1\"") => whole("304 Not Modified", "", ""),
        "feed" => whole(
            "200 OK",
            "etag: \"v1\"\r\nlast-modified: Mon, 16 Nov 2026 00:00:00 GMT\r\n",
            FEED,
        ),
        "page" => whole(
            "200 OK",
            "",
            "<!DOCTYPE html><html><body>请登录</body></html>",
        ),
        "empty" => whole("200 OK", "", ""),
        "gone" => whole("410 Gone", "", "gone"),
        "busy" => whole("429 Too Many Requests", "retry-after: 60\r\n", ""),
        "same" => whole("304 Not Modified", "", ""),
        "packed" => whole("200 OK", "content-encoding: gzip\r\n", "\u{1f}"),
        "named" => {
            let body = b"<rss version='2.0'><channel><item><title>\xd4\xe7\xb1\xa8</title></item></channel></rss>";
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/xml; charset=gbk\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.ok()?;
            stream.write_all(body).await.ok()?;
            return Some(());
        }
        "loop" => to("/loop"),
        "hops" => {
            let left: usize = rest.parse().ok()?;
            to(&if left == 0 {
                "/feed".to_owned()
            } else {
                format!("/hops/{}", left - 1)
            })
        }
        "nowhere" => whole("302 Found", "", ""),
        "away" => to(elsewhere),
        "to" => to(&percent(rest)),
        "silent" => {
            // Until the reader hangs up.
            let _ = stream.read(&mut [0]).await;
            return None;
        }
        "slow" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.ok()?;
            loop {
                stream.write_all(b"<!-- -->").await.ok()?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        "endless" | "announced" => {
            let length = if name == "announced" {
                "content-length: 104857600\r\n"
            } else {
                ""
            };
            let head = format!("HTTP/1.1 200 OK\r\n{length}connection: close\r\n\r\n<rss>");
            stream.write_all(head.as_bytes()).await.ok()?;
            let piece = vec![b' '; 64 * 1024];
            for _ in 0..1_600 {
                stream.write_all(&piece).await.ok()?;
                heard.written.fetch_add(piece.len(), Ordering::SeqCst);
            }
            return Some(());
        }
        "torn" => "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<rss".to_owned(),
        _ => whole("404 Not Found", "", ""),
    };
    stream.write_all(reply.as_bytes()).await.ok()
}

/// A location that was written into a path.
fn percent(text: &str) -> String {
    text.replace("%2F", "/").replace("%3A", ":")
}

fn changed(fetched: Fetched) -> (Feed, Option<String>, Option<String>) {
    match fetched {
        Fetched::Changed {
            feed,
            etag,
            last_modified,
        } => (feed, etag, last_modified),
        Fetched::Unchanged => panic!("nothing changed"),
    }
}

#[tokio::test]
async fn a_feed_is_fetched_once_and_then_asked_after() {
    let server = Server::start(String::new()).await;
    let reader = server.reader("feed");
    let (feed, etag, last_modified) = changed(reader.fetch(None, None).await.unwrap());
    assert_eq!(feed.title, "面包店早报");
    let link = format!("http://{}/news/1?a=1&b=2", server.at);
    assert_eq!(feed.items[0].link, Some(link));
    assert_eq!(etag.as_deref(), Some("\"v1\""));
    let again = reader
        .fetch(etag.as_deref(), last_modified.as_deref())
        .await;
    assert_eq!(again, Ok(Fetched::Unchanged));
    let heads = server.heads();
    assert!(!heads[0].contains("if-"), "{}", heads[0]);
    assert!(heads[0].contains("accept-encoding: identity\r\n"));
    assert!(heads[1].contains("if-modified-since: Mon, 16 Nov 2026 00:00:00 GMT\r\n"));
    // A mark that is none is left out, not sent.
    let odd = reader.fetch(Some("a\nb"), None).await.unwrap();
    assert!(matches!(odd, Fetched::Changed { .. }));
    assert!(!server.heads()[2].contains("if-"));
    // Nobody asked whether it is the same.
    let same = server.fetch("same").await;
    assert!(matches!(same, Err(FeedError::Status { status: 304, .. })));
    let (feed, ..) = changed(server.fetch("named").await.unwrap());
    assert_eq!(feed.items[0].title, "早报");
}

#[tokio::test]
async fn what_is_no_feed_is_told_apart() {
    let server = Server::start(String::new()).await;
    assert_eq!(server.fetch("page").await, Err(FeedError::Html));
    assert_eq!(server.fetch("empty").await, Err(FeedError::Empty));
    let status = |status, wait_ms| Err(FeedError::Status { status, wait_ms });
    assert_eq!(server.fetch("gone").await, status(410, None));
    assert_eq!(server.fetch("busy").await, status(429, Some(60_000)));
    assert_eq!(server.fetch("nowhere").await, status(302, None));
    let packed = server.fetch("packed").await.unwrap_err();
    assert!(matches!(packed, FeedError::Encoding { byte: None, .. }));
    let torn = server.fetch("torn").await.unwrap_err();
    assert!(matches!(torn, FeedError::Unreachable { .. }), "{torn}");
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    let server = Server::start(String::new()).await;
    for path in ["endless", "announced"] {
        let before = server.heard.written.load(Ordering::SeqCst);
        let error = server.fetch(path).await.unwrap_err();
        assert_eq!(error, FeedError::TooLarge { limit: feed::BYTES }, "{path}");
        let written = server.heard.written.load(Ordering::SeqCst) - before;
        // What was read, and what fits into the buffers of two sockets.
        assert!(written < 32 * 1024 * 1024, "{path}: {written}");
    }
}

#[tokio::test]
async fn a_server_leads_on_a_few_times_and_not_for_ever() {
    let server = Server::start(String::new()).await;
    let (feed, ..) = changed(server.fetch("hops/2").await.unwrap());
    assert_eq!(feed.items.len(), 2);
    for path in ["hops/3", "loop"] {
        let before = server.heads().len();
        let error = server.fetch(path).await.unwrap_err();
        assert!(matches!(error, FeedError::Unreachable { .. }), "{error}");
        assert_eq!(server.heads().len() - before, 4, "{path}");
    }
}

#[tokio::test]
async fn a_server_does_not_lead_into_the_house() {
    let inside = Server::start(String::new()).await;
    let server = Server::start(format!("http://{}/feed", inside.at)).await;
    assert_eq!(server.fetch("away").await, Err(FeedError::Address));
    for location in [
        format!("//{}/feed", inside.at),
        "http://127.0.0.1/".to_owned(),
        "https://127.0.0.1/".to_owned(),
        "https://localhost/".to_owned(),
        "https://[::1]/".to_owned(),
        "https://[::ffff:127.0.0.1]/".to_owned(),
        "https://2130706433/".to_owned(),
        "https://10.0.0.8/".to_owned(),
        "https://10.255.0.1/".to_owned(),
        "https://172.16.0.1/".to_owned(),
        "https://192.168.1.1/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://100.100.100.200/".to_owned(),
        "http://feeds.example/".to_owned(),
        "https://feeds.example:8443/".to_owned(),
        "https://user:secret@feeds.example/".to_owned(),
        "ftp://feeds.example/".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let path = location.replace('/', "%2F").replace(':', "%3A");
        let before = server.heads().len();
        let error = server.fetch(&format!("to/{path}")).await.unwrap_err();
        assert_eq!(error, FeedError::Address, "{location}");
        assert_eq!(server.heads().len() - before, 1, "{location}");
    }
    assert_eq!(inside.heads(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_is_waited_for_without_end() {
    let server = Server::start(String::new()).await;
    for path in ["silent", "slow"] {
        let reader = server.reader(path).within(Duration::from_millis(300));
        match reader.fetch(None, None).await {
            Err(FeedError::Unreachable { reason }) => {
                assert_eq!(reason, "it does not answer in time", "{path}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let reader = Reader::new(&format!("http://{free}/feed"), true).unwrap();
    let nobody = reader.fetch(None, None).await.unwrap_err();
    assert!(matches!(nobody, FeedError::Unreachable { .. }), "{nobody}");
}
