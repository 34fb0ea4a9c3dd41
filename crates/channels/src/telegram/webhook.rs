//! Updates that Telegram delivers, rather than being asked for them.

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{map::View, meet::met, wire::Update};
use crate::open::Reported;

/// The header that holds the secret.
pub const SECRET: &str = "x-telegram-bot-api-secret-token";

/// Whether a delivery comes from whom the secret was given to. It takes as long for a wrong one as
/// for a right one.
pub fn is_authentic(given: Option<&str>, secret: &str) -> bool {
    let hash = |text: &str| digest(&SHA256, text.as_bytes());
    let given = hash(given.unwrap_or_default());
    let differing = given
        .as_ref()
        .iter()
        .zip(hash(secret).as_ref())
        .fold(0, |differing, (a, b)| differing | (a ^ b));
    differing == 0 && !secret.is_empty()
}

/// What names a delivery: the number of its update. `None` where the body is none.
pub fn name(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    Some(value["update_id"].as_i64()?.to_string())
}

/// The facts of a delivery to the bot `me`; `None` where the body is no update.
pub fn parse(body: &str, me: i64) -> Option<Vec<Reported>> {
    let update: Update = serde_json::from_str(body).ok()?;
    let view = View {
        me,
        reads_all: true,
    };
    let group_name = met(&update).and_then(|(chat, _)| chat.title.clone());
    let facts = view.facts(&update, |_| false);
    Some(
        facts
            .into_iter()
            .map(|inbound| Reported {
                inbound,
                group_name: group_name.clone(),
            })
            .collect(),
    )
}

/// A delivery without anybody in it, if the person `id` is in this one: nothing else of it can be
/// told without them. `None` if they are not.
pub fn redacted(body: &str, id: i64) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    holds(&value, id).then(|| json!({ "update_id": value["update_id"] }).to_string())
}

fn holds(value: &Value, id: i64) -> bool {
    match value {
        Value::Object(parts) => {
            parts.get("id").and_then(Value::as_i64) == Some(id)
                || parts.values().any(|part| holds(part, id))
        }
        Value::Array(parts) => parts.iter().any(|part| holds(part, id)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_is_believed() {
        assert!(is_authentic(Some("s3cret"), "s3cret"));
        for wrong in [None, Some(""), Some("s3cre"), Some("S3cret")] {
            assert!(!is_authentic(wrong, "s3cret"), "{wrong:?}");
        }
        assert!(
            !is_authentic(None, ""),
            "without a secret nobody is believed"
        );
    }

    #[test]
    fn of_a_delivery_with_somebody_erased_only_its_number_is_left() {
        let body = r#"{"update_id":7,"message":{"message_id":70,"date":5,"text":"在吗",
            "from":{"id":7,"first_name":"u"},"chat":{"id":-1,"type":"supergroup"}}}"#;
        assert_eq!(redacted(body, 7).as_deref(), Some(r#"{"update_id":7}"#));
        assert_eq!(
            redacted(body, 70),
            None,
            "the number of a message is nobody"
        );
        assert_eq!(redacted("none", 7), None);
    }

    #[test]
    fn a_delivery_is_named_by_its_number_and_names_its_group() {
        let body = r#"{"update_id":7,"message":{"message_id":1,"date":5,"text":"在吗",
            "from":{"id":7,"is_bot":false,"first_name":"u"},
            "chat":{"id":-1,"type":"supergroup","title":"福利群"}}}"#;
        assert_eq!(name(body).as_deref(), Some("7"));
        let facts = parse(body, 42).unwrap();
        assert_eq!(facts.len(), 1);
        assert_eq!(facts[0].group_name.as_deref(), Some("福利群"));
        for none in ["", "[]", "7", "{}", "{\"update_id\":\"x\"}"] {
            assert_eq!(name(none), None, "{none}");
        }
    }

    #[test]
    fn deliveries_of_one_second_are_told_apart_and_named_alike_each_time() {
        let change = |update: i64| {
            format!(
                r#"{{"update_id":{update},"edited_message":{{"message_id":1,"date":5,
                "edit_date":6,"text":"在吗","from":{{"id":7,"is_bot":false,"first_name":"u"}},
                "chat":{{"id":-1,"type":"supergroup","title":"福利群"}}}}}}"#
            )
        };
        let key = |update: i64| parse(&change(update), 42).unwrap()[0].inbound.key.clone();
        assert_eq!(key(7), "-1:1:edit:7");
        assert_eq!(key(8), "-1:1:edit:8");
        let sign = r#"{"update_id":9,"message_reaction":{"message_id":1,"date":6,
            "user":{"id":7,"is_bot":false,"first_name":"u"},"old_reaction":[],
            "new_reaction":[{"type":"emoji","emoji":"❤"}],
            "chat":{"id":-1,"type":"supergroup","title":"福利群"}}}"#;
        let facts = parse(sign, 42).unwrap();
        assert_eq!(facts[0].group_name.as_deref(), Some("福利群"));
        let whose = redacted(sign, 7);
        assert_eq!(whose.as_deref(), Some(r#"{"update_id":9}"#));
    }
}
