//! What each page of a list said last, for the rounds in which some pages are as they were.

use chrono::{DateTime, Utc};
use url::Url;

/// Pages by their address.
#[derive(Debug)]
pub(super) struct Memory<T> {
    pages: Vec<Page<T>>,
}

#[derive(Debug)]
struct Page<T> {
    url: Url,
    records: Vec<T>,
    next: Option<Url>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<T: Clone> Memory<T> {
    /// Keeps what a page says now.
    pub(super) fn keep(&mut self, url: &Url, records: Vec<T>, next: Option<Url>) {
        self.pages.retain(|page| page.url != *url);
        self.pages.push(Page { url: url.clone(), records, next });
    }

    /// What a page said when it was last read, and the page after it; nothing where it never was.
    pub(super) fn known(&self, url: &Url) -> Option<(Vec<T>, Option<Url>)> {
        let page = self.pages.iter().find(|page| page.url == *url)?;
        Some((page.records.clone(), page.next.clone()))
    }

    /// Forgets every page but these.
    pub(super) fn retain(&mut self, used: &[Url]) {
        self.pages.retain(|page| used.contains(&page.url));
    }
}

/// The same question at an address of its own: for a page whose entity tag outlived what it said.
pub(super) fn afresh(url: &Url, now: DateTime<Utc>) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("at", &now.timestamp().to_string());
    url
}
