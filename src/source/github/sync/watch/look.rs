//! An incident that is not at its place any more: deleted, moved, or made into something else?

use serde::Deserialize;

use super::*;
use crate::{
    domain::host::Going,
    source::github::{issues_of, limit::host_time, message, redirected, refusal},
};

/// Redirects that are followed.
const HOPS: u8 = 3;

#[derive(Deserialize)]
struct Found {
    number: u64,
    #[serde(default)]
    repository_url: String,
    pull_request: Option<serde::de::IgnoredAny>,
}

impl Watch {
    pub(super) fn ask_look(&mut self) -> Option<(Request, Job)> {
        let look = loop {
            let look = self.looks.pop()?;
            if self.places.get(look.place).is_some_and(|place| place.standing == Standing::There) {
                break look;
            }
        };
        let url = match &look.url {
            Some(url) => url.clone(),
            None => self.issue_url(look.place, &[&look.number.to_string()]),
        };
        let request = super::super::super::ask(url, None);
        Some((request, Job::Look { look }))
    }

    /// `API/repos/OWNER/NAME/issues`, and what follows it.
    pub(super) fn issue_url(&self, at: usize, following: &[&str]) -> Url {
        let name = self.places.get(at).map(|place| place.name.as_str()).unwrap_or_default();
        issues_of(&self.plan.api_url, &crate::domain::incident::Repo::new(name), following)
    }

    pub(super) fn looked(
        &mut self,
        look: Look,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let Look { place: at, number, hops, .. } = look;
        match response.status {
            200..=299 => {
                self.rest_went_well(now);
                self.found_at(&look, response, bag, now);
            }
            301 | 302 | 307 | 308 => {
                let asked = look.url.clone().unwrap_or_else(|| self.issue_url(at, &[&number.to_string()]));
                match redirected(response, &asked) {
                    Ok(url) if hops < HOPS => match self.known_address(&url) {
                        Some((to, new)) => self.moved(at, number, to, new, bag),
                        None => self.looks.push(Look { url: Some(url), hops: hops + 1, ..look }),
                    },
                    // It went where we cannot follow.
                    Ok(_) | Err(_) => self.gone(at, number, Going::Unwatched, bag),
                }
            }
            404 | 410 => {
                self.rest_went_well(now);
                if look.is_listed && hops == 0 {
                    // It stays as the list tells it, until a list without it comes.
                    let why = format!("the host lists it and shows no page of it ({})", response.status);
                    return self.leave_out(at, &format!("#{number}"), &why);
                }
                let said = message(&response.body).unwrap_or_default().as_str().to_ascii_lowercase();
                let how = match (said.contains("discussion"), look.hops) {
                    (true, _) => Going::Converted,
                    (false, 0) => Going::Deleted,
                    // It was moved to where we may not look.
                    (false, _) => Going::Unwatched,
                };
                self.gone(at, number, how, bag);
            }
            _ => {
                let error = refusal::read(response, now);
                self.refused(Job::Look { look }, &error, purse, bag, now);
            }
        }
    }

    /// The host shows an issue after all: where it was, or where it is now.
    fn found_at(&mut self, look: &Look, response: &Response, bag: &mut Bag, now: DateTime<Utc>) {
        let (at, number) = (look.place, look.number);
        let Ok(found) = serde_json::from_slice::<Found>(&response.body) else {
            return self.gone(at, number, Going::Deleted, bag);
        };
        let name = found.repository_url.split_once("/repos/").map(|(_, name)| name.to_owned());
        if look.hops > 0 {
            let to = self.places.iter().position(|place| Some(&place.name) == name.as_ref());
            return match to {
                Some(to) => self.moved(at, number, to, found.number, bag),
                None => self.gone(at, number, Going::Unwatched, bag),
            };
        }
        let lane = if found.pull_request.is_some() { Lane::Pulls } else { Lane::Issues };
        if lane == Lane::Pulls && !self.plan.with_pull_requests {
            return self.gone(at, number, Going::Unwatched, bag);
        }
        // One list lags behind another: the next round asks again.
        self.settling.insert((at, number), lane);
        if let Some(place) = self.places.get_mut(at) {
            place.heard = place.heard.max(Some(host_time(response, now)));
        }
    }

    /// The place and number behind an address that names a repository by its number.
    fn known_address(&self, url: &Url) -> Option<(usize, u64)> {
        let (_, rest) = url.path().split_once("/repositories/")?;
        let mut parts = rest.split('/');
        let id: u64 = parts.next()?.parse().ok()?;
        let number = parts.nth(1)?.parse().ok()?;
        Some((self.places.iter().position(|place| place.number == Some(id))?, number))
    }

    /// It was moved to a repository that is read as well.
    fn moved(&mut self, at: usize, number: u64, to: usize, new: u64, bag: &mut Bag) {
        let Some(key) = self.places.get(to).map(|place| IncidentKey::issue(place.key.clone(), new)) else { return };
        if (at, number) == (to, new) {
            // The repository has another name, and the issue stands where it stood.
            self.settling.insert((at, number), Lane::Issues);
            return;
        }
        self.gone(at, number, Going::Moved(key), bag);
        // Its new place tells of it as of any other change; most often it has done so already.
        if self.places.get(to).is_some_and(|place| !place.copy.contains_key(&new)) {
            self.settling.insert((to, new), Lane::Issues);
        }
    }
}
