//! The last good copy of one calendar: what it said, when that was heard, and what is wrong since.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

use crate::{
    domain::{
        trouble::Trouble,
        zone::{Zone, Zones},
    },
    shell::{
        stamp::Stamp,
        store::{Page, Store, StoreError},
    },
    source::ical::{self, CalendarError},
    wire::{Request, Response},
};

/// One calendar as it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Copy {
    /// The last bytes that were a calendar.
    pub(super) bytes: Option<Arc<[u8]>>,
    /// When a host last said that this is how it is.
    pub(super) heard_at: Option<DateTime<Utc>>,
    /// What is wrong since.
    pub(super) trouble: Option<(Trouble, String)>,
    /// The file as last read.
    pub(super) stamp: Option<Stamp>,
    /// When its host was last asked.
    pub(super) asked_at: Option<DateTime<Utc>>,
    etag: Option<String>,
    modified: Option<String>,
    is_awaited: bool,
    /// Kept by an earlier run, and not confirmed in this one.
    is_recalled: bool,
    is_new: bool,
}

impl Copy {
    /// Nothing was ever heard; somebody is about to ask.
    pub(super) fn awaited() -> Self {
        Self { is_awaited: true, ..Self::default() }
    }

    /// Nobody will ask.
    pub(super) fn refused(why: &str) -> Self {
        Self { trouble: Some((Trouble::Refused, why.to_owned())), ..Self::default() }
    }

    /// As it was once: what it last said, and why it was doubtful then, if it was.
    pub(super) fn recorded(bytes: Option<Arc<[u8]>>, doubt: Option<String>) -> Self {
        Self { bytes, trouble: doubt.map(|why| (Trouble::Away, why)), ..Self::default() }
    }

    /// Whether nothing was ever heard and no answer, good or bad, has come yet.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_awaited
    }

    /// Why it is not what the calendar says now, if it is not.
    pub(super) fn doubt(&self) -> Option<&str> {
        match &self.trouble {
            Some((_, why)) => Some(why),
            None if self.is_recalled => Some("it was not asked yet"),
            None if self.bytes.is_none() => Some("it was not read yet"),
            None => None,
        }
    }

    /// Whether it changed since this was last asked.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// Takes bytes if they are a calendar; whether they are other ones than before. What is none is trouble, and leaves
    /// what was there.
    pub(super) fn take(&mut self, bytes: Vec<u8>, heard_at: Option<DateTime<Utc>>, zones: &Zones) -> bool {
        match sound(&bytes, zones) {
            Ok(()) => {
                (self.trouble, self.is_recalled) = (None, false);
                self.heard_at = heard_at;
                let is_new = self.bytes.as_deref() != Some(bytes.as_slice());
                self.bytes = Some(bytes.into());
                is_new
            }
            Err(error) => {
                self.trouble = Some((Trouble::Garbled, error.to_string()));
                false
            }
        }
    }

    /// What to ask: only what changed since the copy, if there is one.
    pub(super) fn request(&self, url: &Url) -> Request {
        let mut headers = vec![("accept", "text/calendar, */*;q=0.5".to_owned())];
        headers.push(("user-agent", concat!("watchfloor/", env!("CARGO_PKG_VERSION")).to_owned()));
        if self.bytes.is_some() {
            headers.extend(self.etag.clone().map(|tag| ("if-none-match", tag)));
            headers.extend(self.modified.clone().map(|at| ("if-modified-since", at)));
        }
        Request::get(url.clone(), headers)
    }

    /// Takes a host's answer.
    pub(super) fn answered(&mut self, answer: Result<Response, (Trouble, String)>, now: DateTime<Utc>, zones: &Zones) {
        let was_awaited = std::mem::take(&mut self.is_awaited);
        let is_new = match answer {
            Err(trouble) => {
                self.trouble = Some(trouble);
                false
            }
            Ok(response) => match response.status {
                304 if self.bytes.is_some() => {
                    (self.trouble, self.heard_at, self.is_recalled) = (None, Some(now), false);
                    false
                }
                200 => {
                    let tags = (response.header("etag"), response.header("last-modified"));
                    let tags = (tags.0.map(str::to_owned), tags.1.map(str::to_owned));
                    let is_new = self.take(response.body, Some(now), zones);
                    if self.trouble.is_none() {
                        (self.etag, self.modified) = tags;
                    }
                    is_new
                }
                status => {
                    let (trouble, why) = refusal(status);
                    self.trouble = Some((trouble, format!("it answers {status}: {why}")));
                    false
                }
            },
        };
        self.is_new |= is_new || was_awaited;
    }
}

/// Whether bytes are a whole calendar that tells anything.
fn sound(bytes: &[u8], zones: &Zones) -> Result<(), CalendarError> {
    let nothing = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MIN_UTC);
    ical::read(bytes, nothing, &Zone::utc(), zones).and_then(ical::Calendar::with_sense).map(drop)
}

fn refusal(status: u16) -> (Trouble, &'static str) {
    match status {
        401 | 403 => (Trouble::Refused, "the address is not allowed, or no longer; ask for a new private one"),
        404 | 410 => (Trouble::Refused, "the calendar is not there, or its private address was changed"),
        429 | 500..=599 => (Trouble::Away, "it is asked again"),
        _ => (Trouble::Garbled, "a calendar answers 200"),
    }
}

/// The list that copies are kept under.
const LIST: &str = "calendar";

/// A name for an address that does not give it away: its path is often a secret.
fn key(store: &Store, url: &Url) -> String {
    format!("{LIST}:{}", store.salt().mark(Some(&SecretString::from(url.as_str()))))
}

/// The copy that an earlier run kept, if it is a calendar: an earlier version may have taken half a one for whole.
pub(super) fn kept(store: &Store, url: &Url, zones: &Zones) -> Option<Copy> {
    let page = store.page(&key(store, url), "none").ok().flatten()?;
    sound(&page.body, zones).ok()?;
    let modified = Some(page.version).filter(|modified| !modified.is_empty());
    Some(Copy {
        bytes: Some(page.body.into()),
        heard_at: Some(page.heard_at),
        etag: page.etag,
        modified,
        is_recalled: true,
        is_new: true,
        ..Copy::default()
    })
}

/// Keeps a copy.
///
/// # Errors
/// As the disk fails.
pub(super) fn keep(store: &mut Store, url: &Url, copy: &Copy) -> Result<(), StoreError> {
    let (Some(bytes), Some(heard_at)) = (&copy.bytes, copy.heard_at) else { return Ok(()) };
    let url = key(store, url);
    let page = Page {
        list: url.clone(),
        url,
        token_mark: "none".to_owned(),
        etag: copy.etag.clone(),
        link: None,
        version: copy.modified.clone().unwrap_or_default(),
        body: bytes.to_vec(),
        heard_at,
    };
    let change = store.change()?;
    change.keep_page(&page, 0)?;
    change.done()
}
