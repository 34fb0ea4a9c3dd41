//! Lists of groups (客户群清单).

use yutang_domain::{group::Duty, time::Timestamp};
use yutang_import::table::GroupLine;
use yutang_store::{
    Tx,
    group::{self, Group},
    import, staff,
};

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
                    Some(self.branch_of_run(tx, caller, run, store, now).await?)
                }
                _ => options.branch_id,
            };
            let mut made = self
                .new_group(tx, caller, &input, Some(run.id), now)
                .await?;
            made.external_id.clone_from(&row.external_id);
            made.listed_size = row.size.map(i64::from);
            made.listed_owner.clone_from(&row.owner);
            group::update(tx, caller.workspace, &made).await?;
            if let Some(owner) = &row.owner {
                self.host_named(tx, caller, &made, owner, now).await?;
            }
            counts.groups += 1;
        }
        Ok(())
    }

    /// Makes the colleague whose name the list gives as the owner the host of the group; a name
    /// that nobody or several on the staff carry stays a word.
    async fn host_named(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        made: &Group,
        owner: &str,
        now: Timestamp,
    ) -> Result<()> {
        let found = staff::called(tx, caller.workspace, owner.trim()).await?;
        if let [one] = found[..] {
            group::assign(tx, caller.workspace, made.id, &[(one, Duty::Host)], now).await?;
        }
        Ok(())
    }
}
