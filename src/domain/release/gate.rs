//! The gate: go, no go, or not to be judged, with every reason (SEMANTICS R50, R52).

mod kin;
mod reason;

use chrono::{DateTime, Utc};

pub use self::kin::{Kin, wanting};
use super::{
    decision,
    record::{Deed, Entry, Record, Say, same},
};
use crate::{
    domain::{incident::IncidentKey, time::rfc3339, zone::Zone},
    text::Text,
};

/// All that a verdict rests on.
#[derive(Debug, Clone, Default)]
pub struct Case<'a> {
    /// The commit that is to go out; nothing = none is named, and sign-offs count whatever commit they were given for.
    pub commit: Option<Text>,
    /// What lies between commits that people named and the one that is to go out.
    pub kin: Vec<(Text, Kin)>,
    /// The steps of the plans.
    pub items: Vec<Required>,
    /// Whose "go" is needed.
    pub roles: Vec<Role>,
    /// What stands beside the plans: sign-offs, waivers, exceptions.
    pub records: Vec<&'a Record>,
    /// CI jobs.
    pub jobs: Vec<Job>,
    /// Who may waive a failing job.
    pub may_waive: Vec<Text>,
    /// Who may approve an exception from a freeze; empty = anybody on record.
    pub may_except: Vec<Text>,
    /// Open incidents that block.
    pub blockers: Vec<IncidentKey>,
    /// Freezes, in force or not.
    pub freezes: Vec<Freeze>,
    /// The zone that their ends are told in; nothing = UTC.
    pub zone: Option<Zone>,
    /// Budgets of objectives that are overspent, by name (R52).
    pub overspent: Vec<Text>,
    /// Whether this release is one that an overspent budget does not hold up: a security fix, a fix of a P0 (R52).
    pub is_urgent_fix: bool,
    /// What could not be heard or read, and why: `github: no answer for 12m`.
    pub unheard: Vec<Text>,
}

/// One step as the gate sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// Its identity, or another name for it.
    pub id: Text,
    /// Its text.
    pub text: Text,
    /// Whether the release waits for it.
    pub is_required: bool,
    /// Whether it is done.
    pub is_done: bool,
    /// Evidence that says otherwise than its tick, in words.
    pub contradicted: Option<Text>,
}

/// A role whose "go" is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name: `qa`.
    pub name: Text,
    /// Logins of those who may speak for it; empty = anybody.
    pub members: Vec<Text>,
}

/// A CI job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its name.
    pub name: Text,
    /// Whether its failing alone stops a release.
    pub class: Class,
    /// How its runs ended, the oldest first.
    pub runs: Vec<Run>,
}

/// How much a job weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It must have succeeded [`GREEN_RUNS`] times in a row. It cannot be waived.
    Blocking,
    /// It must not be failing, or somebody entitled waives it with a reason.
    Informing,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It succeeded.
    Success,
    /// It failed or timed out.
    Failure,
    /// It was cancelled, skipped or neutral, or has not ended: not green, and not failing.
    Other,
}

/// Successes in a row that make a blocking job green (R50).
pub const GREEN_RUNS: usize = 3;

/// A time in which nothing goes out, `[start, end)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// Its name.
    pub name: Text,
    /// When it starts.
    pub start: DateTime<Utc>,
    /// When it ends.
    pub end: DateTime<Utc>,
    /// Whether an exception was approved elsewhere than on record.
    pub is_excepted: bool,
}

/// What the gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing stands against it, and everything was heard.
    Go,
    /// Something stands against it, whatever else could not be heard.
    NoGo,
    /// Nothing known stands against it, but not everything could be heard. Never to be read as "go".
    CannotJudge,
}

/// One reason why it is not "go".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is nothing to judge by: no step, role, job. A gate without criteria is an error of the settings (R50).
    NoCriteria,
    /// Incidents block.
    Blockers(Vec<IncidentKey>),
    /// A required step is open.
    Item {
        /// Its identity.
        id: Text,
        /// Its text.
        text: Text,
    },
    /// A step is ticked and its evidence says otherwise.
    Contradicted {
        /// Its identity.
        id: Text,
        /// What the evidence says.
        said: Text,
    },
    /// Nobody entitled has said "go" for a role.
    Missing(Text),
    /// A role's "go" was for another commit.
    Stale {
        /// The role.
        role: Text,
        /// The commit it was for; nothing = none was named.
        commit: Option<Text>,
        /// What lies between, or why nobody can tell; blank = nobody looked.
        why: Text,
    },
    /// Somebody entitled said no.
    Veto {
        /// The role.
        role: Text,
        /// Who.
        by: Text,
        /// Why.
        reason: Text,
    },
    /// Somebody decided that it does not go out, or is taken back, and nobody has decided otherwise since.
    Decided {
        /// What was decided: `no-go`, `roll-back`.
        what: Text,
        /// Who.
        by: Text,
        /// When.
        at: DateTime<Utc>,
        /// Why.
        reason: Text,
    },
    /// A CI job is not green, or fails and is not waived.
    Ci {
        /// The job.
        job: Text,
        /// What is wrong with it, in words.
        said: Text,
    },
    /// A freeze is in force.
    Freeze {
        /// Its name.
        name: Text,
        /// Its end, in words.
        until: Text,
    },
    /// An objective's error budget is overspent (R52).
    Budget(Text),
    /// Something could not be heard or read.
    Unheard(Text),
}

/// The verdict and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the gate says.
    pub verdict: Verdict,
    /// Every reason, not just the first: who must act first. Empty on "go".
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// As JSON writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::CannotJudge => "cannot-judge",
        }
    }
}

impl Case<'_> {
    /// An instant for people: as the release's zone has it.
    fn told(&self, at: DateTime<Utc>) -> Text {
        let local = |zone: &Zone| format!("{} {}", zone.local(at).format("%Y-%m-%d %H:%M"), zone.abbreviation(at));
        Text::scrub(&self.zone.as_ref().map_or_else(|| rfc3339(at), local))
    }
}

impl Outcome {
    /// What could not be heard or read.
    pub fn doubts(&self) -> impl Iterator<Item = &Text> {
        self.reasons.iter().filter_map(|reason| if let Reason::Unheard(what) = reason { Some(what) } else { None })
    }
}

/// Judges a case at an instant (R50, R52). Every reason is listed, in the order of [`Reason`].
pub fn judge(case: &Case<'_>, now: DateTime<Utc>) -> Outcome {
    let mut reasons = Vec::new();
    if case.items.is_empty() && case.roles.is_empty() && case.jobs.is_empty() && case.unheard.is_empty() {
        reasons.push(Reason::NoCriteria);
    }
    if !case.blockers.is_empty() {
        reasons.push(Reason::Blockers(case.blockers.clone()));
    }
    reasons.extend(case.items.iter().filter_map(against_item));
    reasons.extend(case.roles.iter().flat_map(|role| against_role(case, role)));
    reasons.extend(decided(case));
    reasons.extend(case.jobs.iter().filter_map(|job| against_job(case, job)));
    reasons.extend(
        case.freezes
            .iter()
            .filter(|freeze| holds(case, freeze, now))
            .map(|freeze| Reason::Freeze { name: freeze.name.clone(), until: case.told(freeze.end) }),
    );
    if !case.is_urgent_fix {
        reasons.extend(case.overspent.iter().cloned().map(Reason::Budget));
    }
    let mut unheard = case.unheard.clone();
    unheard.extend(case.jobs.iter().filter_map(|job| not_known(case, job)));
    let verdict = match (reasons.is_empty(), unheard.is_empty()) {
        (true, true) => Verdict::Go,
        (true, false) => Verdict::CannotJudge,
        (false, _) => Verdict::NoGo,
    };
    reasons.extend(unheard.into_iter().map(Reason::Unheard));
    Outcome { verdict, reasons }
}

fn against_item(item: &Required) -> Option<Reason> {
    if !item.is_required {
        return None;
    }
    if !item.is_done {
        return Some(Reason::Item { id: item.id.clone(), text: item.text.clone() });
    }
    let said = item.contradicted.clone()?;
    Some(Reason::Contradicted { id: item.id.clone(), said })
}

/// Vetoes of members first; then one word on a "go" that is missing or was for another commit.
fn against_role(case: &Case<'_>, role: &Role) -> Vec<Reason> {
    let is_member = |by: &Text| role.members.is_empty() || role.members.iter().any(|m| same(m.as_str(), by.as_str()));
    // What somebody said of another commit does not take back what the same person said of this one.
    let lifts = |of: Option<&Text>| case.commit.is_none() || of.is_none() || case.is_for(of);
    let says: Vec<_> = case.records.iter().flat_map(|record| record.says_for(role.name.as_str(), lifts)).collect();
    let says: Vec<_> = says.into_iter().filter(|(entry, _)| is_member(&entry.by)).collect();
    let veto = says.iter().filter(|(_, say)| *say == Say::Veto).map(|(entry, _)| Reason::Veto {
        role: role.name.clone(),
        by: entry.by.clone(),
        reason: entry.reason.clone(),
    });
    let mut reasons: Vec<_> = veto.collect();
    if !reasons.is_empty() {
        return reasons;
    }
    let mut goes = says.iter().filter(|(_, say)| *say == Say::Go).map(|(entry, _)| entry);
    let Some(last) = goes.clone().next_back() else {
        reasons.push(Reason::Missing(role.name.clone()));
        return reasons;
    };
    if case.commit.is_some() && !goes.any(|entry| case.is_for(entry.commit.as_ref())) {
        let (commit, why) = (last.commit.clone(), case.between(last.commit.as_ref()));
        reasons.push(Reason::Stale { role: role.name.clone(), commit, why });
    }
    reasons
}

/// The decision of record, where it stands against going out.
fn decided(case: &Case<'_>) -> Option<Reason> {
    let (entry, what) = decision::against(entries(case), |of| case.commit.is_none() || case.is_for(of))?;
    let (what, by, reason) = (Text::scrub(what.word()), entry.by.clone(), entry.reason.clone());
    Some(Reason::Decided { what, by, at: entry.at, reason })
}

/// What is on record and counts.
fn entries<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Entry> {
    case.records.iter().flat_map(|record| record.entries())
}

/// Whether two names are of one commit: equal, or both hexadecimal and one the start of the other, seven signs at least.
pub(super) fn is_of(said: Option<&Text>, wanted: Option<&Text>) -> bool {
    let (Some(said), Some(wanted)) = (said, wanted) else { return false };
    let (said, wanted) = (said.as_str(), wanted.as_str());
    let (short, long) = if said.len() <= wanted.len() { (said, wanted) } else { (wanted, said) };
    let is_hex = long.bytes().all(|b| b.is_ascii_hexdigit());
    let starts = long.get(..short.len()).is_some_and(|start| start.eq_ignore_ascii_case(short));
    said == wanted || (is_hex && SHORTEST_COMMIT <= short.len() && starts)
}

/// A commit may be named by its first signs; with fewer two commits are too easily taken for one.
const SHORTEST_COMMIT: usize = 7;

fn against_job(case: &Case<'_>, job: &Job) -> Option<Reason> {
    let n_green = job.runs.iter().rev().take_while(|run| **run == Run::Success).count();
    let last = job.runs.iter().rev().find(|run| **run != Run::Other);
    let said = match job.class {
        Class::Blocking if job.runs.is_empty() => "no run is known".to_owned(),
        Class::Blocking if n_green < GREEN_RUNS => format!("{n_green} of {GREEN_RUNS} runs in a row succeeded"),
        Class::Informing if last == Some(&Run::Failure) && !is_waived(case, job) => {
            "its last run failed and nobody entitled waived it".to_owned()
        }
        Class::Blocking | Class::Informing => return None,
    };
    Some(Reason::Ci { job: job.name.clone(), said: Text::scrub(&said) })
}

/// What is not known of an informing job: where none of its runs ended nobody can tell that it does not fail.
fn not_known(case: &Case<'_>, job: &Job) -> Option<Text> {
    let is_known = job.class == Class::Blocking || job.runs.iter().any(|run| *run != Run::Other);
    let said = || Text::scrub(&format!("CI job {}: no run of it that ended is known", job.name));
    (!is_known && !is_waived(case, job)).then(said)
}

/// A waiver counts from somebody entitled, with a reason, and for this commit where both name one.
fn is_waived(case: &Case<'_>, job: &Job) -> bool {
    entries(case).any(|entry| {
        matches!(&entry.deed, Deed::Waiver { what } if same(what.as_str(), job.name.as_str()))
            && case.may_waive.iter().any(|login| same(login.as_str(), entry.by.as_str()))
            && !entry.reason.is_blank()
            && (entry.commit.is_none() || case.commit.is_none() || case.is_for(entry.commit.as_ref()))
    })
}

fn holds(case: &Case<'_>, freeze: &Freeze, now: DateTime<Utc>) -> bool {
    let may = |by: &Text| case.may_except.is_empty() || case.may_except.iter().any(|m| same(m.as_str(), by.as_str()));
    let is_on_record = entries(case).any(|entry| {
        matches!(&entry.deed, Deed::FreezeException { freeze: of } if same(of.as_str(), freeze.name.as_str()))
            && may(&entry.by)
            && !entry.reason.is_blank()
    });
    freeze.start <= now && now < freeze.end && !freeze.is_excepted && !is_on_record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        incident::Repo,
        release::record::Decided,
        time::{minus, parse_rfc3339},
        zone::Zones,
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-12-03T15:00:00Z").unwrap()
    }

    fn text(written: &str) -> Text {
        Text::scrub(written)
    }

    fn record(deeds: Vec<(&str, Deed, Option<&str>, &str)>) -> Record {
        let entry = |(by, deed, commit, reason): (&str, Deed, Option<&str>, &str)| Entry {
            at: now(),
            by: text(by),
            deed,
            commit: commit.map(text),
            reason: text(reason),
        };
        Record::new(deeds.into_iter().map(entry).collect(), Vec::new())
    }

    fn go(role: &str) -> Deed {
        Deed::SignOff { role: text(role), say: Say::Go }
    }

    fn item(is_done: bool, contradicted: Option<&str>) -> Required {
        let (id, contradicted) = (text("notes"), contradicted.map(text));
        Required { id: id.clone(), text: id, is_required: true, is_done, contradicted }
    }

    fn codes(case: &Case<'_>) -> (Verdict, Vec<String>) {
        let outcome = judge(case, now());
        (outcome.verdict, outcome.reasons.iter().map(Reason::code).collect())
    }

    #[test]
    fn every_reason_is_listed_and_what_was_not_heard_is_never_a_go() {
        let signed = record(vec![("cy", go("qa"), Some("c0ffee0"), "")]);
        let mut case = Case {
            commit: Some(text("1a2b3c4d5e")),
            items: vec![item(true, Some("CI is red"))],
            roles: ["qa", "release"].map(|name| Role { name: text(name), members: vec![text("cy")] }).into(),
            records: vec![&signed],
            jobs: vec![Job { name: text("CI"), class: Class::Blocking, runs: vec![Run::Success, Run::Other] }],
            blockers: vec![IncidentKey::issue(Repo::new("acme/api"), 7)],
            freezes: vec![Freeze {
                name: text("holidays"),
                start: minus(now(), chrono::TimeDelta::hours(1)),
                end: parse_rfc3339("2026-12-04T00:00:00Z").unwrap(),
                is_excepted: false,
            }],
            overspent: vec![text("api")],
            unheard: vec![text("github: away")],
            ..Case::default()
        };
        let wanted = [
            "blockers",
            "evidence:notes",
            "stale:qa",
            "missing:release",
            "ci:CI",
            "freeze:holidays",
            "budget:api",
            "unheard:github: away",
        ];
        assert_eq!(codes(&case), (Verdict::NoGo, wanted.map(str::to_owned).into()));
        case.zone = Zones::bundled().find("Europe/Berlin");
        let told: Vec<String> = judge(&case, now()).reasons.iter().map(Reason::words).collect();
        assert!(told.contains(&"the freeze holidays holds until 2026-12-04 01:00 CET".to_owned()), "{told:?}");
        case = Case { items: vec![item(true, None)], unheard: case.unheard, ..Case::default() };
        assert_eq!(codes(&case), (Verdict::CannotJudge, vec!["unheard:github: away".to_owned()]));
        case.unheard.clear();
        assert_eq!(codes(&case), (Verdict::Go, vec![]));
        assert_eq!(codes(&Case::default()), (Verdict::NoGo, vec!["no-criteria".to_owned()]));
    }

    #[test]
    fn an_overspent_budget_holds_all_but_an_urgent_fix() {
        let mut case = Case { items: vec![item(true, None)], overspent: vec![text("api")], ..Case::default() };
        assert_eq!(codes(&case), (Verdict::NoGo, vec!["budget:api".to_owned()]));
        case.is_urgent_fix = true;
        assert_eq!(codes(&case), (Verdict::Go, vec![]));
    }

    #[test]
    fn a_sign_off_counts_for_its_commit_by_its_first_seven_signs_and_from_members_alone() {
        let judged = |by: &str, said: Option<&str>, commit: Option<&str>| {
            let record = record(vec![(by, go("QA"), said, "")]);
            let roles = vec![Role { name: text("qa"), members: vec![text("Cy")] }];
            let commit = commit.map(text);
            codes(&Case { commit, roles, records: vec![&record], ..Case::default() }).1
        };
        let whole = Some("1a2b3c4d5e6f708192a3b4c5d6e7f80912345678");
        assert_eq!(judged("cy", Some("1A2B3C4"), whole), [""; 0]);
        assert_eq!(judged("cy", Some("1a2b3c"), whole), ["stale:qa"], "six signs are too few");
        assert_eq!(judged("cy", None, whole), ["stale:qa"]);
        assert_eq!(judged("cy", None, None), [""; 0]);
        assert_eq!(judged("mallory", whole, whole), ["missing:qa"]);
    }

    #[test]
    fn a_veto_is_lifted_by_a_word_on_the_commit_that_goes_out_and_by_none_on_another() {
        let judged = |said: &[(&'static str, Say, Option<&'static str>)], commit: &str| {
            let deeds = said.iter().map(|(by, say, commit)| {
                (*by, Deed::SignOff { role: text("qa"), say: *say }, *commit, "crash on start")
            });
            let record = record(deeds.collect());
            let roles = vec![Role { name: text("qa"), members: vec![] }];
            codes(&Case { commit: Some(text(commit)), roles, records: vec![&record], ..Case::default() }).1
        };
        let (a, b) = ("aaaaaaa", "bbbbbbb");
        let veto = [("dee", Say::Veto, Some(a)), ("cy", Say::Go, Some(a))];
        for say in [Say::Go, Say::Withdrawn] {
            let with = |commit| [veto.as_slice(), &[("dee", say, commit)]].concat();
            assert_eq!(judged(&with(Some(b)), a), ["veto:qa"], "{say:?} of another commit");
            assert_eq!(judged(&with(Some(a)), a), [""; 0], "{say:?}");
            assert_eq!(judged(&with(None), a), [""; 0], "{say:?}");
        }
        let mended = [("dee", Say::Veto, Some(a)), ("dee", Say::Go, Some(b))];
        assert_eq!(judged(&mended, b), [""; 0]);
    }

    #[test]
    fn an_informing_job_of_which_no_run_ended_cannot_be_judged_unless_it_is_waived() {
        let record = record(vec![("ana", Deed::Waiver { what: text("perf") }, None, "flake")]);
        let judged = |runs: Vec<Run>, may_waive: Vec<Text>| {
            let jobs = vec![Job { name: text("perf"), class: Class::Informing, runs }];
            codes(&Case { jobs, records: vec![&record], may_waive, ..Case::default() }).0
        };
        assert_eq!(judged(vec![], vec![]), Verdict::CannotJudge);
        assert_eq!(judged(vec![Run::Other], vec![]), Verdict::CannotJudge);
        assert_eq!(judged(vec![Run::Success, Run::Other], vec![]), Verdict::Go);
        assert_eq!(judged(vec![], vec![text("ana")]), Verdict::Go);
    }

    #[test]
    fn a_waiver_needs_a_reason_and_somebody_entitled_and_lifts_no_blocking_job() {
        let judged = |by: &str, reason: &str, class| {
            let record = record(vec![(by, Deed::Waiver { what: text("perf") }, None, reason)]);
            let jobs = vec![Job { name: text("perf"), class, runs: vec![Run::Failure, Run::Other] }];
            codes(&Case { jobs, records: vec![&record], may_waive: vec![text("ana")], ..Case::default() }).1
        };
        assert_eq!(judged("ana", "flake", Class::Informing), [""; 0]);
        for (by, reason, class) in
            [("ana", "", Class::Informing), ("zed", "x", Class::Informing), ("ana", "x", Class::Blocking)]
        {
            assert_eq!(judged(by, reason, class), ["ci:perf"], "{by} {reason}");
        }
    }

    #[test]
    fn the_decision_of_record_stands_against_going_out_until_somebody_decides_otherwise() {
        let decide =
            |what: Decided, commit: Option<&'static str>| ("ana", Deed::Decision { what }, commit, "it crashes");
        let judged = |deeds: Vec<_>, commit: Option<&str>| {
            let record = record(deeds);
            let items = vec![item(true, None)];
            codes(&Case { items, records: vec![&record], commit: commit.map(text), ..Case::default() }).1
        };
        let (no, back, stay, go) = (Decided::NoGo, Decided::RollBack, Decided::Stay, Decided::Go);
        let other = Decided::Other(text("look again tomorrow"));
        let of = |list: &[&Decided]| judged(list.iter().map(|what| decide((*what).clone(), None)).collect(), None);
        assert_eq!(of(&[&no]), ["decided:no-go"]);
        assert_eq!(of(&[&go, &back, &other]), ["decided:roll-back"]);
        assert_eq!(of(&[&no, &stay]), ["decided:no-go"], "stay is about a roll-back");
        for lifted in [vec![&go], vec![&no, &go], vec![&back, &go], vec![&back, &stay], vec![&other]] {
            assert_eq!(of(&lifted), [""; 0], "{lifted:?}");
        }
        // A no stands for every commit; a go lifts it for its own.
        let both = || vec![decide(no.clone(), Some("aaaaaaa")), decide(go.clone(), Some("bbbbbbb"))];
        assert_eq!(judged(both(), Some("bbbbbbb")), [""; 0]);
        assert_eq!(judged(both(), Some("ccccccc")), ["decided:no-go"]);
        assert_eq!(judged(vec![decide(no.clone(), Some("aaaaaaa"))], Some("bbbbbbb")), ["decided:no-go"]);
        let record = record(vec![decide(no.clone(), None)]);
        let outcome = judge(&Case { items: vec![item(true, None)], records: vec![&record], ..Case::default() }, now());
        assert_eq!(outcome.reasons[0].words(), "ana decided no-go, 2026-12-03T15:00:00Z: it crashes");
    }

    #[test]
    fn what_is_on_record_of_a_time_to_come_does_not_count_until_then() {
        let deeds = vec![("cy", go("qa"), None, ""), ("ana", Deed::Waiver { what: text("perf") }, None, "flake")];
        let mut record = record(deeds);
        let jobs = vec![Job { name: text("perf"), class: Class::Informing, runs: vec![Run::Failure] }];
        let roles = vec![Role { name: text("qa"), members: vec![] }];
        let case = Case { roles, jobs, may_waive: vec![text("ana")], ..Case::default() };
        let mut judged = |minutes: i64| {
            let at = minus(now(), chrono::TimeDelta::minutes(minutes));
            record.count_until(at);
            let outcome = judge(&Case { records: vec![&record], ..case.clone() }, at);
            outcome.reasons.iter().map(Reason::code).collect::<Vec<_>>()
        };
        assert_eq!(judged(5), [""; 0], "clocks differ a little");
        assert_eq!(judged(6), ["missing:qa", "ci:perf"]);
    }
}
