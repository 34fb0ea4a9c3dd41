//! Whatever the bytes are, the answer is records or a refusal.

use std::ops::ControlFlow;

use proptest::prelude::*;
use yutang_import::{chat, table};

use super::{chat_options, file, table_options, tables::workbook};

/// Tries a file as everything.
fn survive(content: &[u8]) {
    let file = file(content);
    let formats = chat::Format::ALL.map(Some).into_iter().chain([None]);
    for format in formats {
        let options = chat::Options {
            format,
            ..chat_options()
        };
        let Ok(plan) = chat::plan(file.path(), &options) else {
            continue;
        };
        let mut records = 0;
        chat::read(file.path(), &plan, 0, &mut |_, _| {
            records += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(records, plan.records());
    }
    let mapped = table::Mapping::parse("at=1,amount=2").unwrap();
    for mapping in [table::Mapping::default(), mapped] {
        let options = table::Options {
            mapping,
            ..table_options()
        };
        if let Ok(plan) = table::plan_orders(file.path(), &options) {
            let mut lines = 0;
            table::read_orders(file.path(), &plan, 0, &mut |_, _| {
                lines += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
            assert_eq!(lines, plan.lines);
        }
        let _ = table::plan_members(file.path(), &table_options());
        let _ = table::plan_groups(file.path(), &table_options());
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let row = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>at</t></is></c><c r="B1" t="inlineStr"><is><t>amount</t></is></c></row><row r="2"><c r="A2"><v>46346.5</v></c><c r="B2"><v>1</v></c></row>"#;
    vec![
        "消息记录\n\n2026-11-20 9:05:01 【管理员】小王(10001)\n大家早上好\n\n2026-11-20 21:16:00 系统消息(10000)\n小张加入了本群。\n".as_bytes().to_vec(),
        "[20/11/2026, 9:08:31\u{202f}PM] Zhao: \u{200e}hi @\u{2068}Li\u{2069}\n[20/11/2026, 09:06:11] Wang: a\n".as_bytes().to_vec(),
        br#"{"name":"A","type":"private_group","id":1,"messages":[{"id":1,"type":"service","date_unixtime":"1795136701","actor":"a","actor_id":"user1","action":"invite_members","members":["b",null],"text":""},{"id":2,"type":"message","date":"2026-11-20T09:05:01","from":"a","from_id":"user1","text":["x\x0b",{"type":"mention","text":"@li"}]}]}"#.to_vec(),
        br#"{"guild":{"id":"1","name":"G"},"channel":{"id":"2","name":"c"},"messages":[{"id":"9","type":"Default","timestamp":"2026-11-20T09:05:01.123+00:00","content":"hello","author":{"id":"7","name":"w","isBot":false},"attachments":[],"mentions":[]}]}"#.to_vec(),
        "小王 2026/11/20 12:18 PM\n你好\n\n小李 2026年11月20日 下午3:04\n好\n".as_bytes().to_vec(),
        "time(Asia/Shanghai),group_id,group_name,from_id,from_nickname,content_type,content\n2004-11-15 12:18:00,g1,x,1,t,Text,\"a, b\"\n".as_bytes().to_vec(),
        "\u{feff}localId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n1,5,1,0,0,1795136701,2,\"大家好\n第二行\",x,王总,小王,wxid_a1\n".as_bytes().to_vec(),
        "订单号,付款时间,实付金额,数量\nE1,2026年11月20日,\"¥1,234.00\",1\nE2,3/4/26,(1.00),２\nE3,46346.5,1,1\n".as_bytes().to_vec(),
        workbook(row),
    ]
}

#[test]
fn the_seeds_themselves() {
    for seed in seeds() {
        survive(&seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(content in prop::collection::vec(any::<u8>(), 0..600)) {
        survive(&content);
    }

    #[test]
    fn random_words(content in "[\\[\\]{}:,\"'0-9a-zA-Z年月日上下午/ .()<>*@¥\n-]{0,300}") {
        survive(content.as_bytes());
    }

    #[test]
    fn changed_files(
        which in 0..9_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..12),
    ) {
        let mut content = seeds()[which].clone();
        for (at, byte, how) in changes {
            if content.is_empty() {
                break;
            }
            let at = at.index(content.len());
            match how {
                0 => content[at] = byte,
                1 => content.insert(at, byte),
                2 => drop(content.remove(at)),
                _ => content.truncate(at),
            }
        }
        survive(&content);
    }
}
