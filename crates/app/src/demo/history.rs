//! How the demo came to where it stands: who broke a rule in the last weeks and what became of it,
//! who complained, who knocked, what is still to be dealt with.
//!
//! Nothing here writes a row. Facts come in as from the network, staff decide and tick as in the
//! console, what is to be sent leaves through the channel, each at the time it is told of; so every
//! line has its cause, its actor and its way back. Only groups take part whose account shows what is
//! told here.

mod alarm;
mod door;

use std::sync::Arc;

use yutang_channels::{
    Fact, Inbound, MessageKind, Sender,
    fake::{
        FakeChannel, FakeNetwork, World,
        history::{Asked, Complained, Ending, Incident, Knock},
        people::external_id,
    },
};
use yutang_domain::{
    actor::{Actor, Scope},
    capability::Profile,
    id::{GroupId, MemberId, MessageId, SanctionId, StaffTaskId},
    moderation::{HitKind, Measure, Tone},
    time::{HOUR, MINUTE, SECOND, Timestamp},
};
use yutang_store::{branch, message, staff, staff_task, workspace::Workspace};

use super::{ACTOR, seed::Seed};
use crate::{
    App, AppError, Caller, Result,
    group::{StreamKind, StreamQuery},
    macros::in_tx,
    moderation::{AppealAnswer, ByHand, QueueFilter, QueueRow, Step},
    outbox::Lines,
};

/// Marked messages that are wanted, of each group.
const MARKED_FINE: usize = 9;
/// Fewest characters of them.
const MARKED_CHARS: usize = 10;

/// Something that is told.
enum Event<'a> {
    Incident(usize, &'a Incident),
    Complaint(&'a Complained),
    Question(&'a Asked),
    Knock(&'a Knock),
    Fresh(&'a Arrival),
}

/// A message that comes in last, and is still to be dealt with.
pub(super) struct Arrival {
    pub group: usize,
    pub key: String,
    pub at: Timestamp,
    pub sender: Sender,
    pub kind: MessageKind,
    pub text: String,
}

/// Everybody who takes part.
pub(super) struct History<'a> {
    app: &'a App,
    seed: &'a Seed<'a>,
    world: &'a World,
    /// What the network reports comes in as this.
    network: Caller,
    /// 店长 of the store in which order is kept.
    manager: Caller,
    /// 导购 of that store.
    seller: Caller,
    /// 总部运营.
    operator: Caller,
    lines: Lines,
}

fn posted(
    group: &str,
    key: String,
    at: Timestamp,
    sender: Sender,
    text: &str,
    reply_to: Option<String>,
) -> Inbound {
    Inbound {
        key,
        at,
        group: Some(group.to_owned()),
        fact: Fact::Posted {
            sender,
            kind: MessageKind::Text,
            text: text.to_owned(),
            reply_to,
            edits: None,
            picture: None,
        },
    }
}

/// Somebody of the staff, as they are signed in.
async fn colleague(seed: &Seed<'_>, house: &Workspace, name: &str) -> Result<Caller> {
    let id = seed
        .called(name)
        .ok_or_else(|| AppError::internal("the demo has this member of staff"))?;
    in_tx!(seed.app, Read, tx => {
        let row = staff::get(tx, house.id, id).await?;
        let branch = match row.branch_id {
            Some(id) => Some((id, branch::get(tx, house.id, id).await?.path)),
            None => None,
        };
        let actor = Actor::Staff {
            id: row.id,
            account: row.account_id,
            role: row.role,
            scope: Scope { branch },
        };
        Caller::new(house, actor, &row.name, "demo")
    })
}

impl<'a> History<'a> {
    pub(super) async fn of(seed: &'a Seed<'a>, house: &Workspace) -> Result<Self> {
        let lines = Lines::default();
        let network = FakeNetwork::new(Profile::Full);
        for profile in Profile::SIMULATED {
            let channel = FakeChannel::of(network.clone(), *profile);
            lines.connect(seed.account(*profile), Arc::new(channel));
        }
        Ok(Self {
            app: seed.app,
            seed,
            world: seed.world,
            network: Caller::new(house, ACTOR, "demo", "demo")?,
            manager: colleague(seed, house, "张丽").await?,
            seller: colleague(seed, house, "吴桐").await?,
            operator: colleague(seed, house, "林晓").await?,
            lines,
        })
    }

    /// Tells everything in the order in which it happened.
    pub(super) async fn tell(&self, arrivals: &[Arrival]) -> Result<()> {
        self.set_up().await?;
        let incidents = self.world.incidents();
        let complaints = self.world.complaints();
        let questions = self.world.questions();
        let knocks = self.world.knocks();
        let mut events: Vec<(Timestamp, Event<'_>)> = Vec::new();
        events.extend(
            (0..)
                .zip(&incidents)
                .map(|(number, one)| (one.at, Event::Incident(number, one))),
        );
        events.extend(complaints.iter().map(|one| (one.at, Event::Complaint(one))));
        events.extend(questions.iter().map(|one| (one.at, Event::Question(one))));
        events.extend(knocks.iter().map(|one| (one.at, Event::Knock(one))));
        events.extend(arrivals.iter().map(|one| (one.at, Event::Fresh(one))));
        events.sort_by_key(|(at, _)| *at);
        for (_, event) in events {
            match event {
                Event::Incident(number, one) => self.incident(number, one).await?,
                Event::Complaint(one) => self.complaint(one).await?,
                Event::Question(one) => self.question(one).await?,
                Event::Knock(one) => self.knock(one).await?,
                Event::Fresh(one) => self.arrives(one).await?,
            }
        }
        self.marks().await
    }

    fn group(&self, number: usize) -> GroupId {
        self.seed.groups[number]
    }

    fn external(&self, group: usize) -> &str {
        &self.world.groups()[group].external_id
    }

    /// Lets facts come in through the account of a group.
    async fn happens(&self, group: usize, facts: &[Inbound]) -> Result<()> {
        let Some(last) = facts.iter().map(|fact| fact.at).max() else {
            return Ok(());
        };
        let profile = self.world.groups()[group].profile;
        let account = self.seed.account(profile.unwrap_or(Profile::WecomPlain));
        let seen = self.app.at(last.plus(2 * SECOND));
        seen.receive(&self.network, account, facts, None).await?;
        let came = facts
            .iter()
            .any(|fact| matches!(fact.fact, Fact::Joined { .. }));
        if came {
            self.send_now(last).await
        } else {
            self.send(group, last).await
        }
    }

    /// Lets leave what is to be sent about a group, where the program itself speaks.
    async fn send(&self, group: usize, at: Timestamp) -> Result<()> {
        if self.world.groups()[group].profile == Some(Profile::Full) {
            self.send_now(at).await?;
        }
        Ok(())
    }

    async fn send_now(&self, at: Timestamp) -> Result<()> {
        let app = self.app.at(at.plus(5 * SECOND));
        while app.send_due(&self.lines).await? > 0 {}
        Ok(())
    }

    fn staff_sender(&self, caller: &Caller) -> Sender {
        let somebody = self
            .world
            .staff()
            .iter()
            .find(|staff| staff.name == caller.name);
        Sender {
            external_id: somebody.map_or_else(String::new, |staff| external_id(staff.person)),
            name: caller.name.clone(),
        }
    }

    async fn incident(&self, number: usize, incident: &Incident) -> Result<()> {
        let group = incident.group;
        let id = self.external(group);
        let mut facts = Vec::new();
        for part in incident.parts.iter().filter(|part| part.person.is_none()) {
            facts.push(Inbound {
                key: format!("{id}-h{number}j"),
                at: incident.at.plus(-6 * MINUTE),
                group: Some(id.to_owned()),
                fact: Fact::Joined {
                    who: part.sender.clone(),
                    via: Some("poster".to_owned()),
                    inviter: None,
                },
            });
        }
        self.happens(group, &facts).await?;
        let pause = if incident.parts.len() > 1 { 14 } else { 1 };
        let said: Vec<Inbound> = (0_i64..)
            .zip(&incident.said)
            .map(|(n, text)| {
                let part = &incident.parts[n as usize % incident.parts.len()];
                posted(
                    id,
                    format!("{id}-h{number}m{n}"),
                    incident.at.plus(n * pause * SECOND),
                    part.sender.clone(),
                    text,
                    None,
                )
            })
            .collect();
        self.happens(group, &said).await?;
        let after = incident.at.plus((4 + 7 * number as i64 % 13) * MINUTE);
        if let Ending::Reported(why) = incident.ending {
            return self.reported(incident, after, why).await;
        }
        for decided in self.decided_since(group, incident.at).await? {
            self.end(incident, &decided, after).await?;
        }
        Ok(())
    }

    /// What was decided in a group since an instant.
    async fn decided_since(&self, group: usize, at: Timestamp) -> Result<Vec<QueueRow>> {
        let filter = QueueFilter {
            group: Some(self.group(group)),
            ..QueueFilter::default()
        };
        let page = self
            .app
            .moderation_queue(&self.operator, &filter, 2)
            .await?;
        Ok(page
            .items
            .into_iter()
            .filter(|row| row.row.decided_at >= at)
            .collect())
    }

    /// Lets a decision end as it did.
    async fn end(&self, incident: &Incident, decided: &QueueRow, after: Timestamp) -> Result<()> {
        let (group, id) = (incident.group, decided.row.id);
        match incident.ending {
            Ending::Open => return Ok(()),
            Ending::Watched | Ending::Seen => {}
            _ => self.carry(group, decided, after).await?,
        }
        let later = incident.at.plus(50 * MINUTE);
        match incident.ending {
            Ending::Right => {
                let app = self.app.at(later);
                app.confirm_sanction(&self.manager, id, true).await?;
            }
            Ending::Seen => {
                let app = self.app.at(later);
                app.confirm_sanction(&self.operator, id, false).await?;
            }
            Ending::Carried | Ending::Watched => {
                // Marked on the training page; the decision itself nobody has looked at.
                self.mark(decided, incident.at.plus(5 * HOUR)).await?;
            }
            Ending::Undone(why) => {
                let app = self.app.at(later);
                app.undo_sanction(&self.manager, id, why).await?;
                self.tick(group, id, later.plus(6 * MINUTE)).await?;
            }
            Ending::Appealed(text) => {
                self.appeal(group, decided, text, incident.at.plus(25 * MINUTE))
                    .await?;
            }
            Ending::Granted(text, answer) => {
                self.appeal(group, decided, text, later).await?;
                let answer = AppealAnswer::Grant(answer);
                self.answer(group, id, answer, later.plus(42 * MINUTE))
                    .await?;
            }
            Ending::Refused(text, answer) => {
                self.appeal(group, decided, text, later).await?;
                let answer = AppealAnswer::Refuse(answer);
                self.answer(group, id, answer, later.plus(27 * MINUTE))
                    .await?;
            }
            Ending::Open | Ending::Reported(_) => {}
        }
        self.send(group, later).await
    }

    /// Staff do what the channel cannot, and the network shows what came of it.
    async fn carry(&self, group: usize, decided: &QueueRow, at: Timestamp) -> Result<()> {
        self.tick_steps(group, &decided.steps, at).await?;
        let measures: Vec<Measure> =
            serde_json::from_str(&decided.row.measures).map_err(AppError::internal)?;
        if !measures.contains(&Measure::Remove) {
            return Ok(());
        }
        let Some(who) = self.known_as(decided.row.member_id).await? else {
            return Ok(());
        };
        let id = self.external(group);
        let gone = at.plus(MINUTE);
        let removed = Inbound {
            key: format!("{id}-hr{}", decided.row.id),
            at: gone,
            group: Some(id.to_owned()),
            fact: Fact::Removed {
                who: who.clone(),
                by: Some(self.staff_sender(&self.manager)),
            },
        };
        self.happens(group, &[removed]).await?;
        let Some(wait) = decided.row.way_back_ms else {
            return Ok(());
        };
        let back = decided.row.decided_at.plus(wait + MINUTE);
        self.app.at(back).let_back(10).await?;
        self.send(group, back).await?;
        self.tick(group, decided.row.id, back.plus(9 * MINUTE))
            .await?;
        let joined = Inbound {
            key: format!("{id}-hb{}", decided.row.id),
            at: back.plus(11 * MINUTE),
            group: Some(id.to_owned()),
            fact: Fact::Joined {
                who,
                via: Some("invite".to_owned()),
                inviter: Some(self.staff_sender(&self.seller)),
            },
        };
        self.happens(group, &[joined]).await
    }

    /// How the network names a member.
    async fn known_as(&self, member: MemberId) -> Result<Option<Sender>> {
        let house = self.network.workspace;
        in_tx!(self.app, Read, tx => {
            let row = yutang_store::member::get(tx, house, member).await?;
            let accounts = yutang_store::identity::of_person(tx, house, row.canonical_id).await?;
            Ok(accounts.into_iter().next().map(|account| Sender {
                external_id: account.external_id,
                name: row.name,
            }))
        })
    }

    /// Staff tick off what a sanction asks of them.
    async fn tick(&self, group: usize, id: SanctionId, at: Timestamp) -> Result<()> {
        let decided = self.app.sanction(&self.operator, id).await?;
        self.tick_steps(group, &decided.steps, at).await
    }

    async fn tick_steps(&self, group: usize, steps: &[Step], at: Timestamp) -> Result<()> {
        let app = self.app.at(at);
        let mut open: Vec<StaffTaskId> = Vec::new();
        for step in steps {
            if let (Some(task), Some("open")) = (step.task_id, step.task_state.as_deref())
                && !open.contains(&task)
            {
                open.push(task);
            }
        }
        for task in open {
            app.complete_task(&self.seller, task, None).await?;
        }
        self.send(group, at).await
    }

    async fn appeal(
        &self,
        group: usize,
        decided: &QueueRow,
        text: &str,
        at: Timestamp,
    ) -> Result<()> {
        let app = self.app.at(at);
        let house = self.network.workspace;
        let (id, member) = (decided.row.id, decided.row.member_id);
        in_tx!(app, Write, tx => app.open_appeal(tx, house, id, member, text, at).await)?;
        self.tick(group, id, at.plus(3 * MINUTE)).await
    }

    async fn answer(
        &self,
        group: usize,
        id: SanctionId,
        answer: AppealAnswer<'_>,
        at: Timestamp,
    ) -> Result<()> {
        let app = self.app.at(at);
        if let Some(open) = app.sanction(&self.manager, id).await?.appeal {
            app.answer_appeal(&self.manager, open.id, answer).await?;
        }
        self.tick(group, id, at.plus(5 * MINUTE)).await
    }

    /// The message of a group that was sent at an instant.
    async fn said_at(&self, group: usize, at: Timestamp) -> Result<Option<MessageId>> {
        let (house, group) = (self.network.workspace, self.group(group));
        in_tx!(self.app, Read, tx => {
            let span = (at, at.plus(1));
            let found = message::between(tx, house, group, span, None, 1).await?;
            Ok(found.first().map(|row| row.id))
        })
    }

    /// Two members report a message that no rule sees, and a person acts on it.
    async fn reported(&self, incident: &Incident, after: Timestamp, why: &str) -> Result<()> {
        let Some(said) = self.said_at(incident.group, incident.at).await? else {
            return Ok(());
        };
        let house = self.network.workspace;
        let planted = self.world.planted();
        let reporters = planted.map(|planted| [planted.connector, planted.twins.0]);
        for (person, n) in reporters.into_iter().flatten().zip(1..) {
            let at = incident.at.plus(n * MINUTE);
            let app = self.app.at(at);
            let reporter = self.seed.member(person);
            in_tx!(app, Write, tx => {
                app.report_message(tx, &self.network, said, reporter, at).await
            })?;
        }
        let app = self.app.at(after.plus(5 * MINUTE));
        let given = ByHand {
            kind: HitKind::Advert,
            tone: Tone::Gentle,
            reason: why.to_owned(),
        };
        let id = app.sanction_by_hand(&self.manager, said, &given).await?;
        let dedup = format!("report:{said}");
        let task = in_tx!(self.app, Read, tx => {
            Ok(staff_task::find_by_dedup(tx, house, &dedup).await?)
        })?;
        if let Some(task) = task {
            app.complete_task(&self.manager, task.id, None).await?;
        }
        self.tick(incident.group, id, after.plus(9 * MINUTE))
            .await?;
        let decided = app.sanction(&self.manager, id).await?;
        self.mark(&decided, after.plus(HOUR)).await
    }

    /// Marks the messages of a decision as adverts.
    async fn mark(&self, decided: &QueueRow, at: Timestamp) -> Result<()> {
        let app = self.app.at(at);
        for cause in &decided.causes {
            app.mark_message(&self.operator, cause.message_id, Some(true))
                .await?;
        }
        Ok(())
    }

    /// Marks some of what people say as fine.
    async fn marks(&self) -> Result<()> {
        let at = self.world.now().plus(-9 * HOUR);
        let app = self.app.at(at);
        let query = StreamQuery {
            before: Some((at, MessageId::from_raw(0))),
            kind: Some(StreamKind::Message),
            limit: 60,
            ..StreamQuery::default()
        };
        let house: Vec<&str> = self
            .world
            .staff()
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        for group in 0..3 {
            let page = app
                .group_stream(&self.operator, self.group(group), &query)
                .await?;
            let mut marked: Vec<String> = Vec::new();
            for item in page.items {
                let by_staff = item
                    .member
                    .is_none_or(|member| house.contains(&member.name.as_str()));
                let Some(text) = item.text else { continue };
                let odd = item.advert.is_some() || item.complaint.is_some();
                if by_staff || odd || text.chars().count() < MARKED_CHARS || marked.contains(&text)
                {
                    continue;
                }
                app.mark_message(&self.operator, item.id, Some(false))
                    .await?;
                marked.push(text);
                if marked.len() == MARKED_FINE {
                    break;
                }
            }
        }
        Ok(())
    }
}
