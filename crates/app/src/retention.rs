//! Texts are kept for a while, counts for ever.
//!
//! What members wrote is theirs and is let go after the days that the organisation has set. Rows,
//! judgements and day counts stay, so every figure stays what it was. Texts go in slices, so that
//! nobody waits for a transaction, and their room is given back to the disk.

use yutang_domain::{
    id::WorkspaceId,
    time::{DAY, Timestamp, Zone},
};
use yutang_store::{archive, contact, message, outbox, outside, playbook, workspace};

use crate::{App, Result, macros::in_tx, workspace::Settings};

/// How many rows one transaction touches.
const SLICE: usize = 1_000;
/// How long is known what somebody was told unasked, in milliseconds: caps count days.
const CONTACTS: i64 = 40 * DAY;
/// How long is known what an ended run of a playbook did, in milliseconds: longer than the year that
/// keeps it from coming again.
const RUNS: i64 = 800 * DAY;
/// How many pages of the file are given back after a slice.
const PAGES: u32 = 256;

impl App {
    /// Lets go of message texts and sent texts older than each organisation keeps them; says how
    /// many.
    ///
    /// # Errors
    /// The database refused; what was let go stays so.
    pub async fn let_go_of_texts(&self) -> Result<u64> {
        let workspaces = in_tx!(self, Read, tx => Ok(workspace::list(tx).await?))?;
        let mut gone = 0;
        for row in workspaces {
            let days = Settings::of(&row)?.retention.text_days;
            let before = self.now().plus(-days.saturating_mul(DAY));
            gone += self.let_go_before(row.id, before).await?;
            let day = Zone::from_name(&row.zone)?.day(self.now().plus(-CONTACTS));
            gone += in_tx!(self, Guarded, tx => Ok(contact::forget(tx, row.id, day).await?))?;
            let ended = self.now().plus(-RUNS);
            gone += in_tx!(self, Guarded, tx => {
                Ok(playbook::forget(tx, row.id, ended, SLICE).await?)
            })?;
        }
        if gone > 0 {
            self.store().checkpoint().await?;
        }
        Ok(gone)
    }

    async fn let_go_before(&self, workspace: WorkspaceId, before: Timestamp) -> Result<u64> {
        let mut gone = 0;
        let mut after = None;
        loop {
            let page = in_tx!(self, Read, tx => {
                Ok(message::with_text(tx, workspace, before, after, SLICE).await?)
            })?;
            let Some(last) = page.last() else { break };
            after = Some((last.sent_at, last.id));
            let ids: Vec<_> = page.iter().map(|row| row.id).collect();
            gone += in_tx!(self, Guarded, tx => Ok(message::let_go(tx, workspace, &ids).await?))?;
            archive::shrink(self.store(), PAGES).await?;
        }
        loop {
            let forgotten = in_tx!(self, Guarded, tx => {
                Ok(outbox::forget_payloads(tx, workspace, before, SLICE).await?)
            })?;
            gone += forgotten;
            if forgotten < SLICE as u64 {
                break;
            }
        }
        loop {
            let forgotten = in_tx!(self, Guarded, tx => {
                Ok(outside::forget_data(tx, workspace, before, SLICE).await?)
            })?;
            gone += forgotten;
            if forgotten < SLICE as u64 {
                return Ok(gone);
            }
        }
    }
}
