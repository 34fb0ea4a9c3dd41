//! Knocks: somebody asks to be let into a group.
//!
//! Each knock is kept once, under the key of its source. The rule of the gate lets in or says why
//! it waits; whoever can end the wait by a word is asked for it in private, where the channel can;
//! otherwise staff decide. What a channel cannot do itself becomes a task. req: 001-052, 001-053,
//! 001-054

mod desk;
mod word;

pub use desk::{KnockPage, Knocking};

use yutang_channels::{Fact, Inbound, Wish};
use yutang_domain::{
    actor::Actor,
    capability::Capability,
    event::{Event, EventKind},
    gate::{self, Gate, GateError, Held, KnockFacts, KnockState, Ruling},
    id::{GroupId, KnockId, MemberId, OutboxId, kind},
    task::{Level, TaskKind, TaskState},
    time::{HOUR, Timestamp},
    welcome::spoken,
};
use yutang_store::{
    Tx, entry_fee, event,
    gate::{self as gates, GateRow},
    group::Group,
    identity,
    knock::{self, Knock},
    member, onboarding,
};
use yutang_text::fold::fold;

use crate::{
    App, Caller, Result,
    gate::{Here, KEEPER},
    inbound::STALE,
    outbox::NewSend,
    stand_in::PREFIX,
    talk::key_of,
    task::NewTask,
};

/// How soon somebody decides about a knock, in milliseconds.
const KNOCK_WITHIN: i64 = 2 * HOUR;
/// What is kept of what somebody says for themselves, in characters.
const SAID_LENGTH: usize = 500;

fn asking(id: KnockId) -> String {
    format!("knock:{id}")
}

impl App {
    /// The gate of a group, and whether a wave has shut it.
    async fn gate_now(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: GroupId,
        now: Timestamp,
    ) -> Result<(Gate, bool)> {
        let set = gates::find(tx, caller.workspace, group).await?;
        let shut = set
            .as_ref()
            .is_some_and(|set| set.shut_until.is_some_and(|until| until > now));
        let gate = set.as_ref().map(GateRow::gate).transpose()?;
        Ok((gate.unwrap_or_default(), shut))
    }

    /// Somebody knocks.
    pub(crate) async fn knocked(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        inbound: &Inbound,
        member: MemberId,
        now: Timestamp,
    ) -> Result<()> {
        let Fact::Knocked { reason, via, .. } = &inbound.fact else {
            return Ok(());
        };
        let workspace = caller.workspace;
        let key = key_of(&inbound.key);
        if knock::is_kept(tx, workspace, row.id, &key).await? {
            return Ok(());
        }
        for old in knock::waiting_of(tx, workspace, member).await? {
            if old.group_id == row.id {
                self.end_knock(tx, caller, row, &old, (KnockState::Gone, None, None), now)
                    .await?;
            }
        }
        let erased = self.erased_among(tx, workspace, &[member]).await?;
        let erased = erased.contains(&member);
        let said: String = reason.trim().chars().take(SAID_LENGTH).collect();
        let mut new = Knock {
            id: self.ids().next::<kind::Knock>()?,
            group_id: row.id,
            member_id: member,
            said: if erased { String::new() } else { said },
            via: via.clone().filter(|_| !erased),
            wrote: false,
            state: KnockState::Waiting,
            held: Some(Held::Staff),
            knocked_at: inbound.at,
            decided_at: None,
            decided_by: None,
            reason: None,
        };
        // What was asked too long ago is shown, and decided by nobody but a person.
        let stale = inbound.at < now.plus(-STALE);
        let (gate, shut) = self.gate_now(tx, caller, row.id, now).await?;
        let ruling = self.rule_on(tx, caller, row, (&gate, shut), &new).await?;
        if let Ruling::Wait(held) = ruling
            && !stale
        {
            new.held = Some(held);
        }
        if !knock::insert(tx, workspace, &new, &key).await? {
            return Ok(());
        }
        self.knock_fact(tx, caller, row, (EventKind::KnockAsked, &new), now)
            .await?;
        if stale {
            return Ok(());
        }
        match ruling {
            Ruling::Admit => {
                self.let_in(tx, caller, (row, here), &new, &KEEPER, now)
                    .await
            }
            Ruling::Wait(held) => {
                self.wait_at(tx, caller, (row, here), (&gate, &new), held, now)
                    .await
            }
        }
    }

    async fn rule_on(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        (gate, shut): (&Gate, bool),
        knock: &Knock,
    ) -> Result<Ruling> {
        let went = onboarding::before(
            tx,
            caller.workspace,
            row.id,
            &[knock.member_id],
            knock.knocked_at,
        )
        .await?;
        let answers: Vec<String> = gate.answers.iter().map(|word| fold(word)).collect();
        let facts = KnockFacts {
            shut,
            removed: went.iter().any(|one| one.removed > 0),
            said: &fold(&knock.said),
            answers: &answers,
            paid: entry_fee::is_paid(tx, caller.workspace, row.id, knock.member_id).await?,
        };
        Ok(gate::rule(gate.in_force(row.member_count), &facts))
    }

    /// A knock waits: the person is asked for the word that would end it, or staff are told.
    async fn wait_at(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        (gate, knock): (&Gate, &Knock),
        held: Held,
        now: Timestamp,
    ) -> Result<()> {
        // A wave has a task of its own, and asks nobody anything.
        if held == Held::Wave {
            return Ok(());
        }
        let what = match held {
            Held::Answer => gate.question.trim(),
            Held::Task => gate.task.trim(),
            _ => "",
        };
        let key = match held {
            Held::Answer => Some("gate.ask_answer"),
            Held::Reason => Some("gate.ask_reason"),
            Held::Task => Some("gate.ask_task"),
            Held::Payment => Some("gate.ask_payment"),
            Held::Staff | Held::Removed | Held::Wave => None,
        };
        let mut asked = false;
        if let Some(key) = key.filter(|_| here.can.can(Capability::PostPrivate)) {
            let said = here.locale.say(
                key,
                &[
                    ("group", &here.group),
                    ("what", what),
                    ("bot", &here.value("bot", caller, now).unwrap_or_default()),
                ],
            );
            asked = self
                .tell_knocker(tx, caller, (row, here), knock.member_id, said, now)
                .await?
                .is_some();
        }
        if held.by_words() && asked {
            return Ok(());
        }
        self.ask_to_decide(tx, caller, (row, here), knock, held, now)
            .await
    }

    /// Staff are asked to decide about a knock.
    async fn ask_to_decide(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        knock: &Knock,
        held: Held,
        now: Timestamp,
    ) -> Result<()> {
        let name = spoken(
            &member::get(tx, caller.workspace, knock.member_id)
                .await?
                .name,
        );
        let why = match held {
            Held::Staff => "task.why.knock_staff",
            Held::Answer => "task.why.knock_answer",
            Held::Reason => "task.why.knock_reason",
            Held::Task => "task.why.knock_task",
            Held::Payment => "task.why.knock_payment",
            Held::Wave => "task.why.wave",
            Held::Removed => "task.why.knock_removed",
        };
        let task = NewTask {
            level: Level::Warn,
            member: Some(knock.member_id),
            args: serde_json::json!({ "name": name, "text": knock.said, "group": row.name }),
            due_at: Some(now.plus(KNOCK_WITHIN)),
            ..NewTask::new(
                TaskKind::Do,
                ("task.knock", why),
                knock.knocked_at,
                asking(knock.id),
            )
        };
        self.ask_host(tx, caller, (row, here), task, now).await
    }

    /// Writes to somebody who knocks, in private; `None` where their account is not known.
    async fn tell_knocker(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        member: MemberId,
        text: String,
        now: Timestamp,
    ) -> Result<Option<OutboxId>> {
        let to = self.account_of(tx, caller, row, member).await?;
        let (Some(account), Some(to)) = (here.account, to) else {
            return Ok(None);
        };
        let send = NewSend {
            account,
            group: Some(row.id),
            member: Some(member),
            wish: Wish::Whisper { to, text },
            at: now,
            cause: None,
        };
        let id = self
            .send_later(tx, caller.workspace, &send, &KEEPER, now)
            .await?;
        Ok(Some(id))
    }

    /// What the network of a group calls a member.
    pub(crate) async fn account_of(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        member: MemberId,
    ) -> Result<Option<String>> {
        let person = member::get(tx, caller.workspace, member)
            .await?
            .canonical_id;
        Ok(identity::of_person(tx, caller.workspace, person)
            .await?
            .into_iter()
            .find(|one| one.member_id == member && one.channel == row.channel)
            .map(|one| one.external_id)
            .filter(|id| !id.starts_with(PREFIX)))
    }

    /// Lets somebody in who knocks: by the channel, or by a person where it cannot.
    pub(crate) async fn let_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        knock: &Knock,
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let how = (KnockState::Admitted, Some(by), None);
        self.end_knock(tx, caller, row, knock, how, now).await?;
        self.have_done(tx, caller, (row, here), (knock, None), by, now)
            .await
    }

    /// Has the channel let somebody in, or turn them away with a reason; or a person, where it
    /// cannot.
    async fn have_done(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        (knock, away): (&Knock, Option<&str>),
        by: &Actor,
        now: Timestamp,
    ) -> Result<()> {
        let who = self.account_of(tx, caller, row, knock.member_id).await?;
        if let (true, Some(account), Some(group), Some(who)) = (
            here.can.can(Capability::ApproveJoin),
            here.account,
            here.external.clone(),
            who,
        ) {
            let wish = match away {
                None => Wish::Approve { group, who },
                Some(reason) => Wish::Decline {
                    group,
                    who,
                    reason: reason.to_owned(),
                },
            };
            let send = NewSend {
                account,
                group: Some(row.id),
                member: Some(knock.member_id),
                wish,
                at: now,
                cause: None,
            };
            self.send_later(tx, caller.workspace, &send, by, now)
                .await?;
            return Ok(());
        }
        let name = spoken(
            &member::get(tx, caller.workspace, knock.member_id)
                .await?
                .name,
        );
        let what = match away {
            None => "task.let_in",
            Some(_) => "task.turn_away",
        };
        let task = NewTask {
            member: Some(knock.member_id),
            args: serde_json::json!({ "name": name, "group": row.name }),
            body: away.unwrap_or_default().to_owned(),
            due_at: Some(now.plus(KNOCK_WITHIN)),
            ..NewTask::new(
                TaskKind::Do,
                (what, Capability::ApproveJoin.cannot()),
                now,
                format!("let_in:{}", knock.id),
            )
        };
        self.ask_host(tx, caller, (row, here), task, now).await
    }

    /// Ends a knock that waits, with its task.
    async fn end_knock(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        knock: &Knock,
        (state, by, reason): (KnockState, Option<&Actor>, Option<&str>),
        now: Timestamp,
    ) -> Result<()> {
        let actor = by.map(ToString::to_string);
        let ended = knock::end(
            tx,
            caller.workspace,
            knock.id,
            state,
            actor.as_deref(),
            reason,
            now,
        )
        .await?;
        if !ended {
            return Err(GateError::Decided.into());
        }
        let actor = by.unwrap_or(&KEEPER);
        let task = asking(knock.id);
        self.close_task_in(
            tx,
            caller.workspace,
            &task,
            TaskState::Withdrawn,
            actor,
            now,
        )
        .await?;
        let ended = Knock {
            state,
            ..knock.clone()
        };
        self.knock_fact(tx, caller, row, (EventKind::KnockEnded, &ended), now)
            .await
    }

    async fn knock_fact(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        (what, knock): (EventKind, &Knock),
        now: Timestamp,
    ) -> Result<()> {
        let fact = Event::new(self.ids().next()?, what, &KEEPER)
            .in_group(row.id, Some(row.branch_id))
            .about(knock.member_id)
            .with(serde_json::json!({ "knock": knock.id, "state": knock.state }));
        event::insert(tx, caller.workspace, now, &[fact]).await?;
        Ok(())
    }

    /// Somebody who knocked asks no longer, or was decided about in the network's own client.
    pub(crate) async fn knock_gone(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        (member, at): (MemberId, Timestamp),
        now: Timestamp,
    ) -> Result<()> {
        for knock in knock::waiting_of(tx, caller.workspace, member).await? {
            // What comes again says nothing of a knock that came after it.
            if knock.group_id == row.id && knock.knocked_at <= at {
                let how = (KnockState::Gone, None, None);
                self.end_knock(tx, caller, row, &knock, how, now).await?;
            }
        }
        Ok(())
    }

    /// Somebody came in: whatever waited for it was let in by the network's own client.
    pub(crate) async fn let_in_elsewhere(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        (member, at): (MemberId, Timestamp),
        now: Timestamp,
    ) -> Result<()> {
        for knock in knock::waiting_of(tx, caller.workspace, member).await? {
            if knock.group_id == row.id && knock.knocked_at <= at {
                let how = (KnockState::Admitted, None, None);
                self.end_knock(tx, caller, row, &knock, how, now).await?;
            }
        }
        knock::came_in(tx, caller.workspace, row.id, member, at).await?;
        Ok(())
    }

    /// Looks at all knocks that wait at a group by its present rule.
    pub(crate) async fn rule_again(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        now: Timestamp,
    ) -> Result<()> {
        let (gate, shut) = self.gate_now(tx, caller, row.id, now).await?;
        for mut knock in knock::waiting_at(tx, caller.workspace, row.id).await? {
            // Too old to be decided by a rule.
            if knock.knocked_at < now.plus(-STALE) {
                continue;
            }
            match self.rule_on(tx, caller, row, (&gate, shut), &knock).await? {
                Ruling::Admit => {
                    self.let_in(tx, caller, (row, here), &knock, &KEEPER, now)
                        .await?;
                }
                Ruling::Wait(held) if knock.held == Some(held) => {}
                Ruling::Wait(held) => {
                    knock.held = Some(held);
                    knock::hold(tx, caller.workspace, &knock).await?;
                    self.wait_at(tx, caller, (row, here), (&gate, &knock), held, now)
                        .await?;
                }
            }
        }
        Ok(())
    }
}
