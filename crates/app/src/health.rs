//! Figures of a group, a branch or the workspace, and the class of a group's health.
//!
//! Every figure is computed from counts by person and day, so it holds for any period and outlives
//! the texts. What a channel cannot show is said with a reason, never given as 0.
//! Formulas: docs/reference/metrics.md. req: 000-005, 000-043, 002-006, 002-034, 002-035

use std::collections::BTreeMap;

use serde::Serialize;
use yutang_domain::{
    health::{Health, NOTHING_IMPORTED, classify},
    id::{BranchId, GroupId, MemberId},
    permission::Operation,
    time::{Date, Period, Timestamp},
};
use yutang_insight::{
    concentration::{gini, top_share},
    share::share,
    two_way::two_way,
    vitality::{ValueDay, vitality},
};
use yutang_store::{
    Tx, branch,
    group::Group,
    health::{self, Span},
    workspace,
};

pub use judge::StoredHealth;
pub use people::{BehindFigure, BehindPage};
pub(crate) use sight::Seen;
pub use silence::SilentShare;

use crate::{App, Caller, Result, macros::in_tx, workspace::Settings};

mod judge;
mod people;
mod sight;
mod silence;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// One group.
    Group(GroupId),
    /// A branch and all below it.
    Branch(BranchId),
    /// Everything the caller may see.
    All,
}

/// A number, or why there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figure {
    /// The number.
    pub value: Option<f64>,
    /// Why there is none, as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<&'static str>,
    /// The same for the period of equal length before.
    pub previous: Option<f64>,
}

/// A civil day of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportDay {
    /// Which.
    pub day: Date,
    /// Messages.
    pub messages: i64,
    /// People who wrote.
    pub active_members: i64,
    /// People who came.
    pub joined: i64,
    /// People who went.
    pub left: i64,
    /// Messages that give value.
    pub valued: i64,
}

/// The figures of a period.
#[derive(Clone, Debug, Serialize)]
pub struct HealthReport {
    /// The period.
    pub period: Period,
    /// Whether texts can be read at all, and why not.
    pub unreadable: Option<&'static str>,
    /// Messages of people, staff and adverts included.
    pub messages: Figure,
    /// People who wrote as members.
    pub active_members: Figure,
    /// People who gave value.
    pub contributors: Figure,
    /// Their share of the people present.
    pub contributor_share: Figure,
    /// Value person-days per seven days.
    pub vitality: Figure,
    /// Members' share of all messages.
    pub two_way_ratio: Figure,
    /// Members' messages per message of the house.
    pub per_operator_message: Figure,
    /// Share of messages by the top tenth of those who wrote.
    pub top10_share: Figure,
    /// Concentration of messages among those who wrote.
    pub gini: Figure,
    /// People who came.
    pub arrivals: Figure,
    /// People who went.
    pub leavers: Figure,
    /// Share of adverts among members' messages.
    pub advert_share: Figure,
    /// Share of messages off the topic among those judged.
    pub off_topic_share: Figure,
    /// People present at some time of the period.
    pub members: Figure,
    /// The class of a single group.
    pub health: Option<Health>,
    /// Day by day.
    pub daily: Vec<ReportDay>,
    /// How silence grows in the first month: of the people of a group, or of the groups of a branch.
    pub silence: Vec<SilentShare>,
    /// Messages by hour of the day.
    pub hours: Vec<i64>,
}

/// The raw numbers of one period.
struct Measured {
    messages: i64,
    active: Vec<u64>,
    contributors: u64,
    vitality: Option<f64>,
    member_messages: u64,
    operator_messages: Option<u64>,
    adverts: u64,
    off_topic: u64,
    judged: u64,
    members: u64,
    /// Those of them whose groups can be read.
    audience: u64,
    joined: i64,
    departed: i64,
}

impl App {
    /// The figures of a group, a branch or everything, for a period, beside the period before.
    ///
    /// # Errors
    /// What is asked for is out of the caller's reach.
    pub async fn health_report(
        &self,
        caller: &Caller,
        about: About,
        period: Period,
    ) -> Result<HealthReport> {
        caller.may(Operation::ReportRead)?;
        let now = self.now();
        in_tx!(self, Read, tx => self.report(tx, caller, about, period, now).await)
    }

    /// From when to when something is known of what is asked about; `None` if nothing is.
    ///
    /// # Errors
    /// What is asked for is out of the caller's reach.
    pub async fn report_extent(&self, caller: &Caller, about: About) -> Result<Option<Period>> {
        caller.may(Operation::ReportRead)?;
        in_tx!(self, Read, tx => {
            let (span, _) = self.span(tx, caller, about).await?;
            let extent = health::extent(tx, caller.workspace, &span).await?;
            match (extent.first, extent.last) {
                (Some(first), Some(last)) => Ok(Some(Period::new(first, last.plus_days(1))?)),
                _ => Ok(None),
            }
        })
    }

    async fn span(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        about: About,
    ) -> Result<(Span, Option<Group>)> {
        Ok(match about {
            About::Group(id) => {
                let (row, _) = self.group_in_scope(tx, caller, id).await?;
                (Span::Group(id), Some(row))
            }
            About::Branch(id) => {
                let row = branch::get(tx, caller.workspace, id).await?;
                if !caller.actor.scope().covers(&row.path) {
                    return Err(yutang_store::StoreError::NotFound("branch").into());
                }
                (Span::Below(row.path), None)
            }
            About::All => (Span::Below(caller.branch_prefix()), None),
        })
    }

    async fn report(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        about: About,
        period: Period,
        now: Timestamp,
    ) -> Result<HealthReport> {
        let workspace = caller.workspace;
        let (span, row) = self.span(tx, caller, about).await?;
        let Seen { spoken, sight } = self.seen_of(tx, caller, &span).await?;
        let unreadable = sight.texts;
        let this = measure(tx, caller, (&span, &spoken), period).await?;
        let before = measure(tx, caller, (&span, &spoken), period.before()).await?;
        let (days, hours) = if unreadable.is_none() {
            (
                health::days(tx, workspace, &spoken, period).await?,
                health::hours(tx, workspace, &spoken, period).await?,
            )
        } else {
            (Vec::new(), Vec::new())
        };
        let traffic = health::traffic(tx, workspace, &span, period).await?;
        let as_of = period.to.plus_days(-1).min(caller.day(now));
        let (class, silence) = match &row {
            Some(row) => {
                let settings = Settings::of(&workspace::get(tx, workspace).await?)?;
                let judged = self
                    .health_facts(tx, caller, row, as_of, unreadable)
                    .await?;
                let class = classify(judged.kind, &judged.facts, &settings.health);
                (
                    Some(class),
                    self.silence_of_people(tx, caller, row, as_of, unreadable)
                        .await?,
                )
            }
            None if unreadable.is_some() => (None, Vec::new()),
            None => (
                None,
                self.silence_of_groups(tx, caller, &spoken, as_of).await?,
            ),
        };
        let text = |value: Option<f64>, previous: Option<f64>, missing: &'static str| Figure {
            value: value.filter(|_| unreadable.is_none()),
            unknown: unreadable.or_else(|| value.is_none().then_some(missing)),
            previous: previous.filter(|_| unreadable.is_none()),
        };
        let seen = |value: f64, previous: f64, unknown: Option<&'static str>| Figure {
            value: Some(value).filter(|_| unknown.is_none()),
            unknown,
            previous: Some(previous).filter(|_| unknown.is_none()),
        };
        let nobody = unreadable.filter(|why| *why == NOTHING_IMPORTED && this.members == 0);
        let two = |m: &Measured| two_way(m.member_messages, m.operator_messages);
        Ok(HealthReport {
            period,
            unreadable,
            messages: text(
                Some(this.messages as f64),
                Some(before.messages as f64),
                "no_data",
            ),
            active_members: text(
                Some(this.active.len() as f64),
                Some(before.active.len() as f64),
                "no_data",
            ),
            contributors: text(
                Some(this.contributors as f64),
                Some(before.contributors as f64),
                "no_data",
            ),
            contributor_share: text(
                share(this.contributors, this.audience),
                share(before.contributors, before.audience),
                "no_members",
            ),
            vitality: text(this.vitality, before.vitality, "no_data"),
            two_way_ratio: text(
                two(&this).map(|t| t.share),
                two(&before).map(|t| t.share),
                "no_staff_known",
            ),
            per_operator_message: text(
                two(&this).and_then(|t| t.per_operator_message),
                two(&before).and_then(|t| t.per_operator_message),
                "no_staff_known",
            ),
            top10_share: text(
                top_share(&this.active, 0.1),
                top_share(&before.active, 0.1),
                "no_data",
            ),
            gini: text(gini(&this.active), gini(&before.active), "no_data"),
            arrivals: seen(this.joined as f64, before.joined as f64, sight.joins),
            leavers: seen(this.departed as f64, before.departed as f64, sight.leaves),
            advert_share: text(
                share(this.adverts, this.member_messages),
                share(before.adverts, before.member_messages),
                "no_data",
            ),
            off_topic_share: text(
                share(this.off_topic, this.judged),
                share(before.off_topic, before.judged),
                "no_topic",
            ),
            members: seen(this.members as f64, before.members as f64, nobody),
            health: class,
            daily: merge_days(days, traffic),
            silence,
            hours: hours.iter().fold(vec![0; 24], |mut all, row| {
                if let Some(slot) = usize::try_from(row.hour).ok().and_then(|h| all.get_mut(h)) {
                    *slot += row.messages;
                }
                all
            }),
        })
    }
}

async fn measure(
    tx: &mut Tx,
    caller: &Caller,
    (span, spoken): (&Span, &Span),
    period: Period,
) -> Result<Measured> {
    let workspace = caller.workspace;
    let people = health::people(tx, workspace, spoken, period).await?;
    let traffic = health::traffic(tx, workspace, span, period).await?;
    let bounds = (
        caller.zone.start_of(period.from),
        caller.zone.start_of(period.to),
    );
    let members = health::members(tx, workspace, span, bounds).await?;
    let audience = if span == spoken {
        members
    } else {
        health::members(tx, workspace, spoken, bounds).await?
    };
    let positive = |n: i64| u64::try_from(n).unwrap_or(0);
    let operator: i64 = people.iter().map(|p| p.operator_messages).sum();
    let operators_known = operator > 0 || has_operators(tx, caller, spoken).await?;
    let values: Vec<ValueDay<MemberId>> = value_days(&people, period);
    Ok(Measured {
        messages: people
            .iter()
            .map(|p| p.messages + p.operator_messages)
            .sum(),
        active: people
            .iter()
            .filter(|p| p.messages > 0)
            .map(|p| positive(p.messages))
            .collect(),
        contributors: people.iter().filter(|p| p.value_days > 0).count() as u64,
        vitality: vitality(&values, period)
            .map(|v| v.vitality)
            .filter(|_| !people.is_empty()),
        member_messages: people.iter().map(|p| positive(p.messages)).sum(),
        operator_messages: operators_known.then(|| positive(operator)),
        adverts: people.iter().map(|p| positive(p.adverts)).sum(),
        off_topic: people.iter().map(|p| positive(p.off_topic)).sum(),
        judged: people.iter().map(|p| positive(p.judged)).sum(),
        members: positive(members),
        audience: positive(audience),
        joined: traffic.iter().map(|t| t.joined).sum(),
        departed: traffic.iter().map(|t| t.departed).sum(),
    })
}

/// Vitality asks only on how many days somebody gave value, so the days stand for themselves.
fn value_days(people: &[health::Person], period: Period) -> Vec<ValueDay<MemberId>> {
    people
        .iter()
        .flat_map(|person| {
            (0..person.value_days).map(move |day| ValueDay {
                member: person.member_id,
                day: period.from.plus_days(day),
                messages: 1,
            })
        })
        .collect()
}

async fn has_operators(tx: &mut Tx, caller: &Caller, span: &Span) -> Result<bool> {
    Ok(health::operators(tx, caller.workspace, span).await? > 0)
}

fn merge_days(days: Vec<health::Day>, traffic: Vec<health::Traffic>) -> Vec<ReportDay> {
    let mut all: BTreeMap<Date, ReportDay> = BTreeMap::new();
    let empty = |day| ReportDay {
        day,
        messages: 0,
        active_members: 0,
        joined: 0,
        left: 0,
        valued: 0,
    };
    for row in days {
        let day = all.entry(row.day).or_insert_with(|| empty(row.day));
        day.messages = row.messages;
        day.active_members = row.active;
        day.valued = row.valued;
    }
    for row in traffic {
        let day = all.entry(row.day).or_insert_with(|| empty(row.day));
        day.joined = row.joined;
        day.left = row.departed;
    }
    all.into_values().collect()
}
