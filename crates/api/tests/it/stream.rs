//! Changes as they happen.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use yutang_testkit::{
    TestDatabase,
    app::{OWNER, PASSWORD, TestApp},
    both_engines,
};

use crate::http::Edge;

/// A stream being read.
struct Reading {
    body: Body,
    text: String,
}

/// One message: its name, its id, its data.
type Message = (String, i64, Value);

impl Reading {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body(),
            text: String::new(),
        }
    }

    /// The next message; `None` once the stream has ended.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let block: String = self.text.drain(..end + 2).collect();
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(|v| v.trim().to_owned())
                };
                let Some(name) = field("event:") else {
                    continue;
                };
                let data = serde_json::from_str(&field("data:").unwrap()).unwrap();
                return Some((name, field("id:").unwrap().parse().unwrap(), data));
            }
            let frame = tokio::time::timeout(Duration::from_secs(60), self.body.frame());
            let frame = frame
                .await
                .expect("the stream says something within a minute")?;
            self.text
                .push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
    }

    /// The next message that tells of a topic.
    async fn until(&mut self, topic: &str) -> Message {
        loop {
            let message = self.next().await.expect("the stream goes on");
            if message.2["topics"]
                .as_array()
                .unwrap()
                .contains(&json!(topic))
            {
                return message;
            }
        }
    }
}

both_engines! {
    async fn a_change_is_told_and_a_returning_browser_hears_what_it_missed(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let follower = test.app.clone();
        let following = tokio::spawn(async move { follower.follow_log().await });
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let mut stream = Reading::of(owner.open("/stream?topics=branches", &[]).await);
        let (hello, _, _) = stream.next().await.unwrap();
        assert_eq!(hello, "hello");
        owner.post("/branches", json!({ "name": "海岸城", "kind": "store" })).await.expect(201);
        let (name, position, data) = stream.until("branches").await;
        assert_eq!(name, "change");
        assert_eq!(data["kinds"], json!(["branch.changed"]));
        assert_eq!(data["topics"], json!(["branches"]));
        drop(stream);
        owner.patch("/workspace", json!({ "name": "甲" })).await.expect(200);
        let mut stream = Reading::of(owner.open("/stream", &[("last-event-id", &position.to_string())]).await);
        let (_, later, data) = stream.until("workspace").await;
        assert!(later > position);
        assert!(!data["topics"].as_array().unwrap().contains(&json!("branches")), "told twice");
        // One that comes from another log reads everything again.
        let mut lost = Reading::of(owner.open("/stream", &[("last-event-id", "999999999")]).await);
        assert_eq!(lost.next().await.unwrap().0, "reset");
        drop((stream, lost));
        test.finish().await;
        following.await.unwrap();
    }

    async fn a_stream_ends_with_its_session(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let follower = test.app.clone();
        let following = tokio::spawn(async move { follower.follow_log().await });
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let mut stream = Reading::of(owner.open("/stream", &[]).await);
        stream.next().await.unwrap();
        owner.delete("/session").await.expect(204);
        while let Some((_, _, data)) = stream.next().await {
            assert!(data["topics"].as_array().unwrap().contains(&json!("sessions")) || data["topics"] == json!([]), "{data}");
        }
        test.finish().await;
        following.await.unwrap();
    }

    async fn nobody_hears_of_other_branches(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let follower = test.app.clone();
        let following = tokio::spawn(async move { follower.follow_log().await });
        let edge = Edge::of(&test);
        let mut owner = edge.signed_in(OWNER).await;
        let mut ids = Vec::new();
        for name in ["海岸城", "车公庙"] {
            let row = owner.post("/branches", json!({ "name": name, "kind": "store" })).await.expect(201);
            ids.push(row["id"].as_str().unwrap().to_owned());
        }
        let body = json!({
            "name": "li", "password": PASSWORD, "role": "manager", "title": "store_manager", "branch_id": ids[0],
        });
        owner.post("/staff", body).await.expect(201);
        let li = edge.signed_in("li").await;
        let mut stream = Reading::of(li.open("/stream?topics=branches", &[]).await);
        let (_, begun, _) = stream.next().await.unwrap();
        owner.patch(&format!("/branches/{}", ids[1]), json!({ "code": "2" })).await.expect(200);
        owner.patch(&format!("/branches/{}", ids[0]), json!({ "code": "1" })).await.expect(200);
        let (_, position, _) = stream.until("branches").await;
        assert!(position > begun);
        // Both changes may have come at once: what counts is that the other one alone says nothing.
        owner.patch(&format!("/branches/{}", ids[1]), json!({ "code": "3" })).await.expect(200);
        owner.patch("/workspace", json!({ "name": "甲" })).await.expect(200);
        let mut all = Reading::of(li.open("/stream", &[("last-event-id", &position.to_string())]).await);
        let (_, _, data) = all.until("workspace").await;
        assert!(!data["topics"].as_array().unwrap().contains(&json!("branches")), "{data}");
        drop((stream, all));
        test.finish().await;
        following.await.unwrap();
    }
}
