//! What SQLite's planner is told about the sizes of tables.
//!
//! Without statistics SQLite takes any index for selective, also one that begins with the
//! workspace, which nearly every row shares; a list of 50 members then reads 100,000. Statistics
//! gathered from the data would come too late, after the first large import, and differ from one
//! installation to the next. So a new database is told the proportions of a large one, and every
//! database plans the same way.

use crate::{Engine, Result, Tx, Value, params, record};

/// Rows of the tables of a large installation; what is not listed has [`ROWS`].
const SIZES: &[(&str, i64)] = &[
    ("account", 3_000),
    ("announcement", 2_000),
    ("audit", 200_000),
    ("branch", 600),
    ("channel_account", 4),
    ("chat_group", 2_000),
    ("event", 2_000_000),
    ("group_staff", 5_000),
    ("import_run", 200),
    ("member_day", 2_000_000),
    ("member_link", 2_000),
    ("member_role", 200),
    ("message", 5_000_000),
    ("order_line", 2_000_000),
    ("saved_view", 50),
    ("search_term", 8_000_000),
    ("session", 3_000),
    ("shop_order", 1_000_000),
    ("staff", 3_000),
    ("staff_task", 20_000),
    ("tag", 100),
    ("workspace", 1),
];
const ROWS: i64 = 400_000;

/// Different values of columns; what is not listed has as many as its table has rows.
const VALUES: &[(&str, i64)] = &[
    ("birth_day", 31),
    ("birth_month", 12),
    ("branch_id", 600),
    ("canonical_id", 100_000),
    ("channel", 5),
    ("day", 400),
    ("field", 10),
    ("group_id", 2_000),
    ("hour", 24),
    ("inviter_id", 5_000),
    ("kind", 5),
    ("member_id", 100_000),
    ("operator", 2),
    ("order_count", 50),
    ("order_id", 500_000),
    ("place", 5),
    ("purpose", 4),
    ("role", 5),
    ("run_id", 100),
    ("staff_id", 1_000),
    ("state", 4),
    ("tag_id", 50),
    ("target_id", 100_000),
    ("term", 50_000),
    ("workspace_id", 1),
];

record! {
    /// A column of an index.
    pub struct IndexColumn {
        /// The table.
        pub table_name: String,
        /// The index.
        pub index_name: String,
        /// Whether its values are unique: 0 or 1.
        pub is_unique: i64,
        /// Whether it holds some rows only: 0 or 1.
        pub is_partial: i64,
        /// The column.
        pub column_name: String,
    }
}

fn look_up(table: &[(&str, i64)], name: &str, otherwise: i64) -> i64 {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map_or(otherwise, |(_, n)| *n)
}

/// Tells the planner the proportions of a large installation; nothing to do on PostgreSQL, which
/// gathers its own.
///
/// # Errors
/// The engine refused.
pub(crate) async fn seed(tx: &mut Tx) -> Result<()> {
    if tx.engine() == Engine::Postgres {
        return Ok(());
    }
    // Makes the table of statistics, if there is none.
    tx.script("ANALYZE sqlite_schema".to_owned()).await?;
    let columns: Vec<IndexColumn> = tx
        .all(
            "SELECT m.name AS table_name, i.name AS index_name, i.\"unique\" AS is_unique,
                    i.partial AS is_partial, c.name AS column_name
             FROM sqlite_schema m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
             ORDER BY m.name, i.name, c.seqno",
            params![],
        )
        .await?;
    let rows = columns
        .chunk_by(|a, b| a.index_name == b.index_name)
        .map(|index| {
            let first = &index[0];
            let rows = look_up(SIZES, &first.table_name, ROWS);
            let rows = if first.is_partial == 1 {
                (rows / 200).max(1)
            } else {
                rows
            };
            let mut text = rows.to_string();
            let mut values = 1_i64;
            for (place, column) in index.iter().enumerate() {
                values = values.saturating_mul(look_up(VALUES, &column.column_name, rows));
                let whole = first.is_unique == 1 && place + 1 == index.len();
                let alike = if whole { 1 } else { (rows / values).max(1) };
                text.push(' ');
                text.push_str(&alike.to_string());
            }
            vec![
                Value::from(first.table_name.as_str()),
                Value::from(first.index_name.as_str()),
                Value::from(text),
            ]
        })
        .collect();
    tx.execute("DELETE FROM sqlite_stat1", params![]).await?;
    tx.insert_many("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES", rows, "")
        .await?;
    // Has this connection read them; others read them when they open.
    tx.script("ANALYZE sqlite_schema".to_owned()).await?;
    Ok(())
}
