//! The release as it is judged: what evidence says of its steps, what the gate says of it, whether it is to be taken back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::IncidentKey,
        priority::{Grade, Priority},
        release::{
            Item, Release,
            calendar::When,
            course::{Course, Standing},
            evidence::{Finding, Judged},
            gate::{self, Case, Job, Outcome, Required},
            judging::{Seen, World, truth},
            plan::{Step, StepId},
            record::{Decided, Deed, Record},
            rollback::{self, Bake, Rollback, Shares, Stage, Watching},
            rules::Rules,
        },
        slo::{burn::Severity, ledger::Tally, standing::BudgetState},
        time::minus,
    },
    floor::Floor,
    text::Text,
};

/// What is known of the release beside its plans.
#[derive(Debug, Default)]
pub struct Gate {
    rules: Rules,
    /// What files held, by the place of the tie that asks.
    seen: BTreeMap<usize, Seen>,
    commit: Option<Text>,
    /// What was judged last, and of which floor and second.
    judged: Option<((u64, i64), Verdict)>,
}

#[derive(Debug, Clone)]
struct Verdict {
    outcome: Outcome,
    rollback: Option<Rollback>,
}

/// Why a tie that names no step counts as not judged.
const NO_STEP: &str = "no plan has this step";

impl Floor {
    /// Says what the release is judged by. What conditions look back on is kept from now on.
    pub fn judge_release_by(&mut self, rules: Rules) {
        for condition in &rules.watching.conditions {
            let reach = rollback::reach(&rules.watching, condition).num_milliseconds();
            for need in condition.expr.needs() {
                self.alerts.ask(need.name.as_ref(), need.back_ms.saturating_add(reach));
            }
        }
        self.gate.rules = rules;
        self.gate.judged = None;
        self.version = self.version.wrapping_add(1);
    }

    /// Says which commit is to go out: sign-offs and runs of others do not count.
    pub fn release_commit(&mut self, commit: Option<Text>) {
        self.gate.commit = commit;
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

    /// The watch over the release when the floor was last settled; nothing where no day is set.
    pub fn rollback(&self) -> Option<&Rollback> {
        self.gate.judged.as_ref()?.1.rollback.as_ref()
    }

    /// What evidence says of the release's steps, in the order of the settings.
    pub fn release_evidence(&self) -> impl Iterator<Item = &Judged> {
        self.release.iter().flat_map(|release| &release.courses).flat_map(|course| &course.evidence)
    }

    pub(super) fn evidence_read(&mut self, seen: Vec<(usize, Seen)>) {
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
        let verdict = Verdict { outcome: gate::judge(&case, now), rollback: self.watch_release(&release, now) };
        drop(case);
        self.release = Some(release);
        self.gate.judged = Some((key, verdict));
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
    fn judge_steps(&self, release: &mut Release, now: DateTime<Utc>) -> Vec<Text> {
        let (world, mut loose) = (self.world(), Vec::new());
        release.courses.iter_mut().for_each(|course| course.evidence.clear());
        for (nth, tie) in self.gate.rules.ties.iter().enumerate() {
            let (finding, said, as_of) = world.judge(&tie.evidence, self.gate.seen.get(&nth), now);
            let said = Text::scrub(&said);
            let mut is_tied = false;
            for course in &mut release.courses {
                let Some(step) = course.plan.find(tie.step.as_str()).map(|step| step.id.clone()) else { continue };
                is_tied = true;
                let evidence = tie.evidence.clone();
                course.evidence.push(Judged { step, evidence, finding, said: said.clone(), as_of });
            }
            if !is_tied {
                loose.push(tie.step.clone());
            }
        }
        loose
    }

    fn case<'a>(&'a self, release: &'a Release, loose: &[Text], now: DateTime<Utc>) -> Case<'a> {
        let rules = &self.gate.rules;
        let (items, mut unheard) = items(release, now);
        unheard.extend(loose.iter().map(|step| Text::scrub(&format!("evidence of {step}: {NO_STEP}"))));
        unheard.extend(self.release_unheard(now).into_iter().map(|source| {
            let why = match &source.trouble {
                Some((trouble, _, why)) => format!("{}: {why}", trouble.word()),
                None if 0 < source.n_skipped => format!("{} records were left out", source.n_skipped),
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
        let jobs = self.jobs(&mut unheard);
        let overspent = self.overspent(&mut unheard);
        let mut roles = rules.roles.clone();
        let known: Vec<String> = roles.iter().map(|role| role.name.as_str().to_lowercase()).collect();
        roles.extend(
            release
                .sign_offs
                .iter()
                .filter(|sign_off| !known.contains(&sign_off.role.as_str().to_lowercase()))
                .map(|sign_off| gate::Role { name: sign_off.role.clone(), members: Vec::new() }),
        );
        Case {
            commit: self.gate.commit.clone(),
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

    /// Watches over a release that went out (R51).
    fn watch_release(&self, release: &Release, now: DateTime<Utc>) -> Option<Rollback> {
        let rules = &self.gate.rules.watching;
        let records = || release.courses.iter().flat_map(|course| course.record.entries());
        let went = records().filter(|entry| matches!(&entry.deed, Deed::Decision { what: Decided::Go }));
        let went = went.map(|entry| entry.at).max();
        let planned = release.at.or_else(|| release.phase_window(0).map(|(start, _)| start));
        let start = went.or(planned)?;
        let bake = rollback::bake(start, rules);
        let stage = match () {
            () if now < bake.start => Stage::Before,
            () if now < bake.end => Stage::Baking,
            () => Stage::Over,
        };
        let criteria = if stage == Stage::Before { self.declared(rules) } else { self.criteria(rules, bake, now) };
        let decided = records().filter(|entry| start <= entry.at).filter_map(|entry| match &entry.deed {
            Deed::Decision { what } if *what != Decided::Go => Some((what.clone(), entry.by.clone(), entry.at)),
            _ => None,
        });
        Some(Rollback {
            stage,
            start: bake.start,
            end: bake.end,
            owner: rules.owner.clone(),
            is_declared: rules.is_declared,
            criteria,
            decided: decided.max_by_key(|(_, _, at)| *at),
        })
    }

    /// What will be watched, before it is.
    fn declared(&self, rules: &Watching) -> Vec<rollback::Criterion> {
        let never = Bake { start: DateTime::<Utc>::MAX_UTC, end: DateTime::<Utc>::MAX_UTC };
        self.criteria(rules, never, DateTime::<Utc>::MIN_UTC)
            .into_iter()
            .map(|criterion| rollback::Criterion {
                state: rollback::State::Quiet,
                said: Text::scrub("not watched before T-0"),
                ..criterion
            })
            .collect()
    }

    fn criteria(&self, rules: &Watching, bake: Bake, now: DateTime<Utc>) -> Vec<rollback::Criterion> {
        let page = |slo: &super::slos::Watched| {
            use crate::domain::alert::AlertState::Firing;
            match slo.alert(Severity::Page) {
                Firing { fired_at, .. } => Some((slo.slo.name.clone(), fired_at)),
                _ => None,
            }
        };
        let of_rules = self.alerts.book_alerts().filter_map(|alert| {
            let is_page = alert.severity().is_some_and(|severity| severity.as_str().eq_ignore_ascii_case("page"));
            Some((alert.rule.clone(), alert.fired_at?)).filter(|_| is_page && alert.is_firing())
        });
        let fired: Vec<(Text, DateTime<Utc>)> = self.slos.iter().filter_map(page).chain(of_rules).collect();
        let judges = |slo: &super::slos::Watched| slo.standing.as_ref().is_some_and(|s| s.left.is_some());
        let has_judged = self.slos.iter().any(judges) || self.alerts.has_judged();
        let p0 = self.queue.entries().iter().filter(|entry| entry.verdict.grade == Grade::Set(Priority::P0));
        let opened: Vec<(IncidentKey, DateTime<Utc>)> =
            p0.map(|entry| (entry.incident.key.clone(), entry.incident.opened_at)).collect();
        let mut criteria = vec![
            rollback::pages(&fired, has_judged, bake),
            rollback::incidents(&opened, self.knows_incidents(), bake),
        ];
        for slo in &self.slos {
            criteria.push(rollback::shares(&slo.slo.name, shares(slo, rules, bake, now), rules.times, now));
        }
        for condition in &rules.conditions {
            let pool = self.alerts.pool();
            let holds = |at| truth(&condition.expr, pool, at).ok().flatten();
            criteria.push(rollback::condition(condition, bake, now, holds));
        }
        criteria
    }
}

/// Bad and all of an objective before a release and since; nothing where nothing was counted.
fn shares(slo: &super::slos::Watched, rules: &Watching, bake: Bake, now: DateTime<Utc>) -> Option<Shares> {
    let minute = |at: DateTime<Utc>| at.timestamp().div_euclid(60);
    let (from, until) = rollback::baseline(bake.start, rules);
    let end = now.min(bake.end);
    if end <= bake.start {
        return None;
    }
    let sum = |from, until| {
        let Tally { bad, total } = slo.ledger().sum(minute(from), minute(until));
        (bad, total)
    };
    // The minute that is still running is counted up to now.
    let until_now = minus(end, chrono::TimeDelta::minutes(-1));
    Some(Shares {
        before: sum(from, until),
        since: sum(bake.start, until_now),
        least: slo.slo.min_total,
        tolerated: slo.slo.target.budget().to_f64(),
    })
}

/// The steps as the gate sees them, and evidence that could not be judged of steps that count.
///
/// What is due after T-0 counts once its days are over; where no date is set, everything counts. Files that were read as
/// checklists alone are judged by their items.
fn items(release: &Release, now: DateTime<Utc>) -> (Vec<Required>, Vec<Text>) {
    let (mut items, mut unheard) = (Vec::new(), Vec::new());
    for course in &release.courses {
        if course.plan.steps.is_empty() {
            unheard.push(Text::scrub(&format!("{}: it holds no step", course.plan.path)));
        }
        for step in &course.plan.steps {
            let (is_done, contradicted) = (course.is_done(step), contradicted(course, step));
            let is_required = step.is_required && counts(course, step, now);
            if is_required {
                let doubtful = course.evidence.iter().filter(|j| j.step == step.id && j.finding == Finding::NotJudged);
                unheard.extend(doubtful.map(|j| Text::scrub(&format!("evidence of \"{}\": {}", step.text, j.said))));
            }
            // Of what says nothing one is enough: that there is something to judge by.
            if items.is_empty() || is_required && (!is_done || contradicted.is_some()) {
                let (id, text) = (Text::scrub(step.id.as_str()), step.text.clone());
                items.push(Required { id, text, is_required, is_done, contradicted });
            }
        }
    }
    if release.courses.is_empty() {
        for list in &release.checklists {
            items.extend(list.items.iter().map(|item| of_item(release, item, now)));
        }
    }
    (items, unheard)
}

fn contradicted(course: &Course, step: &Step) -> Option<Text> {
    if course.standing(step) != Standing::Contradicted {
        return None;
    }
    let fails = course.evidence.iter().filter(|j| j.step == step.id && j.finding == Finding::Fails);
    let said: Vec<&str> = fails.map(|j| j.said.as_str()).collect();
    Some(Text::scrub(&said.join("; ")))
}

fn counts(course: &Course, step: &Step, now: DateTime<Utc>) -> bool {
    let Some(calendar) = &course.calendar else { return true };
    let is_later = match course.plan.when(step) {
        Some(When::After) => true,
        Some(When::Days(span)) => 0 < span.first,
        Some(When::Hours(hours)) => 0 < hours,
        Some(When::Before) | None => false,
    };
    !is_later || course.plan.when(step).is_some_and(|when| calendar.window(when).is_over(now))
}

fn of_item(release: &Release, item: &Item, now: DateTime<Utc>) -> Required {
    let is_later = item.phase.is_some_and(|phase| {
        let is_over = || release.phase_window(phase).is_some_and(|(_, end)| end <= now);
        0 < phase && release.phase_today(now).is_some() && !is_over()
    });
    Required {
        id: Text::scrub(StepId::of(item.section.as_str(), None, item.text.as_str(), 0).as_str()),
        text: item.text.clone(),
        is_required: !is_later,
        is_done: item.is_done,
        contradicted: None,
    }
}
