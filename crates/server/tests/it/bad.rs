//! Bad input: one clear message that names the place and the remedy, the right exit code, nothing
//! half-done left behind.

use std::io::Write as _;

use sqlx::Connection as _;

use crate::program::{Program, history};

fn workbook(sheet: &mut dyn std::io::Read) -> Vec<u8> {
    let options = zip::write::SimpleFileOptions::default();
    let mut book = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>",
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>\
             <sheet name=\"1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/\
             2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>",
        ),
    ];
    for (name, text) in parts {
        book.start_file(name, options).unwrap();
        book.write_all(text.as_bytes()).unwrap();
    }
    book.start_file("xl/worksheets/sheet1.xml", options)
        .unwrap();
    std::io::copy(sheet, &mut book).unwrap();
    book.finish().unwrap().into_inner()
}

/// What is stored, as the program itself tells it.
fn stored(program: &Program) -> String {
    let runs = program.json(["import", "list"]);
    let group = program.json(["report", "group", "烘焙群"]);
    let sales = program.json(["report", "sales"]);
    format!("{} {} {}", runs.stdout, group.stdout, sales.stdout)
}

#[test]
fn a_file_that_cannot_be_read_stores_nothing() {
    let bomb = workbook(&mut std::io::Read::take(
        std::io::repeat(b' '),
        600 * 1024 * 1024,
    ));
    let mut mixed = history(200, 5).into_bytes();
    mixed.extend_from_slice(b"2026-01-06 9:05:01 x(10001)\n\xd4\xe7\xc9\xcf\n");
    let telegram = "{\"name\":\"g\",\"type\":\"private_group\",\"id\":1,\"messages\":[{\"id\":1,\"type\":\"message\",\
                    \"date\":\"2026-01-05T09:00:00\",\"from\":\"A\",\"from_id\":\"user1\",\"text\":\"hi";
    let damaged = "订单号,客户,时间,金额\n6.10E+15,甲,2026-03-02 10:00:00,30.00\n";
    let map = "id=订单号,customer=客户,at=时间,amount=金额";
    let cases: [(&str, &str, &[u8], &str, &[&str]); 8] = [
        (
            "chat",
            "empty.txt",
            b"",
            "import.empty",
            &["empty.txt", "export it again"],
        ),
        (
            "chat",
            "log.txt",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "import.not_a_text",
            &["log.txt", "a PNG picture"],
        ),
        (
            "chat",
            "poem.txt",
            "床前明月光\n疑是地上霜\n".as_bytes(),
            "import.unknown_format",
            &["poem.txt", "--format", "whatsapp"],
        ),
        (
            "chat",
            "mixed.txt",
            &mixed,
            "import.encoding",
            &["mixed.txt", "line", "byte", "UTF-8"],
        ),
        (
            "chat",
            "cut.json",
            telegram.as_bytes(),
            "import.truncated",
            &["cut.json", "line 1", "export it again"],
        ),
        (
            "orders",
            "orders.csv",
            damaged.as_bytes(),
            "import.number_damaged",
            &["orders.csv", "订单号", "line 2", "6.10E+15", "text"],
        ),
        (
            "orders",
            "bomb.xlsx",
            &bomb,
            "import.zip_bomb",
            &["bomb.xlsx", "not opened"],
        ),
        (
            "orders",
            "columns.csv",
            b"a,b\n1,2\n",
            "import.unknown_column",
            &["columns.csv", "a, b"],
        ),
    ];
    let program = Program::new();
    let good = program.file("good.txt", history(50, 5));
    for (round, fresh) in [true, false].into_iter().enumerate() {
        if round == 1 {
            program.chat(&good, "烘焙群").done();
        }
        let before = stored(&program);
        for (kind, name, content, code, words) in cases {
            let file = program.file(name, content);
            let mut arguments = vec!["import", kind, file.to_str().unwrap()];
            match kind {
                "chat" => arguments.extend(["--group", "烘焙群"]),
                _ => arguments.extend(["--map", map]),
            }
            let ran = program.json(&arguments);
            ran.refused(1, code, words);
            if fresh {
                program
                    .json(["import", "list"])
                    .refused(1, "workspace.none", &[]);
            }
        }
        assert_eq!(stored(&program), before);
    }
    program
        .json(["import", "chat", "/nowhere/log.txt", "--group", "g"])
        .refused(1, "import.io", &["/nowhere/log.txt"]);
}

#[test]
fn a_bad_line_is_left_out_and_the_rest_is_kept() {
    let program = Program::new();
    let file = program.file(
        "orders.csv",
        "订单号,客户,时间,金额\nA1,甲,2026-03-02 10:00:00,30.00\nA2,乙,2026-03-03 10:00:00,三十\nA3,丙,2031-03-03 10:00:00,5.00\nA4,丁,2026-03-04 10:00:00,7.00\n",
    );
    let map = "id=订单号,customer=客户,at=时间,amount=金额";
    let answer = program
        .json(["import", "orders", file.to_str().unwrap(), "--map", map])
        .done();
    assert_eq!(answer["orders"], 2);
    assert_eq!(answer["revenue_minor"], 3_700);
    assert_eq!(answer["skipped_total"], 2);
    assert_eq!(answer["skipped"][0]["line"], 3);
    assert!(
        answer["skipped"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("三十")
    );
    assert_eq!(answer["skipped"][1]["line"], 4);
    assert!(
        answer["skipped"][1]["reason"]
            .as_str()
            .unwrap()
            .contains("future")
    );
}

#[test]
fn a_mapping_that_cannot_be_read_is_usage() {
    let program = Program::new();
    let file = program.file("orders.csv", "a,b\n1,2\n");
    let file = file.to_str().unwrap();
    program
        .json(["import", "orders", file, "--map", "who=a"])
        .refused(2, "import.mapping", &["who=a", "customer"]);
    program
        .json(["import", "chat", file, "--group", "g", "--format", "icq"])
        .refused(2, "usage", &["--format", "whatsapp"]);
    program
        .json(["import", "chat", file, "--group", "g", "--dates", "dym"])
        .refused(2, "usage", &["dmy"]);
    program
        .json(["import", "undo", "nonsense"])
        .refused(2, "usage", &["nonsense", "import list"]);
    assert!(!program.data().exists());
}

#[test]
fn days_that_can_be_read_two_ways_are_asked_for() {
    let program = Program::new();
    let file = program.file(
        "wa.txt",
        "03/04/26, 9:06 - Wang: hi\n05/06/26, 9:07 - Li: hello\n",
    );
    let path = file.to_str().unwrap();
    program
        .json(["import", "chat", path, "--group", "g"])
        .refused(
            1,
            "import.dates_undecidable",
            &["wa.txt", "--dates dmy", "--dates mdy"],
        );
    let answer = program
        .json(["import", "chat", path, "--group", "g", "--dates", "dmy"])
        .done();
    assert_eq!(answer["messages"], 2);
    assert_eq!(answer["first"], "2026-04-03T01:06:00Z");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let program = Program::new();
    let file = program.file("qq.txt", history(20, 2));
    program.chat(&file, "g").done();
    let path = program.data().join("yutang.db");
    let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO migration (version, name, checksum, min_reader, applied_at)
         VALUES (99, 'later', x'00', 99, 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    for arguments in [vec!["report", "group", "g"], vec!["serve"], vec!["migrate"]] {
        program
            .json(&arguments)
            .refused(1, "store.newer", &["99", "install a newer version"]);
    }
}

#[test]
fn another_key_is_refused() {
    let program = Program::new();
    let file = program.file("qq.txt", history(20, 2));
    program.chat(&file, "g").done();
    let key = program.data().join("secret.key");
    let old = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, format!("{}\n", "ab".repeat(32))).unwrap();
    program.json(["report", "group", "g"]).refused(
        1,
        "key.another",
        &["secret.key", "YUTANG_SECRET_KEY"],
    );
    std::fs::write(&key, "not a key").unwrap();
    program
        .json(["report", "group", "g"])
        .refused(1, "key.malformed", &["secret.key", "64"]);
    std::fs::remove_file(&key).unwrap();
    program
        .json(["report", "group", "g"])
        .refused(1, "key.another", &["secret.key"]);
    assert!(
        !key.exists(),
        "a new key was made for a database that has one"
    );
    std::fs::write(&key, old).unwrap();
    program.json(["report", "group", "g"]).done();
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for what in ["serve", "demo"] {
        let program = Program::new();
        program.json([what, "--listen", &address]).refused(
            1,
            "serve.listen",
            &[&address, "--listen", "port 0"],
        );
        assert!(!program.data().exists());
    }
    let program = Program::new();
    program.json(["serve", "--listen", "nowhere"]).refused(
        1,
        "serve.listen",
        &["nowhere", "127.0.0.1:8420"],
    );
}

#[test]
fn a_database_that_does_not_answer_is_named() {
    let program = Program::new();
    let url = "postgres://me:hush@127.0.0.1:1/x";
    let error = program
        .json(["report", "sales", "--database", url])
        .refused(1, "store.open", &["127.0.0.1:1"]);
    assert!(!error.to_string().contains("hush"));
}
