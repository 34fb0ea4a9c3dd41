//! What an operator changes for one run without writing a playbook of their own: another way, another
//! time, another person, or nothing at all. A rehearsal proposes these where it found a conflict.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    PlaybookError,
    schema::{Deed, Due, Mode, Playbook, Step, To},
    when::{ClockTime, Shift, When},
};

const DAY_MINUTES: i64 = 24 * 60;
/// Furthest that a step is moved, in minutes.
const FURTHEST: i64 = 7 * DAY_MINUTES;

/// What is changed about a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adjustment {
    /// Another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// So many minutes later, or earlier if negative.
    #[serde(skip_serializing_if = "is_nothing")]
    pub minutes: i64,
    /// Somebody else of the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<To>,
    /// It is not done at all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub leave_out: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_nothing(minutes: &i64) -> bool {
    *minutes == 0
}

/// What is changed, by step.
pub type Adjusted = BTreeMap<String, Adjustment>;

impl Playbook {
    /// The playbook with these changes.
    ///
    /// # Errors
    /// [`PlaybookError::Adjust`], naming the step.
    pub fn adjusted(mut self, changes: &Adjusted) -> Result<Self, PlaybookError> {
        for (name, change) in changes {
            let refuse = || PlaybookError::Adjust(name.clone());
            let phase = self
                .phases
                .iter_mut()
                .find(|phase| phase.steps.iter().any(|step| step.id == *name))
                .ok_or_else(refuse)?;
            if change.leave_out {
                phase.steps.retain(|step| step.id != *name);
                continue;
            }
            let step = phase
                .steps
                .iter_mut()
                .find(|step| step.id == *name)
                .ok_or_else(refuse)?;
            change.apply(step).ok_or_else(refuse)?;
        }
        Ok(self)
    }
}

impl Adjustment {
    fn apply(&self, step: &mut Step) -> Option<()> {
        if let Some(mode) = self.mode {
            let in_groups = matches!(step.to, To::Groups | To::Group);
            let fits = step.deed.is_post() && in_groups;
            if !fits {
                return None;
            }
            // What was to become the announcement is said instead.
            step.deed = if mode == Mode::Announce {
                Deed::Announce
            } else {
                Deed::Say
            };
            step.mode = Some(mode);
        }
        if let Some(to) = self.to {
            if !to.is_staff() || !step.to.is_staff() {
                return None;
            }
            step.to = to;
        }
        if self.minutes != 0 {
            if self.minutes.abs() > FURTHEST {
                return None;
            }
            step.due = moved(&step.due, self.minutes)?;
        }
        Some(())
    }
}

fn moved(due: &Due, minutes: i64) -> Option<Due> {
    Some(match due {
        Due::At(When::Anchor {
            anchor,
            shift,
            clock,
        }) => {
            let (shift, clock) = later(*shift, *clock, minutes);
            Due::At(When::Anchor {
                anchor: anchor.clone(),
                shift,
                clock,
            })
        }
        Due::At(When::Every { every, clock }) => Due::At(When::Every {
            every: *every,
            clock: same_day(*clock, minutes)?,
        }),
        Due::At(When::Lunar { month, day, clock }) => Due::At(When::Lunar {
            month: *month,
            day: *day,
            clock: same_day(*clock, minutes)?,
        }),
        Due::At(When::Birthday { clock }) => Due::At(When::Birthday {
            clock: same_day(*clock, minutes)?,
        }),
        Due::After { step, shift, clock } => {
            let (shift, clock) = later(*shift, *clock, minutes);
            Due::After {
                step: step.clone(),
                shift,
                clock,
            }
        }
        Due::On(_) => return None,
    })
}

/// A distance with a reading of the clock, so many minutes later.
fn later(shift: Shift, clock: Option<ClockTime>, minutes: i64) -> (Shift, Option<ClockTime>) {
    let Some(at) = clock else {
        let minutes = shift.minutes + minutes;
        return (Shift { minutes, ..shift }, None);
    };
    let read = at.minutes() + minutes;
    let days = shift.days + read.div_euclid(DAY_MINUTES);
    let clock = reading(read.rem_euclid(DAY_MINUTES));
    (Shift { days, ..shift }, Some(clock))
}

/// The reading of the clock so many minutes after midnight.
fn reading(minutes: i64) -> ClockTime {
    ClockTime {
        hour: u8::try_from(minutes / 60 % 24).unwrap_or(0),
        minute: u8::try_from(minutes % 60).unwrap_or(0),
    }
}

fn same_day(clock: ClockTime, minutes: i64) -> Option<ClockTime> {
    let read = clock.minutes() + minutes;
    (0..DAY_MINUTES).contains(&read).then(|| reading(read))
}

/// The text of a playbook with another version number, so that whoever edits one need not count.
pub fn renumbered(text: &str, version: u32) -> String {
    let mut inside = false;
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let bare = line.trim_start();
        if bare.starts_with('[') {
            inside = bare.starts_with("[playbook]");
        }
        let names_it = bare
            .strip_prefix("version")
            .is_some_and(|rest| rest.trim_start().starts_with('='));
        lines.push(if inside && names_it {
            format!("version = {version}")
        } else {
            line.to_owned()
        });
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{SHIPPED, parse};

    fn sale() -> Playbook {
        let (_, text) = SHIPPED
            .iter()
            .find(|(id, _)| *id == "flash-sale-week")
            .unwrap();
        parse(text).unwrap()
    }

    fn change(step: &str, change: Adjustment) -> Adjusted {
        Adjusted::from([(step.to_owned(), change)])
    }

    #[test]
    fn a_step_is_said_another_way_at_another_time_or_not_at_all() {
        let paste = Adjustment {
            mode: Some(Mode::Paste),
            minutes: -120,
            ..Adjustment::default()
        };
        let changed = sale().adjusted(&change("morning", paste)).unwrap();
        let (_, step) = changed.step("morning").unwrap();
        assert_eq!((step.deed, step.mode), (Deed::Say, Some(Mode::Paste)));
        let due = |step: &Step| match &step.due {
            Due::At(when) => when.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(due(step), "sale.opens_at @ 07:00");

        let later = Adjustment {
            minutes: 15 * 60,
            ..Adjustment::default()
        };
        let changed = sale().adjusted(&change("list", later.clone())).unwrap();
        assert_eq!(
            due(changed.step("list").unwrap().1),
            "sale.opens_at - 2d @ 01:00"
        );
        let changed = sale().adjusted(&change("thanks", later)).unwrap();
        assert_eq!(
            due(changed.step("thanks").unwrap().1),
            "sale.opens_at + 17h"
        );

        let out = Adjustment {
            leave_out: true,
            ..Adjustment::default()
        };
        assert!(
            sale()
                .adjusted(&change("sold", out))
                .unwrap()
                .step("sold")
                .is_none()
        );
        let other = Adjustment {
            to: Some(To::Manager),
            ..Adjustment::default()
        };
        let changed = sale()
            .adjusted(&change("questions", other.clone()))
            .unwrap();
        assert_eq!(changed.step("questions").unwrap().1.to, To::Manager);
        for (step, wrong) in [
            ("nothing", Adjustment::default()),
            ("list", other),
            (
                "rain",
                Adjustment {
                    mode: Some(Mode::Auto),
                    ..Adjustment::default()
                },
            ),
            (
                "list",
                Adjustment {
                    minutes: 8 * DAY_MINUTES,
                    ..Adjustment::default()
                },
            ),
        ] {
            let refused = sale().adjusted(&change(step, wrong)).unwrap_err();
            assert_eq!(refused, PlaybookError::Adjust(step.to_owned()));
        }
    }

    #[test]
    fn only_the_head_is_renumbered() {
        for (_, text) in SHIPPED {
            let before = parse(text).unwrap();
            let text = renumbered(text, 41);
            let after = parse(&text).unwrap();
            assert_eq!(
                after,
                Playbook {
                    version: 41,
                    ..before
                }
            );
        }
    }
}
