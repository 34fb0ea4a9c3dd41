//! Adverts: whether a message sells something that the group did not ask for.
//!
//! Signs of an advert are data (`data/advert.toml`): ways to be reached elsewhere, links, words of
//! jobs, resale, lures, loans, gambling. Each sign has a weight in points and counts once, signs of
//! talk *about* adverts count against it, and a message is an advert from
//! [`threshold`] points on. One sign alone (somebody's phone number in an order list, a
//! link to a recipe, "is there a coupon?") is therefore never enough unless it can mean nothing else:
//! a missed advert costs a glance, a wrong accusation costs a member.
//!
//! Every sign found is reported with its place in the original text, so that it can be shown to the
//! one it is held against.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{
    evasion::Canonical,
    fold::{Folded, Span},
    phrase::Phrases,
};

/// A message judged to be an advert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advert {
    /// Sum of the weights of all signs, in points.
    pub weight: i32,
    /// The signs for and against, in order of their place in the text.
    pub reasons: Vec<Reason>,
}

/// One sign and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable name of the sign, for example `advert.contact`; a `guard.` speaks against an advert.
    pub code: &'static str,
    /// Characters of the original text.
    pub span: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    threshold: i32,
    phone: i32,
    rule: Vec<RuleData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleData {
    code: String,
    weight: i32,
    #[serde(default)]
    account: i32,
    #[serde(default)]
    squeezed: bool,
    words: Vec<String>,
}

struct Rule {
    code: &'static str,
    weight: i32,
    /// Points if an account name or number follows the word.
    account: i32,
}

struct Rules {
    threshold: i32,
    phone: i32,
    list: Vec<Rule>,
    plain: Phrases,
    squeezed: Phrases,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let file: RuleFile =
        toml::from_str(include_str!("../data/advert.toml")).expect("the embedded rules are valid");
    let words = || {
        file.rule
            .iter()
            .enumerate()
            .flat_map(|(index, rule)| rule.words.iter().map(move |word| (index, word.as_str())))
    };
    let plain = Phrases::new(words(), true);
    let pulled: Vec<(usize, String)> = words()
        .filter(|(index, word)| file.rule[*index].squeezed && !word.is_ascii())
        .map(|(index, word)| (index, Folded::new(word).squeezed().text().to_owned()))
        .filter(|(_, word)| word.chars().count() >= 2)
        .collect();
    let squeezed = Phrases::new(
        pulled.iter().map(|(index, word)| (*index, word.as_str())),
        true,
    );
    let list = file
        .rule
        .into_iter()
        .map(|rule| Rule {
            code: String::leak(rule.code),
            weight: rule.weight,
            account: rule.account,
        })
        .collect();
    Rules {
        threshold: file.threshold,
        phone: file.phone,
        list,
        plain,
        squeezed,
    }
});

/// Points from which on a message is an advert.
pub fn threshold() -> i32 {
    RULES.threshold
}

/// A sign with the points that it adds; a sign seen before adds none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// Stable name of the sign.
    pub code: &'static str,
    /// Characters of the original text.
    pub span: Span,
    /// Points, of [`threshold`]; negative for a `guard.`.
    pub weight: i32,
}

/// All signs for and against, whatever their sum, also where a trick hides them.
pub fn weigh(text: &Folded, canonical: &Canonical) -> Vec<Weighed> {
    let rules = &*RULES;
    let mut score = Score::default();
    let mut weighed: Vec<Weighed> = score
        .search(rules, &rules.plain, text.text())
        .iter()
        .map(|sign| sign.weighed(text.span(sign.from, sign.to)))
        .collect();
    let mut add = |signs: Vec<Sign>, all: bool| {
        for sign in signs {
            let again = weighed.iter().any(|known| known.code == sign.code);
            if all || !again || sign.weight != 0 {
                weighed.push(sign.weighed(canonical.span(sign.from, sign.to)));
            }
        }
    };
    if canonical.text().len() != text.text().len() || !canonical.is_plain() {
        add(
            score.search(rules, &rules.squeezed, canonical.text()),
            false,
        );
    }
    if !canonical.is_plain() {
        let touched = |from, to| canonical.touched(from, to);
        add(
            score.search_where(rules, &rules.plain, canonical.text(), touched),
            false,
        );
    }
    if score.counted == 0 && !score.account {
        return Vec::new();
    }
    let phones = score.phones(rules, text.text());
    if phones.is_empty() && !canonical.is_plain() {
        add(score.phones(rules, canonical.text()), true);
    } else {
        weighed.extend(
            phones
                .iter()
                .map(|sign| sign.weighed(text.span(sign.from, sign.to))),
        );
    }
    weighed.sort_by_key(|sign| (sign.span, sign.code, -sign.weight));
    weighed.dedup_by(|a, b| a.code == b.code && a.span == b.span && a.weight == 0);
    weighed
}

/// Judges a message; `None` if it is no advert.
pub fn judge(text: &str) -> Option<Advert> {
    judge_folded(&Folded::new(text))
}

/// Judges a folded message.
pub fn judge_folded(text: &Folded) -> Option<Advert> {
    let rules = &*RULES;
    let mut score = Score::default();
    let mut signs = score.search(rules, &rules.plain, text.text());
    let squeezed = text.squeezed_text();
    let pulled_apart = if squeezed.len() == text.text().len() {
        Vec::new()
    } else {
        score.search(rules, &rules.squeezed, &squeezed)
    };
    if score.counted == 0 && !score.account {
        return None;
    }
    signs.extend(score.phones(rules, text.text()));
    if score.weight < rules.threshold {
        return None;
    }
    let mut reasons: Vec<Reason> = signs.iter().map(|sign| sign.reason(text)).collect();
    if !pulled_apart.is_empty() {
        let squeezed = text.squeezed();
        reasons.extend(pulled_apart.iter().map(|sign| sign.reason(&squeezed)));
    }
    reasons.sort_by_key(|reason| (reason.span, reason.code));
    reasons.dedup();
    Some(Advert {
        weight: score.weight,
        reasons,
    })
}

/// A sign found, by its bytes in a folded text.
struct Sign {
    code: &'static str,
    from: usize,
    to: usize,
    weight: i32,
}

impl Sign {
    const fn weighed(&self, span: Span) -> Weighed {
        Weighed {
            code: self.code,
            span,
            weight: self.weight,
        }
    }

    fn reason(&self, text: &Folded) -> Reason {
        Reason {
            code: self.code,
            span: text.span(self.from, self.to),
        }
    }
}

/// Points so far.
#[derive(Default)]
struct Score {
    weight: i32,
    /// Bit set of the rules counted.
    counted: u64,
    /// Whether an account was counted.
    account: bool,
}

impl Score {
    fn search(&mut self, rules: &Rules, phrases: &Phrases, text: &str) -> Vec<Sign> {
        self.search_where(rules, phrases, text, |_, _| true)
    }

    fn search_where(
        &mut self,
        rules: &Rules,
        phrases: &Phrases,
        text: &str,
        counts: impl Fn(usize, usize) -> bool,
    ) -> Vec<Sign> {
        let mut signs = Vec::new();
        for hit in phrases.overlapping(text) {
            if !counts(hit.from, hit.to) {
                continue;
            }
            let rule = &rules.list[hit.list];
            if rule.account > 0
                && let Some(length) = account_after(&text[hit.to..])
            {
                let mut weight = 0;
                if !self.account {
                    self.account = true;
                    weight = rule.account;
                    self.weight += weight;
                }
                signs.push(Sign {
                    code: "advert.account",
                    from: hit.from,
                    to: hit.to + length,
                    weight,
                });
            }
            if rule.weight != 0 {
                let mut weight = 0;
                if self.counted & (1 << hit.list) == 0 {
                    self.counted |= 1 << hit.list;
                    weight = rule.weight;
                    self.weight += weight;
                }
                signs.push(Sign {
                    code: rule.code,
                    from: hit.from,
                    to: hit.to,
                    weight,
                });
            }
        }
        signs
    }

    /// Adds points for a mobile phone number of mainland China that stands by itself.
    fn phones(&mut self, rules: &Rules, text: &str) -> Vec<Sign> {
        let bytes = text.as_bytes();
        let mut signs = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let length = bytes[from..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            if length == 11 && bytes[from] == b'1' && (b'3'..=b'9').contains(&bytes[from + 1]) {
                signs.push(Sign {
                    code: "advert.phone",
                    from,
                    to: from + length,
                    weight: if signs.is_empty() { rules.phone } else { 0 },
                });
            }
            from += length.max(1);
        }
        if !signs.is_empty() {
            self.weight += rules.phone;
        }
        signs
    }
}

/// Bytes up to the end of an account name or number that follows within three characters.
fn account_after(rest: &str) -> Option<usize> {
    let skipped: usize = rest
        .chars()
        .take(3)
        .take_while(|c| !c.is_ascii_alphanumeric())
        .map(char::len_utf8)
        .sum();
    let name = &rest.as_bytes()[skipped..];
    let length = name
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        .count();
    let digits = name[..length].iter().filter(|b| b.is_ascii_digit()).count();
    (length >= 5 && digits >= 2).then_some(skipped + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn adverts_are_found() {
        for text in [
            "兼职刷单,日结200,加V:abc12345",
            "加❤薇.信 xyz8866 领优惠券",
            "有需要兼职的吗?日结300,私聊我",
            "專業代購,加微信 dg886655",
            "厂家直销一手货源,诚招代理,免费代理",
            "无抵押贷款,秒下款,详聊加扣扣 22334455",
            "【淘宝】复制这段内容打开淘宝 优惠券100元 https://m.example.cn/abc",
            "低价卖号,威信 hao88990",
            "手机就能做的副业,月入过万,详情咨询 13812345678",
            "六合彩内幕消息 稳赚 QQ号 123456789",
            "Click the link below to start earning with this crypto investment platform",
        ] {
            let advert = judge(text);
            assert!(advert.is_some(), "{text}");
            assert!(advert.unwrap().weight >= threshold(), "{text}");
        }
    }

    #[test]
    fn ordinary_talk_is_no_advert() {
        for text in [
            "3. 王芳 13812345678 2个 明早取",
            "店长可以加微信吗,我想订蛋糕",
            "加店长微信可以领优惠券吗",
            "小心刷单兼职的骗子,别加他微信",
            "群里有人打广告:招代理加V,群主管管",
            "这个菜谱不错 https://example.org/recipe",
            "优惠券什么时候过期",
            "我兼职做烘焙老师",
            "有人代购吗",
            "周六20:00抢购,特价吐司¥9.9",
            "please see https://bugs.example.org/1234 for the crash",
            "加VIP群有什么好处",
            "",
        ] {
            assert_eq!(judge(text), None, "{text}");
        }
    }

    #[test]
    fn spans_show_the_signs_in_the_original() {
        let text = "大家好,加❤薇.信 xyz8866 领优惠券";
        let characters: Vec<char> = text.chars().collect();
        let advert = judge(text).unwrap();
        let shown: Vec<(String, &str)> = advert
            .reasons
            .iter()
            .map(|reason| {
                let span = reason.span.start as usize..reason.span.end as usize;
                (characters[span].iter().collect(), reason.code)
            })
            .collect();
        assert!(
            shown.contains(&("加❤薇".into(), "advert.contact")),
            "{shown:?}"
        );
        assert!(
            shown.contains(&("薇.信 xyz8866".into(), "advert.account")),
            "{shown:?}"
        );
        assert!(
            shown.contains(&("优惠券".into(), "advert.lure")),
            "{shown:?}"
        );
    }

    #[test]
    fn rules_fit_their_bit_set_and_have_names() {
        assert!(RULES.list.len() <= 64);
        for rule in &RULES.list {
            assert!(
                rule.code.starts_with("advert.") == (rule.weight >= 0),
                "{}",
                rule.code
            );
        }
    }

    proptest! {
        #[test]
        fn spans_lie_inside(text in "[加微信vx+ 兼职日结❤.。0-9a-z]{0,40}") {
            if let Some(advert) = judge(&text) {
                let length = text.chars().count() as u32;
                for reason in advert.reasons {
                    prop_assert!(reason.span.start < reason.span.end && reason.span.end <= length);
                }
            }
        }

        #[test]
        fn any_text_is_judged(text in any::<String>()) {
            let _ = judge(&text);
        }
    }
}
