//! A Matrix homeserver of one test: Synapse itself, on a free port, with people in it.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Method, Url};
use ring::hmac;
use serde_json::{Value, json};

use crate::program::{Program, free_port, python};

/// Names an interpreter that has Synapse, in place of the installed one.
pub const PYTHON_VARIABLE: &str = "YUTANG_SYNAPSE";
/// The name of the server in ids.
pub const SERVER: &str = "hs.test";

const SECRET: &str = "registration";
/// Ends with the test even if that was killed: then its input comes to an end.
const LAUNCHER: &str = "\
import os, sys, threading
def watch():
    while os.read(0, 1):
        pass
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
from synapse.app.homeserver import main
sys.argv = ['synapse', '-c', sys.argv[1]]
main()
";
/// Kinds of rate limits that would be in the way of a test.
const LIMITS: &[&str] = &[
    "rc_message",
    "rc_registration",
    "rc_admin_redaction",
    "rc_joins_per_room",
    "rc_invites",
    "rc_3pid_validation",
    "rc_room_creation",
    "rc_presence",
    "rc_media_create",
    "rc_reports",
    "rc_login",
    "rc_joins",
];

/// The homeserver.
#[derive(Debug)]
pub struct Synapse {
    program: Program,
    port: u16,
    folder: tempfile::TempDir,
    client: Client,
}

/// Somebody with an account on it.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their token.
    pub token: String,
    base: Url,
    client: Client,
}

impl Synapse {
    /// Starts it, empty.
    ///
    /// # Panics
    /// It is not installed or does not start.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts it, empty, with more lines of its configuration.
    ///
    /// # Panics
    /// It is not installed or does not start.
    pub async fn start_with(more: &str) -> Self {
        let folder = tempfile::tempdir().expect("the temporary folder can be written");
        let port = free_port();
        fs::write(
            folder.path().join("homeserver.yaml"),
            config(folder.path(), port) + more,
        )
        .expect("the temporary folder can be written");
        let seed = "CiQ9fB0T4k3XH2s7m1V6cJ8yWnZ5rL0aQdE3uKpGxNM";
        fs::write(
            folder.path().join("signing.key"),
            format!("ed25519 a_test {seed}\n"),
        )
        .expect("the temporary folder can be written");
        fs::write(folder.path().join("log.yaml"), log(folder.path()))
            .expect("the temporary folder can be written");
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut synapse = Self {
            program: run(folder.path()),
            port,
            folder,
            client: Client::builder()
                .timeout(Duration::from_secs(60))
                .build()
                .expect("a client can be built"),
        };
        synapse.wait().await;
        synapse
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash would.
    pub fn crash(&mut self) {
        self.program.kill();
    }

    /// Starts it again after a crash, on the same address with the same rooms.
    pub async fn restart(&mut self) {
        self.program = run(self.folder.path());
        self.wait().await;
    }

    async fn wait(&mut self) {
        let health = format!("{}/health", self.url());
        // On a machine that is busy with building it takes its time.
        for _ in 0..1_200 {
            if let Ok(answer) = self.client.get(&health).send().await
                && answer.status().is_success()
            {
                return;
            }
            assert!(
                !self.program.has_ended(),
                "Synapse ended:\n{}",
                fs::read_to_string(self.folder.path().join("homeserver.log")).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("Synapse does not answer");
    }

    /// Makes an account; everybody's password is their name.
    ///
    /// # Panics
    /// Synapse refuses.
    pub async fn person(&self, name: &str) -> Person {
        let base = Url::parse(&self.url()).expect("an address");
        let mut person = Person {
            id: String::new(),
            token: String::new(),
            base,
            client: self.client.clone(),
        };
        let path = "/_synapse/admin/v1/register";
        let nonce = person.ok(Method::GET, path, None).await["nonce"].clone();
        let nonce = nonce.as_str().expect("a nonce").to_owned();
        let message = format!("{nonce}\0{name}\0{name}\0admin");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        let mac = hmac::sign(&key, message.as_bytes()).as_ref().iter().fold(
            String::new(),
            |mut mac, byte| {
                let _ = write!(mac, "{byte:02x}");
                mac
            },
        );
        let body = json!({ "nonce": nonce, "username": name, "password": name, "admin": true,
            "mac": mac });
        let made = person.ok(Method::POST, path, Some(body)).await;
        made["user_id"]
            .as_str()
            .expect("an id")
            .clone_into(&mut person.id);
        made["access_token"]
            .as_str()
            .expect("a token")
            .clone_into(&mut person.token);
        person
    }
}

impl Person {
    /// Calls the server and returns status and answer.
    ///
    /// # Panics
    /// It does not answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = self.base.join(path).expect("a path");
        let mut request = self.client.request(method, url);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("Synapse answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// Calls the server; it has to agree.
    ///
    /// # Panics
    /// It refuses.
    pub async fn ok(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// Posts below `/_matrix/client/v3`.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let path = format!("/_matrix/client/v3/{path}");
        self.ok(Method::POST, &path, Some(body)).await
    }

    /// Makes a room and returns its id.
    pub async fn room(&self, body: Value) -> String {
        let made = self.post("createRoom", body).await;
        made["room_id"].as_str().expect("a room").to_owned()
    }

    /// Joins a room.
    pub async fn join(&self, room: &str) {
        self.post(&format!("join/{}", step(room)), json!({})).await;
    }

    /// Says something in a room and returns the event's id.
    pub async fn say(&self, room: &str, text: &str) -> String {
        self.send(room, json!({ "msgtype": "m.text", "body": text }))
            .await
    }

    /// Sends a message of any kind and returns the event's id.
    pub async fn send(&self, room: &str, content: Value) -> String {
        let sent = self.try_send(room, content).await.1;
        sent["event_id"].as_str().expect("an event").to_owned()
    }

    /// Tries to send a message.
    pub async fn try_send(&self, room: &str, content: Value) -> (u16, Value) {
        self.try_send_as(room, "m.room.message", content).await
    }

    /// Sends an event of any kind and returns its id.
    ///
    /// # Panics
    /// Synapse refuses.
    pub async fn send_as(&self, room: &str, kind: &str, content: Value) -> String {
        let (status, sent) = self.try_send_as(room, kind, content).await;
        assert_eq!(status, 200, "{kind}: {sent}");
        sent["event_id"].as_str().expect("an event").to_owned()
    }

    async fn try_send_as(&self, room: &str, kind: &str, content: Value) -> (u16, Value) {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let txn = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = format!("/_matrix/client/v3/rooms/{}/send/{kind}/t{txn}", step(room));
        self.call(Method::PUT, &path, Some(content)).await
    }

    /// Sets a state of a room.
    pub async fn set(&self, room: &str, kind: &str, content: Value) -> Value {
        let path = format!("/_matrix/client/v3/rooms/{}/state/{kind}/", step(room));
        self.ok(Method::PUT, &path, Some(content)).await
    }

    /// A state of a room.
    pub async fn state(&self, room: &str, kind: &str, key: &str) -> Value {
        let (room, key) = (step(room), step(key));
        let path = format!("/_matrix/client/v3/rooms/{room}/state/{kind}/{key}");
        self.ok(Method::GET, &path, None).await
    }

    /// The messages of a room, oldest first.
    pub async fn messages(&self, room: &str) -> Vec<Value> {
        let path = format!(
            "/_matrix/client/v3/rooms/{}/messages?dir=b&limit=1000",
            step(room)
        );
        let mut answer = self.ok(Method::GET, &path, None).await;
        let Value::Array(mut chunk) = answer["chunk"].take() else {
            return Vec::new();
        };
        chunk.retain(|event| event["type"] == "m.room.message");
        chunk.reverse();
        chunk
    }

    /// Lets somebody send only so many messages a second, in bursts of at most as many.
    pub async fn slow_down(&self, who: &str, per_second: u32) {
        let path = format!("/_synapse/admin/v1/users/{}/override_ratelimit", step(who));
        let body = json!({ "messages_per_second": per_second, "burst_count": per_second });
        self.ok(Method::POST, &path, Some(body)).await;
    }
}

/// An id as one step of a path.
pub fn step(id: &str) -> String {
    use std::fmt::Write as _;
    let mut step = String::new();
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            step.push(char::from(byte));
        } else {
            let _ = write!(step, "%{byte:02X}");
        }
    }
    step
}

fn run(folder: &Path) -> Program {
    let out = fs::File::create(folder.join("output")).expect("the temporary folder can be written");
    let error = out.try_clone().expect("a file has a second handle");
    Program::start(
        Command::new(python("synapse", PYTHON_VARIABLE))
            .arg("-c")
            .arg(LAUNCHER)
            .arg(folder.join("homeserver.yaml"))
            .current_dir(folder)
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(error)),
    )
}

fn config(folder: &Path, port: u16) -> String {
    let limits: Vec<String> = LIMITS
        .iter()
        .map(|name| {
            let many = "per_second: 10000, burst_count: 10000";
            match *name {
                "rc_login" => format!(
                    "{name}: {{ address: {{ {many} }}, account: {{ {many} }}, \
                     failed_attempts: {{ {many} }} }}"
                ),
                "rc_joins" => format!("{name}: {{ local: {{ {many} }}, remote: {{ {many} }} }}"),
                "rc_invites" => format!(
                    "{name}: {{ per_room: {{ {many} }}, per_user: {{ {many} }}, \
                     per_issuer: {{ {many} }} }}"
                ),
                "rc_3pid_validation" | "rc_presence" => String::new(),
                _ => format!("{name}: {{ {many} }}"),
            }
        })
        .collect();
    format!(
        "server_name: {SERVER}
listeners:
  - {{ port: {port}, tls: false, type: http, bind_addresses: ['127.0.0.1'], resources: [{{ names: [client, media], compress: false }}] }}
database: {{ name: sqlite3, args: {{ database: '{folder}/homeserver.db' }} }}
log_config: '{folder}/log.yaml'
media_store_path: '{folder}/media'
signing_key_path: '{folder}/signing.key'
pid_file: '{folder}/pid'
registration_shared_secret: {SECRET}
macaroon_secret_key: macaroon
form_secret: form
bcrypt_rounds: 4
report_stats: false
trusted_key_servers: []
presence: {{ enabled: false }}
{limits}
",
        folder = folder.display(),
        limits = limits.join("\n"),
    )
}

fn log(folder: &Path) -> String {
    format!(
        "version: 1
formatters: {{ plain: {{ format: '%(asctime)s %(levelname)s %(name)s %(message)s' }} }}
handlers: {{ file: {{ class: logging.FileHandler, formatter: plain, filename: '{}/homeserver.log' }} }}
root: {{ level: WARNING, handlers: [file] }}
",
        folder.display()
    )
}
