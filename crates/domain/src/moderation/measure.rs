//! What is done at which step.

use super::{HitKind, Measure, Tone};
use crate::time::{DAY, HOUR, MINUTE};

/// For how long somebody is kept from writing, in milliseconds.
pub(super) fn cool_off(measures: &[Measure], tone: Tone) -> Option<i64> {
    measures
        .contains(&Measure::CoolOff)
        .then_some(if tone == Tone::Hard { DAY } else { 30 * MINUTE })
}

/// After how long somebody may come back, in milliseconds.
pub(super) fn way_back(measures: &[Measure], tone: Tone) -> Option<i64> {
    (measures.contains(&Measure::Remove) && tone == Tone::Neutral).then_some(4 * HOUR)
}

/// Whether it is talk that got out of hand, which nobody from outside brought.
pub(super) const fn is_heated(kind: HitKind) -> bool {
    matches!(kind, HitKind::Flood | HitKind::Insult | HitKind::Quarrel)
}

/// Talk that got out of hand cools off; what intrudes is put out.
pub(super) fn measures(kind: HitKind, tone: Tone, down: bool, paid: bool) -> Vec<Measure> {
    let heated = is_heated(kind);
    let mut measures = vec![Measure::Notice];
    match (tone, kind) {
        (_, HitKind::OffTopic) => {}
        (Tone::Gentle, _) => {
            if down && !heated {
                measures.push(Measure::Delete);
            }
            if kind == HitKind::Quarrel {
                measures.push(Measure::CoolOff);
            }
        }
        (Tone::Neutral, _) if heated => measures.push(Measure::CoolOff),
        (Tone::Neutral | Tone::Hard, _) => {
            measures.push(Measure::Delete);
            measures.push(if paid {
                Measure::Review
            } else {
                Measure::Remove
            });
        }
    }
    measures
}
