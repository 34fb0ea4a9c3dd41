//! Erasing a person: nothing that tells who they were or what they said is left.

use std::{path::Path, sync::Arc};

use yutang_app::{
    App, Options,
    identity::Sighting,
    import::{self, Request},
    member::MemberPatch,
    restore::restore,
    tag::TagRef,
    task,
};
use yutang_channels::{Fact, Inbound, MessageKind, Sender};
use yutang_domain::{
    actor::Actor,
    event::EventKind,
    id::MemberId,
    import::ImportKind,
    time::{DAY, MINUTE},
};
use yutang_import::DateOrder;
use yutang_store::{Mode, Value, identity};
use yutang_testkit::{Engine, TestApp, TestDatabase, both_engines};

use crate::{
    inbound::{connect, told},
    member::{group, ordered, say, seen, sighting},
};

/// Everything in the folder that holds one of the texts, but backups.
fn files_with(folder: &Path, needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().unwrap() != "backups" {
                found.extend(files_with(&path, needles));
            }
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for needle in needles {
            if bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
            {
                found.push(format!("{needle} in {}", path.display()));
            }
        }
    }
    found
}

yutang_store::record! {
    /// A column of text.
    pub struct TextColumn {
        /// Its table.
        pub table_name: String,
        /// Its name.
        pub column_name: String,
    }
}

/// Every text column of every table that holds one of the texts.
pub async fn rows_with(test: &TestApp, needles: &[&str]) -> Vec<String> {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let columns: Vec<TextColumn> = match test.app.store().engine() {
        Engine::Postgres => tx
            .all(
                "SELECT CAST(table_name AS TEXT) AS table_name,
                        CAST(column_name AS TEXT) AS column_name
                 FROM information_schema.columns
                 WHERE table_schema = current_schema() AND data_type = 'text'",
                vec![],
            )
            .await
            .unwrap(),
        Engine::Sqlite => tx
            .all(
                "SELECT m.name AS table_name, p.name AS column_name
                 FROM sqlite_master m JOIN pragma_table_info(m.name) p
                 WHERE m.type = 'table' AND p.type = 'TEXT'",
                vec![],
            )
            .await
            .unwrap(),
    };
    assert!(columns.len() > 50, "the columns were listed");
    let mut found = Vec::new();
    for TextColumn {
        table_name,
        column_name,
    } in columns
    {
        let text = format!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM {table_name}
             WHERE replace({column_name}, $1, '') <> {column_name}"
        );
        let text: &'static str = Box::leak(text.into_boxed_str());
        for needle in needles {
            let n = tx.count(text, vec![Value::from(*needle)]).await.unwrap();
            if n > 0 {
                found.push(format!("{needle} in {table_name}.{column_name}: {n}"));
            }
        }
    }
    tx.commit().await.unwrap();
    found
}

const NAME: &str = "林默涵";
const CARD: &str = "默涵爱吐司";
const ACCOUNT: &str = "wxid_lmh7788";
const PHONE: &str = "13877889900";
const OTHER_ACCOUNT: &str = "qq_lmh_second";
const TEXT: &str = "我住海岸城三栋,吐司能送吗";
const QUOTED: &str = "昨天的可颂里有一根线";

async fn somebody(test: &TestApp) -> (MemberId, MemberId, MemberId) {
    let mut one = sighting(test, ACCOUNT, NAME);
    one.phone = Some(PHONE.to_owned());
    let two = Sighting {
        channel: "qq".to_owned(),
        ..sighting(test, OTHER_ACCOUNT, CARD)
    };
    let ids = seen(test, &[one, two, sighting(test, "wx_other", "王小美")]).await;
    let group = group(test, "海岸城福利1群").await;
    let quote = format!("「{NAME}:{QUOTED}」\n- - - -\n我的也是");
    let handle = format!("@{CARD} 可以送的");
    say(
        test,
        group,
        &[
            (ids[0], NAME, TEXT),
            (ids[1], CARD, QUOTED),
            (ids[2], "王小美", &quote),
            (ids[2], "王小美", &handle),
            (ids[2], "王小美", "周六的吐司太好吃了"),
        ],
    )
    .await;
    ordered(test, ids[0], "D-1", 3_600, test.app.now().plus(-3 * DAY)).await;
    test.app
        .merge_members(&test.owner, ids[0], ids[1], &format!("{NAME}就是{CARD}"))
        .await
        .unwrap();
    let patch = MemberPatch {
        city: Some(Some("深圳南山粤海".to_owned())),
        ..MemberPatch::default()
    };
    test.app
        .edit_member(&test.owner, ids[0], &patch)
        .await
        .unwrap();
    test.app
        .write_note(&test.owner, ids[0], "对花生过敏,电话 13877889900")
        .await
        .unwrap();
    test.app
        .tag_member(&test.owner, ids[1], &TagRef::Name("常客".to_owned()))
        .await
        .unwrap();
    (ids[0], ids[1], ids[2])
}

/// A chat of one network as a file that is imported into one group.
async fn import_chat(test: &TestApp, name: &str, text: &str) -> u64 {
    import_file(test, ImportKind::Chat, name, text).await
}

async fn import_file(test: &TestApp, kind: ImportKind, name: &str, text: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let request = Request {
        kind,
        path,
        file_name: name.to_owned(),
        group: (kind == ImportKind::Chat).then(|| "海岸城福利1群".to_owned()),
        options: import::Options {
            dates: Some(DateOrder::Ymd),
            ..import::Options::default()
        },
    };
    let done = test.app.import(&test.owner, &request, |_| {}).await;
    done.unwrap().counts.messages
}

/// The member that an account belongs to.
async fn holder(test: &TestApp, channel: &str, account: &str) -> MemberId {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    let known = identity::known(&mut tx, test.workspace.id, channel, &[account]).await;
    known.unwrap()[0].member_id
}

/// Rows of a kind that a statement counts.
async fn counted(test: &TestApp, statement: &'static str) -> i64 {
    let mut tx = test.app.store().begin(Mode::Read).await.unwrap();
    tx.count(statement, vec![]).await.unwrap()
}

const SILENT: &str = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM message
    WHERE member_id IS NOT NULL AND text IS NULL AND redacted_at IS NOT NULL";
const SAID: &str = "SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT) AS n FROM member_day";

both_engines! {
    /// A file that names an erased person brings back neither name nor words: not when it comes
    /// again, not when a later one goes on, not by what others answer. Counts go on.
    async fn an_import_does_not_bring_an_erased_person_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let head = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:海岸城福利1群\n\n";
        let line = |day: u32, minute: u32, who: &str, text: &str| {
            format!("2026-01-{day:02} 9:{minute:02}:05 {who}\n{text}\n\n")
        };
        let erased = format!("{NAME}(8880001)");
        let mut chat = head.to_owned();
        chat += &line(5, 1, &erased, TEXT);
        chat += &line(5, 2, "王小美(8880002)", &format!("@{NAME} 可以送的"));
        chat += &line(5, 3, &erased, QUOTED);
        assert_eq!(import_chat(&test, "chat.txt", &chat).await, 3);
        let member = holder(&test, "qq", "8880001").await;
        test.app.erase_member(&test.owner, member, NAME).await.unwrap();
        let needles = [NAME, "8880001", TEXT, QUOTED, "新说的话", "改了的名字"];
        assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new());

        assert_eq!(import_chat(&test, "again.txt", &chat).await, 0);
        assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new());
        let (silent, said) = (counted(&test, SILENT).await, counted(&test, SAID).await);
        let other = line(5, 4, "王小美(8880002)", &format!("「{NAME}:{TEXT}」\n- - - -\n我的也是"));
        chat += &other;
        chat += &line(6, 1, "改了的名字(8880001)", "新说的话在这里");
        chat += &line(6, 2, "王小美(8880002)", "@改了的名字 好的呀");
        chat += &line(6, 3, "王小美(8880002)", "「改了的名字:新说的话在这里」\n- - - -\n周六见");
        assert_eq!(import_chat(&test, "later.txt", &chat).await, 4);
        assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new());
        assert_eq!(counted(&test, SILENT).await, silent + 1);
        assert_eq!(counted(&test, SAID).await, said + 4);
        for stays in ["我的也是", "好的呀", "周六见", "王小美"] {
            assert!(!rows_with(&test, &[stays]).await.is_empty(), "{stays} is somebody else's");
        }
        // Only what others say of them, in a file where they do not speak.
        let more = head.to_owned() + &line(7, 1, "王小美(8880002)", &format!("@{NAME} 还在吗"));
        assert_eq!(import_chat(&test, "more.txt", &more).await, 1);
        assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new());
        test.finish().await;
    }

    /// A notice that names an erased person makes nobody of that name, also where they had an
    /// account with an id before.
    async fn a_notice_does_not_bring_an_erased_person_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let head = "消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:海岸城福利1群\n\n";
        let spoken = format!("2026-01-05 9:01:05 {NAME}(8880001)\n{TEXT}\n\n");
        let came = format!("2026-01-04 9:01:05 系统消息(10000)\n{NAME}加入了群聊\n\n");
        let renamed = format!("2026-01-07 9:01:05 系统消息(10000)\n{NAME}修改了群公告\n\n");
        import_chat(&test, "chat.txt", &(head.to_owned() + &spoken)).await;
        let member = holder(&test, "qq", "8880001").await;
        test.app.erase_member(&test.owner, member, NAME).await.unwrap();
        let passages = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM passage";
        for (name, lines) in [
            ("came.txt", format!("{came}{spoken}")),
            ("notice.txt", format!("{came}{spoken}{renamed}")),
        ] {
            import_chat(&test, name, &(head.to_owned() + &lines)).await;
            assert_eq!(counted(&test, passages).await, 1, "{name}");
            assert_eq!(rows_with(&test, &[NAME, TEXT, "8880001"]).await, Vec::<String>::new(), "{name}");
        }
        test.finish().await;
    }

    /// A list of members or orders that names an erased person brings back no more of them than
    /// that somebody ordered.
    async fn a_list_does_not_bring_an_erased_person_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let members = format!("昵称,手机号,标签,备注\n{NAME},{PHONE},爱吐司的人,对花生过敏\n");
        let orders = format!("订单号,买家手机号,时间,金额\nE1,{PHONE},2026-02-02 10:00:00,10.00\n");
        import_file(&test, ImportKind::Members, "members.csv", &members).await;
        import_file(&test, ImportKind::Orders, "orders.csv", &orders).await;
        let member = holder(&test, "customer", PHONE).await;
        test.app.erase_member(&test.owner, member, NAME).await.unwrap();
        let tagged = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM member_tag";
        let needles = [NAME, PHONE, "对花生过敏"];
        for _ in 0..2 {
            assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new());
            assert_eq!(counted(&test, tagged).await, 0);
            import_file(&test, ImportKind::Members, "again.csv", &members).await;
            import_file(&test, ImportKind::Orders, "more.csv", &orders.replace("E1", "E2")).await;
        }
        let bought = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM shop_order WHERE member_id IS NOT NULL";
        assert_eq!(counted(&test, bought).await, 2);
        test.finish().await;
    }

    /// What a network still reports of an erased person is counted and kept without name and words;
    /// a complaint is still an alarm, and nobody new is told of twice.
    async fn live_facts_do_not_bring_an_erased_person_back(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let account = connect(&test).await;
        let sender = |id: &str, name: &str| Sender { external_id: id.to_owned(), name: name.to_owned() };
        let fact = |key: &str, minute: i64, fact: Fact| Inbound {
            key: key.to_owned(),
            at: test.app.now().plus(-DAY + minute * MINUTE),
            group: Some("g1".to_owned()),
            fact,
        };
        let posted = |key: &str, minute: i64, who: Sender, text: &str| fact(key, minute, Fact::Posted {
            sender: who,
            kind: MessageKind::Text,
            text: text.to_owned(),
            reply_to: None,
            edits: None,
            picture: None,
        });
        let them = || sender(ACCOUNT, NAME);
        let first = [posted("k1", 1, them(), TEXT)];
        test.app.receive(&test.owner, account, &first, None).await.unwrap();
        let member = holder(&test, "fake", ACCOUNT).await;
        test.app.erase_member(&test.owner, member, NAME).await.unwrap();
        let made = told(&test, EventKind::MemberCreated).await;
        let needles = [NAME, ACCOUNT, TEXT, CARD, "投诉你们", "又来了"];
        for facts in [
            vec![fact("k2", 2, Fact::Joined { who: them(), via: None, inviter: None })],
            vec![
                posted("k3", 3, them(), "我又来了"),
                posted("k4", 4, sender("wx_other", "王小美"), &format!("@{NAME} 欢迎回来")),
            ],
            vec![posted("k5", 5, sender(ACCOUNT, CARD), "面包发霉了,我要投诉你们")],
            vec![
                fact("k6", 6, Fact::Removed { who: sender(ACCOUNT, CARD), by: None }),
                fact("k7", 7, Fact::Left { who: them() }),
            ],
        ] {
            test.app.receive(&test.owner, account, &facts, None).await.unwrap();
            assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new(), "{facts:?}");
        }
        assert_eq!(counted(&test, SAID).await, 4);
        assert!(!rows_with(&test, &["欢迎回来"]).await.is_empty());
        let tasks = test.app.tasks(&test.owner, task::Filter::default(), 9).await.unwrap();
        assert_eq!(tasks.total, 1, "a complaint is an alarm");
        assert_eq!(told(&test, EventKind::MemberCreated).await, made + 2, "the stand-in and 王小美");
        test.finish().await;
    }

    /// Nothing of an erased person is left in the database or the data folder; counts and orders
    /// stay, others' words stay, and earlier backups are named.
    async fn nothing_of_an_erased_person_is_left(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (one, two, other) = somebody(&test).await;
        let needles = [NAME, CARD, ACCOUNT, OTHER_ACCOUNT, PHONE, TEXT, QUOTED, "深圳南山粤海", "对花生过敏"];
        assert!(!rows_with(&test, &needles).await.is_empty(), "there was something to erase");
        let backup = test.app.backup(None, false).await.unwrap();
        std::fs::create_dir_all(test.app.data().join("uploads")).unwrap();
        std::fs::write(test.app.data().join("uploads/chat.txt"), format!("{NAME}: {TEXT}")).unwrap();

        let wrong = test.app.erase_member(&test.owner, two, "林").await;
        assert_eq!(wrong.unwrap_err().code(), "member.confirm");
        let erased = test.app.erase_member(&test.owner, two, NAME).await.unwrap();
        assert_eq!((erased.removed.records, erased.removed.messages, erased.removed.identities), (2, 2, 2));
        assert_eq!((erased.removed.quotes, erased.removed.notes, erased.removed.tags), (2, 1, 1));
        assert!(erased.log_emptied);
        assert!(erased.files_in_use.is_empty());
        let name = backup.path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(erased.older_backups, [name]);

        assert_eq!(rows_with(&test, &needles).await, Vec::<String>::new());
        assert_eq!(files_with(test.app.data(), &needles), Vec::<String>::new());
        for stays in ["周六的吐司太好吃了", "我的也是", "王小美"] {
            assert!(!rows_with(&test, &[stays]).await.is_empty(), "{stays} is somebody else's");
        }

        let stone = test.app.person(&test.owner, one).await.unwrap();
        assert!(stone.erased_at.is_some() && stone.name.is_empty());
        assert_eq!((stone.orders.count, stone.orders.amount_minor, stone.messages), (1, 3_600, 2));
        let again = test.app.erase_member(&test.owner, one, "").await;
        assert_eq!(again.unwrap_err().code(), "member.erased");
        assert_eq!(test.app.person(&test.owner, other).await.unwrap().messages, 3);
        let link = test.app.unlink_members(&test.owner, stone.links[0].id).await;
        assert_eq!(link.unwrap_err().code(), "member_link.erased");
        test.finish().await;
    }

    /// An account of an erased person that comes again leads to somebody without a name, each time
    /// the same.
    async fn an_erased_person_is_not_made_again(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (one, ..) = somebody(&test).await;
        test.app.erase_member(&test.owner, one, NAME).await.unwrap();
        let back = [sighting(&test, ACCOUNT, NAME), sighting(&test, "wx_new", "新来的")];
        let ids = seen(&test, &back).await;
        assert_ne!(ids[0], one);
        assert_eq!(seen(&test, &back).await, ids);
        let person = test.app.person(&test.owner, ids[0]).await.unwrap();
        assert_eq!((person.name.as_str(), person.phone), ("", None));
        assert_eq!(test.app.person(&test.owner, ids[1]).await.unwrap().name, "新来的");
        assert_eq!(rows_with(&test, &[NAME, ACCOUNT]).await, Vec::<String>::new());
        test.finish().await;
    }

    /// Erasing and handing out data asks for a sign-in younger than ten minutes; people may do both
    /// for themselves and for nobody else.
    async fn erasing_asks_for_a_fresh_sign_in(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (one, _, other) = somebody(&test).await;
        test.advance(10 * MINUTE).await;
        let stale = test.app.erase_member(&test.owner, one, NAME).await;
        assert_eq!(stale.unwrap_err().code(), "session.stale");
        assert_eq!(test.app.export_member(&test.owner, one).await.unwrap_err().code(), "session.stale");
        let mut own = test.owner.clone();
        own.actor = Actor::Member(one);
        own.signed_in_at = Some(test.app.now());
        assert_eq!(test.app.erase_own(&own, other).await.unwrap_err().code(), "permission.denied");
        assert_eq!(test.app.export_member(&own, other).await.unwrap_err().code(), "permission.denied");
        assert!(test.app.export_member(&own, one).await.is_ok());
        assert_eq!(test.app.erase_own(&own, one).await.unwrap().removed.records, 2);
        test.finish().await;
    }

    /// Whoever was erased after a backup was made is erased again when it is brought back.
    async fn a_restored_backup_forgets_again(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (one, two, other) = somebody(&test).await;
        let backup = test.app.backup(None, false).await.unwrap();
        test.advance(MINUTE).await;
        test.app.erase_member(&test.owner, one, NAME).await.unwrap();

        let fresh = TestDatabase::new(database.engine()).await;
        for name in ["secret.key", "erased.json"] {
            std::fs::copy(test.app.data().join(name), fresh.folder().join(name)).unwrap();
        }
        let options = Options {
            clock: Arc::new(test.clock.clone()),
            database: (fresh.engine() == Engine::Postgres).then(|| fresh.url().to_owned()),
            ..Options::in_folder(fresh.folder())
        };
        assert_eq!(restore(&backup.path, &options, None).await.unwrap().erased_known, 2);
        let back = App::open(options).await.unwrap();
        let caller = back.console(&test.workspace).unwrap();
        for id in [one, two] {
            let person = back.person(&caller, id).await.unwrap();
            assert!(person.erased_at.is_some() && person.name.is_empty());
        }
        assert_eq!(back.person(&caller, other).await.unwrap().name, "王小美");
        back.close().await;
        if fresh.engine() == Engine::Sqlite {
            assert_eq!(files_with(fresh.folder(), &[NAME, TEXT, PHONE]), Vec::<String>::new());
        }
        fresh.remove().await;
        test.finish().await;
    }

    /// The document about a person holds what is known from all their records.
    async fn the_export_holds_everything(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let (one, two, _) = somebody(&test).await;
        let document = test.app.export_member(&test.owner, two).await.unwrap();
        assert_eq!(document["format"], "yutang.person");
        assert_eq!(document["id"], one.to_string());
        assert_eq!(document["phone"], "+8613877889900");
        let count = |key: &str| document[key].as_array().unwrap().len();
        assert_eq!((count("records"), count("identities"), count("messages")), (2, 2, 2));
        assert_eq!((count("orders"), count("groups"), count("notes"), count("tags")), (1, 2, 1, 1));
        assert_eq!(document["orders"][0]["lines"][0]["sku"], "吐司");
        let text = document.to_string();
        for held in [TEXT, QUOTED, ACCOUNT, OTHER_ACCOUNT, "常客", "timeline.order_paid", "timeline.merged"] {
            assert!(text.contains(held), "{held}");
        }
        assert!(!text.contains("周六的吐司太好吃了"), "others' words are theirs");
        test.finish().await;
    }
}
