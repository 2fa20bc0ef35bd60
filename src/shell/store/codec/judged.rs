//! What a release is judged by at a host, as the state file has it: another console on the same folder judges by it too.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        host::{Artefact, Kept, RefRuns, WorkflowRun},
        incident::Repo,
        release::gate::Run,
    },
    text::Text,
};

/// Runs on one ref.
#[derive(Serialize, Deserialize)]
pub(super) struct Runs {
    repo: String,
    name: String,
    as_of: i64,
    /// Workflow, file, commit, how it ended, when.
    runs: Vec<(String, String, String, String, i64)>,
}

/// Artefacts of one name.
#[derive(Serialize, Deserialize)]
pub(super) struct Artefacts {
    repo: String,
    name: String,
    as_of: i64,
    /// Commit, whether it is gone, until when it is kept.
    kept: Vec<(Option<String>, bool, Option<i64>)>,
}

const SUCCESS: &str = "success";
const FAILURE: &str = "failure";

fn written(text: &Text) -> String {
    text.as_str().to_owned()
}

fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

impl Runs {
    /// Writes them.
    pub(super) fn of(told: &RefRuns) -> Self {
        let run = |run: &WorkflowRun| {
            let ended = match run.ended {
                Run::Success => SUCCESS,
                Run::Failure => FAILURE,
                Run::Other => "other",
            };
            let names = (written(&run.workflow), written(&run.path), written(&run.commit));
            (names.0, names.1, names.2, ended.to_owned(), run.at.timestamp_micros())
        };
        Self {
            repo: told.repo.full().to_owned(),
            name: written(&told.name),
            as_of: told.as_of.timestamp_micros(),
            runs: told.runs.iter().map(run).collect(),
        }
    }

    /// Reads them. How a run ended that a later version wrote in another word is neither a success nor a failure.
    pub(super) fn read(self) -> RefRuns {
        let run = |(workflow, path, commit, ended, at): (String, String, String, String, i64)| WorkflowRun {
            workflow: Text::scrub(&workflow),
            path: Text::scrub(&path),
            commit: Text::scrub(&commit),
            ended: match ended.as_str() {
                SUCCESS => Run::Success,
                FAILURE => Run::Failure,
                _ => Run::Other,
            },
            at: instant(at),
        };
        RefRuns {
            repo: Repo::new(&self.repo),
            name: Text::scrub(&self.name),
            runs: self.runs.into_iter().map(run).collect(),
            as_of: instant(self.as_of),
        }
    }
}

impl Artefacts {
    /// Writes them.
    pub(super) fn of(told: &Artefact) -> Self {
        let kept = |one: &Kept| {
            (one.commit.as_ref().map(written), one.is_expired, one.until.map(|until| until.timestamp_micros()))
        };
        Self {
            repo: told.repo.full().to_owned(),
            name: written(&told.name),
            as_of: told.as_of.timestamp_micros(),
            kept: told.kept.iter().map(kept).collect(),
        }
    }

    /// Reads them.
    pub(super) fn read(self) -> Artefact {
        let kept = |(commit, is_expired, until): (Option<String>, bool, Option<i64>)| Kept {
            commit: commit.as_deref().map(Text::scrub),
            is_expired,
            until: until.map(instant),
        };
        Artefact {
            repo: Repo::new(&self.repo),
            name: Text::scrub(&self.name),
            kept: self.kept.into_iter().map(kept).collect(),
            as_of: instant(self.as_of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_release_is_judged_by_reads_back() {
        let at = instant(1_795_165_200_000_000);
        let (repo, name) = (Repo::new("acme/api"), Text::scrub("main"));
        let run = |ended| WorkflowRun {
            workflow: Text::scrub("CI"),
            path: Text::scrub("ci.yml"),
            commit: Text::scrub("abc"),
            ended,
            at,
        };
        let runs = vec![run(Run::Success), run(Run::Failure), run(Run::Other)];
        let told = RefRuns { repo: repo.clone(), name: name.clone(), runs, as_of: at };
        assert_eq!(Runs::of(&told).read(), told);
        let kept = vec![Kept { commit: Some(Text::scrub("abc")), is_expired: false, until: Some(at) }];
        let told = Artefact { repo, name, kept, as_of: at };
        assert_eq!(Artefacts::of(&told).read(), told);
    }
}
