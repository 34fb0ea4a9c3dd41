//! Lists of groups (客户群清单).

use yutang_domain::time::Timestamp;
use yutang_import::table::GroupLine;
use yutang_store::{Tx, group, import};

use super::{Counts, Options};
use crate::{App, AppError, Caller, Result, group::GroupInput};

impl App {
    pub(super) async fn write_groups(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        run: &import::Run,
        rows: &[GroupLine],
        counts: &mut Counts,
        now: Timestamp,
    ) -> Result<()> {
        let options: Options = serde_json::from_str(&run.options).map_err(AppError::internal)?;
        for row in rows {
            let known = match &row.external_id {
                Some(id) => group::find_external(tx, caller.workspace, "wecom", id).await?,
                None => group::called(tx, caller.workspace, &row.name)
                    .await?
                    .into_iter()
                    .next(),
            };
            if known.is_some() {
                counts.duplicates += 1;
                continue;
            }
            let mut input = GroupInput::named(&row.name, "wecom");
            input.purpose = row.purpose.clone().unwrap_or_default();
            input.opened_on = row.created_on;
            input.branch_id = match row.store.as_deref().map(str::trim) {
                Some(store) if !store.is_empty() => {
                    Some(self.branch_called(tx, caller, store, now).await?.id)
                }
                _ => options.branch_id,
            };
            let mut made = self
                .new_group(tx, caller, &input, Some(run.id), now)
                .await?;
            made.external_id.clone_from(&row.external_id);
            made.member_count = row.size.map_or(0, i64::from);
            group::update(tx, caller.workspace, &made).await?;
            counts.groups += 1;
        }
        Ok(())
    }
}
