//! Deliveries to the running program: what was accepted survives SIGKILL, once.

use serde_json::{Value as Json, json};
use yutang_app::hook::headers::Secret;
use yutang_domain::time::{Clock as _, SECOND, SystemClock};
use yutang_testkit::{TestDatabase, both_engines};

use crate::program::{Program, Server, until};

struct Bridge {
    account: String,
    secret: Secret,
}

impl Bridge {
    fn connect(program: &Program) -> Self {
        let made = program
            .json(["channel", "add", "--network", "open", "--name", "网桥"])
            .done();
        let url = made["url"].as_str().unwrap();
        let account = made["account"].as_str().unwrap().to_owned();
        assert!(url.ends_with(&format!("/hooks/open/{account}")), "{url}");
        Self {
            account,
            secret: Secret::parse(made["secret"].as_str().unwrap()).unwrap(),
        }
    }

    fn deliver(&self, server: &Server, id: &str, body: &str) -> u16 {
        let seconds = SystemClock.now().ms() / SECOND;
        let signature = self.secret.sign(id, seconds, body.as_bytes());
        let seconds = seconds.to_string();
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", seconds.as_str()),
            ("webhook-signature", signature.as_str()),
        ];
        server
            .request(
                "POST",
                &format!("/hooks/open/{}", self.account),
                &headers,
                body,
            )
            .status
    }
}

fn body(first: usize, count: usize) -> String {
    let facts: Vec<Json> = (first..first + count)
        .map(|n| {
            json!({
                "key": format!("m{n}"), "at": 1_767_600_000_000_i64 + n as i64 * 1_000,
                "group": "g1", "group_name": "海岸城福利1群", "kind": "posted",
                "sender": { "id": format!("u{}", n % 40), "name": format!("群友{}", n % 40) },
                "text": format!("第{n}条:吐司几点出炉"),
            })
        })
        .collect();
    Json::from(facts).to_string()
}

fn rounds() -> usize {
    if std::env::var_os("YUTANG_SOAK").is_some() {
        10
    } else {
        1
    }
}

both_engines! {
    /// Killed between accepting and processing: every accepted fact is there once afterwards.
    async fn accepted_facts_survive_a_kill_once(database: TestDatabase) {
        const EACH: usize = 50;
        let program = Program::on(&database);
        let bridge = Bridge::connect(&program);
        let mut deliveries = 0;
        for _ in 0..rounds() {
            let server = program.started("serve");
            for _ in 0..60 {
                assert_eq!(bridge.deliver(&server, &format!("d{deliveries}"), &body(deliveries * EACH, EACH)), 202);
                deliveries += 1;
            }
            server.kill();
            let server = program.started("serve");
            // A sender that heard no answer tries again.
            let last = deliveries - 1;
            assert_eq!(bridge.deliver(&server, &format!("d{last}"), &body(last * EACH, EACH)), 202);
            let token = program.json(["token", "add", "--role", "owner"]).done();
            let token = format!("Bearer {}", token["token"].as_str().unwrap());
            let headers = [("authorization", token.as_str())];
            until("all are processed", || {
                let answer = server.request("GET", "/api/v1/groups", &headers, "");
                let groups: Json = serde_json::from_str(&answer.body).unwrap();
                let last = groups["items"][0]["last_message_at"].as_str().unwrap_or_default().to_owned();
                let wanted = yutang_domain::time::Timestamp::from_ms(
                    1_767_600_000_000 + (deliveries * EACH - 1) as i64 * 1_000,
                );
                last.parse() == Ok(wanted)
            });
            assert_eq!(server.stop(), 0);
            let report = program.json(["report", "group", "海岸城福利1群"]).done();
            assert_eq!(report["messages"], deliveries * EACH);
            assert_eq!(program.run(["doctor"]).code, 0);
        }
        let listed = program.json(["channel", "list"]).done();
        assert_eq!(listed["items"][0]["last_error"], Json::Null);
        program.json(["channel", "remove", &bridge.account]).done();
        assert_eq!(program.json(["channel", "list"]).done()["items"], json!([]));
        program.json(["channel", "remove", &bridge.account]).refused(1, "store.not_found", &[]);
    }

    async fn a_channel_that_cannot_be_connected_is_refused(database: TestDatabase) {
        let program = Program::on(&database);
        program.json(["channel", "add", "--network", "wecom", "--name", "x"]).refused(1, "channel.network", &["open"]);
        program.json(["channel", "add", "--name", ""]).refused(1, "channel.name", &[]);
    }
}
