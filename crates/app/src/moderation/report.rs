//! True reports: members say that a message does not belong here. They are counted, never made up.
//! req: 003-167, 003-168

use yutang_domain::{
    event::{Event, EventKind},
    group::Standing,
    id::{MemberId, MessageId, SanctionId, WorkspaceId},
    moderation::{Fault, Measure, Mode, Tone, is_told_again},
    sanction::{SanctionAction, SanctionState},
    task::TaskKind,
    time::{HOUR, Timestamp},
};
use yutang_store::{
    Tx, event,
    group::{self, Group},
    member, message, passage, report,
    sanction::{self, Sanction as Row},
};

use super::{
    KEEPER, Seen,
    judge::{Held, Measures, measures_of},
};
use crate::{App, AppError, Caller, Result, task::NewTask};

/// From how many reports on a sanctioned message is taken down.
const TAKEN_DOWN: i64 = 2;
/// What a person is asked where the channel cannot tell the writer of them.
const REPORTED: (&str, &str) = ("task.sanction_notice", "task.why.reported_again");

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Whether it counts: somebody else's message, reported by a member of the group for the first
    /// time.
    pub counts: bool,
    /// How many people reported the message.
    pub people: i64,
    /// The sanction that the message has led to.
    pub sanction: Option<SanctionId>,
}

impl App {
    /// Takes a member's report of a message in. What rules see as well is answered by them; what
    /// they do not see is shown to a person.
    ///
    /// # Errors
    /// There is no such message; the database refused.
    pub async fn report_message(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: MessageId,
        reporter: MemberId,
        now: Timestamp,
    ) -> Result<Reported> {
        let workspace = caller.workspace;
        let said = message::held(tx, workspace, id).await?;
        let before = sanction::of_message(tx, workspace, id).await?;
        let people = report::count(tx, workspace, id).await?;
        let ignored = Reported {
            counts: false,
            people,
            sanction: before.as_ref().map(|row| row.id),
        };
        let Some(writer) = said.member_id else {
            return Ok(ignored);
        };
        let person = member::get(tx, workspace, reporter).await?.canonical_id;
        let own = member::get(tx, workspace, writer).await?.canonical_id == person;
        let in_group = !passage::standings(tx, workspace, said.group_id, &[reporter])
            .await?
            .is_empty();
        if own || !in_group || !report::insert(tx, workspace, id, person, now).await? {
            return Ok(ignored);
        }
        let group = group::get(tx, workspace, said.group_id).await?;
        let fact = Event::new(
            self.ids().next()?,
            EventKind::MessageReported,
            &yutang_domain::actor::Actor::Member(reporter),
        )
        .in_group(group.id, Some(group.branch_id))
        .about(writer)
        .with(serde_json::json!({ "message": id }));
        event::insert(tx, workspace, now, &[fact]).await?;
        let people = report::count(tx, workspace, id).await?;
        let sanction = match before {
            Some(row) => {
                self.add_report(tx, caller, &group, (&row, id), people, now)
                    .await?;
                Some(row.id)
            }
            None => {
                self.judge_reported(tx, caller, &group, &said, people, now)
                    .await?
            }
        };
        Ok(Reported {
            counts: true,
            people,
            sanction,
        })
    }

    /// A report of a message that was sanctioned: the second takes it down, and its writer is told
    /// how many there are, never who.
    async fn add_report(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        (before, message): (&Row, MessageId),
        people: i64,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let mut measures = measures_of(before);
        let down = people >= TAKEN_DOWN
            && before.state == SanctionState::Decided
            && !measures.contains(&Measure::Delete);
        let mut row = Row {
            plus: people.min(TAKEN_DOWN),
            ..before.clone()
        };
        if down {
            measures.push(Measure::Delete);
            row.measures = serde_json::to_string(&measures).map_err(AppError::internal)?;
        }
        sanction::update(tx, workspace, &row, before.state).await?;
        // Who was put out, or waits for a person, has more to hear of than this.
        let told = is_told_again(people)
            && before.state == SanctionState::Decided
            && (before.tone, before.fault) == (Tone::Gentle, Fault::Violation)
            && self.stands(tx, workspace, before.id, message).await?;
        if !down && !told {
            return Ok(());
        }
        let cause = self
            .sanction_fact(tx, caller, group, &row, EventKind::SanctionDecided)
            .await?;
        let stored = self.stored(tx, workspace, &row).await?;
        let work = stored.work(workspace, &row, cause, now);
        let gone = down && self.take_down_more(tx, &work, &stored.keys).await?;
        if told {
            let said = |name| stored.house.reported(name, (row.message_at, people), gone);
            let (private, aloud) = (said(Some(stored.person.name.as_str())), said(None));
            let part = format!(":plus:{people}");
            let how = (REPORTED, part.as_str());
            self.tell_writer(tx, &work, SanctionAction::Notice, (&private, &aloud), how)
                .await?;
        }
        Ok(())
    }

    /// Whether a message that was sanctioned still stands in its group, as far as one knows: nobody
    /// has taken it back, and the channel is not taking it down.
    async fn stands(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: SanctionId,
        message: MessageId,
    ) -> Result<bool> {
        let causes = sanction::causes(tx, workspace, &[id]).await?;
        let recalled = causes
            .iter()
            .any(|cause| cause.message_id == message && cause.recalled_at.is_some());
        let steps = sanction::steps(tx, workspace, &[id]).await?;
        let taken_down = steps.iter().any(|step| {
            let gone = match step.outbox_state.as_deref() {
                Some(state) => !matches!(state, "failed" | "tasked"),
                None => step.task_state.as_deref() == Some("done"),
            };
            step.action == SanctionAction::Delete && gone
        });
        Ok(!recalled && !taken_down)
    }

    /// A report of a message that nothing followed from.
    async fn judge_reported(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        said: &message::Held,
        people: i64,
        now: Timestamp,
    ) -> Result<Option<SanctionId>> {
        let workspace = caller.workspace;
        let (Some(writer), Some(text)) = (said.member_id, said.text.as_deref()) else {
            return Ok(None);
        };
        let standing = self.standing_of(tx, workspace, group, writer).await?;
        if standing != Standing::Member {
            return Ok(None);
        }
        let policy = self.policy_in(tx, workspace, group.id).await?;
        let person = self.writer_of(tx, workspace, group, writer).await?;
        if policy.mode != Mode::Off {
            let (pipeline, version) = self.pipeline_in(tx, workspace).await?;
            let seen = Seen {
                text,
                codes: &[],
                kind: &said.kind,
                off_topic: said.off_topic,
            };
            let mut hits = seen.read(&pipeline).hits;
            policy.sift(&mut hits);
            let held = Held {
                message: said.id,
                member: writer,
                standing,
                name: &person.name,
                who: person.who.as_deref(),
                at: said.sent_at,
                key: said.external_id.as_deref(),
                text,
                bare_card: seen.is_bare_card(),
                reports: u32::try_from(people).unwrap_or(u32::MAX),
                quarrels: None,
            };
            let measures = Measures {
                policy: &policy,
                version,
                now,
            };
            let made = self
                .hold_against(tx, caller, group, &held, &hits, measures)
                .await?;
            if made.is_some() {
                return Ok(made);
            }
        }
        let house = self.house(tx, workspace, group).await?;
        let task = NewTask {
            member: Some(writer),
            assignee: house.manager.map(|(id, _)| id),
            args: serde_json::json!({ "name": person.name, "text": text, "group": group.name }),
            minutes: 2,
            due_at: Some(now.plus(2 * HOUR)),
            ..NewTask::new(
                TaskKind::Do,
                ("task.reported", "task.why.reported"),
                now,
                format!("report:{}", said.id),
            )
            .in_group(group)
        };
        self.create_task_in(tx, workspace, task, &KEEPER, now)
            .await?;
        Ok(None)
    }
}
