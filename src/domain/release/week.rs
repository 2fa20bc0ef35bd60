//! The week of a release at an instant: its phases with "now", what is due, what is late, what waits for another step.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{
    Progress,
    calendar::{Calendar, Span, When, Window},
    course::{Course, PhaseStatus, Standing, order_of},
};

/// How a step stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Somebody says that it is done, and its evidence says that it is not.
    Contradicted,
    /// Open, and its days are over.
    Overdue,
    /// Open, and its last day or hour is now.
    Due,
    /// Open; its days have begun and go on.
    Running,
    /// Open; its days are to come, or it has none.
    Later,
    /// Done, by somebody's word.
    Done,
    /// Its evidence holds.
    Proven,
}

/// One step on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which plan.
    pub course: usize,
    /// Which of its steps.
    pub step: usize,
    /// How it stands.
    pub state: State,
    /// Its days; open where it has none.
    pub window: Window,
    /// Which step of the same plan must be done before it.
    pub held_by: Option<usize>,
}

/// One phase on the strip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The phase, its days, and how far it is.
    pub phase: PhaseStatus,
    /// Whether now lies in it.
    pub is_now: bool,
    /// Its steps that are overdue.
    pub n_overdue: usize,
}

/// A release at an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Week {
    /// Every step, in file order.
    pub rows: Vec<Row>,
    /// Places in `rows`: what is late or contradicted, then the phases of now in their order. Without a date everything.
    pub today: Vec<usize>,
    /// Places in `rows` of what follows T-0.
    pub after: Vec<usize>,
    /// The phases: by time where every one has its days, else as the files have them.
    pub stages: Vec<Stage>,
    /// All steps.
    pub progress: Progress,
    /// Open steps whose last day or hour is now.
    pub n_due: usize,
    /// Open steps whose days are over.
    pub n_overdue: usize,
}

impl Row {
    /// Whether it counts as done.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done | State::Proven)
    }
}

/// Works a week out. One pass over all steps: whoever draws keeps it until something changes or a minute is over.
pub fn of(courses: &[Course], now: DateTime<Utc>) -> Week {
    let mut week = Week::default();
    let mut is_dated = false;
    let mut running = Vec::new();
    for (nth, course) in courses.iter().enumerate() {
        is_dated |= course.calendar.is_some();
        let first = week.rows.len();
        rows(course, nth, now, &mut week.rows);
        for (row, step) in week.rows.iter().skip(first).zip(&course.plan.steps) {
            let at = first + row.step;
            let is_open = !row.is_done() && row.state != State::Contradicted;
            week.progress.total += 1;
            week.progress.done += usize::from(!is_open);
            week.n_due += usize::from(row.state == State::Due);
            week.n_overdue += usize::from(row.state == State::Overdue);
            match () {
                () if row.window.holds(now) && row.window != Window::default() => running.push(at),
                () if matches!(row.state, State::Overdue | State::Contradicted) => week.today.push(at),
                () => {}
            }
            if is_after(course.plan.when(step)) {
                week.after.push(at);
            }
        }
        stages(course, week.rows.get(first..).unwrap_or_default(), now, &mut week.stages);
    }
    week.today.extend(running);
    if !is_dated {
        week.today = (0..week.rows.len()).collect();
    }
    if week.stages.iter().all(|stage| stage.phase.when.is_some()) {
        week.stages.sort_by_key(|stage| order_of(stage.phase.when));
    }
    week
}

fn is_after(when: Option<When>) -> bool {
    match when {
        Some(When::After) => true,
        Some(When::Days(span)) => 0 < span.first,
        Some(When::Hours(hours)) => 0 < hours,
        Some(When::Before) | None => false,
    }
}

/// When the day ends that now lies in.
fn end_of_today(calendar: &Calendar, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    calendar.window(When::Days(Span::day(calendar.offset(now)?))).end
}

fn rows(course: &Course, nth: usize, now: DateTime<Utc>, rows: &mut Vec<Row>) {
    let plan = &course.plan;
    let today = course.calendar.as_ref().and_then(|calendar| end_of_today(calendar, now));
    // Many steps share a time, most of them with the one before, and a window asks the zone.
    let mut known: HashMap<When, Window> = HashMap::new();
    let mut last: Option<(When, Window)> = None;
    let mut order = Order::new(plan.phases.len());
    for (place, step) in plan.steps.iter().enumerate() {
        let window = course.calendar.as_ref().zip(plan.when(step)).map(|(calendar, when)| match last {
            Some((before, window)) if before == when => window,
            _ => {
                let window = *known.entry(when).or_insert_with(|| calendar.window(when));
                last = Some((when, window));
                window
            }
        });
        let window = window.unwrap_or_default();
        let standing =
            if course.evidence.is_empty() && !course.is_ticked(step) { Standing::Open } else { course.standing(step) };
        let state = match standing {
            Standing::Contradicted => State::Contradicted,
            Standing::Done => State::Done,
            Standing::Proven => State::Proven,
            Standing::Open if window.is_over(now) => State::Overdue,
            Standing::Open if window == Window::default() || !window.holds(now) => State::Later,
            Standing::Open if window.end.is_some() && window.end <= today => State::Due,
            Standing::Open => State::Running,
        };
        let phase = step.phase.filter(|nth| plan.phases.get(*nth).is_some_and(|phase| phase.is_strict));
        let counts = step.number.is_some() && step.is_required;
        let held_by = order.next(place, step.depth, phase, counts && standing == Standing::Open);
        rows.push(Row { course: nth, step: place, state, window, held_by });
    }
}

/// What is open above a step in phases that go in strict order. A step holds none of those nested in it.
struct Order {
    /// The steps that the next one may be nested in, by depth.
    above: Vec<(u16, usize)>,
    /// Open numbered steps by phase, in order.
    open: Vec<Vec<usize>>,
}

impl Order {
    fn new(n_phases: usize) -> Self {
        Self { above: Vec::new(), open: vec![Vec::new(); n_phases] }
    }

    /// Which step holds the next one; it is in this strict phase, if any, and may hold others itself.
    fn next(&mut self, place: usize, depth: u16, phase: Option<usize>, holds: bool) -> Option<usize> {
        while self.above.last().is_some_and(|(above, _)| depth <= *above) {
            self.above.pop();
        }
        let open = phase.and_then(|phase| self.open.get_mut(phase));
        let above = &self.above;
        let held = open.and_then(|open| {
            let found = open.iter().find(|other| !above.iter().any(|(_, inside)| inside == *other)).copied();
            if holds {
                open.push(place);
            }
            found
        });
        self.above.push((depth, place));
        held
    }
}

fn stages(course: &Course, rows: &[Row], now: DateTime<Utc>, stages: &mut Vec<Stage>) {
    for phase in course.phases() {
        let window = Window { start: phase.start, end: phase.end };
        let is_now = window != Window::default() && window.holds(now);
        match stages.iter_mut().find(|stage| stage.phase.label == phase.label) {
            Some(stage) => {
                stage.phase.progress.total += phase.progress.total;
                stage.phase.progress.done += phase.progress.done;
            }
            None => stages.push(Stage { phase, is_now, n_overdue: 0 }),
        }
    }
    for row in rows.iter().filter(|row| row.state == State::Overdue) {
        let step = course.plan.steps.get(row.step);
        let Some(phase) = step.and_then(|step| course.plan.phase_of(step)) else { continue };
        if let Some(stage) = stages.iter_mut().find(|stage| stage.phase.label == phase.label) {
            stage.n_overdue += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            release::{
                calendar::DayFrom,
                evidence::{Evidence, Finding, Judged},
                plan::{Mark, Phase, Plan, Step, StepId},
            },
            time::parse_rfc3339,
            zone::Zone,
        },
        text::Text,
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn phase(label: &str, when: When, is_strict: bool) -> Phase {
        let label = Text::scrub(label);
        Phase { heading: label.clone(), label, line: 1, when: Some(when), is_strict }
    }

    /// A step: its phase, its number (0 = none), its depth, whether it is ticked.
    fn step(place: usize, phase: usize, number: u64, depth: u16, is_done: bool) -> Step {
        Step {
            id: StepId::new(&format!("s{place}")),
            text: Text::scrub("step"),
            mark: Mark::Box { byte: 0, is_done },
            line: place + 2,
            depth,
            section: Text::default(),
            phase: Some(phase),
            own_when: None,
            owner: None,
            number: (0 < number).then_some(number),
            is_required: true,
        }
    }

    fn course(steps: &[(usize, u64, u16, bool)]) -> Course {
        let days = |first, last| When::Days(Span::between(first, last));
        let phases = vec![
            phase("T-7..T-1", days(-7, -1), false),
            phase("T-0", days(0, 0), true),
            phase("T+1", days(1, 1), false),
        ];
        let steps =
            steps.iter().enumerate().map(|(n, (phase, number, depth, done))| step(n, *phase, *number, *depth, *done));
        let plan = Plan { phases, steps: steps.collect(), ..Plan::default() };
        let calendar = Some(Calendar::new("2026-11-22".parse().unwrap(), Zone::utc(), DayFrom::Settings));
        Course { calendar, ..Course::new(plan) }
    }

    fn states(course: &Course, now: &str) -> Vec<State> {
        of(std::slice::from_ref(course), at(now)).rows.iter().map(|row| row.state).collect()
    }

    #[test]
    fn a_stretch_of_days_runs_until_its_last_day_and_then_it_is_due() {
        let course = course(&[(0, 0, 0, false), (0, 0, 0, true), (1, 0, 0, false), (2, 0, 0, false)]);
        use State::{Done, Due, Later, Overdue, Running};
        for (now, wanted) in [
            ("2026-11-14T12:00:00Z", [Later, Done, Later, Later]),
            ("2026-11-17T12:00:00Z", [Running, Done, Later, Later]),
            ("2026-11-21T12:00:00Z", [Due, Done, Later, Later]),
            ("2026-11-22T00:00:00Z", [Overdue, Done, Due, Later]),
        ] {
            assert_eq!(states(&course, now), wanted, "{now}");
        }
    }

    #[test]
    fn late_steps_stand_before_those_of_today_and_what_follows_is_apart() {
        let course = course(&[(1, 0, 0, true), (0, 0, 0, false), (1, 0, 0, false), (2, 0, 0, false)]);
        let week = of(&[course], at("2026-11-22T12:00:00Z"));
        assert_eq!((week.today, week.after), (vec![1, 0, 2], vec![3]));
        assert_eq!((week.n_due, week.n_overdue, week.progress.done), (1, 1, 1));
        let strip: Vec<_> = week.stages.iter().map(|it| (it.phase.label.as_str(), it.is_now, it.n_overdue)).collect();
        assert_eq!(strip, [("T-7..T-1", false, 1), ("T-0", true, 0), ("T+1", false, 0)]);
    }

    #[test]
    fn without_a_date_everything_is_there_and_nothing_is_late() {
        let undated = Course { calendar: None, ..course(&[(0, 0, 0, false), (2, 0, 0, false)]) };
        let week = of(&[undated], at("2026-11-22T12:00:00Z"));
        assert_eq!((week.today, week.n_due, week.n_overdue), (vec![0, 1], 0, 0));
    }

    #[test]
    fn strict_order_is_told_as_the_plan_itself_tells_it() {
        // 1 done, 2 open with 2.1 and 2.2 in it, 3 open with a bullet.
        let course = course(&[
            (1, 1, 0, true),
            (1, 2, 0, false),
            (1, 1, 1, false),
            (1, 2, 1, false),
            (1, 3, 0, false),
            (1, 0, 1, false),
            (0, 1, 0, false),
        ]);
        let week = of(std::slice::from_ref(&course), at("2026-11-22T12:00:00Z"));
        let held: Vec<_> = week.rows.iter().map(|row| row.held_by).collect();
        assert_eq!(held, [None, None, None, Some(2), Some(1), Some(1), None]);
        for (row, step) in week.rows.iter().zip(&course.plan.steps) {
            let by = row.held_by.and_then(|at| course.plan.steps.get(at)).map(|step| &step.id);
            assert_eq!(by, course.held_by(step).map(|step| &step.id), "{}", step.id);
        }
    }

    #[test]
    fn a_tick_that_its_evidence_contradicts_is_neither_done_nor_forgotten() {
        let mut course = course(&[(0, 0, 0, true), (0, 0, 0, false)]);
        let judged = |place: usize, finding| Judged {
            place,
            step: course.plan.steps[place].id.clone(),
            evidence: Evidence::FileFresh { path: Text::scrub("x"), within: None },
            finding,
            said: Text::scrub("there is no such file"),
            as_of: None,
        };
        course.evidence = vec![judged(0, Finding::Fails), judged(1, Finding::Holds)];
        let week = of(&[course], at("2026-11-25T12:00:00Z"));
        assert_eq!(week.rows.iter().map(|row| row.state).collect::<Vec<_>>(), [State::Contradicted, State::Proven]);
        assert_eq!(week.today, [0]);
    }
}
