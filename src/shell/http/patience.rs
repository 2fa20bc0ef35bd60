//! What one of those who ask a host learns, and the others hold to: how long it wants to be left alone, and its token.
//!
//! Reading and delivering go separate ways to the same host and are paid from the same limits: whoever is told to wait waits
//! for both. A token that one of them was refused is looked for again by the other, and one that was found serves both.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use url::Url;

/// What is known of hosts, by their origins.
#[derive(Debug, Default)]
pub struct Patience(Mutex<BTreeMap<String, Known>>);

/// What is known of one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// Nothing is asked sooner.
    pub all: Option<DateTime<Utc>>,
    /// Nothing is asked by REST sooner; GraphQL is paid from a window of its own.
    pub rest: Option<DateTime<Utc>>,
    /// How often a token was refused.
    pub n_refused: u64,
    /// How often another token was found than before.
    pub n_found: u64,
}

impl Patience {
    /// What is known of an address's host.
    pub fn known(&self, address: &Url) -> Known {
        self.with(address, |known| *known)
    }

    /// The host wants to be left alone until then; `rest_alone` = only by REST. A longer wait that is known stays.
    pub fn hold(&self, address: &Url, until: DateTime<Utc>, rest_alone: bool) {
        self.with(address, |known| {
            let which = if rest_alone { &mut known.rest } else { &mut known.all };
            *which = (*which).max(Some(until));
        });
    }

    /// The host did not accept a token.
    pub fn refused(&self, address: &Url) {
        self.with(address, |known| known.n_refused = known.n_refused.wrapping_add(1));
    }

    /// Another token was found than before.
    pub fn found(&self, address: &Url) {
        self.with(address, |known| known.n_found = known.n_found.wrapping_add(1));
    }

    fn with<T>(&self, address: &Url, work: impl FnOnce(&mut Known) -> T) -> T {
        // What is kept is whole after each change, whoever broke meanwhile.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(all.entry(address.origin().ascii_serialization()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    #[test]
    fn a_wait_holds_for_every_address_of_the_host_and_is_never_shortened() {
        let (patience, at) = (Patience::default(), |text: &str| parse_rfc3339(text).unwrap());
        let url = |text: &str| Url::parse(text).unwrap();
        let (short, long) = (at("2026-11-20T14:01:00Z"), at("2026-11-20T14:10:00Z"));
        patience.hold(&url("https://api.example/graphql"), long, false);
        patience.hold(&url("https://api.example/repos/a/b"), short, false);
        patience.hold(&url("https://api.example"), short, true);
        let known = patience.known(&url("https://api.example/user"));
        assert_eq!((known.all, known.rest), (Some(long), Some(short)));
        assert_eq!(patience.known(&url("https://other.example")), Known::default());
    }
}
