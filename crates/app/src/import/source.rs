//! A planned file of any kind, and its records in chunks.

use std::{ops::ControlFlow, sync::Arc};

use tokio::sync::mpsc;
use yutang_domain::{
    import::{CHUNK, ImportKind},
    time::{DAY, Timestamp, Zone},
};
use yutang_import::{
    ImportError, Rejects,
    chat::{self, Rooms},
    table,
};
use yutang_text::verdict::Reading;

use super::{Counts, Options, Request};
use crate::{AppError, Caller, Result, workspace::Retention};

/// What the whole-file pass found.
pub(crate) enum Plan {
    /// A chat history, and the days that texts are kept.
    Chat(chat::Plan, i64),
    /// Orders.
    Orders(table::Plan<table::OrderSummary>),
    /// People.
    Members(table::Plan<()>),
    /// Groups.
    Groups(table::Plan<()>),
}

/// An entry of a chat history.
pub(crate) struct Entry {
    /// What the file says.
    pub record: chat::Record,
    /// What was read from the words of a message.
    pub reading: Option<Arc<Reading>>,
}

impl Entry {
    fn new(record: chat::Record) -> Self {
        let reading = match &record.body {
            chat::Body::Message(message) => Some(Arc::new(Reading::new(&message.text))),
            chat::Body::System { .. } => None,
        };
        Self { record, reading }
    }
}

/// Records on their way to a transaction.
pub(crate) enum Chunk {
    /// Entries of a chat history, with what was read from the words of messages.
    Chat(Vec<Entry>),
    /// Lines of orders.
    Orders(Vec<table::OrderLine>),
    /// People.
    Members(Vec<table::MemberLine>),
    /// Groups.
    Groups(Vec<table::GroupLine>),
}

impl Chunk {
    pub const fn len(&self) -> usize {
        match self {
            Self::Chat(rows) => rows.len(),
            Self::Orders(rows) => rows.len(),
            Self::Members(rows) => rows.len(),
            Self::Groups(rows) => rows.len(),
        }
    }
}

impl Plan {
    pub fn format(&self) -> String {
        match self {
            Self::Chat(plan, _) => plan.format.as_str().to_owned(),
            Self::Orders(plan) => layout(plan.layout, plan.preset),
            Self::Members(plan) | Self::Groups(plan) => layout(plan.layout, plan.preset),
        }
    }

    pub fn encoding(&self) -> String {
        match self {
            Self::Chat(plan, _) => plan.encoding.to_string(),
            Self::Orders(plan) => plan.encoding.map_or_else(String::new, |e| e.to_string()),
            Self::Members(plan) | Self::Groups(plan) => {
                plan.encoding.map_or_else(String::new, |e| e.to_string())
            }
        }
    }

    pub const fn sha256(&self) -> &[u8; 32] {
        match self {
            Self::Chat(plan, _) => &plan.sha256,
            Self::Orders(plan) => &plan.sha256,
            Self::Members(plan) | Self::Groups(plan) => &plan.sha256,
        }
    }

    pub const fn bytes(&self) -> u64 {
        match self {
            Self::Chat(plan, _) => plan.bytes,
            Self::Orders(plan) => plan.bytes,
            Self::Members(plan) | Self::Groups(plan) => plan.bytes,
        }
    }

    pub const fn records(&self) -> u64 {
        match self {
            Self::Chat(plan, _) => plan.records(),
            Self::Orders(plan) => plan.lines,
            Self::Members(plan) | Self::Groups(plan) => plan.lines,
        }
    }

    pub const fn rejects(&self) -> &Rejects {
        match self {
            Self::Chat(plan, _) => &plan.rejects,
            Self::Orders(plan) => &plan.rejects,
            Self::Members(plan) | Self::Groups(plan) => &plan.rejects,
        }
    }

    /// Facts of the file; with `as_if_new` also what would be stored if nothing were there yet.
    pub fn counts(&self, as_if_new: bool) -> Counts {
        let mut counts = Counts::default();
        match self {
            Self::Chat(plan, retention_days) => {
                counts.retention_days = *retention_days;
                counts.past_retention = plan.old;
                counts.system = plan.system;
                counts.members = plan.senders;
                counts.days = plan.days();
                counts.first = plan.first;
                counts.last = plan.last;
                if as_if_new {
                    counts.messages = plan.messages;
                }
            }
            Self::Orders(plan) => {
                counts.lines = plan.lines;
                counts.members = plan.summary.customers;
                counts.revenue_minor = plan.summary.revenue_minor;
                counts.cancelled = plan.summary.cancelled;
                counts.without_member = plan.summary.without_member;
                counts.first = plan.summary.first;
                counts.last = plan.summary.last;
                if as_if_new {
                    counts.orders = plan.summary.orders;
                }
            }
            Self::Members(plan) => {
                counts.lines = plan.lines;
                counts.members = plan.lines;
                if as_if_new {
                    counts.added = plan.lines;
                }
            }
            Self::Groups(plan) => {
                counts.lines = plan.lines;
                if as_if_new {
                    counts.groups = plan.lines;
                }
            }
        }
        counts
    }
}

fn layout(layout: table::Layout, preset: Option<table::Preset>) -> String {
    let kind = match layout {
        table::Layout::Delimited(_) => "csv",
        table::Layout::Spaced => "spaced",
        table::Layout::Sheet => "xlsx",
    };
    match preset {
        Some(preset) => format!("{kind}:{}", word(&preset)),
        None => kind.to_owned(),
    }
}

/// The word a value is stored as.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|json| json.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn zone_of(caller: &Caller, options: &Options) -> Result<Zone> {
    Ok(match &options.zone {
        Some(name) => Zone::from_name(name)?,
        None => caller.zone.clone(),
    })
}

fn chat_options(
    caller: &Caller,
    options: &Options,
    now: Timestamp,
    retention: Retention,
) -> Result<chat::Options> {
    Ok(chat::Options {
        zone: zone_of(caller, options)?,
        now,
        old_before: Some(now.plus(-retention.text_days.saturating_mul(DAY))),
        format: options.format,
        encoding: options.encoding,
        dates: options.dates,
        rooms: if options.rooms_apart {
            Rooms::Apart
        } else {
            Rooms::Together
        },
    })
}

fn table_options(caller: &Caller, options: &Options, now: Timestamp) -> Result<table::Options> {
    let currency = options.currency.unwrap_or(caller.currency);
    let mut table = table::Options::new(zone_of(caller, options)?, now, currency);
    table.mapping = options.mapping.clone();
    table.cancel_prefix.clone_from(&options.cancel_prefix);
    table.dates = options.dates;
    table.encoding = options.encoding;
    Ok(table)
}

/// Reads the whole file once.
pub(crate) async fn plan(
    caller: &Caller,
    request: &Request,
    now: Timestamp,
    retention: Retention,
) -> Result<Plan> {
    let path = request.path.clone();
    let planned = match request.kind {
        ImportKind::Chat => {
            let options = chat_options(caller, &request.options, now, retention)?;
            let days = retention.text_days;
            blocking(move || chat::plan(&path, &options).map(|plan| Plan::Chat(plan, days))).await?
        }
        ImportKind::Orders => {
            let options = table_options(caller, &request.options, now)?;
            blocking(move || table::plan_orders(&path, &options).map(Plan::Orders)).await?
        }
        ImportKind::Members => {
            let options = table_options(caller, &request.options, now)?;
            blocking(move || table::plan_members(&path, &options).map(Plan::Members)).await?
        }
        ImportKind::Groups => {
            let options = table_options(caller, &request.options, now)?;
            blocking(move || table::plan_groups(&path, &options).map(Plan::Groups)).await?
        }
    };
    Ok(planned?)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::internal)
}

/// A planned file's records behind the first `skip`, in chunks; the task ends with the reader's
/// verdict. At most four chunks wait.
pub(crate) fn chunks(
    path: std::path::PathBuf,
    plan: Arc<Plan>,
    skip: u64,
) -> (
    mpsc::Receiver<Chunk>,
    tokio::task::JoinHandle<Result<(), ImportError>>,
) {
    let (sender, receiver) = mpsc::channel(4);
    let task = tokio::task::spawn_blocking(move || match &*plan {
        Plan::Chat(plan, _) => pump(
            &sender,
            |sink| chat::read(&path, plan, skip, sink).map(drop),
            |rows| Chunk::Chat(rows.into_iter().map(Entry::new).collect()),
        ),
        Plan::Orders(plan) => pump(
            &sender,
            |sink| table::read_orders(&path, plan, skip, sink).map(drop),
            Chunk::Orders,
        ),
        Plan::Members(plan) => pump(
            &sender,
            |sink| table::read_members(&path, plan, skip, sink).map(drop),
            Chunk::Members,
        ),
        Plan::Groups(plan) => pump(
            &sender,
            |sink| table::read_groups(&path, plan, skip, sink).map(drop),
            Chunk::Groups,
        ),
    });
    (receiver, task)
}

fn pump<R>(
    sender: &mpsc::Sender<Chunk>,
    read: impl FnOnce(&mut dyn FnMut(R, u64) -> ControlFlow<()>) -> Result<(), ImportError>,
    wrap: fn(Vec<R>) -> Chunk,
) -> Result<(), ImportError> {
    let mut rows = Vec::with_capacity(CHUNK);
    read(&mut |row, _| {
        rows.push(row);
        if rows.len() < CHUNK {
            return ControlFlow::Continue(());
        }
        let full = std::mem::replace(&mut rows, Vec::with_capacity(CHUNK));
        if sender.blocking_send(wrap(full)).is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    if !rows.is_empty() {
        // A receiver that is gone wants no more.
        let _ = sender.blocking_send(wrap(rows));
    }
    Ok(())
}
