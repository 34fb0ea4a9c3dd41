//! Taking a person's data out. Ids stay: orders, counts and ledgers keep theirs.

use yutang_domain::{
    id::{GroupId, MemberId, MessageId, OrderId, WorkspaceId},
    time::Timestamp,
};

use crate::{Result, Tx, order::OrderState, params, record, sql, sql::Query};

async fn of_records(
    tx: &mut Tx,
    head: &'static str,
    workspace: WorkspaceId,
    column: &'static str,
    records: &[MemberId],
) -> Result<u64> {
    let mut query = Query::new(head);
    query.push(" WHERE workspace_id = ").bind(workspace);
    query
        .push(" AND ")
        .push(column)
        .push(" IN ")
        .list(records.iter().copied());
    tx.execute_of(query).await
}

/// Makes records tombstones.
///
/// # Errors
/// The engine refused.
pub async fn tombstone(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
    at: Timestamp,
) -> Result<()> {
    for id in records {
        tx.execute(
            sql!(
                "UPDATE member SET name = '', name_sort = '', phone = NULL, phone_hash = NULL,
                    city = NULL, birth_calendar = NULL, birth_month = NULL, birth_day = NULL,
                    birth_year = NULL, erased_at = $3, updated_at = $3
                 WHERE workspace_id = $1 AND id = $2"
            ),
            params![workspace, *id, at],
        )
        .await?;
    }
    Ok(())
}

/// How many rows of each kind were taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Accounts.
    pub identities: u64,
    /// Research answers.
    pub fields: u64,
    /// Notes.
    pub notes: u64,
    /// Tags.
    pub tags: u64,
    /// Search terms.
    pub terms: u64,
}

/// What else goes of a person, or loses its words.
const FORGOTTEN: &[&str] = &[
    "DELETE FROM member_role",
    "DELETE FROM member_session",
    "DELETE FROM member_sign_in",
    "DELETE FROM trusted",
    "UPDATE appeal SET text = '', answer = ''",
    "UPDATE sanction SET reason = ''",
    "UPDATE membership SET card_name = '', via = NULL",
    "UPDATE knock SET said = '', via = NULL, reason = NULL,
        state = CASE WHEN state = 'waiting' THEN 'gone' ELSE state END",
    "DELETE FROM onboarding",
    "DELETE FROM member_suppression",
    "UPDATE outbox SET payload = '{}', ask = NULL, error = NULL,
        state = CASE WHEN state = 'pending' THEN 'failed' ELSE state END",
    "UPDATE staff_task SET args = '{}', body = '', picture = NULL, why = '{}', proof = NULL,
        state = CASE WHEN state = 'open' THEN 'withdrawn' ELSE state END",
    "UPDATE alarm SET note = ''",
    "UPDATE outside SET data = '{}'",
    "UPDATE webhook_delivery SET answer = ''",
    "UPDATE playbook_run SET about = '{}', wake_at = NULL, hears = FALSE,
        ended_at = COALESCE(ended_at, updated_at),
        state = CASE WHEN state = 'done' THEN state ELSE 'stopped' END",
];

/// Removes what only describes the person, and the names they carry in groups.
///
/// # Errors
/// The engine refused.
pub async fn forget(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
    at: Timestamp,
) -> Result<Forgotten> {
    let mut gone = Forgotten::default();
    for (head, column, count) in [
        ("DELETE FROM identity", "member_id", &mut gone.identities),
        ("DELETE FROM profile_field", "member_id", &mut gone.fields),
        ("DELETE FROM note", "member_id", &mut gone.notes),
        ("DELETE FROM member_tag", "member_id", &mut gone.tags),
        (
            "DELETE FROM search_term",
            "kind = 'member' AND target_id",
            &mut gone.terms,
        ),
    ] {
        *count = of_records(tx, head, workspace, column, records).await?;
    }
    for head in FORGOTTEN {
        of_records(tx, head, workspace, "member_id", records).await?;
    }
    let mut query = Query::new("UPDATE consent SET withdrawn_by = 'erased', withdrawn_at = ");
    query
        .bind(at)
        .push(" WHERE withdrawn_at IS NULL AND workspace_id = ")
        .bind(workspace);
    query
        .push(" AND member_id IN ")
        .list(records.iter().copied());
    tx.execute_of(query).await?;
    Ok(gone)
}

/// Takes the texts out of the messages that records wrote; returns how many there were.
///
/// # Errors
/// The engine refused.
pub async fn silence(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
    at: Timestamp,
) -> Result<u64> {
    let mut query =
        Query::new("UPDATE message SET text = NULL, text_before = NULL, redacted_at = ");
    query
        .bind(at)
        .push(" WHERE text IS NOT NULL AND workspace_id = ")
        .bind(workspace);
    query
        .push(" AND member_id IN ")
        .list(records.iter().copied());
    tx.execute_of(query).await
}

record! {
    /// A text that holds a name.
    pub struct Mention {
        /// The message.
        pub id: MessageId,
        /// Who wrote it; `None` for lines of the network.
        pub member_id: Option<MemberId>,
        /// Its words.
        pub text: String,
    }
}

/// Messages of a group that hold a name; what changed messages said before goes at once, where it
/// holds it.
///
/// # Errors
/// The engine refused.
pub async fn mentions(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    name: &str,
) -> Result<Vec<Mention>> {
    // What a message said before it was changed is not worth picking apart.
    tx.execute(
        sql!(
            "UPDATE message SET text_before = NULL
             WHERE workspace_id = $1 AND group_id = $2 AND text_before IS NOT NULL
               AND replace(text_before, $3, '') <> text_before"
        ),
        params![workspace, group, name],
    )
    .await?;
    tx.all(
        sql!(
            "SELECT id, member_id, text FROM message
             WHERE workspace_id = $1 AND group_id = $2 AND text IS NOT NULL
               AND replace(text, $3, '') <> text"
        ),
        params![workspace, group, name],
    )
    .await
}

/// Writes what is left of a text.
///
/// # Errors
/// The engine refused.
pub async fn rewrite(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: MessageId,
    text: &str,
    at: Timestamp,
) -> Result<()> {
    tx.execute(
        sql!(
            "UPDATE message SET text = $3, text_before = NULL, redacted_at = $4
             WHERE workspace_id = $1 AND id = $2"
        ),
        params![workspace, id, text, at],
    )
    .await?;
    Ok(())
}

/// Groups that records are or were in, or wrote in.
///
/// # Errors
/// The engine refused.
pub async fn groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
) -> Result<Vec<GroupId>> {
    let mut query = Query::new("SELECT group_id AS n FROM membership WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND member_id IN ")
        .list(records.iter().copied());
    query
        .push(" UNION SELECT group_id AS n FROM member_day WHERE workspace_id = ")
        .bind(workspace);
    query
        .push(" AND member_id IN ")
        .list(records.iter().copied())
        .push(" ORDER BY 1");
    Ok(tx
        .all_of::<i64>(query)
        .await?
        .into_iter()
        .map(GroupId::from_raw)
        .collect())
}

record! {
    /// A text.
    pub struct Card {
        /// What somebody is called in a group.
        pub card_name: String,
    }
}

/// The names that records carry in groups.
///
/// # Errors
/// The engine refused.
pub async fn card_names(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
) -> Result<Vec<String>> {
    let mut query = Query::new("SELECT DISTINCT card_name FROM membership WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND card_name <> '' AND member_id IN ");
    query.list(records.iter().copied());
    Ok(tx
        .all_of::<Card>(query)
        .await?
        .into_iter()
        .map(|row| row.card_name)
        .collect())
}

/// Those of these records that are tombstones, or the nameless members to whom accounts of erased
/// people lead: their account ids begin with `prefix`.
///
/// # Errors
/// The engine refused.
pub async fn erased_among(
    tx: &mut Tx,
    workspace: WorkspaceId,
    members: &[MemberId],
    prefix: &str,
) -> Result<Vec<MemberId>> {
    let mut found = Vec::new();
    for chunk in members.chunks(1_000) {
        let mut query = Query::new(
            "SELECT m.id AS n FROM member m WHERE (m.erased_at IS NOT NULL OR EXISTS (
                SELECT 1 FROM identity i WHERE i.workspace_id = m.workspace_id
                  AND i.member_id = m.id AND substr(i.external_id, 1, ",
        );
        query
            .bind(prefix.len())
            .push(") = ")
            .bind(prefix)
            .push(")) AND m.workspace_id = ")
            .bind(workspace);
        query.push(" AND m.id IN ").list(chunk.iter().copied());
        let ids = tx.all_of::<i64>(query).await?;
        found.extend(ids.into_iter().map(MemberId::from_raw));
    }
    Ok(found)
}

/// Blanks what audit lines about these subjects say was before and after, and ends their undo.
///
/// # Errors
/// The engine refused.
pub async fn blank_audit(tx: &mut Tx, workspace: WorkspaceId, subjects: &[String]) -> Result<u64> {
    let mut query =
        Query::new("UPDATE audit SET before = NULL, after = NULL, subject_name = '', undoable = ");
    query
        .bind(false)
        .push(" WHERE workspace_id = ")
        .bind(workspace);
    query.push(" AND subject IN ").list(subjects.iter());
    tx.execute_of(query).await
}

/// Blanks what audit lines about changes of these people's profiles say, and ends their undo.
///
/// # Errors
/// The engine refused.
pub async fn blank_profile_audit(
    tx: &mut Tx,
    workspace: WorkspaceId,
    subjects: &[String],
) -> Result<u64> {
    let mut query = Query::new("UPDATE audit SET before = NULL, after = NULL, undoable = ");
    query
        .bind(false)
        .push(" WHERE operation = 'member.edit' AND workspace_id = ")
        .bind(workspace);
    query.push(" AND subject IN ").list(subjects.iter());
    tx.execute_of(query).await
}

/// Takes a text that tells who somebody is (a name, a number) out of the places that keep words in
/// passing: audit lines of members and imports, import rejects and errors, stored answers, tasks,
/// saved views. `plain` is the text, `json` the text as it stands inside JSON.
///
/// # Errors
/// The engine refused.
pub async fn scrub(tx: &mut Tx, workspace: WorkspaceId, plain: &str, json: &str) -> Result<u64> {
    let mut touched = tx
        .execute(
            sql!(
                "UPDATE audit SET before = replace(before, $2, '…'), after = replace(after, $2, '…'),
                    undoable = $3
                 WHERE workspace_id = $1 AND substr(operation, 1, 7) IN ('member.', 'import.')
                   AND (replace(before, $2, '') <> before OR replace(after, $2, '') <> after)"
            ),
            params![workspace, json, false],
        )
        .await?;
    for (statement, needle) in [
        (
            sql!(
                "UPDATE audit SET subject_name = replace(subject_name, $2, '…')
                 WHERE workspace_id = $1 AND substr(operation, 1, 7) IN ('member.', 'import.')
                   AND replace(subject_name, $2, '') <> subject_name
                  "
            ),
            plain,
        ),
        (
            sql!(
                "UPDATE import_reject SET detail = replace(detail, $2, '…')
                 WHERE workspace_id = $1 AND replace(detail, $2, '') <> detail"
            ),
            plain,
        ),
        (
            sql!(
                "UPDATE import_run SET error_detail = replace(error_detail, $2, '…')
                 WHERE workspace_id = $1 AND replace(error_detail, $2, '') <> error_detail
                  "
            ),
            plain,
        ),
        (
            sql!(
                "DELETE FROM idempotency
                 WHERE workspace_id = $1 AND replace(response, $2, '') <> response"
            ),
            json,
        ),
        (
            sql!(
                "UPDATE staff_task SET args = replace(args, $2, '…'), why = replace(why, $2, '…')
                 WHERE workspace_id = $1 AND (replace(args, $2, '') <> args
                    OR replace(why, $2, '') <> why)"
            ),
            json,
        ),
        (
            sql!(
                "UPDATE staff_task SET body = replace(body, $2, '…')
                 WHERE workspace_id = $1 AND replace(body, $2, '') <> body"
            ),
            plain,
        ),
        (
            sql!(
                "UPDATE alarm SET note = replace(note, $2, '…')
                 WHERE workspace_id = $1 AND replace(note, $2, '') <> note"
            ),
            plain,
        ),
        (
            sql!(
                "DELETE FROM saved_view
                 WHERE workspace_id = $1 AND replace(query, $2, '') <> query"
            ),
            plain,
        ),
    ] {
        touched += tx.execute(statement, params![workspace, needle]).await?;
    }
    Ok(touched)
}

record! {
    /// A text that was written.
    pub struct Written {
        /// Its words.
        pub text: String,
    }
}

/// What records wrote, newest first, at most `limit` texts.
///
/// # Errors
/// The engine refused.
pub async fn texts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
    limit: usize,
) -> Result<Vec<String>> {
    let mut query =
        Query::new("SELECT text FROM message WHERE text IS NOT NULL AND workspace_id = ");
    query
        .bind(workspace)
        .push(" AND member_id IN ")
        .list(records.iter().copied());
    query.push(" ORDER BY sent_at DESC LIMIT ").bind(limit);
    Ok(tx
        .all_of::<Written>(query)
        .await?
        .into_iter()
        .map(|row| row.text)
        .collect())
}

record! {
    /// A message as its author is given it.
    pub struct Own {
        /// The message.
        pub id: MessageId,
        /// In which group.
        pub group_id: GroupId,
        /// When.
        pub sent_at: Timestamp,
        /// What it consists of.
        pub kind: String,
        /// Its words.
        pub text: Option<String>,
    }
}

/// All messages that records wrote, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn messages(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
) -> Result<Vec<Own>> {
    let mut query =
        Query::new("SELECT id, group_id, sent_at, kind, text FROM message WHERE workspace_id = ");
    query
        .bind(workspace)
        .push(" AND member_id IN ")
        .list(records.iter().copied());
    query.push(" ORDER BY sent_at, id");
    tx.all_of(query).await
}

record! {
    /// A line of an order of a person.
    pub struct OwnLine {
        /// The order.
        pub order_id: OrderId,
        /// Its number in the shop.
        pub external_id: String,
        /// Where it stands.
        pub state: OrderState,
        /// Currency.
        pub currency: String,
        /// When the order was placed.
        pub placed_at: Timestamp,
        /// What.
        pub sku: String,
        /// How many.
        pub quantity: i64,
        /// For how much, minor units.
        pub amount_minor: i64,
    }
}

/// All order lines of records, oldest first.
///
/// # Errors
/// The engine refused.
pub async fn order_lines(
    tx: &mut Tx,
    workspace: WorkspaceId,
    records: &[MemberId],
) -> Result<Vec<OwnLine>> {
    let mut query = Query::new(
        "SELECT l.order_id, o.external_id, o.state, o.currency, o.placed_at, l.sku, l.quantity,
                l.amount_minor
         FROM shop_order o
         JOIN order_line l ON l.workspace_id = o.workspace_id AND l.order_id = o.id
         WHERE o.workspace_id = ",
    );
    query
        .bind(workspace)
        .push(" AND o.member_id IN ")
        .list(records.iter().copied());
    query.push(" ORDER BY o.placed_at, l.order_id, l.id");
    tx.all_of(query).await
}

record! {
    /// A tombstone.
    pub struct Tombstone {
        /// Its workspace.
        pub workspace_id: WorkspaceId,
        /// The record.
        pub id: MemberId,
    }
}

/// All tombstones of the installation.
///
/// # Errors
/// The engine refused.
pub async fn tombstones(tx: &mut Tx) -> Result<Vec<Tombstone>> {
    tx.all(
        sql!("SELECT workspace_id, id FROM member WHERE erased_at IS NOT NULL ORDER BY id"),
        params![],
    )
    .await
}

/// Whether an import that has not ended reads this file.
///
/// # Errors
/// The engine refused.
pub async fn file_in_use(tx: &mut Tx, workspace: WorkspaceId, path: &str) -> Result<bool> {
    let run: Option<i64> = tx
        .find(
            sql!(
                "SELECT id AS n FROM import_run WHERE workspace_id = $1 AND file_path = $2
                   AND state IN ('planned', 'running', 'interrupted', 'undoing') LIMIT 1"
            ),
            params![workspace, path],
        )
        .await?;
    Ok(run.is_some())
}
