//! What the gate judges the release by, of all that the floor knows.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        release::{
            Release,
            calendar::{Calendar, When},
            course::{Course, Standing},
            evidence::Finding,
            gate::{self, Case, Job, Required},
            plan::Step,
            record::Record,
            rules::Rules,
        },
        slo::standing::BudgetState,
    },
    floor::{
        Floor,
        freshness::{Feed, Source},
    },
    text::{Text, counted},
};

/// Why a tie that names no step counts as not judged.
const NO_STEP: &str = "no plan has this step";

impl Floor {
    pub(super) fn case<'a>(&'a self, release: &'a Release, loose: &[Text], now: DateTime<Utc>) -> Case<'a> {
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
            let entry = course.record.ahead().first()?;
            Some(Text::scrub(&format!("the record of {}: {}", course.plan.path, entry.why_ahead())))
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
            zone: Some(release.zone.clone()),
            overspent,
            is_urgent_fix: rules.is_urgent_fix,
            unheard,
        }
    }

    fn jobs(&self, unheard: &mut Vec<Text>) -> Vec<Job> {
        let world = self.world();
        let mut jobs = Vec::new();
        for rule in &self.gate.rules.jobs {
            match world.ended(&rule.repo, &rule.at, rule.name.as_str(), rule.class) {
                Some(runs) => jobs.push(Job { name: rule.name.clone(), class: rule.class, runs }),
                None => {
                    let what = format!("job {}: nobody told how it runs on {}@{}", rule.name, rule.repo, rule.at);
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
            let contradicted = contradicted(course, step);
            let is_done = course.is_done(step) || may_be_proven(course, step);
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

/// Whether nobody can tell that a step is open: evidence of it could not be judged, and none says that it is not done. A step
/// that is tied to evidence needs no tick.
fn may_be_proven(course: &Course, step: &Step) -> bool {
    let mut findings = course.evidence.iter().filter(|judged| judged.step == step.id).map(|judged| judged.finding);
    findings.clone().any(|finding| finding == Finding::NotJudged) && findings.all(|finding| finding != Finding::Fails)
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
