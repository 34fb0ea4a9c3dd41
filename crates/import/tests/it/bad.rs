//! Each bad file gets one clear refusal that names the place and the remedy.

use std::io::Write as _;

use yutang_domain::error::Rule as _;
use yutang_import::{ImportError, chat, table};
use zip::write::SimpleFileOptions;

use super::{chat_options, file, table_options};

fn chat_error(content: &[u8]) -> ImportError {
    let file = file(content);
    chat::plan(file.path(), &chat_options()).unwrap_err()
}

fn order_error(content: &[u8]) -> ImportError {
    let file = file(content);
    table::plan_orders(file.path(), &table_options()).unwrap_err()
}

#[test]
fn an_empty_file() {
    for content in [&b""[..], b"\xEF\xBB\xBF", b" \r\n\r\n"] {
        assert_eq!(chat_error(content).code(), "import.empty");
        assert_eq!(order_error(content).code(), "import.empty");
    }
}

#[test]
fn a_picture_a_document_and_other_things_that_are_no_text() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive
        .start_file("_chat.txt", SimpleFileOptions::default())
        .unwrap();
    archive.write_all(b"hi").unwrap();
    let archive = archive.finish().unwrap().into_inner();
    let noise: Vec<u8> = (0..4096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (content, what) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "a PNG picture"),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF\0", "a JPEG picture"),
        (b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n", "a PDF document"),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0",
            "an old or encrypted Office file",
        ),
        (&archive, "a ZIP archive"),
        (&noise, "a binary file"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
    ] {
        for error in [chat_error(content), order_error(content)] {
            assert_eq!(error.code(), "import.not_a_text", "{what}: {error}");
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}

#[test]
fn an_unknown_format_lists_the_known_ones() {
    for content in ["just some words\nand more\n", "{\"a\": 1}", "x,y\n1,2\n"] {
        let error = chat_error(content.as_bytes());
        assert_eq!(error.code(), "import.unknown_format", "{content}");
        let text = error.to_string();
        assert!(
            text.contains("whatsapp") && text.contains("wechat_copy"),
            "{text}"
        );
    }
}

#[test]
fn a_file_out_of_the_future_names_the_clock() {
    let mut text = "2031-01-05 9:00:05 小王(10001)\n早上好\n\n".repeat(3);
    for format in [None, Some(chat::Format::Qq)] {
        let mut options = chat_options();
        options.format = format;
        let error = chat::plan(file(text.as_bytes()).path(), &options).unwrap_err();
        assert_eq!(error.code(), "import.future");
        assert_eq!(error.at().as_deref(), Some("line 1"));
        let said = error.to_string();
        for part in ["2031-01-05", "clock", "--dates"] {
            assert!(said.contains(part), "{said}");
        }
    }
    text += "2026-01-05 9:00:05 小王(10001)\n早上好\n\n";
    let plan = chat::plan(file(text.as_bytes()).path(), &chat_options()).unwrap();
    assert_eq!((plan.messages, plan.rejects.total), (1, 3));
    assert!(plan.rejects.first[0].reason.to_string().contains("--dates"));
}

#[test]
fn a_wrong_or_mixed_encoding_names_line_and_byte() {
    let good = "2026-11-20 9:05:01 小王(10001)\n早上好\n\n";
    let mut mixed = good.repeat(5_000).into_bytes();
    let at = mixed.len() as u64;
    mixed.extend_from_slice(b"2026-11-20 9:05:01 x(10001)\n\xd4\xe7\xc9\xcf\n");
    let error = chat_error(&mixed);
    assert_eq!(error.code(), "import.encoding");
    assert_eq!(error.at(), Some(format!("line 15002, byte {}", at + 28)));
    // The same behind a head of plain ASCII.
    let mut late = b"2026-11-20 9:05:01 x(10001)\nhi\n\n".repeat(5_000);
    let at = late.len() as u64;
    late.extend_from_slice(b"caf\xe9 \xff\n");
    assert_eq!(
        chat_error(&late).at(),
        Some(format!("line 15001, byte {}", at + 3))
    );
    let latin = chat_error(b"2026-11-20 9:05:01 x(10001)\ncaf\xe9 au lait\n");
    assert_eq!(latin.at().as_deref(), Some("line 2, byte 31"));
}

#[test]
fn gb18030_behind_a_long_head_of_ascii_is_found() {
    let mut late = b"2026-11-20 9:05:01 x(10001)\nhi\n\n".repeat(5_000);
    let (more, ..) = encoding_rs::GB18030.encode("2026-11-20 9:05:01 小王(10002)\n早上好\n");
    late.extend_from_slice(&more);
    let file = file(&late);
    let plan = chat::plan(file.path(), &chat_options()).unwrap();
    assert_eq!((plan.messages, plan.senders), (5_001, 2));
}

#[test]
fn cut_json_names_its_end() {
    let text = "{\"name\":\"A\",\"type\":\"private_group\",\"id\":1,\"messages\":[\n{\"id\":1,\"type\":\"message\",\"date_unixtime\":\"1795136701\",\"from\":\"a\",\"from_id\":\"user1\",\"text\":\"x\"},\n{\"id\":2,\"type\":\"mess";
    let error = chat_error(text.as_bytes());
    assert_eq!(error.code(), "import.truncated");
    assert_eq!(error.at(), Some(format!("line 3, byte {}", text.len())));
    let wrong = chat_error(text.replace("\"text\":\"x\"}", "\"text\":x}").as_bytes());
    assert_eq!(wrong.code(), "import.json");
    assert!(wrong.at().unwrap().starts_with("line 2, byte "), "{wrong}");
}

#[test]
fn a_cut_gzip_is_truncated() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"id,at,amount\n").unwrap();
    for n in 0..50_000 {
        writeln!(packed, "{n},2026-01-01,{}", n % 977).unwrap();
    }
    let packed = packed.finish().unwrap();
    let error = order_error(&packed[..packed.len() / 2]);
    assert_eq!(error.code(), "import.truncated", "{error}");
    let whole = file(&packed);
    assert_eq!(
        table::plan_orders(whole.path(), &table_options())
            .unwrap()
            .lines,
        50_000
    );
}

#[test]
fn dates_that_can_be_read_two_ways_are_asked_about() {
    let text = "3/4/26, 9:05 - Wang: hi\n4/4/26, 9:05 - Wang: hi\n";
    let error = chat_error(text.as_bytes());
    assert_eq!(error.code(), "import.dates_undecidable");
    assert!(
        error
            .to_string()
            .contains("2026-04-03 (dmy) or 2026-03-04 (mdy)"),
        "{error}"
    );
    let file = file(text.as_bytes());
    let told = chat::Options {
        dates: Some(yutang_import::DateOrder::Mdy),
        ..chat_options()
    };
    let plan = chat::plan(file.path(), &told).unwrap();
    assert_eq!(plan.first.unwrap().to_string(), "2026-03-04T01:05:00Z");
    let orders = "id,at,amount\n1,03/04/2026,1\n2,04/04/2026,1\n";
    assert_eq!(
        order_error(orders.as_bytes()).code(),
        "import.dates_undecidable"
    );
}

#[test]
fn a_damaged_order_number_refuses_the_column() {
    let rounded = "订单号,付款时间,实付金额\n1001,2026-11-20,1\n1.23457E+18,2026-11-20,1\n";
    let error = order_error(rounded.as_bytes());
    assert_eq!(error.code(), "import.number_damaged");
    assert_eq!(error.at().as_deref(), Some("column 订单号, line 3"));
    let zeros = "订单号,付款时间,实付金额\n42000012342026000,2026-11-20,1\n420000123420261100,2026-11-20,1\n42000012342026100000,2026-11-20,1\n420000123420262000,2026-11-20,1\n";
    let mixed = order_error(
        zeros
            .replace("420000123420261100", "420000123420261000")
            .as_bytes(),
    );
    assert_eq!(mixed.code(), "import.number_damaged");
    let fine = file(zeros.as_bytes());
    assert!(table::plan_orders(fine.path(), &table_options()).is_ok());
}

#[test]
fn missing_columns_are_named() {
    let error = order_error("订单号,实付金额\n1,2\n".as_bytes());
    assert_eq!(error.code(), "import.missing_column");
    assert!(error.to_string().contains("订单号, 实付金额"), "{error}");
    let unknown = table::Options {
        mapping: table::Mapping::parse("at=day,amount=2").unwrap(),
        ..table_options()
    };
    let file = file("订单号,实付金额\n1,2\n".as_bytes());
    let error = table::plan_orders(file.path(), &unknown).unwrap_err();
    assert_eq!(
        (error.code(), error.at().as_deref()),
        ("import.unknown_column", Some("day"))
    );
}

#[test]
fn a_future_line_is_left_out() {
    let text = "2026-11-20 9:05:01 a(10001)\nhi\n\n2036-11-20 9:05:01 a(10001)\nhi\n\n2026-13-20 9:05:01 a(10001)\nlost\n\nmore\n";
    let file = file(text.as_bytes());
    let plan = chat::plan(file.path(), &chat_options()).unwrap();
    let rejects: Vec<_> = plan
        .rejects
        .first
        .iter()
        .map(|r| (r.line, r.reason.code()))
        .collect();
    assert_eq!(plan.messages, 1);
    assert_eq!(
        rejects,
        [(4, "import.reject.future"), (7, "import.reject.time")]
    );
    let shown = serde_json::to_value(&plan.rejects).unwrap();
    assert_eq!(shown["first"][0]["line"], 4);
    assert_eq!(shown["total"], 2);
}

/// A workbook whose one part unpacks to `megabytes`.
fn bomb(megabytes: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", SimpleFileOptions::default())
        .unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..megabytes {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_zip_bomb_is_not_opened() {
    let honest = bomb(40);
    assert_eq!(order_error(&honest).code(), "import.zip_bomb");
    // One that claims to hold a hundred bytes.
    let mut lying = honest;
    let size = (40_u32 << 20).to_le_bytes();
    let hits: Vec<usize> = lying
        .windows(4)
        .enumerate()
        .filter(|(_, w)| *w == size)
        .map(|(at, _)| at)
        .collect();
    assert!(!hits.is_empty());
    for at in hits {
        lying[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    let error = order_error(&lying);
    assert!(
        matches!(error.code(), "import.zip_bomb" | "import.workbook"),
        "{error}"
    );
}

#[test]
fn a_workbook_beyond_the_limit_is_not_opened() {
    let mut content = super::tables::workbook("");
    let mut zip = zip::ZipWriter::new_append(std::io::Cursor::new(&mut content)).unwrap();
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("xl/media/big.bin", stored).unwrap();
    let block = vec![7_u8; 1 << 20];
    for _ in 0..51 {
        zip.write_all(&block).unwrap();
    }
    zip.finish().unwrap();
    assert_eq!(order_error(&content).code(), "import.too_large");
}

#[test]
fn a_missing_file_is_not_found() {
    let error = chat::plan(std::path::Path::new("/nonexistent/x"), &chat_options()).unwrap_err();
    assert_eq!(error.class(), yutang_domain::error::Class::NotFound);
}
