//! First days: from coming into a group to having a place in it.
//!
//! Rows are begun where somebody comes, and looked at when something of theirs happens or their
//! time has come; looking twice changes nothing. req: 001-050

use std::collections::{BTreeMap, HashMap};

use yutang_channels::Wish;
use yutang_domain::{
    capability::Capability,
    gate::CardName,
    group::Standing,
    id::{GroupId, MemberId, OutboxId, kind},
    onboarding::{Ending, Facts, LASTS, LOOK_AGAIN, Next, Step, Undone, next},
    task::TaskState,
    time::{HOUR, MINUTE, Timestamp},
    welcome::private_way,
};
use yutang_store::{
    StoreError, Tx, announcement,
    gate::{self as gates, DueGroup, GateRow},
    group::{self, Group},
    onboarding::{self, Onboarding, Seat},
    outbox,
    receipt::{self, Delivery},
    staff_task,
    suppression::{self, Reason},
    workspace,
};

use crate::{
    App, Caller, Result,
    gate::{Here, KEEPER, asks_to_acknowledge, card_name_rule},
    macros::in_tx,
    outbox::NewSend,
    welcome::name_of,
};

/// Groups looked at by one sweep.
const GROUPS: usize = 200;
/// First days of one group looked at in one transaction.
const SLICE: usize = 100;
/// How often is looked whether a task was done, in milliseconds.
const TASK_AGAIN: i64 = 10 * MINUTE;
/// How long after the first day is waited for word of a greeting, in milliseconds.
const WAIT_FOR_IT: i64 = 6 * HOUR;

impl App {
    /// Begins the first days of those who came, writes to them in private, and greets whoever is
    /// due.
    pub(crate) async fn begin_onboarding(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        came: &[(MemberId, &str, Timestamp)],
        shut: bool,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let members: Vec<MemberId> = came.iter().map(|(member, ..)| *member).collect();
        let seats: HashMap<MemberId, Seat> = onboarding::seats(tx, workspace, row.id, &members)
            .await?
            .into_iter()
            .map(|seat| (seat.member_id, seat))
            .collect();
        // The last coming counts where somebody came twice.
        let mut last: BTreeMap<MemberId, (&str, Timestamp)> = BTreeMap::new();
        for (member, account, at) in came {
            let here = seats
                .get(member)
                .is_some_and(|seat| seat.left_at.is_none() && seat.role == Standing::Member);
            if here {
                last.insert(*member, (account, *at));
            }
        }
        // Came again before the first day was over: that one has ended.
        let open: Vec<MemberId> = last.keys().copied().collect();
        for old in onboarding::open(tx, workspace, row.id, Some(&open)).await? {
            if last
                .get(&old.member_id)
                .is_some_and(|(_, at)| *at > old.joined_at)
            {
                end(tx, caller, old, Ending::Left, now).await?;
            }
        }
        let earliest = last.values().map(|(_, at)| *at).min().unwrap_or(now);
        let known = onboarding::before(tx, workspace, row.id, &open, earliest.plus(1)).await?;
        let mut rows = Vec::with_capacity(last.len());
        for (member, (_, at)) in &last {
            rows.push(Onboarding {
                id: self.ids().next::<kind::Onboarding>()?,
                group_id: row.id,
                member_id: *member,
                joined_at: *at,
                returning_member: known.iter().any(|one| one.member_id == *member),
                step: Step::Greet,
                ending: None,
                line_sent: None,
                private_sent: None,
                rules_version: 0,
                greeted_at: None,
                spoke_at: None,
                reminded_at: None,
                next_at: now,
                ended_at: None,
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        if !shut {
            let accounts: HashMap<MemberId, &str> = last
                .iter()
                .map(|(member, (account, _))| (*member, *account))
                .collect();
            let names: HashMap<MemberId, String> = seats
                .values()
                .map(|seat| (seat.member_id, name_of(seat)))
                .collect();
            self.welcome_in_private(tx, caller, (row, here), (&mut rows, &accounts), &names, now)
                .await?;
        }
        onboarding::begin(tx, workspace, &rows).await?;
        let waiting = waiting(onboarding::open(tx, workspace, row.id, None).await?);
        self.greet(tx, caller, (row, here), waiting, now).await?;
        Ok(())
    }

    /// Members said something: a first word, or that they have read the rules.
    pub(crate) async fn spoke(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        said: &BTreeMap<MemberId, (Timestamp, Vec<&str>)>,
        now: Timestamp,
    ) -> Result<()> {
        let members: Vec<MemberId> = said.keys().copied().collect();
        let open = onboarding::open(tx, caller.workspace, row.id, Some(&members)).await?;
        for (member, (_, texts)) in said {
            if texts.iter().any(|text| crate::receipt::acknowledges(text)) {
                self.acknowledge_in(tx, caller, *member, Some(row.id), now)
                    .await?;
            }
        }
        let mut changed = Vec::new();
        for mut one in open {
            let at = said.get(&one.member_id).map(|(at, _)| *at);
            if let Some(at) = at
                && one.spoke_at.is_none()
                && at >= one.joined_at
            {
                one.spoke_at = Some(at);
                onboarding::update(tx, caller.workspace, &one).await?;
                changed.push(one.member_id);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.look_after(tx, caller, row, Some(&changed), now).await
    }

    /// Looks at first days in a group: those of `members`, or all whose time has come.
    pub(crate) async fn look_after(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        members: Option<&[MemberId]>,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let here = self.here(tx, caller, row).await?;
        if members.is_none() {
            let waiting = waiting(onboarding::open(tx, workspace, row.id, None).await?);
            self.greet(tx, caller, (row, &here), waiting, now).await?;
        }
        let rows = match members {
            Some(members) => onboarding::open(tx, workspace, row.id, Some(members)).await?,
            None => onboarding::due_in(tx, workspace, row.id, now, SLICE).await?,
        };
        if rows.is_empty() {
            return Ok(());
        }
        let set = gates::find(tx, workspace, row.id).await?;
        let gate = set
            .as_ref()
            .map(GateRow::gate)
            .transpose()?
            .unwrap_or_default();
        let card = card_name_rule(&gate, row, here.locale)
            .and_then(|pattern| CardName::parse(&pattern).ok());
        let asks = asks_to_acknowledge(&gate, row) && here.rules > 0;
        let ids: Vec<MemberId> = rows.iter().map(|one| one.member_id).collect();
        let seats: HashMap<MemberId, Seat> = onboarding::seats(tx, workspace, row.id, &ids)
            .await?
            .into_iter()
            .map(|seat| (seat.member_id, seat))
            .collect();
        let stopped: Vec<MemberId> = suppression::among(tx, workspace, &ids, Some(row.id))
            .await?
            .into_iter()
            .filter(|one| one.reason == Reason::Stop)
            .map(|one| one.member_id)
            .collect();
        for mut one in rows {
            let looked = self
                .settle_greeting(tx, caller, &mut one, false, now)
                .await?;
            let receipts =
                receipt::of_members(tx, workspace, row.id, here.rules, &[one.member_id]).await?;
            let read = receipts.iter().any(|r| r.acknowledged_at.is_some());
            let seat = seats
                .get(&one.member_id)
                .filter(|seat| seat.left_at.is_none());
            let wrote = one.private_sent.is_some();
            let facts = Facts {
                joined_at: one.joined_at,
                here: seat.is_some(),
                stopped: stopped.contains(&one.member_id),
                acknowledged: asks.then_some(read),
                card_name: card
                    .as_ref()
                    .zip(seat)
                    .map(|(rule, seat)| rule.fields_of(&seat.card_name).is_some()),
                spoke: match one.spoke_at {
                    Some(_) => Some(true),
                    None => here.can.can(Capability::ReadText).then_some(false),
                },
                reminded: one.reminded_at.is_some(),
                reachable: here.can.can(Capability::PostPrivate)
                    && private_way(here.profile, here.can, wrote).is_some(),
                quiet: here.quiet_until(caller, now),
            };
            let mut follows = next(&facts, now);
            if let Next::End(Ending::Active | Ending::Silent | Ending::Unseen) = follows {
                let late = one.joined_at.plus(LASTS + WAIT_FOR_IT);
                if one.step == Step::Greet {
                    // They spoke before they were greeted, which they still are.
                    continue;
                }
                // Whether the rules reached them is known a little later.
                if let Some(again) = looked.filter(|_| now < late) {
                    follows = Next::Wait(again);
                }
            }
            match follows {
                Next::End(ending) => end(tx, caller, one, ending, now).await?,
                Next::Wait(until) => {
                    if one.step == Step::Settle {
                        one.next_at = looked.map_or(until, |again| again.min(until));
                        onboarding::update(tx, workspace, &one).await?;
                    }
                }
                Next::Remind(undone) => {
                    self.remind(tx, caller, (row, &here), (&mut one, seat), &undone, now)
                        .await?;
                    one.next_at = one.joined_at.plus(LASTS);
                    onboarding::update(tx, workspace, &one).await?;
                }
            }
        }
        Ok(())
    }

    async fn remind(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (row, here): (&Group, &Here),
        (one, seat): (&mut Onboarding, Option<&Seat>),
        undone: &[Undone],
        now: Timestamp,
    ) -> Result<()> {
        one.reminded_at = Some(now);
        let (_, template) = self.template_of(tx, caller, row.id, here.locale).await?;
        let text = template.reminder.trim();
        let to = self.account_of(tx, caller, row, one.member_id).await?;
        let (Some(account), Some(to), Some(seat)) = (here.account, to, seat) else {
            return Ok(());
        };
        if !template.on || text.is_empty() {
            return Ok(());
        }
        let left: Vec<String> = undone
            .iter()
            .map(|word| here.locale.say(&format!("welcome.undone.{word}"), &[]))
            .collect();
        let left = here.locale.list(&left);
        let said = here.spell(text, (&name_of(seat), &left), caller, now);
        let send = NewSend {
            account,
            group: Some(row.id),
            member: Some(one.member_id),
            wish: Wish::Whisper { to, text: said },
            at: now,
            cause: None,
        };
        self.send_later(tx, caller.workspace, &send, &KEEPER, now)
            .await?;
        Ok(())
    }

    /// Somebody answers that they have read the rules: what is on its way to them has reached them,
    /// even if the network has not said so yet.
    pub(crate) async fn answered_greeting(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        (member, group): (MemberId, Option<GroupId>),
        now: Timestamp,
    ) -> Result<()> {
        for mut one in onboarding::open_of(tx, caller.workspace, member).await? {
            if one.rules_version > 0 && group.is_none_or(|group| group == one.group_id) {
                self.settle_greeting(tx, caller, &mut one, true, now)
                    .await?;
                onboarding::update(tx, caller.workspace, &one).await?;
            }
        }
        Ok(())
    }

    /// Looks what has become of a greeting, and notes that the rules reached somebody with it, as
    /// they also did where it was `answered` on its way; says when to look again.
    async fn settle_greeting(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        one: &mut Onboarding,
        answered: bool,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let mut again = None;
        for private in [true, false] {
            let sent = if private {
                one.private_sent.clone()
            } else {
                one.line_sent.clone()
            };
            let Some(sent) = sent.filter(|_| one.rules_version > 0) else {
                continue;
            };
            let way = if private {
                Delivery::Private
            } else {
                Delivery::Group
            };
            match self.became(tx, caller, &sent, way, now).await? {
                Became::Sending if answered => self.reached_by(tx, caller, one, way, now).await?,
                Became::Sending => again = Some(earlier(again, now.plus(LOOK_AGAIN))),
                Became::Reached(by) => self.reached_by(tx, caller, one, by, now).await?,
                Became::Later(at) => again = Some(earlier(again, at)),
                Became::Lost => {}
            }
        }
        Ok(again.filter(|_| one.rules_version > 0))
    }

    async fn reached_by(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        one: &mut Onboarding,
        by: Delivery,
        now: Timestamp,
    ) -> Result<()> {
        let of = (one.group_id, one.member_id, one.rules_version);
        self.rules_reached(tx, caller, of, by, now).await?;
        // What reached them is not looked at again.
        one.rules_version = 0;
        Ok(())
    }

    /// What has become of something that was to be said: an outbox row, or a task.
    pub(crate) async fn became(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        sent: &str,
        way: Delivery,
        now: Timestamp,
    ) -> Result<Became> {
        let task = match sent.strip_prefix("task:") {
            Some(dedup) => dedup.to_owned(),
            None => {
                let id: OutboxId = sent.parse()?;
                let row = match outbox::get(tx, caller.workspace, id).await {
                    Err(StoreError::NotFound(_)) => return Ok(Became::Lost),
                    found => found?,
                };
                match row.state.as_str() {
                    "sent" => return Ok(Became::Reached(way)),
                    "sending" => return Ok(Became::Sending),
                    "pending" => return Ok(Became::Later(now.plus(LOOK_AGAIN))),
                    _ => format!("outbox:{id}"),
                }
            }
        };
        let found = staff_task::find_by_dedup(tx, caller.workspace, &task).await?;
        Ok(match found.map(|task| task.state) {
            Some(TaskState::Done) => Became::Reached(Delivery::Task),
            Some(TaskState::Open) => Became::Later(now.plus(TASK_AGAIN)),
            _ => Became::Lost,
        })
    }

    /// Opens gates whose wave is over, greets whoever waited for it, and looks at first days whose
    /// time has come; says in how many groups.
    ///
    /// # Errors
    /// The database refused.
    pub async fn keep_gates(&self) -> Result<u64> {
        let now = self.now();
        let over = in_tx!(self, Read, tx => Ok(gates::over(tx, now, GROUPS).await?))?;
        let due = in_tx!(self, Read, tx => Ok(onboarding::due(tx, now, GROUPS).await?))?;
        let told = in_tx!(self, Read, tx => Ok(announcement::due(tx, now, GROUPS).await?))?;
        let mut touched = 0;
        for due in over.into_iter().chain(due).chain(told) {
            // One group that fails keeps the others from nothing.
            match self.keep_gate(&due, now).await {
                Ok(()) => touched += 1,
                Err(error) => {
                    tracing::warn!(group = %due.group_id, code = error.code(), %error, "a gate is looked at again later");
                }
            }
        }
        Ok(touched)
    }

    async fn keep_gate(&self, due: &DueGroup, now: Timestamp) -> Result<()> {
        let workspace = due.workspace_id;
        in_tx!(self, Write, tx => {
            let house = workspace::get(tx, workspace).await?;
            let caller = Caller::new(&house, KEEPER, "gate", "gate")?;
            let row = group::get(tx, workspace, due.group_id).await?;
            let set = gates::find(tx, workspace, row.id).await?;
            if set.is_some_and(|set| set.shut_until.is_some_and(|until| until <= now)) {
                return self.open_gate_in(tx, &caller, &row, &KEEPER, now).await;
            }
            self.look_for_announcement(tx, &caller, &row, now).await?;
            if row.archived_at.is_none() {
                return self.look_after(tx, &caller, &row, None, now).await;
            }
            for one in onboarding::open(tx, workspace, row.id, None).await? {
                end(tx, &caller, one, Ending::Left, now).await?;
            }
            Ok(())
        })
    }
}

/// What has become of something that was sent.
pub(crate) enum Became {
    /// It reached them.
    Reached(Delivery),
    /// It is leaving at this moment.
    Sending,
    /// It is still to be sent or done.
    Later(Timestamp),
    /// It never will.
    Lost,
}

fn earlier(one: Option<Timestamp>, other: Timestamp) -> Timestamp {
    one.map_or(other, |one| one.min(other))
}

fn waiting(rows: Vec<Onboarding>) -> Vec<Onboarding> {
    rows.into_iter()
        .filter(|one| one.step == Step::Greet)
        .collect()
}

async fn end(
    tx: &mut Tx,
    caller: &Caller,
    one: Onboarding,
    ending: Ending,
    now: Timestamp,
) -> Result<()> {
    let one = Onboarding {
        step: Step::Done,
        ending: Some(ending),
        ended_at: Some(now),
        ..one
    };
    onboarding::update(tx, caller.workspace, &one).await?;
    Ok(())
}
