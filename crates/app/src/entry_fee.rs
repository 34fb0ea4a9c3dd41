//! Fees for a place in a group: who paid is let in, before or after they ask. req: 001-052

use yutang_domain::{
    gate::Held,
    id::{GroupId, MemberId},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{Tx, entry_fee, group, knock, member};

use crate::{App, Caller, Result, audit::Change, gate::KEEPER, macros::in_tx};

impl App {
    /// Somebody paid for a place in a group: told by a person, or by the program that took the money.
    /// Whoever waits for it is let in, whoever asks later is not asked to pay again; says whether
    /// anybody was let in. What it was, in minor units of the organisation's currency, is what they
    /// are told when it goes back. req: 001-052
    ///
    /// # Errors
    /// The group is out of reach, or there is no such member.
    pub async fn note_fee(
        &self,
        caller: &Caller,
        group: GroupId,
        member: MemberId,
        amount_minor: Option<u32>,
    ) -> Result<bool> {
        caller.may(Operation::GateAdmit)?;
        let now = self.now();
        in_tx!(self, Write, tx => {
            let (row, _) = self.group_in_scope(tx, caller, group).await?;
            member::get(tx, caller.workspace, member).await?;
            let paid = (group, member);
            let actor = caller.actor.to_string();
            let amount = amount_minor.map(i64::from);
            if entry_fee::insert(tx, caller.workspace, paid, amount, (&actor, now)).await? {
                self.audited(tx, caller, now, Change {
                    operation: "gate.fee",
                    subject: format!("group:{group}"),
                    subject_name: &row.name,
                    undoable: false,
                }, None::<&()>, Some(&(member, amount))).await?;
            }
            self.let_in_who_paid(tx, caller, group, member, now).await
        })
    }

    /// Lets in what waits for a fee that was paid, in the transaction that notes it.
    async fn let_in_who_paid(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        group: GroupId,
        member: MemberId,
        now: Timestamp,
    ) -> Result<bool> {
        let row = group::get(tx, caller.workspace, group).await?;
        let here = self.here(tx, caller, &row).await?;
        let mut any = false;
        for knock in knock::waiting_of(tx, caller.workspace, member).await? {
            if knock.group_id == group && knock.held == Some(Held::Payment) {
                self.let_in(tx, caller, (&row, &here), &knock, &KEEPER, now)
                    .await?;
                any = true;
            }
        }
        Ok(any)
    }
}
