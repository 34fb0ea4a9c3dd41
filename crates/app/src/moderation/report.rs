//! True reports: members say that a message does not belong here. They are counted, never made up.
//! req: 003-167, 003-168

use yutang_domain::{
    event::{Event, EventKind},
    group::Standing,
    id::{MemberId, MessageId, SanctionId},
    moderation::{Measure, Mode},
    sanction::SanctionState,
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
                self.add_report(tx, caller, &group, &row, people, now)
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

    /// A report of a message that was sanctioned: told by the next notice, and two take it down.
    async fn add_report(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        before: &Row,
        people: i64,
        now: Timestamp,
    ) -> Result<()> {
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
        sanction::update(tx, caller.workspace, &row, before.state).await?;
        if down {
            let cause = self
                .sanction_fact(tx, caller, group, &row, EventKind::SanctionDecided)
                .await?;
            let stored = self.stored(tx, caller.workspace, &row).await?;
            let work = stored.work(caller.workspace, &row, cause, now);
            self.take_down_more(tx, &work, &stored.keys).await?;
        }
        Ok(())
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
