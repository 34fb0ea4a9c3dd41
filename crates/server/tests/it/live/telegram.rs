//! Two groups on the stand-in for Telegram's servers.

use std::time::Duration;

use serde_json::{Value as Json, json};
use yutang_testkit::{Telegram, TestDatabase, both_engines, telegram::TOKEN};

use super::{
    ADVERT, COMPLAINT, HIDDEN_ADVERT,
    house::{APART, House, until},
};

const ANNA: i64 = 7_001;
const BOB: i64 = 7_002;
/// The first of those who post an advert each.
const STRANGER: i64 = 8_001;
/// Words of a first notice and of nothing else.
const NOTICE: &str = "首次只提醒";

/// How many times the power goes after an advert.
fn rounds() -> i64 {
    if std::env::var_os("YUTANG_SOAK").is_some() {
        10
    } else {
        3
    }
}

fn by(user: i64) -> impl Fn(&Json) -> bool {
    move |row| row["member"]["name"] == format!("用户{user}")
}

/// The step of a sanction by which its member is told.
fn notice(row: &Json) -> &str {
    let steps = row["steps"].as_array().unwrap();
    let step = steps
        .iter()
        .find(|step| step["action"] == "notice")
        .unwrap();
    step["state"].as_str().unwrap()
}

async fn hears(telegram: &Telegram, chat: i64, words: &[&str]) {
    until(&format!("{chat} hears {words:?}"), async || {
        telegram
            .said(chat)
            .iter()
            .any(|text| words.iter().all(|word| text.contains(word)))
    })
    .await;
}

both_engines! {
    async fn order_is_kept_on_telegram_over_crashes(database: TestDatabase) {
        let telegram = Telegram::start().await;
        telegram.keep_time();
        let mut house = House::open(&database);
        house
            .program
            .told(["channel", "add", "telegram", "--base-url", telegram.url(), "--token-stdin"], &format!("{TOKEN}\n"))
            .done();
        let (first, second) = (telegram.group("福利1群", "supergroup"), telegram.group("会员群", "supergroup"));
        let (welfare, members) = (house.group("福利1群").await, house.group("会员群").await);
        house.keep(&welfare, &json!({ "kind": "question", "question": "您是哪家店的顾客？", "answers": ["海岸城"] }));
        house.keep(&members, &json!({ "kind": "staff" }));

        // The question is asked in private, answered, and the door opens; the power goes meanwhile.
        telegram.knock(first, ANNA, "", None);
        hears(&telegram, ANNA, &["您是哪家店的顾客"]).await;
        house.restart();
        telegram.whisper(ANNA, "海岸城店的");
        until("she is in", async || telegram.status(first, ANNA) == "member").await;
        house.restart();
        hears(&telegram, ANNA, &["群规"]).await;
        telegram.whisper(ANNA, "收到");
        until("the rules are acknowledged", async || {
            house
                .list(&format!("/groups/{welfare}/receipts"))
                .iter()
                .any(|one| by(ANNA)(one) && one["acknowledged_by"] == "word")
        })
        .await;

        // Each advert of a stranger leads to one notice, or to a task where nobody can know.
        for round in 0..rounds() {
            let who = STRANGER + round;
            telegram.join(first, who, None);
            if round == 0 {
                telegram.break_off(NOTICE);
            }
            telegram.say(first, who, if round % 2 == 0 { HIDDEN_ADVERT } else { ADVERT });
            tokio::time::sleep(Duration::from_millis(u64::try_from(round).unwrap() * 40)).await;
            house.restart();
            house.sanction(&welfare, |row| by(who)(row) && !matches!(notice(row), "pending" | "sending")).await;
        }
        house.settled().await;
        let rows = house.list(&format!("/moderation/queue?group={welfare}&limit=100"));
        let count = |state: &str| rows.iter().filter(|row| notice(row) == state).count();
        let (sent, unknown) = (count("sent"), count("unknown"));
        assert_eq!(i64::try_from(sent + unknown), Ok(rounds()), "{rows:?}");
        let told = telegram.said(first).iter().filter(|text| text.contains(NOTICE)).count();
        assert!((sent..=sent + unknown).contains(&told), "{told} of {sent} and perhaps {unknown}");
        let asked = house.tasks().into_iter().filter(|(_, why)| why == "task.why.unknown_outcome").count();
        assert!(unknown >= 1, "the first connection broke");
        assert!(asked >= unknown, "{asked} for {unknown}");

        // Three strikes to the door, and back by an appeal.
        telegram.whisper(BOB, "你好");
        telegram.join(first, BOB, None);
        telegram.join(second, BOB, None);
        for (nth, (chat, group)) in [(first, &welfare), (second, &members), (first, &welfare)].into_iter().enumerate() {
            if nth == 2 {
                tokio::time::sleep(APART).await;
            }
            let message = telegram.say(chat, BOB, ADVERT);
            if nth == 1 {
                house.restart();
            }
            let tone = ["gentle", "neutral", "hard"][nth];
            house.sanction(group, |row| by(BOB)(row) && row["tone"] == tone).await;
            if nth > 0 {
                until("he is out", async || telegram.status(chat, BOB) == "kicked").await;
                until("the advert is gone", async || !telegram.stands(chat, message)).await;
            }
            tokio::time::sleep(APART).await;
        }
        house.settled().await;
        telegram.whisper(BOB, "申诉 我转的是店里的接龙");
        until("an appeal is heard", async || house.list("/moderation/appeals?state=open").len() == 1).await;
        let appeal = house.list("/moderation/appeals?state=open").remove(0);
        assert_eq!(appeal["tone"], "hard");
        house.api("POST", &format!("/moderation/appeals/{}/grant", appeal["id"].as_str().unwrap()), &json!({}));
        house.restart();
        until("he may come in", async || telegram.status(first, BOB) != "kicked").await;
        assert!(telegram.join(first, BOB, None));

        telegram.say(first, ANNA, COMPLAINT);
        house.restart();
        until("the alarm rings", async || house.list("/alarms?state=open").len() == 1).await;
        assert!(by(ANNA)(&house.list("/alarms?state=open")[0]));
        house.settled().await;

        // Whatever was said in private was said once.
        for who in [ANNA, BOB] {
            let mut lines = telegram.said(who);
            let all = lines.len();
            lines.sort_unstable();
            lines.dedup();
            assert_eq!(lines.len(), all, "{lines:?}");
        }
        house.finish();
    }
}
