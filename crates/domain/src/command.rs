//! What people say to the bot: a word each in three languages, and more words for staff.
//!
//! Texts come folded (full width, traditional characters and capitals are gone), so that one
//! spelling of each word is enough. In private everything is said to the bot; in a group only what
//! names it, begins with a stroke, or answers somebody with a bare word. Anything longer than a
//! command is talk, and talk is left alone.

use crate::words;

/// How many characters a command has at most, with all that is said along with it.
pub const LENGTH: usize = 300;
/// How long a mute lasts that says nothing of it, in minutes.
pub const MUTE_MINUTES: u32 = 30;
/// How long a mute lasts at most, in minutes: 30 days.
pub const LONGEST_MUTE: u32 = 30 * 24 * 60;

words! {
    /// What is wanted of the bot.
    pub enum Command {
        /// 规则: the rules of the group.
        Rules = "rules",
        /// 我的: what is known of the one who asks.
        Me = "me",
        /// 帮助: what can be said to the bot.
        Help = "help",
        /// 举报: the message answered is against the rules.
        Report = "report",
        /// 申诉: a sanction was wrong.
        Appeal = "appeal",
        /// 停止: no more messages to this person alone.
        Stop = "stop",
        /// 恢复: messages again.
        Resume = "resume",
        /// 待办 (staff): the tasks that wait for the one who asks.
        Tasks = "tasks",
        /// 处理中 (staff): the one who says it takes the complaint.
        Take = "take",
        /// 关闭客诉 (staff): the complaint is settled, with its result.
        Close = "close",
        /// 静音 (staff): whoever wrote the message answered may not write for a while.
        Mute = "mute",
        /// 解除静音 (staff): they may again.
        Unmute = "unmute",
        /// 放行 (staff): the message answered is fine, and what followed from it is taken back.
        Release = "release",
    }
}

words! {
    /// In which language something was asked, where its words show it.
    pub enum Tongue {
        /// Simplified characters.
        Simplified = "zh-Hans",
        /// Traditional characters.
        Traditional = "zh-Hant",
        /// English.
        English = "en",
    }
}

impl Command {
    /// Whether it is for staff.
    pub const fn is_for_staff(self) -> bool {
        matches!(
            self,
            Self::Tasks | Self::Take | Self::Close | Self::Mute | Self::Unmute | Self::Release
        )
    }

    /// Whether a bare word that answers a message in a group is meant for the bot.
    const fn answers(self) -> bool {
        matches!(
            self,
            Self::Report
                | Self::Appeal
                | Self::Take
                | Self::Close
                | Self::Mute
                | Self::Unmute
                | Self::Release
        )
    }

    /// Whether more may be said along with it.
    const fn takes_words(self) -> bool {
        matches!(
            self,
            Self::Report | Self::Appeal | Self::Close | Self::Mute | Self::Release
        )
    }

    /// Its words, folded.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Rules => &["规则", "群规", "群规则", "rules", "rule"],
            Self::Me => &["我的", "me"],
            Self::Help => &["帮助", "菜单", "指令", "help", "start"],
            Self::Report => &["举报", "投诉广告", "report"],
            Self::Appeal => &["申诉", "误判", "appeal"],
            Self::Stop => &["停止", "退订", "td", "stop", "unsubscribe"],
            Self::Resume => &["恢复", "重新订阅", "resume"],
            Self::Tasks => &["待办", "任务", "tasks"],
            Self::Take => &["处理中", "我来处理", "on it", "take"],
            Self::Close => &["关闭客诉", "客诉已处理", "close"],
            Self::Mute => &["静音", "禁言", "mute"],
            Self::Unmute => &["解除静音", "解除禁言", "unmute"],
            Self::Release => &["放行", "release"],
        }
    }

    /// The command of a word, whichever word for it that is.
    fn of(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|command| command.words().contains(&word))
    }
}

/// A command with what was said along with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What is wanted.
    pub command: Command,
    /// What was said along with it, folded; empty if nothing was.
    pub words: String,
    /// Whether it was said in English words.
    pub in_english: bool,
}

/// Where something was said.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whether it was said in a group.
    pub in_group: bool,
    /// Whether it answers a message.
    pub answers: bool,
    /// What the bot is called there, folded.
    pub names: &'a [String],
}

/// What a folded text wants of the bot; none where it is not said to it or is talk.
pub fn parse(text: &str, place: &Place<'_>) -> Option<Said> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LENGTH {
        return None;
    }
    let (rest, named) = unaddressed(text, place.names);
    let (rest, stroke) = match rest.strip_prefix('/') {
        Some(rest) => (without_suffix(rest, place.names)?, true),
        None => (rest.to_owned(), false),
    };
    let said = read(&rest)?;
    let bare = said.command.answers() && place.answers;
    (!place.in_group || named || stroke || bare).then_some(said)
}

/// The text without the bot's name at its beginning, and whether that stood there.
fn unaddressed<'a>(text: &'a str, names: &[String]) -> (&'a str, bool) {
    let marked = text.strip_prefix('@');
    let called = marked.unwrap_or(text);
    for name in names.iter().filter(|name| !name.is_empty()) {
        let Some(rest) = called.strip_prefix(name.as_str()) else {
            continue;
        };
        let parted = rest.trim_start_matches([':', ',', '、', ' ']);
        // A name runs into other words only by chance.
        if parted.len() < rest.len() || (marked.is_some() && rest.is_empty()) {
            return (parted, true);
        }
    }
    (text, false)
}

/// `rules@qun_bot more` without the name; none where another bot is named.
fn without_suffix(text: &str, names: &[String]) -> Option<String> {
    let (word, more) = text.split_once(' ').unwrap_or((text, ""));
    let Some((word, name)) = word.split_once('@') else {
        return Some(text.to_owned());
    };
    names
        .iter()
        .any(|known| known == name)
        .then(|| format!("{word} {more}").trim().to_owned())
}

/// A text without the marks at its end that mean nothing here.
pub fn unended(text: &str) -> &str {
    text.trim_end_matches(['。', '.', '!', '！', '~'])
}

fn read(text: &str) -> Option<Said> {
    let text = unended(text.trim());
    if let Some(command) = Command::of(text) {
        return Some(said(command, "", text));
    }
    let mut best: Option<(usize, Said)> = None;
    for command in Command::ALL.iter().filter(|c| c.takes_words()) {
        for word in command.words() {
            let Some(rest) = text.strip_prefix(word) else {
                continue;
            };
            // An English word ends where the next begins; a Chinese one may be run together only
            // with a number, or else it is the beginning of a sentence.
            let parted = rest.starts_with([' ', ':', ',', '，', '：', '、']);
            let number = rest.starts_with(|c: char| c.is_ascii_digit());
            if parted || number {
                let rest = rest.trim_start_matches([' ', ':', ',', '，', '：', '、']);
                if best.as_ref().is_none_or(|(length, _)| word.len() > *length) {
                    best = Some((word.len(), said(*command, rest, word)));
                }
            }
        }
    }
    best.map(|(_, said)| said)
}

fn said(command: Command, words: &str, word: &str) -> Said {
    Said {
        command,
        words: words.to_owned(),
        in_english: word.is_ascii() && word != "td",
    }
}

/// How long a mute is to last, in minutes: `30m`, `2h`, `1d`, `30分钟`, `2小时`, `1天`, a bare number
/// of minutes, or nothing for [`MUTE_MINUTES`]. None where it says something else.
pub fn minutes(words: &str) -> Option<u32> {
    let words = words.trim();
    if words.is_empty() {
        return Some(MUTE_MINUTES);
    }
    let digits = words.len() - words.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u32 = words[..digits].parse().ok()?;
    let unit = match words[digits..].trim() {
        "" | "m" | "min" | "minute" | "minutes" | "分" | "分钟" => 1,
        "h" | "hour" | "hours" | "小时" | "个小时" | "时" => 60,
        "d" | "day" | "days" | "天" | "日" => 24 * 60,
        _ => return None,
    };
    let minutes = number.checked_mul(unit)?;
    (1..=LONGEST_MUTE).contains(&minutes).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(text: &str) -> Option<Said> {
        let place = Place {
            in_group: false,
            answers: false,
            names: &[],
        };
        parse(text, &place)
    }

    fn in_group(text: &str, answers: bool) -> Option<Command> {
        let names = ["qun_bot".to_owned(), "小鱼".to_owned()];
        let place = Place {
            in_group: true,
            answers,
            names: &names,
        };
        parse(text, &place).map(|said| said.command)
    }

    #[test]
    fn no_word_means_two_things() {
        let mut all: Vec<&str> = Command::ALL
            .iter()
            .flat_map(|c| c.words())
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn every_word_is_understood_in_private() {
        for command in Command::ALL {
            for word in command.words() {
                let said = private(word).unwrap();
                assert_eq!(
                    (said.command, said.words.as_str()),
                    (*command, ""),
                    "{word}"
                );
                assert_eq!(private(&format!("/{word}")).unwrap().command, *command);
            }
        }
        assert!(private("help").unwrap().in_english);
        assert!(!private("帮助").unwrap().in_english);
        assert_eq!(private("停止。").unwrap().command, Command::Stop);
    }

    #[test]
    fn what_is_said_along_is_kept() {
        let said = private("申诉 我没有发广告,是朋友借的手机").unwrap();
        assert_eq!(said.command, Command::Appeal);
        assert_eq!(said.words, "我没有发广告,是朋友借的手机");
        assert_eq!(
            private("appeal: it was my child").unwrap().words,
            "it was my child"
        );
        assert_eq!(private("静音30m").unwrap().words, "30m");
        assert_eq!(private("关闭客诉:已退款").unwrap().words, "已退款");
    }

    #[test]
    fn talk_is_left_alone() {
        for talk in [
            "",
            "今天规则有变吗",
            "我的吐司到了吗",
            "停止营业了吗",
            "申诉要多久",
            "reporting from the shop",
            "举报有奖吗",
            "静音一下手机",
            "help me choose a cake",
        ] {
            assert_eq!(private(talk), None, "{talk}");
        }
        assert_eq!(private(&"申诉 ".repeat(200)), None);
    }

    #[test]
    fn in_a_group_the_bot_is_named_or_answered() {
        assert_eq!(in_group("规则", false), None, "said to everybody");
        assert_eq!(in_group("/规则", false), Some(Command::Rules));
        assert_eq!(in_group("/rules@qun_bot", false), Some(Command::Rules));
        assert_eq!(
            in_group("/rules@other_bot", false),
            None,
            "another bot is named"
        );
        assert_eq!(in_group("@qun_bot 规则", false), Some(Command::Rules));
        assert_eq!(in_group("小鱼:帮助", false), Some(Command::Help));
        assert_eq!(in_group("@小鱼 我的", false), Some(Command::Me));
        assert_eq!(
            in_group("小鱼我的", false),
            None,
            "a name runs into other words"
        );
        assert_eq!(in_group("举报", false), None, "nothing is reported");
        assert_eq!(in_group("举报", true), Some(Command::Report));
        assert_eq!(in_group("申诉", true), Some(Command::Appeal));
        assert_eq!(in_group("静音 2h", true), Some(Command::Mute));
        assert_eq!(in_group("规则", true), None);
    }

    #[test]
    fn times_are_read_in_three_languages() {
        for (words, expected) in [
            ("", Some(30)),
            ("30m", Some(30)),
            ("2h", Some(120)),
            ("1d", Some(1_440)),
            ("45", Some(45)),
            ("30分钟", Some(30)),
            ("2小时", Some(120)),
            ("3 天", Some(4_320)),
            ("0m", None),
            ("31d", None),
            ("99999999999m", None),
            ("soon", None),
            ("m", None),
        ] {
            assert_eq!(minutes(words), expected, "{words}");
        }
    }
}
