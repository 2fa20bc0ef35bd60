//! Other servers: a Prometheus is asked what a signal's expression comes to, it and an Alertmanager for their alerts.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use url::Url;

use crate::{
    config::remote::{RemoteKind, RemoteServer},
    domain::{
        notify::Silence,
        remote::Told,
        sample::Telling,
        series::Sample,
        slo::feed,
        time::{between, minus},
        trouble::{Skipped, Trouble},
    },
    floor::fact::{Fact, SignalId, SourceId},
    shell::{
        http::{Credential, Http, HttpError, Limits, is_here},
        token::Tokens,
    },
    source::{
        Batch, alertmanager,
        prometheus::{self, Refusal},
    },
    text::Text,
    wire::{Method, Request, Response},
};

/// The door to one server.
#[derive(Debug, Clone)]
pub struct Door {
    server: RemoteServer,
    http: Arc<Http>,
    tokens: Arc<Tokens>,
}

/// What is asked of a server, again and again.
#[derive(Debug)]
pub struct Remote {
    door: Door,
    what: What,
}

#[derive(Debug)]
enum What {
    /// What an expression comes to.
    Signal {
        signal: SignalId,
        expr: Text,
        window: TimeDelta,
        asked_at: Option<DateTime<Utc>>,
        minutes: Option<Minutes>,
    },
    /// Its alerts, rules and silences.
    Alerts,
}

/// What a signal came to at the ends of minutes, for objectives.
#[derive(Debug)]
struct Minutes {
    signal: Text,
    /// How far back is counted.
    reach: TimeDelta,
    /// The last minute that was asked for.
    asked: Option<Sample>,
}

/// Minutes that are asked for at once: of more points a question is asked in longer steps.
const MINUTES_AT_ONCE: usize = prometheus::MOST_POINTS as usize;

/// Points of the first window: as many as a wide chart has columns, a few times.
const FIRST_POINTS: i32 = 720;

/// One of a pair is given so long after the other has answered.
const GRACE: Duration = Duration::from_secs(2);

/// A server that sends us on and on is left alone after so many times.
const MOST_REDIRECTS: usize = 3;

impl Door {
    /// A door to a server; nothing is asked yet.
    pub fn new(server: RemoteServer) -> Self {
        let total = server.timeout.to_std().unwrap_or(Duration::from_secs(10));
        let limits = Limits { connect: total.min(Duration::from_secs(5)), total, ..Limits::default() };
        if let Some(source) = &server.token {
            Tokens::guard(source);
        }
        Self { server, http: Arc::new(Http::new(limits)), tokens: Arc::new(Tokens::of_process()) }
    }

    /// The server's name.
    pub fn name(&self) -> &Text {
        &self.server.name
    }

    /// Asks; redirects are followed to the same origin only, and what changes anything follows none.
    async fn ask(&self, request: Request) -> Result<Response, Refusal> {
        let away = |error: HttpError| Refusal { trouble: error.trouble(), why: Text::scrub(&error.to_string()) };
        let refused = |why: &str| Refusal { trouble: Trouble::Refused, why: Text::scrub(why) };
        let token = match &self.server.token {
            Some(source) => Some(self.tokens.secret(source).await.map_err(|error| refused(&error.to_string()))?),
            None => None,
        };
        let token = token.unwrap_or_else(|| SecretString::from(String::new()));
        let credential = Credential::new(&request.url, token)
            .with_headers(&self.server.headers)
            .ok_or_else(|| refused("a header of the settings cannot be sent"))?;
        let (origin, mut request) = (request.url.origin(), request);
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.http.perform(&request, Some(&credential)).await.map_err(away)?;
            let is_question = request.body.is_empty() && request.method == Method::Get;
            let Some(to) = redirected(&request.url, &answer).filter(|_| is_question) else { return Ok(answer) };
            if to.origin() != origin || (to.scheme() != "https" && !is_here(&to)) {
                return Err(refused("it sends us on to another host: write that address"));
            }
            request.url = to;
        }
        Err(Refusal::garbled("it sends us on and on"))
    }

    /// Makes a silence; the first of a pair that takes it tells the others. Returns the name the server gave it.
    ///
    /// # Errors
    /// None of them took it; why the last one did not.
    pub async fn silence(&self, silence: &Silence) -> Result<Text, Refusal> {
        self.change(|url| alertmanager::silence_request(url, silence), alertmanager::silence_made).await
    }

    /// Ends a silence; the first of a pair that does tells the others.
    ///
    /// # Errors
    /// None of them did; why the last one did not.
    pub async fn end_silence(&self, id: &Text) -> Result<(), Refusal> {
        self.change(|url| alertmanager::end_silence_request(url, id.as_str()), alertmanager::silence_ended).await
    }

    /// Has one of a pair change something. They are asked for their silences first, all at once: one that hangs is not waited
    /// for where another answers.
    async fn change<T>(
        &self,
        asks: impl Fn(&Url) -> Request,
        read: impl Fn(&Response) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let (answered, mut answers) = mpsc::unbounded_channel();
        for url in self.server.urls.iter().filter(|_| self.server.kind == RemoteKind::Alertmanager).cloned() {
            let (door, answered) = (self.clone(), answered.clone());
            tokio::spawn(async move {
                let answer = door.ask(alertmanager::silences_request(&url)).await;
                // Nobody listens where another of the pair took it.
                let _ = answered.send(answer.and_then(|answer| alertmanager::silences(&answer)).map(|_| url));
            });
        }
        drop(answered);
        let mut last = Refusal::garbled("it is no Alertmanager");
        while let Some(answer) = answers.recv().await {
            let changed = match answer {
                Ok(url) => self.ask(asks(&url)).await,
                Err(refusal) => Err(refusal),
            };
            match changed.and_then(|answer| read(&answer)) {
                Ok(changed) => return Ok(changed),
                // One that refuses would be overruled by the other.
                Err(refusal) if refusal.trouble == Trouble::Refused => return Err(refusal),
                Err(refusal) => last = refusal,
            }
        }
        Err(last)
    }

    /// What the server tells of its alerts; of a pair, asked all at once, put together. What was left out, and what of a pair
    /// did not answer: one that hangs is given up soon after the other has answered.
    async fn told(&self) -> (Option<Told>, Vec<Skipped>, Option<Refusal>) {
        let (answered, mut answers) = mpsc::unbounded_channel();
        for (place, url) in self.server.urls.iter().cloned().enumerate() {
            let (door, answered) = (self.clone(), answered.clone());
            tokio::spawn(async move {
                // Nobody listens to one that was given up.
                let _ = answered.send((place, door.told_by(&url).await));
            });
        }
        drop(answered);
        let mut found: BTreeMap<usize, Result<_, Refusal>> = BTreeMap::new();
        let (begun, mut until) = (Instant::now(), None);
        loop {
            let next = match until {
                None => answers.recv().await,
                Some(until) => timeout_at(until, answers.recv()).await.unwrap_or_default(),
            };
            let Some((place, answer)) = next else { break };
            if answer.is_ok() && until.is_none() {
                until = Some(Instant::now() + GRACE);
            }
            found.insert(place, answer);
        }
        let (mut parts, mut skipped, mut trouble) = (Vec::new(), Vec::new(), None);
        for (place, url) in self.server.urls.iter().enumerate() {
            let silent = || {
                let why = format!("no answer within {:.1} s; the other has answered", begun.elapsed().as_secs_f64());
                Err(Refusal { trouble: Trouble::Away, why: Text::scrub(&why) })
            };
            match found.remove(&place).unwrap_or_else(silent) {
                Ok((told, left_out)) => {
                    parts.push(told);
                    skipped.extend(left_out);
                }
                Err(Refusal { trouble: kind, why }) => {
                    let host = url.host_str().unwrap_or_default();
                    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                    trouble = Some(Refusal { trouble: kind, why: Text::scrub(&format!("{host}{port}: {why}")) });
                }
            }
        }
        let told = (!parts.is_empty()).then(|| Told::joined(parts));
        (told, skipped, trouble)
    }

    async fn told_by(&self, url: &Url) -> Result<(Told, Vec<Skipped>), Refusal> {
        let mut skipped = Vec::new();
        let told = match self.server.kind {
            RemoteKind::Prometheus => {
                let alerts = prometheus::alerts(&self.ask(prometheus::alerts_request(url)).await?)?;
                let rules = prometheus::rules(&self.ask(prometheus::rules_request(url)).await?)?;
                let doubtful = alerts.warnings.into_iter().chain(rules.warnings);
                skipped.extend(doubtful.map(|why| Skipped { at: Text::scrub("warning"), why }));
                let (alerts, rules) = (kept(alerts.found, &mut skipped), kept(rules.found, &mut skipped));
                Told { alerts, rules, silences: Vec::new(), is_manager: false }
            }
            RemoteKind::Alertmanager => {
                let alerts = alertmanager::alerts(&self.ask(alertmanager::alerts_request(url)).await?)?;
                let silences = alertmanager::silences(&self.ask(alertmanager::silences_request(url)).await?)?;
                let (alerts, silences) = (kept(alerts, &mut skipped), kept(silences, &mut skipped));
                Told { alerts, rules: Vec::new(), silences, is_manager: true }
            }
        };
        Ok((told, skipped))
    }
}

fn kept<T>(batch: Batch<T>, skipped: &mut Vec<Skipped>) -> Vec<T> {
    skipped.extend(batch.skipped);
    batch.items
}

fn redirected(from: &Url, answer: &Response) -> Option<Url> {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308).then(|| from.join(answer.header("location")?).ok()).flatten()
}

impl Remote {
    /// Asks what an expression comes to: first for the whole window, then each time for now.
    pub fn signal(server: RemoteServer, signal: SignalId, expr: Text, window: TimeDelta) -> Self {
        let what = What::Signal { signal, expr, window, asked_at: None, minutes: None };
        Self { door: Door::new(server), what }
    }

    /// With what it came to at the end of each minute, so far back, for objectives that count it under this name.
    #[must_use]
    pub fn by_the_minute(mut self, name: Text, back: TimeDelta) -> Self {
        if let What::Signal { minutes, .. } = &mut self.what {
            *minutes = Some(Minutes { signal: name, reach: back, asked: None });
        }
        self
    }

    /// Asks for alerts, rules and silences.
    pub fn alerts(server: RemoteServer) -> Self {
        Self { door: Door::new(server), what: What::Alerts }
    }

    /// The door to a server whose alerts are asked for, by its name.
    pub fn door(&self) -> Option<&Door> {
        matches!(self.what, What::Alerts).then_some(&self.door)
    }

    /// Asks once and tells what came.
    pub async fn poll(&mut self, source: SourceId, now: DateTime<Utc>) -> Vec<Fact> {
        let failed = |refusal: Refusal| Fact::Failed { source, trouble: refusal.trouble, why: refusal.why };
        let fine = Fact::Unchanged { source, budget: None };
        match &mut self.what {
            What::Alerts => {
                let (told, skipped, trouble) = self.door.told().await;
                let told = told.map(|told| Fact::RemoteTold { source, told: Box::new(told) });
                let ends = [Fact::LeftOut { source, skipped }, trouble.map_or(fine, failed)];
                told.into_iter().chain(ends).collect()
            }
            What::Signal { signal, expr, window, asked_at, minutes } => {
                let mut facts = Vec::new();
                if let Some(minutes) = minutes
                    && let Err(refusal) = minutes.ask(&self.door, expr, source, now, &mut facts).await
                {
                    facts.push(failed(refusal));
                    return facts;
                }
                match measured(&self.door, expr, *window, *asked_at, now).await {
                    Ok(mut samples) => {
                        // A range begins with the instant that was asked for last.
                        samples.retain(|sample| asked_at.is_none_or(|at| at.timestamp_millis() < sample.at_ms));
                        *asked_at = Some(now);
                        let signal = *signal;
                        facts.extend([
                            Fact::Sampled {
                                signal,
                                samples,
                                telling: Telling::Instead,
                                skipped: Vec::new(),
                                n_skipped: 0,
                            },
                            fine,
                        ]);
                    }
                    Err(refusal) => facts.push(failed(refusal)),
                }
                facts
            }
        }
    }
}

impl Minutes {
    /// Asks for the minutes since the last that was asked for, about a week at a time; what came is told even where the rest
    /// fails. What was not asked for is left out.
    async fn ask(
        &mut self,
        door: &Door,
        expr: &Text,
        source: SourceId,
        now: DateTime<Utc>,
        facts: &mut Vec<Fact>,
    ) -> Result<(), Refusal> {
        let Some(url) = door.server.urls.first() else { return Ok(()) };
        let ends: Vec<i64> = feed::ends(self.asked, self.reach, now).collect();
        let mut n_strange = 0;
        for some in ends.chunks(MINUTES_AT_ONCE) {
            let at = |end: Option<&i64>| end.copied().and_then(DateTime::from_timestamp_millis);
            let (Some(first), Some(last)) = (at(some.first()), at(some.last())) else { continue };
            let request = prometheus::query_range(url, expr.as_str(), first, last, TimeDelta::minutes(1));
            let samples = prometheus::one_series(prometheus::samples(&door.ask(request).await?)?)?;
            let n_told = samples.len();
            let asked = samples.iter().filter(|one| some.binary_search(&one.at_ms).is_ok());
            let samples: Vec<Sample> = asked.map(|one| feed::at_end(one.at_ms, one.value)).collect();
            n_strange += n_told - samples.len();
            self.asked = some.last().map(|end| feed::at_end(*end, f64::NAN));
            if !samples.is_empty() {
                facts.push(Fact::Minutes { signal: self.signal.clone(), samples });
            }
        }
        if 0 < n_strange {
            let why = format!("{n_strange} values are of instants that were not asked for: they do not count");
            let skipped = vec![Skipped { at: self.signal.clone(), why: Text::scrub(&why) }];
            facts.push(Fact::LeftOut { source, skipped });
        }
        Ok(())
    }
}

/// What an expression came to since it was last asked for: the whole window, where it never was.
async fn measured(
    door: &Door,
    expr: &Text,
    window: TimeDelta,
    asked_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Vec<Sample>, Refusal> {
    let Some(url) = door.server.urls.first() else { return Ok(Vec::new()) };
    let every = door.server.every;
    // After a pause of the machine or the server the hole is asked for, as far as the window goes.
    let since = asked_at.map(|at| between(at, now).max(TimeDelta::zero()));
    let is_gap = since.is_none_or(|since| every.checked_mul(3).is_some_and(|patience| patience < since));
    let request = if is_gap {
        let back = since.unwrap_or(window).min(window);
        let step = every.max(back / FIRST_POINTS);
        prometheus::query_range(url, expr.as_str(), minus(now, back), now, step)
    } else {
        prometheus::query(url, expr.as_str(), now)
    };
    let mut samples = prometheus::one_series(prometheus::samples(&door.ask(request).await?)?)?;
    // What was not asked for is no part of the answer.
    let from = minus(now, if is_gap { since.unwrap_or(window).min(window) } else { TimeDelta::zero() });
    samples.retain(|one| !is_gap || (from.timestamp_millis()..=now.timestamp_millis()).contains(&one.at_ms));
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;

    /// The address of a server that takes every connection; it answers each with an empty list, or not at all.
    fn server(answers: bool) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if answers {
                    // A question of this length comes in one piece.
                    let _ = stream.read(&mut [0; 4_096]).unwrap();
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                    stream.write_all(format!("{head}\r\ncontent-length: 2\r\n\r\n[]").as_bytes()).unwrap();
                }
                open.push(stream);
                open.retain(|_| !answers);
            }
        });
        url
    }

    fn pair(urls: Vec<Url>) -> Door {
        Door::new(RemoteServer {
            name: Text::scrub("pair"),
            kind: RemoteKind::Alertmanager,
            urls,
            headers: Vec::new(),
            token: None,
            every: TimeDelta::seconds(15),
            timeout: TimeDelta::seconds(8),
            with_alerts: true,
        })
    }

    #[tokio::test]
    async fn one_of_a_pair_that_hangs_is_not_waited_for_where_the_other_has_answered() {
        let (hangs, well) = (server(false), server(true));
        let asked = Instant::now();
        let (told, _, trouble) = pair(vec![hangs.clone(), well]).told().await;
        assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
        assert_eq!(told, Some(Told { is_manager: true, ..Told::default() }));
        let trouble = trouble.unwrap();
        assert_eq!(trouble.trouble, Trouble::Away);
        assert!(trouble.why.as_str().starts_with(&format!("{}: ", hangs.authority())), "{}", trouble.why);
    }
}
