//! A house that keeps groups on a network, and the program that may be killed.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use yutang_domain::time::{Clock as _, HOUR, SystemClock};
use yutang_testkit::TestDatabase;

use crate::program::{CEILING, Program, Server};

/// What is left between two messages that are two matters: what follows within ten seconds of a
/// sanction belongs to it.
pub const APART: Duration = Duration::from_secs(11);

pub struct House {
    pub program: Program,
    server: Option<Server>,
    bearer: String,
}

impl House {
    /// A workspace where it is noon, whatever time it is here: groups are left in peace at night.
    pub fn open(database: &TestDatabase) -> Self {
        let program = Program::on(database);
        let owner = [
            "staff",
            "add",
            "--name",
            "老板",
            "--role",
            "owner",
            "--sign-in",
            "boss",
        ];
        let owner = owner.into_iter().chain(["--password-stdin"]);
        program.told(owner, "correct horse battery\n").done();
        let token = program.json(["token", "add", "--role", "owner"]).done();
        let mut house = Self {
            program,
            server: None,
            bearer: format!("Bearer {}", token["token"].as_str().unwrap()),
        };
        house.start();
        house.api("PATCH", "/workspace", &json!({ "zone": noon() }));
        house
    }

    fn start(&mut self) {
        assert!(self.server.is_none(), "it runs");
        self.server = Some(self.program.started("serve"));
    }

    /// The power goes, and comes again.
    pub fn restart(&mut self) {
        self.server.take().expect("it runs").kill();
        self.start();
    }

    /// A request that has to be agreed to.
    pub fn api(&self, method: &str, path: &str, body: &Json) -> Json {
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "application/json"),
        ];
        let body = match body {
            Json::Null => String::new(),
            body => body.to_string(),
        };
        let server = self.server.as_ref().expect("it runs");
        let answer = server.request(method, &format!("/api/v1{path}"), &headers, &body);
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path}: {answer:?}"
        );
        serde_json::from_str(&answer.body).unwrap_or(Json::Null)
    }

    pub fn get(&self, path: &str) -> Json {
        self.api("GET", path, &Json::Null)
    }

    /// The items of a list.
    pub fn list(&self, path: &str) -> Vec<Json> {
        let mut answer = self.get(path);
        match answer["items"].take() {
            Json::Array(items) => items,
            other => panic!("{path} has no items: {other}"),
        }
    }

    /// The group of this name, once it is known.
    pub async fn group(&self, name: &str) -> String {
        let mut id = String::new();
        until(&format!("the group {name}"), async || {
            let found = self
                .list("/groups")
                .into_iter()
                .find(|row| row["name"] == name);
            let found = found.and_then(|row| row["id"].as_str().map(str::to_owned));
            id = found.unwrap_or_default();
            !id.is_empty()
        })
        .await;
        id
    }

    /// Has a group kept: decisions are carried out, whoever comes is greeted and asked to
    /// acknowledge the rules, and knocks are treated as `gate` says.
    pub fn keep(&self, group: &str, gate: &Json) {
        let mut at_the_gate = json!({ "kind": "staff", "acknowledge": true, "card_name": "" });
        for (field, value) in gate.as_object().unwrap() {
            at_the_gate[field] = value.clone();
        }
        let policy = json!({ "mode": "act", "strictness": "normal", "slow_mode_s": 0, "off": [] });
        let rules = json!({ "theme": "每天出炉", "services": "接龙预订",
            "forbidden": "1. 不吵架\n2. 不发广告", "encouraged": "晒单" });
        let mut welcome = self.get(&format!("/groups/{group}/welcome"));
        let kept = welcome.as_object_mut().unwrap();
        kept.retain(|field, _| {
            ["line", "private", "returning", "reminder"].contains(&field.as_str())
        });
        kept.insert("on".to_owned(), json!(true));
        self.api("PUT", &format!("/groups/{group}/policy"), &policy);
        self.api("PUT", &format!("/groups/{group}/gate"), &at_the_gate);
        self.api("PUT", &format!("/groups/{group}/announcement"), &rules);
        self.api("PUT", &format!("/groups/{group}/welcome"), &welcome);
    }

    /// Waits for a sanction in a group and returns it.
    pub async fn sanction(&self, group: &str, holds: impl Fn(&Json) -> bool) -> Json {
        let path = format!("/moderation/queue?group={group}");
        let mut found = Json::Null;
        until("the sanction", async || {
            let mut rows = self.list(&path).into_iter();
            found = rows.find(|row| holds(row)).unwrap_or_default();
            !found.is_null()
        })
        .await;
        found
    }

    /// Sentences of open tasks.
    pub fn tasks(&self) -> Vec<(String, String)> {
        let word =
            |task: &Json, field: &str| task[field]["code"].as_str().unwrap_or_default().to_owned();
        self.list("/tasks?state=open&limit=100")
            .iter()
            .map(|task| (word(task, "what"), word(task, "why")))
            .collect()
    }

    /// Waits until nothing is left to be said or done through the only account.
    pub async fn settled(&self) {
        until("all is said", async || {
            let account = self.list("/channels").remove(0);
            account["waiting"] == 0
        })
        .await;
    }

    /// Ends the story: what counts agrees with what it counts.
    pub fn finish(mut self) {
        assert_eq!(self.server.take().expect("it runs").stop(), 0);
        let seen = self.program.run(["doctor"]);
        assert_eq!(seen.code, 0, "{}", seen.stdout);
    }
}

/// Waits for a condition; a busy machine takes its time.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < CEILING, "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A zone in which it is between twelve and one now.
fn noon() -> String {
    let hour = SystemClock.now().ms() / HOUR % 24;
    // The names count westward.
    match hour - 12 {
        0 => "Etc/GMT".to_owned(),
        west if west > 0 => format!("Etc/GMT+{west}"),
        east => format!("Etc/GMT{east}"),
    }
}
