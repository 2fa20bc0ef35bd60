//! How asking a host went, what is gone there, what is known of it: JSON of our own shape.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        incident::{IncidentKey, Login, Repo},
        trouble::{Skipped, Trouble},
    },
    floor::fact::{Going, Gone, Host, Quota, Reach, RefChecks},
    shell::store::{codec::judged, heard::Round},
    text::Text,
};

#[derive(Serialize, Deserialize)]
#[serde(tag = "went", rename_all = "snake_case")]
enum WrittenRound {
    Told {
        /// Told and of how many, where it is not all of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<(usize, Option<usize>)>,
        as_of: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        budget: Option<(u64, u64)>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<(String, String)>,
    },
    Failed {
        trouble: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
        why: String,
    },
}

/// Writes how a round went.
pub fn round(round: &Round) -> Vec<u8> {
    let written = match round {
        Round::Told { reach, as_of, budget, skipped } => WrittenRound::Told {
            part: match reach {
                Reach::Part { told, of } => Some((*told, *of)),
                Reach::Whole => None,
            },
            as_of: as_of.timestamp_micros(),
            budget: budget.map(|quota| (quota.remaining, quota.limit)),
            skipped: skipped.iter().map(|s| (s.at.as_str().to_owned(), s.why.as_str().to_owned())).collect(),
        },
        Round::Failed { trouble, why } => WrittenRound::Failed {
            trouble: trouble.word().to_owned(),
            until: match trouble {
                Trouble::Limited { until } => Some(until.timestamp_micros()),
                Trouble::Away | Trouble::Refused | Trouble::Garbled => None,
            },
            why: why.as_str().to_owned(),
        },
    };
    json(&written)
}

/// Reads what [`round`] wrote.
pub fn read_round(bytes: &[u8]) -> Option<Round> {
    Some(match serde_json::from_slice(bytes).ok()? {
        WrittenRound::Told { part, as_of, budget, skipped } => Round::Told {
            reach: part.map_or(Reach::Whole, |(told, of)| Reach::Part { told, of }),
            as_of: instant(as_of)?,
            budget: budget.map(|(remaining, limit)| Quota { remaining, limit }),
            skipped: skipped.iter().map(|(at, why)| Skipped { at: Text::scrub(at), why: Text::scrub(why) }).collect(),
        },
        WrittenRound::Failed { trouble, until, why } => {
            let trouble = match (trouble.as_str(), until) {
                ("limited", Some(until)) => Trouble::Limited { until: instant(until)? },
                ("refused", _) => Trouble::Refused,
                ("unreadable", _) => Trouble::Garbled,
                _ => Trouble::Away,
            };
            Round::Failed { trouble, why: Text::scrub(&why) }
        }
    })
}

/// Writes where an incident went.
pub fn gone(gone: &Gone) -> Vec<u8> {
    let (how, to) = match &gone.how {
        Going::Deleted => ("deleted", None),
        Going::Moved(to) => ("moved", Some(to.to_string())),
        Going::Converted => ("converted", None),
        Going::Unwatched => ("unwatched", None),
    };
    json(&(how, to))
}

/// Reads what [`gone`] wrote.
pub fn read_gone(key: IncidentKey, bytes: &[u8]) -> Option<Gone> {
    let (how, to): (String, Option<String>) = serde_json::from_slice(bytes).ok()?;
    let how = match how.as_str() {
        "deleted" => Going::Deleted,
        "moved" => Going::Moved(IncidentKey::parse(&to?)?),
        "converted" => Going::Converted,
        "unwatched" => Going::Unwatched,
        _ => return None,
    };
    Some(Gone { key, how })
}

#[derive(Serialize, Deserialize)]
struct WrittenHost {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    viewer: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    read_only: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<WrittenChecks>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    runs: Vec<judged::Runs>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    artefacts: Vec<judged::Artefacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    untold: Vec<(String, Option<i64>)>,
}

#[derive(Serialize, Deserialize)]
struct WrittenChecks {
    repo: String,
    name: String,
    commit: String,
    passed: usize,
    #[serde(default)]
    failed: Vec<String>,
    #[serde(default)]
    pending: Vec<String>,
    #[serde(default)]
    unknown: usize,
    #[serde(default)]
    as_of: i64,
}

/// Writes what is known of a host.
pub fn host(host: &Host) -> Vec<u8> {
    let texts = |texts: &[Text]| texts.iter().map(|text| text.as_str().to_owned()).collect();
    json(&WrittenHost {
        viewer: host.viewer.as_ref().map(|login| login.as_str().to_owned()),
        missing: texts(&host.missing),
        read_only: host.read_only.iter().map(|repo| repo.full().to_owned()).collect(),
        checks: host
            .checks
            .iter()
            .map(|checks| WrittenChecks {
                repo: checks.repo.full().to_owned(),
                name: checks.name.as_str().to_owned(),
                commit: checks.commit.as_str().to_owned(),
                passed: checks.n_passed,
                failed: texts(&checks.failed),
                pending: texts(&checks.pending),
                unknown: checks.n_unknown,
                as_of: checks.as_of.timestamp_micros(),
            })
            .collect(),
        runs: host.runs.iter().map(judged::Runs::of).collect(),
        artefacts: host.artefacts.iter().map(judged::Artefacts::of).collect(),
        untold: host
            .untold
            .iter()
            .map(|(repo, at)| (repo.full().to_owned(), at.map(|at| at.timestamp_micros())))
            .collect(),
    })
}

/// Reads what [`host`] wrote.
pub fn read_host(bytes: &[u8]) -> Option<Host> {
    let written: WrittenHost = serde_json::from_slice(bytes).ok()?;
    let texts = |texts: Vec<String>| texts.iter().map(|text| Text::scrub(text)).collect();
    Some(Host {
        viewer: written.viewer.as_deref().map(Login::new),
        missing: texts(written.missing),
        read_only: written.read_only.iter().map(|repo| Repo::new(repo)).collect(),
        checks: written
            .checks
            .into_iter()
            .map(|checks| RefChecks {
                repo: Repo::new(&checks.repo),
                name: Text::scrub(&checks.name),
                commit: Text::scrub(&checks.commit),
                n_passed: checks.passed,
                failed: texts(checks.failed),
                pending: texts(checks.pending),
                n_unknown: checks.unknown,
                as_of: instant(checks.as_of).unwrap_or_default(),
            })
            .collect(),
        runs: written.runs.into_iter().map(judged::Runs::read).collect(),
        artefacts: written.artefacts.into_iter().map(judged::Artefacts::read).collect(),
        untold: written.untold.iter().map(|(repo, at)| (Repo::new(repo), at.and_then(instant))).collect(),
    })
}

fn instant(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}

fn json(value: &impl Serialize) -> Vec<u8> {
    // Strings and numbers are always written; an empty body would be read as nothing.
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::host::{Artefact, RefRuns};

    fn text(text: &str) -> Text {
        Text::scrub(text)
    }

    #[test]
    fn rounds_are_read_back_as_they_went() {
        let at = instant(1_795_000_000_123_456).unwrap();
        let skipped = vec![Skipped { at: text("page 2, item 7"), why: text("no number") }];
        for went in [
            Round::Told { reach: Reach::Whole, as_of: at, budget: None, skipped: Vec::new() },
            Round::Told {
                reach: Reach::Part { told: 50, of: Some(900) },
                as_of: at,
                budget: Some(Quota { remaining: 4_000, limit: 5_000 }),
                skipped,
            },
            Round::Failed { trouble: Trouble::Limited { until: at }, why: text("limit") },
            Round::Failed { trouble: Trouble::Away, why: text("no answer") },
            Round::Failed { trouble: Trouble::Refused, why: text("token") },
            Round::Failed { trouble: Trouble::Garbled, why: text("not JSON") },
        ] {
            assert_eq!(read_round(&round(&went)), Some(went));
        }
    }

    #[test]
    fn what_is_gone_and_what_is_known_of_a_host_are_read_back() {
        let key = |number| IncidentKey::issue(Repo::new("acme/api"), number);
        for how in [Going::Deleted, Going::Moved(key(9)), Going::Converted, Going::Unwatched] {
            let told = Gone { key: key(1), how };
            assert_eq!(read_gone(key(1), &gone(&told)), Some(told));
        }
        let known = Host {
            viewer: Some(Login::new("ann")),
            missing: vec![text("Dependabot alerts need a right")],
            read_only: vec![Repo::new("acme/old")],
            checks: vec![RefChecks {
                repo: Repo::new("acme/api"),
                name: text("main"),
                commit: text("0a1b"),
                n_passed: 3,
                failed: vec![text("build")],
                pending: vec![text("e2e")],
                n_unknown: 1,
                as_of: instant(1_795_181_400_000_000).unwrap(),
            }],
            runs: vec![RefRuns {
                repo: key(1).repo,
                name: text("main"),
                runs: Vec::new(),
                as_of: DateTime::UNIX_EPOCH,
            }],
            artefacts: vec![Artefact {
                repo: key(1).repo,
                name: text("bundle"),
                kept: Vec::new(),
                as_of: DateTime::UNIX_EPOCH,
            }],
            untold: vec![(key(1).repo, instant(1_795_181_400_000_000)), (key(2).repo, None)],
        };
        assert_eq!(read_host(&host(&known)), Some(known));
        assert_eq!(read_host(&host(&Host::default())), Some(Host::default()));
    }
}
