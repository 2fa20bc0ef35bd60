//! What went into a release: merged pull requests, closed issues, who is to be thanked, which version it should be.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::{CloseReason, Incident, IncidentKey, Kind, Login, What},
        stats::period::Period,
    },
    text::Text,
};

/// One thing that went in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name for good.
    pub key: IncidentKey,
    /// Its title.
    pub title: Text,
    /// Who opened it; nothing where the account is gone.
    pub author: Option<Login>,
    /// When it was merged or closed.
    pub at: DateTime<Utc>,
    /// Where it is read; blank where the source does not say.
    pub url: Text,
    /// What it changes for those who use it.
    pub weight: Weight,
}

/// What a change asks of the version, the least first (semver.org 2.0.0, rules 6 to 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It mends or tidies.
    Patch,
    /// It adds something.
    Minor,
    /// It breaks something that was promised.
    Major,
}

impl Weight {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// What went into a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notes {
    /// The stretch of time, `[start, end)`.
    pub period: Period,
    /// Pull requests that were merged in it, the oldest first.
    pub merged: Vec<Entry>,
    /// Issues that were closed as done in it, the oldest first.
    pub closed: Vec<Entry>,
    /// Pull requests that ended in it, of which the source does not say whether they were merged.
    pub n_unknown: usize,
    /// Who opened or merged what went in, by name, robots left out.
    pub contributors: Vec<Login>,
    /// The version before it, as its tag says.
    pub last: Option<Text>,
    /// What the changes ask of the version; nothing where nothing went in.
    pub weight: Option<Weight>,
    /// The version that follows; nothing where the last one is no version.
    pub next: Option<String>,
}

/// Collects what went in. `last` is the tag that it begins at.
pub fn collect<'a>(incidents: impl IntoIterator<Item = &'a Incident>, period: Period, last: Option<Text>) -> Notes {
    let (mut merged, mut closed, mut n_unknown, mut people) = (Vec::new(), Vec::new(), 0, Vec::<Login>::new());
    for incident in incidents {
        let ended = match incident.kind {
            Kind::PullRequest => merged_at(incident),
            Kind::Issue => closed_at(incident),
            Kind::Dependabot | Kind::CodeScanning | Kind::Advisory | Kind::Notification => None,
        };
        let Some(at) = ended.filter(|at| period.holds(*at)) else {
            let ended = incident.closed_at.is_some_and(|at| period.holds(at));
            n_unknown += usize::from(incident.kind == Kind::PullRequest && ended && !incident.has_timeline);
            continue;
        };
        let entry = Entry {
            key: incident.key.clone(),
            title: incident.title.clone(),
            author: incident.author.clone(),
            at,
            url: incident.url.clone(),
            weight: weight(incident),
        };
        if incident.kind == Kind::PullRequest {
            people.extend(incident.author.clone());
            merged.push(entry);
        } else {
            closed.push(entry);
        }
    }
    let by_time = |entry: &Entry| (entry.at, entry.key.clone());
    merged.sort_by_key(by_time);
    closed.sort_by_key(by_time);
    people.retain(|login| !is_robot(login));
    people.sort();
    people.dedup();
    // An issue says what was wanted; what went in is what was merged, where anything was.
    let of = if merged.is_empty() { &closed } else { &merged };
    let weight = of.iter().map(|entry| entry.weight).max();
    let next = last.as_ref().zip(weight).and_then(|(last, weight)| next(last.as_str(), weight));
    Notes { period, merged, closed, n_unknown, contributors: people, last, weight, next }
}

fn merged_at(incident: &Incident) -> Option<DateTime<Utc>> {
    let merged = incident.timeline.iter().rev().find(|event| event.what == What::Merged);
    merged.map(|event| event.at)
}

fn closed_at(incident: &Incident) -> Option<DateTime<Utc>> {
    let is_done = matches!(incident.close_reason, None | Some(CloseReason::Completed));
    incident.closed_at.filter(|_| is_done)
}

fn is_robot(login: &Login) -> bool {
    login.as_str().ends_with("[bot]")
}

/// What a change asks of the version: by its labels, else by its title as Conventional Commits 1.0.0 writes them.
fn weight(incident: &Incident) -> Weight {
    let labels = || incident.labels.iter().map(|label| label.as_str().to_ascii_lowercase());
    let has = |words: &[&str]| {
        labels().any(|label| label.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word)))
    };
    let title = incident.title.as_str();
    let (kind, is_breaking) = match title.split_once(':') {
        Some((head, _)) => {
            let kind = head.trim_end_matches('!').split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
            (kind, head.trim_end().ends_with('!'))
        }
        None => (String::new(), false),
    };
    let says = title.to_ascii_uppercase();
    if has(&["breaking", "major"]) || is_breaking || says.contains("BREAKING CHANGE") {
        Weight::Major
    } else if has(&["enhancement", "feature", "minor"]) || matches!(kind.as_str(), "feat" | "feature") {
        Weight::Minor
    } else {
        Weight::Patch
    }
}

/// The version that follows a tag: `v1.4.2` and minor make `v1.5.0`. Before 1.0.0 what breaks is minor (semver.org, rule
/// 4, as most read it). A candidate of a version (`1.5.0-rc.1`) is followed by what the changes since ask, at least by that
/// version.
pub fn next(tag: &str, weight: Weight) -> Option<String> {
    let start = tag.find(|c: char| c.is_ascii_digit())?;
    let (lead, version) = tag.split_at_checked(start)?;
    let core = version.split(['-', '+']).next()?;
    let is_candidate = version.get(core.len()..).is_some_and(|rest| rest.starts_with('-'));
    let numbers: Vec<u64> = core.split('.').map(|n| n.parse::<u64>().ok()).collect::<Option<_>>()?;
    let [major, minor, patch] = numbers.as_slice() else { return None };
    let weight = if *major == 0 && weight == Weight::Major { Weight::Minor } else { weight };
    let (major, minor, patch) = match weight {
        // What is a candidate for at least as much is out with its own number.
        _ if is_candidate && weight_of(*minor, *patch) >= weight => (*major, *minor, *patch),
        Weight::Major => (major.checked_add(1)?, 0, 0),
        Weight::Minor => (*major, minor.checked_add(1)?, 0),
        Weight::Patch => (*major, *minor, patch.checked_add(1)?),
    };
    Some(format!("{lead}{major}.{minor}.{patch}"))
}

/// What a version's own numbers say that it was.
fn weight_of(minor: u64, patch: u64) -> Weight {
    match (minor, patch) {
        (0, 0) => Weight::Major,
        (_, 0) => Weight::Minor,
        _ => Weight::Patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        incident::{Event, Label, Repo},
        sla::sample_incident,
        time::parse_rfc3339,
    };

    fn at(hour: u32) -> DateTime<Utc> {
        parse_rfc3339(&format!("2026-11-20T{hour:02}:00:00Z")).unwrap()
    }

    fn pull(number: u64, title: &str, author: &str, merged: Option<u32>) -> Incident {
        let mut incident = sample_incident(&[], &[]);
        incident.key = IncidentKey::issue(Repo::new("acme/api"), number);
        (incident.kind, incident.title) = (Kind::PullRequest, Text::scrub(title));
        incident.author = Some(Login::new(author));
        incident.closed_at = Some(at(12));
        incident.timeline =
            merged.map(|hour| Event { at: at(hour), actor: None, what: What::Merged }).into_iter().collect();
        incident
    }

    fn issue(number: u64, reason: CloseReason) -> Incident {
        let mut incident = pull(number, "feat!: an issue", "zoe", None);
        (incident.kind, incident.close_reason) = (Kind::Issue, Some(reason));
        incident
    }

    #[test]
    fn only_what_was_merged_or_closed_as_done_in_the_stretch_goes_in() {
        let mut unknown = pull(5, "old list", "ben", None);
        unknown.has_timeline = false;
        let all = [
            pull(2, "fix: b", "ana", Some(11)),
            pull(1, "fix: a", "Ana", Some(10)),
            pull(3, "closed without a merge", "eve", None),
            pull(4, "merged before", "eve", Some(8)),
            unknown,
            pull(9, "chore: bump", "dependabot[bot]", Some(11)),
            issue(6, CloseReason::Completed),
            issue(7, CloseReason::NotPlanned),
        ];
        let notes = collect(&all, Period::between(at(9), at(13)), Some(Text::scrub("v1.4.2")));
        let numbers = |entries: &[Entry]| entries.iter().map(|entry| entry.key.number).collect::<Vec<_>>();
        assert_eq!((numbers(&notes.merged), numbers(&notes.closed)), (vec![1, 2, 9], vec![6]));
        assert_eq!((notes.n_unknown, notes.contributors.len()), (1, 1), "Ana is ana, a robot is nobody");
        assert_eq!((notes.weight, notes.next.as_deref()), (Some(Weight::Patch), Some("v1.4.3")));
        assert_eq!(collect(&[], notes.period, None).weight, None);
    }

    #[test]
    fn labels_and_titles_say_how_much_changes() {
        let weigh = |title: &str, labels: &[&str]| {
            let mut one = pull(1, title, "ana", Some(10));
            one.labels = labels.iter().map(|label| Label::new(label)).collect();
            weight(&one)
        };
        assert_eq!(weigh("feat(api): x", &[]), Weight::Minor);
        assert_eq!(weigh("feat(api)!: x", &[]), Weight::Major);
        assert_eq!(weigh("x", &["semver: major"]), Weight::Major);
        assert_eq!(weigh("x", &["type/enhancement"]), Weight::Minor);
        assert_eq!(weigh("Fix: the feature flag", &[]), Weight::Patch);
        assert_eq!(weigh("drop it. BREAKING CHANGE: no v1", &[]), Weight::Major);
        assert_eq!(weigh("wow! look: at this", &[]), Weight::Patch);
    }

    #[test]
    fn the_next_version_follows_the_last_tag() {
        for (tag, weight, wanted) in [
            ("v1.4.2", Weight::Patch, Some("v1.4.3")),
            ("1.4.2", Weight::Minor, Some("1.5.0")),
            ("release-1.4.2", Weight::Major, Some("release-2.0.0")),
            ("v0.4.2", Weight::Major, Some("v0.5.0")),
            ("v1.5.0-rc.1", Weight::Patch, Some("v1.5.0")),
            ("v1.5.0-rc.1", Weight::Major, Some("v2.0.0")),
            ("v1.4.2+5", Weight::Patch, Some("v1.4.3")),
            ("nightly", Weight::Patch, None),
            ("v1.4", Weight::Patch, None),
        ] {
            assert_eq!(next(tag, weight).as_deref(), wanted, "{tag} {weight:?}");
        }
    }
}
