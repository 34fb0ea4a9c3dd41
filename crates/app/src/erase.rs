//! Erasing a person: what tells who they are or what they said goes, for good.
//!
//! | goes | stays, under an id that leads to nobody |
//! |---|---|
//! | profile, research answers, notes, tags, roles | the record as a tombstone |
//! | accounts, card names, search terms, sessions | memberships, comings and goings |
//! | the texts they wrote; quotes by handle in what others wrote | counts of messages |
//! | tasks' and queued messages' words about them | orders and their amounts |
//! | words and names in deliveries that wait; bodies of refused deliveries | that there was a delivery |
//! | what audit lines, rejects and stored answers say of them | that something was changed, by whom |
//! | consents are withdrawn | the ledger of consents: purpose, version, times |
//!
//! All records that were merged into the person are erased together. Keyed hashes of the accounts,
//! the phone number, and the names within the groups where the person was, stay in the list of
//! those not to be recreated: what comes of the person afterwards leads to a stand-in. Afterwards the write-ahead
//! log is moved into the file and emptied; pages freed in the file are overwritten
//! (`secure_delete`). Backups made before still hold the person: they are named in the result.
//! On PostgreSQL old row versions go with the next vacuum, as for everything there.
//!
//! A quote without a handle, or a name written in passing, cannot be told from anybody's words and
//! stays.

use std::{collections::BTreeSet, path::Path, time::Duration};

use yutang_domain::{
    actor::Actor,
    error::{Class, Rule},
    event::EventKind,
    id::{GroupId, MemberId, WorkspaceId},
    member::{Phone, ProfileError, redacted},
    permission::Operation,
    time::Timestamp,
};
use yutang_store::{
    Engine, Tx,
    erase::{self, Forgotten},
    group, identity, member, member_link, workspace,
};

use crate::{
    App, Caller, Result,
    audit::Change,
    identity::phone_hash,
    macros::in_tx,
    member::subject,
    stand_in::{account_by_name, account_hash},
};

/// What was taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Accounts.
    pub identities: u64,
    /// Texts of messages.
    pub messages: u64,
    /// Messages of others that lost a quote or handle.
    pub quotes: u64,
    /// Research answers.
    pub fields: u64,
    /// Notes.
    pub notes: u64,
    /// Tags.
    pub tags: u64,
    /// Search terms.
    pub search_terms: u64,
    /// Records that stood for the person.
    pub records: u64,
}

/// How an erasure ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// What was taken out.
    pub removed: Removed,
    /// Files with earlier states of the data, which still hold the person.
    pub older_backups: Vec<String>,
    /// Uploaded files that hold one of the person's names and belong to an import under way.
    pub files_in_use: Vec<String>,
    /// Whether the write-ahead log is empty; always so on PostgreSQL.
    pub log_emptied: bool,
}

/// Why a person is not erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EraseError {
    /// The name typed is not the person's.
    #[error("type the person's name to confirm: what is erased cannot be brought back")]
    Confirm,
}

impl Rule for EraseError {
    fn code(&self) -> &'static str {
        "member.confirm"
    }
    fn class(&self) -> Class {
        Class::Invalid
    }
    fn at(&self) -> Option<String> {
        Some("confirm_name".to_owned())
    }
}

/// Texts of the person that are looked for in quotes.
const TEXTS: usize = 5_000;

impl App {
    /// Erases a person; `confirm_name` has to be their name. Asks for a sign-in younger than ten
    /// minutes.
    ///
    /// # Errors
    /// [`EraseError`], [`ProfileError::Erased`], [`yutang_domain::staff::SessionError::Stale`].
    pub async fn erase_member(
        &self,
        caller: &Caller,
        id: MemberId,
        confirm_name: &str,
    ) -> Result<Erasure> {
        caller.may(Operation::MemberErase)?;
        caller.freshly_signed_in(self.now())?;
        self.erase(caller, id, Some(confirm_name)).await
    }

    /// Erases the member who asks for it on their own page. Asks for a sign-in younger than ten
    /// minutes.
    ///
    /// # Errors
    /// The caller is somebody else; [`yutang_domain::staff::SessionError::Stale`].
    pub async fn erase_own(&self, caller: &Caller, id: MemberId) -> Result<Erasure> {
        if caller.actor != Actor::Member(id) {
            caller.may(Operation::MemberErase)?;
        }
        caller.freshly_signed_in(self.now())?;
        self.erase(caller, id, None).await
    }

    /// Erases everybody again who was erased before the data came back from a backup; says how
    /// many.
    ///
    /// # Errors
    /// The database refused.
    pub async fn erase_again(&self) -> Result<u64> {
        let mut again = 0;
        for due in self.erasures_due().await? {
            let workspace = in_tx!(self, Read, tx => Ok(workspace::get(tx, due.workspace).await?))?;
            let caller = Caller::new(&workspace, Actor::System("restore"), "restore", "restore")?;
            match self.erase(&caller, due.member, None).await {
                Ok(_) => again += 1,
                Err(error) if error.code() == "member.erased" => {}
                Err(error) => return Err(error),
            }
        }
        Ok(again)
    }

    /// Right after a restore, before anybody can look: erases again who was erased since the backup.
    pub(crate) async fn erase_restored(&self) -> Result<()> {
        let restored = in_tx!(self, Read, tx => {
            Ok(yutang_store::installation::find(tx, crate::queue::PAUSED).await?.is_some())
        })?;
        if restored {
            let again = self.erase_again().await?;
            tracing::info!(again, "erased again after a restore");
        }
        Ok(())
    }

    async fn erase(
        &self,
        caller: &Caller,
        id: MemberId,
        confirm_name: Option<&str>,
    ) -> Result<Erasure> {
        let now = self.now();
        let (records, names, phones, removed) = in_tx!(self, Guarded, tx => {
            let person = self.visible(tx, caller, id).await?;
            if person.erased_at.is_some() {
                return Err(ProfileError::Erased.into());
            }
            if confirm_name.is_some_and(|typed| typed.trim() != person.name.trim()) {
                return Err(EraseError::Confirm.into());
            }
            self.erase_records(tx, caller, person.id, now).await
        })?;
        // What came in while the transaction ran was written with ids read before it.
        in_tx!(self, Guarded, tx => Ok(erase::silence(tx, caller.workspace, &records, now).await?))?;
        let mut needles: Vec<String> = names;
        needles.extend(phones.iter().flat_map(spellings));
        let files_in_use = self.drop_uploads(caller.workspace, &needles).await?;
        self.note_erasures().await?;
        Ok(Erasure {
            removed,
            older_backups: self.earlier_states()?,
            files_in_use,
            log_emptied: self.empty_log().await?,
        })
    }

    async fn erase_records(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        canonical: MemberId,
        now: Timestamp,
    ) -> Result<(Vec<MemberId>, Vec<String>, Vec<Phone>, Removed)> {
        let workspace = caller.workspace;
        let rows = member::records(tx, workspace, canonical).await?;
        let records: Vec<MemberId> = rows.iter().map(|r| r.id).collect();
        let accounts = identity::of_person(tx, workspace, canonical).await?;
        let phones: Vec<Phone> = rows
            .iter()
            .filter_map(|r| r.phone.as_deref().and_then(Phone::parse))
            .collect();
        let mut names: BTreeSet<String> = rows.iter().map(|r| r.name.trim().to_owned()).collect();
        for account in &accounts {
            names.insert(account.name.trim().to_owned());
            names.insert(account.external_id.clone());
        }
        names.extend(erase::card_names(tx, workspace, &records).await?);
        names.remove("");
        let names: Vec<String> = names.into_iter().collect();

        let mut hashes: Vec<Vec<u8>> = accounts
            .iter()
            .map(|a| account_hash(self.keys(), &a.channel, &a.external_id))
            .collect();
        hashes.extend(phones.iter().map(|phone| phone_hash(self.keys(), phone)));
        let groups = erase::groups(tx, workspace, &records).await?;
        for id in &groups {
            let network = group::get(tx, workspace, *id).await?.channel;
            let networks: BTreeSet<&str> = accounts
                .iter()
                .map(|account| account.channel.as_str())
                .chain([network.as_str()])
                .collect();
            hashes.extend(networks.iter().flat_map(|network| {
                let by_name = |name: &String| account_by_name(*id, name);
                names
                    .iter()
                    .map(move |name| account_hash(self.keys(), network, &by_name(name)))
            }));
        }
        identity::suppress(tx, workspace, &hashes, "erased", now).await?;

        self.redact_hooks(tx, workspace, &accounts).await?;
        erase::tombstone(tx, workspace, &records, now).await?;
        let texts = erase::texts(tx, workspace, &records, TEXTS).await?;
        let quotes = self
            .redact(tx, workspace, (&records, &groups), &names, &texts, now)
            .await?;
        let messages = erase::silence(tx, workspace, &records, now).await?;
        let gone: Forgotten = erase::forget(tx, workspace, &records, now).await?;
        member_link::blank(tx, workspace, &records).await?;
        let subjects: Vec<String> = records.iter().map(|id| subject(*id)).collect();
        erase::blank_audit(tx, workspace, &subjects).await?;
        for text in names.iter().filter(|name| is_telling(name)) {
            erase::scrub(tx, workspace, text, &in_json(text)).await?;
        }
        for text in phones.iter().flat_map(spellings) {
            erase::scrub(tx, workspace, &text, &in_json(&text)).await?;
        }

        let removed = Removed {
            identities: gone.identities,
            messages,
            quotes,
            fields: gone.fields,
            notes: gone.notes,
            tags: gone.tags,
            search_terms: gone.terms,
            records: records.len() as u64,
        };
        self.audited(
            tx,
            caller,
            now,
            Change {
                operation: "member.erase",
                subject: subject(canonical),
                subject_name: "",
                undoable: false,
            },
            None::<&()>,
            Some(&serde_json::json!({
                "records": records,
                "messages": messages,
                "identities": gone.identities,
            })),
        )
        .await?;
        for record in &records {
            self.member_fact(
                tx,
                caller,
                EventKind::MemberErased,
                *record,
                now,
                serde_json::json!({"canonical": canonical}),
            )
            .await?;
        }
        Ok((records, names, phones, removed))
    }

    /// Takes the person's handles and quotes out of what others and the network wrote in the
    /// groups where the person was; returns how many messages changed.
    async fn redact(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        (records, groups): (&[MemberId], &[GroupId]),
        names: &[String],
        texts: &[String],
        now: Timestamp,
    ) -> Result<u64> {
        let mut changed = BTreeSet::new();
        for group in groups {
            for name in names {
                for row in erase::mentions(tx, workspace, *group, name).await? {
                    if row.member_id.is_some_and(|by| records.contains(&by)) {
                        continue;
                    }
                    if let Some(left) = redacted(&row.text, names, texts, row.member_id.is_none()) {
                        erase::rewrite(tx, workspace, row.id, &left, now).await?;
                        changed.insert(row.id);
                    }
                }
            }
        }
        Ok(changed.len() as u64)
    }

    /// Removes uploaded files that hold one of these texts, unless an import is at them; returns
    /// the names of those.
    async fn drop_uploads(
        &self,
        workspace: WorkspaceId,
        needles: &[String],
    ) -> Result<Vec<String>> {
        let folder = self.uploads();
        let needles: Vec<Vec<u8>> = needles
            .iter()
            .filter(|text| is_telling(text))
            .map(|text| text.as_bytes().to_vec())
            .collect();
        let holding = tokio::task::spawn_blocking(move || files_with(&folder, &needles))
            .await
            .map_err(crate::AppError::internal)?;
        let mut in_use = Vec::new();
        for path in holding {
            let name = path.display().to_string();
            let busy = in_tx!(self, Read, tx => {
                Ok(yutang_store::erase::file_in_use(tx, workspace, &name).await?)
            })?;
            if busy {
                in_use.push(
                    path.file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned(),
                );
            } else {
                std::fs::remove_file(&path)
                    .map_err(|e| crate::AppError::io("remove", &path, &e))?;
            }
        }
        Ok(in_use)
    }

    /// Files in the data folder with earlier states of the data, by name.
    fn earlier_states(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self
            .backups()?
            .into_iter()
            .map(|b| {
                b.path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Moves the write-ahead log into the file and empties it. A reader may hold it for a moment.
    async fn empty_log(&self) -> Result<bool> {
        if self.store().engine() == Engine::Postgres {
            return Ok(true);
        }
        let log = self.store().path().map(|path| {
            let mut name = path.as_os_str().to_owned();
            name.push("-wal");
            std::path::PathBuf::from(name)
        });
        for _ in 0..40 {
            self.store().checkpoint().await?;
            if log
                .as_deref()
                .is_none_or(|log| std::fs::metadata(log).map_or(0, |m| m.len()) == 0)
            {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }
}

/// Whether a text tells who somebody is wherever it stands: a name of one character, or a short
/// Latin one, may be part of anything.
pub(crate) fn is_telling(text: &str) -> bool {
    let length = text.chars().count();
    if text.is_ascii() {
        length >= 4
    } else {
        length >= 2
    }
}

/// A text as it stands inside JSON, without the quotation marks.
fn in_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    quoted
        .trim_start_matches('"')
        .strip_suffix('"')
        .unwrap_or_default()
        .to_owned()
}

/// A phone number with and without its country code.
fn spellings(phone: &Phone) -> Vec<String> {
    let full = phone.as_str().trim_start_matches('+').to_owned();
    let local = full.strip_prefix("86").map(str::to_owned);
    local.into_iter().chain([full]).collect()
}

fn files_with(folder: &Path, needles: &[Vec<u8>]) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_file() && holds(&path, needles) {
            found.push(path);
        }
    }
    found
}

/// Whether a file holds one of the texts, as UTF-8; read in pieces.
fn holds(path: &Path, needles: &[Vec<u8>]) -> bool {
    use std::io::Read as _;
    let Ok(mut file) = std::fs::File::open(path) else {
        return false;
    };
    let longest = needles.iter().map(Vec::len).max().unwrap_or(0);
    let mut buffer = vec![0; 1 << 20];
    let mut kept = 0;
    loop {
        let Ok(read) = file.read(&mut buffer[kept..]) else {
            return false;
        };
        if read == 0 {
            return false;
        }
        let filled = kept + read;
        let window = &buffer[..filled];
        if needles
            .iter()
            .any(|n| window.windows(n.len()).any(|w| w == n.as_slice()))
        {
            return true;
        }
        kept = longest.saturating_sub(1).min(filled);
        buffer.copy_within(filled - kept..filled, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_telling_texts_are_looked_for_everywhere() {
        for telling in ["林默涵", "王芳", "anna"] {
            assert!(is_telling(telling), "{telling}");
        }
        for common in ["芳", "ann", ""] {
            assert!(!is_telling(common), "{common}");
        }
        assert_eq!(in_json("a\"b"), "a\\\"b");
        let phone = Phone::parse("13812345678").unwrap();
        assert_eq!(spellings(&phone), ["13812345678", "8613812345678"]);
    }

    #[test]
    fn a_text_across_two_pieces_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.txt");
        let mut bytes = vec![b'x'; (1 << 20) - 3];
        bytes.extend_from_slice("林默涵".as_bytes());
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(
            files_with(folder.path(), &["林默涵".as_bytes().to_vec()]),
            [path]
        );
        assert!(files_with(folder.path(), &["王小芳".as_bytes().to_vec()]).is_empty());
    }
}
