//! Rules: promises of their own for some incidents, told by label, repository or kind. The first that fits counts.

use chrono::TimeDelta;

use crate::{
    domain::{
        calendar::Calendar,
        incident::{Incident, Kind, Label, Repo},
        priority::Grade,
        sla::{Policy, Target, WhichClock},
    },
    text::Text,
};

/// Rules that are looked at; a policy with more has lost its reader, and settings refuse it.
pub const MOST_RULES: usize = 64;

/// One rule: which incidents it judges, and what it promises for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name, shown wherever it judged.
    pub name: Text,
    /// It judges incidents with one of these labels, compared without case; empty = labels do not matter.
    pub labels: Vec<String>,
    /// It judges incidents of these repositories; empty = all.
    pub repositories: Vec<RepoPattern>,
    /// It judges this kind alone; nothing = both.
    pub kind: Option<Kind>,
    /// What it says for each [`Grade`], in the order of [`Grade::ALL`].
    pub terms: [Terms; 5],
}

/// What a rule says for one grade.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Terms {
    /// About the response.
    pub response: Term,
    /// About the fix.
    pub fix: Term,
    /// Which hours count; nothing = those of the grade's own row.
    pub calendar: Option<Calendar>,
}

/// What a rule says of one promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Term {
    /// Nothing: the grade's own row says it.
    #[default]
    AsBefore,
    /// No promise, best effort.
    NoPromise,
    /// So long.
    Within(TimeDelta),
}

/// Repositories by name: `acme/*`, `*/api`, `acme/web-?`. Compared without ASCII case; no `*` reaches over the `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoPattern(Box<str>);

/// What judges a clock at one moment: a grade's row of the policy, under a rule or under none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Basis {
    /// The grade.
    pub grade: Grade,
    /// The rule, by its place in [`Policy::rules`].
    pub rule: Option<usize>,
}

/// What is promised on one [`Basis`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise<'a> {
    /// Nothing = no promise.
    pub response: Option<TimeDelta>,
    /// Nothing = best effort.
    pub fix: Option<TimeDelta>,
    /// Which hours count.
    pub calendar: &'a Calendar,
}

impl Promise<'_> {
    /// The promise for one of the clocks; nothing = none was made.
    pub fn of(&self, clock: WhichClock) -> Option<TimeDelta> {
        match clock {
            WhichClock::Response => self.response,
            WhichClock::Fix => self.fix,
        }
    }
}

impl Term {
    /// The promise, where the grade's own row says `before`.
    pub fn over(self, before: Option<TimeDelta>) -> Option<TimeDelta> {
        match self {
            Self::AsBefore => before,
            Self::NoPromise => None,
            Self::Within(length) => Some(length),
        }
    }
}

impl RepoPattern {
    /// Takes `owner/name` with `*` and `?` in either half; nothing where it is not two halves of such signs.
    pub fn parse(written: &str) -> Option<Self> {
        let (owner, name) = written.split_once('/')?;
        let is_half = |half: &str| {
            !half.is_empty()
                && half.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'*' | b'?'))
        };
        (is_half(owner) && is_half(name)).then(|| Self(written.into()))
    }

    /// The half before the `/`.
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a repository is meant, on whichever host.
    pub fn fits(&self, repo: &Repo) -> bool {
        let halves = self.0.split_once('/').zip(repo.on_host().split_once('/'));
        halves.is_some_and(|((owner, name), (of, called))| {
            globs(owner.as_bytes(), of.as_bytes()) && globs(name.as_bytes(), called.as_bytes())
        })
    }
}

/// Matches with one place to come back to, so its time is the product of the lengths and no more.
fn globs(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(seen) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(sign) if *sign == b'?' || sign.eq_ignore_ascii_case(byte) => (at, seen) = (at + 1, seen + 1),
            _ => {
                let Some((back, eaten)) = star else { return false };
                star = Some((back, eaten + 1));
                (at, seen) = (back + 1, eaten + 1);
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|sign| *sign == b'*')
}

impl Policy {
    /// What is promised on a basis. A rule that is not there promises what the grade's own row does.
    pub fn promise(&self, basis: Basis) -> Promise<'_> {
        let Target { response, fix, calendar } = self.target(basis.grade);
        let terms = basis.rule.and_then(|rule| self.rules.get(rule)).and_then(|r| r.terms.get(basis.grade.index()));
        match terms {
            None => Promise { response: *response, fix: *fix, calendar },
            Some(terms) => Promise {
                response: terms.response.over(*response),
                fix: terms.fix.over(*fix),
                calendar: terms.calendar.as_ref().unwrap_or(calendar),
            },
        }
    }

    /// The name of the rule that judged; nothing where none did.
    pub fn rule_name(&self, rule: Option<usize>) -> Option<&Text> {
        rule.and_then(|place| self.rules.get(place)).map(|rule| &rule.name)
    }

    /// Puts a calendar in another's place wherever it counts.
    pub fn replace_calendar(&mut self, old: &Calendar, new: &Calendar) {
        let of_rules = self.rules.iter_mut().flat_map(|rule| &mut rule.terms).filter_map(|t| t.calendar.as_mut());
        for calendar in self.targets.iter_mut().map(|t| &mut t.calendar).chain(of_rules) {
            if calendar.is_same(old) {
                *calendar = new.clone();
            }
        }
    }

    /// Rules that an incident's kind and repository allow, and of those the ones that ask for no label.
    pub(super) fn rules_for(&self, incident: &Incident) -> (Mask, Mask) {
        let (mut allowed, mut free) = (0, 0);
        for (bit, rule) in bits(&self.rules) {
            let is_kind = rule.kind.is_none_or(|kind| kind == incident.kind);
            if is_kind && (rule.repositories.is_empty() || rule.repositories.iter().any(|r| r.fits(&incident.key.repo)))
            {
                allowed |= bit;
                free |= if rule.labels.is_empty() { bit } else { 0 };
            }
        }
        (allowed, free)
    }

    /// Rules that a label calls for.
    pub(super) fn rules_of(&self, label: &Label) -> Mask {
        let named = |rule: &Rule| rule.labels.iter().any(|name| name.eq_ignore_ascii_case(label.as_str()));
        bits(&self.rules).filter(|(_, rule)| named(rule)).fold(0, |mask, (bit, _)| mask | bit)
    }
}

/// A set of rules, one bit each by their place.
pub(super) type Mask = u64;

fn bits(rules: &[Rule]) -> impl Iterator<Item = (Mask, &Rule)> {
    rules.iter().take(MOST_RULES).enumerate().map(|(place, rule)| (1 << place, rule))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        priority::Priority,
        sla::{
            BreachCause, ClockState, Step, explain, judge,
            samples::{at, incident, policy},
        },
    };

    fn fits(pattern: &str, repo: &str) -> bool {
        RepoPattern::parse(pattern).unwrap().fits(&Repo::new(repo))
    }

    #[test]
    fn a_pattern_names_repositories_and_reaches_over_no_slash() {
        for (pattern, repo) in [
            ("acme/*", "acme/api"),
            ("*/api", "Acme/API"),
            ("a*e/w?b*", "acme/web-ui"),
            ("*/*", "a/b"),
            ("acme/*", "git.acme.example/acme/api"),
        ] {
            assert!(fits(pattern, repo), "{pattern} {repo}");
        }
        for (pattern, repo) in
            [("acme/*", "acme2/api"), ("*/api", "acme/api2"), ("acme/?", "acme/"), ("h*/b", "host/x/b")]
        {
            assert!(!fits(pattern, repo), "{pattern} {repo}");
        }
        for odd in ["acme", "/api", "acme/", "a/b/c", "a b/c", "", "ü/x"] {
            assert_eq!(RepoPattern::parse(odd), None, "{odd}");
        }
    }

    fn rule(name: &str, labels: &[&str], response: Term, fix: Term) -> Rule {
        let terms = Terms { response, fix, calendar: None };
        Rule {
            name: Text::scrub(name),
            labels: labels.iter().map(|l| (*l).to_owned()).collect(),
            repositories: Vec::new(),
            kind: None,
            terms: std::array::from_fn(|_| terms.clone()),
        }
    }

    fn ruled() -> Policy {
        let within = |hours| Term::Within(TimeDelta::hours(hours));
        let mut reviews = rule("reviews", &[], within(168), Term::NoPromise);
        reviews.kind = Some(Kind::PullRequest);
        let mut policy = policy();
        policy.rules = vec![
            rule("security", &["security"], within(2), within(48)),
            reviews,
            rule("question", &["question"], within(168), Term::NoPromise),
        ];
        policy
    }

    #[test]
    fn the_first_rule_that_fits_judges_and_is_named() {
        let policy = ruled();
        let named = |labels: &[&str], kind| {
            let mut seen = incident(labels, &[]);
            seen.kind = kind;
            policy.rule_name(judge(&seen, &policy, at("13:00")).rule).map(ToString::to_string)
        };
        assert_eq!(named(&["P1"], Kind::Issue), None);
        assert_eq!(named(&["question"], Kind::Issue).as_deref(), Some("question"));
        assert_eq!(named(&["question", "SECURITY"], Kind::Issue).as_deref(), Some("security"));
        assert_eq!(named(&["question"], Kind::PullRequest).as_deref(), Some("reviews"));
    }

    #[test]
    fn a_rule_s_promise_stands_over_the_row_s_and_what_it_leaves_out_stays() {
        let mut policy = ruled();
        policy.rules[0].terms[0].response = Term::AsBefore;
        let verdict = judge(&incident(&["P0", "security"], &[]), &policy, at("13:00"));
        assert_eq!(verdict.response.target, Some(TimeDelta::hours(24)));
        assert_eq!(verdict.fix.target, Some(TimeDelta::hours(48)));
        let question = judge(&incident(&["question"], &[]), &policy, at("2026-11-26T12:00:00Z"));
        assert_eq!((question.response.state, question.fix.state), (ClockState::AtRisk, ClockState::BestEffort));
    }

    #[test]
    fn a_label_that_brings_a_rule_keeps_the_time_counted_and_may_breach_at_once() {
        let policy = ruled();
        let seen = incident(&["P1"], &["16:00 mia labeled security", "17:00 mia unlabeled security"]);
        let (before, then, after) = (
            judge(&seen, &policy, at("15:59")),
            judge(&seen, &policy, at("16:30")),
            judge(&seen, &policy, at("18:00")),
        );
        assert_eq!((before.response.state, before.rule), (ClockState::Ok, None));
        assert_eq!((then.response.state, then.rule), (ClockState::Breached, Some(0)));
        assert_eq!(then.response.breaches[0].cause, BreachCause::PriorityChange);
        assert_eq!((after.response.state, after.rule, after.response.breaches.len()), (ClockState::Ok, None, 1));
        let told = explain(&seen, &policy, at("18:00"));
        let moved: Vec<_> = told
            .iter()
            .filter(|e| matches!(e.step, Step::Retarget(_)))
            .map(|e| (e.rule, e.under.as_ref().map(Text::as_str)))
            .collect();
        assert_eq!(moved, [("R25", Some("security")), ("R25", Some("security")), ("R25", None), ("R25", None)]);
    }

    #[test]
    fn a_stopped_clock_keeps_the_rule_of_its_stop() {
        let policy = ruled();
        let seen = incident(&["P1"], &["12:30 mia commented", "13:00 mia labeled security"]);
        let verdict = judge(&seen, &policy, at("15:00"));
        assert_eq!((verdict.rule, verdict.response.rule, verdict.fix.rule), (Some(0), None, Some(0)));
        assert_eq!((verdict.response.state, verdict.response.target), (ClockState::Met, Some(TimeDelta::hours(72))));
    }

    #[test]
    fn a_priority_label_wins_over_a_triage_label_which_takes_only_the_default_away() {
        let both = judge(&incident(&["P0", "status-triage"], &[]), &policy(), at("13:00"));
        assert_eq!((both.grade, both.response.target), (Grade::Set(Priority::P0), Some(TimeDelta::hours(24))));
        let defaulted = Policy { default_priority: Some(Priority::P2), ..policy() };
        let seen = incident(&["status-triage"], &["14:00 mia unlabeled status-triage"]);
        let (then, later) = (judge(&seen, &defaulted, at("13:00")), judge(&seen, &defaulted, at("15:00")));
        assert_eq!((then.grade, then.response.target), (Grade::Untriaged, Some(TimeDelta::hours(48))));
        assert_eq!((later.grade, later.fix.elapsed), (Grade::Set(Priority::P2), TimeDelta::hours(3)));
    }

    proptest! {
        #[test]
        fn a_star_alone_fits_everything_and_no_pattern_panics(pattern in "[ab*?]{1,6}/[ab*?]{1,6}", repo in "[ab]{0,6}/[ab]{0,6}") {
            prop_assert!(fits("*/*", &repo) || repo.starts_with('/') || repo.ends_with('/') || repo.contains("//"));
            let _ = fits(&pattern, &repo);
        }
    }
}
