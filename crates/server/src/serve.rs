//! Serving: listen, work in the background, stop in order.

use std::{io::IsTerminal as _, net::SocketAddr, time::Duration};

use axum::Router;
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use yutang_api::{ApiState, Config as Edge};
use yutang_app::{App, connection, jobs, outbox::Lines};
use yutang_pages::PagesState;

use crate::{
    config::Settings,
    console,
    lock::Lock,
    output::{Failure, Output, Result, say},
};

/// For how long requests under way and work in the background may go on after the signal.
const PATIENCE: Duration = Duration::from_secs(10);

/// A bound address, before anything is opened: a taken port leaves nothing behind.
pub async fn listen(address: &str) -> Result<(TcpListener, SocketAddr)> {
    let failed = |error: std::io::Error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program listens there: name another port with --listen (port 0 takes a free one)"
            }
            std::io::ErrorKind::PermissionDenied => {
                "ports below 1024 need more rights: name another port with --listen"
            }
            _ => "give an address and a port, for example --listen 127.0.0.1:8420",
        };
        Failure::failed(
            "serve.listen",
            format!("cannot listen on {address}: {error}; {remedy}"),
        )
        .at(address)
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// The lock of the data folder, needed where the database is a file.
pub fn lock(settings: &Settings) -> Result<Option<Lock>> {
    match settings.file() {
        None => Ok(None),
        Some(file) => Ok(Some(Lock::take(file.parent().unwrap_or(&settings.data))?)),
    }
}

/// Who may sign in where; printed once requests are answered.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    /// Sign-in name, in the demo.
    pub login: Option<String>,
    /// Its password.
    pub password: Option<String>,
}

/// All routes of the program.
pub fn routes(app: &App, settings: &Settings) -> Result<Router> {
    let base_url = Some(
        settings
            .config
            .server
            .base_url
            .trim_end_matches('/')
            .to_owned(),
    );
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
        .and_then(metrics_exporter_prometheus::PrometheusBuilder::install_recorder)
        .map_err(|error| Failure::failed("serve.metrics", error.to_string()))?;
    let edge = Edge {
        base_url: base_url.filter(|url| !url.is_empty()),
        metrics: Some(recorder),
    };
    let pages = PagesState {
        app: app.clone(),
        secure: edge.is_secure(),
    };
    let hooks = yutang_api::hook::router(app);
    let (api, _) = yutang_api::router(ApiState::new(app.clone(), edge));
    let all = api
        .merge(yutang_pages::router(pages))
        .fallback(console::answer);
    Ok(yutang_api::edge::around(all).merge(hooks))
}

/// What the codes in a picture say; one that cannot be read says nothing.
fn read_codes(picture: &[u8]) -> Vec<String> {
    yutang_text::qr::read(picture).unwrap_or_default()
}

/// The work in the background of one process.
pub fn background(app: &App, lines: &Lines) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let (a, l) = (app.clone(), lines.clone());
    tasks.spawn(async move { a.follow_log().await });
    let a = app.clone();
    tasks.spawn(async move { a.sweep().await });
    let a = app.clone();
    tasks.spawn(async move { a.work(&jobs::trades()).await });
    let (a, h) = (app.clone(), l.clone());
    tasks.spawn(async move { a.work_hooks(&h, Some(read_codes)).await });
    let (a, c) = (app.clone(), l.clone());
    let options = connection::Options {
        read_codes: Some(read_codes),
        ..connection::Options::default()
    };
    tasks.spawn(async move { a.keep_connections(&c, options).await });
    let a = app.clone();
    tasks.spawn(async move { a.tell().await });
    let a = app.clone();
    tasks.spawn(async move { a.deliver().await });
    let a = app.clone();
    tasks.spawn(async move { a.send(&l).await });
    tasks
}

/// Serves until the program is told to stop, then lets requests and work end.
pub async fn until_stopped(
    app: App,
    settings: &Settings,
    (listener, address): (TcpListener, SocketAddr),
    mut tasks: JoinSet<()>,
    output: Output,
    ready: Ready,
) -> Result<()> {
    let router = routes(&app, settings)?;
    let stop = app.stopping();
    let stopped = stop.clone();
    let mut server = tokio::spawn(
        axum::serve(
            listener,
            router.into_make_service_with_connect_info::<SocketAddr>(),
        )
        .with_graceful_shutdown(async move { stopped.cancelled().await })
        .into_future(),
    );
    let url = url_of(settings, address);
    app.reach_at(&url);
    // Whoever reads that it is ready may tell it to stop at once.
    let told = told_to_stop();
    announce(&url, output, &ready);
    let ended = tokio::select! {
        ended = &mut server => Some(ended),
        () = told => None,
    };
    tracing::info!("stopping");
    stop.cancel();
    let outcome = match ended {
        Some(Ok(Err(error))) => Err(Failure::failed("serve.failed", error.to_string())),
        Some(Err(error)) => Err(Failure::failed("serve.failed", error.to_string())),
        Some(Ok(Ok(()))) => Ok(()),
        None => {
            if tokio::time::timeout(PATIENCE, &mut server).await.is_err() {
                tracing::warn!("requests are still under way: they are cut off");
                server.abort();
            }
            Ok(())
        }
    };
    rest(&mut tasks).await;
    app.close().await;
    outcome
}

/// Waits for the background work to end.
pub async fn rest(tasks: &mut JoinSet<()>) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::warn!("work in the background did not end in time: it is taken up again later");
        tasks.abort_all();
    }
}

/// Ends with SIGINT or SIGTERM; both are caught from the call on.
pub fn told_to_stop() -> impl Future<Output = ()> {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    async {
        match signals {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            _ => std::future::pending().await,
        }
    }
}

/// Where browsers reach the program: as configured, else where it listens.
fn url_of(settings: &Settings, address: SocketAddr) -> String {
    if settings.config.server.base_url.is_empty() {
        format!("http://{}", shown(address))
    } else {
        settings.config.server.base_url.clone()
    }
}

fn announce(url: &str, output: Output, ready: &Ready) {
    if output.json {
        say(&json!({ "url": url, "login": ready.login, "password": ready.password }).to_string());
        return;
    }
    say(&format!("yutang is ready: {url}"));
    if let (Some(login), Some(password)) = (&ready.login, &ready.password) {
        say(&format!("  login     {login}\n  password  {password}"));
    }
    if std::io::stdout().is_terminal() {
        say("Ctrl-C stops it.");
    }
}

/// Nobody can open 0.0.0.0 in a browser.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}
