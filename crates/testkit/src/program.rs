//! Programs of others that a test runs beside itself, and that end with it.

use std::{
    env,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The interpreter of a set of Python programs that `scripts/setup.sh test` installs.
///
/// # Panics
/// It is not there; the message says what to run.
pub fn python(set: &str, variable: &str) -> PathBuf {
    if let Some(named) = env::var_os(variable).filter(|named| !named.is_empty()) {
        return PathBuf::from(named);
    }
    let cache = env::var_os("XDG_CACHE_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))
        .expect("HOME or XDG_CACHE_HOME is set");
    let python = cache.join("yutang").join(set).join("bin/python");
    assert!(
        python.exists(),
        "{} is missing: run `scripts/setup.sh test`, or let {variable} name an interpreter",
        python.display()
    );
    python
}

/// A port of 127.0.0.1 that nobody listens on.
///
/// # Panics
/// There is none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("127.0.0.1 has a free port");
    let address = listener.local_addr().expect("a listener has an address");
    address.port()
}

/// A program that is ended when the value goes.
#[derive(Debug)]
pub struct Program {
    child: Child,
}

impl Program {
    /// Starts it; its input stays open for as long as the test lives, so that it can tell.
    ///
    /// # Panics
    /// It does not start.
    pub fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self { child }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
