//! What the program says to members, out of the catalogues that the console reads as well.
//!
//! `locales/<language>/<noun>.json` hold flat keys in i18next's syntax; placeholders are written
//! `{{name}}`. The catalogues are part of the program. Nothing here escapes: a page does that where
//! it writes, a chat message needs none.

use std::{borrow::Borrow, collections::HashMap, fmt, str::FromStr, sync::LazyLock};

/// A language the program speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// 简体中文
    #[default]
    ZhHans,
    /// 繁體中文
    ZhHant,
    /// English
    En,
}

impl Locale {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::ZhHans, Self::ZhHant, Self::En];

    /// Its tag: `zh-Hans`, `zh-Hant`, `en`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::ZhHans => "zh-Hans",
            Self::ZhHant => "zh-Hant",
            Self::En => "en",
        }
    }

    /// The nearest language to a tag such as `zh-TW` or `en-GB`.
    pub fn nearest(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        if ["zh-hant", "zh-tw", "zh-hk", "zh-mo"]
            .iter()
            .any(|start| tag.starts_with(start))
        {
            Some(Self::ZhHant)
        } else if tag == "zh" || tag.starts_with("zh-") {
            Some(Self::ZhHans)
        } else if tag == "en" || tag.starts_with("en-") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The best language for an `Accept-Language` header, if it names one that is spoken.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for part in header.split(',') {
            let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
            let Some(locale) = Self::nearest(tag) else {
                continue;
            };
            let weight = thousandths(weight.trim());
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, locale));
            }
        }
        best.filter(|(weight, _)| *weight > 0)
            .map(|(_, locale)| locale)
    }

    /// The sentence under `key` with its placeholders filled; the key itself if there is none,
    /// which a test of the catalogues rules out.
    pub fn say(self, key: &str, args: &[(&str, &str)]) -> String {
        let Some(text) = self.find(key) else {
            return key.to_owned();
        };
        let mut said = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            said.push_str(before);
            let Some((name, tail)) = after.split_once("}}") else {
                said.push_str("{{");
                rest = after;
                continue;
            };
            let value = args.iter().find(|(known, _)| *known == name.trim());
            said.push_str(value.map_or("", |(_, value)| value));
            rest = tail;
        }
        said.push_str(rest);
        said
    }

    /// The sentence under `key` with arguments as they are kept with a task: words and numbers.
    pub fn sentence(self, key: &str, args: &serde_json::Value) -> String {
        let args: Vec<(&str, String)> = args
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let value = match value {
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Null => String::new(),
                    other => other.to_string(),
                };
                (name.as_str(), value)
            })
            .collect();
        let args: Vec<(&str, &str)> = args
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        self.say(key, &args)
    }

    /// The word for a code of a list, or the code itself where the catalogue has none.
    pub fn word(self, list: &str, code: &str) -> String {
        self.find(&format!("{list}.{code}"))
            .unwrap_or(code)
            .to_owned()
    }

    /// Several words or names in one sentence.
    pub fn list<W: Borrow<str>>(self, words: &[W]) -> String {
        words.join(self.find("list.and").unwrap_or_default())
    }

    /// The raw text under `key`.
    pub fn find(self, key: &str) -> Option<&'static str> {
        let catalogue = match self {
            Self::ZhHans => &CATALOGUES[0],
            Self::ZhHant => &CATALOGUES[1],
            Self::En => &CATALOGUES[2],
        };
        catalogue.get(key).map(String::as_str)
    }
}

/// The keys below `prefix` whose text contains `words` in any language: what is found by what it
/// says. Case does not count.
pub fn keys_saying(prefix: &str, words: &str) -> Vec<&'static str> {
    let words = words.to_lowercase();
    let mut keys: Vec<&'static str> = CATALOGUES
        .iter()
        .flatten()
        .filter(|(key, text)| key.starts_with(prefix) && text.to_lowercase().contains(&words))
        .map(|(key, _)| key.as_str())
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The catalogue's own copy of a key, if there is one.
pub(crate) fn known_key(key: &str) -> Option<&'static str> {
    CATALOGUES[0]
        .get_key_value(key)
        .map(|(key, _)| key.as_str())
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Locale {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|locale| locale.tag() == text)
            .ok_or(())
    }
}

/// `0.8` as 800; what is no weight counts as none.
fn thousandths(weight: &str) -> u32 {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    let Ok(whole) = whole.parse::<u32>() else {
        return 0;
    };
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    whole.min(1) * 1000 + part.parse::<u32>().unwrap_or(0)
}

type Catalogue = HashMap<String, String>;

macro_rules! catalogues {
    ($($noun:literal),+ $(,)?) => {
        static CATALOGUES: LazyLock<[Catalogue; 3]> = LazyLock::new(|| [
            merged(&[$(include_str!(concat!("../../../locales/zh-Hans/", $noun, ".json"))),+]),
            merged(&[$(include_str!(concat!("../../../locales/zh-Hant/", $noun, ".json"))),+]),
            merged(&[$(include_str!(concat!("../../../locales/en/", $noun, ".json"))),+]),
        ]);
    };
}

catalogues!(
    "actor",
    "alarm",
    "announcement",
    "audit",
    "bot",
    "branch",
    "broadcast",
    "channel",
    "claim",
    "demo",
    "digest",
    "export",
    "gate",
    "group",
    "health",
    "list",
    "member",
    "metrics",
    "moderation",
    "operation",
    "page",
    "playbook",
    "robot",
    "receipt",
    "role",
    "staff",
    "task",
    "title",
    "welcome",
);

fn merged(files: &[&str]) -> Catalogue {
    let mut all = Catalogue::new();
    for file in files {
        let one: Catalogue = serde_json::from_str(file)
            .expect("xtask has checked that every catalogue is flat JSON");
        all.extend(one);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_spoken_language_wins() {
        assert_eq!(
            Locale::accepted("fr,en-GB;q=0.8,zh-TW;q=0.9"),
            Some(Locale::ZhHant)
        );
        assert_eq!(
            Locale::accepted("zh-CN,zh;q=0.9,en;q=0.8"),
            Some(Locale::ZhHans)
        );
        assert_eq!(Locale::accepted("fr, de;q=0.7"), None);
        assert_eq!(Locale::accepted("en;q=0"), None);
    }

    #[test]
    fn placeholders_are_filled_and_nothing_else() {
        let said = Locale::En.say("page.title", &[("name", "{{lang}} <b>")]);
        assert!(said.contains("{{lang}} <b>"), "{said}");
        assert_eq!(Locale::En.say("no.such.key", &[]), "no.such.key");
        assert_eq!(Locale::ZhHans.list(&["甲", "乙"]), "甲、乙");
        assert_eq!(Locale::En.list(&["a".to_owned()]), "a");
    }

    #[test]
    fn a_sentence_is_found_by_its_words_in_any_language() {
        assert_eq!(keys_saying("task.", "把群名"), ["task.rename_group"]);
        assert!(keys_saying("operation.", "EXPORT THE AUDIT").contains(&"operation.audit.export"));
        assert!(keys_saying("task.", "no such words").is_empty());
    }

    #[test]
    fn three_catalogues_have_the_same_keys_and_placeholders() {
        let placeholders = |text: &str| {
            let mut names: Vec<_> = text
                .split("{{")
                .skip(1)
                .filter_map(|part| {
                    part.split_once("}}")
                        .map(|(name, _)| name.trim().to_owned())
                })
                .collect();
            names.sort();
            names
        };
        for (key, text) in &CATALOGUES[0] {
            for other in &CATALOGUES[1..] {
                let there = other.get(key).unwrap_or_else(|| panic!("{key} is missing"));
                assert_eq!(placeholders(text), placeholders(there), "{key}");
            }
        }
        assert_eq!(CATALOGUES[0].len(), CATALOGUES[1].len());
        assert_eq!(CATALOGUES[0].len(), CATALOGUES[2].len());
    }
}
