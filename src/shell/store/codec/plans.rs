//! Milestones and releases of a repository, as they stand in the file: JSON with short names.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        incident::Repo,
        plans::{Milestone, Plans, Release},
    },
    text::Text,
};

/// Times in microseconds since 1970, UTC.
#[derive(Serialize, Deserialize)]
struct Written {
    milestones: Vec<WrittenMilestone>,
    releases: Vec<WrittenRelease>,
}

#[derive(Serialize, Deserialize)]
struct WrittenMilestone {
    number: u64,
    title: String,
    due: Option<i64>,
    is_open: bool,
    open: Option<usize>,
    closed: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct WrittenRelease {
    tag: String,
    name: String,
    published: Option<i64>,
    is_draft: bool,
    is_prerelease: bool,
}

/// A repository's plans; its name stands beside them.
pub fn plans(plans: &Plans) -> Vec<u8> {
    let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros());
    let milestones = plans.milestones.iter().map(|it| WrittenMilestone {
        number: it.number,
        title: it.title.as_str().to_owned(),
        due: micros(it.due),
        is_open: it.is_open,
        open: it.n_open,
        closed: it.n_closed,
    });
    let releases = plans.releases.iter().map(|it| WrittenRelease {
        tag: it.tag.as_str().to_owned(),
        name: it.name.as_str().to_owned(),
        published: micros(it.published_at),
        is_draft: it.is_draft,
        is_prerelease: it.is_prerelease,
    });
    let written = Written { milestones: milestones.collect(), releases: releases.collect() };
    // Strings and numbers are always written; an empty body would be read as nothing.
    serde_json::to_vec(&written).unwrap_or_default()
}

/// Reads what [`plans`] wrote of a repository.
pub fn read_plans(repo: &str, bytes: &[u8]) -> Option<Plans> {
    let written: Written = serde_json::from_slice(bytes).ok()?;
    let instant = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros);
    let milestones = written.milestones.into_iter().map(|it| Milestone {
        number: it.number,
        title: Text::scrub(&it.title),
        due: instant(it.due),
        is_open: it.is_open,
        n_open: it.open,
        n_closed: it.closed,
    });
    let releases = written.releases.into_iter().map(|it| Release {
        tag: Text::scrub(&it.tag),
        name: Text::scrub(&it.name),
        published_at: instant(it.published),
        is_draft: it.is_draft,
        is_prerelease: it.is_prerelease,
    });
    Some(Plans { repo: Repo::new(repo), milestones: milestones.collect(), releases: releases.collect() })
}
