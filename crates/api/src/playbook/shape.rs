//! The shapes in which playbooks go out.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use yutang_app::playbook::{
    Begun, Checked, Conflict, Listed, Rehearsal, RehearsedStep, RunStep, Shown,
};
use yutang_domain::{
    id::PlaybookRunId,
    playbook::{Ask, Fault, Mode, Phase, Skip, Usual, Words},
    time::Timestamp,
};

use super::AdjustmentIn;

/// Words in the three languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WordsOut {
    /// 简体中文.
    #[serde(rename = "zh-Hans")]
    pub zh_hans: String,
    /// 繁體中文.
    #[serde(rename = "zh-Hant")]
    pub zh_hant: String,
    /// English.
    pub en: String,
}

impl From<Words> for WordsOut {
    fn from(words: Words) -> Self {
        Self {
            zh_hans: words.zh_hans,
            zh_hant: words.zh_hant,
            en: words.en,
        }
    }
}

/// A fault of a text or an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FaultOut {
    /// Line of the text, from 1; 0 for answers.
    pub line: usize,
    /// Its place: `phase.warm.step.notice.at`, `answer.gift`.
    pub place: String,
    /// Code of its sentence in the catalogue `playbook`.
    pub code: &'static str,
    /// What the sentence names.
    pub args: BTreeMap<&'static str, String>,
    /// Whether one can go on in spite of it.
    pub warning: bool,
}

impl From<Fault> for FaultOut {
    fn from(fault: Fault) -> Self {
        Self {
            warning: fault.is_warning(),
            line: fault.line,
            place: fault.place,
            code: fault.reason.as_str(),
            args: fault.args,
        }
    }
}

/// A playbook in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaybookRowOut {
    /// Its name.
    pub name: String,
    /// The version that new runs begin with.
    pub version: u32,
    /// What people call it.
    pub title: WordsOut,
    /// What it is for.
    pub aim: WordsOut,
    /// workspace, group or member: what one run is about.
    pub subject: &'static str,
    /// once, start, join, order, event, year or month: what makes a new run.
    pub key: &'static str,
    /// Whether people here wrote it.
    pub own: bool,
    /// Whether it also comes with the program.
    pub shipped: bool,
    /// Whether it can be started by hand.
    pub by_hand: bool,
    /// Whether it begins by itself once it is switched on.
    pub by_itself: bool,
    /// Since when it begins by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub on_since: Option<Timestamp>,
    /// Runs under way.
    pub running: i64,
    /// Of these, runs that wait for a yes.
    pub held: i64,
    /// Runs that ended.
    pub ended: i64,
}

impl From<Listed> for PlaybookRowOut {
    fn from(found: Listed) -> Self {
        use yutang_domain::playbook::Trigger;
        let by_hand = |trigger: &Trigger| matches!(trigger, Trigger::Hand { .. });
        let playbook = found.playbook;
        Self {
            by_hand: playbook.triggers.iter().any(by_hand),
            by_itself: !playbook.triggers.iter().all(by_hand),
            name: playbook.id,
            version: playbook.version,
            title: playbook.title.into(),
            aim: playbook.aim.into(),
            subject: playbook.subject.as_str(),
            key: playbook.key.as_str(),
            own: found.own,
            shipped: found.shipped,
            on_since: found.on_since,
            running: found.running,
            held: found.held,
            ended: found.ended,
        }
    }
}

/// A word to choose.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChoiceOut {
    /// The word that is kept.
    pub word: String,
    /// What people read.
    pub label: WordsOut,
}

/// A question.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AskOut {
    /// The answer's name.
    pub key: String,
    /// text, number, money, time, day, groups, branches, staff, segment, product, image or choice.
    pub kind: &'static str,
    /// The question.
    pub label: WordsOut,
    /// What helps to answer it.
    pub hint: Option<WordsOut>,
    /// What to choose from.
    pub choices: Vec<ChoiceOut>,
    /// The answer where none is given, in the three languages.
    pub default: Option<WordsOut>,
    /// Whether it has to be answered.
    pub required: bool,
}

impl From<Ask> for AskOut {
    fn from(ask: Ask) -> Self {
        Self {
            key: ask.key,
            kind: ask.kind.as_str(),
            label: ask.label.into(),
            hint: ask.hint.map(WordsOut::from),
            choices: ask
                .choices
                .into_iter()
                .map(|choice| ChoiceOut {
                    word: choice.word,
                    label: choice.label.into(),
                })
                .collect(),
            default: ask.default.map(|usual| match usual {
                Usual::Said(words) => words.into(),
                Usual::Plain(list) => {
                    let text = list.join("\n");
                    WordsOut {
                        zh_hans: text.clone(),
                        zh_hant: text.clone(),
                        en: text,
                    }
                }
            }),
            required: ask.required,
        }
    }
}

/// A step as it is written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaybookStepOut {
    /// Its name.
    pub id: String,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: &'static str,
    /// To whom.
    pub to: &'static str,
    /// By which way.
    pub mode: Option<&'static str>,
}

/// A stretch of steps.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PhaseOut {
    /// Its name.
    pub id: String,
    /// What people call it.
    pub name: WordsOut,
    /// Its steps.
    pub steps: Vec<PlaybookStepOut>,
}

impl From<Phase> for PhaseOut {
    fn from(phase: Phase) -> Self {
        Self {
            id: phase.id,
            name: phase.name.into(),
            steps: phase
                .steps
                .into_iter()
                .map(|step| PlaybookStepOut {
                    id: step.id,
                    deed: step.deed.as_str(),
                    to: step.to.as_str(),
                    mode: step.mode.map(Mode::as_str),
                })
                .collect(),
        }
    }
}

/// A check as it is written.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckOut {
    /// Its name.
    pub id: String,
    /// Why.
    pub reason: WordsOut,
    /// Whether one may start in spite of it.
    pub warn: bool,
}

/// One playbook.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaybookOut {
    /// What stands in the list.
    #[serde(flatten)]
    pub row: PlaybookRowOut,
    /// What an operator fills in.
    pub asks: Vec<AskOut>,
    /// What it does.
    pub phases: Vec<PhaseOut>,
    /// What has to be so before.
    pub checks: Vec<CheckOut>,
    /// Its text.
    pub text: String,
}

impl From<Shown> for PlaybookOut {
    fn from(shown: Shown) -> Self {
        let playbook = shown.listed.playbook.clone();
        Self {
            row: shown.listed.into(),
            asks: playbook.asks.into_iter().map(AskOut::from).collect(),
            phases: playbook.phases.into_iter().map(PhaseOut::from).collect(),
            checks: playbook
                .checks
                .into_iter()
                .map(|check| CheckOut {
                    id: check.id,
                    reason: check.reason.into(),
                    warn: check.warn,
                })
                .collect(),
            text: shown.text,
        }
    }
}

/// What would mend a conflict.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RemedyOut {
    /// paste, move, manager, host, leave_out, answer, store, staff or edit.
    pub word: &'static str,
    /// The step.
    pub step: String,
    /// What is to be changed about it, if that alone mends it.
    pub change: Option<AdjustmentIn>,
    /// The question, if one is to be answered.
    pub ask: Option<String>,
    /// What one taps on.
    pub label: WordsOut,
}

/// What stands in the way of a step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConflictOut {
    /// quota, cap, quiet, nobody, duty, unstaffed, stock, variable, picture, claim, reach, many,
    /// unknown or text.
    pub kind: &'static str,
    /// In how many groups, or for how many people.
    pub count: i64,
    /// Some of them by name.
    pub names: Vec<String>,
    /// The sentence.
    pub reason: WordsOut,
    /// What would mend it.
    pub remedy: Option<RemedyOut>,
}

impl From<Conflict> for ConflictOut {
    fn from(found: Conflict) -> Self {
        Self {
            kind: found.kind.as_str(),
            count: found.count,
            names: found.names,
            reason: found.reason.into(),
            remedy: found.remedy.map(|remedy| RemedyOut {
                word: remedy.word.as_str(),
                step: remedy.step,
                change: remedy.change.map(|change| AdjustmentIn {
                    mode: change.mode,
                    minutes: change.minutes,
                    to: change.to,
                    leave_out: change.leave_out,
                }),
                ask: remedy.ask,
                label: remedy.label.into(),
            }),
        }
    }
}

/// A step as it would be done, or left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RehearsedStepOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Its phase.
    pub phase: String,
    /// Its name.
    pub step: String,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: &'static str,
    /// To whom.
    pub to: &'static str,
    /// For how many groups or people, or how many tasks; null = nobody knows yet.
    pub count: Option<i64>,
    /// How many of those addressed could not have it.
    pub missed: i64,
    /// The words.
    pub text: String,
    /// auto, broadcast, paste, announce, private, task or tag.
    pub mode: &'static str,
    /// Why it is left out, as a word of `playbook.skip`.
    pub skip: Option<&'static str>,
    /// What stands in its way.
    pub conflicts: Vec<ConflictOut>,
}

impl From<RehearsedStep> for RehearsedStepOut {
    fn from(step: RehearsedStep) -> Self {
        Self {
            at: step.at,
            phase: step.phase,
            step: step.step,
            deed: step.deed.as_str(),
            to: step.to.as_str(),
            count: step.count,
            missed: step.missed,
            text: step.text,
            mode: step.mode,
            skip: step.skip.map(Skip::as_str),
            conflicts: step.conflicts.into_iter().map(ConflictOut::from).collect(),
        }
    }
}

/// A check before the start.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CheckedOut {
    /// Its name.
    pub id: String,
    /// Why.
    pub reason: WordsOut,
    /// Whether one may start in spite of it.
    pub warn: bool,
    /// Whether it holds; null = somebody has to say so.
    pub holds: Option<bool>,
    /// Whether a person says it, and not the program.
    pub by_hand: bool,
}

impl From<Checked> for CheckedOut {
    fn from(check: Checked) -> Self {
        Self {
            id: check.id,
            reason: check.reason.into(),
            warn: check.warn,
            holds: check.holds,
            by_hand: check.by_hand,
        }
    }
}

/// What a run would do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RehearsalOut {
    /// When it would begin.
    #[schema(value_type = String, format = DateTime)]
    pub begins_at: Timestamp,
    /// The moment it is about.
    #[schema(value_type = String, format = DateTime)]
    pub start: Timestamp,
    /// What is wrong with the answers, and what is worth knowing about them.
    pub faults: Vec<FaultOut>,
    /// How the checks before the start stand.
    pub checks: Vec<CheckedOut>,
    /// What it would do, in order.
    pub steps: Vec<RehearsedStepOut>,
    /// How many things stand in the way.
    pub conflicts: usize,
    /// What groups and people would be told.
    pub messages: i64,
    /// What people of the house would have to do.
    pub tasks: i64,
    /// Money that its steps name, in hundredths of the currency.
    pub cost_minor: i64,
    /// Whether it goes on behind the last step told.
    pub goes_on: bool,
}

impl From<Rehearsal> for RehearsalOut {
    fn from(told: Rehearsal) -> Self {
        Self {
            begins_at: told.begins_at,
            start: told.start,
            faults: told.faults.into_iter().map(FaultOut::from).collect(),
            checks: told.checks.into_iter().map(CheckedOut::from).collect(),
            steps: told.steps.into_iter().map(RehearsedStepOut::from).collect(),
            conflicts: told.conflicts,
            messages: told.messages,
            tasks: told.tasks,
            cost_minor: told.cost_minor,
            goes_on: told.goes_on,
        }
    }
}

/// A step that was handled.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RunStepOut {
    /// Its name; of a phase that was left, the phase.
    pub step: String,
    /// When it was due.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// What it does.
    #[serde(rename = "do")]
    pub deed: String,
    /// done, skipped or left.
    pub outcome: String,
    /// Why it was left out, as a code.
    pub reason: Option<String>,
    /// By which way.
    pub mode: Option<String>,
    /// For how many groups or people, or how many tasks.
    pub count: i64,
    /// How many could not have it.
    pub missed: i64,
    /// What became of it: `broadcast:…`, `task:…`, `outbox:…`.
    pub made: Vec<String>,
    /// When it was handled.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<RunStep> for RunStepOut {
    fn from(step: RunStep) -> Self {
        Self {
            step: step.step,
            due_at: step.due_at,
            deed: step.deed,
            outcome: step.outcome,
            reason: step.reason,
            mode: step.mode,
            count: step.count,
            missed: step.missed,
            made: step.made,
            at: step.at,
        }
    }
}

/// What began.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BegunOut {
    /// The run; null if it was switched on and begins by itself.
    #[schema(value_type = Option<String>)]
    pub run: Option<PlaybookRunId>,
    /// What it has done and left out already.
    pub steps: Vec<RunStepOut>,
    /// What is worth knowing.
    pub hints: Vec<FaultOut>,
}

impl From<Begun> for BegunOut {
    fn from(begun: Begun) -> Self {
        Self {
            run: begun.run.map(|run| run.id),
            steps: begun
                .steps
                .into_iter()
                .map(|step| RunStep::from(step).into())
                .collect(),
            hints: begun.hints.into_iter().map(FaultOut::from).collect(),
        }
    }
}
