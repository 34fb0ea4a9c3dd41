//! The ladder: how far somebody is up, and whether they can know it yet.
//!
//! Strikes count in all groups, and a notice takes its time: the line waits for the network, for the
//! morning, or for a person who says it. What somebody sends meanwhile, in whatever group and for
//! whatever reason, belongs to the step that they are on.

use yutang_domain::{
    id::{MemberId, WorkspaceId},
    moderation::{Mode, STRIKE_MS},
    sanction::{Telling, is_untold, steps},
    task::TaskState,
    time::Timestamp,
};
use yutang_store::{Tx, sanction, staff_task, strike};

use super::judge::Measures;
use crate::{App, Result};

/// Watched decisions of a person that are looked back at.
const REHEARSED: usize = 200;

/// How far somebody is up the ladder.
pub(super) struct Climbed {
    /// Strikes that count, without the step that is under way.
    pub strikes: i64,
    /// The step whose notice had no fair chance to arrive yet.
    pub step: Option<UnderWay>,
}

/// A step whose notice had no fair chance to arrive yet.
pub(super) struct UnderWay {
    /// Strikes before it.
    pub strikes: i64,
    /// When it was taken.
    pub decided_at: Timestamp,
    /// Whether its writer is told of it alone.
    pub told_alone: bool,
}

impl App {
    /// How far somebody is up the ladder, and whether the notice of their last step had a fair chance
    /// to arrive. Nobody climbs before that: in whatever group, for whatever reason.
    pub(super) async fn climbed(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
        by: Measures<'_>,
    ) -> Result<Climbed> {
        let step = self.step_under_way(tx, workspace, member, by.now).await?;
        if by.policy.mode == Mode::Act {
            return Ok(match step {
                Some(step) => Climbed {
                    strikes: step.strikes,
                    step: Some(step),
                },
                None => Climbed {
                    strikes: strike::count(tx, workspace, member, by.now).await?,
                    step: None,
                },
            });
        }
        // In a rehearsal nobody is told, and decisions count as if they had been.
        let since = by.now.plus(-STRIKE_MS);
        let watched = sanction::watched(tx, workspace, member, since, REHEARSED).await?;
        let mut times = strike::times(tx, workspace, member, by.now).await?;
        times.extend(watched.iter().map(|row| row.decided_at));
        times.sort_unstable();
        let (count, last) = steps(&times);
        let step = match last.filter(|at| is_untold(*at, by.now)) {
            Some(decided_at) => Some(UnderWay {
                strikes: i64::from(count) - 1,
                decided_at,
                told_alone: false,
            }),
            None => step,
        };
        Ok(Climbed {
            strikes: step.as_ref().map_or(i64::from(count), |step| step.strikes),
            step,
        })
    }

    /// The last step of a person, if its notice had no fair chance to arrive yet.
    pub(super) async fn step_under_way(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        member: MemberId,
        now: Timestamp,
    ) -> Result<Option<UnderWay>> {
        let Some(last) = sanction::latest_strike(tx, workspace, member).await? else {
            return Ok(None);
        };
        let told = sanction::told(tx, workspace, last.id).await?;
        let mut telling = Telling {
            said_at: told.as_ref().and_then(|told| told.said_at),
            planned_at: told
                .as_ref()
                .map_or(last.decided_at, |told| told.planned_at),
        };
        if let (None, Some(id)) = (
            telling.said_at,
            told.as_ref().and_then(|told| told.outbox_id),
        ) {
            // The network would not, and a person was asked to say it.
            let dedup = format!("outbox:{id}");
            let asked = staff_task::find_by_dedup(tx, workspace, &dedup).await?;
            telling.said_at = asked
                .filter(|task| task.state == TaskState::Done)
                .and_then(|task| task.done_at);
        }
        Ok(telling.is_on_its_way(now).then(|| UnderWay {
            strikes: last.strikes,
            decided_at: last.decided_at,
            told_alone: told.is_some_and(|told| told.is_private),
        }))
    }
}
