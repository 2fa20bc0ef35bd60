//! One repository's list of open issues, page by page.

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    domain::{
        incident::{Incident, Repo},
        trouble::Skipped,
    },
    shell::store::{Change, Store, StoreError},
    source::{
        Batch,
        github::{self, Cursor, MAX_PAGES, trouble::SourceError},
    },
    text::Text,
};

use super::{
    asker::Asker,
    page::{self, Heard, MOVES_FOLLOWED},
    trip::Trip,
};

#[derive(Debug)]
pub(super) struct List {
    first: Cursor,
    /// The first page's address: what the list is called on disk.
    name: String,
    /// Those heard in this round come first.
    pages: Vec<Heard<Batch<Incident>>>,
    n_heard: usize,
    /// Every page was heard in this round.
    is_whole: bool,
    /// What came to the first page while the others were read. It has no entity tag: the next round asks again.
    late: Vec<Incident>,
}

impl List {
    pub(super) fn new(api_url: &Url, repository: &Repo, with_pull_requests: bool) -> Self {
        let first = github::first(api_url, repository, with_pull_requests);
        let name = github::request(&first).url.to_string();
        Self { first, name, pages: Vec::new(), n_heard: 0, is_whole: false, late: Vec::new() }
    }

    pub(super) fn repository(&self) -> &Repo {
        &self.first.repository
    }

    /// Whether every page was heard in this round.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Since when the pages heard are known to be true; nothing where none was heard.
    pub(super) fn heard_since(&self) -> Option<DateTime<Utc>> {
        self.heard().map(|page| page.heard_at).min()
    }

    /// What stands on the pages heard.
    pub(super) fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.heard().flat_map(|page| &page.content.items).chain(&self.late)
    }

    pub(super) fn n_left_out(&self) -> usize {
        self.heard().map(|page| page.content.n_skipped).sum()
    }

    pub(super) fn left_out(&self) -> impl Iterator<Item = Skipped> {
        let named = |skipped: &Skipped| Skipped {
            at: Text::scrub(&format!("{} {}", self.repository(), skipped.at)),
            why: skipped.why.clone(),
        };
        self.heard().flat_map(|page| &page.content.skipped).map(named)
    }

    /// Takes up the pages kept on disk, as if they had been heard.
    pub(super) fn take_up(&mut self, store: &Store) -> Result<(), StoreError> {
        for kept in store.pages(&self.name)? {
            let Some(url) = Url::parse(&kept.url).ok().filter(|url| url.origin() == self.first.api_url.origin()) else {
                continue;
            };
            let cursor = Cursor { page_url: Some(url), ..self.first.clone() };
            // A page this version cannot read is asked for again; that is all it is worth.
            let Ok(step) = github::read(&page::answer(&kept), &cursor, kept.heard_at) else { continue };
            self.pages.push(Heard::kept(kept, step.batch));
        }
        self.n_heard = self.pages.len();
        Ok(())
    }

    /// Begins a round: nothing is heard yet.
    pub(super) fn begin(&mut self) {
        (self.n_heard, self.is_whole) = (0, false);
        self.late.clear();
    }

    /// Asks for every page; tells whether anything changed. What was read before a failure counts as heard.
    pub(super) async fn ask(&mut self, asker: &mut Asker, now: &impl Fn() -> DateTime<Utc>) -> Result<bool, Trip> {
        let mut heard = Vec::new();
        let walked = self.walk(asker, &mut heard, now).await;
        let n_before = self.pages.len();
        if walked.is_ok() {
            self.pages.clear();
        } else {
            self.pages.retain(|old| heard.iter().all(|(page, _)| page.url != old.url));
        }
        self.n_heard = heard.len();
        let mut is_changed = walked.is_ok() && n_before != heard.len();
        for (place, (page, is_new)) in heard.into_iter().enumerate() {
            is_changed |= is_new;
            self.pages.insert(place, page);
        }
        walked?;
        self.is_whole = true;
        is_changed |= !self.late.is_empty();
        Ok(is_changed)
    }

    async fn walk(
        &mut self,
        asker: &mut Asker,
        heard: &mut Vec<(Heard<Batch<Incident>>, bool)>,
        now: &impl Fn() -> DateTime<Utc>,
    ) -> Result<(), Trip> {
        let (mut next, mut n_moves) = (Some(self.first.clone()), 0);
        let mut start = None;
        while let Some(mut cursor) = next {
            if heard.len() == MAX_PAGES {
                return Err(SourceError::TooManyPages { pages: MAX_PAGES }.into());
            }
            let url = github::request(&cursor).url.to_string();
            if heard.iter().any(|(page, _)| page.url == url) {
                return Err(SourceError::Garbled { why: Text::scrub("its pages lead in a circle") }.into());
            }
            let known = page::known(&mut self.pages, &url, asker);
            cursor.etag = known.as_ref().and_then(|page| page.etag.clone());
            let link = known.as_ref().and_then(|page| page.link.as_deref());
            let response = asker.ask(&github::request(&cursor), link).await?;
            let step = github::read(&response, &cursor, now())?;
            asker.note_budget(step.budget);
            if step.moved {
                n_moves += 1;
                if n_moves > MOVES_FOLLOWED {
                    return Err(lost(response.status));
                }
            } else if step.unchanged {
                let Some(page) = known else { return Err(unasked()) };
                heard.push((page.again(now()), false));
            } else {
                heard.push((Heard::fresh(&url, asker, step.etag, response, step.batch, now()), true));
            }
            if heard.len() == 1 && start.is_none() {
                start = Some(cursor);
            }
            next = step.next;
        }
        self.look_again(asker, start, heard, now).await
    }

    /// Asks for the first page once more if later ones had changed: an issue that changes while the list is read moves to
    /// the front, past the reader.
    async fn look_again(
        &mut self,
        asker: &mut Asker,
        start: Option<Cursor>,
        heard: &[(Heard<Batch<Incident>>, bool)],
        now: &impl Fn() -> DateTime<Utc>,
    ) -> Result<(), Trip> {
        let (Some((first, _)), Some(start)) = (heard.first(), start) else { return Ok(()) };
        if !heard.iter().skip(1).any(|(_, is_new)| *is_new) {
            return Ok(());
        }
        let cursor = Cursor { etag: first.etag.clone(), ..start };
        let response = asker.ask(&github::request(&cursor), None).await?;
        let step = github::read(&response, &cursor, now())?;
        asker.note_budget(step.budget);
        self.late = step.batch.items;
        Ok(())
    }

    pub(super) fn is_unkept(&self) -> bool {
        self.heard().any(|page| page.body.is_some())
    }

    pub(super) fn keep(&self, change: &Change<'_>, notes: bool) -> Result<(), StoreError> {
        for (place, page) in self.heard().enumerate() {
            page.keep(change, &self.name, place, "", notes)?;
        }
        if self.is_whole {
            let urls: Vec<&str> = self.pages.iter().map(|page| page.url.as_str()).collect();
            change.forget_pages_not_in(&self.name, &urls)?;
        }
        Ok(())
    }

    pub(super) fn is_kept(&mut self) {
        for page in self.pages.iter_mut().take(self.n_heard) {
            page.body = None;
        }
    }

    fn heard(&self) -> impl Iterator<Item = &Heard<Batch<Incident>>> {
        self.pages.iter().take(self.n_heard)
    }
}

/// Redirects without end.
pub(super) fn lost(status: u16) -> Trip {
    SourceError::Moved { status, to: Text::scrub("one redirect after the other") }.into()
}

/// "Unchanged" in answer to a question that named no version.
pub(super) fn unasked() -> Trip {
    SourceError::Garbled { why: Text::scrub("it says \"unchanged\" of a page never seen") }.into()
}
