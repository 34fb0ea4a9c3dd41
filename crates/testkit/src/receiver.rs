//! A program of somebody else's that webhooks are sent to, on a free port of 127.0.0.1.
//!
//! It keeps what comes and answers as it was told beforehand, 204 where it was told nothing.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

/// A delivery that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The body.
    pub body: String,
}

impl Arrived {
    /// The body, read.
    ///
    /// # Panics
    /// The body is no JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a delivery is JSON")
    }
}

/// How a delivery is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// With a status.
    Status(u16),
    /// With a status and so many seconds in `Retry-After`.
    Wait(u16, u32),
    /// With a redirect to a place of the receiver's own.
    Redirect,
    /// Not at all: whoever sent it waits.
    Never,
}

#[derive(Debug, Default)]
struct Held {
    seen: Mutex<(Vec<Arrived>, VecDeque<Answer>)>,
    came: Notify,
}

/// The receiver; it ends with the value.
#[derive(Debug)]
pub struct Receiver {
    held: Arc<Held>,
    url: String,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    /// Starts it.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let held = Arc::new(Held::default());
        let router = Router::new().fallback(take).with_state(held.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            held,
            url: format!("http://{address}/events"),
            server,
        }
    }

    /// Where it is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What came, oldest first.
    pub fn arrived(&self) -> Vec<Arrived> {
        lock(&self.held).0.clone()
    }

    /// How the next deliveries are answered.
    pub fn answer(&self, answers: &[Answer]) {
        lock(&self.held).1.extend(answers);
    }

    /// From now on it answers as it does by itself.
    pub fn answer_as_usual(&self) {
        lock(&self.held).1.clear();
    }

    /// Waits until so many have come.
    pub async fn until(&self, count: usize) {
        loop {
            let came = self.held.came.notified();
            if self.arrived().len() >= count {
                return;
            }
            came.await;
        }
    }
}

fn lock(held: &Held) -> MutexGuard<'_, (Vec<Arrived>, VecDeque<Answer>)> {
    held.seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(held): State<Arc<Held>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let arrived = Arrived {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let answer = {
        let mut held = lock(&held);
        held.0.push(arrived);
        held.1.pop_front()
    };
    held.came.notify_waiters();
    match answer {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Answer::Status(status)) => {
            (status_of(status), format!("answered {status}")).into_response()
        }
        Some(Answer::Wait(status, seconds)) => (
            status_of(status),
            [(header::RETRY_AFTER, seconds.to_string())],
        )
            .into_response(),
        Some(Answer::Redirect) => (
            StatusCode::TEMPORARY_REDIRECT,
            [(header::LOCATION, "/elsewhere")],
        )
            .into_response(),
        Some(Answer::Never) => std::future::pending().await,
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status of HTTP")
}
