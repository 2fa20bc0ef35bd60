//! A page as it was last heard, in memory and on its way to disk.

use chrono::{DateTime, Utc};

use crate::{
    shell::store::{Change, Page, StoreError},
    wire::Response,
};

use super::asker::Asker;

/// Redirects followed for one page: a renamed repository has one, one that was also transferred two.
pub(super) const MOVES_FOLLOWED: usize = 5;

#[derive(Debug)]
pub(super) struct Heard<T> {
    pub(super) url: String,
    pub(super) token_mark: String,
    pub(super) etag: Option<String>,
    pub(super) link: Option<String>,
    pub(super) content: T,
    /// As received, until it is on disk.
    pub(super) body: Option<Vec<u8>>,
    pub(super) heard_at: DateTime<Utc>,
}

impl<T: Default> Heard<T> {
    /// A page that was just read from an answer.
    pub(super) fn fresh(
        url: &str,
        asker: &Asker,
        etag: Option<String>,
        response: Response,
        content: T,
        heard_at: DateTime<Utc>,
    ) -> Self {
        let link = response.header("link").map(str::to_owned);
        let (url, token_mark, body) = (url.to_owned(), asker.mark().to_owned(), Some(response.body));
        Self { url, token_mark, etag, link, content, body, heard_at }
    }

    /// A page from disk.
    pub(super) fn kept(page: Page, content: T) -> Self {
        let Page { url, token_mark, etag, link, heard_at, .. } = page;
        Self { url, token_mark, etag, link, content, body: None, heard_at }
    }

    /// The same page, heard again as unchanged; what is left behind is empty.
    pub(super) fn again(&mut self, heard_at: DateTime<Utc>) -> Self {
        Self {
            url: self.url.clone(),
            token_mark: self.token_mark.clone(),
            etag: self.etag.clone(),
            link: self.link.clone(),
            content: std::mem::take(&mut self.content),
            body: self.body.take(),
            heard_at,
        }
    }

    /// Keeps a page that is not on disk, or notes that it is still true.
    pub(super) fn keep(
        &self,
        change: &Change<'_>,
        list: &str,
        place: usize,
        version: &str,
        notes: bool,
    ) -> Result<(), StoreError> {
        let page = Page {
            list: list.to_owned(),
            url: self.url.clone(),
            token_mark: self.token_mark.clone(),
            etag: self.etag.clone(),
            link: self.link.clone(),
            version: version.to_owned(),
            body: self.body.clone().unwrap_or_default(),
            heard_at: self.heard_at,
        };
        if self.body.is_some() {
            change.keep_page(&page, place)
        } else if notes {
            change.keep_on(&page, place)
        } else {
            Ok(())
        }
    }
}

/// The page at an address, if it was heard with this token.
pub(super) fn known<'a, T>(pages: &'a mut [Heard<T>], url: &str, asker: &Asker) -> Option<&'a mut Heard<T>> {
    pages.iter_mut().find(|page| page.url == url && page.token_mark == asker.mark())
}

/// A kept page as the answer it once was.
pub(super) fn answer(page: &Page) -> Response {
    let named = [("etag", &page.etag), ("link", &page.link)];
    let headers = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    Response { status: 200, headers: headers.collect(), body: page.body.clone() }
}
