//! What happened to one incident, page by page.

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    domain::{
        incident::{Event, Incident, IncidentKey},
        time::{between, parse_rfc3339},
        trouble::Skipped,
    },
    shell::store::{Change, Store, StoreError},
    source::github::{
        timeline::{self, Cursor, MAX_PAGES},
        trouble::SourceError,
    },
    text::{Text, counted},
};

use super::{
    SETTLES_WITHIN,
    asker::Asker,
    list::{lost, unasked},
    page::{self, Heard, MOVES_FOLLOWED},
    trip::Trip,
};

/// A page's events, and how many entries could not be used.
type Entries = (Vec<Event>, usize);

#[derive(Debug)]
pub(super) struct Timeline {
    first: Cursor,
    /// The first page's address: what the timeline is called on disk.
    name: String,
    pages: Vec<Heard<Entries>>,
    /// The change of the incident it was read for.
    version: Option<DateTime<Utc>>,
    /// It was read long enough after that change to hold it.
    is_settled: bool,
    /// It was read to its end.
    is_whole: bool,
    is_unkept: bool,
}

impl Timeline {
    pub(super) fn new(api_url: &Url, key: &IncidentKey) -> Self {
        let first = timeline::first(api_url, key);
        let name = timeline::request(&first).url.to_string();
        Self { first, name, pages: Vec::new(), version: None, is_settled: false, is_whole: false, is_unkept: false }
    }

    /// The timeline kept on disk; nothing where there is none, or one that this version cannot read.
    pub(super) fn kept(store: &Store, api_url: &Url, key: &IncidentKey) -> Result<Option<Self>, StoreError> {
        let mut kept = Self::new(api_url, key);
        let mut is_whole = false;
        for page in store.pages(&kept.name)? {
            let Some(url) = Url::parse(&page.url).ok().filter(|url| url.origin() == api_url.origin()) else {
                return Ok(None);
            };
            let cursor = Cursor { page_url: Some(url), ..kept.first.clone() };
            let Ok(step) = timeline::read(&page::answer(&page), &cursor, page.heard_at) else { return Ok(None) };
            is_whole = step.next.is_none();
            kept.version = parse_rfc3339(&page.version);
            kept.is_settled = true;
            kept.pages.push(Heard::kept(page, (step.events, step.n_left_out)));
        }
        kept.is_whole = is_whole;
        Ok((!kept.pages.is_empty()).then_some(kept))
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the incident may have changed since this was read.
    pub(super) fn is_older(&self, incident: &Incident) -> bool {
        !self.is_settled || self.version != Some(incident.updated_at)
    }

    /// The incident with what is known of its history; `has_timeline` only where that is all of it.
    pub(super) fn given_to(&self, incident: &Incident) -> Incident {
        let mut timeline: Vec<Event> = self.pages.iter().flat_map(|page| &page.content.0).cloned().collect();
        timeline.sort_by_key(|event| event.at);
        let has_timeline = self.is_whole && self.version == Some(incident.updated_at);
        Incident { timeline, has_timeline, ..incident.clone() }
    }

    pub(super) fn left_out(&self) -> Option<Skipped> {
        let n_left_out: usize = self.pages.iter().map(|page| page.content.1).sum();
        let why = if !self.is_whole && self.pages.len() == MAX_PAGES {
            format!("its timeline is longer than {MAX_PAGES} pages; the rest is left out")
        } else if n_left_out > 0 {
            format!("{} without its time or label; the rest is kept", counted(n_left_out, "event", "events"))
        } else {
            return None;
        };
        Some(Skipped { at: Text::scrub(&self.first.key.to_string()), why: Text::scrub(&why) })
    }

    /// Asks for every page; tells whether anything changed. After a failure what was known before stays.
    pub(super) async fn ask(
        &mut self,
        asker: &mut Asker,
        changed_at: DateTime<Utc>,
        now: &impl Fn() -> DateTime<Utc>,
    ) -> Result<bool, Trip> {
        let mut heard = Vec::new();
        let walked = self.walk(asker, &mut heard, now).await;
        let (is_whole, host_time) = match walked {
            Ok(walked) => walked,
            Err(trip) => {
                // The pages heard as unchanged have handed over their content.
                for (page, _) in heard {
                    match self.pages.iter_mut().find(|old| old.url == page.url) {
                        Some(old) => *old = page,
                        None => self.pages.push(page),
                    }
                }
                (self.is_whole, self.is_unkept) = (false, true);
                self.version = Some(changed_at);
                // What the host does not show or cannot tell is asked for again only after the next change.
                self.is_settled = matches!(
                    trip,
                    Trip::Answer(SourceError::NotFound | SourceError::Gone { .. } | SourceError::Garbled { .. })
                );
                return Err(trip);
            }
        };
        let is_new = heard.iter().any(|(_, is_new)| *is_new);
        let is_changed = is_new || !self.is_whole || self.pages.len() != heard.len();
        self.pages = heard.into_iter().map(|(page, _)| page).collect();
        self.is_whole = is_whole;
        self.version = Some(changed_at);
        self.is_settled = between(changed_at, host_time).abs() >= SETTLES_WITHIN;
        self.is_unkept = true;
        Ok(is_changed)
    }

    /// Walks the pages; tells whether the end was reached, and the host's time at the beginning.
    async fn walk(
        &mut self,
        asker: &mut Asker,
        heard: &mut Vec<(Heard<Entries>, bool)>,
        now: &impl Fn() -> DateTime<Utc>,
    ) -> Result<(bool, DateTime<Utc>), Trip> {
        let (mut next, mut n_moves, mut host_time) = (Some(self.first.clone()), 0, None);
        while let Some(mut cursor) = next {
            let url = timeline::request(&cursor).url.to_string();
            if heard.len() == MAX_PAGES || heard.iter().any(|(page, _)| page.url == url) {
                return Ok((false, host_time.unwrap_or_else(now)));
            }
            let known = page::known(&mut self.pages, &url, asker);
            cursor.etag = known.as_ref().and_then(|page| page.etag.clone());
            let link = known.as_ref().and_then(|page| page.link.as_deref());
            let response = asker.ask(&timeline::request(&cursor), link).await?;
            let step = timeline::read(&response, &cursor, now())?;
            asker.note_budget(step.budget);
            host_time = host_time.or(Some(step.host_time));
            if step.moved {
                n_moves += 1;
                if n_moves > MOVES_FOLLOWED {
                    return Err(lost(response.status));
                }
            } else if step.unchanged {
                let Some(page) = known else { return Err(unasked()) };
                heard.push((page.again(now()), false));
            } else {
                let content = (step.events, step.n_left_out);
                heard.push((Heard::fresh(&url, asker, step.etag, response, content, now()), true));
            }
            next = step.next;
        }
        Ok((true, host_time.unwrap_or_else(now)))
    }

    pub(super) fn is_unkept(&self) -> bool {
        self.is_unkept
    }

    pub(super) fn keep(&self, change: &Change<'_>) -> Result<(), StoreError> {
        if !self.is_unkept {
            return Ok(());
        }
        let settled = self.version.filter(|_| self.is_settled && self.is_whole);
        let version = settled.map(|at| at.to_rfc3339()).unwrap_or_default();
        for (place, page) in self.pages.iter().enumerate() {
            page.keep(change, &self.name, place, &version, true)?;
        }
        let urls: Vec<&str> = self.pages.iter().map(|page| page.url.as_str()).collect();
        change.forget_pages_not_in(&self.name, &urls)
    }

    pub(super) fn is_kept(&mut self) {
        self.is_unkept = false;
        for page in &mut self.pages {
            page.body = None;
        }
    }
}
