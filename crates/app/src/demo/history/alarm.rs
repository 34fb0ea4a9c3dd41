//! Who complained and who asked, and what staff answered.

use yutang_channels::{
    Fact, Inbound,
    fake::history::{Asked, Complained, Part},
};
use yutang_domain::{
    alarm::{AlarmOutcome, AlarmState},
    awaited_reply::WITHIN,
    time::{MINUTE, SECOND, Timestamp},
};

use super::{Arrival, History, posted};
use crate::{AppError, Result, alarm::Filter as AlarmFilter};

impl History<'_> {
    /// A complaint that staff answered in the group and a person closed.
    pub(super) async fn complaint(&self, told: &Complained) -> Result<()> {
        let words = (told.said, told.answer);
        let [said, answer] = self.exchange(
            told.group,
            'c',
            &told.part,
            (told.at, told.answered_after),
            words,
        );
        self.happens(told.group, &[said]).await?;
        self.happens(told.group, &[answer]).await?;
        let app = self.app.at(told.at.plus(48 * MINUTE));
        let filter = AlarmFilter {
            state: Some(AlarmState::Open),
            group: Some(self.group(told.group)),
            ..AlarmFilter::default()
        };
        for open in app.alarms(&self.manager, filter, 1).await?.items {
            let outcome = told
                .outcome
                .parse::<AlarmOutcome>()
                .map_err(AppError::internal)?;
            app.close_alarm(&self.manager, open.row.id, outcome, told.note)
                .await?;
        }
        Ok(())
    }

    /// A question and the answer of staff.
    pub(super) async fn question(&self, told: &Asked) -> Result<()> {
        let words = (told.said, told.answer);
        let exchange = self.exchange(
            told.group,
            'q',
            &told.part,
            (told.at, told.answered_after),
            words,
        );
        self.happens(told.group, &exchange).await
    }

    /// What somebody says at an instant, and what staff answer so many milliseconds later.
    fn exchange(
        &self,
        group: usize,
        kind: char,
        part: &Part,
        (at, after): (Timestamp, i64),
        (said, answer): (&'static str, &'static str),
    ) -> [Inbound; 2] {
        let id = self.external(group);
        let key = format!("{id}-{kind}{}", at.ms());
        let reply = (format!("{key}a"), Some(key.clone()));
        let staff = self.staff_sender(&self.seller);
        [
            posted(id, key, at, part.sender.clone(), said, None),
            posted(id, reply.0, at.plus(after), staff, answer, reply.1),
        ]
    }

    /// What is still to be dealt with: it comes in, and what waits too long becomes a task.
    pub(super) async fn arrives(&self, arrival: &Arrival) -> Result<()> {
        let id = self.external(arrival.group);
        let mut fact = posted(
            id,
            arrival.key.clone(),
            arrival.at,
            arrival.sender.clone(),
            &arrival.text,
            None,
        );
        if let Fact::Posted { kind, .. } = &mut fact.fact {
            *kind = arrival.kind;
        }
        self.happens(arrival.group, &[fact]).await?;
        let due = arrival.at.plus(WITHIN + SECOND);
        if due <= self.world.now() {
            self.app.at(due).look_for_replies().await?;
        }
        Ok(())
    }
}
