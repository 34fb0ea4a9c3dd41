//! The same history in each encoding that exports come in.

use std::fmt::Write as _;

use encoding_rs::{BIG5, GB18030};
use yutang_domain::error::Rule as _;
use yutang_import::{Encoding, chat, sniff, table};

use super::{chat_options, file, records, sample, shared, table_options};

/// What people say in a shop's group, in traditional characters.
const SAID: [&str; 8] = [
    "這裡是繁體中文訊息",
    "今天的麵包真好吃，請問明天還有嗎？",
    "大家好，我是新來的",
    "店裡幾點關門",
    "已經下單了，謝謝老闆！",
    "可以送到學校門口嗎",
    "優惠券怎麼用？",
    "龜龍鳳",
];

fn qq(said: &[&str]) -> String {
    let mut text = String::new();
    for (n, words) in said.iter().enumerate() {
        writeln!(text, "2026-01-05 9:{n:02}:00 群友{n}(2000{n})\n{words}\n").unwrap();
    }
    text
}

fn words(path: &std::path::Path) -> (Encoding, Vec<String>) {
    let (plan, records) = records(path, &chat_options());
    let texts = records.into_iter().filter_map(|record| match record.body {
        chat::Body::Message(message) => Some(message.text),
        chat::Body::System { .. } => None,
    });
    (plan.encoding, texts.collect())
}

#[test]
fn traditional_text_is_read_from_big5_and_from_gb18030() {
    for many in 1..=SAID.len() {
        let said = &SAID[..many];
        let text = qq(said);
        for (coder, encoding) in [(BIG5, Encoding::Big5), (GB18030, Encoding::Gb18030)] {
            let (bytes, _, lost) = coder.encode(&text);
            assert!(!lost);
            let (found, texts) = words(file(&bytes).path());
            assert_eq!(found, encoding, "{many}");
            assert_eq!(texts, said);
        }
    }
}

#[test]
fn a_table_in_big5_is_read() {
    let text = "訂單編號,顧客,時間,金額\nA1,陳小姐,2026-03-02 10:00:00,30.00\nA2,林先生,2026-03-02 10:00:00,1\n";
    let (bytes, ..) = BIG5.encode(text);
    let found = file(&bytes);
    let mut options = table_options();
    options.mapping =
        table::Mapping::parse("id=訂單編號,customer=顧客,at=時間,amount=金額").unwrap();
    let plan = table::plan_orders(found.path(), &options).unwrap();
    assert_eq!(plan.encoding, Some(Encoding::Big5));
    assert_eq!((plan.lines, plan.rejects.total), (2, 0));
}

/// What is read in the wrong encoding is refused, and the encoding that is named is taken.
#[test]
fn text_that_makes_no_sense_asks_for_its_encoding() {
    let text = "2026-01-05 9:00:05 Anna(10001)\n今日はとても良い天気ですね。明日の朝、新しい商品を二つ買って帰ります\n\n";
    let (bytes, ..) = encoding_rs::SHIFT_JIS.encode(text);
    let found = file(&bytes);
    let error = chat::plan(found.path(), &chat_options()).unwrap_err();
    assert_eq!(error.code(), "import.encoding");
    assert_eq!(error.at().as_deref(), Some("line 2"));
    assert!(error.to_string().contains("--encoding"), "{error}");
    let mut options = chat_options();
    options.encoding = Some(Encoding::Gb18030);
    assert_eq!(chat::plan(found.path(), &options).unwrap().messages, 1);

    let (bytes, ..) = BIG5.encode("2026-01-05 9:00:05 a(10001)\n龘\n\n");
    options.encoding = Some("big5".parse().unwrap());
    let plan = chat::plan(file(&bytes).path(), &options).unwrap();
    assert_eq!(
        (plan.encoding.to_string().as_str(), plan.messages),
        ("Big5", 1)
    );
}

/// Each of the samples and of the large files is found again in the encoding it is written in.
#[test]
fn real_files_keep_their_encoding() {
    let mut files = Vec::new();
    for name in [
        "qq_group.txt",
        "whatsapp_android.txt",
        "whatsapp_ios.txt",
        "wechat_memotrace.csv",
    ] {
        files.extend(sample(name));
    }
    for name in [
        "spam_zh_live_a/messages.csv",
        "cn_reference/members_synthetic.csv",
        "cn_reference/areas.csv",
        "cn_reference/cities.csv",
        "chat_render_irc/qq_group.txt",
    ] {
        files.extend(shared(name));
    }
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.trim_start_matches('\u{feff}');
        if text.is_ascii() {
            continue;
        }
        let (bytes, ..) = GB18030.encode(text);
        let yutang_import::Kind::Text { encoding } = sniff(file(&bytes).path()).unwrap().kind
        else {
            panic!("{} is a text", path.display());
        };
        assert_eq!(encoding, Encoding::Gb18030, "{}", path.display());
    }
    // Lines of live chat a few at a time: short texts are told apart as well as long ones.
    let Some(live) = shared("spam_zh_live_a/messages.csv") else {
        return;
    };
    let live = std::fs::read_to_string(live).unwrap();
    let lines: Vec<&str> = live
        .lines()
        .skip(1)
        .filter_map(|l| l.splitn(4, ',').nth(3))
        .collect();
    let wrong = lines
        .chunks(5)
        .filter(|some| {
            let text = some.join("\n");
            let (bytes, ..) = GB18030.encode(&text);
            sniff(file(&bytes).path()).unwrap().kind
                != yutang_import::Kind::Text {
                    encoding: Encoding::Gb18030,
                }
        })
        .count();
    assert_eq!(wrong, 0, "of {}", lines.len() / 5);
}
