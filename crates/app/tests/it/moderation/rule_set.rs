//! The workspace's own rules: tried, published, refused.

use std::fmt::Write as _;

use yutang_domain::{
    capability::Profile,
    moderation::{HitKind, Mode},
};
use yutang_testkit::{TestDatabase, both_engines};

use super::{House, posted};

both_engines! {
    async fn rules_are_tried_published_and_refused_with_their_line(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        house.say("王芳", "隔壁老王烘焙今天打折").await;
        assert_eq!(house.queue().await.len(), 0);
        let text = "[[list]]\nname = 'competitor'\nkind = 'word'\nweight = 100\nwords = ['老王烘焙']\n";
        let trial = app.try_rules(&house.test.owner, text, None).await.unwrap();
        assert_eq!((trial.looked, trial.now, trial.then, trial.changed.len()), (1, 0, 1, 1));
        assert_eq!(trial.changed[0].hits[0].reason, "competitor");
        let wrong = format!("{text}\nkind = 3\n");
        let refused = app.publish_rule_set(&house.test.owner, &wrong, "").await.unwrap_err();
        assert_eq!((refused.code(), refused.at().as_deref()), ("rule_set.invalid", Some("text:7")));
        assert_eq!(app.rule_sets(&house.test.owner).await.unwrap().len(), 0);

        let before = app.replay(&house.test.owner, house.group, (None, None)).await.unwrap();
        assert_eq!((before.looked, before.decisions.len()), (1, 0));
        let made = app.publish_rule_set(&house.test.owner, text, "同行").await.unwrap();
        assert_eq!(made.version, 1);
        let same = app.publish_rule_set(&house.test.owner, text, "").await.unwrap();
        assert_eq!(same.version, 1, "the same text is no new version");
        let after = app.replay(&house.test.owner, house.group, (None, None)).await.unwrap();
        assert_eq!((after.rule_version, after.decisions.len()), (1, 1));
        assert_eq!(after.decisions[0].kind, Some(HitKind::Word));
        assert_eq!(house.queue().await.len(), 0, "a replay writes nothing");
        house.say("李姐", "老王烘焙好吃").await;
        let row = house.latest().await;
        assert_eq!((row.row.kind, row.row.rule_version), (HitKind::Word, 1));
        house.wishes().await;
        // Another process learns of it by itself.
        let other = house.test.another().await;
        let now = app.now();
        other.receive(&house.test.owner, house.account, &[posted("x", now, "张哥", "老王烘焙")], None).await.unwrap();
        assert_eq!(house.queue().await.len(), 2);
        other.close().await;
        house.wishes().await;
        house.finish().await;
    }

    /// What staff wrote lately does not take the place of what members wrote.
    async fn a_draft_is_tried_on_the_last_thousand_lines_of_members(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Off).await;
        let app = &house.test.app;
        let now = app.now();
        let lines: Vec<_> = (0..1_040)
            .map(|n| {
                let name = if n < 1_010 { format!("客{}", n % 50) } else { "店员".to_owned() };
                let said = if n == 10 { "老王烘焙" } else { "今天有吐司吗" };
                posted(&format!("l{n}"), now.plus(n - 2_000), &name, said)
            })
            .collect();
        house.receive(&lines).await;
        let mut tx = app.store().begin(yutang_store::Mode::Write).await.unwrap();
        tx.execute("UPDATE membership SET role = 'staff' WHERE card_name = '店员'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let text = "[[list]]\nname = 'competitor'\nkind = 'word'\nweight = 100\nwords = ['老王烘焙']\n";
        let trial = app.try_rules(&house.test.owner, text, None).await.unwrap();
        assert_eq!((trial.looked, trial.then), (1_000, 1), "back to the eleventh line of members");
        house.wishes().await;
        house.finish().await;
    }

    /// What is refused changes nothing, and says which line to mend.
    async fn a_long_list_with_a_late_fault_leaves_the_rules_in_force(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        let good = "[[list]]\nname = 'competitor'\nkind = 'word'\nweight = 100\nwords = ['老王烘焙']\n";
        app.publish_rule_set(&house.test.owner, good, "").await.unwrap();
        let mut long = format!("{good}[[list]]\nname = 'long'\nkind = 'word'\nweight = 10\nwords = [\n");
        let first = long.lines().count() + 1;
        for line in first..9_001 {
            writeln!(long, "'{line:0>110}',").unwrap();
        }
        long.push_str("'fine', broken,\n]\n");
        assert!(long.len() > 980_000, "{}", long.len());
        let publish = app.publish_rule_set(&house.test.owner, &long, "").await.unwrap_err();
        let attempt = app.try_rules(&house.test.owner, &long, None).await.unwrap_err();
        for error in [publish, attempt] {
            assert_eq!((error.code(), error.at().as_deref()), ("rule_set.invalid", Some("text:9001")));
            assert!(error.to_string().contains("guide"), "the remedy: {error}");
        }
        let versions = app.rule_sets(&house.test.owner).await.unwrap();
        assert_eq!((versions.len(), versions[0].version), (1, 1));
        house.say("李姐", "老王烘焙好吃").await;
        assert_eq!((house.latest().await.row.kind, house.latest().await.row.rule_version), (HitKind::Word, 1));
        house.wishes().await;
        house.finish().await;
    }

    /// A pattern that would never end elsewhere ends; one that needs too much is not taken.
    async fn a_pattern_that_explodes_elsewhere_judges_and_ends(database: TestDatabase) {
        let house = House::open(&database, Profile::Full, Mode::Act).await;
        let app = &house.test.app;
        let rule = |pattern: &str| {
            format!("[[rule]]\nname = 'slow'\nkind = 'word'\nweight = 100\npattern = '{pattern}'\n")
        };
        for (refused, code, what) in [
            (r"(a)\1", "rule_set.pattern", "look-around"),
            (r"(?=a)b", "rule_set.pattern", "look-around"),
            (r"((\w{200}){200}){200}", "rule_set.memory", "memory"),
            (r"a*", "rule_set.everything", "everything"),
            (r"(a", "rule_set.pattern", "unclosed"),
        ] {
            let error = app.publish_rule_set(&house.test.owner, &rule(refused), "").await.unwrap_err();
            assert_eq!((error.code(), error.at().as_deref()), (code, Some("text:5")), "{refused}");
            assert!(error.to_string().contains(what), "{refused}: {error}");
        }
        assert_eq!(app.rule_sets(&house.test.owner).await.unwrap().len(), 0);
        let patterns = [r"(a+)+b", r"(a|aa)+c", r"(.+)+d", r"^(([a-z])+.)+\d([a-z])+$", r"(x+x+)+y"];
        let all: String = patterns.iter().map(|pattern| rule(pattern)).collect();
        app.publish_rule_set(&house.test.owner, &all, "").await.unwrap();
        let long = "a".repeat(60_000);
        house.say("王芳", &long).await;
        assert_eq!(house.message().await.text.as_deref(), Some(long.as_str()));
        assert_eq!(house.queue().await.len(), 0, "none of them matches");
        house.say("李姐", &format!("{long}b")).await;
        let row = house.latest().await;
        assert_eq!((row.row.kind, row.causes.len()), (HitKind::Word, 1));
        assert!(row.row.hits.contains("[0,60001]"), "{}", row.row.hits);
        house.wishes().await;
        house.finish().await;
    }
}
