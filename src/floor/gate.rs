//! The release as it is judged: what evidence says of its steps, what the gate says of it, whether it is to be taken back.

mod case;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        release::{
            Release,
            course::Standing,
            evidence::{Judged, Tie},
            gate::{self, Kin, Outcome},
            judging::{Seen, World},
            rollback::{Rollback, reach},
            rules::Rules,
        },
        slo::standing::BudgetState,
    },
    floor::{Floor, fact::SourceId, rolling_back::paged::Burnt},
    text::Text,
};

/// What is known of the release beside its plans.
#[derive(Debug, Default)]
pub struct Gate {
    rules: Rules,
    /// What files held, by the place of the tie that asks.
    seen: BTreeMap<usize, Seen>,
    commit: Option<Text>,
    /// What lies between commits on record and that one.
    kin: Vec<(Text, Kin)>,
    /// Which step of which plan each tie means, by the place of the tie; nothing = not looked for since plans or rules
    /// changed.
    tied: Option<Vec<Vec<(usize, usize)>>>,
    /// What was judged last, and of which floor and second.
    judged: Option<((u64, i64), Verdict)>,
    /// When the settings have it go out; nothing where they do not say.
    pub(super) planned: Option<DateTime<Utc>>,
    /// What was found of objectives while it was watched.
    burnt: Burnt,
    /// What was handed on for the record in this run: of what, and when it was met.
    pub(super) noted: BTreeSet<(Text, DateTime<Utc>)>,
    /// How often it was judged.
    n_judged: u64,
}

#[derive(Debug, Clone)]
struct Verdict {
    outcome: Outcome,
    rollback: Option<Rollback>,
}

impl Floor {
    /// Says what the release is judged by, and when the settings have it go out. What conditions look back on is kept from
    /// then on, or from now on where it is not known.
    pub fn judge_release_by(&mut self, rules: Rules, planned: Option<DateTime<Utc>>) {
        for condition in &rules.watching.conditions {
            let reach = reach(&rules.watching, condition).num_milliseconds();
            for need in condition.expr.needs() {
                self.alerts.ask(need.name.as_ref(), need.back_ms.saturating_add(reach));
            }
        }
        self.gate.rules = rules;
        self.gate.planned = planned;
        self.hold_window(planned);
        (self.gate.tied, self.gate.judged) = (None, None);
        self.version = self.version.wrapping_add(1);
    }

    /// Says which commit is to go out: sign-offs and runs of others do not count.
    pub fn release_commit(&mut self, commit: Option<Text>) {
        self.gate.commit = commit;
        self.gate.judged = None;
    }

    /// The commits on record that are other ones than the one that is to go out: somebody may know what lies between.
    pub fn commits_to_compare(&self) -> Vec<Text> {
        let named = self.release.as_ref().zip(self.gate.commit.as_ref());
        named.map(|(release, commit)| gate::wanting(release, commit)).unwrap_or_default()
    }

    /// Takes what lies between commits on record and the one that is to go out.
    pub(super) fn compared(&mut self, kin: Vec<(Text, Kin)>) {
        self.gate.kin = kin;
        self.gate.judged = None;
    }

    /// What the release is judged by.
    pub fn release_rules(&self) -> &Rules {
        &self.gate.rules
    }

    /// What the gate said when the floor was last settled, with every reason; nothing where there is no release.
    pub fn gate(&self) -> Option<&Outcome> {
        self.release.as_ref()?;
        self.gate.judged.as_ref().map(|(_, verdict)| &verdict.outcome)
    }

    /// Changes with each verdict: until then the gate has the same reasons.
    pub fn gate_version(&self) -> u64 {
        self.gate.n_judged
    }

    /// What could not be heard that the release is judged by, beside its sources, in words.
    pub fn release_doubts(&self) -> Vec<Text> {
        let is_of = |doubt: &Text, name: &Text| {
            doubt.as_str().strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(": "))
        };
        let names = |doubt: &Text| self.sources.iter().any(|source| is_of(doubt, &source.name));
        self.gate().into_iter().flat_map(Outcome::doubts).filter(|doubt| !names(doubt)).cloned().collect()
    }

    /// The watch over the release when the floor was last settled; nothing where no day is set.
    pub fn rollback(&self) -> Option<&Rollback> {
        self.gate.judged.as_ref()?.1.rollback.as_ref()
    }

    /// The commit that is to go out; nothing = none was named.
    pub fn commit_of_release(&self) -> Option<&Text> {
        self.gate.commit.as_ref()
    }

    /// What evidence says of the release's steps, by plan and in the order of the settings: the step's text, what was found,
    /// and how the step stands.
    pub fn judged_steps(&self) -> impl Iterator<Item = (&Text, &Judged, Standing)> {
        let courses = self.release.iter().flat_map(|release| &release.courses);
        courses.flat_map(|course| {
            course.evidence.iter().filter_map(|judged| {
                let step = course.plan.steps.get(judged.place).filter(|step| step.id == judged.step)?;
                Some((&step.text, judged, course.standing(step)))
            })
        })
    }

    /// Plans were read: what stood where is looked for anew.
    pub(super) fn plans_changed(&mut self) {
        (self.gate.tied, self.gate.judged) = (None, None);
    }

    pub(super) fn evidence_read(&mut self, source: SourceId, seen: Vec<(usize, Seen)>, now: DateTime<Utc>) {
        self.with(source, |s| s.heard(now, now));
        self.gate.seen = seen.into_iter().collect();
        self.gate.judged = None;
    }

    /// Judges the release, where anything can have changed.
    pub(super) fn judge_release(&mut self, now: DateTime<Utc>) {
        self.catch_up_with_window(now);
        if self.release.as_mut().is_some_and(|release| release.count_until(now)) {
            self.version = self.version.wrapping_add(1);
        }
        let key = (self.version, now.timestamp());
        if self.gate.judged.as_ref().is_some_and(|(of, _)| *of == key) {
            return;
        }
        let Some(mut release) = self.release.take() else { return };
        let loose = self.judge_steps(&mut release, now);
        let case = self.case(&release, &loose, now);
        let outcome = gate::judge(&case, now);
        drop(case);
        let mut burnt = std::mem::take(&mut self.gate.burnt);
        let verdict = Verdict { outcome, rollback: self.watch_release(&release, &mut burnt, now) };
        self.gate.burnt = burnt;
        self.release = Some(release);
        // A milestone or a word of go may have moved it.
        self.hold_window(verdict.rollback.as_ref().map(|watch| watch.start));
        self.gate.judged = Some((key, verdict));
        self.gate.n_judged = self.gate.n_judged.wrapping_add(1);
    }

    fn world(&self) -> World<'_> {
        World {
            runs: self.hosts.values().flat_map(|host| &host.runs).collect(),
            artefacts: self.hosts.values().flat_map(|host| &host.artefacts).collect(),
            plans: self.plans.values().collect(),
            untold: self.hosts.values().flat_map(|host| &host.untold).collect(),
            budgets: self.budgets().collect(),
            pool: self.alerts.pool(),
            commit: self.gate.commit.as_ref(),
        }
    }

    fn budgets(&self) -> impl Iterator<Item = (&Text, BudgetState)> {
        let state = |slo: &super::slos::Watched| slo.standing.as_ref().map_or(BudgetState::Unknown, |s| s.budget);
        self.slos.iter().map(move |slo| (&slo.slo.name, state(slo)))
    }

    /// Lays what evidence says beside the steps; returns the steps that the settings name and no plan has.
    fn judge_steps(&mut self, release: &mut Release, now: DateTime<Utc>) -> Vec<Text> {
        let tied = self.gate.tied.take().unwrap_or_else(|| self.tied(release));
        let (world, mut loose) = (self.world(), Vec::new());
        release.courses.iter_mut().for_each(|course| course.evidence.clear());
        for ((nth, tie), places) in self.gate.rules.ties.iter().enumerate().zip(&tied) {
            let (finding, said, as_of) = world.judge(&tie.evidence, self.gate.seen.get(&nth), now);
            let said = Text::scrub(&said);
            for (course, place) in places {
                let Some(course) = release.courses.get_mut(*course) else { continue };
                let Some(step) = course.plan.steps.get(*place).map(|step| step.id.clone()) else { continue };
                let evidence = tie.evidence.clone();
                course.evidence.push(Judged { step, place: *place, evidence, finding, said: said.clone(), as_of });
            }
            if places.is_empty() {
                loose.push(tie.step.clone());
            }
        }
        self.gate.tied = Some(tied);
        loose
    }

    /// Looks for the steps that ties name: once for each reading of the plans, since a plan may have many thousand.
    fn tied(&self, release: &Release) -> Vec<Vec<(usize, usize)>> {
        let places = |tie: &Tie| {
            let courses = release.courses.iter().enumerate();
            courses.filter_map(|(nth, course)| Some((nth, course.plan.place_of(tie.step.as_str())?))).collect()
        };
        self.gate.rules.ties.iter().map(places).collect()
    }
}
