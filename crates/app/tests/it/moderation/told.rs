//! How members are told: alone, by a person, or in the group without a name.

use yutang_app::workspace::{QuietHours, Settings, WorkspacePatch};
use yutang_channels::Wish;
use yutang_domain::{
    capability::Profile,
    moderation::{Mode, Tone},
    time::{HOUR, MINUTE},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{House, LIGHT_ADVERT as ADVERT, joined, taken_down, whispered};

fn aloud(wishes: &[Wish]) -> Vec<&str> {
    wishes
        .iter()
        .filter_map(|wish| match wish {
            Wish::Post { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

both_engines! {
    /// A bot that may not begin: alone to whoever wrote to it, by a person who keeps the group, and
    /// only then to all.
    async fn the_order_of_a_notice_follows_what_the_channel_can(database: TestDatabase) {
        let house = House::open(&database, Profile::Telegram, Mode::Act).await;
        house.test.app.reach_at("https://shop.example");
        house.say("甲", ADVERT).await;
        let wishes = house.wishes().await;
        assert_eq!((aloud(&wishes).len(), whispered(&wishes).len()), (1, 0), "nobody keeps the group");
        assert!(!aloud(&wishes)[0].contains('甲'), "{wishes:?}");
        assert_eq!(house.tasks().await.len(), 0);

        house.whisper("乙", "帮助").await;
        assert_eq!(whispered(&house.wishes().await).len(), 1);
        house.say("乙", ADVERT).await;
        let wishes = house.wishes().await;
        assert_eq!((aloud(&wishes).len(), whispered(&wishes).len()), (0, 1), "they wrote to it first");
        assert!(whispered(&wishes)[0].contains("乙您好"));

        house.be_hosted().await;
        house.say("丙", ADVERT).await;
        assert_eq!(house.wishes().await, [], "the host addresses them");
        let task = house.asked("task.sanction_notice").await.remove(0);
        assert!(task.row.body.contains("丙您好") && task.assignee_name.as_deref() == Some("host"));
        let rules = format!("https://shop.example/m/default/rules/{}", house.group);
        assert_eq!(task.row.picture, Some(rules), "with the rules as a picture");
        house.do_tasks("task.sanction_notice").await;

        // Whoever is out in two seconds cannot be addressed in an hour.
        house.test.advance(MINUTE).await;
        house.say("丙", ADVERT).await;
        assert_eq!(house.latest().await.row.tone, Tone::Neutral);
        let wishes = house.wishes().await;
        assert!(aloud(&wishes).len() == 1 && !aloud(&wishes)[0].contains('丙'), "{wishes:?}");
        assert_eq!(house.tasks().await.len(), 0);

        // Objecting in private is writing first.
        house.whisper("丙", "申诉 我转的是店里的接龙").await;
        let wishes = house.wishes().await;
        assert!(whispered(&wishes).len() == 1 && whispered(&wishes)[0].contains("申诉收到了"), "{wishes:?}");
        house.finish().await;
    }

    async fn the_quiet_hours_are_those_of_the_organisation(database: TestDatabase) {
        let house = House::open(&database, Profile::Telegram, Mode::Act).await;
        let settings = Settings { quiet_hours: QuietHours { from: 9, to: 11 }, ..Settings::default() };
        let patch = WorkspacePatch { settings: Some(settings), ..WorkspacePatch::default() };
        house.test.app.edit_workspace(&house.test.owner, patch).await.unwrap();
        house.test.carry_out(house.account, 0).await;
        house.say("王芳", ADVERT).await;
        let bot = "助手：规则";
        house.say("李姐", bot).await;
        let soon = house.test.carry_out(house.account, HOUR).await;
        assert_eq!(aloud(&soon), Vec::<&str>::new(), "it is 09:05, and quiet until 11:00");
        let later = house.test.carry_out(house.account, 2 * HOUR).await;
        assert_eq!(aloud(&later).len(), 2, "{later:?}");
        house.finish().await;
    }

    /// req: 003-168
    async fn further_reports_are_told_by_number_and_never_by_name(database: TestDatabase) {
        let names = ["李姐", "张哥", "赵姨", "钱叔"];
        for (profile, down) in [(Profile::Full, true), (Profile::WecomArchive, false)] {
            let database = TestDatabase::new(database.engine()).await;
            let house = House::open(&database, profile, Mode::Act).await;
            let mut members = Vec::new();
            for name in names {
                house.say(name, "早").await;
                members.push(house.message().await.member_id.unwrap());
            }
            let key = house.say("王芳", ADVERT).await;
            let said = house.message().await.id;
            assert_eq!(house.latest().await.row.tone, Tone::Gentle);
            house.wishes().await;
            house.do_tasks("task.sanction_notice").await;
            house.report(said, members[0]).await;
            let asked = house.asked("task.sanction_notice").await.len();
            assert_eq!((house.wishes().await, asked), (vec![], 0), "one is counted");
            house.report(said, members[1]).await;
            let wishes = house.wishes().await;
            let told = if down {
                assert_eq!(taken_down(&wishes), [key.as_str()]);
                whispered(&wishes)[0].to_owned()
            } else {
                assert_eq!(house.asked("task.sanction_delete_told").await.len(), 1);
                let task = house.asked("task.sanction_notice").await.remove(0);
                assert_eq!(task.row.why, "task.why.reported_again");
                task.row.body
            };
            let line = if down { "另有 2 位群友反映，已经撤下" } else { "另有 2 位群友反映了这条，请尽快撤回。" };
            assert!(told.contains(line) && told.contains("王芳您好"), "{told}");
            assert!(!names.iter().any(|name| told.contains(name)), "{told}");
            assert_eq!(house.latest().await.row.plus, 2);

            // The same person again is nobody new; a third is told where it still stands.
            house.report(said, members[1]).await;
            assert_eq!(house.asked("task.sanction_notice").await.len(), usize::from(!down));
            house.report(said, members[2]).await;
            assert_eq!(house.wishes().await, []);
            let bodies: Vec<String> =
                house.asked("task.sanction_notice").await.into_iter().map(|task| task.row.body).collect();
            assert_eq!(bodies.iter().filter(|body| body.contains("另有 3 位")).count(), usize::from(!down), "{bodies:?}");
            house.report(said, members[3]).await;
            assert_eq!(house.asked("task.sanction_notice").await.len(), bodies.len(), "a crowd is no siren");
            house.finish().await;
        }
    }

    /// Whoever says the rules for the channel has their page as a picture.
    async fn tasks_that_say_the_rules_bring_their_page(database: TestDatabase) {
        let house = House::open(&database, Profile::WecomPlain, Mode::Act).await;
        let app = &house.test.app;
        app.reach_at("https://shop.example");
        let rules = Some(format!("https://shop.example/m/default/rules/{}", house.group));
        let again = yutang_domain::group::Announcement {
            forbidden: "1. 不发广告".to_owned(),
            ..yutang_domain::group::Announcement::default()
        };
        house.test.advance(MINUTE).await;
        app.announce(&house.test.owner, house.group, again).await.unwrap();
        let pictures: Vec<Option<String>> =
            house.asked("task.announce").await.into_iter().map(|task| task.row.picture).collect();
        assert!(pictures.contains(&rules), "{pictures:?}");

        let mut template = app.welcome(&house.test.owner, house.group).await.unwrap().template;
        template.on = true;
        template.line = "欢迎 {{nickname}}，群规：{{rules}}".to_owned();
        app.set_welcome(&house.test.owner, house.group, template.clone()).await.unwrap();
        let greeted = async |name: &str| {
            let key = house.key();
            house.receive(&[joined(&key, app.now(), name)]).await;
            house.test.advance(10 * MINUTE).await;
            for sweep in yutang_app::sweeps::ALL {
                app.run_sweep(sweep).await.unwrap();
            }
            house.asked("task.welcome").await.into_iter().find(|task| task.row.body.contains(name)).unwrap().row.picture
        };
        assert_eq!(greeted("王芳").await, rules);
        template.line = "欢迎 {{nickname}}".to_owned();
        app.set_welcome(&house.test.owner, house.group, template).await.unwrap();
        assert_eq!(greeted("李姐").await, None, "nothing that the words do not speak of");
        house.wishes().await;
        house.finish().await;
    }
}
