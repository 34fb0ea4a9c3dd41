//! What is recognised, live: kinds that weigh most, and what follows from each.

use yutang_channels::{Inbound, Wish};
use yutang_domain::{
    capability::Profile,
    moderation::{HitKind, Mode, Tone},
    policy::Policy,
    task::{Level, TaskKind},
    time::{MINUTE, SECOND},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{House, answering, in_group, in_mode, posted, whispered};

both_engines! {
    /// req: 000-002
    async fn the_same_words_in_three_groups_within_an_hour_are_repeated(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.another_group("g2", "海岸城福利2群", Mode::Act).await;
        house.another_group("g3", "海岸城福利3群", Mode::Act).await;
        let words = "各位邻居周末小区广场有露天电影，带上小板凳早点来占位置，记得多穿件外套";
        for (n, external) in ["g1", "g2", "g3"].into_iter().enumerate() {
            assert_eq!(house.queue().await.len(), 0, "two groups are no fault yet");
            let said = posted(&format!("r{n}"), house.test.app.now(), "王芳", words);
            house.receive(&[in_group(external, said)]).await;
            house.test.advance(20 * MINUTE).await;
        }
        let row = house.latest().await;
        assert_eq!((row.row.kind, row.row.tone), (HitKind::Repeat, Tone::Gentle), "{}", row.row.hits);
        assert_eq!(row.group_name, "海岸城福利3群");
        assert!(row.row.hits.contains("repeat.own:3,1,3"), "{}", row.row.hits);
        house.wishes().await;
        house.finish().await;
    }

    async fn off_topic_is_only_told_and_only_where_it_is_looked_at(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.change_group(house.group, |row| row.topic_terms = r#"["面包","吐司"]"#.to_owned()).await;
        let words = "昨天晚上那场球赛真是太精彩了";
        house.say("王芳", words).await;
        assert_eq!(house.queue().await.len(), 0, "chit-chat is nobody's fault unless the group says so");
        let all = Policy { off: Vec::new(), ..in_mode(Mode::Act) };
        house.test.app.set_policy(&house.test.owner, house.group, &all).await.unwrap();
        house.say("李姐", words).await;
        let row = house.latest().await;
        assert_eq!((row.row.kind, row.row.measures.as_str()), (HitKind::OffTopic, r#"["notice"]"#));
        let wishes = house.wishes().await;
        assert_eq!(wishes.len(), 1);
        assert!(whispered(&wishes)[0].contains("跑题闲聊"), "{wishes:?}");
        house.say("张哥", "今天的吐司好软").await;
        assert_eq!(house.queue().await.len(), 1);
        house.finish().await;
    }

    async fn ways_to_be_reached_elsewhere_can_decide_by_themselves(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        house.say("王芳", "QQ：28374651 微信：lulu2024").await;
        let row = house.latest().await;
        assert_eq!((row.row.kind, row.row.tone), (HitKind::Contact, Tone::Gentle), "{}", row.row.hits);
        assert!(row.row.hits.contains("contact.qq") && row.row.hits.contains("contact.wechat"));
        assert!(whispered(&house.wishes().await)[0].contains("私人联系方式"));
        house.finish().await;
    }

    /// req: 000-003
    async fn a_quarrel_is_told_cooled_off_and_looked_at_by_a_person_once(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let quarrel = async || {
            let now = house.test.app.now();
            let lines: Vec<Inbound> = (0..6)
                .map(|n| {
                    let name = if n % 2 == 0 { "甲" } else { "乙" };
                    posted(&house.key(), now.plus(n * 5 * SECOND), name, "你个傻逼")
                })
                .collect();
            for one in &lines {
                house.receive(std::slice::from_ref(one)).await;
            }
        };
        quarrel().await;
        let tasks = house.asked("task.quarrel").await;
        let [task] = &tasks[..] else { panic!("{} tasks", tasks.len()) };
        assert_eq!((task.row.kind, task.row.level), (TaskKind::Do, Level::Warn));
        for part in ["甲", "乙", "海岸城福利1群"] {
            assert!(task.row.args.contains(part), "{part} in {}", task.row.args);
        }
        assert_eq!(task.row.why, "task.why.quarrel");
        let wishes = house.wishes().await;
        let cooled: Vec<&str> = wishes
            .iter()
            .filter_map(|wish| match wish {
                Wish::Restrict { who, .. } => Some(who.as_str()),
                _ => None,
            })
            .collect();
        assert!(cooled.contains(&"fk_甲") && cooled.contains(&"fk_乙"), "{wishes:?}");
        assert!(whispered(&wishes).iter().any(|text| text.contains("先冷静 30 分钟")), "{wishes:?}");
        for row in house.queue().await {
            assert_eq!((row.row.tone, house.strikes(row.row.member_id).await), (Tone::Gentle, 1));
        }

        // While it lasts, and while somebody is asked, nobody is asked again.
        house.test.advance(MINUTE).await;
        quarrel().await;
        assert_eq!(house.asked("task.quarrel").await.len(), 1);
        house.do_tasks("task.quarrel").await;
        house.test.advance(MINUTE).await;
        quarrel().await;
        assert_eq!(house.asked("task.quarrel").await.len(), 0, "it is the same quarrel");
        house.test.advance(40 * MINUTE).await;
        quarrel().await;
        assert_eq!(house.asked("task.quarrel").await.len(), 1, "another day, another quarrel");
        house.wishes().await;
        house.finish().await;
    }

    async fn a_rehearsed_quarrel_asks_nobody(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Watch).await;
        for n in 0..6 {
            let name = if n % 2 == 0 { "甲" } else { "乙" };
            house.say(name, "你个傻逼").await;
            house.test.advance(5 * SECOND).await;
        }
        assert!(house.queue().await.iter().any(|row| row.row.hits.contains("quarrel.heat")));
        assert_eq!((house.wishes().await, house.tasks().await.len()), (vec![], 0));
        house.finish().await;
    }

    /// Whom a message answers says who quarrels with whom, in a replay as it does live.
    async fn a_replay_knows_who_answers_whom(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let now = house.test.app.now();
        let mut lines = vec![posted("c0", now, "丙", "你们两个今天又不来帮忙吗")];
        for n in 1..7 {
            let name = if n % 2 == 0 { "甲" } else { "乙" };
            let said = posted(&format!("x{n}"), now.plus(n * 5 * SECOND), name, "你个傻逼");
            lines.push(answering("c0", said));
        }
        house.receive(&lines).await;
        let live = house.queue().await;
        assert!(!live.is_empty() && live.iter().all(|row| !row.row.hits.contains("quarrel")), "both speak to a third");
        let replay = house.test.app.replay(&house.test.owner, house.group, (None, None)).await.unwrap();
        let hits: Vec<&str> =
            replay.decisions.iter().flat_map(|one| &one.hits).map(|hit| hit.reason.as_str()).collect();
        assert!(!hits.is_empty() && hits.iter().all(|reason| !reason.starts_with("quarrel")), "{hits:?}");
        house.wishes().await;
        house.finish().await;
    }
}
