//! Recurring questions: when they are asked, and what becomes of what they bring.

use std::collections::BTreeSet;

use super::*;
use crate::{
    domain::{host::Going, incident::Repo},
    source::github::{redirected, refusal, sendable, sync::chore::Step},
};

/// How often a question is sent on before that is a fault: a repository is renamed once, or twice.
const MOST_MOVES: u32 = 5;

/// The first wait after a chore failed; it doubles up to an hour.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);

const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

impl Duty {
    fn new(chore: Box<dyn Chore>, of_found: Option<String>) -> Self {
        Self {
            chore,
            due_at: DateTime::<Utc>::MIN_UTC,
            is_asked: false,
            was_heard: false,
            next: None,
            told: BTreeSet::new(),
            named: BTreeSet::new(),
            host: HostPart::default(),
            repos: Vec::new(),
            of_found,
            is_over: false,
            skipped: Vec::new(),
            failures: 0,
            n_moves: 0,
        }
    }
}

impl Watch {
    /// Adds a recurring question.
    pub(in super::super) fn add_chore(&mut self, chore: Box<dyn Chore>) {
        self.duties.push(Duty::new(chore, None));
    }

    /// Asks of a repository that a chore found what is asked beside its issues.
    pub(super) fn add_chores_of_found(&mut self, at: usize, name: &str) {
        let Some(finder) = self.duties.get(at) else { return };
        let chores = finder.chore.of_found(&Repo::new(name));
        let of = name.to_ascii_lowercase();
        for chore in chores {
            if self.duties.iter().all(|duty| duty.is_over || duty.chore.name() != chore.name()) {
                self.duties.push(Duty::new(chore, Some(of.clone())));
            }
        }
    }

    /// A repository is found no more: what was asked of it, and what that brought, goes.
    pub(super) fn end_chores_of_found(&mut self, name: &str, bag: &mut Bag) {
        let of = name.to_ascii_lowercase();
        for duty in self.duties.iter_mut().filter(|duty| !duty.is_over && duty.of_found.as_ref() == Some(&of)) {
            duty.is_over = true;
            duty.next = None;
            duty.host = HostPart::default();
            duty.skipped.clear();
            let told = std::mem::take(&mut duty.told).into_iter().chain(std::mem::take(&mut duty.named));
            bag.gone.extend(told.map(|key| Gone { key, how: Going::Unwatched }));
        }
    }

    pub(super) fn ask_chore(&mut self, purse: &Purse, now: DateTime<Utc>) -> Option<(Request, Job)> {
        for (at, duty) in self.duties.iter_mut().enumerate() {
            if duty.is_over || duty.is_asked || now < duty.due_at {
                continue;
            }
            let mut request = match duty.next.take() {
                Some(next) => next,
                None => {
                    duty.named.clear();
                    duty.skipped.clear();
                    duty.chore.request(now)
                }
            };
            let tag = self.tags.get(request.url.as_str()).filter(|_| request.body.is_empty());
            if let Some(tag) = tag.filter(|_| !request.headers.iter().any(|(name, _)| *name == "if-none-match")) {
                request.headers.push(("if-none-match", tag.clone()));
            }
            let job = Job::Chore { at, request: request.clone() };
            if purse.wait(job.coin(), false, now).is_some() {
                duty.next = Some(request);
                continue;
            }
            duty.is_asked = true;
            return Some((request, job));
        }
        None
    }

    pub(super) fn chore_told(
        &mut self,
        at: usize,
        request: Request,
        response: &Response,
        purse: &mut Purse,
        bag: &mut Bag,
        now: DateTime<Utc>,
    ) {
        let Some(duty) = self.duties.get_mut(at) else { return };
        duty.is_asked = false;
        if duty.is_over {
            return;
        }
        let step = match response.status {
            304 => Ok(duty.chore.unchanged(now)),
            301 | 302 | 307 | 308 if request.body.is_empty() && duty.n_moves < MOST_MOVES => {
                match redirected(response, &request.url) {
                    Ok(url) => {
                        duty.n_moves += 1;
                        let mut request = Request { url, ..request };
                        // A tag is of the address that it was given for.
                        request.headers.retain(|(name, _)| *name != "if-none-match");
                        duty.next = Some(request);
                        return;
                    }
                    Err(error) => duty.chore.refused(&error, now),
                }
            }
            200..=299 => {
                duty.n_moves = 0;
                let step = duty.chore.read(response, now);
                if let (Ok(_), Some(tag), true) =
                    (&step, response.header("etag").and_then(sendable), request.body.is_empty())
                {
                    self.tags.insert(request.url.to_string(), tag);
                }
                step
            }
            _ => {
                let error = refusal::read(response, now);
                if let SourceError::RateLimited { until } = error {
                    let is_primary = response.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
                    let coin = Job::Chore { at, request: request.clone() }.coin();
                    // Search has a window of its own: only this question waits for it.
                    let is_own = response
                        .header("x-ratelimit-resource")
                        .is_some_and(|name| !matches!(name.trim(), "core" | "graphql"));
                    if is_own {
                        duty.due_at = until;
                    } else {
                        purse.block(is_primary.then_some(coin), until, now);
                    }
                    duty.next = Some(request);
                    return;
                }
                duty.chore.refused(&error, now)
            }
        };
        let wait = response.header("x-poll-interval").and_then(|seconds| seconds.trim().parse::<i64>().ok());
        let wait = wait.and_then(TimeDelta::try_seconds).unwrap_or_default().clamp(TimeDelta::zero(), LONGEST_WAIT);
        match step {
            Ok(step) => self.step_done(at, step, wait, bag, now),
            Err(error) => {
                duty.was_heard = true;
                let doubled = FIRST_WAIT.checked_mul(1 << duty.failures.min(10)).unwrap_or(LONGEST_WAIT);
                duty.failures = duty.failures.saturating_add(1);
                duty.due_at = plus(now, doubled.min(LONGEST_WAIT).max(wait));
                let (_, why) = super::fault::told(&error);
                let name = Text::scrub(duty.chore.name());
                duty.skipped = vec![Skipped { at: name, why }];
                bag.is_round_over = true;
            }
        }
    }

    fn step_done(&mut self, at: usize, step: Step, wait: TimeDelta, bag: &mut Bag, now: DateTime<Utc>) {
        let Some(duty) = self.duties.get_mut(at) else { return };
        let is_news = !step.items.is_empty() || !step.skipped.is_empty();
        duty.failures = 0;
        duty.named.extend(step.items.iter().map(|item| item.key.clone()));
        duty.skipped.extend(step.skipped);
        bag.items.extend(step.items);
        if let Some(host) = step.host {
            duty.host = host;
        }
        if step.next.is_some() {
            duty.next = step.next;
        } else {
            let was_heard = std::mem::replace(&mut duty.was_heard, true);
            duty.due_at = plus(now, duty.chore.every().max(wait));
            if step.is_all {
                let gone = duty.told.difference(&duty.named).cloned();
                bag.gone.extend(gone.map(|key| Gone { key, how: Going::Unwatched }));
                duty.told = std::mem::take(&mut duty.named);
            } else {
                duty.told.append(&mut duty.named);
            }
            bag.is_round_over |= is_news || !was_heard;
        }
        if let Some(repos) = step.repos {
            self.found(at, &repos, bag);
            self.tick_at = now;
        }
    }
}
