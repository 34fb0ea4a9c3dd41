//! One throw-away PostgreSQL server for the tests of a machine.
//!
//! Test processes come and go, two at a time or forty; a server for each would cost more than the
//! tests. So the first that needs one starts it under a file lock in the temporary folder, on a
//! free port of 127.0.0.1, and the others find it there. It keeps nothing: no fsync, no sockets,
//! and a fresh cluster whenever it is started. `cargo xtask postgres stop` ends it by its process
//! id. `YUTANG_TEST_POSTGRES` names a server to use instead, `YUTANG_TEST_POSTGRES_HOME` another
//! folder for it.

use std::{
    env, fs,
    fs::File,
    io,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Names a server that is already there.
pub const URL_VARIABLE: &str = "YUTANG_TEST_POSTGRES";
/// Names the folder of the server to start.
pub const HOME_VARIABLE: &str = "YUTANG_TEST_POSTGRES_HOME";
/// The account the server runs under when the tests run as root, which it refuses to.
const SERVER_USER: &str = "postgres";

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No PostgreSQL on this machine.
    #[error(
        "PostgreSQL is not installed, and tests on it are not skipped: \
         `apt-get install postgresql` (Debian, Ubuntu), `brew install postgresql@17` (macOS), \
         or set {URL_VARIABLE} to postgres://USER@HOST/DATABASE of a server you can spare"
    )]
    Missing,
    /// A program of PostgreSQL failed.
    #[error("{program} failed: {said}")]
    Failed {
        /// What was run.
        program: String,
        /// What it said.
        said: String,
    },
    /// A folder, file or program could not be used.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// The system's reason.
        source: io::Error,
    },
}

/// A server in a folder of its own; the value is only a handle, the server outlives it.
#[derive(Clone, Debug)]
pub struct Cluster {
    home: PathBuf,
}

impl Cluster {
    /// The server that tests of this account share.
    ///
    /// # Errors
    /// The account cannot be found out.
    pub fn shared() -> Result<Self, ClusterError> {
        if let Some(home) = env::var_os(HOME_VARIABLE).filter(|home| !home.is_empty()) {
            return Ok(Self::at(home));
        }
        Ok(Self::at(
            env::temp_dir().join(format!("yutang-test-postgres-{}", account()?)),
        ))
    }

    /// The server of the folder `home`.
    pub fn at(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    /// Starts the server unless it runs, and returns its URL.
    ///
    /// # Errors
    /// PostgreSQL is missing or does not start.
    pub fn start(&self) -> Result<String, ClusterError> {
        let lock = self.lock()?;
        let url = match self.running()? {
            Some((_, url)) => url,
            None => self.start_locked()?,
        };
        drop(lock);
        Ok(url)
    }

    /// Stops the server and removes what it kept; returns whether it was running.
    ///
    /// # Errors
    /// The server does not stop.
    pub fn stop(&self) -> Result<bool, ClusterError> {
        if !self.home.exists() {
            return Ok(false);
        }
        let lock = self.lock()?;
        let was_running = match self.running()? {
            Some((pid, _)) => {
                run(as_server(&Programs::find()?.pg_ctl)
                    .args(["stop", "-m", "fast", "-w", "-D"])
                    .arg(self.data()))
                .map_err(|error| ClusterError::Failed {
                    program: format!("stopping the server with process id {pid}"),
                    said: error.to_string(),
                })?;
                true
            }
            None => false,
        };
        remove(&self.server())?;
        drop(lock);
        Ok(was_running)
    }

    /// Process id and URL, if the server runs.
    ///
    /// # Errors
    /// PostgreSQL is missing.
    fn running(&self) -> Result<Option<(u32, String)>, ClusterError> {
        let Ok(file) = fs::read_to_string(self.data().join("postmaster.pid")) else {
            return Ok(None);
        };
        let status = as_server(&Programs::find()?.pg_ctl)
            .args(["status", "-D"])
            .arg(self.data())
            .quiet()?;
        if !status {
            return Ok(None);
        }
        Ok(address(&file))
    }

    fn start_locked(&self) -> Result<String, ClusterError> {
        let programs = Programs::find()?;
        let (server, data) = (self.server(), self.data());
        remove(&server)?;
        fs::create_dir_all(&server).map_err(|e| doing("creating", &server, e))?;
        if is_root()? {
            run(Command::new("chown").arg(SERVER_USER).arg(&server))?;
        }
        run(as_server(&programs.initdb)
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "-U",
                "postgres",
                "-D",
            ])
            .arg(&data)
            .current_dir(&self.home))?;
        let port = free_port()?;
        let settings = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
             -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 \
             -c shared_buffers=128MB -c max_locks_per_transaction=256 \
             -c max_pred_locks_per_transaction=256 -c autovacuum_naptime=10min"
        );
        let log = server.join("log");
        let started = as_server(&programs.pg_ctl)
            .args(["start", "-w", "-t", "60", "-o", &settings, "-l"])
            .arg(&log)
            .arg("-D")
            .arg(&data)
            .current_dir(&self.home)
            .quiet()?;
        let file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        match address(&file) {
            Some((_, url)) if started => Ok(url),
            _ => Err(ClusterError::Failed {
                program: programs.pg_ctl.display().to_string(),
                said: fs::read_to_string(&log).unwrap_or_default(),
            }),
        }
    }

    fn lock(&self) -> Result<File, ClusterError> {
        fs::create_dir_all(&self.home).map_err(|e| doing("creating", &self.home, e))?;
        fs::set_permissions(&self.home, fs::Permissions::from_mode(0o755))
            .map_err(|e| doing("opening to the server's account", &self.home, e))?;
        let path = self.home.join("lock");
        let file = File::create(&path).map_err(|e| doing("creating", &path, e))?;
        file.lock().map_err(|e| doing("locking", &path, e))?;
        Ok(file)
    }

    fn server(&self) -> PathBuf {
        self.home.join("server")
    }

    fn data(&self) -> PathBuf {
        self.server().join("data")
    }
}

/// The URL of the server for tests: the one named by [`URL_VARIABLE`], else the shared one, which
/// is started if need be.
///
/// # Errors
/// As [`Cluster::start`].
pub fn url() -> Result<String, ClusterError> {
    match env::var(URL_VARIABLE) {
        Ok(url) if !url.is_empty() => Ok(url),
        _ => Cluster::shared()?.start(),
    }
}

/// The programs of the newest PostgreSQL on this machine.
struct Programs {
    initdb: PathBuf,
    pg_ctl: PathBuf,
}

impl Programs {
    fn find() -> Result<Self, ClusterError> {
        let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let version = entry.file_name().to_str()?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        versions.sort();
        let on_path = env::var_os("PATH").unwrap_or_default();
        versions
            .into_iter()
            .rev()
            .map(|(_, folder)| folder)
            .chain(env::split_paths(&on_path))
            .map(|folder| Self {
                initdb: folder.join("initdb"),
                pg_ctl: folder.join("pg_ctl"),
            })
            .find(|programs| programs.initdb.exists() && programs.pg_ctl.exists())
            .ok_or(ClusterError::Missing)
    }
}

/// Process id and URL out of a `postmaster.pid`: line 1 is the process, line 4 the port.
fn address(file: &str) -> Option<(u32, String)> {
    let lines: Vec<&str> = file.lines().collect();
    let pid = lines.first()?.trim().parse().ok()?;
    let port: u16 = lines.get(3)?.trim().parse().ok()?;
    Some((
        pid,
        format!("postgres://postgres@127.0.0.1:{port}/postgres"),
    ))
}

fn account() -> Result<String, ClusterError> {
    let output = run(Command::new("id").arg("-u"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn is_root() -> Result<bool, ClusterError> {
    Ok(account()? == "0")
}

/// A command under the account that may run the server.
fn as_server(program: &Path) -> Command {
    if is_root().unwrap_or(false) {
        let mut command = Command::new("runuser");
        command.args(["-u", SERVER_USER, "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn free_port() -> Result<u16, ClusterError> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| ClusterError::Io {
            doing: "looking for a free port".to_owned(),
            source,
        })
}

fn run(command: &mut Command) -> Result<Output, ClusterError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ClusterError::Io {
            doing: format!("running {program}"),
            source,
        })?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [output.stdout, output.stderr].concat();
    Err(ClusterError::Failed {
        program,
        said: String::from_utf8_lossy(&said).trim().to_owned(),
    })
}

trait Quiet {
    /// Runs without any of our pipes, which a server left behind would hold open; says whether it
    /// succeeded.
    fn quiet(&mut self) -> Result<bool, ClusterError>;
}

impl Quiet for Command {
    fn quiet(&mut self) -> Result<bool, ClusterError> {
        self.stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map(|status| status.success())
            .map_err(|source| ClusterError::Io {
                doing: format!("running {}", self.get_program().to_string_lossy()),
                source,
            })
    }
}

fn remove(folder: &Path) -> Result<(), ClusterError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(doing("removing", folder, error))
        }
        _ => Ok(()),
    }
}

fn doing(what: &str, path: &Path, source: io::Error) -> ClusterError {
    ClusterError::Io {
        doing: format!("{what} {}", path.display()),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_server_is_started_once_found_again_and_stopped() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = Cluster::at(folder.path().join("home"));
        assert!(!cluster.stop().unwrap(), "nothing was running");
        let url = cluster.start().unwrap();
        let address = url
            .trim_start_matches("postgres://postgres@")
            .trim_end_matches("/postgres");
        TcpStream::connect(address).unwrap();
        assert_eq!(
            Cluster::at(folder.path().join("home")).start().unwrap(),
            url
        );
        assert!(cluster.stop().unwrap());
        TcpStream::connect(address).unwrap_err();
        assert!(!cluster.stop().unwrap(), "stopped before");
    }

    #[test]
    fn the_address_is_read_from_the_servers_own_file() {
        let file = "4711\n/tmp/x/data\n1795136700\n40123\n\n127.0.0.1\n  1 2\nready   \n";
        let expected = "postgres://postgres@127.0.0.1:40123/postgres".to_owned();
        assert_eq!(address(file), Some((4711, expected)));
        assert_eq!(address("4711\n"), None);
    }

    #[test]
    fn a_missing_server_says_how_to_get_one() {
        assert!(
            ClusterError::Missing
                .to_string()
                .contains("apt-get install postgresql")
        );
    }
}
