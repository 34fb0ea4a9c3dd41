//! 待回复: what members ask in groups, and whether staff answered.
//!
//! A question counts if it is put to the group or to the house, not to another member. An answer is
//! a message of staff that replies to the asker or names them; one that names nobody is taken for
//! the answer to the latest question of the last hour. What waits for ten minutes of working time
//! becomes a task, which the channel itself closes when the answer comes.

use std::collections::{HashMap, HashSet};

use yutang_domain::{
    actor::Actor,
    awaited_reply::{
        ANSWERS_WITHIN, AwaitedReplyState, DROPPED_AFTER, Rest, WITHIN, answerer, due,
    },
    group::Standing,
    id::{AwaitedReplyId, GroupId, MemberId, WorkspaceId},
    task::{DoneCheck, Level, TaskKind, TaskState},
    time::{MINUTE, Timestamp},
};
use yutang_store::{
    Tx, alarm as alarms,
    alarm::Alarm,
    awaited_reply::{self as rows, AwaitedReply, CardName},
    group::{self, Group},
    message::{self, Message},
    passage, staff_task, workspace,
};

use crate::{
    App, Caller, Result,
    alarm::Reachable,
    inbound::STALE,
    macros::in_tx,
    talk::{Added, Line, What, name_of_answered, stored_key},
    task::NewTask,
    workspace::Settings,
};

/// Who watches.
const WATCH: Actor = Actor::System("awaited_reply");
/// Questions that one sweep looks at.
const SLICE: usize = 500;

/// To whom a message is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    /// To the group.
    All,
    /// To the house.
    House,
    /// To this member.
    Member(MemberId),
    /// To somebody who is not known.
    Somebody,
}

/// What is open in a group while its new messages are looked at.
struct Open {
    questions: Vec<AwaitedReply>,
    alarms: Vec<Alarm>,
    names: Vec<CardName>,
}

fn task_of(id: AwaitedReplyId) -> String {
    format!("reply:{id}")
}

impl App {
    /// Notes what was asked in new messages of a group, and what of it staff answered.
    pub(crate) async fn follow_questions(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: &Group,
        lines: &[Line],
        added: &Added,
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        if added.new.is_empty() {
            return Ok(());
        }
        let asking: HashSet<Vec<u8>> = lines
            .iter()
            .filter(|line| matches!(&line.what, What::Said { reading, .. } if reading.asks()))
            .map(|line| stored_key(line.at, line.key))
            .collect();
        let questions = rows::open_in(tx, workspace, group.id).await?;
        let alarms: Vec<Alarm> = alarms::open_in(tx, workspace, group.id)
            .await?
            .into_iter()
            .filter(|row| row.taken_at.is_none())
            .collect();
        if asking.is_empty() && questions.is_empty() && alarms.is_empty() {
            return Ok(());
        }
        let said = message::of_ids(tx, workspace, &added.new).await?;
        let mut people: Vec<MemberId> = said.iter().filter_map(|row| row.member_id).collect();
        people.sort_unstable();
        people.dedup();
        let standing: HashMap<MemberId, Standing> =
            passage::standings(tx, workspace, group.id, &people)
                .await?
                .into_iter()
                .collect();
        people.extend(questions.iter().map(|row| row.member_id));
        people.extend(alarms.iter().map(|row| row.member_id));
        let mut open = Open {
            questions,
            alarms,
            names: rows::card_names(tx, workspace, group.id, &people).await?,
        };
        for row in said {
            let Some(by) = row.member_id else { continue };
            if row.sent_at < now.plus(-STALE) {
                continue;
            }
            match standing.get(&by).copied().unwrap_or(Standing::Member) {
                Standing::Bot => {}
                Standing::Owner | Standing::Admin | Standing::Staff => {
                    self.staff_said(tx, workspace, &mut open, &row, by, now)
                        .await?;
                }
                Standing::Member => {
                    if asking.contains(&row.source_key) && !row.complaint {
                        self.member_asked(tx, caller, &mut open, (&row, by), now)
                            .await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn member_asked(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        open: &mut Open,
        (said, by): (&Message, MemberId),
        now: Timestamp,
    ) -> Result<()> {
        let workspace = caller.workspace;
        let to = addressed(tx, workspace, &open.names, said).await?;
        if !matches!(to, To::All | To::House) {
            return Ok(());
        }
        if let Some(row) = open.questions.iter_mut().find(|row| row.member_id == by) {
            row.questions += 1;
            rows::update(tx, workspace, row).await?;
            return Ok(());
        }
        let quiet = Settings::of(&workspace::get(tx, workspace).await?)?.quiet_hours;
        let rest = Rest {
            from: quiet.from,
            to: quiet.to,
        };
        let row = AwaitedReply {
            id: self.ids().next()?,
            group_id: said.group_id,
            member_id: by,
            message_id: said.id,
            state: AwaitedReplyState::Open,
            questions: 1,
            asked_at: said.sent_at,
            // The network's clock may be ahead of ours.
            due_at: due(&caller.zone, rest, said.sent_at.min(now)),
            task_id: None,
            ended_at: None,
            answered_by: None,
        };
        rows::insert(tx, workspace, &row).await?;
        open.questions.push(row);
        Ok(())
    }

    async fn staff_said(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        open: &mut Open,
        said: &Message,
        by: MemberId,
        now: Timestamp,
    ) -> Result<()> {
        let answered = match addressed(tx, workspace, &open.names, said).await? {
            To::Member(member) => {
                let taken = open
                    .alarms
                    .iter()
                    .position(|row| row.member_id == member && row.clock_at <= said.sent_at);
                if let Some(place) = taken {
                    let row = open.alarms.remove(place);
                    let by = Actor::Member(by).to_string();
                    self.take_alarm(tx, workspace, row, (said.sent_at, &by), now)
                        .await?;
                }
                open.questions
                    .iter()
                    .position(|row| row.member_id == member)
            }
            To::All if said.text.as_deref().is_some_and(|text| !text.is_empty()) => open
                .questions
                .iter()
                .rposition(|row| (0..=ANSWERS_WITHIN).contains(&said.sent_at.since(row.asked_at))),
            _ => None,
        };
        let answered = answered.filter(|place| open.questions[*place].asked_at <= said.sent_at);
        if let Some(place) = answered {
            let mut row = open.questions.remove(place);
            row.state = AwaitedReplyState::Answered;
            row.ended_at = Some(said.sent_at);
            row.answered_by = Some(by);
            rows::update(tx, workspace, &row).await?;
            self.close_task_in(
                tx,
                workspace,
                &task_of(row.id),
                TaskState::Done,
                &WATCH,
                now,
            )
            .await?;
        }
        Ok(())
    }

    /// Makes tasks of questions that have waited too long, and lets go of those that nobody waits for
    /// any more; says how many changed.
    pub(crate) async fn look_for_replies(&self) -> Result<u64> {
        let now = self.now();
        let stale = now.plus(-DROPPED_AFTER);
        let due = in_tx!(self, Read, tx => Ok(rows::due(tx, now, stale, SLICE).await?))?;
        let mut changed = 0;
        for one in due {
            let done = in_tx!(self, Write, tx => {
                self.look_at_question(tx, one.workspace_id, one.id, now).await
            })?;
            changed += u64::from(done);
        }
        Ok(changed)
    }

    /// Lets go of questions that were taken back.
    pub(crate) async fn let_go_of_recalled(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        group: GroupId,
        now: Timestamp,
    ) -> Result<()> {
        for row in rows::recalled_in(tx, workspace, group).await? {
            self.let_go_of_question(tx, workspace, row, now).await?;
        }
        Ok(())
    }

    async fn let_go_of_question(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        mut row: AwaitedReply,
        now: Timestamp,
    ) -> Result<()> {
        row.state = AwaitedReplyState::Dropped;
        row.ended_at = Some(now);
        rows::update(tx, workspace, &row).await?;
        let (task, withdrawn) = (task_of(row.id), TaskState::Withdrawn);
        self.close_task_in(tx, workspace, &task, withdrawn, &WATCH, now)
            .await?;
        Ok(())
    }

    async fn look_at_question(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        id: AwaitedReplyId,
        now: Timestamp,
    ) -> Result<bool> {
        let mut row = rows::get(tx, workspace, id).await?;
        if row.state != AwaitedReplyState::Open {
            return Ok(false);
        }
        if now.since(row.asked_at) > DROPPED_AFTER {
            self.let_go_of_question(tx, workspace, row, now).await?;
            return Ok(true);
        }
        if let Some(task) = row.task_id {
            let task = staff_task::get(tx, workspace, task).await?;
            row.state = match task.state {
                TaskState::Open => return Ok(false),
                TaskState::Done => AwaitedReplyState::Answered,
                TaskState::Impossible | TaskState::Withdrawn => AwaitedReplyState::Dropped,
            };
            row.ended_at = task.done_at.or(Some(now));
            rows::update(tx, workspace, &row).await?;
            return Ok(true);
        }
        let group = group::get(tx, workspace, row.group_id).await?;
        let people = Reachable::of(tx, workspace, &group).await?;
        let said = message::of_ids(tx, workspace, &[row.message_id]).await?;
        let text = said.into_iter().find_map(|said| said.text);
        let names = rows::card_names(tx, workspace, group.id, &[row.member_id]).await?;
        let name = names
            .into_iter()
            .find(|one| one.member_id == row.member_id)
            .map(|one| one.card_name);
        let task = NewTask {
            level: Level::Warn,
            member: Some(row.member_id),
            assignee: answerer(&people.candidates),
            args: serde_json::json!({
                "name": name.unwrap_or_default(),
                "text": text.unwrap_or_default(),
                "minutes": WITHIN / MINUTE,
            }),
            done_check: DoneCheck::Channel,
            minutes: 2,
            due_at: Some(now.plus(WITHIN)),
            ..NewTask::new(
                TaskKind::Reply,
                ("task.reply", "task.why.reply"),
                row.asked_at,
                task_of(id),
            )
            .in_group(&group)
        };
        let Some(task) = self
            .create_task_in(tx, workspace, task, &WATCH, now)
            .await?
        else {
            return Ok(false);
        };
        row.task_id = Some(task.id);
        rows::update(tx, workspace, &row).await?;
        Ok(true)
    }
}

/// To whom a message is put, by what it replies to or whom it names.
async fn addressed(
    tx: &mut Tx,
    workspace: WorkspaceId,
    names: &[CardName],
    said: &Message,
) -> Result<To> {
    if let Some(answered) = &said.reply_to {
        let name = name_of_answered(answered);
        let since = stored_key(said.sent_at.plus(-DROPPED_AFTER), [0; 16]);
        let author = author(tx, workspace, said.group_id, &name, &since[..6]).await?;
        return Ok(author.map_or(To::Somebody, |member| known(names, member)));
    }
    Ok(said
        .text
        .as_deref()
        .map_or(To::All, |text| named(text, names)))
}

async fn author(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    name: &[u8],
    since: &[u8],
) -> Result<Option<MemberId>> {
    Ok(message::author_of(tx, workspace, group, (name, since)).await?)
}

fn known(names: &[CardName], member: MemberId) -> To {
    let house = names.iter().any(|one| one.member_id == member && one.house);
    if house { To::House } else { To::Member(member) }
}

/// Whom a text names with @, the longest name first.
fn named(text: &str, names: &[CardName]) -> To {
    let mut to = To::All;
    let mut before = None;
    for (place, c) in text.char_indices() {
        let in_word = before.is_some_and(|c: char| c.is_ascii_alphanumeric());
        before = Some(c);
        if !matches!(c, '@' | '＠') || in_word {
            continue;
        }
        let rest = &text[place + c.len_utf8()..];
        let found = names
            .iter()
            .filter(|one| !one.card_name.is_empty() && rest.starts_with(&one.card_name))
            .max_by_key(|one| one.card_name.len());
        match found {
            Some(one) => return known(names, one.member_id),
            None if rest.starts_with(|c: char| !c.is_whitespace()) => to = To::Somebody,
            None => {}
        }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_put_to_whom_it_names() {
        let name = |id, card_name: &str, house| CardName {
            member_id: MemberId::from_raw(id),
            card_name: card_name.to_owned(),
            house,
        };
        let names = [
            name(1, "王芳", false),
            name(2, "王芳芳", false),
            name(3, "小店长", true),
        ];
        let of = |text| named(text, &names);
        assert_eq!(of("几点开门?"), To::All);
        assert_eq!(of("@小店长 几点开门?"), To::House);
        assert_eq!(of("@王芳 你买了吗"), To::Member(MemberId::from_raw(1)));
        assert_eq!(of("好的@王芳芳 有的"), To::Member(MemberId::from_raw(2)));
        assert_eq!(of("@张三 在吗"), To::Somebody);
        assert_eq!(of("发到 a@b.com 吗"), To::All);
        assert_eq!(of("价格 @ 12 吗"), To::All);
    }
}
