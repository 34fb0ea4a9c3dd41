//! The stand-in for Telegram, judged by libraries that know the real one.

use std::{sync::Arc, time::Duration};

use yutang_channels::{Channel as _, telegram::TelegramChannel};
use yutang_domain::time::SystemClock;
use yutang_testkit::{
    program::python,
    telegram::{OTHER_BOT, TOKEN, Telegram},
};

/// Names an interpreter that has both libraries, in place of the installed one.
const PYTHON_VARIABLE: &str = "YUTANG_TELEGRAM_JUDGES";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_libraries_take_the_stand_in_for_telegram() {
    let telegram = Telegram::start().await;
    // From here on everything is told that the adapter asks for.
    let adapter = TelegramChannel::new(telegram.url(), TOKEN, Arc::new(SystemClock)).unwrap();
    let adapter = adapter.waiting(Duration::ZERO);
    adapter.poll(None).await.unwrap();
    let chat = telegram.group("福利1群", "supergroup");
    telegram.raise(chat, 1, "creator");
    telegram.bring(chat, OTHER_BOT, 1);
    telegram.raise(chat, OTHER_BOT, "administrator");
    for user in [7, 8] {
        assert!(telegram.join(chat, user, None));
    }
    let question = telegram.say(chat, 7, "在吗");
    telegram.answer(chat, 8, "在的", question);
    telegram.edit(chat, question, "在吗?");
    telegram.react(chat, 8, question, &["👍"]);
    let channel = telegram.channel("门店频道");
    telegram.say_as(chat, channel, "新品").unwrap();
    telegram.say_as(chat, chat, "群规").unwrap();
    telegram.forward(chat, channel, "目录");
    telegram.show(chat, 7, "扫码", vec![1; 100]);
    telegram.knock(chat, 9, "朋友介绍", None);
    telegram.whisper(7, "/start ref_u9");
    telegram.leave(chat, 8);
    telegram.join(chat, 8, None);
    let small = telegram.group("小群", "group");
    telegram.migrate(small);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/judges/telegram.py");
    let url = telegram.url().to_owned();
    let (chat, channel) = (chat.to_string(), channel.to_string());
    let judged = tokio::task::spawn_blocking(move || {
        std::process::Command::new(python("telegram", PYTHON_VARIABLE))
            // Without the folder of the script, whose name is that of a library.
            .args(["-I", script, &url, TOKEN, &chat, &channel])
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    let why = String::from_utf8_lossy(&judged.stderr).into_owned();
    assert!(judged.status.success(), "{said}{why}");
    assert!(said.contains("aiogram understood"), "{said}");
}
