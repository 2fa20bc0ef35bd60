//! The release, its checklists and its verdict.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::{
    Said,
    gate_of_release::{Evidence, Rollback},
    instant, unless_blank,
};
use crate::{
    domain::{
        host::RefChecks,
        incident::{Incident, IncidentKey},
        release::{
            Progress, SignOff as Signed, Word,
            calendar::When,
            course::Course,
            gate, phase_label,
            plan::{Mark, Step},
            week::State,
        },
    },
    sink::board::ReleaseBoard,
    text::Text,
};

/// The release.
#[derive(Debug, Serialize)]
pub struct Release<'a> {
    name: Option<Said>,
    day: Option<String>,
    at: Option<String>,
    zone: Said,
    phase_today: Option<String>,
    total: usize,
    done: usize,
    checklists: Vec<Checklist<'a>>,
    due_today: Vec<Place>,
    overdue: Vec<Place>,
    blockers: Vec<Blocker>,
    sign_offs: Vec<SignOff>,
    checks: Vec<Checks>,
    evidence: Vec<Evidence>,
    rollback: Option<Rollback>,
    verdict: Verdict,
}

/// How the checks of one ref stand.
#[derive(Debug, Serialize)]
struct Checks {
    repository: Said,
    #[serde(rename = "ref")]
    name: Said,
    commit: Option<Said>,
    state: &'static str,
    passed: usize,
    failed: Vec<Said>,
    pending: Vec<Said>,
    unknown: usize,
    as_of: Option<String>,
}

impl Checks {
    fn of(checks: &RefChecks) -> Self {
        Self {
            repository: Said::from(&checks.repo),
            name: Said::from(&checks.name),
            commit: unless_blank(&checks.commit),
            state: checks.standing().word(),
            passed: checks.n_passed,
            failed: checks.failed.iter().map(Said::from).collect(),
            pending: checks.pending.iter().map(Said::from).collect(),
            unknown: checks.n_unknown,
            as_of: instant(Some(checks.as_of)),
        }
    }
}

/// One plan.
#[derive(Debug, Serialize)]
pub struct Checklist<'a> {
    path: Said,
    title: Option<Said>,
    total: usize,
    done: usize,
    sections: Vec<Section>,
    items: Items<'a>,
}

/// Which steps of a plan are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those with a box.
    Boxes,
    /// None.
    None,
}

/// Steps, written one by one: there may be many thousands.
#[derive(Debug)]
struct Items<'a>(&'a Course, Which);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(chosen(self.0, self.1).map(|step| item(self.0, step)))
    }
}

fn chosen(course: &Course, which: Which) -> impl Iterator<Item = &Step> {
    let is_chosen = move |step: &&Step| match which {
        Which::All => true,
        Which::Boxes => step.mark != Mark::None,
        Which::None => false,
    };
    course.plan.steps.iter().filter(is_chosen)
}

/// All steps of a plan one by one, the names of each in the order of the alphabet.
#[derive(Debug)]
pub struct ByName<'a>(pub &'a Course);

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(chosen(self.0, Which::All).map(|step| Sorted(item(self.0, step))))
    }
}

struct Sorted(Item);

impl Serialize for Sorted {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Item { line, done, boxed, text, phase, when, owner, depth, section } = &self.0;
        let mut map = to.serialize_map(Some(9))?;
        map.serialize_entry("boxed", boxed)?;
        map.serialize_entry("depth", depth)?;
        map.serialize_entry("done", done)?;
        map.serialize_entry("line", line)?;
        map.serialize_entry("owner", owner)?;
        map.serialize_entry("phase", phase)?;
        map.serialize_entry("section", section)?;
        map.serialize_entry("text", text)?;
        map.serialize_entry("when", when)?;
        map.end()
    }
}

#[derive(Debug, Serialize)]
struct Section {
    title: Option<Said>,
    total: usize,
    done: usize,
}

#[derive(Debug, Serialize)]
struct Item {
    line: usize,
    done: bool,
    boxed: bool,
    text: Said,
    phase: Option<Said>,
    when: Option<String>,
    owner: Option<Said>,
    depth: u16,
    section: Option<Said>,
}

/// An item, and where to find it.
#[derive(Debug, Serialize)]
struct Place {
    path: Said,
    #[serde(flatten)]
    item: Item,
}

#[derive(Debug, Serialize)]
struct Blocker {
    key: Said,
    title: Option<Said>,
    url: Option<Said>,
}

#[derive(Debug, Serialize)]
struct SignOff {
    role: Said,
    word: &'static str,
}

/// `go` is true only where nothing stands against it and every source it is judged by is fresh.
#[derive(Debug, Serialize)]
struct Verdict {
    go: bool,
    word: &'static str,
    reasons: Vec<Said>,
    unheard: Vec<Said>,
}

impl<'a> Release<'a> {
    /// The release on the wire.
    pub fn of(board: &ReleaseBoard<'a>, now: DateTime<Utc>) -> Self {
        let release = board.release;
        let progress = board.week.progress;
        Self {
            name: unless_blank(&release.name),
            day: release.day.map(|day| day.format("%Y-%m-%d").to_string()),
            at: instant(release.at),
            zone: Said::from(&release.zone),
            phase_today: release.phase_today(now).map(phase_label),
            total: progress.total,
            done: progress.done,
            checklists: release.courses.iter().map(|course| Checklist::of(course, Which::All)).collect(),
            due_today: board.steps(State::Due).map(place).collect(),
            overdue: board.steps(State::Overdue).map(place).collect(),
            blockers: board.blockers.iter().map(|(key, incident)| blocker(key, *incident)).collect(),
            sign_offs: release.sign_offs.iter().map(sign_off).collect(),
            checks: board.checks.iter().map(|checks| Checks::of(checks)).collect(),
            evidence: board.evidence.iter().map(|(text, judged, how)| Evidence::of(text, judged, *how)).collect(),
            rollback: board.rollback.map(Rollback::of),
            verdict: Verdict {
                go: board.outcome.verdict == gate::Verdict::Go,
                word: match board.outcome.verdict {
                    gate::Verdict::Go => "go",
                    gate::Verdict::NoGo => "no_go",
                    gate::Verdict::CannotJudge => "not_judged",
                },
                reasons: board.against().map(|reason| Said::from(&Text::scrub(&reason.words()))).collect(),
                unheard: board.unheard.iter().copied().chain(&board.doubts).map(Said::from).collect(),
            },
        }
    }
}

impl Release<'_> {
    /// The same without the items of its plans, for a document that writes them by itself.
    pub fn without_items(mut self) -> Self {
        for plan in &mut self.checklists {
            plan.items.1 = Which::None;
        }
        self
    }
}

impl<'a> Checklist<'a> {
    /// One plan on the wire.
    pub fn of(course: &'a Course, which: Which) -> Self {
        let mut progress = Progress::default();
        let mut sections: Vec<(&Text, Progress)> = Vec::new();
        for step in chosen(course, which) {
            if sections.last().is_none_or(|(section, _)| **section != step.section) {
                sections.push((&step.section, Progress::default()));
            }
            let is_done = usize::from(course.is_done(step));
            for sum in sections.last_mut().map(|(_, sum)| sum).into_iter().chain([&mut progress]) {
                (sum.total, sum.done) = (sum.total + 1, sum.done + is_done);
            }
        }
        let section = |(title, Progress { total, done })| Section { title: unless_blank(title), total, done };
        Self {
            path: Said::from(&course.plan.path),
            title: unless_blank(&course.plan.title),
            total: progress.total,
            done: progress.done,
            sections: sections.into_iter().map(section).collect(),
            items: Items(course, which),
        }
    }
}

fn item(course: &Course, step: &Step) -> Item {
    Item {
        line: step.line,
        done: course.is_done(step),
        boxed: step.mark != Mark::None,
        text: Said::from(&step.text),
        phase: course.plan.phase_of(step).map(|phase| Said::from(&phase.label)),
        when: course.plan.when(step).map(When::label),
        owner: step.owner.as_ref().map(Said::from),
        depth: step.depth,
        section: unless_blank(&step.section),
    }
}

fn place((course, step): (&Course, &Step)) -> Place {
    Place { path: Said::from(&course.plan.path), item: item(course, step) }
}

fn blocker(key: &IncidentKey, incident: Option<&Incident>) -> Blocker {
    Blocker {
        key: Said::from(key),
        title: incident.map(|incident| Said::from(&incident.title)),
        url: incident.and_then(|incident| unless_blank(&incident.url)),
    }
}

fn sign_off(sign_off: &Signed) -> SignOff {
    SignOff {
        role: Said::from(&sign_off.role),
        word: match sign_off.word {
            Word::Silent => "silent",
            Word::Go => "go",
            Word::Veto => "no_go",
        },
    }
}
