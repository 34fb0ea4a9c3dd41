//! How groups were set up, and who knocked.

use yutang_channels::{
    Fact, Inbound,
    fake::{
        World,
        history::{KNOCKED_AT, Knock, Knocked},
    },
};
use yutang_domain::{
    gate::{Gate, GateKind, KnockState},
    moderation::{Mode, Strictness},
    policy::Policy,
    time::{DAY, HOUR, MINUTE},
    welcome::Template,
};

use super::History;
use crate::Result;

/// How each group is kept: position, mode, strictness.
const KEPT_SO: [(usize, Mode, Strictness); 4] = [
    (0, Mode::Act, Strictness::Normal),
    (1, Mode::Watch, Strictness::Normal),
    (2, Mode::Act, Strictness::Strict),
    (KNOCKED_AT, Mode::Act, Strictness::Normal),
];
/// How one comes into each group: position, way, name of the line that newcomers get in private.
const ENTERED_SO: [(usize, GateKind, &str); 5] = [
    (0, GateKind::Open, "welcome"),
    (1, GateKind::Open, "welcome"),
    (2, GateKind::Staff, "welcome_parents"),
    (KNOCKED_AT, GateKind::Knock, "welcome_course_private"),
    (8, GateKind::Open, "welcome"),
];

impl History<'_> {
    /// Head office sets policies, gates and welcomes, and trusts 李姐.
    pub(super) async fn set_up(&self) -> Result<()> {
        let day = self.world.zone().day(self.world.now()).plus_days(-34);
        let begun = self.world.zone().start_of(day).plus(10 * HOUR);
        let app = self.app.at(begun);
        for (group, mode, strictness) in KEPT_SO {
            let policy = Policy {
                mode,
                strictness,
                ..Policy::default()
            };
            app.set_policy(&self.operator, self.group(group), &policy)
                .await?;
        }
        let app = self.app.at(begun.plus(20 * MINUTE));
        for (group, kind, line) in ENTERED_SO {
            let gate = Gate {
                kind,
                ..Gate::default()
            };
            app.set_gate(&self.operator, self.group(group), gate)
                .await?;
            // Only where the program itself speaks in the group is anything said there: elsewhere
            // every newcomer would be a task.
            let aloud = |name| {
                let said = if group == KNOCKED_AT {
                    World::line(name)
                } else {
                    ""
                };
                said.to_owned()
            };
            let welcome = Template {
                on: true,
                line: aloud("welcome_course"),
                private: World::line(line).to_owned(),
                returning: String::new(),
                reminder: aloud("welcome_course_reminder"),
            };
            app.set_welcome(&self.operator, self.group(group), welcome)
                .await?;
        }
        if let Some(planted) = self.world.planted() {
            let person = self.seed.member(planted.connector);
            let app = self.app.at(begun.plus(20 * DAY));
            app.trust(&self.manager, person, World::trusted_because())
                .await?;
        }
        Ok(())
    }

    pub(super) async fn knock(&self, told: &Knock) -> Result<()> {
        let id = self.external(KNOCKED_AT);
        let fact = |key: &str, at, fact| Inbound {
            key: format!("{id}-{}{key}", told.who.external_id),
            at,
            group: Some(id.to_owned()),
            fact,
        };
        let asked = Fact::Knocked {
            who: told.who.clone(),
            reason: told.said.to_owned(),
            via: Some(told.via.to_owned()),
        };
        self.happens(KNOCKED_AT, &[fact("k", told.at, asked)])
            .await?;
        let away = match told.ending {
            Knocked::Waits => return Ok(()),
            Knocked::Admitted => None,
            Knocked::Declined(reason) => Some(reason),
        };
        let group = self.group(KNOCKED_AT);
        let decided = told.at.plus(18 * MINUTE);
        let app = self.app.at(decided);
        let waiting = Some(KnockState::Waiting);
        let page = app.knocks(&self.manager, group, waiting, None, 20).await?;
        for knocking in page.items.iter().filter(|one| one.name == told.who.name) {
            app.decide_knock(&self.manager, group, knocking.row.id, away)
                .await?;
        }
        self.send(KNOCKED_AT, decided).await?;
        if away.is_some() {
            return Ok(());
        }
        let came = decided.plus(MINUTE);
        let joined = Fact::Joined {
            who: told.who.clone(),
            via: Some(told.via.to_owned()),
            inviter: None,
        };
        self.happens(KNOCKED_AT, &[fact("j", came, joined)]).await?;
        let greeted = came.plus(10 * MINUTE);
        self.app.at(greeted).keep_gates().await?;
        self.send(KNOCKED_AT, greeted).await
    }
}
