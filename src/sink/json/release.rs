//! The release, its checklists and its verdict.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use super::{
    Said,
    gate_of_release::{Evidence, Rollback},
    instant, unless_blank,
};
use crate::{
    domain::{
        host::RefChecks,
        incident::{Incident, IncidentKey},
        release::{self, Word, phase_label},
    },
    sink::{
        board::{Judgement, ReleaseBoard},
        words,
    },
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

/// One checklist file.
#[derive(Debug, Serialize)]
pub struct Checklist<'a> {
    path: Said,
    title: Option<Said>,
    total: usize,
    done: usize,
    sections: Vec<Section>,
    items: Items<'a>,
}

/// Task items, written one by one: there may be many thousands.
#[derive(Debug)]
struct Items<'a>(&'a [release::Item]);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(item))
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
    text: Said,
    phase: Option<String>,
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
        let progress = release.progress();
        let (judgement, reasons) = board.judge(now);
        let places = |items| board.located(items).into_iter().map(place).collect();
        Self {
            name: unless_blank(&release.name),
            day: release.day.map(|day| day.format("%Y-%m-%d").to_string()),
            at: instant(release.at),
            zone: Said::from(&release.zone),
            phase_today: release.phase_today(now).map(phase_label),
            total: progress.total,
            done: progress.done,
            checklists: release.checklists.iter().map(Checklist::of).collect(),
            due_today: places(release.due_today(now)),
            overdue: places(release.overdue(now)),
            blockers: board.blockers.iter().map(|(key, incident)| blocker(key, *incident)).collect(),
            sign_offs: release.sign_offs.iter().map(sign_off).collect(),
            checks: board.checks.iter().map(|checks| Checks::of(checks)).collect(),
            evidence: board.evidence.iter().map(|(text, judged, how)| Evidence::of(text, judged, *how)).collect(),
            rollback: board.rollback.map(Rollback::of),
            verdict: Verdict {
                go: judgement == Judgement::Go,
                word: match judgement {
                    Judgement::Go => "go",
                    Judgement::NoGo => "no_go",
                    Judgement::NotJudged => "not_judged",
                },
                reasons: reasons
                    .iter()
                    .map(|reason| Said::from(&words::reason(reason)))
                    .chain(board.against.iter().map(Said::from))
                    .collect(),
                unheard: board.unheard.iter().copied().chain(&board.doubts).map(Said::from).collect(),
            },
        }
    }
}

impl<'a> Checklist<'a> {
    /// One file on the wire.
    pub fn of(checklist: &'a release::Checklist) -> Self {
        let progress = checklist.progress();
        Self {
            path: Said::from(&checklist.path),
            title: unless_blank(&checklist.title),
            total: progress.total,
            done: progress.done,
            sections: checklist
                .sections()
                .iter()
                .map(|(title, progress)| Section {
                    title: unless_blank(title),
                    total: progress.total,
                    done: progress.done,
                })
                .collect(),
            items: Items(&checklist.items),
        }
    }
}

fn item(item: &release::Item) -> Item {
    Item {
        line: item.line,
        done: item.is_done,
        text: Said::from(&item.text),
        phase: item.phase.map(phase_label),
        owner: item.owner.as_ref().map(Said::from),
        depth: item.depth,
        section: unless_blank(&item.section),
    }
}

fn place((path, found): (&Text, &release::Item)) -> Place {
    Place { path: Said::from(path), item: item(found) }
}

fn blocker(key: &IncidentKey, incident: Option<&Incident>) -> Blocker {
    Blocker {
        key: Said::from(key),
        title: incident.map(|incident| Said::from(&incident.title)),
        url: incident.and_then(|incident| unless_blank(&incident.url)),
    }
}

fn sign_off(sign_off: &release::SignOff) -> SignOff {
    SignOff {
        role: Said::from(&sign_off.role),
        word: match sign_off.word {
            Word::Silent => "silent",
            Word::Go => "go",
            Word::Veto => "no_go",
        },
    }
}
