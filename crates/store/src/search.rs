//! Search terms: what a thing can be found by.

use yutang_domain::id::WorkspaceId;

use crate::{Result, Tx, params, sql, sql::Query};

/// Replaces the terms of one target.
///
/// # Errors
/// The engine refused.
pub async fn replace(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &'static str,
    target: i64,
    terms: &[String],
) -> Result<()> {
    remove(tx, workspace, kind, target).await?;
    insert(
        tx,
        workspace,
        kind,
        terms.iter().map(|term| (target, term.as_str())),
    )
    .await
}

/// Adds terms to targets; what is there already stays.
///
/// # Errors
/// The engine refused.
pub async fn insert<'a>(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &'static str,
    terms: impl IntoIterator<Item = (i64, &'a str)>,
) -> Result<()> {
    let rows = terms
        .into_iter()
        .map(|(target, term)| params![workspace, kind, term, target])
        .collect();
    tx.insert_many(
        "INSERT INTO search_term (workspace_id, kind, term, target_id) VALUES",
        rows,
        "ON CONFLICT DO NOTHING",
    )
    .await?;
    Ok(())
}

/// Removes all terms of a target.
///
/// # Errors
/// The engine refused.
pub async fn remove(
    tx: &mut Tx,
    workspace: WorkspaceId,
    kind: &'static str,
    target: i64,
) -> Result<()> {
    tx.execute(
        sql!("DELETE FROM search_term WHERE workspace_id = $1 AND kind = $2 AND target_id = $3"),
        params![workspace, kind, target],
    )
    .await?;
    Ok(())
}

/// A pattern for `LIKE … ESCAPE '!'` that finds `words` anywhere, as they stand, in lower case.
pub fn anywhere(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// Adds to a query the condition that `column` is a target with every term.
pub fn matching(
    query: &mut Query,
    column: &'static str,
    workspace: WorkspaceId,
    kind: &'static str,
    terms: &[String],
) {
    for term in terms {
        query.push(" AND ").push(column);
        query
            .push(" IN (SELECT target_id FROM search_term WHERE workspace_id = ")
            .bind(workspace);
        query
            .push(" AND kind = ")
            .bind(kind)
            .push(" AND term = ")
            .bind(term)
            .push(")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_pattern_are_taken_as_they_stand() {
        assert_eq!(anywhere("50% OFF_!"), "%50!% off!_!!%");
    }
}
