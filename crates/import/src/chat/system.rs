//! What the notices of the networks say: who came, who brought them, who went.

use super::{Sender, System};

/// Takes off the quotation marks and spaces around a name.
fn bare(name: &str) -> &str {
    name.trim()
        .trim_matches([
            '"', '“', '”', '「', '」', '‘', '’', '\u{200e}', '\u{2068}', '\u{2069}',
        ])
        .trim()
}

fn person(name: &str) -> Option<Sender> {
    let name = bare(name);
    (!name.is_empty()).then(|| Sender::named(name))
}

/// Several names; `words` joins the last two.
fn people(names: &str, words: &[&str]) -> Vec<Sender> {
    let mut names = names.replace(['、', '，'], ",");
    for word in words {
        names = names.replace(word, ",");
    }
    names.split(',').filter_map(person).collect()
}

/// The parts of `text` before and behind the first of `words` that it contains.
fn around<'t>(text: &'t str, words: &[&str]) -> Option<(&'t str, &'t str)> {
    words.iter().find_map(|word| text.split_once(word))
}

/// The ways of saying that somebody came in.
const ROOM: &[&str] = &[
    "加入了群聊",
    "加入了本群",
    "加入群聊",
    "加入了群组",
    "加入本群",
    "加入了群組",
    "加入群组",
    "入群",
    "进群",
];

/// A notice of QQ, WeChat or a Chinese WhatsApp.
pub(super) fn chinese(text: &str) -> System {
    let text = text.trim().trim_end_matches(['。', '.', '！']);
    if let Some((_, by)) =
        around(text, &["撤回了一条消息", "撤回一条消息", "收回了一則訊息"]).map(|(a, b)| (b, a))
    {
        return System::Recalled { by: person(by) };
    }
    if let Some((who, rest)) = text
        .split_once("通过扫描")
        .or_else(|| text.split_once("通过扫"))
    {
        let inviter =
            around(rest, &["分享的二维码", "的二维码"]).and_then(|(name, _)| person(name));
        return System::Joined {
            who: people(who, &[]),
            inviter,
        };
    }
    if let Some((inviter, rest)) = text.split_once("邀请")
        && let Some((who, _)) = around(rest, ROOM)
        && !bare(who).is_empty()
        && !inviter.contains("通过")
    {
        return System::Joined {
            who: people(who, &["和"]),
            inviter: person(inviter),
        };
    }
    if let Some((who, rest)) = text.split_once("通过")
        && let Some((inviter, _)) = around(rest, &["的邀请", "分享的"])
        && around(rest, ROOM).is_some()
    {
        return System::Joined {
            who: people(who, &[]),
            inviter: person(inviter),
        };
    }
    if let Some((who, _)) = around(
        text,
        &[
            "使用此群组的邀请链接",
            "使用此群組的邀請連結",
            "使用邀请链接",
            "通过邀请链接",
        ],
    ) {
        return System::Joined {
            who: people(who, &[]),
            inviter: None,
        };
    }
    if let Some((by, who)) = around(text, &["添加了", "新增了", "已添加"])
        && !bare(who).is_empty()
        && !who.contains("群")
    {
        return System::Joined {
            who: people(who, &["和"]),
            inviter: person(by),
        };
    }
    if let Some((who, rest)) = around(text, ROOM)
        && rest.is_empty()
    {
        return System::Joined {
            who: people(who, &[]),
            inviter: None,
        };
    }
    if let Some((who, rest)) = text.split_once('被')
        && let Some((by, _)) = around(rest, &["移出", "踢出", "请出", "移除"])
    {
        return System::Removed {
            who: people(who, &[]),
            by: person(by),
        };
    }
    if let Some((by, rest)) = text.split_once('将').or_else(|| text.split_once('把'))
        && let Some((who, _)) = around(rest, &["移出", "踢出", "请出"])
    {
        return System::Removed {
            who: people(who, &["和"]),
            by: person(by),
        };
    }
    if let Some((by, who)) = around(text, &["移除了", "已移除"])
        && !bare(who).is_empty()
    {
        return System::Removed {
            who: people(who, &["和"]),
            by: person(by),
        };
    }
    if let Some((who, rest)) = around(
        text,
        &[
            "退出了群聊",
            "退出了本群",
            "退出群聊",
            "退出本群",
            "退出了群组",
            "离开了群组",
            "退群",
            "离开了",
            "離開了",
            "已退出",
        ],
    ) && rest.is_empty()
    {
        return System::Left {
            who: people(who, &[]),
        };
    }
    if let Some((by, _)) = around(text, &["创建了群", "建立了群", "创建群", "发起了群聊"])
    {
        return System::Created { by: person(by) };
    }
    if let Some((_, name)) = around(
        text,
        &[
            "修改群名为",
            "修改群名称为",
            "将群名改为",
            "将群名称改为",
            "更改群名为",
        ],
    ) {
        return System::Renamed {
            name: person(name).map(|s| s.name),
        };
    }
    System::Other
}

/// A notice of an English WhatsApp; `None` if it says nothing of what is looked for.
pub(super) fn english(text: &str) -> Option<System> {
    let text = text.trim().trim_matches('\u{200e}').trim_end_matches('.');
    let and = &[" and "];
    if text.contains("'s security code") || text.contains(" changed ") && text.contains("admin") {
        return Some(System::Other);
    }
    if let Some((by, rest)) = around(text, &[" created group", " created this group"])
        && (rest.is_empty() || rest.trim_start().starts_with(['"', '“']))
    {
        return Some(System::Created { by: person(by) });
    }
    if let Some((_, rest)) = around(
        text,
        &[
            " changed the subject",
            " changed the group name",
            " changed this group's name",
        ],
    ) {
        let name = rest
            .rsplit_once("to ")
            .and_then(|(_, name)| person(name))
            .map(|s| s.name);
        return Some(System::Renamed { name });
    }
    if let Some((who, rest)) = text.split_once(" joined ")
        && ["using", "from", "via", "through", "the group", "this group"]
            .iter()
            .any(|w| rest.starts_with(w))
    {
        return Some(System::Joined {
            who: people(who, and),
            inviter: None,
        });
    }
    if let Some((who, _)) = around(text, &[" was added", " were added"]) {
        return Some(System::Joined {
            who: people(who, and),
            inviter: None,
        });
    }
    if let Some((by, who)) = text.split_once(" added ") {
        return Some(System::Joined {
            who: people(who, and),
            inviter: person(by),
        });
    }
    if let Some((who, _)) = around(text, &[" was removed", " were removed"]) {
        return Some(System::Removed {
            who: people(who, and),
            by: None,
        });
    }
    if let Some((by, who)) = text.split_once(" removed ") {
        return Some(System::Removed {
            who: people(who, and),
            by: person(by),
        });
    }
    if let Some(who) = text
        .strip_suffix(" left")
        .or_else(|| text.strip_suffix(" left the group"))
    {
        return Some(System::Left {
            who: people(who, and),
        });
    }
    let notices = [
        "end-to-end encrypted",
        "changed this group",
        "changed the group",
        "disappearing messages",
        "pinned a message",
        "changed their phone number",
        "now an admin",
    ];
    notices
        .iter()
        .any(|notice| text.contains(notice))
        .then_some(System::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(who: &[Sender]) -> Vec<&str> {
        who.iter().map(|s| s.name.as_str()).collect()
    }

    fn joined(text: &str) -> (Vec<String>, Option<String>) {
        match english(text).unwrap_or_else(|| chinese(text)) {
            System::Joined { who, inviter } => (
                names(&who).into_iter().map(str::to_owned).collect(),
                inviter.map(|s| s.name),
            ),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn arrivals_name_who_brought_them() {
        let pair = |who: &[&str], by: Option<&str>| {
            (
                who.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(),
                by.map(str::to_owned),
            )
        };
        for (text, expected) in [
            (
                "\"小王\"邀请\"小李\"加入了群聊",
                pair(&["小李"], Some("小王")),
            ),
            (
                "\"小王\"邀请\"小李、小张\"加入了群聊",
                pair(&["小李", "小张"], Some("小王")),
            ),
            (
                "\"小李\"通过扫描\"小王\"分享的二维码加入群聊",
                pair(&["小李"], Some("小王")),
            ),
            ("小张加入了本群。", pair(&["小张"], None)),
            ("tuxx 加入了群组", pair(&["tuxx"], None)),
            ("你邀请\"小李\"加入了群聊", pair(&["小李"], Some("你"))),
            ("Wang added Zhao", pair(&["Zhao"], Some("Wang"))),
            (
                "Wang added Zhao, Li and Qian",
                pair(&["Zhao", "Li", "Qian"], Some("Wang")),
            ),
            (
                "Zhao joined using this group's invite link",
                pair(&["Zhao"], None),
            ),
            ("Wang添加了Zhao", pair(&["Zhao"], Some("Wang"))),
        ] {
            assert_eq!(joined(text), expected, "{text}");
        }
    }

    #[test]
    fn the_other_notices_are_told_apart() {
        let one = |name: &str| vec![Sender::named(name)];
        for (text, expected) in [
            (
                "\"小王\"将\"小李\"移出了群聊",
                System::Removed {
                    who: one("小李"),
                    by: Some(Sender::named("小王")),
                },
            ),
            (
                "小李被小王移出本群",
                System::Removed {
                    who: one("小李"),
                    by: Some(Sender::named("小王")),
                },
            ),
            ("小李退出了本群。", System::Left { who: one("小李") }),
            (
                "\"小李\"撤回了一条消息",
                System::Recalled {
                    by: Some(Sender::named("小李")),
                },
            ),
            (
                "小王修改群名为“新群”",
                System::Renamed {
                    name: Some("新群".to_owned()),
                },
            ),
            ("群主开启了全员禁言", System::Other),
        ] {
            assert_eq!(chinese(text), expected, "{text}");
        }
        assert_eq!(english("Li left"), Some(System::Left { who: one("Li") }));
        assert_eq!(
            english("Wang created group \"Test group\""),
            Some(System::Created {
                by: Some(Sender::named("Wang"))
            })
        );
        assert_eq!(
            english("Wang changed the subject from \"A\" to \"B\""),
            Some(System::Renamed {
                name: Some("B".to_owned())
            })
        );
        assert_eq!(english("good morning"), None);
    }
}
