//! Appeals: a person looks within two hours; granted takes the sanction back, refused says why.
//! req: 003-170

use yutang_domain::{
    actor::Actor,
    appeal::{AppealError, AppealState},
    event::{Event, EventKind},
    id::{AppealId, MemberId, SanctionId, WorkspaceId},
    mark::MarkSource,
    moderation::APPEAL_MS,
    permission::Operation,
    sanction::{SanctionAction, SanctionState},
    task::{Level, TaskKind, TaskState},
    time::Timestamp,
};
use yutang_store::{
    Tx,
    appeal::{self, Appeal, Filter, ListedAppeal},
    event, member,
    sanction::{self, Sanction as Row},
};

use crate::{App, Caller, Result, audit::Change, macros::in_tx, task::NewTask};

/// Characters of an appeal that are kept.
const LENGTH: usize = 1_000;
/// What a person is asked where the channel cannot answer.
const ANSWERED: (&str, &str) = ("task.sanction_answer", "task.why.appeal_answered");

/// What a person answers to an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppealAnswer<'a> {
    /// The sanction was wrong.
    Grant(&'a str),
    /// It stays; the member is told why.
    Refuse(&'a str),
}

/// A page of appeals.
#[derive(Clone, Debug)]
pub struct AppealPage {
    /// The appeals, latest first.
    pub items: Vec<ListedAppeal>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, AppealId)>,
    /// How many there are, up to 10,001.
    pub total: i64,
}

impl App {
    /// Takes an appeal in, asks a person to look, and tells the member that it was heard.
    ///
    /// # Errors
    /// [`AppealError`].
    pub async fn open_appeal(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: SanctionId,
        member: MemberId,
        text: &str,
        now: Timestamp,
    ) -> Result<AppealId> {
        self.hear_appeal(tx, workspace, id, member, (text, false), now)
            .await
    }

    /// As [`App::open_appeal`]; `writes` says that the member says so in private, where a bot may
    /// answer whoever wrote first.
    pub(crate) async fn hear_appeal(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: SanctionId,
        member: MemberId,
        (text, writes): (&str, bool),
        now: Timestamp,
    ) -> Result<AppealId> {
        let row = sanction::get(tx, workspace, id).await?;
        let theirs = member::get(tx, workspace, row.member_id)
            .await?
            .canonical_id;
        let own = member::get(tx, workspace, member).await?.canonical_id == theirs;
        if !own || !matches!(row.state, SanctionState::Decided | SanctionState::Review) {
            return Err(AppealError::Nothing.into());
        }
        let new = Appeal {
            id: self.ids().next()?,
            sanction_id: id,
            member_id: member,
            text: text.trim().chars().take(LENGTH).collect(),
            state: AppealState::Open,
            opened_at: now,
            due_at: now.plus(APPEAL_MS),
            decided_at: None,
            decided_by: None,
            answer: String::new(),
        };
        if !appeal::insert(tx, workspace, &new).await? {
            return Err(AppealError::Already.into());
        }
        let mut stored = self.stored(tx, workspace, &row).await?;
        stored.person.writes = writes;
        let actor = Actor::Member(member);
        let fact = Event::new(self.ids().next()?, EventKind::AppealOpened, &actor)
            .in_group(row.group_id, Some(stored.group.branch_id))
            .about(member)
            .with(serde_json::json!({ "appeal": new.id, "sanction": id }));
        let cause = fact.id;
        event::insert(tx, workspace, now, &[fact]).await?;
        let house = &stored.house;
        let kind = row.kind.as_str();
        let task = NewTask {
            level: Level::Urgent,
            member: Some(member),
            assignee: house.manager.as_ref().map(|(id, _)| *id),
            args: serde_json::json!({
                "name": stored.person.name,
                "text": new.text,
                "words": stored.text,
                "kind": house.locale.word("moderation.kind", kind),
                "group": stored.group.name,
            }),
            minutes: 3,
            due_at: Some(new.due_at),
            cause: Some(cause),
            ..NewTask::new(
                TaskKind::Appeal,
                ("task.appeal", "task.why.appeal"),
                now,
                dedup_of(new.id),
            )
            .in_group(&stored.group)
        };
        self.create_task_in(tx, workspace, task, &actor, now)
            .await?;
        let name = Some(stored.person.name.as_str());
        let private = house.appeal_heard(name, new.due_at, now);
        let aloud = house.appeal_heard(None, new.due_at, now);
        let work = stored.work(workspace, &row, cause, now);
        let part = format!(":{}", new.id);
        let how = (ANSWERED, part.as_str());
        self.tell_writer(tx, &work, SanctionAction::Answer, (&private, &aloud), how)
            .await?;
        Ok(new.id)
    }

    /// Answers an appeal.
    ///
    /// # Errors
    /// [`AppealError`]; the group is out of reach.
    pub async fn answer_appeal(
        &self,
        caller: &Caller,
        id: AppealId,
        answer: AppealAnswer<'_>,
    ) -> Result<()> {
        caller.may(Operation::ModerationDecide)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let workspace = caller.workspace;
            let row = appeal::get(tx, workspace, id).await?;
            let sanctioned = sanction::get(tx, workspace, row.sanction_id).await?;
            self.group_in_scope(tx, caller, sanctioned.group_id).await?;
            if row.state != AppealState::Open {
                return Err(AppealError::Answered(row.state).into());
            }
            match answer {
                AppealAnswer::Grant(reason) => {
                    // What is taken back grants the appeals against it.
                    self.undo_sanction_in(tx, caller, &sanctioned, reason, now).await
                }
                AppealAnswer::Refuse(reason) => {
                    let reason = reason.trim();
                    if reason.is_empty() {
                        return Err(AppealError::NoReason.into());
                    }
                    self.decide_appeal(tx, caller, &row, AppealState::Refused, reason, now).await?;
                    let upheld = Row {
                        is_right: Some(true),
                        judged_at: Some(now),
                        judged_by: Some(caller.actor.to_string()),
                        ..sanctioned.clone()
                    };
                    sanction::update(tx, workspace, &upheld, sanctioned.state).await?;
                    self.learn_from(tx, caller, &upheld, (true, MarkSource::Appeal), now).await?;
                    let stored = self.stored(tx, workspace, &sanctioned).await?;
                    let cause = self
                        .sanction_fact(tx, caller, &stored.group, &upheld, EventKind::SanctionJudged)
                        .await?;
                    let name = Some(stored.person.name.as_str());
                    let private = stored.house.appeal_refused(name, reason);
                    let aloud = stored.house.appeal_refused(None, reason);
                    let work = stored.work(workspace, &upheld, cause, now);
                    let part = format!(":{id}:refused");
                    let how = (ANSWERED, part.as_str());
                    self.tell_writer(tx, &work, SanctionAction::Answer, (&private, &aloud), how).await
                }
            }
        })
    }

    /// Grants the open appeal against a sanction that was taken back; false if there is none.
    pub(super) async fn grant_open_appeal(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Row,
        now: Timestamp,
    ) -> Result<bool> {
        let mut granted = false;
        for open in appeal::against(tx, caller.workspace, &[row.id]).await? {
            if open.state == AppealState::Open {
                let reason = row.reason.as_str();
                self.decide_appeal(tx, caller, &open, AppealState::Granted, reason, now)
                    .await?;
                granted = true;
            }
        }
        Ok(granted)
    }

    async fn decide_appeal(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Appeal,
        state: AppealState,
        answer: &str,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let by = caller.actor.to_string();
        if !appeal::decide(tx, workspace, row.id, state, (&by, answer), now).await? {
            return Err(AppealError::Answered(state).into());
        }
        let dedup = dedup_of(row.id);
        self.close_task_in(tx, workspace, &dedup, TaskState::Done, &caller.actor, now)
            .await?;
        let fact = Event::new(
            self.ids().next()?,
            EventKind::AppealDecided,
            &caller.actor,
        )
        .about(row.member_id)
        .with(serde_json::json!({ "appeal": row.id, "sanction": row.sanction_id, "state": state }));
        event::insert(tx, workspace, now, &[fact]).await?;
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "appeal.decide",
                subject: format!("appeal:{}", row.id),
                subject_name: "",
                undoable: false,
            },
            Some(&AppealState::Open),
            Some(&state),
        )
        .await
    }

    /// Appeals in the caller's branches, latest first.
    ///
    /// # Errors
    /// The database refused.
    pub async fn appeals(
        &self,
        caller: &Caller,
        filter: &Filter,
        limit: usize,
    ) -> Result<AppealPage> {
        caller.may(Operation::ModerationRead)?;
        let filter = Filter {
            branch_prefix: caller.branch_prefix(),
            ..filter.clone()
        };
        in_tx!(self, Read, tx => {
            let mut items = appeal::list(tx, caller.workspace, &filter, limit + 1).await?;
            let more = items.len() > limit;
            items.truncate(limit);
            let total = appeal::count(tx, caller.workspace, &filter, 10_001).await?;
            let actors: Vec<String> = items.iter().filter_map(|row| row.decided_by.clone()).collect();
            let names = self.actor_names(tx, caller, actors).await?;
            for row in &mut items {
                if let Some(name) = row.decided_by.as_ref().and_then(|by| names.get(by)) {
                    row.decided_by = Some(name.clone());
                }
            }
            let next = items
                .last()
                .filter(|_| more)
                .map(|row| (row.opened_at.ms(), row.id));
            Ok(AppealPage { items, next, total })
        })
    }
}

fn dedup_of(id: AppealId) -> String {
    format!("appeal:{id}")
}
