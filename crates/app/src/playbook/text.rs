//! Texts of playbooks: those that are shipped, those that people here wrote, each version kept.

use std::collections::HashMap;

use yutang_domain::{
    event::{Event, EventKind},
    id::WorkspaceId,
    permission::Operation,
    playbook::{
        Fault, Playbook, PlaybookError, RunState, SHIPPED, Trigger, parse, renumbered, review,
    },
    time::Timestamp,
};
use yutang_store::{
    Tx, event, playbook as rows,
    playbook::{Text, Watch},
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx};

/// A playbook in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What it is.
    pub playbook: Playbook,
    /// Whether people here wrote it, or a version of it.
    pub own: bool,
    /// Whether it also comes with the program.
    pub shipped: bool,
    /// Since when it begins by itself, if it does.
    pub on_since: Option<Timestamp>,
    /// Runs under way.
    pub running: i64,
    /// Of these, runs that wait for a yes.
    pub held: i64,
    /// Runs that ended.
    pub ended: i64,
}

/// One playbook, with its text.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What stands in the list.
    pub listed: Listed,
    /// Its text.
    pub text: String,
    /// What is worth looking at in it.
    pub hints: Vec<Fault>,
    /// What it was switched on with: answers and changes as JSON.
    pub watch: Option<Watch>,
}

/// The text with which the program ships a playbook.
fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(id, _)| *id == name)
        .map(|(_, text)| *text)
}

impl App {
    /// The playbooks there are, the house's own first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn playbooks(&self, caller: &Caller) -> Result<Vec<Listed>> {
        caller.may(Operation::PlaybookRead)?;
        in_tx!(self, Read, tx => self.listed_playbooks(tx, caller, None).await)
    }

    /// All of them, or only that of a name.
    async fn listed_playbooks(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        only: Option<&str>,
    ) -> Result<Vec<Listed>> {
        let workspace = caller.workspace;
        let own = rows::own_texts(tx, workspace).await?;
        let watches = rows::watches(tx, Some(workspace)).await?;
        let mut counts: HashMap<String, (i64, i64, i64)> = HashMap::new();
        for one in rows::standing(tx, workspace, &caller.branch_prefix()).await? {
            let (running, held, ended) = counts.entry(one.name).or_default();
            match one.state {
                RunState::Waiting | RunState::Running => *running += one.n,
                RunState::Held => {
                    *running += one.n;
                    *held += one.n;
                }
                RunState::Done | RunState::Stopped => *ended += one.n,
            }
        }
        let names: Vec<&str> = own.iter().map(|text| text.name.as_str()).collect();
        let texts = own
            .iter()
            .map(|text| (text.name.as_str(), text.body.as_str(), true))
            .chain(
                SHIPPED
                    .iter()
                    .filter(|(id, _)| !names.contains(id))
                    .map(|(id, text)| (*id, *text, false)),
            );
        Ok(texts
            .filter(|(name, _, _)| only.is_none_or(|only| only == *name))
            .filter_map(|(_, text, own)| {
                let playbook = parse(text).ok()?;
                let (running, held, ended) = counts.get(&playbook.id).copied().unwrap_or_default();
                Some(Listed {
                    own,
                    shipped: shipped(&playbook.id).is_some(),
                    on_since: watches
                        .iter()
                        .find(|watch| watch.name == playbook.id)
                        .map(|watch| watch.since_at),
                    running,
                    held,
                    ended,
                    playbook,
                })
            })
            .collect())
    }

    /// One playbook in the version that new runs begin with.
    ///
    /// # Errors
    /// [`PlaybookError::Unknown`].
    pub async fn playbook(&self, caller: &Caller, name: &str) -> Result<Shown> {
        caller.may(Operation::PlaybookRead)?;
        in_tx!(self, Read, tx => {
            let unknown = || PlaybookError::Unknown(name.to_owned());
            let found = self.listed_playbooks(tx, caller, Some(name)).await?;
            let listed = found.into_iter().next().ok_or_else(unknown)?;
            let text = self.current_text(tx, caller.workspace, name).await?;
            let (_, hints) = review(&text);
            let watch = rows::watches(tx, Some(caller.workspace))
                .await?
                .into_iter()
                .find(|watch| watch.name == name);
            Ok(Shown { listed, text, hints, watch })
        })
    }

    /// Everything that is wrong with a text; nothing is kept.
    ///
    /// # Errors
    /// The caller may not.
    pub fn review_playbook(&self, caller: &Caller, text: &str) -> Result<Vec<Fault>> {
        caller.may(Operation::PlaybookRead)?;
        Ok(review(text).1)
    }

    /// Keeps a text as the house's own under the name it calls itself: a new version, whatever number
    /// it says. Runs under way go on with theirs. req: 003-120
    ///
    /// # Errors
    /// [`PlaybookError::Invalid`] with every fault by its line; [`PlaybookError::Name`] if it is
    /// called otherwise than `name`.
    pub async fn save_playbook(
        &self,
        caller: &Caller,
        name: Option<&str>,
        text: &str,
    ) -> Result<Playbook> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        let given = parse(text).map_err(PlaybookError::Invalid)?;
        if let Some(name) = name.filter(|name| *name != given.id) {
            return Err(PlaybookError::Name {
                wanted: name.to_owned(),
                given: given.id,
            }
            .into());
        }
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let known = shipped(&given.id).and_then(|text| parse(text).ok());
            let last = rows::last_version(tx, workspace, &given.id)
                .await?
                .max(known.map_or(0, |known| i64::from(known.version)));
            let version = u32::try_from(last + 1).unwrap_or(u32::MAX);
            let body = renumbered(text, version);
            let playbook = parse(&body).map_err(PlaybookError::Invalid)?;
            let row = Text {
                name: playbook.id.clone(),
                version: i64::from(playbook.version),
                body,
                own: true,
                actor: caller.actor.to_string(),
                created_at: now,
                dropped_at: None,
            };
            if !rows::keep_text(tx, workspace, &row).await? {
                return Err(PlaybookError::Changed.into());
            }
            self.text_changed(tx, caller, "playbook.save", &playbook, now).await?;
            Ok(playbook)
        })
    }

    /// Lets go of the house's own text: new runs begin with the shipped one again, if there is one.
    ///
    /// # Errors
    /// [`PlaybookError::Unknown`] if there is none of its own.
    pub async fn drop_playbook(&self, caller: &Caller, name: &str) -> Result<()> {
        caller.may(Operation::PlaybookEdit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let own = rows::own_texts(tx, caller.workspace).await?;
            let text = own
                .iter()
                .find(|text| text.name == name)
                .ok_or_else(|| PlaybookError::Unknown(name.to_owned()))?;
            let playbook = parse(&text.body).map_err(PlaybookError::Invalid)?;
            rows::drop_texts(tx, caller.workspace, name, now).await?;
            self.text_changed(tx, caller, "playbook.drop", &playbook, now).await
        })
    }

    async fn text_changed(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        operation: &'static str,
        playbook: &Playbook,
        now: Timestamp,
    ) -> Result<()> {
        self.playbook_audit(
            tx,
            caller,
            (operation, playbook, format!("playbook:{}", playbook.id)),
            &serde_json::json!({ "version": playbook.version }),
            now,
        )
        .await?;
        let fact = Event::new(
            self.ids().next()?,
            EventKind::PlaybookChanged,
            &caller.actor,
        )
        .with(serde_json::json!({ "playbook": playbook.id, "version": playbook.version }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }

    pub(super) async fn playbook_audit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (operation, playbook, subject): (&'static str, &Playbook, String),
        after: &serde_json::Value,
        now: Timestamp,
    ) -> Result<()> {
        let house = yutang_store::workspace::get(tx, caller.workspace).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation,
                subject,
                subject_name: playbook.title.of(&house.locale),
                undoable: false,
            },
            None::<&()>,
            Some(after),
        )
        .await
    }

    /// The text that new runs of a playbook begin with.
    pub(super) async fn current_text(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<String> {
        let own = rows::own_texts(tx, workspace).await?;
        match own.into_iter().find(|text| text.name == name) {
            Some(text) => Ok(text.body),
            None => shipped(name)
                .map(str::to_owned)
                .ok_or_else(|| PlaybookError::Unknown(name.to_owned()).into()),
        }
    }

    /// The playbook that new runs begin with.
    pub(super) async fn current(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        name: &str,
    ) -> Result<Playbook> {
        let text = self.current_text(tx, workspace, name).await?;
        Ok(parse(&text).map_err(PlaybookError::Invalid)?)
    }

    /// The same, kept in that version, so that a run can be named by it.
    pub(super) async fn current_kept(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        name: &str,
        now: Timestamp,
    ) -> Result<Playbook> {
        let workspace = caller.workspace;
        let body = self.current_text(tx, workspace, name).await?;
        let playbook = parse(&body).map_err(PlaybookError::Invalid)?;
        let row = Text {
            name: playbook.id.clone(),
            version: i64::from(playbook.version),
            body,
            own: false,
            actor: caller.actor.to_string(),
            created_at: now,
            dropped_at: None,
        };
        if rows::keep_text(tx, workspace, &row).await? {
            return Ok(playbook);
        }
        let kept = rows::text(tx, workspace, name, row.version).await?;
        if kept.is_some_and(|kept| kept.body == row.body) {
            return Ok(playbook);
        }
        // Another text has that number here, one that was let go of for example: this one gets the
        // next, once.
        let last = rows::last_version(tx, workspace, name).await?;
        let numbered =
            |number: i64| renumbered(&row.body, u32::try_from(number).unwrap_or(u32::MAX));
        let same = rows::text(tx, workspace, name, last)
            .await?
            .is_some_and(|text| text.body == numbered(last));
        let version = if same { last } else { last + 1 };
        let body = numbered(version);
        let row = Text {
            version,
            body,
            ..row
        };
        rows::keep_text(tx, workspace, &row).await?;
        Ok(parse(&row.body).map_err(PlaybookError::Invalid)?)
    }

    /// A version that is kept.
    pub(super) async fn version_of(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        name: &str,
        version: i64,
    ) -> Result<Playbook> {
        let text = rows::text(tx, workspace, name, version)
            .await?
            .ok_or_else(|| PlaybookError::Unknown(format!("{name} {version}")))?;
        Ok(parse(&text.body).map_err(PlaybookError::Invalid)?)
    }
}

/// Whether a playbook begins by itself.
pub(super) fn begins_by_itself(playbook: &Playbook) -> bool {
    playbook
        .triggers
        .iter()
        .any(|trigger| !matches!(trigger, Trigger::Hand { .. }))
}
