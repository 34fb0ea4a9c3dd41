//! How silence grows in the first month.

use std::collections::HashMap;

use serde::Serialize;
use yutang_domain::{
    id::{GroupId, MemberId},
    time::{Date, Period},
};
use yutang_insight::silence::{self, CURVE_DAYS, GroupDays, Stay};
use yutang_store::{
    Tx,
    group::Group,
    health::{self, Span},
};

use crate::{App, Caller, Result};

/// A point of a silence curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SilentShare {
    /// Day of life, 0 to 30.
    pub day: usize,
    /// Share of a group's people who said nothing in the seven days that end on it; of several
    /// groups, the share of those with fewer than five messages of members in them.
    pub share: Option<f64>,
    /// How many groups have lived that day; `None` for a single group.
    pub groups: Option<u64>,
}

impl App {
    /// The curve of one group: who of its people had fallen silent. Empty where texts cannot be
    /// read.
    pub(super) async fn silence_of_people(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        row: &Group,
        as_of: Date,
        unreadable: Option<&'static str>,
    ) -> Result<Vec<SilentShare>> {
        if unreadable.is_some() {
            return Ok(Vec::new());
        }
        let founded = health::founded(tx, caller.workspace, &Span::Group(row.id)).await?;
        let Some(founded) = founded.first().map(|group| group.day) else {
            return Ok(Vec::new());
        };
        let until = founded.plus_days(31);
        let days =
            health::member_days(tx, caller.workspace, row.id, Period::new(founded, until)?).await?;
        let spoken: Vec<(MemberId, Date)> = days
            .iter()
            .filter(|d| !d.operator)
            .map(|d| (d.member_id, d.day))
            .collect();
        let stays: Vec<Stay<MemberId>> = health::stays(tx, caller.workspace, row.id)
            .await?
            .into_iter()
            .map(|stay| Stay {
                member: stay.member_id,
                from: caller.day(stay.since),
                left: stay.left_at.map(|at| caller.day(at)),
            })
            .collect();
        let curve = silence::curve(founded, &stays, &spoken, as_of.plus_days(1));
        Ok(curve
            .into_iter()
            .enumerate()
            .map(|(day, share)| SilentShare {
                day,
                share,
                groups: None,
            })
            .collect())
    }

    /// The curve of several groups: which of them had fallen silent. req: 003-082
    pub(super) async fn silence_of_groups(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        readable: &Span,
        as_of: Date,
    ) -> Result<Vec<SilentShare>> {
        let workspace = caller.workspace;
        let founded = health::founded(tx, workspace, readable).await?;
        let mut said: HashMap<GroupId, Vec<(Date, u64)>> = HashMap::new();
        for row in health::said_at_first(tx, workspace, readable, CURVE_DAYS as i64).await? {
            said.entry(row.group_id)
                .or_default()
                .push((row.day, u64::try_from(row.messages).unwrap_or(0)));
        }
        let groups: Vec<GroupDays<'_>> = founded
            .iter()
            .map(|group| GroupDays {
                founded: group.day,
                messages: said.get(&group.group_id).map_or(&[], Vec::as_slice),
            })
            .collect();
        let curve = silence::silent_groups(&groups, as_of.plus_days(1));
        if curve.iter().all(Option::is_none) {
            return Ok(Vec::new());
        }
        Ok(curve
            .into_iter()
            .enumerate()
            .map(|(day, point)| SilentShare {
                day,
                share: point.map(|(share, _)| share),
                groups: Some(point.map_or(0, |(_, groups)| groups)),
            })
            .collect())
    }
}
