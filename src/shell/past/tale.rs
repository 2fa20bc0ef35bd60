//! What changed, as the record tells it: one line for each difference that somebody would want to read.

use chrono::{DateTime, Utc};

use super::{
    note::{read_files, read_standing},
    replay::HISTORY,
};
use crate::{
    domain::{
        changes::{self, Beside},
        incident::{Incident, IncidentKey, Login},
        intent::{Intent, Progress, Target},
        plans::Plans,
        sla::Policy,
        trouble::Trouble,
    },
    floor::fact::Going,
    shell::store::{
        Deed, Names, Round, Row, Said, Sort, Store, StoreError,
        outbox::{read_intent, read_progress},
    },
    text::Text,
};

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tale {
    /// When it was put on record.
    pub at: DateTime<Utc>,
    /// Its place in the record.
    pub seq: i64,
    /// What it is about; nothing = a source.
    pub key: Option<IncidentKey>,
    /// The source that told; blank where somebody did it here.
    pub source: Text,
    /// What happened, in one word for a program.
    pub code: &'static str,
    /// What happened, in words.
    pub what: Text,
    /// Who did it, where that is known.
    pub by: Option<Login>,
    /// The incident's title then.
    pub title: Option<Text>,
}

/// What is asked of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// From when, included.
    pub since: DateTime<Utc>,
    /// Until when, excluded.
    pub until: DateTime<Utc>,
    /// One incident only.
    pub key: Option<IncidentKey>,
    /// At most so many lines, the newest.
    pub limit: usize,
}

/// What the record told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tales {
    /// The lines, the oldest first.
    pub lines: Vec<Tale>,
    /// Incidents that were seen for the first time long after they had been opened; not among the lines where every
    /// incident was asked about.
    pub n_first_seen: usize,
    /// Whether there are older lines in the stretch that was asked about.
    pub is_cut: bool,
}

/// Rows read at once.
const PAGE: usize = 500;

/// Reads what happened in a stretch of time; priorities are those that `policy` gives to labels.
///
/// # Errors
/// As the disk fails.
pub fn tales(store: &Store, wanted: &Wanted, policy: &Policy) -> Result<Tales, StoreError> {
    let subject = wanted.key.as_ref().map(ToString::to_string);
    let mut teller = Teller { store, policy, names: Names::default(), is_one: wanted.key.is_some(), n_first_seen: 0 };
    let mut found: Vec<Tale> = Vec::new();
    let mut before = None;
    let mut is_cut = false;
    loop {
        let rows = store.happened(wanted.since, wanted.until, subject.as_deref(), before, PAGE)?;
        let is_last = rows.len() < PAGE;
        before = rows.last().map(|row| row.seq);
        for row in rows {
            let mut told = teller.of(&row)?;
            told.retain(|tale| wanted.since <= tale.at && tale.at < wanted.until);
            found.extend(told.into_iter().rev());
        }
        if wanted.limit < found.len() {
            found.truncate(wanted.limit);
            is_cut = true;
            break;
        }
        if is_last {
            break;
        }
    }
    found.sort_by_key(|tale| tale.seq);
    Ok(Tales { lines: found, n_first_seen: teller.n_first_seen, is_cut })
}

struct Teller<'a> {
    store: &'a Store,
    policy: &'a Policy,
    names: Names,
    is_one: bool,
    n_first_seen: usize,
}

impl Teller<'_> {
    fn of(&mut self, row: &Row) -> Result<Vec<Tale>, StoreError> {
        Ok(match row.said(&mut self.names) {
            Some(Said::Item(incident)) => self.item(row, &incident)?,
            Some(Said::Gone(gone)) => {
                let what = match gone.how {
                    Going::Moved(to) => Beside::Gone(Some(to)),
                    Going::Deleted | Going::Converted => Beside::Gone(None),
                    // The settings ask for it no more: nothing happened to it.
                    Going::Unwatched => return Ok(Vec::new()),
                };
                vec![beside(row, gone.key, &what, None)]
            }
            Some(Said::Round(Round::Failed { trouble, why })) => self.failed(row, trouble, &why)?,
            Some(Said::Done(key, deed, by)) => {
                let what = match deed {
                    Deed::TakeOn => Beside::Acknowledged(by.clone()),
                    Deed::GiveBack => Beside::GivenBack(by.clone()),
                    Deed::Snooze(until) => Beside::Snoozed { by: by.clone(), until, at: row.at },
                    Deed::Wake => Beside::Woken(by.clone()),
                };
                vec![beside(row, key, &what, Some(by))]
            }
            Some(Said::Other) => match row.sort {
                Sort::Stand => self.stand(row)?,
                Sort::File => self.files(row)?.into_iter().collect(),
                Sort::Intent => read_intent(&row.body).map(|intent| wanted(row, &intent)).into_iter().collect(),
                Sort::Progress => self.ended(row)?.into_iter().collect(),
                _ => Vec::new(),
            },
            Some(Said::Plans(plans)) => self.plans(row, &plans)?,
            Some(Said::Round(Round::Told { .. }) | Said::Host(_)) | None => Vec::new(),
        })
    }

    /// How a change that somebody wanted of a host ended; the steps on the way are no news.
    fn ended(&self, row: &Row) -> Result<Option<Tale>, StoreError> {
        let Some(progress) = std::str::from_utf8(&row.body).ok().and_then(read_progress) else { return Ok(None) };
        let before = self.store.before(row, &[Sort::Intent])?;
        let Some(intent) = before.and_then(|before| read_intent(&before.body)) else { return Ok(None) };
        let what = intent.act.words();
        let (code, what) = match progress {
            Progress::Done { .. } => ("sent", format!("{what} sent")),
            Progress::Refused { why, .. } => ("refused", format!("{what} refused: {why}")),
            Progress::Cancelled { .. } => ("taken_back", format!("{what} taken back before it was sent")),
            Progress::Waiting { .. } | Progress::Sending { .. } | Progress::Unsure { .. } => return Ok(None),
        };
        Ok(Some(of_intent(row, &intent, code, &what)))
    }

    fn item(&mut self, row: &Row, incident: &Incident) -> Result<Vec<Tale>, StoreError> {
        let before = self.store.before(row, &[Sort::Item, Sort::Gone])?;
        let known = match before.and_then(|before| before.said(&mut self.names)) {
            Some(Said::Item(known)) => Some(known),
            _ => None,
        };
        let told = match &known {
            Some(known) => changes::between_versions(known, incident, self.policy),
            None => vec![changes::first(incident, row.at)],
        };
        let is_first_seen = |told: &changes::Told| matches!(told.change, changes::Change::FirstSeen { .. });
        if !self.is_one && told.iter().any(is_first_seen) {
            self.n_first_seen += 1;
            return Ok(Vec::new());
        }
        let tale = |told: changes::Told| Tale {
            key: Some(incident.key.clone()),
            by: told.by,
            title: Some(incident.title.clone()),
            ..of_source(row, told.change.code(), &told.change.to_string())
        };
        Ok(told.into_iter().map(tale).collect())
    }

    /// What changed in a repository's milestones and releases; what was there when it was first heard is no news.
    fn plans(&mut self, row: &Row, plans: &Plans) -> Result<Vec<Tale>, StoreError> {
        let before = self.store.before(row, &[Sort::Plans])?.and_then(|before| before.said(&mut self.names));
        let Some(Said::Plans(before)) = before else { return Ok(Vec::new()) };
        let told = plans.changes(&before).into_iter();
        Ok(told.map(|(what, words)| of_source(row, what.code(), &format!("{}: {words}", plans.repo))).collect())
    }

    /// A host's trouble: said where it began, and where it was over.
    fn failed(&mut self, row: &Row, trouble: Trouble, why: &Text) -> Result<Vec<Tale>, StoreError> {
        let mut tales = Vec::new();
        let before = self.store.before(row, &[Sort::Round])?.and_then(|before| before.said(&mut self.names));
        let is_same = |before: &Said| {
            matches!(before, Said::Round(Round::Failed { trouble: known, why: told })
                if known.word() == trouble.word() && told == why)
        };
        if !before.as_ref().is_some_and(is_same) {
            tales.push(of_source(row, "trouble", &format!("{}: {why}", trouble.word())));
        }
        let after = self.store.round_after(row)?;
        let told = after.filter(|after| matches!(after.said(&mut self.names), Some(Said::Round(Round::Told { .. }))));
        tales.extend(told.map(|after| of_source(&after, "heard_again", "answers again")));
        Ok(tales)
    }

    fn stand(&mut self, row: &Row) -> Result<Vec<Tale>, StoreError> {
        let Some(now) = read_standing(row, None) else { return Ok(Vec::new()) };
        let before = self.store.before(row, &[Sort::Stand])?;
        let before = before.and_then(|before| read_standing(&before, None)).unwrap_or_default();
        let mut tales = Vec::new();
        match (&before.trouble, &now.trouble) {
            (known, Some((trouble, _, why)))
                if known.as_ref().is_none_or(|(was, _, told)| was.word() != trouble.word() || told != why) =>
            {
                tales.push(of_source(row, "trouble", &format!("{}: {why}", trouble.word())));
            }
            (Some(_), None) => tales.push(of_source(row, "heard_again", "answers again")),
            _ => {}
        }
        if before.n_skipped != now.n_skipped {
            let n = crate::text::counted(now.n_skipped, "record is", "records are");
            tales.push(of_source(row, "left_out", &format!("{n} left out")));
        }
        Ok(tales)
    }

    fn files(&self, row: &Row) -> Result<Option<Tale>, StoreError> {
        let Some(before) = self.store.before(row, &[Sort::File])? else { return Ok(None) };
        let (Some(old), Some(new)) = (read_files(&before, self.store)?, read_files(row, self.store)?) else {
            return Ok(None);
        };
        let same = |name: &str| old.iter().find(|file| file.name == name).map(|file| &file.bytes);
        let changed = new.iter().filter(|file| same(&file.name) != Some(&file.bytes));
        let short = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        let changed: Vec<_> = changed.map(|file| short(&file.name)).collect();
        let gone = old.iter().filter(|file| !new.iter().any(|other| other.name == file.name));
        let gone: Vec<_> = gone.map(|file| short(&file.name)).collect();
        let mut said = Vec::new();
        said.extend((!changed.is_empty()).then(|| format!("{} changed", changed.join(", "))));
        said.extend((!gone.is_empty()).then(|| format!("{} is no part of it any more", gone.join(", "))));
        Ok((!said.is_empty()).then(|| of_source(row, "changed", &said.join("; "))))
    }
}

fn of_source(row: &Row, code: &'static str, what: &str) -> Tale {
    Tale {
        at: row.at,
        seq: row.seq,
        key: None,
        source: Text::scrub(row.source.strip_prefix(HISTORY).unwrap_or(&row.source)),
        code,
        what: Text::scrub(what),
        by: None,
        title: None,
    }
}

fn beside(row: &Row, key: IncidentKey, what: &Beside, by: Option<Login>) -> Tale {
    Tale { key: Some(key), by, ..of_source(row, what.code(), &what.to_string()) }
}

fn wanted(row: &Row, intent: &Intent) -> Tale {
    of_intent(row, intent, "wanted", &format!("{} wanted, by {}", intent.act.words(), intent.by))
}

fn of_intent(row: &Row, intent: &Intent, code: &'static str, what: &str) -> Tale {
    match &intent.target {
        Target::Incident(key) => {
            Tale { key: Some(key.clone()), by: Some(intent.by.clone()), ..of_source(row, code, what) }
        }
        Target::Repository(repo) => {
            Tale { by: Some(intent.by.clone()), ..of_source(row, code, &format!("{repo}: {what}")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            incident::{Label, Repo},
            intent::{Act, OpId},
            plans::{Milestone, Release},
            time::parse_rfc3339,
        },
        shell::store::Heard,
        text::Passage,
    };

    fn at(minute: u32) -> DateTime<Utc> {
        parse_rfc3339(&format!("2026-11-20T10:{minute:02}:00Z")).unwrap()
    }

    fn intent(n: u128, key: &str, act: Act) -> Intent {
        let (id, source, by) = (OpId::new(at(0), n), Text::scrub("github"), Login::new("me"));
        let target = Target::Incident(IncidentKey::parse(key).unwrap());
        Intent { batch: id.clone(), id, source, target, act, by, at: at(1), progress: Progress::new() }
    }

    #[test]
    fn what_was_wanted_of_a_host_is_told_with_how_it_ended_and_by_its_incident() {
        let mut store = Store::in_memory().unwrap();
        let comment = intent(1, "acme/api#1", Act::Comment(Box::new(Passage::scrub("on it"))));
        let label = intent(2, "acme/api#2", Act::Label(vec![Label::new("sev/2")]));
        store.intend(&[comment.clone(), label.clone()]).unwrap();
        let why = Text::scrub("no such label");
        for (id, progress, minute) in [
            (&comment.id, Progress::Sending { since: at(2), tries: 1 }, 2),
            (&comment.id, Progress::Done { at: at(3), url: None }, 3),
            (&label.id, Progress::Refused { at: at(4), why }, 4),
        ] {
            store.progress(id, &progress, at(minute)).unwrap();
        }
        let told = |key: Option<&str>| -> Vec<(String, String)> {
            let key = key.map(|key| IncidentKey::parse(key).unwrap());
            let wanted = Wanted { since: at(0), until: at(59), key, limit: 100 };
            let tales = tales(&store, &wanted, &Policy::standard()).unwrap();
            tales.lines.iter().map(|tale| (tale.key.as_ref().unwrap().to_string(), tale.what.to_string())).collect()
        };
        let one = |key: &str, what: &str| (key.to_owned(), what.to_owned());
        let first = [one("acme/api#1", "comment wanted, by me"), one("acme/api#1", "comment sent")];
        let second =
            [one("acme/api#2", "label sev/2 wanted, by me"), one("acme/api#2", "label sev/2 refused: no such label")];
        assert_eq!(told(Some("acme/api#1")), first);
        assert_eq!(told(Some("acme/api#2")), second);
        assert_eq!(told(None), [&first[0], &second[0], &first[1], &second[1]].map(Clone::clone));
    }

    #[test]
    fn a_milestone_that_moves_and_a_release_that_comes_out_are_told_once() {
        let mut store = Store::in_memory().unwrap();
        let milestone = |day: u32| Milestone {
            number: 1,
            title: Text::scrub("4.9"),
            due: parse_rfc3339(&format!("2026-12-{day:02}T00:00:00Z")),
            is_open: true,
            n_open: Some(1),
            n_closed: None,
        };
        let release = Release {
            tag: Text::scrub("v4.8"),
            name: Text::default(),
            published_at: Some(at(3)),
            is_draft: false,
            is_prerelease: false,
        };
        let plans = |day, releases: &[Release]| Plans {
            repo: Repo::new("acme/api"),
            milestones: vec![milestone(day)],
            releases: releases.to_vec(),
        };
        let said = [plans(1, &[]), plans(1, &[]), plans(2, &[]), plans(2, &[release])];
        for (minute, plans) in (1..).zip(&said) {
            store
                .record(&Heard { plans: vec![plans.clone()], ..Heard::of(Text::scrub("github")) }, at(minute))
                .unwrap();
        }
        let wanted = Wanted { since: at(0), until: at(59), key: None, limit: 100 };
        let tales = tales(&store, &wanted, &Policy::standard()).unwrap();
        let told: Vec<_> = tales.lines.iter().map(|tale| (tale.at, tale.code, tale.what.as_str())).collect();
        let moved = "acme/api: milestone 4.9: due 2026-12-02, was due 2026-12-01";
        assert_eq!(told, [(at(3), "milestone_plan", moved), (at(4), "release", "acme/api: release v4.8 published")]);
        assert_eq!(store.mirror(&Text::scrub("github")).unwrap().plans, said[3..]);
    }
}
