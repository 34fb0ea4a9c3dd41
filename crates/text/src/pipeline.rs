//! Everything that moderation reads from a text, in one pass: signs with their places and points.
//!
//! Points are on the scale of [`yutang_domain::moderation`]: 100 of one kind are enough in a group
//! kept as most are. Signs for and against an advert are weighed as [`crate::advert`] weighs them.
//! A model adds what its opinion exceeds the rules by, never more, so that the two of them do not
//! accuse twice for the same words; its threshold lies at 100 points.

use std::sync::Arc;

use serde::Serialize;
use yutang_domain::{
    group::Standing,
    moderation::{Case, Decision, ENOUGH, Hit, HitKind, Strictness, decide},
};

use crate::{
    advert,
    classify::{Opinion, Views},
    complaint,
    contact::{self, Contact, Kind},
    evasion::Canonical,
    fold::{Folded, Span},
    insult,
    lexicon::{self, RuleSet},
    model::Model,
    near::{self, Signature},
};

/// Points of a contact by itself: a phone number in an order list must never be enough.
const fn contact_points(kind: Kind) -> i32 {
    match kind {
        Kind::Phone => 30,
        Kind::Link => 40,
        Kind::Telegram | Kind::Group => 50,
        Kind::Qq | Kind::Wechat => 60,
    }
}

/// Points of a Telegram name as a sign of an advert.
const TELEGRAM: i32 = 50;
/// Points for each unit of log odds above a model's threshold.
const PER_ODDS: f64 = 25.0;
/// Most points of a model.
const MODEL_MAX: i32 = 250;
/// Most signs that are shown; those with points always are.
const HITS_MAX: usize = 200;

/// What texts are read with.
#[derive(Clone, Debug, Default)]
pub struct Pipeline {
    /// The workspace's words and rules.
    pub rules: Arc<RuleSet>,
    /// The workspace's model, if it has trained one.
    pub model: Option<Arc<Model>>,
}

/// What was read from a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// The canonical text.
    pub folded: String,
    /// All signs, by place; of a text full of them the first 200, and all that have points.
    pub hits: Vec<Hit>,
    /// Ways to be reached, without the workspace's own.
    pub contacts: Vec<Contact>,
    /// What the model says.
    pub opinion: Option<Opinion>,
    /// What near duplicates are found by; `None` of texts too short to be told apart.
    #[serde(skip)]
    pub signature: Option<Signature>,
}

impl Check {
    /// Points of a kind.
    pub fn points(&self, kind: HitKind) -> i32 {
        self.hits
            .iter()
            .filter(|hit| hit.kind == kind)
            .fold(0, |sum: i32, hit| sum.saturating_add(hit.weight))
    }

    /// What would follow for a member who has just come and never did anything.
    pub fn decision(&self) -> Decision {
        decide(&Case {
            hits: &self.hits,
            standing: Standing::Member,
            trusted: false,
            strikes: 0,
            reports: 0,
            days: 0,
            bare_card: false,
            paid: false,
            strictness: Strictness::Normal,
        })
    }

    /// How sure the program is that the text is unwanted: only the order counts.
    pub fn score(&self) -> f64 {
        let odds = self.opinion.map_or(0.0, |opinion| opinion.probability);
        f64::from(self.points(HitKind::Advert)) + odds
    }
}

impl Pipeline {
    /// Reads a text.
    pub fn check(&self, text: &str) -> Check {
        let folded = Folded::new(text);
        let canonical = Canonical::new(&folded);
        let (own, contacts): (Vec<Contact>, Vec<Contact>) =
            contact::find_folded(&folded, &canonical)
                .into_iter()
                .partition(|one| self.rules.allows(one));
        let mut spared = self.rules.allowed(&folded);
        spared.extend(own.iter().map(|contact| contact.span));

        let mut hits: Vec<Hit> = Vec::new();
        let scale = |points: i32| points * ENOUGH / advert::threshold().max(1);
        for sign in advert::weigh(&folded, &canonical) {
            hits.push(hit(
                HitKind::Advert,
                sign.span,
                sign.code,
                scale(sign.weight),
            ));
        }
        hits.extend(lexicon::BUILT_IN.hits(&folded, &canonical));
        hits.extend(self.rules.hits(&folded, &canonical));
        let mut told = Vec::new();
        for contact in &contacts {
            let first = !told.contains(&contact.kind);
            told.push(contact.kind);
            let points = if first {
                contact_points(contact.kind)
            } else {
                0
            };
            hits.push(hit(
                HitKind::Contact,
                contact.span,
                contact.kind.sign(),
                points,
            ));
            if first && contact.kind == Kind::Telegram {
                hits.push(hit(
                    HitKind::Advert,
                    contact.span,
                    "advert.telegram",
                    TELEGRAM,
                ));
            }
        }
        for insult in insult::find_folded(&folded, &canonical) {
            hits.push(hit(
                HitKind::Insult,
                insult.span,
                insult.code,
                insult.weight,
            ));
        }
        if let Some(complaint) = complaint::judge_folded(&folded) {
            hits.push(hit(HitKind::Complaint, complaint.span, "complaint", ENOUGH));
        }
        hits.retain(|hit| !is_spared(hit, &spared));

        let opinion = self.model.as_ref().map(|model| {
            let views = Views::new(text, &folded, &canonical);
            let opinion = model.judge_views(&views);
            let points = model_points(opinion.probability, model.threshold());
            let known: i32 = hits
                .iter()
                .filter(|hit| hit.kind == HitKind::Advert && hit.weight > 0)
                .map(|hit| hit.weight)
                .sum();
            if points > known {
                explain(model, &views, points - known, &mut hits);
            }
            opinion
        });
        hits.sort_by(|a, b| a.span.cmp(&b.span).then_with(|| a.reason.cmp(&b.reason)));
        let mut room = HITS_MAX;
        hits.retain(|hit| {
            let shown = hit.weight != 0 || room > 0;
            room = room.saturating_sub(1);
            shown
        });
        Check {
            signature: near::signature_canonical(&canonical),
            folded: canonical.text().to_owned(),
            hits,
            contacts,
            opinion,
        }
    }
}

fn hit(kind: HitKind, span: Span, reason: &str, weight: i32) -> Hit {
    Hit {
        kind,
        span: Some((span.start, span.end)),
        reason: reason.to_owned(),
        weight,
    }
}

/// Whether a sign lies in what the workspace allows.
fn is_spared(hit: &Hit, spared: &[Span]) -> bool {
    hit.weight >= 0
        && hit.span.is_some_and(|(start, end)| {
            spared.iter().any(|span| {
                let overlap = end.min(span.end).saturating_sub(start.max(span.start));
                overlap * 2 > end - start
            })
        })
}

/// Points of a probability: 100 at the threshold, 25 more or less for each unit of log odds.
fn model_points(probability: f64, threshold: f64) -> i32 {
    let odds = |p: f64| {
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        (p / (1.0 - p)).ln()
    };
    let points = f64::from(ENOUGH) + PER_ODDS * (odds(probability) - odds(threshold));
    // Rounding must not lift what lies below the threshold.
    (points.floor() as i32).clamp(0, MODEL_MAX)
}

/// Shares a model's points out to the parts of the text that made them.
fn explain(model: &Model, views: &Views, points: i32, hits: &mut Vec<Hit>) {
    let parts = model.explain(views);
    let all: f64 = parts.iter().map(|part| part.share).sum();
    let mut left = points;
    for part in parts.iter().skip(1) {
        let share = (f64::from(points) * part.share / all).floor() as i32;
        left -= share;
        hits.push(hit(HitKind::Advert, part.span, "model", share));
    }
    hits.push(Hit {
        kind: HitKind::Advert,
        span: parts.first().map(|part| (part.span.start, part.span.end)),
        reason: "model".to_owned(),
        weight: left,
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use yutang_domain::moderation::Outcome;

    use super::*;
    use crate::classify::Mark;

    fn outcome(text: &str) -> Outcome {
        Pipeline::default().check(text).decision().outcome()
    }

    #[test]
    fn one_text_gets_one_decision() {
        assert_eq!(outcome("今天的吐司还有吗"), Outcome::Allow);
        assert_eq!(outcome("兼职刷单,日结200,加V:abc12345"), Outcome::Gentle);
        assert_eq!(outcome("尖职刷丹 日洁,家威 abc12345"), Outcome::Gentle);
        assert_eq!(outcome("吐司里有头发,退钱"), Outcome::Alarm);
        assert_eq!(outcome("你个傻逼"), Outcome::Gentle);
        assert_eq!(outcome("3. 王芳 13812345678 2个 明早取"), Outcome::Allow);
    }

    #[test]
    fn hits_show_what_they_are_held_against() {
        let text = "大家好,jia薇❤ abc12345";
        let check = Pipeline::default().check(text);
        let shown: Vec<(String, &str)> = check
            .hits
            .iter()
            .map(|hit| {
                let (from, to) = hit.span.unwrap();
                let part = text.chars().skip(from as usize).take((to - from) as usize);
                (part.collect(), hit.reason.as_str())
            })
            .collect();
        assert!(
            shown.contains(&("jia薇❤".into(), "advert.contact")),
            "{shown:?}"
        );
        assert!(
            shown.contains(&("jia薇❤ abc12345".into(), "contact.wechat")),
            "{shown:?}"
        );
        assert_eq!(check.folded, "大家好加微信abc12345");
    }

    #[test]
    fn what_the_workspace_owns_is_spared() {
        let text = "领优惠券 https://m.shop.example/a 加微信 our_service1";
        assert_eq!(outcome(text), Outcome::Gentle);
        let rules = RuleSet::parse(
            "[allow]\nwords = ['优惠券']\nhosts = ['shop.example']\naccounts = ['our_service1']",
        )
        .unwrap();
        let own = Pipeline {
            rules: Arc::new(rules),
            model: None,
        };
        let check = own.check(text);
        assert_eq!(
            check.decision().outcome(),
            Outcome::Allow,
            "{:?}",
            check.hits
        );
        assert_eq!(check.contacts, []);
    }

    #[test]
    fn a_model_adds_what_the_rules_do_not_know() {
        let texts: Vec<(String, bool)> = (0..60)
            .map(|n| {
                if n % 2 == 0 {
                    (format!("阳澄湖蟹卡转让{n}张"), true)
                } else {
                    (format!("下班过来拿{n}个吐司"), false)
                }
            })
            .collect();
        let marks: Vec<Mark<'_>> = texts
            .iter()
            .map(|(text, unwanted)| Mark {
                text,
                unwanted: *unwanted,
            })
            .collect();
        let pipeline = Pipeline {
            rules: Arc::default(),
            model: Some(Arc::new(Model::train(&marks, 1).unwrap())),
        };
        let check = pipeline.check("蟹卡转让两张");
        assert_eq!(check.decision().outcome(), Outcome::Gentle, "{check:?}");
        assert!(
            check
                .hits
                .iter()
                .any(|hit| hit.reason == "model" && hit.weight > 0)
        );
        let calm = pipeline.check("拿三个吐司");
        assert_eq!(calm.decision().outcome(), Outcome::Allow, "{calm:?}");
    }

    #[test]
    fn a_threshold_is_worth_a_hundred_points() {
        for threshold in [0.1, 0.5, 0.9] {
            assert_eq!(model_points(threshold, threshold), 100);
            assert!(model_points(threshold - 0.01, threshold) < 100);
        }
        assert_eq!(model_points(0.0, 0.5), 0);
        assert_eq!(model_points(1.0, 0.5), MODEL_MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_checked(text in any::<String>()) {
            let check = Pipeline::default().check(&text);
            let count = text.chars().count() as u32;
            for (from, to) in check.hits.iter().filter_map(|hit| hit.span) {
                prop_assert!(from < to && to <= count);
            }
        }
    }
}
