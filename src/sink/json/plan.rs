//! A plan being worked through.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{
    Document, Said, instant,
    release::{Checklist, Which},
    unless_blank,
};
use crate::domain::release::{
    calendar::DayFrom,
    course::{Course, PhaseStatus, Standing},
    plan::{CriterionKind, Mark, Step},
};

/// A document about one plan. It is written as it goes: of many thousand steps nothing is kept but the plan itself.
#[derive(Debug)]
pub struct OnePlan<'a> {
    about: Document,
    course: &'a Course,
    now: DateTime<Utc>,
}

impl<'a> OnePlan<'a> {
    /// A document that begins with this envelope.
    pub fn new(about: Document, course: &'a Course, now: DateTime<Utc>) -> Self {
        Self { about, course, now }
    }
}

impl Serialize for OnePlan<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let (course, progress) = (self.course, self.course.progress());
        let mut map = to.serialize_map(None)?;
        for (name, value) in self.about.entries() {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("total", &progress.total)?;
        map.serialize_entry("done", &progress.done)?;
        map.serialize_entry("phases", &phases(course))?;
        map.serialize_entry("checklist", &Checklist::of(course, Which::Boxes))?;
        map.serialize_entry("plan", &Plan::of(course, self.now))?;
        map.end()
    }
}

/// A plan, whole.
#[derive(Debug, Serialize)]
pub struct Plan<'a> {
    title: Option<Said>,
    date: Option<String>,
    date_from: Option<&'static str>,
    days: &'static str,
    today: Option<i32>,
    mended: bool,
    twins: Vec<Twin>,
    unmerged: Option<Unmerged>,
    due_now: Vec<Said>,
    overdue: Vec<Said>,
    steps: Steps<'a>,
    duties: Vec<Duty>,
    milestones: Vec<Milestone>,
    criteria: Vec<Criterion>,
    rollback: Vec<Line>,
    entries: usize,
    unread: Vec<Unread>,
}

#[derive(Debug)]
struct Steps<'a>(&'a Course);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.plan.steps.iter().map(|it| step(self.0, it)))
    }
}

/// One phase, and how far it is.
#[derive(Debug, Serialize)]
pub struct Phase {
    label: Said,
    start: Option<String>,
    end: Option<String>,
    days: &'static str,
    total: usize,
    done: usize,
}

#[derive(Debug, Serialize)]
struct OneStep {
    id: Said,
    line: usize,
    done: bool,
    standing: &'static str,
    boxed: bool,
    required: bool,
    text: Said,
    number: Option<u64>,
    depth: u16,
    phase: Option<Said>,
    when: Option<String>,
    owner: Option<Said>,
}

#[derive(Debug, Serialize)]
struct Unmerged {
    line: usize,
    mark: &'static str,
}

#[derive(Debug, Serialize)]
struct Twin {
    id: Said,
    lines: [usize; 2],
}

#[derive(Debug, Serialize)]
struct Duty {
    what: Said,
    who: Said,
    channel: Option<Said>,
    line: usize,
}

#[derive(Debug, Serialize)]
struct Milestone {
    name: Said,
    owner: Option<Said>,
    criteria: Said,
    line: usize,
}

#[derive(Debug, Serialize)]
struct Criterion {
    kind: &'static str,
    #[serde(flatten)]
    line: Line,
}

#[derive(Debug, Serialize)]
struct Line {
    text: Said,
    line: usize,
}

#[derive(Debug, Serialize)]
struct Unread {
    line: usize,
    why: Said,
}

/// Its phases that have steps.
pub fn phases(course: &Course) -> Vec<Phase> {
    course.phases().iter().map(phase).collect()
}

fn phase(status: &PhaseStatus) -> Phase {
    Phase {
        label: Said::from(&status.label),
        start: instant(status.start),
        end: instant(status.end),
        days: status.mode.word(),
        total: status.progress.total,
        done: status.progress.done,
    }
}

impl<'a> Plan<'a> {
    /// The plan on the wire.
    pub fn of(course: &'a Course, now: DateTime<Utc>) -> Self {
        let (plan, calendar) = (&course.plan, course.calendar.as_ref());
        let ids = |steps: Vec<&Step>| steps.iter().map(|step| Said::from(step.id.text())).collect::<Vec<_>>();
        let duty = |duty: &crate::domain::release::plan::Duty| Duty {
            what: Said::from(&duty.what),
            who: Said::from(&duty.who),
            channel: unless_blank(&duty.channel),
            line: duty.line,
        };
        let milestone = |milestone: &crate::domain::release::plan::PlanMilestone| Milestone {
            name: Said::from(&milestone.name),
            owner: unless_blank(&milestone.owner),
            criteria: Said::from(&milestone.criteria),
            line: milestone.line,
        };
        let criterion = |criterion: &crate::domain::release::plan::Criterion| Criterion {
            kind: match criterion.kind {
                CriterionKind::Entry => "entry",
                CriterionKind::Success => "success",
                CriterionKind::Rollback => "rollback",
            },
            line: Line { text: Said::from(&criterion.text), line: criterion.line },
        };
        Self {
            title: unless_blank(&plan.title),
            date: calendar.map(|calendar| calendar.day.format("%Y-%m-%d").to_string()),
            date_from: calendar.map(|calendar| match calendar.day_from {
                DayFrom::Asked => "asked",
                DayFrom::Settings => "settings",
                DayFrom::Milestone(_) => "milestone",
            }),
            days: calendar.map(|calendar| calendar.mode).unwrap_or_default().word(),
            today: calendar.and_then(|calendar| calendar.offset(now)),
            mended: plan.is_mended,
            twins: plan.twins.iter().map(twin).collect(),
            unmerged: plan.unmerged.map(|(line, mark)| Unmerged { line, mark }),
            due_now: ids(course.due_now(now)),
            overdue: ids(course.overdue(now)),
            steps: Steps(course),
            duties: plan.duties.iter().map(duty).collect(),
            milestones: plan.milestones.iter().map(milestone).collect(),
            criteria: plan.criteria.iter().map(criterion).collect(),
            rollback: plan.rollback.iter().map(|step| Line { text: Said::from(&step.text), line: step.line }).collect(),
            entries: course.record.entries().len() + course.record.ahead().len(),
            unread: course
                .record
                .unread()
                .iter()
                .map(|it| Unread { line: it.line, why: Said::from(&it.why) })
                .collect(),
        }
    }
}

fn twin(twin: &crate::domain::release::plan::Twin) -> Twin {
    Twin { id: Said::from(twin.name.text()), lines: [twin.lines.0, twin.lines.1] }
}

fn step(course: &Course, step: &Step) -> OneStep {
    OneStep {
        id: Said::from(step.id.text()),
        line: step.line,
        done: course.is_done(step),
        standing: match course.standing(step) {
            Standing::Open => "open",
            Standing::Done => "done",
            Standing::Proven => "proven",
            Standing::Contradicted => "contradicted",
        },
        boxed: step.mark != Mark::None,
        required: step.is_required,
        text: Said::from(&step.text),
        number: step.number,
        depth: step.depth,
        phase: course.plan.phase_of(step).map(|phase| Said::from(&phase.label)),
        when: course.plan.when(step).map(crate::domain::release::calendar::When::label),
        owner: step.owner.as_ref().map(Said::from),
    }
}
