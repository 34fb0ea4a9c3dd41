//! Phases and steps: each due at one time, each able to do what it says to whom it says.

use super::{Checker, all};
use crate::{
    event::EventKind,
    playbook::{
        fault::Reason,
        file::{File, PhaseFile, StepFile, Word},
        schema::{AskKind, Deed, Due, Mode, Phase, Step, Subject, To, Undo},
        when::{When, is_name},
    },
    time::{DAY, HOUR},
};

/// How long after its time a post may still go out where nothing else is said, in milliseconds.
const POST_EXPIRES: i64 = 2 * HOUR;
/// The same of what people do.
const TASK_EXPIRES: i64 = DAY;
/// A text that says: never.
const NEVER: &str = "never";

impl Checker<'_> {
    pub(super) fn phases(&mut self, file: &File) -> Vec<Phase> {
        if file
            .phase
            .iter()
            .all(|phase| phase.as_ref().step.is_empty())
        {
            let at = file.playbook.span().start;
            self.fault(at, "phase", Reason::Nothing).put("what", "step");
        }
        let opens = file
            .phase
            .iter()
            .flat_map(|phase| &phase.as_ref().step)
            .any(|step| step.as_ref().deed.as_ref() == Deed::OpenGroup.as_str());
        file.phase
            .iter()
            .map(|phase| self.phase(phase.as_ref(), opens, file))
            .collect()
    }

    fn phase(&mut self, file: &PhaseFile, opens: bool, whole: &File) -> Phase {
        let id = self.name(&file.id, "phase");
        let place = format!("phase.{id}");
        let name = self.words(&file.name, &format!("{place}.name"));
        let from = file
            .from
            .as_ref()
            .and_then(|word| self.moment(word, &format!("{place}.from")));
        let until = file
            .until
            .as_ref()
            .and_then(|word| self.moment(word, &format!("{place}.until")));
        if let (Some(first), Some(last), Some(word)) = (&from, &until, &file.until)
            && (first == last || first.surely_after(last))
        {
            self.fault(word.span().start, &format!("{place}.until"), Reason::Order)
                .put("first", first)
                .put("then", last);
        }
        let enter = self.conditions(&file.enter, &format!("{place}.enter"), self.subject, None);
        let exit = self.conditions(&file.exit, &format!("{place}.exit"), self.subject, None);
        let mut phase = Phase {
            id,
            name,
            from,
            until,
            enter,
            exit,
            steps: Vec::new(),
        };
        for step in &file.step {
            if let Some(step) = self.step(step.as_ref(), &phase, opens, whole) {
                phase.steps.push(step);
            }
        }
        phase
    }

    /// A time that is one moment.
    fn moment(&mut self, word: &Word, place: &str) -> Option<When> {
        let when = self.when(word, place)?;
        if when.repeats() {
            self.fault(word.span().start, place, Reason::TimeKind)
                .put("text", word.as_ref());
            return None;
        }
        Some(when)
    }

    fn step(&mut self, file: &StepFile, phase: &Phase, opens: bool, whole: &File) -> Option<Step> {
        let id = self.name(&file.id, "step");
        let place = format!("phase.{}.step.{id}", phase.id);
        let at = file.id.span().start;
        let due = self.due(file, phase, &place, at);
        let deed: Option<Deed> = self.word(&file.deed, &format!("{place}.do"), &all(Deed::ALL));
        let to: Option<To> = self.word(&file.to, &format!("{place}.to"), &all(To::ALL));
        let mode: Option<Mode> = file
            .mode
            .as_ref()
            .and_then(|word| self.word(word, &format!("{place}.mode"), &all(Mode::ALL)));
        let undo: Option<Undo> = file
            .undo
            .as_ref()
            .and_then(|word| self.word(word, &format!("{place}.undo"), &all(Undo::ALL)));
        let conditions =
            self.conditions(&file.conditions, &format!("{place}.if"), self.subject, None);
        self.steps.push(id.clone());
        let (deed, to) = (deed?, to?);
        self.addressee(file, deed, to, opens, &place);
        let of_each = match to {
            To::Groups | To::Group => Subject::Group,
            to if to.is_private() => Subject::Member,
            _ => self.subject,
        };
        let only = self.conditions(&file.only, &format!("{place}.only"), of_each, None);
        self.fields(file, deed, to, mode, &place);
        self.copy(file, deed, whole, &place);
        if let Some(undo) = undo {
            let fits = match undo {
                Undo::None => true,
                Undo::Retract => deed.is_post(),
                Undo::Untag => deed == Deed::Tag,
                Undo::Withdraw => matches!(deed, Deed::Task | Deed::Gate) || deed.is_stub(),
                Undo::Reopen => deed == Deed::CloseGroup,
            };
            if !fits {
                self.fault(at, &format!("{place}.undo"), Reason::Field)
                    .put("field", "undo")
                    .put("deed", deed);
            }
        }
        let expires_ms = match &file.expires {
            Some(word) if word.as_ref() == NEVER => None,
            Some(word) => self.length(word, &format!("{place}.expires")),
            None if deed.is_post() => Some(POST_EXPIRES),
            None if deed == Deed::Report || deed == Deed::Task || deed.is_stub() => {
                Some(TASK_EXPIRES)
            }
            None => None,
        };
        Some(Step {
            id,
            due: due?,
            conditions,
            only,
            deed,
            to,
            of: file.of.as_ref().map(|word| word.as_ref().clone()),
            mode: mode.or_else(|| deed.is_post().then_some(Mode::Auto)),
            copy: file.copy.as_ref().map(|word| word.as_ref().clone()),
            image: file.image.as_ref().map(|word| word.as_ref().clone()),
            tag: file.tag.as_ref().map(|word| word.as_ref().clone()),
            value: file.value.as_ref().map(|word| word.as_ref().clone()),
            cap: file.cap.as_ref().map(|cap| *cap.as_ref()),
            expires_ms,
            undo: undo.unwrap_or(match deed {
                Deed::Say | Deed::Announce => Undo::Retract,
                Deed::Tag => Undo::Untag,
                Deed::Task | Deed::Gate => Undo::Withdraw,
                deed if deed.is_stub() => Undo::Withdraw,
                _ => Undo::None,
            }),
        })
    }

    fn due(&mut self, file: &StepFile, phase: &Phase, place: &str, at: usize) -> Option<Due> {
        let times = [&file.at, &file.after, &file.on, &file.every];
        let given = times.into_iter().flatten().count();
        if given != 1 {
            self.fault(at, place, Reason::TimeCount).put("given", given);
            return None;
        }
        if let Some(word) = &file.at {
            let place = format!("{place}.at");
            let when = self.when(word, &place)?;
            let (from, until) = (&phase.from, &phase.until);
            if let Some(from) = from.as_ref().filter(|from| from.surely_after(&when)) {
                self.fault(word.span().start, &place, Reason::Order)
                    .put("first", from)
                    .put("then", &when);
            }
            if let Some(until) = until.as_ref().filter(|until| when.surely_after(until)) {
                self.fault(word.span().start, &place, Reason::Order)
                    .put("first", &when)
                    .put("then", until);
            }
            return Some(Due::At(when));
        }
        if let Some(word) = &file.every {
            let place = format!("{place}.every");
            return self
                .read(word, &format!("every {}", word.as_ref()), &place)
                .map(Due::At);
        }
        if let Some(word) = &file.on {
            let known = "docs/reference";
            return self
                .word::<EventKind>(word, &format!("{place}.on"), known)
                .map(Due::On);
        }
        let word = file.after.as_ref()?;
        self.after(word, &format!("{place}.after"))
    }

    /// `24h`, `15d @ 10:00`, `thanks`, `thanks + 2d @ 10:00`.
    fn after(&mut self, word: &Word, place: &str) -> Option<Due> {
        let text = word.as_ref().trim();
        let named = text.split(['+', '@', ' ']).next().unwrap_or_default();
        let has_step = is_name(named);
        let read = if has_step {
            text.to_owned()
        } else {
            format!("start + {}", text.trim_start_matches('+'))
        };
        let when = match read.parse::<When>() {
            Ok(When::Anchor {
                anchor,
                shift,
                clock,
            }) if shift.about_minutes() >= 0 => (anchor, shift, clock),
            other => {
                let why = match other {
                    Ok(_) => "a length of time after something".to_owned(),
                    Err(why) => why.to_string(),
                };
                self.fault(word.span().start, place, Reason::Time)
                    .put("text", text)
                    .put("why", why);
                return None;
            }
        };
        let (anchor, shift, clock) = when;
        if has_step && !self.steps.contains(&anchor) {
            self.fault(word.span().start, place, Reason::After)
                .put("step", &anchor);
            return None;
        }
        Some(Due::After {
            step: has_step.then_some(anchor),
            shift,
            clock,
        })
    }

    /// Whether those can be reached by that.
    fn addressee(&mut self, file: &StepFile, deed: Deed, to: To, opens: bool, place: &str) {
        let by_deed = match deed {
            Deed::Say => !to.is_staff(),
            Deed::Announce => matches!(to, To::Groups | To::Group),
            Deed::Task | Deed::Report | Deed::Gate => to.is_staff(),
            Deed::Tag | Deed::Points => to.is_private(),
            Deed::Poster if to.is_staff() => true,
            Deed::Coupon | Deed::Poster => to.is_private() || matches!(to, To::Groups | To::Group),
            Deed::OpenGroup => to == To::Group,
            Deed::CloseGroup => to == To::Group,
        };
        let by_subject = match to {
            To::Member => self.subject == Subject::Member,
            To::Group => self.subject != Subject::Workspace || opens,
            _ => true,
        };
        if !by_deed || !by_subject {
            let subject = self.subject;
            self.fault(
                file.to.span().start,
                &format!("{place}.to"),
                Reason::Addressee,
            )
            .put("deed", deed)
            .put("to", to)
            .put("subject", subject);
        }
        let wanted: &[AskKind] = match to {
            To::Groups => &[AskKind::Groups, AskKind::Branches],
            To::Segment => &[AskKind::Segment],
            _ => &[],
        };
        match &file.of {
            None if !wanted.is_empty() => {
                self.fault(file.to.span().start, &format!("{place}.of"), Reason::Field)
                    .put("field", "of")
                    .put("deed", to);
            }
            Some(word) if wanted.is_empty() => {
                self.fault(word.span().start, &format!("{place}.of"), Reason::Field)
                    .put("field", "of")
                    .put("deed", to);
            }
            Some(word) => self.refer(word, wanted, &format!("{place}.of")),
            None => {}
        }
    }

    /// A reference to an answer of one of these kinds.
    fn refer(&mut self, word: &Word, kinds: &[AskKind], place: &str) {
        let at = word.span().start;
        let kind = self
            .asks
            .iter()
            .find(|ask| ask.key == *word.as_ref())
            .map(|ask| ask.kind);
        match kind {
            None => {
                self.fault(at, place, Reason::Ask)
                    .put("name", word.as_ref());
            }
            Some(kind) if !kinds.contains(&kind) => {
                self.fault(at, place, Reason::AskKind)
                    .put("name", word.as_ref())
                    .put("kind", kind)
                    .put("wanted", all(kinds));
            }
            Some(_) => {}
        }
    }

    fn fields(&mut self, file: &StepFile, deed: Deed, to: To, mode: Option<Mode>, place: &str) {
        let at = file.id.span().start;
        let in_groups = matches!(to, To::Groups | To::Group);
        let mode_fits = match mode {
            None => true,
            Some(Mode::Announce) => deed == Deed::Announce && in_groups,
            Some(Mode::Paste) => in_groups && (deed == Deed::Say || deed.is_stub()),
            Some(_) => deed.is_post(),
        };
        let gate_fits = deed != Deed::Gate
            || (file.on.is_none() && file.every.is_none() && file.expires.is_none());
        let wrong = [
            ((deed == Deed::Tag) != file.tag.is_some()).then_some("tag"),
            (deed == Deed::Tag && file.copy.is_some()).then_some("copy"),
            (file.value.is_some() && !deed.is_stub()).then_some("value"),
            (!mode_fits).then_some("mode"),
            (!gate_fits).then_some("expires"),
            (file.cap.as_ref().is_some_and(|cap| *cap.as_ref() == 0)).then_some("cap"),
        ];
        for field in wrong.into_iter().flatten() {
            self.fault(at, &format!("{place}.{field}"), Reason::Field)
                .put("field", field)
                .put("deed", deed);
        }
        if let Some(word) = &file.image {
            self.refer(word, &[AskKind::Image], &format!("{place}.image"));
        }
        if let Some(word) = &file.value {
            let kinds = [
                AskKind::Number,
                AskKind::Money,
                AskKind::Text,
                AskKind::Product,
            ];
            self.refer(word, &kinds, &format!("{place}.value"));
        }
    }

    fn copy(&mut self, file: &StepFile, deed: Deed, whole: &File, place: &str) {
        match &file.copy {
            None if deed.speaks() => {
                self.fault(file.id.span().start, place, Reason::CopyMissing)
                    .put("deed", deed);
            }
            Some(word) if !whole.text.contains_key(word.as_ref()) => {
                self.fault(
                    word.span().start,
                    &format!("{place}.copy"),
                    Reason::CopyUnknown,
                )
                .put("name", word.as_ref());
            }
            _ => {}
        }
    }
}
