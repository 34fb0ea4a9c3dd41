//! Imports on real exports: counted like their references, once only, resumable, reversible.

mod orders;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use yutang_app::{
    App, Caller,
    health::About,
    import::{Options, Outcome, Request},
    member::list::MemberFilter,
};
use yutang_domain::import::{HEARTBEAT_MS, ImportKind, RunState};
use yutang_import::DateOrder;
use yutang_store::{
    Mode,
    member::list::Sort,
    row::{FromRow, Row},
};
use yutang_testkit::{TestApp, TestDatabase, both_engines};

/// A file of the test data, or a line that says that the test was not run.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("YUTANG_TESTDATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("not run: 1 ({} is absent)", path.display());
    None
}

async fn caller(app: &App) -> Caller {
    let workspace = app.workspace_or_default(None).await.unwrap();
    app.console(&workspace).unwrap()
}

fn chat(path: &Path, group: &str) -> Request {
    Request {
        kind: ImportKind::Chat,
        path: path.to_owned(),
        file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
        group: Some(group.to_owned()),
        options: Options {
            dates: Some(DateOrder::Ymd),
            ..Options::default()
        },
    }
}

async fn import(app: &App, caller: &Caller, request: &Request) -> Outcome {
    app.import(caller, request, |_| {}).await.unwrap()
}

/// Tables that tell of what was done, or of this process; what an import adds and takes back is in
/// all others.
const TOLD: &[&str] = &[
    "import_run",
    "import_reject",
    "event",
    "audit",
    "lease",
    "sequence",
    "migration",
    "session",
    "idempotency",
    "rate_limit",
    "sign_in_guard",
];

/// Every table that an import may touch, row by row.
async fn contents(app: &App) -> Vec<String> {
    let mut tx = app.store().begin(Mode::Read).await.unwrap();
    let mut rows = Vec::new();
    let schema = include_str!("../../../store/schema.txt");
    let tables = schema
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    for table in tables.filter(|table| !TOLD.contains(table)) {
        let text = Box::leak(format!("SELECT * FROM {table}").into_boxed_str());
        let found: Vec<Cells> = tx.all(text, vec![]).await.unwrap();
        rows.extend(
            found
                .into_iter()
                .map(|Cells(row)| format!("{table}: {row}")),
        );
    }
    rows.sort();
    rows
}

/// A row as text, without when it was last written or judged.
struct Cells(String);

impl FromRow for Cells {
    fn from_row(row: &Row) -> Result<Self, yutang_store::StoreError> {
        let mut text = String::new();
        for (name, _) in row.columns() {
            if ["updated_at", "health_at"].contains(&name.as_str()) {
                continue;
            }
            let cell = if row.is_null(&name)? {
                "null".to_owned()
            } else {
                row.get::<i64>(&name)
                    .map(|n| n.to_string())
                    .or_else(|_| row.get::<bool>(&name).map(|n| n.to_string()))
                    .or_else(|_| row.get::<f64>(&name).map(|n| n.to_string()))
                    .or_else(|_| row.get::<String>(&name))
                    .or_else(|_| row.get::<Vec<u8>>(&name).map(|n| format!("{n:02x?}")))?
            };
            write!(text, "{name}={cell} ").unwrap();
        }
        Ok(Self(text))
    }
}

/// What differs between two contents, for a message.
fn difference(one: &[String], other: &[String]) -> Vec<String> {
    let only = |these: &[String], those: &[String], sign: &str| -> Vec<String> {
        let those: std::collections::HashSet<&String> = those.iter().collect();
        let rest = these.iter().filter(|row| !those.contains(row));
        rest.map(|row| format!("{sign} {row}")).collect()
    };
    [only(one, other, "-"), only(other, one, "+")].concat()
}

fn table(kind: ImportKind, path: &Path) -> Request {
    Request {
        kind,
        path: path.to_owned(),
        file_name: path.file_name().unwrap().to_string_lossy().into_owned(),
        group: None,
        options: Options::default(),
    }
}

/// A file of a name, in a folder that lives as long as the test.
fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// `n` messages of 30 people, a minute apart.
fn history(n: i64) -> String {
    let begun: yutang_domain::time::Timestamp = "2026-01-05T01:00:00Z".parse().unwrap();
    let zone = yutang_domain::time::Zone::from_name("Asia/Shanghai").unwrap();
    let mut text = String::new();
    for at in 0..n {
        let (day, minute) = (zone.day(begun.plus(at * 60_000)), (540 + at) % 1440);
        let (hour, minute, who) = (minute / 60, minute % 60, at % 30);
        let id = 30_000 + who;
        write!(
            text,
            "{day} {hour}:{minute:02}:00 群友{who}({id})\n第 {at} 句话\n\n"
        )
        .unwrap();
    }
    text
}

both_engines! {
    /// Each rendering of one history gives the same counts, and nothing the second time.
    async fn every_rendering_counts_like_its_reference(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        // One engine reads all six, the other the two that differ most.
        let files: &[&str] = if test.app.store().path().is_some() {
            &["qq_group.txt", "whatsapp.txt", "wechat_copy.txt", "wechat_stat.csv", "discord.json",
              "telegram_result.json"]
        } else {
            &["whatsapp.txt", "discord.json"]
        };
        for file in files {
            let request = chat(&folder.join(file), file);
            let first = import(&test.app, &caller, &request).await;
            assert_eq!(first.counts.messages, 11_612, "{file}");
            assert_eq!(first.counts.members, 1_219, "{file}");
            assert_eq!(first.counts.days, 13, "{file}");
            assert_eq!(first.counts.duplicates, 0, "{file}");
            assert_eq!(first.state, RunState::Done);
            let again = import(&test.app, &caller, &request).await;
            assert_eq!(again.counts.messages, 0, "{file}");
            assert_eq!(again.counts.duplicates, 11_612, "{file}");

            let group = test.app.find_group(&caller, file).await.unwrap();
            let about = About::Group(group.id);
            let extent = test.app.report_extent(&caller, about).await.unwrap().unwrap();
            let report = test.app.health_report(&caller, about, extent).await.unwrap();
            let days: Vec<String> = report
                .daily
                .iter()
                .filter(|d| d.messages > 0)
                .map(|d| format!("{},{},{}", d.day, d.messages, d.active_members))
                .collect();
            let wanted = std::fs::read_to_string(folder.join("reference/daily.csv")).unwrap();
            assert_eq!(days, wanted.lines().skip(1).collect::<Vec<_>>(), "{file}");
            assert_eq!(report.active_members.value, Some(1_219.0), "{file}");
            assert_eq!(report.messages.value, Some(11_612.0));
            // Who only came counts as well; a notice and a message of one person are one person.
            let people = if file.starts_with("wechat") { 1_219 } else { 1_453 };
            assert_eq!(group.member_count, people, "{file}");
            let ratio = |n: Option<f64>| n.is_some_and(|n| (0.0..=1.0).contains(&n));
            assert!(ratio(report.gini.value) && ratio(report.top10_share.value));
            assert!(ratio(report.contributor_share.value));
            assert_eq!(report.two_way_ratio.unknown, Some("no_staff_known"));
        }
        test.finish().await;
    }

    /// Who is named by a notice and speaks afterwards, or the other way round, is one person.
    async fn a_notice_and_a_message_of_one_person_make_one_member(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let came = "2026-05-01 12:18:00 系统消息(10000)\n王芳 加入了群聊。\n\n";
        let spoke = "2026-05-01 12:19:00 王芳(20001)\n大家好\n\n";
        let namesake = "2026-05-01 12:20:00 王芳(20002)\n我也叫王芳\n\n";
        let filler = history(1_500);
        let cases = [
            ("came first", format!("{came}{spoke}"), 1),
            ("spoke first", format!("{spoke}{came}"), 1),
            ("far apart", format!("{came}{filler}{spoke}"), 31),
            ("two of a name", format!("{came}{spoke}{namesake}"), 3),
        ];
        for (name, text, members) in &cases {
            let path = file(&folder, "qq.txt", text);
            import(&test.app, &caller, &chat(&path, name)).await;
            let group = test.app.find_group(&caller, name).await.unwrap();
            assert_eq!(group.member_count, *members, "{name}");
        }
        // In two files, whichever comes first; and nobody is taken for one of two of a name.
        for (name, texts, members) in [
            ("came, then spoke", [came.to_owned(), spoke.to_owned()], 1),
            ("spoke, then came", [spoke.to_owned(), came.to_owned()], 1),
            ("came, then two spoke", [came.to_owned(), format!("{spoke}{namesake}")], 3),
            ("two spoke, then came", [format!("{spoke}{namesake}"), came.to_owned()], 3),
        ] {
            for (at, text) in texts.iter().enumerate() {
                // Ids of another network: none of them is known yet.
                let text = text.replace("2000", &format!("{}", name.len() * 1_000));
                import(&test.app, &caller, &chat(&file(&folder, &format!("{at}.txt"), &text), name)).await;
            }
            let group = test.app.find_group(&caller, name).await.unwrap();
            assert_eq!(group.member_count, members, "{name}");
        }
        test.finish().await;
    }

    /// The size in a list of groups stands beside the count of those who are known.
    async fn the_size_of_a_list_is_no_count(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let list = file(&folder, "g.csv", "群名,人数,群主\n福利1群,187,王店长\n福利2群,,\n");
        import(&test.app, &caller, &table(ImportKind::Groups, &list)).await;
        let group = test.app.find_group(&caller, "福利1群").await.unwrap();
        assert_eq!((group.member_count, group.listed_size, group.size()), (0, Some(187), 187));
        let other = test.app.find_group(&caller, "福利2群").await.unwrap();
        assert_eq!((other.listed_size, other.size()), (None, 0));
        let talk = file(&folder, "qq.txt", "2026-05-01 12:18:00 甲(20001)\n在\n\n2026-05-01 12:19:00 乙(20002)\n在\n");
        import(&test.app, &caller, &chat(&talk, "福利1群")).await;
        let group = test.app.find_group(&caller, "福利1群").await.unwrap();
        assert_eq!((group.member_count, group.size()), (2, 187));
        let branches = test.app.branches_with_size(&caller).await.unwrap();
        assert_eq!(branches[0].1, (2, 187));
        test.app.rebuild().await.unwrap();
        let group = test.app.find_group(&caller, "福利1群").await.unwrap();
        assert_eq!((group.member_count, group.size()), (2, 187));
        // Ends with every counter compared with its rows.
        test.finish().await;
    }

    /// The owner in a list of groups becomes the host if somebody of that name works here.
    async fn the_owner_in_a_list_hosts_the_group(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        test.caller(yutang_domain::actor::Role::Operator, "wang").await;
        let folder = tempfile::tempdir().unwrap();
        let list = file(&folder, "g.csv", "群名,群主\n福利1群,wang\n福利2群,外面的人\n");
        let before = contents(&test.app).await;
        let run = import(&test.app, &caller, &table(ImportKind::Groups, &list)).await.run.unwrap();
        let mut found = Vec::new();
        for name in ["福利1群", "福利2群"] {
            let group = test.app.find_group(&caller, name).await.unwrap();
            let staff = test.app.group_staff(&caller, group.id).await.unwrap();
            let staff: Vec<_> = staff.into_iter().map(|one| (one.name, one.duty)).collect();
            assert_eq!(group.staff_count, staff.len() as i64);
            found.push((group.listed_owner.unwrap(), staff));
        }
        let host = ("wang".to_owned(), yutang_domain::group::Duty::Host);
        assert_eq!(found, [("wang".to_owned(), vec![host]), ("外面的人".to_owned(), vec![])]);
        test.app.undo_import(&caller, run).await.unwrap();
        assert_eq!(difference(&before, &contents(&test.app).await), [] as [String; 0]);
        test.finish().await;
    }

    /// Every kind of import, taken back, leaves every table as it was; what others use stays.
    async fn every_kind_of_import_is_taken_back_whole(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let list = |name: &str, text: &str| file(&folder, name, text);
        let cases = [
            table(ImportKind::Members, &list("m.csv", "姓名,手机号,标签,门店,备注\n林小麦,13800000001,\"老客,爱欧包\",海岸城店,要低糖\n周晓,13800000002,,海岸城店,\n")),
            table(ImportKind::Orders, &list("o.csv", "订单号,买家手机号,付款时间,实付金额,门店\nA1,13800000003,2026-05-01 10:00:00,28.00,南山店\nA2,,2026-05-01 11:00:00,9.00,南山店\n")),
            table(ImportKind::Groups, &list("g.csv", "群名,门店,人数\n福利1群,福田店,187\n福利2群,福田店,12\n")),
            chat(&list("qq.txt", &format!("2026-01-04 12:18:00 系统消息(10000)\n甲 邀请 乙 加入了群聊。\n\n{}", history(300))), "聊天群"),
        ];
        // Something is there already, and a part of what comes is the same.
        import(&test.app, &caller, &chat(&list("early.txt", &history(100)), "聊天群")).await;
        for request in &cases {
            let before = contents(&test.app).await;
            let first = import(&test.app, &caller, request).await;
            let run = first.run.unwrap();
            assert_ne!(contents(&test.app).await, before, "{request:?}");
            let removal = test.app.undo_import(&caller, run).await.unwrap();
            let left = difference(&before, &contents(&test.app).await);
            assert_eq!(left, [] as [String; 0], "{request:?}");
            match request.kind {
                ImportKind::Members => assert_eq!(
                    (removal.members, removal.branches, removal.tags, removal.notes), (2, 1, 2, 1)),
                ImportKind::Orders => assert_eq!(
                    (removal.orders, removal.members, removal.branches), (2, 1, 1)),
                ImportKind::Groups => assert_eq!((removal.groups, removal.branches), (2, 1)),
                ImportKind::Chat => assert_eq!((removal.messages, removal.passages), (200, 1)),
            }
        }
        // A branch that another run uses goes with that one.
        let before = contents(&test.app).await;
        let mut runs = Vec::new();
        for (name, text) in [("1.csv", "群名,门店\n甲群,宝安店\n"), ("2.csv", "群名,门店\n乙群,宝安店\n")] {
            let outcome = import(&test.app, &caller, &table(ImportKind::Groups, &list(name, text))).await;
            runs.push(outcome.run.unwrap());
        }
        let removal = test.app.undo_import(&caller, runs[0]).await.unwrap();
        assert_eq!((removal.groups, removal.branches), (1, 0));
        let branches = test.app.branches(&caller).await.unwrap();
        assert!(branches.iter().any(|branch| branch.name == "宝安店"));
        test.app.undo_import(&caller, runs[1]).await.unwrap();
        assert_eq!(difference(&before, &contents(&test.app).await), [] as [String; 0]);
        test.finish().await;
    }

    /// A run that somebody wants stopped is taken back: in the middle, at its end, and while its
    /// file is being read again.
    async fn a_cancelled_import_leaves_nothing_behind(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let request = chat(&file(&folder, "qq.txt", &history(4_500)), "群");
        let before = contents(&test.app).await;
        let newest = async || {
            let run = test.app.import_runs(&caller, None, 1).await.unwrap().remove(0);
            (run.id, run.state)
        };
        for at in [2_000, 4_500] {
            let outcome = test.app.import(&caller, &request, |progress| {
                if progress.done == at {
                    tokio::task::block_in_place(|| {
                        tokio::runtime::Handle::current().block_on(async {
                            let (run, state) = newest().await;
                            assert_eq!(state, RunState::Running);
                            test.app.cancel_import(&caller, run).await.unwrap();
                        });
                    });
                }
            });
            assert_eq!(outcome.await.unwrap().state, RunState::Cancelled, "at {at}");
            assert_eq!(difference(&before, &contents(&test.app).await), [] as [String; 0]);
        }

        for how in ["while it is read again", "while nobody is at it"] {
            let stopped = tokio::sync::Notify::new();
            let run = test.app.import(&caller, &request, |progress| {
                if progress.done >= 2_000 {
                    stopped.notify_one();
                }
            });
            tokio::select! {
                biased;
                () = stopped.notified() => {}
                outcome = run => panic!("it ended first: {outcome:?}"),
            }
            assert_eq!(newest().await.1, RunState::Running);
            test.advance(16_000).await;
            let (run, state) = newest().await;
            assert_eq!(state, RunState::Interrupted, "nobody says that they are at it");
            if how == "while it is read again" {
                test.app.start_import_resume(&caller, run).await.unwrap();
            }
            let shown = test.app.start_import_cancel(&caller, run).await.unwrap();
            assert!(matches!(shown.run.state, RunState::Running | RunState::Undoing), "{how}");
            let begun = std::time::Instant::now();
            while newest().await.1 != RunState::Cancelled {
                assert_ne!(newest().await.1, RunState::Done, "{how}");
                assert!(begun.elapsed().as_secs() < 60, "{how}");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            assert_eq!(difference(&before, &contents(&test.app).await), [] as [String; 0], "{how}");
        }
        test.finish().await;
    }

    /// What is older than texts are kept is said before and after it is stored.
    async fn texts_that_will_not_be_kept_are_told(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let day = |days: i64| caller.day(test.app.now().plus(-days * yutang_domain::time::DAY));
        let text = format!(
            "{} 12:18:00 甲(20001)\n旧话\n\n{} 12:18:00 甲(20001)\n也旧\n\n{} 12:18:00 甲(20001)\n新话\n",
            day(400), day(182), day(178)
        );
        let request = chat(&file(&folder, "qq.txt", &text), "群");
        let plan = test.app.plan_import(&caller, &request).await.unwrap();
        assert_eq!((plan.counts.past_retention, plan.counts.retention_days), (2, 180));
        let done = import(&test.app, &caller, &request).await;
        assert_eq!((done.counts.past_retention, done.counts.messages), (2, 3));
        assert_eq!(test.app.let_go_of_texts().await.unwrap(), 2);
        test.finish().await;
    }

    /// Taking a run back leaves the database as it was before it.
    async fn an_undone_import_leaves_nothing_behind(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let before = contents(&test.app).await;
        let first = import(&test.app, &caller, &chat(&folder.join("wechat_stat.csv"), "甲")).await;
        let with_first = contents(&test.app).await;
        assert_ne!(before, with_first);
        // A second history of the same people in another group.
        let second = import(&test.app, &caller, &chat(&folder.join("wechat_stat.csv"), "乙")).await;
        let removal = test.app.undo_import(&caller, second.run.unwrap()).await.unwrap();
        assert_eq!(removal.messages, 11_612);
        assert_eq!(difference(&with_first, &contents(&test.app).await), [] as [String; 0]);
        test.app.undo_import(&caller, first.run.unwrap()).await.unwrap();
        assert_eq!(difference(&before, &contents(&test.app).await), [] as [String; 0]);
        let run = test.app.import_run(&caller, first.run.unwrap()).await.unwrap();
        assert_eq!(run.state, RunState::Undone);
        test.finish().await;
    }

    /// Who carries another name in another group is found by both, until that group is taken back.
    async fn a_name_carried_in_one_group_finds_its_person(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let mut runs = Vec::new();
        for (group, name) in [("福利群", "王小明"), ("车友群", "车公庙明哥")] {
            let path = folder.path().join(format!("{group}.txt"));
            let text = format!("2026-05-01 12:18:00 {name}(101452)\n大家好\n\n2026-05-01 12:19:00 {name}(101452)\n在吗\n");
            std::fs::write(&path, text).unwrap();
            runs.push(import(&test.app, &caller, &chat(&path, group)).await.run.unwrap());
        }
        let found = async |words: &str| {
            let filter = MemberFilter { q: Some(words.to_owned()), ..MemberFilter::default() };
            test.app.members(&caller, &filter, (Sort::Name, None), 9).await.unwrap().rows.len()
        };
        assert_eq!((found("小明").await, found("明哥").await), (1, 1));
        test.app.undo_import(&caller, runs[1]).await.unwrap();
        assert_eq!((found("小明").await, found("明哥").await), (1, 0));
        test.finish().await;
    }

    /// A run that stops half-way goes on with the same command and ends like an undisturbed one.
    async fn an_interrupted_import_goes_on(database: TestDatabase) {
        let Some(folder) = data("chat_render_irc") else { return };
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let request = chat(&folder.join("qq_group.txt"), "群");
        {
            let mut done = 0;
            let stopped = tokio::sync::Notify::new();
            let run = test.app.import(&caller, &request, |progress| {
                done = progress.done;
                if done >= 4_000 {
                    stopped.notify_one();
                }
            });
            tokio::select! {
                biased;
                () = stopped.notified() => {}
                outcome = run => panic!("it ended first: {outcome:?}"),
            }
        }
        let partial = contents(&test.app).await;
        // This process lives on, so only silence tells that nobody is at the run.
        test.advance(HEARTBEAT_MS + 1).await;
        let outcome = import(&test.app, &caller, &request).await;
        assert_eq!(outcome.counts.messages, 11_612);
        assert_eq!(outcome.counts.duplicates, 0);
        assert_ne!(contents(&test.app).await, partial);
        let runs = test.app.import_runs(&caller, None, 10).await.unwrap();
        assert_eq!(runs.len(), 1, "it was one run");
        assert!((4_000..11_612).contains(&runs[0].storing_from), "its speed is told from there on");
        test.finish().await;
    }

    /// Two requests for one file in one process: the second finds somebody at it, nothing counts twice.
    async fn a_file_given_twice_at_once_is_read_by_one(database: TestDatabase) {
        let test = TestApp::open(&database).await;
        let caller = caller(&test.app).await;
        let folder = tempfile::tempdir().unwrap();
        let path = file(&folder, "history.txt", &history(3_000));
        let request = Request {
            kind: ImportKind::Chat,
            path,
            file_name: "history.txt".to_owned(),
            group: Some("烘焙1群".to_owned()),
            options: Options::default(),
        };
        let (one, two) = tokio::join!(
            test.app.import(&caller, &request, |_| {}),
            test.app.import(&caller, &request, |_| {}),
        );
        let (done, refused) = if one.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(done.unwrap().counts.messages, 3_000);
        match refused {
            Err(error) => assert_eq!(error.code(), "import.held"),
            // It came after the other had ended.
            Ok(again) => assert_eq!((again.counts.messages, again.counts.duplicates), (0, 3_000)),
        }
        test.finish().await;
    }
}
