//! `yutang erase`.

use clap::Args;
use serde_json::json;

use super::member;
use crate::{
    config::Settings,
    output::{Answer, Failure, Result},
};

/// Erases a member.
#[derive(Args, Debug)]
pub struct Erase {
    /// Their id or exact name
    member: String,
    /// Their name once more: what is erased cannot be brought back
    #[arg(long, value_name = "NAME")]
    confirm: String,
}

impl Erase {
    pub async fn run(self, settings: &Settings) -> Result<Answer> {
        let app = settings.open_existing().await?;
        let erased = async {
            let caller = settings.caller(&app).await?;
            let id = member::find(&app, &caller, &self.member).await?;
            let erasure = app.erase_member(&caller, id, &self.confirm).await?;
            Ok::<_, Failure>((id, erasure))
        }
        .await;
        app.close().await;
        let (id, erasure) = erased?;
        let removed = &erasure.removed;
        let mut text = vec![format!(
            "erased {id}: {} records, {} accounts, {} texts, {} quotes by others, {} answers, {} notes, {} tags",
            removed.records,
            removed.identities,
            removed.messages,
            removed.quotes,
            removed.fields,
            removed.notes,
            removed.tags
        )];
        if !erasure.older_backups.is_empty() {
            text.push(format!(
                "still in older backups: {}",
                erasure.older_backups.join(", ")
            ));
        }
        if !erasure.files_in_use.is_empty() {
            text.push(format!(
                "still in files being imported: {}",
                erasure.files_in_use.join(", ")
            ));
        }
        if !erasure.log_emptied {
            text.push("the write-ahead log is in use and is emptied later".to_owned());
        }
        let document = json!({
            "member": id,
            "removed": {
                "records": removed.records,
                "identities": removed.identities,
                "messages": removed.messages,
                "quotes": removed.quotes,
                "fields": removed.fields,
                "notes": removed.notes,
                "tags": removed.tags,
                "search_terms": removed.search_terms,
            },
            "older_backups": erasure.older_backups,
            "files_in_use": erasure.files_in_use,
            "log_emptied": erasure.log_emptied,
        });
        Ok(Answer::new(document, text))
    }
}
