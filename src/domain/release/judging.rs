//! Evidence, judged: by what hosts told, what files held, and what was measured. What is not known is never taken to hold.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    evidence::{Evidence, Finding},
    gate::{Class, Run},
    record::same,
};
use crate::{
    domain::{
        expr::{Expr, Value},
        host::{Artefact, RefRuns, WorkflowRun},
        incident::Repo,
        plans::Plans,
        pool::Pool,
        slo::standing::BudgetState,
        time::{between, plus, rfc3339, short_span},
    },
    text::{Text, counted},
};

/// What a file that evidence asks for was found to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When it was looked at.
    pub as_of: DateTime<Utc>,
    /// What was found, or why the file could not be read.
    pub found: Result<Found, Text>,
}

/// What stands in files.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The file is there.
    There {
        /// When it was last changed; nothing = the system does not say.
        changed_at: Option<DateTime<Utc>>,
    },
    /// It is not there.
    Missing,
    /// A version for each place; nothing = its pattern was not found there.
    Versions(Vec<Option<Text>>),
    /// Whether the entry is there.
    Entry(bool),
    /// A figure; nothing = the pattern was not found, or found no number.
    Figure(Option<f64>),
}

/// What evidence is judged by.
pub struct World<'a> {
    /// Runs of workflows, by repository and ref.
    pub runs: Vec<&'a RefRuns>,
    /// Artefacts that were asked for.
    pub artefacts: Vec<&'a Artefact>,
    /// What repositories have planned.
    pub plans: Vec<&'a Plans>,
    /// Repositories whose milestones are not told any more, with when they were told last.
    pub untold: Vec<&'a (Repo, Option<DateTime<Utc>>)>,
    /// Objectives by name.
    pub budgets: Vec<(&'a Text, BudgetState)>,
    /// What was measured.
    pub pool: &'a Pool,
    /// The commit that is to go out, where one is named.
    pub commit: Option<&'a Text>,
}

/// What came of it, in words, and as of when.
pub type Verdict = (Finding, String, Option<DateTime<Utc>>);

impl World<'_> {
    /// The runs of a job on a ref, those of each workflow on their own and the oldest first: two files may have one name.
    /// Nothing where no host has told of that ref.
    ///
    /// With a commit only what ran up to its last run counts: where the job never ran on it there is none.
    pub fn runs_of(&self, repo: &Repo, at: &Text, job: &str) -> Option<(Vec<Vec<&WorkflowRun>>, DateTime<Utc>)> {
        self.runs_up_to(repo, at, job, self.commit)
    }

    fn runs_up_to(
        &self,
        repo: &Repo,
        at: &Text,
        job: &str,
        commit: Option<&Text>,
    ) -> Option<(Vec<Vec<&WorkflowRun>>, DateTime<Utc>)> {
        let told = self.runs.iter().find(|runs| is_one(&runs.repo, repo) && runs.name == *at)?;
        let mut runs: Vec<&WorkflowRun> = told.runs.iter().filter(|run| run.is_of(job)).collect();
        let is_on =
            |run: &&WorkflowRun| commit.is_none_or(|commit| super::gate::is_of(Some(&run.commit), Some(commit)));
        runs.truncate(runs.iter().rposition(is_on).map_or(0, |last| last + 1));
        let mut workflows = BTreeMap::<&str, Vec<&WorkflowRun>>::new();
        for run in runs {
            workflows.entry(run.key()).or_default().push(run);
        }
        for runs in workflows.values_mut() {
            // One that did not run on the commit stands as it stood before.
            let last = runs.iter().rposition(is_on).map_or(runs.len(), |last| last + 1);
            runs.truncate(last);
        }
        Some((workflows.into_values().collect(), told.as_of))
    }

    /// How the runs of a job ended, of the workflow that stands worst where several files have its name. An informing job that
    /// never ran on the commit stands as it does on its branch.
    pub fn ended(&self, repo: &Repo, at: &Text, job: &str, class: Class) -> Option<Vec<Run>> {
        let (mut found, _) = self.runs_of(repo, at, job)?;
        if class == Class::Informing && found.is_empty() {
            (found, _) = self.runs_up_to(repo, at, job, None)?;
        }
        let ended = found.iter().map(|runs| runs.iter().map(|run| run.ended).collect::<Vec<_>>());
        let worst = ended.min_by_key(|runs| match class {
            Class::Blocking => n_green(runs),
            Class::Informing => match runs.iter().rev().find(|run| **run != Run::Other) {
                Some(Run::Failure) => 0,
                None => 1,
                Some(_) => 2,
            },
        });
        Some(worst.unwrap_or_default())
    }

    /// Judges evidence; `seen` is what its file held, where it asks for one.
    pub fn judge(&self, evidence: &Evidence, seen: Option<&Seen>, now: DateTime<Utc>) -> Verdict {
        match evidence {
            Evidence::ChecksGreen { repo, at, job, in_a_row } => self.checks(repo, at, job, *in_a_row),
            Evidence::MilestoneEmpty { repo, title } => self.milestone(repo, title, now),
            Evidence::Artefact { repo, name } => self.artefact(repo, name, now),
            Evidence::Condition { expression } => self.condition(expression, now),
            _ => of_file(evidence, seen, now),
        }
    }

    fn checks(&self, repo: &Repo, at: &Text, job: &Text, in_a_row: u32) -> Verdict {
        let Some((runs, as_of)) = self.runs_of(repo, at, job.as_str()) else {
            return (Finding::NotJudged, format!("nobody told how CI runs on {repo}@{at}"), None);
        };
        let least = runs.iter().map(|of| of.iter().rev().take_while(|run| run.ended == Run::Success).count()).min();
        let wanted = usize::try_from(in_a_row.max(1)).unwrap_or(usize::MAX);
        match least {
            None => (Finding::Fails, "no run is known".to_owned(), Some(as_of)),
            Some(n) => {
                let finding = if wanted <= n { Finding::Holds } else { Finding::Fails };
                (finding, format!("{} of {wanted} runs in a row succeeded", n.min(wanted)), Some(as_of))
            }
        }
    }

    fn milestone(&self, repo: &Repo, title: &Text, now: DateTime<Utc>) -> Verdict {
        let Some(plans) = self.plans.iter().find(|plans| is_one(&plans.repo, repo)) else {
            return (Finding::NotJudged, format!("nobody told of the milestones of {repo}"), None);
        };
        if let Some((_, last)) = self.untold.iter().find(|(told, _)| is_one(told, repo)) {
            let age = last.map_or_else(String::new, |at| format!(", told last {} ago", short_span(between(at, now))));
            return (Finding::NotJudged, format!("the milestones of {repo} are not told any more{age}"), *last);
        }
        // Some hosts let several have one title.
        let mut ours = plans.milestones.iter().filter(|milestone| milestone.title == *title).peekable();
        let n_open = ours.peek().is_some().then(|| ours.map(|milestone| milestone.n_open).sum::<Option<usize>>());
        match n_open {
            None => (Finding::NotJudged, format!("{repo} has no milestone {title}, or not any more"), None),
            Some(None) => (Finding::NotJudged, format!("how many are open in {title} is not known"), None),
            Some(Some(0)) => (Finding::Holds, format!("{title} has nothing open"), None),
            Some(Some(n)) => (Finding::Fails, format!("{title} has {n} open"), None),
        }
    }

    fn artefact(&self, repo: &Repo, name: &Text, now: DateTime<Utc>) -> Verdict {
        let Some(told) = self.artefacts.iter().find(|told| is_one(&told.repo, repo) && told.name == *name) else {
            return (Finding::NotJudged, format!("nobody told of the artefacts of {repo}"), None);
        };
        let kept = told.kept.iter().filter(|one| !one.is_expired && one.until.is_none_or(|until| now < until));
        let is_ours = |commit: &Option<Text>| self.commit.is_none() || super::gate::is_of(commit.as_ref(), self.commit);
        let (n, ours) = kept.fold((0, 0), |(n, ours), one| (n + 1, ours + usize::from(is_ours(&one.commit))));
        let (finding, said) = match (ours, n) {
            (0, 0) => (Finding::Fails, format!("no artefact {name} is kept")),
            (0, _) => (Finding::Fails, format!("no artefact {name} is of this commit")),
            _ => (Finding::Holds, format!("the artefact {name} is kept")),
        };
        (finding, said, Some(told.as_of))
    }

    fn condition(&self, written: &Text, now: DateTime<Utc>) -> Verdict {
        if let Some((_, budget)) = self.budgets.iter().find(|(name, _)| *name == written) {
            let finding = match budget {
                BudgetState::Healthy | BudgetState::AtRisk => Finding::Holds,
                BudgetState::Exhausted => Finding::Fails,
                BudgetState::Unknown => Finding::NotJudged,
            };
            return (finding, format!("the budget of {written}: {}", budget.word()), Some(now));
        }
        let holds = Expr::read(written.as_str()).map_err(|fault| fault.to_string());
        match holds.and_then(|expr| truth(&expr, self.pool, now)) {
            Err(why) => (Finding::NotJudged, format!("{written}: {why}"), None),
            Ok(None) => (Finding::NotJudged, format!("{written}: no data"), None),
            Ok(Some(true)) => (Finding::Holds, format!("{written} holds"), Some(now)),
            Ok(Some(false)) => (Finding::Fails, format!("{written} does not hold"), Some(now)),
        }
    }
}

/// Whether a repository is the one that settings name, with or without its host.
fn is_one(told: &Repo, named: &Repo) -> bool {
    told == named || told.on_host() == named.full()
}

/// Whether a condition holds for all it speaks of; nothing where there is no data.
///
/// # Errors
/// It cannot be evaluated.
pub fn truth(expr: &Expr, pool: &Pool, at: DateTime<Utc>) -> Result<Option<bool>, String> {
    Ok(match expr.eval(pool, at.timestamp_millis())? {
        Value::Scalar(value) => (!value.is_nan()).then_some(value != 0.0),
        Value::Vector(items) => (!items.is_empty()).then(|| items.iter().all(|item| item.is_kept)),
        Value::Text(_) => return Err("it comes to a text".to_owned()),
    })
}

fn of_file(evidence: &Evidence, seen: Option<&Seen>, now: DateTime<Utc>) -> Verdict {
    let Some(seen) = seen else { return (Finding::NotJudged, "its file was not looked at yet".to_owned(), None) };
    let as_of = Some(seen.as_of);
    let found = match &seen.found {
        Ok(found) => found,
        Err(why) => return (Finding::NotJudged, why.to_string(), as_of),
    };
    let (finding, said) = match (evidence, found) {
        (_, Found::Missing) => (Finding::Fails, "there is no such file".to_owned()),
        (Evidence::FileFresh { within, .. }, Found::There { changed_at }) => fresh(*within, *changed_at, now),
        (Evidence::VersionsAgree { places, version }, Found::Versions(found)) => {
            let names: Vec<&Text> = places.iter().map(|place| &place.path).collect();
            agree(&names, found, version.as_ref())
        }
        (Evidence::ChangelogHas { version, .. }, Found::Entry(true)) => {
            (Finding::Holds, format!("it has an entry of {version}"))
        }
        (Evidence::ChangelogHas { version, .. }, Found::Entry(false)) => {
            (Finding::Fails, format!("it has no entry of {version}"))
        }
        (Evidence::FigureAtLeast { .. }, Found::Figure(None)) => (Finding::NotJudged, "no figure was found".to_owned()),
        (Evidence::FigureAtLeast { least, .. }, Found::Figure(Some(figure))) => {
            let finding = if least <= figure { Finding::Holds } else { Finding::Fails };
            (finding, format!("{figure}, at least {least} is asked for"))
        }
        _ => (Finding::NotJudged, "something else was read".to_owned()),
    };
    (finding, said, as_of)
}

/// Clocks disagree a little: a file may be so much younger than now.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

fn fresh(within: Option<TimeDelta>, changed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> (Finding, String) {
    let is_ahead = |at: &DateTime<Utc>| plus(now, AHEAD) < *at;
    if let Some(at) = changed_at.filter(is_ahead) {
        return (Finding::Fails, format!("its time is {}, later than now: is a clock wrong?", rfc3339(at)));
    }
    let age = changed_at.map(|at| between(at, now).max(TimeDelta::zero()));
    match (within, age) {
        (None, _) => (Finding::Holds, "it is there".to_owned()),
        (Some(_), None) => (Finding::NotJudged, "how old it is cannot be told".to_owned()),
        (Some(most), Some(age)) if age <= most => (Finding::Holds, format!("{} old", short_span(age))),
        (Some(most), Some(age)) => {
            (Finding::Fails, format!("{} old, at most {} is asked for", short_span(age), short_span(most)))
        }
    }
}

/// Whether a version names one: blank is none, and neither is what has no letter and no digit.
fn names_one(version: &Text) -> bool {
    version.as_str().chars().any(char::is_alphanumeric)
}

fn agree(places: &[&Text], found: &[Option<Text>], wanted: Option<&Text>) -> (Finding, String) {
    let missing: Vec<&str> = places
        .iter()
        .zip(found)
        .filter(|(_, said)| !said.as_ref().is_some_and(names_one))
        .map(|(path, _)| path.as_str())
        .collect();
    if !missing.is_empty() || found.is_empty() {
        return (Finding::Fails, format!("no version was found in {}", missing.join(", ")));
    }
    let said = || {
        let each = places.iter().zip(found.iter().flatten()).map(|(path, version)| format!("{path} says {version}"));
        each.collect::<Vec<_>>().join(", ")
    };
    let mut versions = found.iter().flatten();
    let first = versions.next();
    let wanted = wanted.or(first);
    if found.iter().flatten().all(|version| Some(version) == wanted) {
        let n = counted(found.len(), "place says", "places say");
        return (Finding::Holds, format!("{n} {}", wanted.map(Text::as_str).unwrap_or_default()));
    }
    match wanted.filter(|wanted| Some(*wanted) != first) {
        Some(wanted) => (Finding::Fails, format!("{}; {wanted} is asked for", said())),
        None => (Finding::Fails, said()),
    }
}

fn n_green(runs: &[Run]) -> usize {
    runs.iter().rev().take_while(|run| **run == Run::Success).count()
}

impl WorkflowRun {
    /// What is one workflow: its file, or its name where the host tells of no file.
    fn key(&self) -> &str {
        let file = self.path.as_str().split('@').next().unwrap_or_default();
        if file.is_empty() { self.workflow.as_str() } else { file }
    }

    /// Whether it is of a job: by the workflow's name, or its file with or without the folder; blank means any.
    pub fn is_of(&self, job: &str) -> bool {
        let file = self.path.as_str().split('@').next().unwrap_or_default();
        let short = file.rsplit('/').next().unwrap_or_default();
        job.is_empty() || same(self.workflow.as_str(), job) || file == job || short == job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        host::Kept,
        plans::Milestone,
        release::evidence::VersionPlace,
        sample::{Labelled, Labels, SeriesKey},
        time::{minus, parse_rfc3339},
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-12-03T15:00:00Z").unwrap()
    }

    fn text(written: &str) -> Text {
        Text::scrub(written)
    }

    fn world<'a>(pool: &'a Pool) -> World<'a> {
        World { runs: vec![], artefacts: vec![], plans: vec![], untold: vec![], budgets: vec![], pool, commit: None }
    }

    fn runs(ended: &[(&str, &str, Run)]) -> RefRuns {
        let run = |(workflow, commit, ended): &(&str, &str, Run)| WorkflowRun {
            workflow: text(workflow),
            path: text(".github/workflows/ci.yml"),
            commit: text(commit),
            ended: *ended,
            at: now(),
        };
        let runs = ended.iter().map(run).collect();
        RefRuns { repo: Repo::new("acme/api"), name: text("main"), runs, as_of: now() }
    }

    fn green(job: &str) -> Evidence {
        Evidence::ChecksGreen { repo: Repo::new("acme/api"), at: text("main"), job: text(job), in_a_row: 3 }
    }

    #[test]
    fn three_successes_in_a_row_are_green_and_what_nobody_told_is_not_judged() {
        let pool = Pool::default();
        assert_eq!(world(&pool).judge(&green("CI"), None, now()).0, Finding::NotJudged);
        let judged = |told: &RefRuns, job: &str| {
            let mut world = world(&pool);
            world.runs = vec![told];
            world.judge(&green(job), None, now()).0
        };
        let (ok, bad, other) = (Run::Success, Run::Failure, Run::Other);
        for (ended, finding) in [
            (vec![bad, ok, ok, ok], Finding::Holds),
            (vec![ok, ok], Finding::Fails),
            (vec![ok, ok, other, ok], Finding::Fails),
            (vec![], Finding::Fails),
        ] {
            let told = runs(&ended.iter().map(|ended| ("CI", "aaaaaaa", *ended)).collect::<Vec<_>>());
            assert_eq!(judged(&told, "CI"), finding, "{ended:?}");
            assert_eq!(judged(&told, "ci.yml"), finding, "by its file");
        }
        let mut told = runs(&[("CI", "a", ok), ("CI", "a", ok), ("CI", "a", ok), ("CI", "a", bad)]);
        told.runs[3].path = text(".github/workflows/other.yml");
        told.runs.rotate_right(1);
        for (job, finding) in
            [("", Finding::Fails), ("CI", Finding::Fails), ("ci.yml", Finding::Holds), ("other.yml", Finding::Fails)]
        {
            assert_eq!(judged(&told, job), finding, "each file on its own: {job}");
        }
        let ended = |job: &str, class, commit: Option<&Text>| {
            let mut world = world(&pool);
            (world.runs, world.commit) = (vec![&told], commit);
            world.ended(&Repo::new("acme/api"), &text("main"), job, class).unwrap()
        };
        let elsewhere = text("ddddddd");
        assert_eq!(ended("CI", Class::Blocking, None), [bad]);
        assert_eq!(ended("CI", Class::Informing, None), [bad]);
        assert_eq!(ended("CI", Class::Blocking, Some(&elsewhere)), Vec::<Run>::new());
        assert_eq!(ended("CI", Class::Informing, Some(&elsewhere)), [bad], "as it stands on the branch");
    }

    #[test]
    fn with_a_commit_only_what_ran_up_to_it_counts() {
        let pool = Pool::default();
        let ok = Run::Success;
        let told = runs(&[("CI", "aaaaaaa", ok), ("CI", "aaaaaaa", ok), ("CI", "bbbbbbb", ok), ("CI", "ccccccc", ok)]);
        let (b, d) = (text("bbbbbbb"), text("ddddddd"));
        let mut world = world(&pool);
        world.runs = vec![&told];
        world.commit = Some(&b);
        assert_eq!(world.judge(&green("CI"), None, now()).1, "3 of 3 runs in a row succeeded");
        world.commit = Some(&d);
        assert_eq!(world.judge(&green("CI"), None, now()), (Finding::Fails, "no run is known".into(), Some(now())));
    }

    #[test]
    fn a_milestone_is_empty_when_nothing_is_open_and_unknown_is_not_zero() {
        let pool = Pool::default();
        let judged = |n_open: Option<usize>, title: &str| {
            let milestone =
                Milestone { number: 1, title: text("4.9"), due: None, is_open: true, n_open, n_closed: None };
            let plans = Plans { repo: Repo::new("acme/api"), milestones: vec![milestone], releases: vec![] };
            let mut world = world(&pool);
            world.plans = vec![&plans];
            let evidence = Evidence::MilestoneEmpty { repo: Repo::new("acme/api"), title: text(title) };
            world.judge(&evidence, None, now()).0
        };
        assert_eq!(
            [judged(Some(0), "4.9"), judged(Some(1), "4.9"), judged(None, "4.9"), judged(Some(0), "5")],
            [Finding::Holds, Finding::Fails, Finding::NotJudged, Finding::NotJudged]
        );
        let of = |number, n_open| Milestone {
            number,
            title: text("4.9"),
            due: None,
            is_open: true,
            n_open: Some(n_open),
            n_closed: None,
        };
        let repo = Repo::new("acme/api");
        let plans = Plans { repo: repo.clone(), milestones: vec![of(1, 0), of(2, 2)], releases: vec![] };
        let evidence = Evidence::MilestoneEmpty { repo: repo.clone(), title: text("4.9") };
        let mut world = world(&pool);
        world.plans = vec![&plans];
        assert_eq!(world.judge(&evidence, None, now()).1, "4.9 has 2 open", "two of one title");
        let untold = (repo, Some(minus(now(), TimeDelta::days(7))));
        world.untold = vec![&untold];
        let (finding, said, _) = world.judge(&evidence, None, now());
        let wanted = "the milestones of acme/api are not told any more, told last 7d ago";
        assert_eq!((finding, said.as_str()), (Finding::NotJudged, wanted));
    }

    #[test]
    fn an_artefact_must_be_kept_and_of_the_commit_that_is_named() {
        let (pool, repo) = (Pool::default(), Repo::new("acme/api"));
        let evidence = Evidence::Artefact { repo: repo.clone(), name: text("bundle") };
        let commit = text("bbbbbbb");
        let judged = |kept: Vec<Kept>, commit: Option<&Text>| {
            let told = Artefact { repo: repo.clone(), name: text("bundle"), kept, as_of: now() };
            let mut world = world(&pool);
            (world.artefacts, world.commit) = (vec![&told], commit);
            world.judge(&evidence, None, now()).0
        };
        let one = |is_expired| Kept { commit: Some(text("aaaaaaa")), is_expired, until: None };
        assert_eq!(judged(vec![one(false)], None), Finding::Holds);
        assert_eq!(judged(vec![one(true)], None), Finding::Fails);
        assert_eq!(judged(vec![one(false)], Some(&commit)), Finding::Fails);
        assert_eq!(judged(vec![], None), Finding::Fails);
        assert_eq!(world(&pool).judge(&evidence, None, now()).0, Finding::NotJudged);
    }

    #[test]
    fn a_condition_without_data_is_not_judged() {
        let mut pool = Pool::default();
        pool.ask(Some(&text("errors")), 600_000);
        let evidence = Evidence::Condition { expression: text("errors < 5") };
        assert_eq!(world(&pool).judge(&evidence, None, now()).0, Finding::NotJudged);
        let key = SeriesKey { name: text("errors"), labels: Labels::default() };
        let at_ms = minus(now(), TimeDelta::minutes(1)).timestamp_millis();
        pool.take(Labelled { key, at_ms, value: 3.0 }, now());
        assert_eq!(world(&pool).judge(&evidence, None, now()).0, Finding::Holds);
        let evidence = Evidence::Condition { expression: text("errors < 2") };
        assert_eq!(world(&pool).judge(&evidence, None, now()).0, Finding::Fails);
        let name = text("api");
        let mut world = world(&pool);
        world.budgets = vec![(&name, BudgetState::Exhausted)];
        let evidence = Evidence::Condition { expression: name.clone() };
        assert_eq!(world.judge(&evidence, None, now()).0, Finding::Fails);
    }

    #[test]
    fn files_are_judged_by_age_version_entry_and_figure() {
        let pool = Pool::default();
        let judged = |evidence: &Evidence, found: Result<Found, Text>| {
            world(&pool).judge(evidence, Some(&Seen { as_of: now(), found }), now()).0
        };
        let age = |hours| Ok(Found::There { changed_at: Some(minus(now(), TimeDelta::hours(hours))) });
        let fresh = Evidence::FileFresh { path: text("a"), within: Some(TimeDelta::hours(24)) };
        assert_eq!([judged(&fresh, age(24)), judged(&fresh, age(25))], [Finding::Holds, Finding::Fails]);
        let there = Evidence::FileFresh { path: text("a"), within: None };
        for evidence in [&fresh, &there] {
            assert_eq!(judged(evidence, age(-1)), Finding::Fails, "a time to come is no proof");
        }
        assert_eq!(judged(&there, age(1000)), Finding::Holds);
        assert_eq!(judged(&fresh, Ok(Found::Missing)), Finding::Fails);
        assert_eq!(judged(&fresh, Err(text("may not be read"))), Finding::NotJudged);
        let place = |path: &str| VersionPlace { path: text(path), pattern: text("x") };
        let places = vec![place("a"), place("b")];
        let versions = |a: &str, b: Option<&str>| Ok(Found::Versions(vec![Some(text(a)), b.map(text)]));
        let agree = Evidence::VersionsAgree { places: places.clone(), version: None };
        assert_eq!(judged(&agree, versions("1.4.0", Some("1.4.0"))), Finding::Holds);
        assert_eq!(judged(&agree, versions("1.4.0", Some("1.3.9"))), Finding::Fails);
        assert_eq!(judged(&agree, versions("1.4.0", None)), Finding::Fails);
        for blank in ["", " ", "\u{a0}", "\"", "\u{200b}"] {
            assert_eq!(judged(&agree, versions(blank, Some(blank))), Finding::Fails, "an empty version is none");
        }
        let wanted = Evidence::VersionsAgree { places, version: Some(text("1.5.0")) };
        assert_eq!(judged(&wanted, versions("1.4.0", Some("1.4.0"))), Finding::Fails);
        let figure = Evidence::FigureAtLeast { path: text("a"), pattern: text("x"), least: 80.0 };
        assert_eq!(judged(&figure, Ok(Found::Figure(Some(80.0)))), Finding::Holds);
        assert_eq!(judged(&figure, Ok(Found::Figure(Some(79.9)))), Finding::Fails);
        assert_eq!(judged(&figure, Ok(Found::Figure(None))), Finding::NotJudged);
    }
}
