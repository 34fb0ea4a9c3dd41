//! What an import wrote down, taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use yutang_domain::{
    id::{GroupId, ImportRunId, MemberId, MessageId},
    time::Date,
};
use yutang_store::{
    Tx, group, member,
    message::{self, Done},
    passage,
};

use super::{Source, tally};
use crate::{App, Result};

impl App {
    /// Takes written lines of a run back, a slice at a time; returns how many messages went.
    pub(crate) async fn strike_out(
        &self,
        tx: &mut Tx,
        source: Source<'_>,
        run: ImportRunId,
        limit: usize,
    ) -> Result<usize> {
        let workspace = source.workspace;
        let rows = message::of_run(tx, workspace, run, limit).await?;
        let mut counts: BTreeMap<(GroupId, Date, MemberId), Done> = BTreeMap::new();
        let mut hours: BTreeMap<(GroupId, Date, u8), i64> = BTreeMap::new();
        let mut days: HashSet<(GroupId, Date)> = HashSet::new();
        let mut members: HashSet<(GroupId, MemberId)> = HashSet::new();
        for row in &rows {
            let Some(member) = row.member_id else {
                continue;
            };
            tally(row, member, -1, &HashMap::new(), &mut counts);
            *hours
                .entry((row.group_id, row.day, source.zone.hour(row.sent_at)))
                .or_default() -= 1;
            days.insert((row.group_id, row.day));
            members.insert((row.group_id, member));
        }
        if !rows.is_empty() {
            let ids: Vec<MessageId> = rows.iter().map(|row| row.id).collect();
            message::remove(tx, workspace, &ids).await?;
        }
        message::count(tx, workspace, &counts.into_iter().collect::<Vec<_>>()).await?;
        message::count_hours(tx, workspace, &hours.into_iter().collect::<Vec<_>>()).await?;

        let passages = passage::remove_run(tx, workspace, run, limit).await?;
        for (group, day, member) in &passages {
            days.insert((*group, *day));
            members.insert((*group, *member));
        }
        let mut members: Vec<_> = members.into_iter().collect();
        members.sort_unstable();
        for (group, member) in &members {
            passage::settle(tx, workspace, *group, *member, run).await?;
        }
        let groups: BTreeSet<GroupId> = members.iter().map(|(group, _)| *group).collect();
        for group in groups {
            group::recount(tx, workspace, group).await?;
        }
        for (group, member) in &members {
            let left = passage::standings(tx, workspace, *group, &[*member]).await?;
            if left.is_empty() {
                let row = member::get(tx, workspace, *member).await?;
                if row.run_id != Some(run) {
                    self.reindex_person(tx, workspace, row.canonical_id).await?;
                }
            }
        }
        let moved: Vec<MemberId> = members.into_iter().map(|(_, member)| member).collect();
        member::recount(tx, workspace, &moved).await?;
        let mut days: Vec<_> = days.into_iter().collect();
        days.sort_unstable();
        message::sum_days(tx, workspace, &days).await?;
        Ok(rows.len() + passages.len())
    }
}
