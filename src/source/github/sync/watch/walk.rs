//! Going through the pages of a REST list: to its end, and never in a circle, for ever, or to another host.

use super::*;
use crate::source::github::next_page;

/// Pages of one list, at most: a hundred thousand records. GitHub itself shows a hundred.
const MOST_PAGES: usize = 1_000;

/// A page of a repository's list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paged {
    pub at: usize,
    pub list: List,
    pub is_first: bool,
}

/// Redirects of one list in turn, at most: GitHub makes one.
const MOST_HOPS: u32 = 5;

impl Watch {
    /// Counts a redirect; whether there were too many in turn.
    pub(super) fn is_sent_on_and_on(&mut self, at: usize, list: List) -> bool {
        let hops = self.hops.entry((at, list)).or_default();
        *hops += 1;
        let is_too_many = MOST_HOPS < *hops;
        if is_too_many {
            self.hops.remove(&(at, list));
        }
        is_too_many
    }

    /// Where a list goes on after the page at `here` with so many records; nothing at its end.
    ///
    /// # Errors
    /// It leads nowhere good, in words.
    pub(super) fn next_of(
        &mut self,
        paged: Paged,
        here: &Url,
        response: &Response,
        n_records: usize,
    ) -> Result<Option<Url>, (Trouble, Text)> {
        let Paged { at, list, is_first } = paged;
        if is_first {
            self.walked.remove(&(at, list));
        }
        let next = match next_page(response, here) {
            Ok(None) => {
                self.walked.remove(&(at, list));
                self.skipped.remove(&(at, String::new()));
                return Ok(None);
            }
            Ok(Some(next)) => next,
            Err(error) => return Err(fault::told(&error)),
        };
        let walked = self.walked.entry((at, list)).or_default();
        walked.insert(here.to_string());
        let wrong = if walked.contains(next.as_str()) {
            "lead in a circle"
        } else if n_records == 0 || MOST_PAGES <= walked.len() {
            "have no end"
        } else {
            return Ok(Some(next));
        };
        self.walked.remove(&(at, list));
        let name = self.places.get(at).map(|place| place.key.to_string()).unwrap_or_default();
        let why = format!("the pages of {name} {wrong}: they are left after what was read");
        Err((Trouble::Garbled, Text::scrub(&why)))
    }

    /// A list could not be gone through to its end: what it told stays, nothing is taken for missing, and it is begun anew.
    pub(super) fn broke_off(&mut self, at: usize, list: List, why: (Trouble, Text), bag: &mut Bag, now: DateTime<Utc>) {
        if let Some(place) = self.places.get_mut(at) {
            place.named.clear();
            if list == List::Changes {
                // Nobody knows what else changed: everything open is read again.
                place.issues = Cold::Ahead;
            }
        }
        // Named until the list was gone through: what else is told of the repository does not fill this hole.
        self.leave_out(at, "", why.1.as_str());
        self.wait_longer(why.0, now);
        self.has_broken_off = true;
        bag.failed = Some(why);
    }
}
