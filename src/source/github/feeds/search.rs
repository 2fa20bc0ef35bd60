//! Saved searches: issues and pull requests that they find are watched wherever they are.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize as _;
use serde_json::Value;
use url::Url;

use crate::{
    domain::{
        host::Host,
        incident::{Incident, IncidentKey, Numbering, Repo},
        sla::RepoPattern,
        trouble::Skipped,
    },
    source::github::{
        issue::Issue,
        names::Names,
        sync::{Chore, HostPart, Plan, Step},
        trouble::SourceError,
    },
    text::{Text, grouped},
    wire::{Request, Response},
};

use super::{
    address, following, get,
    memory::{Memory, afresh},
    missing::{Feature, lacking},
    object,
};

/// Searches have a budget of their own, 30 a minute for all that the token's user runs.
const EVERY: TimeDelta = TimeDelta::minutes(2);

/// Pages of 100 finds: GitHub shows no more than the first 1,000.
const PAGES: usize = 10;

/// Requests of one round, for all searches together: half a minute's budget.
const REQUESTS: usize = 15;

/// All searches of a host: what two of them find is found once.
#[derive(Debug)]
pub struct Search {
    plan: Plan,
    patterns: Vec<RepoPattern>,
    searches: Vec<Url>,
    /// Which search is asked now.
    at: usize,
    here: Url,
    pages: usize,
    used: Vec<Url>,
    memory: Memory<Find>,
    is_part: bool,
    skipped: Vec<Skipped>,
}

/// What one page found.
#[derive(Debug, Clone)]
struct Find {
    items: Vec<Incident>,
    is_part: bool,
    skipped: Vec<Skipped>,
}

impl Search {
    /// These searches at a host whose repositories are named or fit one of `patterns`.
    pub fn new(plan: &Plan, patterns: &[RepoPattern], searches: &[Text]) -> Self {
        let urls: Vec<Url> = searches.iter().map(|search| question(&plan.api_url, search.as_str())).collect();
        Self {
            plan: plan.clone(),
            patterns: patterns.to_vec(),
            here: plan.api_url.clone(),
            searches: urls,
            at: 0,
            pages: 0,
            used: Vec::new(),
            memory: Memory::default(),
            is_part: false,
            skipped: Vec::new(),
        }
    }

    fn take(&mut self, find: Find, next: Option<Url>) -> Step {
        self.used.push(self.here.clone());
        self.pages += 1;
        self.is_part |= find.is_part;
        self.skipped.extend(find.skipped);
        let goes_on = self.used.len() < REQUESTS;
        self.is_part |= next.is_some() && (!goes_on || PAGES <= self.pages);
        let next = next.filter(|_| goes_on && self.pages < PAGES);
        let following = next.or_else(|| {
            (self.at, self.pages) = (self.at + 1, 0);
            let other = self.searches.get(self.at).cloned();
            self.is_part |= other.is_some() && !goes_on;
            other.filter(|_| goes_on)
        });
        if let Some(url) = following {
            self.here = url.clone();
            return Step { items: find.items, next: Some(get(url)), ..Step::default() };
        }
        self.memory.retain(&self.used);
        Step {
            items: find.items,
            is_all: !self.is_part,
            skipped: std::mem::take(&mut self.skipped),
            host: Some(HostPart { missing: Vec::new(), host: Host::default() }),
            ..Step::default()
        }
    }

    fn find(&self, body: &Value) -> Find {
        let (mut names, mut items, mut skipped) = (Names::default(), Vec::new(), Vec::new());
        let records: &[Value] = body.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice);
        let mut skip = |at: String, why: &str| {
            skipped.push(Skipped { at: Text::scrub(&at), why: Text::scrub(why) });
        };
        for (i, record) in records.iter().enumerate() {
            let read = Issue::deserialize(record).map_err(|error| error.to_string());
            let read = read.and_then(|issue| Ok(issue.incident(issue.kind(), None, &mut names)?));
            match read {
                Ok(mut incident) => {
                    incident.key.repo = self.plan.keyed(incident.key.repo.full());
                    items.push(incident);
                }
                Err(why) => skip(format!("search {}, item {}", self.at + 1, i + 1), &why),
            }
        }
        let total = body.get("total_count").and_then(Value::as_u64).unwrap_or(0);
        let is_long = 1_000 < total;
        let is_broken = body.get("incomplete_results").and_then(Value::as_bool).unwrap_or(false);
        if self.pages == 0 && is_long {
            let why = format!(
                "it finds {}; GitHub shows the first 1,000, the last changed",
                grouped(usize::try_from(total).unwrap_or(usize::MAX))
            );
            skip(format!("search {}", self.at + 1), &why);
        }
        if is_broken {
            skip(format!("search {}", self.at + 1), "GitHub ran out of time: some finds are missing");
        }
        let is_part = is_long || is_broken || !skipped.is_empty();
        Find { items, is_part, skipped }
    }
}

/// The address of a search. One that says neither issues nor pull requests means issues.
fn question(api_url: &Url, search: &str) -> Url {
    let says_kind = search.split_whitespace().any(|word| {
        let word = word.to_ascii_lowercase();
        ["is:issue", "is:pr", "is:pull-request", "type:issue", "type:pr"].contains(&word.as_str())
    });
    let search = if says_kind { search.to_owned() } else { format!("{search} is:issue") };
    let mut url = address(api_url, &["search", "issues"], "");
    url.query_pairs_mut()
        .append_pair("q", &search)
        .append_pair("sort", "updated")
        .append_pair("order", "desc")
        .append_pair("per_page", "100");
    url
}

impl Chore for Search {
    fn name(&self) -> &str {
        "searches"
    }

    fn every(&self) -> TimeDelta {
        EVERY
    }

    fn request(&mut self, _: DateTime<Utc>) -> Request {
        (self.at, self.pages, self.is_part) = (0, 0, false);
        self.used.clear();
        self.skipped.clear();
        self.here = self.searches.first().unwrap_or(&self.plan.api_url).clone();
        get(self.here.clone())
    }

    fn read(&mut self, response: &Response, _: DateTime<Utc>) -> Result<Step, SourceError> {
        let find = self.find(&object(&response.body)?);
        let next = following(response, &self.here)?;
        self.memory.keep(&self.here, vec![find.clone()], next.clone());
        Ok(self.take(find, next))
    }

    fn unchanged(&mut self, now: DateTime<Utc>) -> Step {
        let known = self.memory.known(&self.here);
        match known.and_then(|(finds, next)| Some((finds.into_iter().next()?, next))) {
            Some((find, next)) => self.take(find, next),
            None => {
                self.here = afresh(&self.here, now);
                Step { next: Some(get(self.here.clone())), ..Step::default() }
            }
        }
    }

    fn refused(&mut self, error: &SourceError, _: DateTime<Utc>) -> Result<Step, SourceError> {
        if let SourceError::Rejected { status: 422, message } = error {
            let what = format!("search {} is not understood by the host: {message}", self.at + 1);
            return Ok(lacking(vec![Text::scrub(&what)]));
        }
        Ok(lacking(Feature::Search.refused("", error)?.into_iter().collect()))
    }

    /// Whatever lives outside the repositories that are watched anyhow came by a search.
    fn owns(&self, key: &IncidentKey) -> bool {
        let on_host = Repo::new(key.repo.on_host());
        let is_named = self.plan.repos.iter().any(|repo| repo.on_host().eq_ignore_ascii_case(on_host.full()));
        let is_fitting = self.patterns.iter().any(|pattern| pattern.fits(&on_host));
        key.numbering == Numbering::Issues && !is_named && !is_fitting
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{answer, now, plan};

    use super::*;

    fn issue(repo: &str, number: u64) -> Value {
        json!({"number": number, "title": "t", "state": "open", "created_at": "2026-11-20T10:00:00Z", "labels": [],
            "repository_url": format!("https://api.github.com/repos/{repo}")})
    }

    fn found(total: u64, items: Value) -> Value {
        json!({"total_count": total, "incomplete_results": false, "items": items})
    }

    fn search(texts: &[&str]) -> Search {
        let texts: Vec<Text> = texts.iter().map(|text| Text::scrub(text)).collect();
        Search::new(&plan(None), &[RepoPattern::parse("acme-ops/*").unwrap()], &texts)
    }

    #[test]
    fn what_all_searches_find_is_told_and_is_all_there_is() {
        let mut search = search(&["org:acme label:\"sev 1\"", "is:pr review-requested:@me"]);
        let first = search.request(now());
        let query = "q=org%3Aacme+label%3A%22sev+1%22+is%3Aissue&sort=updated&order=desc&per_page=100";
        assert_eq!(first.url.as_str(), format!("https://api.github.com/search/issues?{query}"));
        let step = search.read(&answer(200, &[], &found(1, json!([issue("x/y", 3)]))), now()).unwrap();
        assert_eq!((step.items[0].key.to_string().as_str(), step.is_all), ("x/y#3", false));
        assert!(step.next.unwrap().url.as_str().contains("q=is%3Apr+review-requested%3A%40me&"));
        let step = search.read(&answer(200, &[], &found(0, json!([]))), now()).unwrap();
        assert!(step.is_all && step.next.is_none());
        // Nothing new: what is known is told again, so that nothing looks gone.
        let _ = search.request(now());
        assert_eq!(search.unchanged(now()).items.len(), 1);
        assert!(search.unchanged(now()).is_all);
    }

    #[test]
    fn more_than_a_thousand_finds_are_said_and_nothing_is_taken_away() {
        let mut search = search(&["label:x"]);
        let _ = search.request(now());
        let step = search.read(&answer(200, &[], &found(1_234, json!([issue("x/y", 3)]))), now()).unwrap();
        assert!(!step.is_all);
        assert!(step.skipped[0].why.as_str().contains("first 1,000"), "{:?}", step.skipped);
        let mut broken = found(1, json!([issue("x/y", 3), {"number": 1}]));
        broken["incomplete_results"] = true.into();
        let _ = search.request(now());
        let step = search.read(&answer(200, &[], &broken), now()).unwrap();
        assert_eq!((step.items.len(), step.skipped.len(), step.is_all), (1, 2, false));
    }

    #[test]
    fn what_is_watched_anyhow_is_not_the_searches() {
        let search = search(&["label:x"]);
        let owns = |key: &str| search.owns(&IncidentKey::parse(key).unwrap());
        assert!(owns("x/y#3") && !owns("acme/api#3") && !owns("acme-ops/pager#3") && !owns("x/y#code-3"));
    }

    #[test]
    fn a_search_that_is_not_understood_is_told_by_its_place() {
        let mut search = search(&["label:x"]);
        let error = SourceError::Rejected { status: 422, message: Text::scrub("Validation Failed") };
        let step = search.refused(&error, now()).unwrap();
        assert!(step.host.unwrap().missing[0].as_str().starts_with("search 1 is not understood"));
    }
}
