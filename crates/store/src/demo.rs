//! Rows of a simulated world, written in bulk. Everything else of it goes through the functions
//! that real rows go through.

use yutang_domain::{
    capability::Profile,
    group::Standing,
    id::{ChannelAccountId, ConsentId, GroupId, MemberId, WorkspaceId},
    member::Purpose,
    time::Timestamp,
};

use crate::{Engine, Result, Tx, params, record, sql, sql::Query};

/// An account on the simulated network.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: ChannelAccountId,
    /// What it is allowed.
    pub profile: Profile,
}

/// Adds accounts on a network.
///
/// # Errors
/// The engine refused.
pub async fn insert_accounts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
    rows: &[NewAccount],
    at: Timestamp,
) -> Result<()> {
    let rows = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                channel,
                row.profile.as_str(),
                row.profile.as_str(),
                "connected",
                at,
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO channel_account (id, workspace_id, channel, profile, name, state, created_at)
         VALUES",
        rows,
        "",
    )
    .await?;
    Ok(())
}

record! {
    /// An account and what it is allowed.
    pub struct ProfileAccount {
        /// Its id.
        pub id: ChannelAccountId,
        /// What it is allowed.
        pub profile: String,
    }
}

/// The accounts on a network.
///
/// # Errors
/// The engine refused.
pub async fn accounts(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
) -> Result<Vec<ProfileAccount>> {
    tx.all(
        sql!(
            "SELECT id, profile FROM channel_account WHERE workspace_id = $1 AND channel = $2
             ORDER BY id"
        ),
        params![workspace, channel],
    )
    .await
}

/// Lets the groups of a network be seen through another account, except those named, and has their
/// health judged anew; says how many there are.
///
/// # Errors
/// The engine refused.
pub async fn move_groups(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
    account: ChannelAccountId,
    except: &[&str],
) -> Result<u64> {
    let mut query = Query::new("UPDATE chat_group SET health_at = NULL, channel_account_id = ");
    query
        .bind(account)
        .push(" WHERE workspace_id = ")
        .bind(workspace);
    query.push(" AND channel = ").bind(channel);
    for external in except {
        query.push(" AND external_id <> ").bind(*external);
    }
    tx.execute_of(query).await
}

/// Somebody in a group.
#[derive(Clone, Debug)]
pub struct NewMembership {
    /// The group.
    pub group: GroupId,
    /// Who.
    pub member: MemberId,
    /// What they are in it.
    pub role: Standing,
    /// The name they carry in it.
    pub card_name: String,
    /// When they came.
    pub joined_at: Timestamp,
    /// By which way.
    pub via: Option<&'static str>,
    /// Who brought them.
    pub inviter: Option<MemberId>,
    /// When they left.
    pub left_at: Option<Timestamp>,
    /// Version of the rules they were shown.
    pub rules_version: Option<i64>,
}

/// Adds memberships.
///
/// # Errors
/// The engine refused.
pub async fn insert_memberships(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rows: &[NewMembership],
) -> Result<()> {
    let rows = rows
        .iter()
        .map(|row| {
            params![
                workspace,
                row.group,
                row.member,
                row.role,
                row.card_name.as_str(),
                row.joined_at,
                row.via,
                row.inviter,
                row.joined_at,
                row.left_at,
                row.left_at.map(|_| "left"),
                row.rules_version,
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO membership (workspace_id, group_id, member_id, role, card_name, joined_at, via,
         inviter_id, first_seen_at, left_at, leave_reason, rules_version) VALUES",
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// Counts one more group for each of these members, who came into it at these times.
///
/// # Errors
/// The engine refused.
pub async fn count_group(tx: &mut Tx, workspace: WorkspaceId, members: &[MemberId]) -> Result<()> {
    for chunk in members.chunks(500) {
        let mut query =
            Query::new("UPDATE member SET group_count = group_count + 1 WHERE workspace_id = ");
        query
            .bind(workspace)
            .push(" AND id IN ")
            .list(chunk.iter().copied());
        tx.execute_of(query).await?;
    }
    Ok(())
}

/// A consent given.
#[derive(Clone, Copy, Debug)]
pub struct NewConsent {
    /// Its id.
    pub id: ConsentId,
    /// Who gave it.
    pub member: MemberId,
    /// For what.
    pub purpose: Purpose,
    /// When.
    pub at: Timestamp,
}

/// Adds consents to the first version of each text.
///
/// # Errors
/// The engine refused.
pub async fn insert_consents(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: &str,
    actor: &str,
    rows: &[NewConsent],
) -> Result<()> {
    let rows = rows
        .iter()
        .map(|row| {
            params![
                row.id,
                workspace,
                row.member,
                row.purpose,
                "1",
                channel,
                actor,
                row.at
            ]
        })
        .collect();
    tx.insert_many(
        "INSERT INTO consent (id, workspace_id, member_id, purpose, text_version, channel, actor,
         given_at) VALUES",
        rows,
        "",
    )
    .await?;
    Ok(())
}

/// Writes down when staff last posted in a group.
///
/// # Errors
/// The engine refused.
pub async fn set_last_post(
    tx: &mut Tx,
    workspace: WorkspaceId,
    group: GroupId,
    at: Option<Timestamp>,
) -> Result<()> {
    tx.execute(
        sql!("UPDATE chat_group SET last_post_at = $3 WHERE workspace_id = $1 AND id = $2"),
        params![workspace, group, at],
    )
    .await?;
    Ok(())
}

/// Lets the writer keep 256 MiB of the database and the journals of its statements in memory while
/// a large world is written, or as usual again; the latter holds from the next transaction on.
/// PostgreSQL looks after its own memory.
///
/// # Errors
/// The engine refused.
pub async fn set_bulk(tx: &mut Tx, bulk: bool) -> Result<()> {
    if tx.engine() == Engine::Sqlite {
        let settings = if bulk {
            ["PRAGMA cache_size = -262144", "PRAGMA temp_store = MEMORY"]
        } else {
            ["PRAGMA cache_size = -32768", "PRAGMA temp_store = DEFAULT"]
        };
        for setting in settings {
            tx.execute(setting, Vec::new()).await?;
        }
    }
    Ok(())
}
