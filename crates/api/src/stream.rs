//! What changes, as it changes: one stream of server-sent events per browser.
//!
//! The stream says which subjects changed and in what way, never what they hold: the console reads
//! again what it shows, through the same permissions as ever. Its ids are positions of the log, so
//! a browser that comes back goes on where it was.

use std::{
    collections::{BTreeSet, HashSet},
    convert::Infallible,
    time::Duration,
};

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast::error::RecvError, mpsc};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use yutang_app::{App, Caller, live::Recorded};
use yutang_domain::{event::EventKind, permission::Operation};

use crate::{ApiState, Auth, Query, problem::Result};

/// A browser further behind than this begins anew.
const GAP: i64 = 10_000;
/// How often a silent stream says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long facts are gathered into one message.
const GATHER: Duration = Duration::from_millis(100);

/// What a stream is asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Subjects, separated by commas: `today`, `groups`, `group:gp_…`, `members`, `member:mb_…`,
    /// `tasks`, `imports`, `staff`, `branches`, `workspace`; none = all.
    pub topics: Option<String>,
    /// Position to go on after, where `Last-Event-ID` cannot be sent.
    pub after: Option<i64>,
}

/// What changed.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct ChangeOut {
    /// Position of the last fact told.
    pub position: i64,
    /// Subjects that changed.
    pub topics: BTreeSet<String>,
    /// In what ways.
    pub kinds: BTreeSet<String>,
}

/// Changes as they happen, as server-sent events: `change` with what changed, `reset` when the
/// browser has to read everything again.
#[utoipa::path(
    get, path = "/stream", operation_id = "stream", tag = "live",
    params(StreamQuery),
    extensions(("x-permission" = json!("session.own"))),
    responses((status = 200, body = ChangeOut, content_type = "text/event-stream"))
)]
async fn stream(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let last = headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse().ok());
    let wanted: HashSet<String> = query
        .topics
        .iter()
        .flat_map(|topics| topics.split(','))
        .map(|topic| topic.trim().to_owned())
        .filter(|topic| !topic.is_empty())
        .collect();
    let (sender, receiver) = mpsc::channel(16);
    let teller = Teller {
        sight: Sight::of(&state.app, &caller).await?,
        app: state.app,
        caller,
        wanted,
        sender,
        position: 0,
    };
    tokio::spawn(teller.tell(last.or(query.after)));
    let events = tokio_stream::wrappers::ReceiverStream::new(receiver);
    Ok((
        [
            (header::CACHE_CONTROL, "no-store"),
            (header::HeaderName::from_static("x-accel-buffering"), "no"),
        ],
        Sse::new(events),
    )
        .into_response())
}

/// What the caller may see of facts.
struct Sight {
    /// Branches; `None` = all.
    branches: Option<HashSet<i64>>,
    groups: bool,
    members: bool,
    staff: bool,
    imports: bool,
}

impl Sight {
    async fn of(app: &App, caller: &Caller) -> Result<Self> {
        let may = |operation| caller.may(operation).is_ok();
        let branches = if caller.branch_prefix().is_empty() {
            None
        } else {
            Some(
                app.branches(caller)
                    .await?
                    .iter()
                    .map(|b| b.id.raw())
                    .collect(),
            )
        };
        Ok(Self {
            branches,
            groups: may(Operation::GroupRead),
            members: may(Operation::MemberRead),
            staff: may(Operation::StaffRead),
            imports: may(Operation::ImportRead),
        })
    }

    /// Subjects of a fact that the caller may know of. One whose reach is a branch hears only of
    /// facts that lie in it, and of those without a place only what concerns everybody.
    fn topics(&self, fact: &Recorded) -> Vec<String> {
        let placed = match (&self.branches, fact.branch_id) {
            (None, _) => true,
            (Some(seen), Some(branch)) => seen.contains(&branch.raw()),
            (Some(_), None) => false,
        };
        if !placed && (fact.branch_id.is_some() || fact.group_id.is_some()) {
            return Vec::new();
        }
        let mut topics: Vec<String> = subjects(fact.kind)
            .iter()
            .filter(|topic| match **topic {
                "members" => self.members,
                "staff" => self.staff,
                "imports" => self.imports,
                "groups" => self.groups,
                _ => true,
            })
            .map(|topic| (*topic).to_owned())
            .collect();
        if let Some(group) = fact.group_id.filter(|_| self.groups) {
            topics.push(format!("group:{group}"));
        }
        if let Some(member) = fact.member_id.filter(|_| self.members && placed) {
            topics.push(format!("member:{member}"));
        }
        topics
    }
}

/// Places of the console that a kind of fact touches.
const fn subjects(kind: EventKind) -> &'static [&'static str] {
    match kind {
        EventKind::WorkspaceCreated | EventKind::WorkspaceChanged => &["workspace"],
        EventKind::BranchChanged => &["branches", "groups"],
        EventKind::GroupCreated
        | EventKind::GroupChanged
        | EventKind::GroupArchived
        | EventKind::GroupRestored
        | EventKind::GroupAnnounced
        | EventKind::GateChanged
        | EventKind::GateShut
        | EventKind::GateOpened
        | EventKind::KnockAsked
        | EventKind::KnockEnded
        | EventKind::WelcomeChanged
        | EventKind::WelcomeSaid
        | EventKind::RulesAcknowledged
        | EventKind::MessagePosted => &["groups"],
        EventKind::MessageSent => &["groups", "broadcasts"],
        EventKind::GroupHealth => &["groups", "today"],
        EventKind::MemberJoined | EventKind::MemberLeft | EventKind::MemberRemoved => {
            &["groups", "members"]
        }
        EventKind::MessageComplaint
        | EventKind::AlarmRaised
        | EventKind::AlarmTaken
        | EventKind::AlarmEscalated
        | EventKind::AlarmClosed => &["groups", "today", "tasks", "alarms"],
        EventKind::MessageMarked | EventKind::ClassifierChanged => &["moderation"],
        EventKind::OrderPlaced => &["today", "sales", "members"],
        EventKind::MemberCreated
        | EventKind::MemberChanged
        | EventKind::MemberMerged
        | EventKind::MemberUnlinked
        | EventKind::ConsentGiven
        | EventKind::ConsentWithdrawn
        | EventKind::MemberErased => &["members"],
        EventKind::ImportProgressed => &["imports"],
        EventKind::ImportFinished | EventKind::ImportUndone => {
            &["imports", "groups", "members", "today", "sales"]
        }
        EventKind::TaskCreated | EventKind::TaskChanged => &["tasks", "today", "broadcasts"],
        EventKind::BroadcastChanged => &["broadcasts"],
        EventKind::PlaybookChanged => &["playbooks"],
        EventKind::StaffChanged => &["staff"],
        EventKind::TokenChanged => &["tokens"],
        EventKind::WebhookChanged => &["webhooks"],
        EventKind::OutsideReceived => &["outside_events"],
        EventKind::ChannelChanged => &["channels"],
        EventKind::SessionRevoked => &["sessions"],
        EventKind::SanctionDecided
        | EventKind::SanctionJudged
        | EventKind::AppealOpened
        | EventKind::AppealDecided => &["moderation", "groups", "tasks", "today"],
        EventKind::MessageReported
        | EventKind::PolicyChanged
        | EventKind::RuleSetPublished
        | EventKind::TrustChanged => &["moderation"],
    }
}

/// One stream at work.
struct Teller {
    app: App,
    caller: Caller,
    sight: Sight,
    wanted: HashSet<String>,
    sender: mpsc::Sender<Result<Event, Infallible>>,
    position: i64,
}

impl Teller {
    async fn tell(mut self, after: Option<i64>) {
        if let Err(problem) = self.follow(after).await {
            tracing::warn!(error.code = problem.code, "a stream ended early");
        }
    }

    async fn follow(&mut self, after: Option<i64>) -> Result<()> {
        let stop = self.app.stopping();
        let mut facts = self.app.live().subscribe();
        if !self.resume(after).await? {
            return Ok(());
        }
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.tick().await;
        loop {
            let first = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.sender.closed() => return Ok(()),
                fact = facts.recv() => fact,
                _ = heartbeat.tick() => {
                    if !self.app.still_stands(&self.caller).await? || !self.send(Event::default().comment("")).await {
                        return Ok(());
                    }
                    continue;
                }
            };
            let mut gathered = match first {
                Ok(fact) => vec![fact],
                Err(RecvError::Lagged(_)) => {
                    self.position = self.app.live().position();
                    if !self.reset().await {
                        return Ok(());
                    }
                    continue;
                }
                Err(RecvError::Closed) => return Ok(()),
            };
            tokio::time::sleep(GATHER).await;
            while let Ok(fact) = facts.try_recv() {
                gathered.push(fact);
            }
            if !self.pass_on(&gathered).await? {
                return Ok(());
            }
        }
    }

    /// Tells what a returning browser missed; a new one is told where it stands.
    async fn resume(&mut self, after: Option<i64>) -> Result<bool> {
        let last = self.app.last_position().await?;
        let Some(after) = after else {
            self.position = last;
            let hello = ChangeOut {
                position: last,
                ..ChangeOut::default()
            };
            return Ok(self.send(event("hello", &hello)).await);
        };
        if after > last || last - after > GAP {
            self.position = last;
            return Ok(self.reset().await);
        }
        self.position = after;
        loop {
            let missed = self.app.facts_after(self.position, 500).await?;
            if missed.is_empty() {
                return Ok(true);
            }
            if !self.pass_on(&missed).await? {
                return Ok(false);
            }
        }
    }

    /// Tells of facts; false once nobody listens or the session has ended.
    async fn pass_on(&mut self, facts: &[Recorded]) -> Result<bool> {
        let mut change = ChangeOut::default();
        let mut standing = false;
        for fact in facts.iter().filter(|f| f.position > self.position) {
            change.position = fact.position;
            if fact.workspace_id != self.caller.workspace {
                continue;
            }
            standing |= matches!(
                fact.kind,
                EventKind::SessionRevoked
                    | EventKind::StaffChanged
                    | EventKind::TokenChanged
                    | EventKind::BranchChanged
            );
            let mut topics = self.sight.topics(fact);
            topics.retain(|topic| self.wanted.is_empty() || self.wanted.contains(topic));
            if !topics.is_empty() {
                change.kinds.insert(fact.kind.to_string());
                change.topics.extend(topics);
            }
        }
        self.position = self.position.max(change.position);
        if standing {
            if !self.app.still_stands(&self.caller).await? {
                return Ok(false);
            }
            self.sight = Sight::of(&self.app, &self.caller).await?;
        }
        if change.topics.is_empty() {
            return Ok(true);
        }
        Ok(self.send(event("change", &change)).await)
    }

    async fn reset(&mut self) -> bool {
        let change = ChangeOut {
            position: self.position,
            ..ChangeOut::default()
        };
        self.send(event("reset", &change)).await
    }

    async fn send(&self, event: Event) -> bool {
        self.sender.send(Ok(event)).await.is_ok()
    }
}

fn event(name: &str, change: &ChangeOut) -> Event {
    let data = serde_json::to_string(change).unwrap_or_default();
    Event::default()
        .event(name)
        .id(change.position.to_string())
        .data(data)
}

/// The route of the stream.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(stream))
}
