//! The way back: whoever was put out for a while is let in again, and nobody is chased.
//! req: 000-009

use yutang_channels::Wish;
use yutang_domain::{sanction::SanctionAction, task::TaskState};
use yutang_store::{
    Tx, member, membership,
    passage::Way,
    sanction,
    suppression::{self, Reason},
};

use super::{KEEPER, carry::Work};
use crate::{App, Result};

impl Work<'_> {
    /// The sentence of letting somebody in by hand: with the code of the group, which a person has
    /// and the program does not; one that has ended is made anew first.
    pub(super) fn readmission(&self) -> &'static str {
        match self.house.code_expires_at {
            Some(at) if at <= self.now => "task.sanction_readmit_code",
            _ => "task.sanction_readmit",
        }
    }
}

impl App {
    /// Whether somebody was put out: by the channel, or by a person who may have forgotten to say so.
    /// Whoever went by themselves was not.
    async fn is_out(&self, tx: &mut Tx, work: &Work<'_>) -> Result<bool> {
        let (workspace, member) = (work.workspace, work.person.member);
        let steps = sanction::steps(tx, workspace, &[work.row.id]).await?;
        let mut removed = false;
        let removals = steps
            .iter()
            .filter(|step| !step.undoes && step.action == SanctionAction::Remove);
        for step in removals {
            removed |= !self.step_stopped(tx, workspace, step).await?;
        }
        let went = membership::going(tx, workspace, work.group.id, member).await?;
        Ok(match went.and_then(|going| going.leave_reason) {
            Some(Way::Left) => false,
            Some(Way::Removed) => true,
            _ => removed,
        })
    }

    /// Why somebody is not to be written to about a group, if they are not; that they were put out of
    /// it is no reason here.
    pub(super) async fn left_alone(&self, tx: &mut Tx, work: &Work<'_>) -> Result<Option<Reason>> {
        let (workspace, member) = (work.workspace, work.person.member);
        // Of an erased person nothing is known that one could write to.
        if member::get(tx, workspace, member)
            .await?
            .erased_at
            .is_some()
        {
            return Ok(Some(Reason::Left));
        }
        let found = suppression::among(tx, workspace, &[member], Some(work.group.id)).await?;
        let has = |reason| found.iter().any(|one| one.reason == reason);
        Ok([Reason::Left, Reason::Stop]
            .into_iter()
            .find(|reason| has(*reason)))
    }

    /// Lets somebody in again whose time outside is over, and repeats the rule. Whom nobody put out
    /// by then stays in. Nobody is chased: who went by themselves is left alone, and to who said stop
    /// the door is opened without a word.
    pub(super) async fn readmit(&self, tx: &mut Tx, work: &Work<'_>) -> Result<()> {
        let alone = self.left_alone(tx, work).await?;
        if alone == Some(Reason::Left) || !self.is_out(tx, work).await? {
            let dedup = format!("sanction:{}", work.row.id);
            let over = TaskState::Withdrawn;
            self.close_task_in(tx, work.workspace, &dedup, over, &KEEPER, work.now)
                .await?;
            return Ok(());
        }
        let name = Some(work.person.name.as_str());
        let text = work.house.welcome_back(name, work.row.kind);
        let silent = alone.is_some();
        let wish = self.at_person(work, |group, who| Wish::Readmit { group, who, silent });
        let wish = wish.map(|wish| (wish, work.now));
        let step = (SanctionAction::Readmit, false);
        if self.wish(tx, work, step, wish).await? {
            if let (None, Some(to), Some(account)) = (alone, &work.person.who, work.house.account)
                && self.reaches_alone(tx, work, account).await?
            {
                let to = to.clone();
                let wish = Some((Wish::Whisper { to, text }, work.now));
                self.wish(tx, work, (SanctionAction::Notice, false), wish)
                    .await?;
            }
            return Ok(());
        }
        if alone.is_some() {
            return Ok(());
        }
        let mut task = work.task(work.readmission(), "task.why.sanction_back", ":back");
        task.body = text;
        self.hand_over_steps(tx, work, false, &[SanctionAction::Readmit], task)
            .await?;
        Ok(())
    }
}
