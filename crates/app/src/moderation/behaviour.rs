//! Behaviour: what the last minutes of a group, and the last hour of all groups, say about a message.
//!
//! The database says who wrote when; what a message is without its words is worked out once and
//! remembered, so it does not matter whether a transaction was repeated. Texts that are passed from
//! group to group are found in a window of the last hour that each process holds for itself: the
//! groups of an account are read by one process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use yutang_domain::{
    id::{GroupId, MemberId, MessageId, WorkspaceId},
    moderation::{
        Hit, Strictness, flood, quarrel,
        recent::{Digest, Said},
        repeat::{self, Window},
    },
    time::Timestamp,
};
use yutang_store::{Tx, message};
use yutang_text::{near, pipeline::Pipeline};

use super::{Read, Seen};
use crate::{App, Result};

/// Messages that are remembered, in all.
const REMEMBERED: usize = 50_000;
/// Messages of a workspace's last hour that are compared.
const COMPARED: usize = 20_000;
/// Messages of the last hour that are read when a process begins.
const READ_AT_FIRST: usize = 2_000;
/// Messages of a group that are looked back at.
const BACK: usize = 300;

/// What a message is without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Traits {
    /// Characters.
    pub chars: u32,
    /// What near duplicates are found by.
    pub digest: Option<Digest>,
    /// Points of insults.
    pub insult: i32,
}

/// What this process remembers of messages.
#[derive(Default)]
pub(crate) struct Memory(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    traits: HashMap<MessageId, Traits>,
    order: VecDeque<MessageId>,
    windows: HashMap<WorkspaceId, Window>,
}

impl Memory {
    fn hold(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn remember(&mut self, id: MessageId, traits: Traits) {
        if self.traits.insert(id, traits).is_some() {
            return;
        }
        self.order.push_back(id);
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.traits.remove(&oldest);
            }
        }
    }
}

/// What a group's last minutes say about a message.
pub(super) fn in_group(strictness: Strictness, last: &Said, recent: &[Said]) -> Vec<Hit> {
    // Without an insult nothing heats, and most talk has none.
    let heated = || recent.iter().chain([last]).any(|said| said.insult > 0);
    flood::detect(strictness, last, recent)
        .into_iter()
        .chain(heated().then(|| quarrel::detect(last, recent)).flatten())
        .collect()
}

impl App {
    /// Remembers what was read of messages.
    pub(super) fn remember_traits<'a>(
        &self,
        read: impl IntoIterator<Item = (MessageId, &'a Read)>,
    ) {
        let mut inner = self.memory().hold();
        for (id, read) in read {
            inner.remember(id, read.traits);
        }
    }

    /// What was said in a group in the last minutes before `from` and up to `until`, oldest first.
    pub(super) async fn recent_talk(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
        pipeline: &Pipeline,
        (from, until): (Timestamp, Timestamp),
    ) -> Result<Vec<(MessageId, Said)>> {
        let since = from.plus(-quarrel::WINDOW_MS.max(flood::WINDOW_MS));
        let mut rows = message::recent(tx, workspace, group, (since, until), BACK).await?;
        rows.reverse();
        let unknown: Vec<MessageId> = {
            let inner = self.memory().hold();
            rows.iter()
                .map(|row| row.id)
                .filter(|id| !inner.traits.contains_key(id))
                .collect()
        };
        if !unknown.is_empty() {
            let texts = message::texts(tx, workspace, &unknown).await?;
            let read: Vec<(MessageId, Read)> = texts
                .iter()
                .map(|row| {
                    let seen = Seen {
                        text: row.text.as_deref().unwrap_or_default(),
                        codes: &[],
                        kind: "text",
                        off_topic: false,
                    };
                    (row.id, seen.read(pipeline))
                })
                .collect();
            self.remember_traits(read.iter().map(|(id, read)| (*id, read)));
        }
        let writers: HashMap<&str, MemberId> = rows
            .iter()
            .filter_map(|row| Some((row.external_id.as_deref()?, row.member_id?)))
            .collect();
        let inner = self.memory().hold();
        Ok(rows
            .iter()
            .filter_map(|row| {
                let traits = inner.traits.get(&row.id)?;
                let answered = row.reply_to.as_deref();
                let said = Said {
                    group,
                    member: row.member_id?,
                    at: row.sent_at,
                    chars: traits.chars,
                    digest: traits.digest,
                    answers: answered.and_then(|key| writers.get(key).copied()),
                    insult: traits.insult,
                };
                Some((row.id, said))
            })
            .collect())
    }

    /// Makes the window of a workspace's last hour, if this process has none.
    pub(super) async fn open_window(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<()> {
        if self.memory().hold().windows.contains_key(&workspace) {
            return Ok(());
        }
        let rows = message::latest(tx, workspace, None, "", READ_AT_FIRST).await?;
        let mut window = Window::new(COMPARED);
        for row in rows.iter().rev() {
            let (Some(member), Some(text)) = (row.member_id, row.text.as_deref()) else {
                continue;
            };
            if (0..=repeat::WINDOW_MS).contains(&now.since(row.sent_at)) {
                window.take(&Said {
                    group: row.group_id,
                    member,
                    at: row.sent_at,
                    chars: u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
                    digest: near::signature(text).map(|signature| Digest(signature.bands())),
                    answers: None,
                    insult: 0,
                });
            }
        }
        self.memory()
            .hold()
            .windows
            .entry(workspace)
            .or_insert(window);
        Ok(())
    }

    /// What the last hour of all groups says about a message, which belongs to it from now on.
    pub(super) fn repeated(&self, workspace: WorkspaceId, last: &Said) -> Option<Hit> {
        let mut inner = self.memory().hold();
        let window = inner.windows.get_mut(&workspace)?;
        let hit = repeat::detect(last, &window.like(last));
        window.take(last);
        hit
    }
}
