//! Statistics of one file, whatever it holds, without settings.

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use super::{Asked, Origin, by, report};
use crate::{
    cli::{exit, failure::Failure, past},
    domain::{
        incident::Kind,
        sla::Policy,
        stats::{
            cases::{By, Case},
            delta,
            outage::services,
            robots::Robots,
            ticket::{Group, before_opening, by_priority, monthly},
            times::Times,
        },
        zone::Zone,
    },
    shell::{disk, stamp::open_regular},
    sink::{
        json, plain,
        report::{Deltas, Left, Tickets, Uptime},
    },
    source::{
        Batch,
        form::{self, Form},
        history::{self, Form as HistoryForm, History},
        tickets, uptime,
    },
    text::Text,
};

/// Statistics of one file.
///
/// # Errors
/// It cannot be read, or holds nothing that is known.
pub(super) fn run(asked: &Asked<'_>, path: &Path) -> Result<u8, Failure> {
    let (form, input) = open(path)?;
    match form {
        Form::Tickets => of_tickets(asked, path, input),
        Form::Checks => of_checks(asked, path, input),
        Form::History => of_history(asked, path, input),
    }
}

/// What changed between two histories, the older one first where both say when they were taken.
///
/// # Errors
/// One of them is no history.
pub(super) fn deltas(asked: &Asked<'_>, one: &Path, other: &Path) -> Result<u8, Failure> {
    let look = |path: &Path| {
        let (form, input) = open(path)?;
        if form != Form::History {
            let what = format!("compare {}: it holds no issues", shown(path));
            return Err(Failure::new(exit::USAGE, what, "give two histories of issues"));
        }
        let history = read_history(path, input, one)?;
        let at = history.as_of.or_else(|| past::state_beside(path));
        Ok((at, history.batch))
    };
    let (mut old, mut new) = (look(one)?, look(other)?);
    if old.0.zip(new.0).is_some_and(|(old, new)| new < old) {
        std::mem::swap(&mut old, &mut new);
    }
    let mut left = left(&old.1);
    left.n += new.1.n_skipped;
    left.named.extend(new.1.skipped.iter().cloned());
    let (before, after) = (past::newest(old.1.items), past::newest(new.1.items));
    let mut repositories: Vec<_> = before.iter().chain(&after).map(|incident| incident.key.repo.clone()).collect();
    repositories.sort();
    repositories.dedup();
    let report = Deltas {
        repositories,
        old: old.0,
        new: new.0,
        issues: delta::changes(&before, &after, Kind::Issue),
        pulls: delta::changes(&before, &after, Kind::PullRequest),
        left,
    };
    asked.print(
        &report.left,
        || json::stats::deltas(asked.document("sla_deltas"), &report).value(),
        |page| plain::stats::deltas(page, &report),
    )
}

fn of_history(asked: &Asked<'_>, path: &Path, input: Box<dyn BufRead>) -> Result<u8, Failure> {
    let history = read_history(path, input, path)?;
    let is_backup = history.form == HistoryForm::Records;
    let left = left(&history.batch);
    let incidents = past::newest(history.batch.items);
    let taken = past::taken(history.as_of, path);
    let (as_of, as_of_from) = past::as_of(taken, asked.at, || past::last_moment(&incidents), asked.now);
    let origin = Origin {
        as_of,
        as_of_from,
        format: if is_backup { "github-backup-jsonl" } else { "idt-archive" },
        knows_turns: is_backup,
        knows_acts: is_backup,
        zone: asked.zone.clone().unwrap_or_else(Zone::utc),
        left,
    };
    let incidents: Vec<_> = incidents.iter().map(|incident| (incident, None)).collect();
    // Without settings, the robots that the world knows are all that is known of robots.
    let policy = Policy { robots: Robots::with(&[]).logins().to_vec(), ..Policy::standard() };
    let report = report(asked, &incidents, &policy, origin);
    asked.print(
        &report.left,
        || json::stats::items(asked.document("sla_stats"), &report).value(),
        |page| plain::stats::items(page, &report),
    )
}

fn of_tickets(asked: &Asked<'_>, path: &Path, input: Box<dyn BufRead>) -> Result<u8, Failure> {
    let wrong = [By::Repository, By::Label].into_iter().find(|by| asked.by.contains(by));
    if let Some(by) = wrong {
        let what = format!("group by {}: tickets have none", by.word());
        return Err(Failure::new(exit::USAGE, what, "group by month, week, quarter or priority"));
    }
    let zone = asked.zone.clone().unwrap_or_else(Zone::utc);
    let read = tickets::read(input, &zone).map_err(|error| cannot_read(path, &error, exit::COULD_NOT_JUDGE))?;
    let left = left(&read.batch);
    let all = read.batch.items;
    let cases: Vec<Case> = all
        .iter()
        .map(|ticket| Case {
            life: ticket.life(),
            priority: ticket.facts.priority.clone(),
            repository: Text::default(),
            labels: Vec::new(),
        })
        .collect();
    let moments =
        || all.iter().flat_map(|t| [Some(t.facts.opened_at), t.acked_at, t.facts.resolved_at, t.facts.closed_at]);
    let (as_of, as_of_from) = past::as_of(None, asked.at, || moments().flatten().max(), asked.now);
    let held: Vec<_> = all.iter().filter(|ticket| asked.span.holds(ticket.facts.opened_at)).cloned().collect();
    let report = Tickets {
        rows: read.rows,
        n: held.len(),
        as_of,
        as_of_from,
        before_opening: before_opening(&held),
        all: Group::of(&held),
        by_priority: by_priority(&held),
        monthly: monthly(&held, &zone),
        times: Times::over(cases.iter().map(|case| &case.life), &asked.span, as_of),
        by: by(asked, &cases, &zone, as_of),
        zone,
        left,
    };
    asked.print(
        &report.left,
        || json::stats::tickets(asked.document("sla_stats"), &report).value(),
        |page| plain::stats::tickets(page, &report),
    )
}

fn of_checks(asked: &Asked<'_>, path: &Path, input: Box<dyn BufRead>) -> Result<u8, Failure> {
    if !asked.by.is_empty() {
        let what = "group checks of services: they stand by service already";
        return Err(Failure::new(exit::USAGE, what, "leave --by out"));
    }
    let mut batch = uptime::read(input).map_err(|error| cannot_read(path, &error, exit::COULD_NOT_JUDGE))?;
    let left = left(&batch);
    batch.items.retain(|check| asked.span.holds(check.at) && asked.at.is_none_or(|now| check.at <= now));
    let (services, as_of) = services(batch.items);
    let report = Uptime { as_of, services, left };
    asked.print(
        &report.left,
        || json::stats::uptime(asked.document("sla_stats"), &report).value(),
        |page| plain::stats::uptime(page, &report),
    )
}

fn open(path: &Path) -> Result<(Form, Box<dyn BufRead>), Failure> {
    let told = |error: std::io::Error| {
        let what = format!("read {}: {}", shown(path), disk::why(&error));
        Failure::new(exit::COULD_NOT_JUDGE, what, "give a backup of issues, an archive.json, a ticket log or checks")
    };
    let file = open_regular(path).map_err(told)?;
    form::open(BufReader::with_capacity(64 << 10, file)).map_err(told)
}

fn read_history(path: &Path, input: Box<dyn BufRead>, named_after: &Path) -> Result<History, Failure> {
    history::read(input, past::named_after(named_after).as_ref(), true)
        .map_err(|error| Failure::new(exit::COULD_NOT_JUDGE, format!("read {}: {error}", shown(path)), error.hint()))
}

fn cannot_read(path: &Path, error: &dyn std::error::Error, code: u8) -> Failure {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Failure::new(
        code,
        format!("read {}: {error}{cause}", shown(path)),
        "look at the lines it names, or export it again",
    )
}

fn left<T>(batch: &Batch<T>) -> Left {
    Left { n: batch.n_skipped, named: batch.skipped.clone() }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
