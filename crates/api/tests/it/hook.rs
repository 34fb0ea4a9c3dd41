//! The door for deliveries over HTTP, and the accounts that knock at it.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use yutang_app::{
    channel::NewConnection,
    connection::Options,
    hook::{BODY_LIMIT, headers::Secret},
    outbox::Lines,
};
use yutang_domain::time::SECOND;
use yutang_store::{Mode, group, message};
use yutang_testkit::{
    Telegram, TestDatabase,
    app::{OWNER, TestApp},
    both_engines,
    telegram::TOKEN,
};

use crate::http::Edge;

struct Sender {
    door: Router,
    path: String,
    secret: Secret,
    seconds: i64,
}

impl Sender {
    fn signed(&self, id: &str, body: &str) -> Request<Body> {
        Request::post(&self.path)
            .header("webhook-id", id)
            .header("webhook-timestamp", self.seconds.to_string())
            .header(
                "webhook-signature",
                self.secret.sign(id, self.seconds, body.as_bytes()),
            )
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = self.door.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = http_body_util::BodyExt::collect(response.into_body())
            .await
            .unwrap()
            .to_bytes();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    }
}

both_engines! {
    /// Each way in which a delivery can be wrong has its status and code.
    async fn a_delivery_is_answered_with_what_became_of_it(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let made = owner.post("/channels", json!({ "name": "网桥" })).await.expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        let url = made["url"].as_str().unwrap();
        let path = url.strip_prefix("https://shop.example").unwrap().to_owned();
        let sender = Sender {
            door: yutang_api::hook::router(&test.app),
            path: path.clone(),
            secret: Secret::parse(&secret).unwrap(),
            seconds: test.app.now().ms() / SECOND,
        };
        let fact = json!({
            "key": "m1", "at": test.app.now().ms(), "group": "g1", "group_name": "福利1群", "kind": "posted",
            "sender": { "id": "u1", "name": "李姐" }, "text": "吐司出炉了吗",
        })
        .to_string();
        assert_eq!(sender.send(sender.signed("d1", &fact)).await, (202, String::new()));
        assert_eq!(sender.send(sender.signed("d1", &fact)).await, (202, String::new()));
        let refused = |status: u16, code: &str| (status, code.to_owned());
        assert_eq!(sender.send(sender.signed("d2", "no JSON")).await, refused(422, "hook.body"));
        let large = "x".repeat(BODY_LIMIT + 1);
        assert_eq!(sender.send(sender.signed("d3", &large)).await, refused(413, "body.size"));
        let unsigned = Request::post(&path).body(Body::from(fact.clone())).unwrap();
        assert_eq!(sender.send(unsigned).await, refused(401, "signature.header"));
        let mut forged = sender.signed("d4", &fact);
        *forged.body_mut() = Body::from("{}");
        assert_eq!(sender.send(forged).await, refused(401, "signature.wrong"));
        let late = Sender { seconds: sender.seconds - 301, door: sender.door.clone(), path: path.clone(), secret: sender.secret.clone() };
        assert_eq!(late.send(late.signed("d5", &fact)).await, refused(401, "signature.stale"));
        for nowhere in ["/hooks/open/ca_0000000000000", "/hooks/open/x", "/hooks/fake/ca_0000000000000"] {
            let mut request = sender.signed("d6", &fact);
            *request.uri_mut() = nowhere.parse().unwrap();
            assert_eq!(sender.send(request).await, refused(404, "hook.unknown"), "{nowhere}");
        }
        // A refusal can be asked about: it carries the sender's id of the request, or a new one.
        for (given, expected) in [(Some("from-the-sender-7"), Some("from-the-sender-7")), (Some("not plain"), None), (None, None)] {
            let mut request = Request::post(&path);
            if let Some(given) = given {
                request = request.header("x-request-id", given);
            }
            let response = sender.door.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let named = response.headers()["x-request-id"].to_str().unwrap().to_owned();
            let bytes = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(body["request_id"], named);
            assert!(expected.map_or(named.len() == 16, |id| id == named), "{named}");
        }
        let got = Request::get(&path).body(Body::empty()).unwrap();
        assert_eq!(sender.send(got).await.0, StatusCode::METHOD_NOT_ALLOWED.as_u16());

        // Of all these one was stored.
        let done = test.app.process_hooks(&Lines::default()).await.unwrap();
        assert_eq!((done.done, done.refused, done.messages), (1, 0, 1));
        let groups = owner.get("/groups").await.expect(200);
        assert_eq!(groups["items"][0]["name"], "福利1群");

        let listed = owner.get("/channels").await.expect(200);
        assert_eq!(listed["items"][0]["url"], url);
        assert!(!listed.to_string().contains(&secret), "the secret is shown once");
        owner.delete(&format!("/channels/{}", made["id"].as_str().unwrap())).await.expect(204);
        assert_eq!(owner.get("/channels").await.expect(200)["items"], json!([]));
        test.advance(3 * SECOND).await;
        assert_eq!(sender.send(sender.signed("d7", &fact)).await, refused(404, "hook.unknown"));
        test.finish().await;
    }

    /// The limit is what it says: a body of exactly that size is read.
    async fn a_body_of_the_greatest_size_is_accepted(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let mut owner = Edge::of(&test).signed_in(OWNER).await;
        let made = owner.post("/channels", json!({ "name": "网桥", "adopt": false })).await.expect(201);
        owner.post("/channels", json!({ "name": "", "adopt": false })).await.refused(422, "channel.name");
        let sender = Sender {
            door: yutang_api::hook::router(&test.app),
            path: format!("/hooks/open/{}", made["id"].as_str().unwrap()),
            secret: Secret::parse(made["secret"].as_str().unwrap()).unwrap(),
            seconds: test.app.now().ms() / SECOND,
        };
        let body = format!("\"{}\"", "x".repeat(BODY_LIMIT - 2));
        assert_eq!(sender.send(sender.signed("d1", &body)).await.0, 202);
        let done = test.app.process_hooks(&Lines::default()).await.unwrap();
        assert_eq!((done.done, done.refused), (0, 1));
        let listed = owner.get("/channels").await.expect(200);
        let error = listed["items"][0]["last_error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("d1: open.field"), "{error}");
        test.finish().await;
    }
}

/// What a picture's codes say, for a test: the bytes themselves.
fn read_codes(picture: &[u8]) -> Vec<String> {
    vec![String::from_utf8_lossy(picture).into_owned()]
}

/// Waits until something holds; a busy machine takes its time.
async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..1_200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("never came: {what}");
}

both_engines! {
    /// Telegram delivers: believed by the word it was told, stored once, changed messages changed,
    /// pictures looked at, and asked again once that is wanted.
    async fn telegram_delivers_what_happens(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let app = &test.app;
        let telegram = Telegram::start().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        app.reach_at(&base);
        let door = yutang_api::hook::router(app);
        let server = tokio::spawn(async move { axum::serve(listener, door).await });
        let connection = NewConnection::Telegram {
            base_url: Some(telegram.url().to_owned()),
            token: TOKEN.to_owned(),
        };
        let made = app.connect(&test.owner, &connection, None, true).await.unwrap();
        app.have_delivered(&test.owner, made.id, true).await.unwrap();
        let lines = Lines::default();
        let (a, l) = (app.clone(), lines.clone());
        let options = Options {
            wait: Some(std::time::Duration::from_secs(1)),
            read_codes: None,
        };
        let keeping = tokio::spawn(async move { a.keep_connections(&l, options).await });
        until("the webhook", || async { telegram.calls().iter().any(|call| call == "setWebhook") }).await;
        until("a line", || async { lines.of(made.id).is_some() }).await;

        let chat = telegram.group("福利1群", "supergroup");
        let first = telegram.say(chat, 7, "今天的吐司几点出炉");
        telegram.show(chat, 7, "看这个", b"https://example.org/code".to_vec());
        let statuses = telegram.deliver().await;
        assert!(!statuses.is_empty() && statuses.iter().all(|status| *status == 202), "{statuses:?}");
        app.process_hooks_reading(&lines, Some(read_codes)).await.unwrap();
        assert!(telegram.calls().iter().any(|call| call == "getFile"), "pictures are looked at");
        telegram.edit(chat, first, "今天的吐司卖完了吗");
        telegram.edit(chat, first, "今天的吐司卖完了吗？");
        telegram.deliver().await;
        app.process_hooks(&lines).await.unwrap();
        let external = chat.to_string();
        let workspace = test.workspace.id;
        let mut tx = app.store().begin(Mode::Read).await.unwrap();
        let group = group::find_external(&mut tx, workspace, "telegram", &external).await.unwrap().unwrap();
        assert_eq!(group.name, "福利1群");
        let mut rows = message::stream(&mut tx, workspace, group.id, None, None, 10).await.unwrap();
        rows.reverse();
        let texts: Vec<_> = rows.iter().filter_map(|row| row.text.as_deref()).collect();
        assert!(texts[0].starts_with("今天的吐司卖完了吗"), "{texts:?}");
        assert_eq!(texts.len(), 2, "a changed message is one message: {texts:?}");
        let edit = message::edit_of(&mut tx, workspace, rows[0].id).await.unwrap();
        assert!(edit.edited_at.is_some() && edit.text_before.is_some());
        drop(tx);

        // Whoever does not know the word is not believed, and nobody sends more than a message holds.
        let path = format!("/hooks/telegram/{}", made.id);
        let door = yutang_api::hook::router(app);
        let send = |word: Option<&'static str>, body: String| {
            let mut request = Request::post(&path);
            if let Some(word) = word {
                request = request.header("x-telegram-bot-api-secret-token", word);
            }
            let door = door.clone();
            let request = request.body(Body::from(body)).unwrap();
            async move { door.oneshot(request).await.unwrap().status().as_u16() }
        };
        let update = json!({ "update_id": 99, "message": {} }).to_string();
        assert_eq!(send(None, update.clone()).await, 401);
        assert_eq!(send(Some("guessed"), update).await, 401);
        assert_eq!(send(Some("guessed"), "x".repeat(BODY_LIMIT + 1)).await, 413);

        // Asked again: what happens is fetched.
        app.have_delivered(&test.owner, made.id, false).await.unwrap();
        telegram.say(chat, 8, "在吗");
        until("what was said", || async {
            let mut tx = app.store().begin(Mode::Read).await.unwrap();
            let rows = message::stream(&mut tx, workspace, group.id, None, None, 10).await.unwrap();
            rows.iter().any(|row| row.text.as_deref() == Some("在吗"))
        })
        .await;
        keeping.abort();
        server.abort();
        test.finish().await;
    }
}
