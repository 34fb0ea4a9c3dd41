//! What staff order in the chat: the same verbs as in the console, for those whose role may.

use yutang_channels::Wish;
use yutang_domain::{
    alarm::AlarmOutcome,
    command::{Command, minutes},
    group::Standing,
    id::MemberId,
    permission::Operation,
    sanction::SanctionState,
};
use yutang_store::{
    Tx,
    alarm::{self, Alarm},
    group::Group,
    member,
    message::{self, Message},
    passage, sanction, staff as people, staff_task,
};

use super::{Heard, Reply};
use crate::{
    App, Caller, Result,
    inbound::RECALLED_WITHIN,
    reach::Wanted,
    talk::{name_of_answered, stored_key},
    task::NewTask,
};

/// How many tasks are named at once.
const TASKS: usize = 5;
/// How many open tasks are looked through.
const LOOKED_AT: usize = 100;

impl App {
    /// None where there is nothing to say.
    pub(super) async fn obey_staff(
        &self,
        tx: &mut Tx,
        staff: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        let say = |key: &str| Some(Reply::close(heard.locale.say(key, &[])));
        if staff.may(Operation::TaskDo).is_err() {
            return Ok(say("bot.not_allowed"));
        }
        if let Some(group) = heard.group
            && !self.within(tx, staff, group).await?
        {
            return Ok(say("bot.not_allowed"));
        }
        Ok(match heard.said.command {
            Command::Tasks => Some(self.tell_tasks(tx, staff, heard).await?),
            Command::Take => self.take_complaint(tx, staff, heard).await?,
            Command::Close if heard.said.words.is_empty() => say("bot.close_how"),
            Command::Close => self.close_complaint(tx, staff, heard).await?,
            Command::Mute => self.mute(tx, staff, heard).await?,
            Command::Unmute => self.unmute(tx, staff, heard).await?,
            _ => self.release(tx, staff, heard).await?,
        })
    }

    /// Whether a group lies in the branches of a member of staff.
    async fn within(&self, tx: &mut Tx, staff: &Caller, group: &Group) -> Result<bool> {
        let prefix = staff.branch_prefix();
        if prefix.is_empty() {
            return Ok(true);
        }
        let place = yutang_store::branch::get(tx, staff.workspace, group.branch_id).await?;
        Ok(place.path.starts_with(&prefix))
    }

    async fn tell_tasks(&self, tx: &mut Tx, staff: &Caller, heard: &Heard<'_>) -> Result<Reply> {
        let filter = staff_task::Filter {
            open: Some(true),
            assignee: staff.actor.staff_id(),
            ..staff_task::Filter::default()
        };
        let rows = staff_task::list(tx, staff.workspace, &filter, LOOKED_AT).await?;
        if rows.is_empty() {
            return Ok(Reply::close(heard.locale.say("bot.tasks_none", &[])));
        }
        let count = rows.len().to_string();
        let mut text = heard.locale.say("bot.tasks", &[("count", &count)]);
        let zone = &staff.zone;
        for row in rows.iter().take(TASKS) {
            let args: serde_json::Value = serde_json::from_str(&row.args).unwrap_or_default();
            let what = heard.locale.sentence(&row.what, &args);
            let due = row
                .due_at
                .map(|due| zone.civil(due).strftime("%m-%d %H:%M ").to_string());
            text += &["\n· ", &due.unwrap_or_default(), &what].concat();
            if let Some(base) = self.reached_at() {
                text += &[" ", base, "/tasks/", &row.id.to_string()].concat();
            }
        }
        Ok(Reply::close(text))
    }

    /// The open complaint that is meant: that of the member answered, else the oldest of the group.
    async fn complaint(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<Option<Alarm>> {
        let Some(group) = heard.group else {
            return Ok(None);
        };
        let about = self.answered(tx, heard).await?;
        let open = alarm::open_in(tx, heard.house.id, group.id).await?;
        Ok(match about {
            Some(who) => open.into_iter().find(|row| row.member_id == who),
            None => open.into_iter().min_by_key(|row| row.raised_at),
        })
    }

    async fn take_complaint(
        &self,
        tx: &mut Tx,
        staff: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        let say =
            |key: &str, args: &[(&str, &str)]| Some(Reply::close(heard.locale.say(key, args)));
        if staff.may(Operation::AlarmClose).is_err() {
            return Ok(say("bot.not_allowed", &[]));
        }
        let Some(row) = self.complaint(tx, heard).await? else {
            return Ok(say("bot.complaint_none", &[]));
        };
        let name = member::get(tx, staff.workspace, row.member_id).await?.name;
        if row.taken_at.is_none() {
            let by = staff.actor.to_string();
            self.take_alarm(tx, staff.workspace, row, (heard.now, &by), heard.now)
                .await?;
        }
        Ok(say("bot.complaint_taken", &[("name", &name)]))
    }

    async fn close_complaint(
        &self,
        tx: &mut Tx,
        staff: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        let say = |key: &str| Some(Reply::close(heard.locale.say(key, &[])));
        if staff.may(Operation::AlarmClose).is_err() {
            return Ok(say("bot.not_allowed"));
        }
        let Some(row) = self.complaint(tx, heard).await? else {
            return Ok(say("bot.complaint_none"));
        };
        let words = heard.said.words.as_str();
        self.close_alarm_in(tx, staff, row, (outcome(words), heard.written), heard.now)
            .await?;
        Ok(say("bot.complaint_closed"))
    }

    async fn mute(&self, tx: &mut Tx, staff: &Caller, heard: &Heard<'_>) -> Result<Option<Reply>> {
        let Some(minutes) = minutes(&heard.said.words) else {
            return Ok(Some(Reply::close(
                heard.locale.say("bot.mute_how_long", &[]),
            )));
        };
        self.restrain(tx, staff, heard, Some(minutes)).await
    }

    async fn unmute(
        &self,
        tx: &mut Tx,
        staff: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        self.restrain(tx, staff, heard, None).await
    }

    /// Keeps whoever was answered from writing for so many minutes; none = lets them again.
    async fn restrain(
        &self,
        tx: &mut Tx,
        staff: &Caller,
        heard: &Heard<'_>,
        minutes: Option<u32>,
    ) -> Result<Option<Reply>> {
        let (Some(group), Some(who)) = (heard.group, self.answered(tx, heard).await?) else {
            return Ok(Some(Reply::close(
                heard.locale.say("bot.answer_the_message", &[]),
            )));
        };
        let standing = passage::standings(tx, staff.workspace, group.id, &[who]).await?;
        if standing
            .first()
            .is_some_and(|(_, standing)| *standing != Standing::Member)
        {
            return Ok(Some(Reply::close(heard.locale.say("bot.not_staff", &[]))));
        }
        if people::of_member(tx, staff.workspace, who).await?.is_some() {
            return Ok(Some(Reply::close(heard.locale.say("bot.not_staff", &[]))));
        }
        let row = member::get(tx, staff.workspace, who).await?;
        let there = self
            .account_on(tx, staff.workspace, &group.channel, &row)
            .await?
            .unwrap_or_default();
        let external = group.external_id.clone().unwrap_or_default();
        let wish = match minutes {
            Some(minutes) => Wish::Restrict {
                group: external,
                who: there,
                seconds: minutes * 60,
            },
            None => Wish::Lift {
                group: external,
                who: there,
            },
        };
        let dedup = format!("command:{}", heard.key);
        let ask = NewTask::in_place_of(&wish, "task.why.ordered", heard.now, dedup);
        let wanted = Wanted {
            wish,
            member: Some(who),
            at: heard.now,
            cause: None,
        };
        self.do_or_ask(tx, staff, group, wanted, ask, heard.now)
            .await?;
        let minutes = minutes.map(|minutes| minutes.to_string());
        let text = match &minutes {
            Some(minutes) => heard
                .locale
                .say("bot.muted", &[("name", &row.name), ("minutes", minutes)]),
            None => heard.locale.say("bot.unmuted", &[("name", &row.name)]),
        };
        Ok(Some(Reply::close(text)))
    }

    /// What followed from the message answered was wrong, and is taken back.
    async fn release(
        &self,
        tx: &mut Tx,
        staff: &Caller,
        heard: &Heard<'_>,
    ) -> Result<Option<Reply>> {
        let say = |key: &str| Some(Reply::close(heard.locale.say(key, &[])));
        if staff.may(Operation::ModerationDecide).is_err() {
            return Ok(say("bot.not_allowed"));
        }
        let Some(message) = self.answered_message(tx, heard).await? else {
            return Ok(say("bot.answer_the_message"));
        };
        let Some(row) = sanction::of_message(tx, staff.workspace, message.id).await? else {
            return Ok(say("bot.release_nothing"));
        };
        let open = [
            SanctionState::Watched,
            SanctionState::Review,
            SanctionState::Decided,
        ];
        if !open.contains(&row.state) {
            return Ok(say("bot.release_nothing"));
        }
        self.undo_sanction_in(tx, staff, &row, heard.written, heard.now)
            .await?;
        Ok(say("bot.released"))
    }

    /// Who wrote the message that was answered.
    async fn answered(&self, tx: &mut Tx, heard: &Heard<'_>) -> Result<Option<MemberId>> {
        let found = self.answered_message(tx, heard).await?;
        Ok(found.and_then(|found| found.member_id))
    }

    /// The message that was answered.
    pub(super) async fn answered_message(
        &self,
        tx: &mut Tx,
        heard: &Heard<'_>,
    ) -> Result<Option<Message>> {
        let (Some(group), Some(key)) = (heard.group, heard.answers) else {
            return Ok(None);
        };
        let since = stored_key(heard.now.plus(-RECALLED_WITHIN), [0; 16]);
        let name = name_of_answered(key);
        Ok(message::named(tx, heard.house.id, group.id, (&name, &since[..6])).await?)
    }
}

/// How a complaint ended, as far as the words say so; they are kept in any case.
fn outcome(words: &str) -> AlarmOutcome {
    let says = |any: &[&str]| any.iter().any(|word| words.contains(word));
    if says(&["退款", "退钱", "refund"]) {
        AlarmOutcome::Refunded
    } else if says(&["换货", "换了", "补发", "重做", "replace"]) {
        AlarmOutcome::Replaced
    } else if says(&["联系不上", "没联系上", "unreachable"]) {
        AlarmOutcome::Unreachable
    } else if says(&["误会", "不是客诉", "mistake"]) {
        AlarmOutcome::Mistaken
    } else {
        AlarmOutcome::Settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_complaint_ended_is_read_from_the_words() {
        for (words, expected) in [
            ("已退款并道歉", AlarmOutcome::Refunded),
            ("补发一份", AlarmOutcome::Replaced),
            ("电话联系不上", AlarmOutcome::Unreachable),
            ("是误会", AlarmOutcome::Mistaken),
            ("解释清楚了", AlarmOutcome::Settled),
        ] {
            assert_eq!(outcome(words), expected, "{words}");
        }
    }
}
