//! Every row belongs to a workspace, unless it is on the list here.

use yutang_testkit::{TestDatabase, both_engines};

use crate::schema::introspect;

/// Tables of the installation as a whole, with the reason.
const OF_THE_INSTALLATION: &[(&str, &str)] = &[
    (
        "account",
        "one sign-in may serve several workspaces; it belongs to them through staff",
    ),
    ("installation", "facts about the installation"),
    ("lease", "who holds what among the processes"),
    ("migration", "the schema's own history"),
    (
        "rate_limit",
        "guesses at a sign-in come before anybody knows the workspace",
    ),
    (
        "sequence",
        "the position in the one log that all workspaces share",
    ),
    (
        "sign_in_guard",
        "guesses at a sign-in come before anybody knows the workspace",
    ),
    ("workspace", "the workspace itself"),
];

both_engines! {
    /// A table without `workspace_id` cannot be reached by mistake only if there is none.
    async fn every_table_has_its_workspace(database: TestDatabase) {
        database.migrated().await.close().await;
        let schema = introspect(&database).await;
        let without: Vec<&str> = schema
            .iter()
            .filter(|(_, table)| !table.columns.iter().any(|c| c.name == "workspace_id" && !c.nullable))
            .map(|(name, _)| name.as_str())
            .collect();
        let listed: Vec<&str> = OF_THE_INSTALLATION.iter().map(|(name, _)| *name).collect();
        assert_eq!(without, listed, "tables without a workspace against the list of this test");
    }

    /// A reference that does not carry the workspace could point into another one.
    async fn references_stay_inside_the_workspace(database: TestDatabase) {
        database.migrated().await.close().await;
        let schema = introspect(&database).await;
        let crossing: Vec<String> = schema
            .iter()
            .flat_map(|(name, table)| table.foreign_keys.iter().map(move |key| format!("{name}: {key}")))
            .filter(|key| {
                !key.contains("(workspace_id, ")
                    && !key.ends_with("references workspace (id)")
                    && !key.ends_with("references account (id)")
            })
            .collect();
        assert_eq!(crossing, Vec::<String>::new());
    }
}
