//! The same order kept on every channel.

use yutang_app::{alarm, task::Task};
use yutang_channels::Wish;
use yutang_domain::{
    capability::Profile,
    moderation::{Mode, Tone},
    sanction::SanctionAction,
    time::{HOUR, MINUTE, SECOND},
};
use yutang_store::{Mode as TxMode, channel_account, group};
use yutang_testkit::{TestDatabase, both_engines};

use super::{ADVERT, House, posted, whispered};

both_engines! {
    /// What a channel can is wished, and the rest is one complete task with the text ready.
    async fn every_channel_keeps_order_in_its_own_way(database: TestDatabase) {
        let profiles = [Profile::WecomPlain, Profile::WecomArchive, Profile::WechatPersonal,
            Profile::Full, Profile::Open, Profile::Matrix, Profile::Telegram];
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        for profile in profiles {
            let mut tx = house.test.app.store().begin(TxMode::Write).await.unwrap();
            let mut account = channel_account::get(&mut tx, house.test.workspace.id, house.account).await.unwrap();
            account.profile = profile.to_string();
            channel_account::update(&mut tx, house.test.workspace.id, &account).await.unwrap();
            tx.commit().await.unwrap();
            let name = profile.as_str();
            house.say(name, ADVERT).await;
            house.wishes().await;
            // Whoever is told by a person is told once that person has done so.
            house.do_tasks("task.sanction_").await;
            house.test.advance(MINUTE).await;
            let before = house.tasks().await.len();
            house.say(name, ADVERT).await;
            let row = house.latest().await;
            assert_eq!(row.row.tone, Tone::Neutral, "{profile}");
            let wishes = house.wishes().await;
            for wish in &wishes {
                assert!(profile.can(wish.needs()), "{profile} cannot {wish:?}");
            }
            let tasks = house.tasks().await;
            let new: Vec<&Task> = tasks.iter().filter(|task| task.row.dedup.contains(&row.row.id.to_string())).collect();
            assert_eq!(tasks.len() - before, new.len(), "{profile}");
            let actions: Vec<SanctionAction> = row.steps.iter().map(|step| step.action).collect();
            let mut sorted = actions.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [SanctionAction::Notice, SanctionAction::Delete, SanctionAction::Remove], "{profile}");
            assert!(row.steps.iter().all(|step| step.outbox_id.is_some() != step.task_id.is_some()));
            match profile {
                Profile::Full | Profile::Matrix => assert!(new.is_empty() && whispered(&wishes).len() == 1),
                Profile::Telegram => {
                    let aloud = wishes.iter().find_map(|wish| match wish {
                        Wish::Post { text, reply_to, .. } => Some((text, reply_to)),
                        _ => None,
                    });
                    let (text, reply_to) = aloud.unwrap();
                    assert!(!text.contains("telegram") && reply_to.is_some(), "to all, without the name");
                }
                _ => {
                    assert_eq!(wishes, [], "{profile}");
                    let [task] = new[..] else { panic!("{profile}: {} tasks", new.len()) };
                    assert_eq!(task.row.what, "task.sanction_remove");
                    assert!(task.row.body.contains("已移出") && task.row.body.contains(name), "{}", task.row.body);
                    for part in [name, "兼职", "海岸城福利1群", "群规第2条"] {
                        assert!(task.row.args.contains(part), "{part} in {}", task.row.args);
                    }
                    assert!(task.row.due_at.is_some());
                    assert_eq!(task.group_name.as_deref(), Some("海岸城福利1群"));
                }
            }
        }
        // What the account may do in this very group goes before its profile.
        let mut tx = house.test.app.store().begin(TxMode::Write).await.unwrap();
        let rights = group::Rights {
            rights: Some(r#"["read_text","post_private"]"#.to_owned()),
            unreadable: None,
        };
        group::set_rights(&mut tx, house.test.workspace.id, house.group, &rights).await.unwrap();
        let mut account = channel_account::get(&mut tx, house.test.workspace.id, house.account).await.unwrap();
        account.profile = Profile::Full.to_string();
        channel_account::update(&mut tx, house.test.workspace.id, &account).await.unwrap();
        tx.commit().await.unwrap();
        house.do_tasks("task.sanction_").await;
        house.test.advance(MINUTE).await;
        house.say("open", ADVERT).await;
        let row = house.latest().await;
        let wishes = house.wishes().await;
        assert!(wishes.iter().all(|wish| matches!(wish, Wish::Whisper { .. })), "{wishes:?}");
        let task = house.tasks().await.into_iter().find(|task| task.row.dedup == format!("sanction:{}", row.row.id));
        assert_eq!(task.unwrap().row.what, "task.sanction_remove_told");
        house.finish().await;
    }

    /// A network whose clock is an hour ahead or behind: everything is kept, judged and told in time.
    async fn order_is_kept_with_clocks_an_hour_apart(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        for (ahead, name) in [(-HOUR, "王芳"), (HOUR, "李姐")] {
            let now = app.now();
            let at = now.plus(ahead);
            let harvest = [
                posted(&format!("{name}1"), at, name, ADVERT),
                posted(&format!("{name}2"), at.plus(SECOND), "张哥", "早上好，今天有吐司吗"),
                posted(&format!("{name}3"), at.plus(2 * SECOND), &format!("客人{name}"), "吐司里有头发，退钱"),
            ];
            house.receive(&harvest).await;
            house.receive(&harvest).await;
            let row = house.latest().await;
            assert_eq!((row.row.tone, row.row.message_at, row.row.decided_at), (Tone::Gentle, at, now));
            assert_eq!(whispered(&house.wishes().await).len(), 1);
            assert_eq!(house.strikes(row.row.member_id).await, 1);
            let alarms = app.alarms(&house.test.owner, alarm::Filter::default(), 9).await.unwrap();
            let due = alarms.items.iter().filter_map(|one| one.due_at).max().unwrap();
            assert!(due.since(now) <= 15 * MINUTE, "nobody waits for the network's clock: {due}");
            house.test.advance(2 * HOUR).await;
        }
        // Its clock is put right: what comes now was said before what came then.
        house.say("李姐", ADVERT).await;
        let row = house.latest().await;
        assert_eq!((row.row.tone, row.row.strikes), (Tone::Neutral, 1));
        assert_eq!(house.queue().await.len(), 3);
        house.wishes().await;
        house.finish().await;
    }
}
