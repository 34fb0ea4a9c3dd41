//! Running the program and reading what it says.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tempfile::TempDir;
use yutang_testkit::{Engine, TestDatabase};

/// A condition that does not come true for so long never will.
pub const CEILING: Duration = Duration::from_secs(60);

/// The program on data of its own.
pub struct Program {
    folder: TempDir,
    database: Option<String>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The one document on stdout.
    pub fn json(&self) -> Json {
        let mut lines = self.stdout.lines();
        let document = lines
            .next()
            .unwrap_or_else(|| panic!("nothing on stdout: {self:?}"));
        assert_eq!(lines.next(), None, "more than one document: {self:?}");
        serde_json::from_str(document).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The document of a command that did what it was asked.
    pub fn done(&self) -> Json {
        assert_eq!(self.code, 0, "{self:?}");
        self.json()
    }

    /// The error of a command that did not: its code; the detail has to hold all `words`.
    pub fn refused(&self, exit: i32, code: &str, words: &[&str]) -> Json {
        assert_eq!(self.code, exit, "{self:?}");
        let error = self.json()["error"].clone();
        assert_eq!(error["code"], code, "{self:?}");
        let said = format!(
            "{} {}",
            error["at"].as_str().unwrap_or_default(),
            error["detail"].as_str().unwrap()
        );
        for word in words {
            assert!(said.contains(word), "{word:?} is not in {said:?}");
        }
        error
    }
}

impl Program {
    /// On an empty data folder.
    pub fn new() -> Self {
        Self {
            folder: tempfile::Builder::new()
                .prefix("yutang-cli-")
                .tempdir()
                .unwrap(),
            database: None,
        }
    }

    /// On a test's database; on SQLite the file of the data folder.
    pub fn on(database: &TestDatabase) -> Self {
        let mut program = Self::new();
        if database.engine() == Engine::Postgres {
            program.database = Some(database.url().to_owned());
        }
        program
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The database server's address, where it is not a file in the data folder.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// A path beside the data folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file beside the data folder.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The command, not yet started.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = bare();
        command.args(arguments).arg("--data").arg(self.data());
        if let Some(url) = &self.database {
            command.arg("--database").arg(url);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        finish(self.command(arguments), "")
    }

    /// Runs a command to its end with `--json`.
    pub fn json<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command(arguments);
        command.arg("--json");
        finish(command, "")
    }

    /// Runs a command to its end with `--json` and something on stdin.
    pub fn told<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        stdin: &str,
    ) -> Ran {
        let mut command = self.command(arguments);
        command.arg("--json");
        finish(command, stdin)
    }

    /// Imports a chat history.
    pub fn chat(&self, file: &Path, group: &str) -> Ran {
        self.json([
            OsStr::new("import"),
            OsStr::new("chat"),
            file.as_os_str(),
            OsStr::new("--group"),
            OsStr::new(group),
        ])
    }

    /// Starts `serve` or `demo` on a free port and waits until it is ready.
    pub fn started(&self, what: &str) -> Server {
        let mut command = self.command([what, "--listen", "127.0.0.1:0", "--json"]);
        command.env("YUTANG_LOG", "warn");
        Server::of(command, 1).0
    }
}

/// The binary in an environment that says nothing to it.
pub fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yutang"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("YUTANG_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end.
pub fn finish(mut command: Command, stdin: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that asks for nothing may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program that serves; killed when it is dropped.
pub struct Server {
    child: Child,
    pub ready: Json,
}

impl Server {
    /// Starts a command and waits for so many documents, the last of which says that it is ready.
    pub fn of(mut command: Command, documents: usize) -> (Self, Vec<Json>) {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut said = Vec::new();
        while said.len() < documents {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.is_empty() {
                let mut errors = String::new();
                child
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut errors)
                    .unwrap();
                child.wait().unwrap();
                panic!("{command:?} did not start: {errors}");
            }
            said.push(
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")),
            );
        }
        // What else it says must not fill the pipe.
        let mut errors = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        let ready = said.last().cloned().unwrap_or_default();
        (Self { child, ready }, said)
    }

    /// `127.0.0.1:port`
    pub fn address(&self) -> String {
        self.ready["url"]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap()
            .to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM; the exit code.
    pub fn stop(mut self) -> i32 {
        signal(self.pid(), "TERM");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(begun.elapsed() < CEILING, "it does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A request; status, headers and body.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answered {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.set_read_timeout(Some(CEILING)).unwrap();
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address(),
            body.len()
        );
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        text += "\r\n";
        text += body;
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        Answered {
            status,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        }
    }

    pub fn get(&self, path: &str) -> Answered {
        self.request("GET", path, &[], "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the server answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends a signal to one process.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Waits for a condition.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < CEILING, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Where the large test data are: `YUTANG_TESTDATA`, or beside the project. `None`, said aloud, if
/// the file is not there.
pub fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("not run: 1 ({name} is absent)");
    None
}

/// A file that is committed with the readers of files.
pub fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../import/tests/data")
        .join(name)
}

/// A QQ history of `messages` messages by `people` people who come one after the other, one message
/// every 37 seconds from 2026-01-05 09:00 on; a shorter one is the beginning of a longer one.
pub fn history(messages: usize, people: usize) -> String {
    let mut text =
        String::from("消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:测试群\n\n");
    for n in 0..messages {
        let second = 9 * 3600 + n * 37;
        let (day, rest) = (second / 86_400, second % 86_400);
        let who = n * 7 % people.min(n / 25 + 1);
        write!(
            text,
            "2026-{:02}-{:02} {}:{:02}:{:02} 群友{}({})\n第{n}条:吐司{}点出炉吗\n\n",
            1 + (4 + day) / 28,
            1 + (4 + day) % 28,
            rest / 3600,
            rest / 60 % 60,
            rest % 60,
            who,
            10_001 + who,
            n % 24
        )
        .unwrap();
    }
    text
}

#[test]
fn a_history_stays_in_the_past() {
    assert!(
        history(40_000, 10)
            .lines()
            .rev()
            .find(|line| line.starts_with("2026-"))
            .unwrap()
            < "2026-02-01"
    );
}
