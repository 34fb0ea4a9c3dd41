//! What somebody says in private while they wait at a gate.

use yutang_channels::{Inbound, Sender};
use yutang_domain::{
    gate::{GateKind, Held, Ruling},
    time::Timestamp,
};
use yutang_store::{
    Tx, group,
    idempotency::{self, Answer},
    identity,
    knock::{self, Knock},
};

use super::SAID_LENGTH;
use crate::{App, Caller, Result, gate::KEEPER, inbound::Via};

impl App {
    /// Hears what somebody wrote in private while they wait at a gate, or about rules they were
    /// given; false where it was about nothing of this.
    ///
    /// # Errors
    /// The database refused.
    pub(crate) async fn hear_at_the_gate(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        via: Via<'_>,
        inbound: &Inbound,
        (sender, text): (&Sender, &str),
        now: Timestamp,
    ) -> Result<bool> {
        let workspace = caller.workspace;
        let known = identity::holders(tx, workspace, via.channel, &[&sender.external_id]).await?;
        let Some(member) = known.get(&sender.external_id).copied() else {
            return Ok(false);
        };
        let waiting: Vec<Knock> = knock::waiting_of(tx, workspace, member)
            .await?
            .into_iter()
            .filter(|knock| knock.held.is_some_and(Held::by_words))
            .collect();
        if waiting.is_empty() {
            return self
                .acknowledge_by_word(tx, caller, member, text, now)
                .await;
        }
        let heard = Answer {
            body_hash: Vec::new(),
            status: 200,
            response: String::new(),
            created_at: now,
        };
        let hearer = via.account.to_string();
        if !idempotency::insert(tx, workspace, &hearer, "gate", &inbound.key, &heard).await? {
            return Ok(false);
        }
        for mut knock in waiting {
            let row = group::get(tx, workspace, knock.group_id).await?;
            if row.channel_account_id != Some(via.account) {
                continue;
            }
            knock.said = text.trim().chars().take(SAID_LENGTH).collect();
            knock.wrote = true;
            let here = self.here(tx, caller, &row).await?;
            let (gate, shut) = self.gate_now(tx, caller, row.id, now).await?;
            let ruling = self
                .rule_on(tx, caller, &row, (&gate, shut), &knock)
                .await?;
            let at = (&row, &here);
            if ruling == Ruling::Admit {
                knock::hold(tx, workspace, &knock).await?;
                self.let_in(tx, caller, at, &knock, &KEEPER, now).await?;
                continue;
            }
            // A word was said: from here on it is for a person to look at.
            knock.held = Some(Held::Staff);
            knock::hold(tx, workspace, &knock).await?;
            let said = here.locale.say(
                "gate.passed_on",
                &[
                    ("group", &here.group),
                    ("bot", &here.value("bot", caller, now).unwrap_or_default()),
                ],
            );
            self.tell_knocker(tx, caller, at, member, said, now).await?;
            let why = match gate.in_force(row.member_count) {
                GateKind::Question => Held::Answer,
                _ => Held::Staff,
            };
            self.ask_to_decide(tx, caller, at, &knock, why, now).await?;
        }
        Ok(true)
    }
}
