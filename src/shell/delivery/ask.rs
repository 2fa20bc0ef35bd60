//! Performs the requests of one source: with its token, within its address.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::Host;
use crate::{
    domain::{
        delivery::{Outcome, Sight},
        incident::{IncidentKey, Label},
        intent::{Act, Intent, Target},
        notify::thread::Stands,
        time::between,
    },
    shell::{
        clock::Clock,
        http::{Credential, Http, HttpError},
        token::{Found, TokenError},
    },
    sink::github as sent,
    source::github::{
        limit,
        receipt::{self, Receipt, Seen, Standing},
    },
    text::Text,
    wire::{Request, Response},
};

/// Stands for whoever the token belongs to.
const ME: &str = "@me";

/// A token that does not serve is looked for again no sooner than this.
const LOOKED_EVERY: TimeDelta = TimeDelta::seconds(15);

/// Redirects followed for one request: a repository is renamed once, an incident moved once.
const MOST_MOVES: usize = 3;

/// Pages of comments looked through for a mark: 5,000 of them, twice as many as a conversation at GitHub can have.
const MOST_PAGES: usize = 50;

/// Pages of incidents, the newest first: ours was made after it was wanted, and 500 others have not come since.
const NEWEST_PAGES: usize = 5;

/// The labels that an incident carries at its host; nothing where the host cannot be asked.
pub async fn labels_of(host: &Host, http: &Arc<Http>, key: &IncidentKey, clock: Clock) -> Option<Vec<Label>> {
    Asker::new(host, Arc::clone(http)).labels(key, clock).await
}

/// How an issue stands at its host.
///
/// # Errors
/// What became of asking instead.
pub async fn stands(host: &Host, http: &Arc<Http>, key: &IncidentKey, clock: Clock) -> Result<Stands, Outcome> {
    Asker::new(host, Arc::clone(http)).stands(key, clock).await
}

pub(super) struct Asker {
    host: Host,
    http: Arc<Http>,
    found: Result<Option<Found>, TokenError>,
    looked_at: Option<DateTime<Utc>>,
    is_doubtful: bool,
}

impl Asker {
    pub(super) fn new(host: &Host, http: Arc<Http>) -> Self {
        Self { host: host.clone(), http, found: Ok(None), looked_at: None, is_doubtful: true }
    }

    /// Another one who asks this host was refused its token, or found another: ours is looked for before it is used again.
    pub(super) fn doubt(&mut self) {
        (self.is_doubtful, self.looked_at) = (true, None);
    }

    /// Asks for a change.
    pub(super) async fn ask(&mut self, intent: &Intent, clock: Clock) -> Outcome {
        if self.host.is_read_only {
            let why = format!("{} may only be read (read_only in the settings)", self.host.source);
            return Outcome::Refused { why: Text::scrub(&why) };
        }
        let credential = match self.credential(clock.now()).await {
            Ok(credential) => credential,
            Err(outcome) => return outcome,
        };
        let intent = match self.named(intent, &credential, clock.now()).await {
            Ok(intent) => intent,
            Err(outcome) => return self.noted(outcome),
        };
        let intent = &intent;
        let mut request = match sent::request(&self.host.api_url, intent) {
            Ok(request) => request,
            Err(why) => return Outcome::Refused { why },
        };
        for _ in 0..=MOST_MOVES {
            let response = match self.perform(&request, &credential, clock.now()).await {
                Ok(response) => response,
                Err(outcome) => return outcome,
            };
            match receipt::read(&response, intent, &request.url, clock.now()) {
                Receipt::Came(outcome) => return self.noted(outcome),
                Receipt::Moved(url) => request = sent::moved(&request, url),
                Receipt::Check(outcome) => {
                    let is_so = self.is_so(intent, &request.url, &credential, clock.now()).await;
                    return if is_so { Outcome::Done { url: None } } else { outcome };
                }
            }
        }
        Outcome::Refused { why: Text::scrub("the host sends the request in circles; do it on the page") }
    }

    /// Looks whether a change whose answer was lost is there.
    pub(super) async fn look(&mut self, intent: &Intent, clock: Clock) -> Sight {
        let credential = match self.credential(clock.now()).await {
            Ok(credential) => credential,
            Err(outcome) => return Sight::Failed(outcome),
        };
        let mut request = match sent::look(&self.host.api_url, intent) {
            Ok(request) => request,
            Err(why) => return Sight::Failed(Outcome::Refused { why }),
        };
        let is_newest_first = matches!(intent.target, Target::Repository(_));
        for page in 1..=MOST_PAGES {
            let response = match self.perform(&request, &credential, clock.now()).await {
                Ok(response) => response,
                Err(outcome) => return Sight::Failed(outcome),
            };
            match receipt::look(&response, intent, &request.url, clock.now()) {
                Seen::Found { url } => return Sight::Found { url },
                Seen::NotHere(None) => return Sight::Absent,
                Seen::NotHere(Some(_)) if is_newest_first && NEWEST_PAGES <= page => return Sight::Absent,
                Seen::NotHere(Some(url)) | Seen::Moved(url) => request = sent::moved(&request, url),
                Seen::Failed(outcome) => return Sight::Failed(self.noted(outcome)),
            }
        }
        let why = Text::scrub("there are too many pages to look through");
        Sight::Failed(Outcome::Lost { why, until: None })
    }

    /// How an issue stands.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub(super) async fn stands(&mut self, key: &IncidentKey, clock: Clock) -> Result<Stands, Outcome> {
        let known = self.http.patience().known(&self.host.api_url);
        if let Some(until) = known.all.max(known.rest).filter(|until| clock.now() < *until) {
            return Err(Outcome::Limited { until });
        }
        let credential = self.credential(clock.now()).await?;
        let mut request = sent::issue_of(&self.host.api_url, key).map_err(|why| Outcome::Refused { why })?;
        for _ in 0..=MOST_MOVES {
            let response = self.perform(&request, &credential, clock.now()).await?;
            match receipt::stands(&response, &key.to_string(), &request.url, clock.now()) {
                Standing::Is(stands) => return Ok(stands),
                Standing::Moved(url) => request = sent::moved(&request, url),
                Standing::Failed(outcome) => return Err(self.noted(outcome)),
            }
        }
        Err(Outcome::Refused { why: Text::scrub("the host sends the question in circles") })
    }

    /// The labels that an incident carries; nothing where the host cannot be asked.
    pub(super) async fn labels(&mut self, key: &IncidentKey, clock: Clock) -> Option<Vec<Label>> {
        let credential = self.credential(clock.now()).await.ok()?;
        let request = sent::issue_of(&self.host.api_url, key).ok()?;
        receipt::labels(&self.perform(&request, &credential, clock.now()).await.ok()?)
    }

    /// The intent with the account of the token in place of `@me`.
    async fn named(&self, intent: &Intent, credential: &Credential, now: DateTime<Utc>) -> Result<Intent, Outcome> {
        let mut intent = intent.clone();
        let (Act::Assign(who) | Act::Unassign(who)) = &mut intent.act else { return Ok(intent) };
        if !who.iter().any(|login| login.as_str() == ME) {
            return Ok(intent);
        }
        let response = self.perform(&sent::viewer(&self.host.api_url), credential, now).await?;
        let viewer = receipt::viewer(&response, now)?;
        who.iter_mut().filter(|login| login.as_str() == ME).for_each(|login| login.clone_from(&viewer));
        Ok(intent)
    }

    /// Whether the incident stands as the change wants it already.
    async fn is_so(&self, intent: &Intent, asked: &Url, credential: &Credential, now: DateTime<Utc>) -> bool {
        let Ok(mut request) = sent::state(&self.host.api_url, intent) else { return false };
        for _ in 0..=MOST_MOVES {
            let Ok(response) = self.perform(&request, credential, now).await else { return false };
            match receipt::read(&response, intent, asked, now) {
                Receipt::Moved(url) => request = sent::moved(&request, url),
                Receipt::Came(_) | Receipt::Check(_) => return receipt::already(&response, &intent.act),
            }
        }
        false
    }

    /// Performs a request; what the answer asks of everybody who asks this host is made known to them.
    async fn perform(
        &self,
        request: &Request,
        credential: &Credential,
        now: DateTime<Utc>,
    ) -> Result<Response, Outcome> {
        let response = self.http.perform(request, Some(credential)).await.map_err(|error| outcome_of(&error))?;
        if let Some((until, rest_alone)) = limit::asked_for(&response, now) {
            self.http.patience().hold(&self.host.api_url, until, rest_alone);
        }
        if response.status == 401 {
            self.http.patience().refused(&self.host.api_url);
        }
        Ok(response)
    }

    /// The token, looked for anew while the one there was does not serve.
    async fn credential(&mut self, now: DateTime<Utc>) -> Result<Credential, Outcome> {
        let is_rested = |at: DateTime<Utc>| !(TimeDelta::zero()..LOOKED_EVERY).contains(&between(at, now));
        if self.looked_at.is_none_or(|at| self.is_doubtful && is_rested(at)) {
            let found = self.host.tokens.find(&self.host.api_url).await;
            if let (Ok(Some(before)), Ok(Some(found))) = (&self.found, &found)
                && !before.credential.is_same(&found.credential)
            {
                self.http.patience().found(&self.host.api_url);
            }
            self.found = found;
            self.looked_at = Some(now);
            self.is_doubtful = !matches!(self.found, Ok(Some(_)));
        }
        match &self.found {
            Ok(Some(found)) => Ok(found.credential.clone()),
            Ok(None) => {
                let host = self.host.api_url.host_str().unwrap_or_default();
                let why = format!("there is no token for {host}: set GITHUB_TOKEN, or run gh auth login");
                Err(Outcome::Unknown { why: Text::scrub(&why) })
            }
            Err(error) => Err(Outcome::Unknown { why: Text::scrub(&format!("{error}; {}", error.hint())) }),
        }
    }

    fn noted(&mut self, outcome: Outcome) -> Outcome {
        self.is_doubtful |= matches!(outcome, Outcome::Unknown { .. });
        outcome
    }
}

/// What a request that brought no answer comes to: nothing was sent, nothing can be, or nobody knows.
fn outcome_of(error: &HttpError) -> Outcome {
    let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    let why = Text::scrub(&format!("{error}{hint}"));
    match error {
        HttpError::Refused { .. } | HttpError::NoRoute { .. } | HttpError::Tls { .. } | HttpError::Unready { .. } => {
            Outcome::Away { why }
        }
        HttpError::Plain { .. } | HttpError::NoHost | HttpError::Unsendable { .. } => Outcome::Refused { why },
        // The request may have gone out before this.
        HttpError::Timeout { .. }
        | HttpError::Cut { .. }
        | HttpError::BodyTooBig { .. }
        | HttpError::HeadersTooBig { .. }
        | HttpError::Garbled { .. } => Outcome::Lost { why, until: None },
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        time::Duration,
    };

    use super::*;
    use crate::shell::http::Limits;

    /// What a comment comes to at a host on this machine that does this with a connection.
    async fn asked(scheme: &str, host: fn(std::net::TcpStream)) -> Outcome {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{scheme}://{}/x", listener.local_addr().unwrap());
        std::thread::spawn(move || listener.incoming().flatten().for_each(host));
        let (connect, total) = (Duration::from_millis(300), Duration::from_millis(900));
        let http = Http::new(Limits { connect, total, ..Limits::default() });
        outcome_of(&http.perform(&Request::get(Url::parse(&url).unwrap(), Vec::new()), None).await.unwrap_err())
    }

    fn silent(stream: std::net::TcpStream) {
        std::thread::sleep(Duration::from_secs(3));
        drop(stream);
    }

    #[tokio::test]
    async fn a_host_to_which_no_trusted_connection_came_about_was_sent_nothing() {
        let plain = |mut stream: std::net::TcpStream| drop(stream.write_all(b"HTTP/1.1 400 no\r\n\r\n"));
        for host in [plain as fn(std::net::TcpStream), silent] {
            let outcome = asked("https", host).await;
            assert!(matches!(outcome, Outcome::Away { .. }), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn a_host_that_took_the_request_and_says_nothing_may_have_done_it() {
        let reads = |mut stream: std::net::TcpStream| drop(stream.read(&mut [0; 64]));
        for host in [reads as fn(std::net::TcpStream), silent] {
            let outcome = asked("http", host).await;
            assert!(matches!(outcome, Outcome::Lost { .. }), "{outcome:?}");
        }
    }
}
