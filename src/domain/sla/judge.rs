//! The one walk over an incident's timeline that moves both clocks (R19–R28).

use chrono::{DateTime, Utc};

use crate::domain::{
    incident::{CloseReason, Event, Incident, Label, What},
    priority::Grade,
    sla::{
        Basis, BreachCause, ClockState, OnRaise, Policy, Reopen, Start, Step, Verdict, WhichClock,
        run::{Phase, Run, Stop},
        tags::Tags,
    },
};

/// What moved a clock.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause<'a> {
    /// The incident was opened.
    Opened,
    /// An event of its timeline.
    Did(&'a Event),
    /// It is known to be closed, by a list that shows no events.
    KnownClosed(CloseReason),
    /// Nobody did anything.
    Time,
}

/// One line of evidence before it is put into words.
#[derive(Debug)]
pub(super) struct Note<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) clock: WhichClock,
    pub(super) step: Step,
    pub(super) cause: Cause<'a>,
    /// The rule in force, by its place in the policy.
    pub(super) rule: Option<usize>,
}

/// The state of the walk at its cursor.
pub(super) struct Walk<'a> {
    incident: &'a Incident,
    policy: &'a Policy,
    cursor: DateTime<Utc>,
    basis: Basis,
    /// Labels that decide by what it is judged.
    tags: Tags<'a>,
    /// The last change of such a label at the cursor that has not reached the clocks yet.
    relabeled: Option<&'a Event>,
    /// Pause labels that a maintainer has set and nobody has ended.
    pauses: Vec<&'a Label>,
    is_started: bool,
    answer: Option<Stop>,
    close: Option<(Stop, CloseReason)>,
    response: Run,
    fix: Run,
    notes: Option<Vec<Note<'a>>>,
}

impl<'a> Walk<'a> {
    pub(super) fn verdict(incident: &'a Incident, policy: &'a Policy, now: DateTime<Utc>) -> Verdict {
        let mut walk = Self::new(incident, policy, None);
        walk.run(now);
        walk.finish()
    }

    pub(super) fn notes(incident: &'a Incident, policy: &'a Policy, now: DateTime<Utc>) -> Vec<Note<'a>> {
        let mut walk = Self::new(incident, policy, Some(Vec::new()));
        walk.run(now);
        walk.notes.unwrap_or_default()
    }

    fn new(incident: &'a Incident, policy: &'a Policy, notes: Option<Vec<Note<'a>>>) -> Self {
        let tags = Tags::at_opening(incident, policy);
        Self {
            incident,
            policy,
            cursor: incident.opened_at,
            basis: tags.basis(),
            tags,
            relabeled: None,
            pauses: Vec::new(),
            is_started: false,
            answer: None,
            close: None,
            response: Run::new(WhichClock::Response, incident.opened_at),
            fix: Run::new(WhichClock::Fix, incident.opened_at),
            notes,
        }
    }

    fn run(&mut self, now: DateTime<Utc>) {
        if now < self.incident.opened_at {
            return;
        }
        self.is_started = self.policy.start == Start::Created || self.tags.has_priority();
        self.settle_phases(Cause::Opened);
        let incident = self.incident;
        let mut unlisted = unlisted_close(incident).filter(|(at, _)| *at <= now);
        for event in incident.timeline.iter().filter(|event| event.at <= now) {
            if let Some((at, reason)) = unlisted.take_if(|(at, _)| *at < event.at) {
                self.close_unlisted(at, reason);
            }
            self.advance(event.at);
            self.take(event);
        }
        if let Some((at, reason)) = unlisted {
            self.close_unlisted(at, reason);
        }
        self.advance(now);
        self.settle_grade();
    }

    /// Counts the time up to `to`. An event dated before its predecessor counts as simultaneous with it.
    fn advance(&mut self, to: DateTime<Utc>) {
        if to <= self.cursor {
            return;
        }
        // Only now: a swap of labels within one second is one change, not a moment without a priority.
        self.settle_grade();
        let target = self.policy.promise(self.basis);
        for run in [&mut self.response, &mut self.fix] {
            if run.phase != Phase::Running {
                continue;
            }
            run.count(target.calendar, self.cursor, to);
            if let Some(promise) = target.of(run.which).filter(|promise| *promise < run.elapsed && !run.is_over) {
                let at = run.over_after(target.calendar, promise);
                run.breach(at, BreachCause::Time, self.basis);
                note(&mut self.notes, at, run.which, Step::Breach, Cause::Time, self.basis);
            }
        }
        self.cursor = to;
    }

    fn take(&mut self, event: &'a Event) {
        match &event.what {
            What::Labeled(label) => self.label(label, event),
            What::Unlabeled(label) => self.unlabel(label, event),
            What::Commented => {
                if self.is_by_author(event) {
                    self.pauses.clear();
                }
                self.respond(event);
            }
            What::Assigned(_) | What::Reviewed => self.respond(event),
            What::Closed(reason) => {
                self.respond(event);
                self.close(*reason);
            }
            What::Reopened => self.reopen(event),
            What::Unassigned(_) | What::Merged | What::Renamed | What::Acted => {}
        }
        self.settle_phases(Cause::Did(event));
    }

    fn label(&mut self, label: &'a Label, event: &'a Event) {
        if self.tags.set(label) {
            self.relabeled = Some(event);
        }
        let is_team = event.actor.as_ref().is_some_and(|actor| self.policy.is_team(actor));
        if is_team && self.policy.is_pause(label) && !self.pauses.contains(&label) {
            self.pauses.push(label);
        }
    }

    fn unlabel(&mut self, label: &Label, event: &'a Event) {
        if self.tags.remove(label) {
            self.relabeled = Some(event);
        }
        self.pauses.retain(|on| *on != label);
    }

    fn is_by_author(&self, event: &Event) -> bool {
        event.actor.as_ref().is_some_and(|actor| self.incident.author.as_ref() == Some(&actor.login))
    }

    fn respond(&mut self, event: &'a Event) {
        let is_team = event.actor.as_ref().is_some_and(|actor| self.policy.is_team(actor));
        if self.answer.is_some() || !is_team || self.is_by_author(event) {
            return;
        }
        self.settle_grade();
        // An answer after the close is judged by what was promised at the close: no time has counted since.
        let basis = self.close.map_or(self.basis, |(stop, _)| stop.basis);
        self.answer = Some(Stop { at: self.cursor, basis });
        if self.response.phase == Phase::Stopped {
            note(&mut self.notes, self.cursor, WhichClock::Response, Step::Stop, Cause::Did(event), basis);
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.settle_grade();
        // Closing what is closed corrects the reason and leaves the time.
        let stop = self.close.map_or(Stop { at: self.cursor, basis: self.basis }, |(stop, _)| stop);
        self.close = Some((stop, reason));
    }

    fn close_unlisted(&mut self, at: DateTime<Utc>, reason: CloseReason) {
        self.advance(at);
        self.close(reason);
        self.settle_phases(Cause::KnownClosed(reason));
    }

    fn reopen(&mut self, event: &'a Event) {
        self.settle_grade();
        let Some((closed, _)) = self.close.take() else { return };
        let cause = Cause::Did(event);
        if closed.basis != self.basis {
            let step = Step::Retarget(self.basis.grade);
            note(&mut self.notes, self.cursor, WhichClock::Fix, step, cause, self.basis);
        }
        if self.policy.reopen == Reopen::Restart {
            self.fix.restart();
        }
        self.retarget(cause);
    }

    /// Brings a change of the labels that decide to the clocks.
    fn settle_grade(&mut self) {
        let Some(event) = self.relabeled.take() else { return };
        let cause = Cause::Did(event);
        if self.tags.has_priority() && !self.is_started {
            self.is_started = true;
            self.settle_phases(cause);
        }
        let old = std::mem::replace(&mut self.basis, self.tags.basis());
        if old == self.basis {
            return;
        }
        // A rule that comes or goes is no raise: only a more urgent priority is.
        let is_raise = old.grade != Grade::Untriaged && self.basis.grade < old.grade;
        for run in [&mut self.response, &mut self.fix] {
            if run.phase == Phase::Stopped {
                continue;
            }
            note(&mut self.notes, self.cursor, run.which, Step::Retarget(self.basis.grade), cause, self.basis);
            if is_raise && self.policy.on_raise == OnRaise::Restart {
                run.restart();
            }
            run.begin_stretch(self.cursor);
        }
        self.retarget(cause);
        self.settle_phases(cause);
    }

    /// Compares what was counted with the targets in force, for the clocks that have not stopped for good.
    fn retarget(&mut self, cause: Cause<'a>) {
        let target = self.policy.promise(self.basis);
        for run in [&mut self.response, &mut self.fix] {
            let is_stopped = self.close.is_some() || (run.which == WhichClock::Response && self.answer.is_some());
            if is_stopped {
                continue;
            }
            let is_over = target.of(run.which).is_some_and(|promise| promise < run.elapsed);
            if is_over && !run.is_over {
                run.breach(self.cursor, BreachCause::PriorityChange, self.basis);
                note(&mut self.notes, self.cursor, run.which, Step::Breach, cause, self.basis);
            }
            run.is_over = is_over;
        }
    }

    /// Moves each clock to the phase that its conditions ask for: stop beats pause beats start (R27).
    fn settle_phases(&mut self, cause: Cause<'a>) {
        for run in [&mut self.response, &mut self.fix] {
            let is_response = run.which == WhichClock::Response;
            let phase = if !self.is_started {
                Phase::NotStarted
            } else if self.close.is_some() || (is_response && self.answer.is_some()) {
                Phase::Stopped
            } else if !is_response && !self.pauses.is_empty() {
                Phase::Paused
            } else {
                Phase::Running
            };
            let step = match (run.phase, phase) {
                (_, Phase::NotStarted) => None,
                (old, new) if old == new => None,
                (_, Phase::Stopped) => Some(Step::Stop),
                (_, Phase::Paused) => Some(Step::Pause),
                (Phase::NotStarted, Phase::Running) => Some(Step::Start),
                (Phase::Running | Phase::Paused | Phase::Stopped, Phase::Running) => Some(Step::Resume),
            };
            if run.phase != phase {
                run.begin_stretch(self.cursor);
            }
            run.phase = phase;
            if let Some(step) = step {
                note(&mut self.notes, self.cursor, run.which, step, cause, self.basis);
            }
        }
    }

    fn finish(self) -> Verdict {
        let Self { policy, basis, answer, close, response, fix, .. } = self;
        let is_cancelled = close.is_some_and(|(_, reason)| reason != CloseReason::Completed);
        let response_end = match (answer, close) {
            (Some(stop), _) => Some((stop, None)),
            (None, Some((stop, _))) => Some((stop, Some(ClockState::Unanswered))),
            (None, None) => None,
        };
        let fix_end = close.map(|(stop, _)| (stop, is_cancelled.then_some(ClockState::Cancelled)));
        Verdict {
            grade: basis.grade,
            rule: basis.rule,
            is_cancelled,
            response: response.clock(policy, basis, response_end),
            fix: fix.clock(policy, basis, fix_end),
        }
    }
}

/// The close that the incident is known by but its timeline does not show: after a list, or a cut-off history.
fn unlisted_close(incident: &Incident) -> Option<(DateTime<Utc>, CloseReason)> {
    let turns = |event: &&Event| matches!(event.what, What::Closed(_) | What::Reopened);
    let last = incident.timeline.iter().rev().find(turns);
    let is_listed = last.is_some_and(|event| matches!(event.what, What::Closed(_)));
    let at = incident.closed_at.filter(|_| !is_listed)?;
    Some((at, incident.close_reason.unwrap_or(CloseReason::Completed)))
}

fn note<'a>(
    notes: &mut Option<Vec<Note<'a>>>,
    at: DateTime<Utc>,
    clock: WhichClock,
    step: Step,
    cause: Cause<'a>,
    basis: Basis,
) {
    if let Some(notes) = notes {
        notes.push(Note { at, clock, step, cause, rule: basis.rule });
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::{
        calendar::{Calendar, Hours, Window},
        incident::Login,
        priority::Priority,
        sla::{
            Breach, judge,
            samples::{at, event, incident, policy},
        },
        zone::Zone,
    };

    fn hours(n: i64) -> TimeDelta {
        TimeDelta::hours(n)
    }

    fn minutes(n: i64) -> TimeDelta {
        TimeDelta::minutes(n)
    }

    fn response(events: &[&str], now: &str) -> (ClockState, TimeDelta) {
        let clock = judge(&incident(&["P0"], events), &policy(), at(now)).response;
        (clock.state, clock.elapsed)
    }

    fn fix(events: &[&str], now: &str) -> (ClockState, TimeDelta) {
        let clock = judge(&incident(&["P0"], events), &policy(), at(now)).fix;
        (clock.state, clock.elapsed)
    }

    #[test]
    fn every_act_of_the_team_is_a_response_and_nothing_else_is() {
        for act in
            ["mia commented", "mia reviewed", "mia assigned max", "mia closed", "member commented", "MIA commented"]
        {
            assert_eq!(response(&[&format!("12:30 {act}")], "13:00"), (ClockState::Met, minutes(30)), "{act}");
        }
        for act in [
            "rita commented",
            "max commented",
            "- commented",
            "mia labeled bug",
            "mia[bot] commented",
            "- assigned mia",
        ] {
            assert_eq!(response(&[&format!("12:30 {act}")], "13:00"), (ClockState::Ok, hours(1)), "{act}");
        }
    }

    #[test]
    fn neither_a_maintainer_who_wrote_it_nor_a_robot_of_the_policy_responds() {
        let mut own = incident(&["P0"], &["12:30 mia commented"]);
        own.author = Some(Login::new("Mia"));
        assert_eq!(judge(&own, &policy(), at("13:00")).response.state, ClockState::Ok);
        let mut policy = policy();
        policy.robots = vec![Login::new("mia")];
        let seen = incident(&["P0"], &["12:30 mia commented"]);
        assert_eq!(judge(&seen, &policy, at("13:00")).response.state, ClockState::Ok);
    }

    #[test]
    fn exactly_on_target_is_met_and_a_second_later_is_missed() {
        let day_later =
            |second: &str| response(&[&format!("2026-11-21T12:00:{second}Z mia commented")], "2026-11-22T00:00:00Z").0;
        assert_eq!((day_later("00"), day_later("01")), (ClockState::Met, ClockState::Missed));
    }

    #[test]
    fn a_close_without_an_answer_is_unanswered_and_a_later_answer_counts_no_closed_time() {
        assert_eq!(response(&["12:10 rita closed"], "13:00"), (ClockState::Unanswered, minutes(10)));
        assert_eq!(response(&["12:10 stale[bot] closed"], "13:00"), (ClockState::Unanswered, minutes(10)));
        let late = ["12:10 rita closed", "12:40 mia commented"];
        assert_eq!(response(&late, "13:00"), (ClockState::Met, minutes(10)));
    }

    #[test]
    fn a_pause_needs_the_hand_of_a_maintainer_and_ends_when_the_reporter_speaks() {
        assert_eq!(fix(&["12:10 mia labeled waiting"], "13:00"), (ClockState::Paused, minutes(10)));
        for hand in ["rita", "max", "mia[bot]", "-"] {
            assert_eq!(fix(&[&format!("12:10 {hand} labeled waiting")], "13:00"), (ClockState::Ok, hours(1)), "{hand}");
        }
        for end in ["rita commented", "max unlabeled waiting"] {
            let events = ["12:10 mia labeled waiting", &format!("12:50 {end}")];
            assert_eq!(fix(&events, "13:00"), (ClockState::Ok, minutes(20)), "{end}");
        }
        let other = ["12:10 mia labeled waiting", "12:50 mia commented"];
        assert_eq!(fix(&other, "13:00"), (ClockState::Paused, minutes(10)));
    }

    #[test]
    fn over_is_shown_over_paused() {
        let events = ["2026-11-27T13:00:00Z mia labeled waiting"];
        let clock = judge(&incident(&["P0"], &events), &policy(), at("2026-11-28T00:00:00Z")).fix;
        assert_eq!((clock.state, clock.elapsed, clock.deadline), (ClockState::Breached, hours(169), None));
        assert_eq!(clock.breaches[0].at, at("2026-11-27T12:00:00Z"));
    }

    #[test]
    fn closed_time_does_not_count_and_a_pause_survives_it() {
        let events = ["13:00 mia closed", "15:00 rita reopened"];
        assert_eq!(fix(&events, "15:30"), (ClockState::Ok, minutes(90)));
        let events = ["12:10 mia labeled waiting", "13:00 mia closed", "15:00 mia reopened"];
        assert_eq!(fix(&events, "15:30"), (ClockState::Paused, minutes(10)));
        let mut restart = policy();
        restart.reopen = Reopen::Restart;
        let seen = incident(&["P0"], &["13:00 rita closed", "15:00 rita reopened"]);
        let verdict = judge(&seen, &restart, at("15:30"));
        assert_eq!((verdict.response.elapsed, verdict.fix.elapsed), (minutes(90), minutes(30)));
    }

    #[test]
    fn of_several_priorities_the_most_urgent_judges() {
        for labels in [["P2", "P0", "P1"], ["P0", "P1", "P2"]] {
            assert_eq!(judge(&incident(&labels, &[]), &policy(), at("13:00")).grade, Grade::Set(Priority::P0));
        }
        let raised = incident(&["P3"], &["12:30 mia labeled P1"]);
        assert_eq!(judge(&raised, &policy(), at("13:00")).grade, Grade::Set(Priority::P1));
    }

    #[test]
    fn a_response_that_was_given_outlives_close_and_reopening() {
        let events = ["12:30 mia commented", "13:00 mia closed", "15:00 rita reopened"];
        assert_eq!(response(&events, "16:00"), (ClockState::Met, minutes(30)));
    }

    #[test]
    fn not_planned_and_duplicate_cancel_the_fix_until_it_is_opened_again() {
        for reason in ["not_planned", "duplicate"] {
            let closed = format!("13:00 mia closed {reason}");
            let seen = incident(&["P0"], &[&closed, "14:00 mia reopened"]);
            let (then, later) = (judge(&seen, &policy(), at("13:30")), judge(&seen, &policy(), at("14:30")));
            assert_eq!((then.is_cancelled, then.fix.state), (true, ClockState::Cancelled));
            assert_eq!((later.is_cancelled, later.fix.state), (false, ClockState::Ok));
        }
    }

    #[test]
    fn a_raise_keeps_the_time_counted_and_names_itself_as_the_cause() {
        let events = ["2026-11-21T18:00:00Z mia labeled P0"];
        let seen = incident(&["P2"], &events);
        let clock = judge(&seen, &policy(), at("2026-11-21T19:00:00Z")).response;
        let p0 = Grade::Set(Priority::P0);
        let breach = Breach { at: at("2026-11-21T18:00:00Z"), cause: BreachCause::PriorityChange, grade: p0 };
        assert_eq!((clock.state, clock.elapsed, clock.breaches), (ClockState::Breached, hours(31), vec![breach]));
        let mut restart = policy();
        restart.on_raise = OnRaise::Restart;
        let clock = judge(&seen, &restart, at("2026-11-21T19:00:00Z")).response;
        assert_eq!((clock.state, clock.elapsed, clock.breaches), (ClockState::Ok, hours(1), vec![]));
    }

    #[test]
    fn a_breach_outlives_the_lower_priority_that_ends_it() {
        let events = ["2026-11-21T13:00:00Z mia unlabeled P0", "2026-11-21T13:00:00Z mia labeled P1"];
        let clock = judge(&incident(&["P0"], &events), &policy(), at("2026-11-21T14:00:00Z")).response;
        let grades: Vec<_> = clock.breaches.iter().map(|b| (b.grade, b.cause)).collect();
        assert_eq!(clock.state, ClockState::Ok);
        assert_eq!(grades, [(Grade::Set(Priority::P0), BreachCause::Time)]);
    }

    #[test]
    fn a_raise_of_what_is_already_over_is_no_second_breach() {
        let events = ["2026-11-24T12:00:00Z mia labeled P0"];
        let clock = judge(&incident(&["P1"], &events), &policy(), at("2026-11-25T12:00:00Z")).response;
        let found: Vec<_> = clock.breaches.iter().map(|b| (b.grade, b.cause)).collect();
        assert_eq!(found, [(Grade::Set(Priority::P1), BreachCause::Time)]);
        assert_eq!(clock.left(at("2026-11-25T12:00:00Z")), Some(hours(24 - 120)));
    }

    #[test]
    fn an_event_at_now_has_happened() {
        assert_eq!(response(&["13:00 mia commented"], "13:00").0, ClockState::Met);
        let raised = incident(&["P2"], &["13:00 mia labeled P0"]);
        assert_eq!(judge(&raised, &policy(), at("13:00")).grade, Grade::Set(Priority::P0));
    }

    #[test]
    fn an_answer_after_the_close_is_judged_by_the_promise_at_the_close() {
        let events = [
            "2026-11-22T12:00:00Z rita closed",
            "2026-11-22T13:00:00Z mia labeled P0",
            "2026-11-22T14:00:00Z mia commented",
        ];
        let clock = judge(&incident(&["P1"], &events), &policy(), at("2026-11-23T00:00:00Z")).response;
        assert_eq!((clock.state, clock.judged), (ClockState::Met, Grade::Set(Priority::P1)));
        assert_eq!((clock.elapsed, clock.stopped_at), (hours(48), Some(at("2026-11-22T14:00:00Z"))));
    }

    #[test]
    fn a_swap_of_labels_within_a_second_is_no_moment_without_a_priority() {
        let mut policy = policy();
        policy.on_raise = OnRaise::Restart;
        policy.default_priority = Some(Priority::P3);
        let events = ["13:00 mia unlabeled P0", "13:00 mia labeled P1"];
        let verdict = judge(&incident(&["P0"], &events), &policy, at("14:00"));
        assert_eq!((verdict.grade, verdict.fix.elapsed), (Grade::Set(Priority::P1), hours(2)));
    }

    #[test]
    fn a_stopped_clock_keeps_the_target_of_its_stop() {
        let events = ["2026-11-22T12:00:00Z mia commented", "2026-11-22T13:00:00Z mia labeled P0"];
        let clock = judge(&incident(&["P1"], &events), &policy(), at("2026-11-22T14:00:00Z")).response;
        let found = (clock.state, clock.judged, clock.target, clock.breaches.len());
        assert_eq!(found, (ClockState::Met, Grade::Set(Priority::P1), Some(hours(72)), 0));
    }

    #[test]
    fn started_by_its_label_a_clock_counts_from_there() {
        let mut policy = policy();
        policy.start = Start::Labeled;
        let seen = incident(&[], &["13:00 mia labeled P0"]);
        assert_eq!(judge(&seen, &policy, at("12:59")).fix.state, ClockState::NotStarted);
        assert_eq!(judge(&seen, &policy, at("13:30")).fix.elapsed, minutes(30));
        let born = incident(&["P0"], &[]);
        assert_eq!(judge(&born, &policy, at("13:30")).fix.elapsed, minutes(90));
        let answered = incident(&[], &["12:30 mia commented", "13:00 mia labeled P0"]);
        let clock = judge(&answered, &policy, at("14:00")).response;
        assert_eq!((clock.state, clock.elapsed), (ClockState::Met, minutes(0)));
    }

    #[test]
    fn nobody_s_priority_is_the_triage_clock_without_a_fix() {
        let verdict = judge(&incident(&["bug"], &[]), &policy(), at("2026-11-22T13:00:00Z"));
        assert_eq!(verdict.grade, Grade::Untriaged);
        assert_eq!((verdict.response.state, verdict.fix.state), (ClockState::Breached, ClockState::BestEffort));
    }

    #[test]
    fn what_comes_after_now_has_not_happened() {
        let events = ["13:00 mia labeled waiting", "13:00 mia labeled P0", "14:00 mia closed"];
        let (all, none) = (incident(&["P2"], &events), incident(&["P2"], &[]));
        assert_eq!(judge(&all, &policy(), at("12:59")), judge(&none, &policy(), at("12:59")));
        let early = judge(&none, &policy(), at("11:00"));
        assert_eq!((early.response.state, early.fix.elapsed), (ClockState::NotStarted, minutes(0)));
    }

    #[test]
    fn a_list_without_a_timeline_stops_the_clocks_at_the_close_it_names() {
        let mut listed = incident(&["P0"], &[]);
        listed.has_timeline = false;
        listed.closed_at = Some(at("14:00"));
        let before = judge(&listed, &policy(), at("13:00"));
        assert_eq!((before.response.state, before.fix.state), (ClockState::Ok, ClockState::Ok));
        let after = judge(&listed, &policy(), at("15:00"));
        assert_eq!((after.response.state, after.fix.state), (ClockState::Unanswered, ClockState::Met));
        assert_eq!((after.fix.elapsed, after.fix.stopped_at), (hours(2), Some(at("14:00"))));
    }

    #[test]
    fn a_close_cut_from_the_timeline_falls_in_its_place() {
        let mut cut = incident(&["P0"], &["15:00 mia commented"]);
        cut.closed_at = Some(at("14:00"));
        let verdict = judge(&cut, &policy(), at("16:00"));
        assert_eq!((verdict.response.state, verdict.response.elapsed), (ClockState::Met, hours(2)));
        assert_eq!(verdict.fix.elapsed, hours(2));
    }

    #[test]
    fn an_event_out_of_order_never_turns_time_back() {
        let mut seen = incident(&["P0"], &[]);
        seen.timeline = vec![event("13:00 rita commented"), event("11:00 mia commented"), event("12:30 mia closed")];
        let verdict = judge(&seen, &policy(), at("15:00"));
        assert_eq!((verdict.response.elapsed, verdict.fix.elapsed), (hours(1), hours(1)));
    }

    #[test]
    fn each_stretch_counts_by_the_hours_in_force_during_it() {
        let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let window = Window { day: chrono::Weekday::Fri, opens: time(9), closes: time(14) };
        let mut policy = policy();
        policy.targets[1].calendar =
            Calendar::Business(Hours::new(Zone::utc(), vec![window], Default::default()).into());
        // P1 counts until 14:00; P0 counts around the clock from 15:00 on.
        let seen = incident(&["P1"], &["15:00 mia labeled P0", "16:00 mia unlabeled P0"]);
        let elapsed = |now| judge(&seen, &policy, at(now)).fix.elapsed;
        assert_eq!(["13:00", "14:30", "15:30", "18:00"].map(elapsed), [60, 120, 150, 180].map(minutes));
    }

    #[test]
    fn in_one_second_a_stop_beats_a_pause_and_a_pause_a_start() {
        let all = ["13:00 mia labeled waiting", "13:00 mia closed"];
        let closed = judge(&incident(&["P0"], &all), &policy(), at("14:00")).fix;
        assert_eq!((closed.state, closed.elapsed), (ClockState::Met, hours(1)));
        let held = ["12:00 mia labeled waiting"];
        assert_eq!(fix(&held, "14:00"), (ClockState::Paused, minutes(0)));
        // Within the second, the timeline's own order decides.
        assert_eq!(fix(&["13:00 mia closed", "13:00 rita reopened"], "14:00"), (ClockState::Ok, hours(2)));
        assert_eq!(fix(&["13:00 mia labeled waiting", "13:00 rita commented"], "14:00"), (ClockState::Ok, hours(2)));
        assert_eq!(
            fix(&["13:00 rita commented", "13:00 mia labeled waiting"], "14:00"),
            (ClockState::Paused, hours(1))
        );
    }
}
