//! Sealed values, wherever they stand: what has to be sealed again when the root key changes.

use crate::{Result, Tx, params, record, sql};

record! {
    /// A sealed value.
    pub struct Sealed {
        /// Table and column.
        pub place: String,
        /// Id of its row.
        pub id: i64,
        /// What is stored.
        pub sealed: String,
    }
}

/// Every sealed value of the installation but those of [`crate::installation`].
///
/// # Errors
/// The engine refused.
pub async fn list(tx: &mut Tx) -> Result<Vec<Sealed>> {
    tx.all(
        sql!(
            "SELECT 'account.totp_secret' AS place, id, totp_secret AS sealed
             FROM account WHERE totp_secret IS NOT NULL
             UNION ALL
             SELECT 'channel_account.secret' AS place, id, secret AS sealed
             FROM channel_account WHERE secret IS NOT NULL
             UNION ALL
             SELECT 'robot.address' AS place, id, address AS sealed
             FROM robot WHERE address <> ''
             UNION ALL
             SELECT 'robot.secret' AS place, id, secret AS sealed
             FROM robot WHERE secret IS NOT NULL
             UNION ALL
             SELECT 'webhook.address' AS place, id, address AS sealed
             FROM webhook WHERE address <> ''
             UNION ALL
             SELECT 'webhook.secret' AS place, id, secret AS sealed
             FROM webhook WHERE secret <> ''
             UNION ALL
             SELECT 'webhook.old_secret' AS place, id, old_secret AS sealed
             FROM webhook WHERE old_secret IS NOT NULL
             ORDER BY 1, 2"
        ),
        params![],
    )
    .await
}

/// Replaces a sealed value.
///
/// # Errors
/// The engine refused.
pub async fn update(tx: &mut Tx, value: &Sealed, sealed: &str) -> Result<()> {
    let text = match value.place.as_str() {
        "account.totp_secret" => sql!("UPDATE account SET totp_secret = $2 WHERE id = $1"),
        "robot.address" => sql!("UPDATE robot SET address = $2 WHERE id = $1"),
        "robot.secret" => sql!("UPDATE robot SET secret = $2 WHERE id = $1"),
        "webhook.address" => sql!("UPDATE webhook SET address = $2 WHERE id = $1"),
        "webhook.secret" => sql!("UPDATE webhook SET secret = $2 WHERE id = $1"),
        "webhook.old_secret" => sql!("UPDATE webhook SET old_secret = $2 WHERE id = $1"),
        _ => sql!("UPDATE channel_account SET secret = $2 WHERE id = $1"),
    };
    tx.execute(text, params![value.id, sealed]).await?;
    Ok(())
}
