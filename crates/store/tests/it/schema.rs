//! The schema as an engine knows it, in words both engines share.

use std::{collections::BTreeMap, fmt::Write as _};

use sqlx::{Connection as _, PgConnection, Row as _, SqliteConnection};
use yutang_store::Engine;
use yutang_testkit::TestDatabase;

/// A column: name, type class, whether it may be null.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub class: String,
    pub nullable: bool,
}

/// A table; everything but the columns is sorted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<Column>,
    pub primary_key: Vec<String>,
    pub unique: Vec<Vec<String>>,
    pub foreign_keys: Vec<String>,
    pub indexes: Vec<String>,
}

/// Tables by name.
pub type Schema = BTreeMap<String, Table>;

/// Asks the engine.
pub async fn introspect(database: &TestDatabase) -> Schema {
    let mut schema = match database.engine() {
        Engine::Sqlite => sqlite(database.url()).await,
        Engine::Postgres => postgres(database.url()).await,
    };
    for table in schema.values_mut() {
        table.unique.sort();
        table.foreign_keys.sort();
        table.indexes.sort();
    }
    schema
}

/// The text of `schema.txt`.
pub fn text(schema: &Schema) -> String {
    let mut out = String::new();
    for (name, table) in schema {
        writeln!(out, "{name}").expect("a text grows");
        for Column {
            name,
            class,
            nullable,
        } in &table.columns
        {
            let null = if *nullable { " null" } else { "" };
            writeln!(out, "    {name} {class}{null}").expect("a text grows");
        }
        writeln!(out, "    primary key ({})", table.primary_key.join(", ")).expect("a text grows");
        for columns in &table.unique {
            writeln!(out, "    unique ({})", columns.join(", ")).expect("a text grows");
        }
        for line in table.foreign_keys.iter().chain(&table.indexes) {
            writeln!(out, "    {line}").expect("a text grows");
        }
        out.push('\n');
    }
    out
}

/// What the declared type holds, the same word for both engines.
fn class(declared: &str) -> String {
    match declared.to_lowercase().as_str() {
        "bigint" | "integer" => "bigint".to_owned(),
        "blob" | "bytea" => "bytes".to_owned(),
        other => other.to_owned(),
    }
}

fn index(name: &str, columns: &[String], unique: bool, partial: bool) -> String {
    format!(
        "{}index {name} ({}){}",
        if unique { "unique " } else { "" },
        columns.join(", "),
        if partial { " partial" } else { "" }
    )
}

fn foreign_key(columns: &[String], target: &str, targets: &[String]) -> String {
    format!(
        "foreign key ({}) references {target} ({})",
        columns.join(", "),
        targets.join(", ")
    )
}

async fn sqlite(url: &str) -> Schema {
    let mut connection = SqliteConnection::connect(url).await.unwrap();
    let c = &mut connection;
    let mut schema = Schema::new();
    let names = sqlx::query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .fetch_all(&mut *c)
    .await
    .unwrap();
    for row in names {
        let name: String = row.get(0);
        let mut table = Table::default();
        let mut key = Vec::new();
        let columns = sqlx::query(
            "SELECT name, type, \"notnull\", pk FROM pragma_table_info($1) ORDER BY cid",
        )
        .bind(&name)
        .fetch_all(&mut *c)
        .await
        .unwrap();
        for row in columns {
            let column: String = row.get(0);
            if row.get::<i64, _>(3) > 0 {
                key.push((row.get::<i64, _>(3), column.clone()));
            }
            table.columns.push(Column {
                name: column,
                class: class(&row.get::<String, _>(1)),
                nullable: row.get::<i64, _>(2) == 0,
            });
        }
        key.sort();
        table.primary_key = key.into_iter().map(|(_, column)| column).collect();

        let indexes =
            sqlx::query("SELECT name, \"unique\", origin, partial FROM pragma_index_list($1)")
                .bind(&name)
                .fetch_all(&mut *c)
                .await
                .unwrap();
        for row in indexes {
            let index_name: String = row.get(0);
            let columns: Vec<String> =
                sqlx::query("SELECT name FROM pragma_index_info($1) ORDER BY seqno")
                    .bind(&index_name)
                    .fetch_all(&mut *c)
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| row.get(0))
                    .collect();
            match row.get::<String, _>(2).as_str() {
                "u" => table.unique.push(columns),
                "c" => table.indexes.push(index(
                    &index_name,
                    &columns,
                    row.get::<i64, _>(1) == 1,
                    row.get::<i64, _>(3) == 1,
                )),
                _ => {}
            }
        }

        let rows = sqlx::query(
            "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list($1) ORDER BY id, seq",
        )
        .bind(&name)
        .fetch_all(&mut *c)
        .await
        .unwrap();
        let mut keys: BTreeMap<i64, (String, Vec<String>, Vec<String>)> = BTreeMap::new();
        for row in rows {
            let key = keys.entry(row.get(0)).or_default();
            key.0 = row.get(1);
            key.1.push(row.get(2));
            key.2.push(row.get(3));
        }
        table.foreign_keys = keys
            .into_values()
            .map(|(target, from, to)| foreign_key(&from, &target, &to))
            .collect();
        schema.insert(name, table);
    }
    connection.close().await.unwrap();
    schema
}

async fn postgres(url: &str) -> Schema {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let c = &mut connection;
    let mut schema = Schema::new();
    let columns = sqlx::query(
        "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull
           FROM pg_class c
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
          ORDER BY c.relname, a.attnum",
    )
    .fetch_all(&mut *c)
    .await
    .unwrap();
    for row in columns {
        schema.entry(row.get(0)).or_default().columns.push(Column {
            name: row.get(1),
            class: class(&row.get::<String, _>(2)),
            nullable: !row.get::<bool, _>(3),
        });
    }
    let constraints = sqlx::query(
        "SELECT c.relname::text, k.contype::text, f.relname::text,
                ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (n, i)
                        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i),
                ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (n, i)
                        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)
           FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid
           LEFT JOIN pg_class f ON f.oid = k.confrelid
          WHERE k.connamespace = current_schema()::regnamespace AND k.contype IN ('p', 'u', 'f')",
    )
    .fetch_all(&mut *c)
    .await
    .unwrap();
    for row in constraints {
        let table = schema
            .get_mut(&row.get::<String, _>(0))
            .expect("a constraint has its table");
        let columns: Vec<String> = row.get(3);
        match row.get::<String, _>(1).as_str() {
            "p" => table.primary_key = columns,
            "u" => table.unique.push(columns),
            _ => {
                let (target, targets): (String, Vec<String>) = (row.get(2), row.get(4));
                table
                    .foreign_keys
                    .push(foreign_key(&columns, &target, &targets));
            }
        }
    }
    let indexes = sqlx::query(
        "SELECT c.relname::text, i.relname::text, x.indisunique, x.indpred IS NOT NULL,
                ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY u (n, o)
                        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.n ORDER BY u.o)
           FROM pg_index x
           JOIN pg_class c ON c.oid = x.indrelid
           JOIN pg_class i ON i.oid = x.indexrelid
          WHERE c.relnamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid
                               AND k.contype IN ('p', 'u'))",
    )
    .fetch_all(&mut *c)
    .await
    .unwrap();
    for row in indexes {
        let table = schema
            .get_mut(&row.get::<String, _>(0))
            .expect("an index has its table");
        let columns: Vec<String> = row.get(4);
        table.indexes.push(index(
            &row.get::<String, _>(1),
            &columns,
            row.get(2),
            row.get(3),
        ));
    }
    connection.close().await.unwrap();
    schema
}
