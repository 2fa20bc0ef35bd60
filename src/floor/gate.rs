//! The release as it is judged: what evidence says of its steps, what the gate says of it, whether it is to be taken back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        release::{
            Release,
            calendar::{Calendar, When},
            course::{Course, Standing},
            evidence::{Finding, Judged, Tie},
            gate::{self, Case, Job, Kin, Outcome, Required},
            judging::{Seen, World},
            plan::Step,
            record::Record,
            rollback::{Rollback, reach},
            rules::Rules,
        },
        slo::standing::BudgetState,
        time::rfc3339,
    },
    floor::{
        Floor,
        fact::SourceId,
        freshness::{Feed, Source},
        rolling_back::paged::Burnt,
    },
    text::{Text, counted},
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

/// Why a tie that names no step counts as not judged.
const NO_STEP: &str = "no plan has this step";

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

    fn case<'a>(&'a self, release: &'a Release, loose: &[Text], now: DateTime<Utc>) -> Case<'a> {
        let rules = &self.gate.rules;
        let (items, mut unheard) = items(release, now);
        unheard.extend(loose.iter().map(|step| Text::scrub(&format!("evidence of {step}: {NO_STEP}"))));
        unheard.extend(self.release_unheard(now).into_iter().map(|source| {
            let why = match &source.trouble {
                Some((trouble, _, why)) => format!("{}: {why}", trouble.word()),
                None if 0 < source.n_skipped => {
                    counted(source.n_skipped, "record was left out", "records were left out")
                }
                None if source.heard_at.is_none() => "it has not answered".to_owned(),
                None => "what it told is stale".to_owned(),
            };
            Text::scrub(&format!("{}: {why}", source.name))
        }));
        let unread = |record: &Record| record.unread().first().map(|unread| (unread.line, unread.why.clone()));
        unheard.extend(release.courses.iter().filter_map(|course| {
            let (line, why) = unread(&course.record)?;
            Some(Text::scrub(&format!("the record of {}, line {line}: {why}", course.plan.path)))
        }));
        unheard.extend(release.courses.iter().flat_map(|course| {
            let path = &course.plan.path;
            course.plan.doubts().map(move |doubt| Text::scrub(&format!("{path}: {doubt}")))
        }));
        unheard.extend(release.courses.iter().filter_map(|course| {
            let entry = course.record.ahead(now).first()?;
            let what = format!("{}, by {}, is of {}", entry.deed.words(), entry.by, rfc3339(entry.at));
            let why = "later than now: it does not count; is a clock wrong?";
            Some(Text::scrub(&format!("the record of {}: {what}, {why}", course.plan.path)))
        }));
        let tells_of_incidents = |source: &Source| matches!(source.feed, Feed::Host | Feed::History);
        if rules.asks_for_blockers && !self.sources.iter().any(tells_of_incidents) {
            unheard.push(Text::scrub("incidents: blocker_labels asks for them, and no source tells of any"));
        }
        let jobs = self.jobs(&mut unheard);
        let roles = roles(rules, release);
        if !items.is_empty() || !jobs.is_empty() || !roles.is_empty() {
            let empty = release.courses.iter().filter(|course| course.plan.steps.is_empty());
            unheard.extend(empty.map(|course| Text::scrub(&format!("{}: it holds no step", course.plan.path))));
        }
        let overspent = self.overspent(&mut unheard);
        Case {
            commit: self.gate.commit.clone(),
            kin: self.gate.kin.clone(),
            items,
            roles,
            records: release.courses.iter().map(|course| &course.record).collect(),
            jobs,
            may_waive: rules.may_waive.clone(),
            may_except: rules.may_except.clone(),
            blockers: release.blockers.clone(),
            freezes: rules.freezes.clone(),
            overspent,
            is_urgent_fix: rules.is_urgent_fix,
            unheard,
        }
    }

    fn jobs(&self, unheard: &mut Vec<Text>) -> Vec<Job> {
        let world = self.world();
        let mut jobs = Vec::new();
        for rule in &self.gate.rules.jobs {
            match world.runs_of(&rule.repo, &rule.at, rule.name.as_str()) {
                Some((runs, _)) => jobs.push(Job {
                    name: rule.name.clone(),
                    class: rule.class,
                    runs: runs.into_iter().map(|run| run.ended).collect(),
                }),
                None => {
                    let what = format!("CI {}: nobody told how it runs on {}@{}", rule.name, rule.repo, rule.at);
                    unheard.push(Text::scrub(&what));
                }
            }
        }
        jobs
    }

    /// Budgets that are overspent. One that the settings name and that has no data is not heard.
    fn overspent(&self, unheard: &mut Vec<Text>) -> Vec<Text> {
        let Some(named) = &self.gate.rules.budgets else {
            let overspent = self.budgets().filter(|(_, budget)| *budget == BudgetState::Exhausted);
            return overspent.map(|(name, _)| name.clone()).collect();
        };
        let mut overspent = Vec::new();
        for name in named {
            match self.budgets().find(|(known, _)| *known == name).map(|(_, budget)| budget) {
                Some(BudgetState::Exhausted) => overspent.push(name.clone()),
                Some(BudgetState::Healthy | BudgetState::AtRisk) => {}
                Some(BudgetState::Unknown) | None => {
                    unheard.push(Text::scrub(&format!("the error budget of {name}: no data")));
                }
            }
        }
        overspent
    }
}

/// Whose "go" is needed: roles with members, and those that are only named.
fn roles(rules: &Rules, release: &Release) -> Vec<gate::Role> {
    let mut roles = rules.roles.clone();
    let known: Vec<String> = roles.iter().map(|role| role.name.as_str().to_lowercase()).collect();
    let named = release.sign_offs.iter().filter(|it| !known.contains(&it.role.as_str().to_lowercase()));
    roles.extend(named.map(|it| gate::Role { name: it.role.clone(), members: Vec::new() }));
    roles
}

/// The steps as the gate sees them, and evidence that could not be judged of steps that count.
///
/// What is due after T-0 counts once its days are over; where no date is set, everything counts.
fn items(release: &Release, now: DateTime<Utc>) -> (Vec<Required>, Vec<Text>) {
    let (mut items, mut unheard) = (Vec::new(), Vec::new());
    for course in &release.courses {
        // Many steps share a time, most of them with the one before, and a calendar asks its zone.
        let mut known: HashMap<When, bool> = HashMap::new();
        let mut last: Option<(When, bool)> = None;
        let mut counts = |step: &Step| match (&course.calendar, course.plan.when(step)) {
            (Some(_), Some(when)) if last.is_some_and(|(before, _)| before == when) => {
                last.is_none_or(|(_, counts)| counts)
            }
            (Some(calendar), Some(when)) => {
                let counts = *known.entry(when).or_insert_with(|| counts(calendar, when, now));
                last = Some((when, counts));
                counts
            }
            _ => true,
        };
        for step in &course.plan.steps {
            let (is_done, contradicted) = (course.is_done(step), contradicted(course, step));
            let is_required = step.is_required && counts(step);
            if is_required {
                let doubtful = course.evidence.iter().filter(|j| j.step == step.id && j.finding == Finding::NotJudged);
                unheard.extend(doubtful.map(|j| Text::scrub(&format!("evidence of \"{}\": {}", step.text, j.said))));
            }
            // Of what says nothing one is enough: that there is something to judge by.
            if items.is_empty() || is_required && (!is_done || contradicted.is_some()) {
                let (id, text) = (step.id.text().clone(), step.text.clone());
                items.push(Required { id, text, is_required, is_done, contradicted });
            }
        }
    }
    (items, unheard)
}

fn contradicted(course: &Course, step: &Step) -> Option<Text> {
    if course.evidence.is_empty() {
        return None;
    }
    if course.standing(step) != Standing::Contradicted {
        return None;
    }
    let fails = course.evidence.iter().filter(|j| j.step == step.id && j.finding == Finding::Fails);
    let said: Vec<&str> = fails.map(|j| j.said.as_str()).collect();
    Some(Text::scrub(&said.join("; ")))
}

/// Whether what is due then counts now.
fn counts(calendar: &Calendar, when: When, now: DateTime<Utc>) -> bool {
    let is_later = match when {
        When::After => true,
        When::Days(span) => 0 < span.first,
        When::Hours(hours) => 0 < hours,
        When::Before => false,
    };
    !is_later || calendar.window(when).is_over(now)
}
