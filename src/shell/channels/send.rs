//! One attempt over one channel.

use std::{io::Write as _, process::Stdio, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use url::Url;

use crate::{
    config::{
        TokenSource,
        notify::{Address, Channel, ChannelKind},
    },
    domain::{
        notify::{Notice, handover::Handed, message::Marks},
        time::between,
    },
    shell::{
        channels::mail::Postman,
        disk,
        http::{Credential, Http, HttpError, Limits},
        token::{self, Tokens},
    },
    sink::channel::{alertmanager, heading, json as ours, pagerduty, slack, template},
    text::{Text, clip},
    wire::{Method, Request, Response},
};

/// What came of one attempt. `why` names a host at most, never an address or a key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// The channel took it.
    Taken,
    /// It did not, and may later.
    Later { why: Text, after: Option<Duration> },
    /// Nobody knows whether it did.
    Unsure { why: Text },
    /// It will not.
    Refused { why: Text },
    /// There is nothing to tell it.
    Nothing { why: Text },
}

/// Sends over channels.
#[derive(Debug)]
pub(super) struct Sender {
    http: Http,
    tokens: Tokens,
    postman: Postman,
    timeout: Duration,
}

/// A wait that a host asks for is obeyed up to this: a channel is tried again after ten minutes at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// A channel that is left alone for this long breaks the promise of two minutes: the others are told.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(120);

impl Sender {
    /// For one channel, with its time-out.
    pub(super) fn new(channel: &Channel) -> Self {
        let timeout = channel.timeout.to_std().unwrap_or(Duration::from_secs(10));
        let limits =
            Limits { connect: timeout.min(Duration::from_secs(5)), total: timeout, body: 1 << 20, headers: 64 << 10 };
        Self { http: Http::new(limits), tokens: Tokens::of_process(), postman: Postman::default(), timeout }
    }

    /// Tries to tell a notice.
    pub(super) async fn notice(&self, channel: &Channel, notice: &Notice, marks: Marks, now: DateTime<Utc>) -> Outcome {
        let own = || ours::notice(notice, marks);
        match &channel.kind {
            ChannelKind::Slack { to } => {
                let body = slack::body(&notice.message, marks).to_string();
                self.post(to, None, body.into_bytes(), notice, (slack_said, now)).await
            }
            ChannelKind::Webhook { to, token, template } => {
                let body = match template {
                    Some(template) => template::filled(template, notice, marks),
                    None => own().to_string(),
                };
                self.post(to, token.as_ref(), body.into_bytes(), notice, (whatever, now)).await
            }
            ChannelKind::PagerDuty { url, key } => {
                let key = match self.tokens.secret(key).await {
                    Ok(key) => key,
                    Err(error) => return later(&error.to_string()),
                };
                let mut event = pagerduty::event(&notice.message, marks);
                if let Some(field) = event.get_mut(pagerduty::KEY_FIELD) {
                    *field = json!(key.expose_secret());
                }
                let to = Address::Plain(url.clone());
                // A repetition makes no second incident there: nothing is unsure about it.
                match self.post(&to, None, event.to_string().into_bytes(), notice, (pagerduty_said, now)).await {
                    Outcome::Unsure { why } => Outcome::Later { why, after: None },
                    done => done,
                }
            }
            ChannelKind::Mail(mail) => {
                let password = match &mail.login {
                    None => None,
                    Some(login) => match self.tokens.secret(&login.password).await {
                        Ok(password) => Some(password),
                        Err(error) => return later(&error.to_string()),
                    },
                };
                self.postman.deliver(mail, password.as_ref(), notice, marks, self.timeout, now).await
            }
            ChannelKind::Command { words } => self.command(words, &own()).await,
            ChannelKind::File { path } => match append(path, &own(), &notice.id.to_string()) {
                Ok(()) => Outcome::Taken,
                Err(error) => later(&disk::why(&error)),
            },
            ChannelKind::Terminal => match ring(&heading(&notice.message, marks)) {
                Ok(()) => Outcome::Taken,
                Err(error) => later(&disk::why(&error)),
            },
            ChannelKind::GitHub(_) => refused("issues are opened through the outbox"),
            ChannelKind::Alertmanager { .. } => refused("an Alertmanager takes alerts, not messages"),
        }
    }

    /// Hands alerts to one server.
    pub(super) async fn handed(&self, base: &Url, handed: &[Handed], now: DateTime<Utc>) -> Outcome {
        let body = alertmanager::alerts(handed).to_string().into_bytes();
        let mut at = base.clone();
        at.set_path(&format!("{}/{}", base.path().trim_end_matches('/'), alertmanager::PATH));
        let request = Request { method: Method::Post, url: at, headers: vec![json_type()], body };
        understood(self.http.perform(&request, None).await, whatever_but_a_page, now)
    }

    /// Gives a sign of life.
    pub(super) async fn pulse(&self, to: &Address, now: DateTime<Utc>) -> Outcome {
        match self.address(to).await {
            Ok(url) => outcome(self.http.perform(&Request::get(url, Vec::new()), None).await, now),
            Err(why) => why,
        }
    }

    async fn post(
        &self,
        to: &Address,
        token: Option<&TokenSource>,
        body: Vec<u8>,
        notice: &Notice,
        (says, now): (Says, DateTime<Utc>),
    ) -> Outcome {
        let url = match self.address(to).await {
            Ok(url) => url,
            Err(why) => return why,
        };
        let credential = match token {
            None => None,
            Some(source) => match self.tokens.secret(source).await {
                Ok(secret) => Some(Credential::new(&url, secret)),
                Err(error) => return later(&error.to_string()),
            },
        };
        let headers = vec![json_type(), ("idempotency-key", notice.id.to_string())];
        let request = Request { method: Method::Post, url, headers, body };
        understood(self.http.perform(&request, credential.as_ref()).await, says, now)
    }

    async fn address(&self, to: &Address) -> Result<Url, Outcome> {
        match to {
            Address::Plain(url) => Ok(url.clone()),
            Address::Secret(source) => {
                let written = self.tokens.secret(source).await.map_err(|error| later(&error.to_string()))?;
                // What is wrong with it is not said: the parser's words may hold a part of it.
                Url::parse(written.expose_secret()).map_err(|_| later("the secret address is no URL"))
            }
        }
    }

    /// Runs a program with the message on its standard input. No shell; an environment without secrets.
    async fn command(&self, words: &[String], message: &Value) -> Outcome {
        let Some((program, arguments)) = words.split_first() else { return refused("no program is named") };
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        for name in token::secret_variables() {
            command.env_remove(name);
        }
        #[cfg(unix)]
        command.process_group(0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return later(&format!("the program could not be started: {}", disk::why(&error))),
        };
        let (group, input) = (child.id(), child.stdin.take());
        let line = format!("{message}\n");
        let run = async {
            if let Some(mut input) = input {
                // A program that does not read its input may still be right.
                let _ = input.write_all(line.as_bytes()).await;
            }
            child.wait().await
        };
        match tokio::time::timeout(self.timeout, run).await {
            Ok(Ok(status)) if status.success() => Outcome::Taken,
            Ok(Ok(status)) => later(&match status.code() {
                Some(code) => format!("the program ended with {code}"),
                None => "the program was killed".to_owned(),
            }),
            Ok(Err(error)) => Outcome::Unsure { why: Text::scrub(&disk::why(&error)) },
            Err(_) => {
                end(group);
                Outcome::Unsure { why: Text::scrub("the program took too long and was ended") }
            }
        }
    }
}

/// What is posted is JSON.
fn json_type() -> (&'static str, String) {
    ("content-type", "application/json".to_owned())
}

/// Ends a program and what it started.
fn end(group: Option<u32>) {
    #[cfg(unix)]
    if let Some(group) = group.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself just now.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

pub(super) fn later(why: &str) -> Outcome {
    Outcome::Later { why: Text::scrub(why), after: None }
}

pub(super) fn refused(why: &str) -> Outcome {
    Outcome::Refused { why: Text::scrub(why) }
}

/// What an answer means for what was sent.
fn outcome(answer: Result<Response, HttpError>, now: DateTime<Utc>) -> Outcome {
    match answer {
        Ok(answer) if (200..300).contains(&answer.status) => Outcome::Taken,
        Ok(answer) => {
            let why = Text::scrub(&format!("it answered {}", answer.status));
            match answer.status {
                // A host that moved, or a sign-in page before it: nothing is sent anywhere but where the settings say, and
                // it may be right again soon.
                300..=399 | 408 | 425 | 429 | 500..=599 => Outcome::Later { why, after: wait(&answer, now) },
                _ => Outcome::Refused { why },
            }
        }
        Err(error @ (HttpError::Timeout { .. } | HttpError::Cut { .. } | HttpError::Garbled { .. })) => {
            Outcome::Unsure { why: Text::scrub(&error.to_string()) }
        }
        // The status was lost with the rest: a host that is this wordy has taken it.
        Err(error @ (HttpError::BodyTooBig { .. } | HttpError::HeadersTooBig { .. })) => {
            Outcome::Unsure { why: Text::scrub(&error.to_string()) }
        }
        Err(error) => later(&error.to_string()),
    }
}

/// What a host of a kind says that answers 2xx and did not take it.
type Says = fn(&Response) -> Option<Outcome>;

/// The same, of a host whose right answer is known.
fn understood(answer: Result<Response, HttpError>, says: Says, now: DateTime<Utc>) -> Outcome {
    let said = answer.as_ref().ok().filter(|answer| (200..300).contains(&answer.status)).and_then(says);
    said.unwrap_or_else(|| outcome(answer, now))
}

/// Whatever it says, it took it.
fn whatever(_: &Response) -> Option<Outcome> {
    None
}

/// A web page is no answer of a program: a sign-in stands before it, and the message was read by nobody.
fn whatever_but_a_page(answer: &Response) -> Option<Outcome> {
    let is_called_so = answer.header("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    let begins_so = answer.body.trim_ascii_start().starts_with(b"<");
    (is_called_so || begins_so)
        .then(|| later(&format!("it answered {} with a web page, as a sign-in page before it would", answer.status)))
}

fn slack_said(answer: &Response) -> Option<Outcome> {
    whatever_but_a_page(answer).or_else(|| {
        let said = serde_json::from_slice::<Value>(&answer.body).ok()?;
        let is_no = ["ok", "success"].iter().any(|key| said.get(key) == Some(&json!(false)));
        let why = said.get("error").and_then(Value::as_str).unwrap_or("it was not taken");
        is_no.then(|| refused(&format!("it answered {} and says no: {}", answer.status, clip(why, SAID))))
    })
}

fn pagerduty_said(answer: &Response) -> Option<Outcome> {
    whatever_but_a_page(answer).or_else(|| {
        let said = serde_json::from_slice::<Value>(&answer.body).ok()?;
        let status = said.get("status").and_then(Value::as_str).filter(|status| *status != "success")?;
        Some(refused(&format!("it answered {} and says: {}", answer.status, clip(status, SAID))))
    })
}

/// So much of what a host says is passed on.
const SAID: usize = 80;

/// How long a host wants to be left alone: seconds, or until an instant. Nonsense is no wish.
fn wait(answer: &Response, now: DateTime<Utc>) -> Option<Duration> {
    let written = answer.header("retry-after")?.trim();
    let seconds = written.parse::<u64>().ok().map(Duration::from_secs);
    let until = || DateTime::parse_from_rfc2822(written).ok().and_then(|at| between(now, at.to_utc()).to_std().ok());
    seconds.or_else(until).map(|wait| wait.min(LONGEST_WAIT))
}

/// Appends a line to a file and has it on disk. One that stands there already, by its name, is not written twice: that is
/// how a crash between writing and noting it leaves no double.
fn append(path: &std::path::Path, message: &Value, id: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true).read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let (found, is_torn) = tail(&mut file, id)?;
    if !found {
        // A line that a crash cut short is ended, so that it spoils no other.
        let line = format!("{}{message}\n", if is_torn { "\n" } else { "" });
        file.write_all(line.as_bytes())?;
    }
    file.sync_all()
}

/// How much of a file's end is searched.
const TAIL: u64 = 1 << 20;

fn tail(file: &mut std::fs::File, id: &str) -> std::io::Result<(bool, bool)> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let needle = format!("\"id\":\"{id}\"");
    let is_torn = bytes.last().is_some_and(|byte| *byte != b'\n');
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let mut lines = whole.map(String::from_utf8_lossy);
    Ok((lines.any(|line| line.contains(&needle)), is_torn))
}

/// A bell and a desktop notice (OSC 9 and OSC 777), on the terminal that `watch` runs in.
fn ring(said: &str) -> std::io::Result<()> {
    let said = Text::scrub(said).to_string().replace(';', ",");
    let mut out = std::fs::OpenOptions::new().write(true).open("/dev/tty")?;
    write!(out, "\u{7}\u{1b}]9;{said}\u{7}\u{1b}]777;notify;watchfloor;{said}\u{7}")?;
    out.flush()
}

/// How long a channel is left alone after so many failures in a row: 1, 2, 4, 8 and then 10 seconds, so that one that is
/// back is told within a quarter of a minute.
pub(super) fn pause(n_failed: u32) -> Duration {
    let seconds = 1_u64.checked_shl(n_failed.saturating_sub(1).min(8)).unwrap_or(10);
    Duration::from_secs(seconds.min(10))
}

/// After this long without the channel taking it, a notice is given up.
pub(super) const GIVE_UP: TimeDelta = TimeDelta::hours(24);

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Outcome {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        outcome(Ok(Response { status, headers, body: Vec::new() }), "2026-11-20T14:00:00Z".parse().unwrap())
    }

    #[test]
    fn what_may_be_tried_again_is_told_from_what_may_not() {
        assert_eq!(answer(204, &[]), Outcome::Taken);
        for status in [301, 302, 303, 307, 308, 408, 425, 429, 500, 503] {
            assert!(matches!(answer(status, &[]), Outcome::Later { after: None, .. }), "{status}");
        }
        for status in [400, 401, 403, 404, 410, 422] {
            assert!(matches!(answer(status, &[]), Outcome::Refused { .. }), "{status}");
        }
    }

    #[test]
    fn what_a_host_says_beside_its_200_counts_where_its_right_answer_is_known() {
        let told = |says: Says, status: u16, kind: &str, body: &str| {
            let headers = vec![("content-type".to_owned(), kind.to_owned())];
            let answer = Response { status, headers, body: body.as_bytes().to_vec() };
            match understood(Ok(answer), says, "2026-11-20T14:00:00Z".parse().unwrap()) {
                Outcome::Taken => "taken".to_owned(),
                Outcome::Later { why, .. } => format!("later: {why}"),
                Outcome::Refused { why } => format!("refused: {why}"),
                other => panic!("{other:?}"),
            }
        };
        let page = "<html><body>Log in</body></html>";
        for says in [slack_said as Says, pagerduty_said, whatever_but_a_page] {
            assert!(told(says, 200, "text/html; charset=utf-8", page).starts_with("later: it answered 200 with a web"));
            assert!(told(says, 200, "", page).starts_with("later"));
            assert_eq!(told(says, 200, "", ""), "taken");
        }
        assert_eq!(told(whatever, 200, "text/html", page), "taken", "what a webhook answers is its own affair");
        assert_eq!(told(slack_said, 200, "text/plain", "ok"), "taken");
        let no = r#"{"ok":false,"error":"channel_not_found"}"#;
        assert_eq!(
            told(slack_said, 200, "application/json", no),
            "refused: it answered 200 and says no: channel_not_found"
        );
        assert_eq!(told(pagerduty_said, 202, "", r#"{"status":"success"}"#), "taken");
        let odd = r#"{"status":"invalid event"}"#;
        assert_eq!(told(pagerduty_said, 202, "", odd), "refused: it answered 202 and says: invalid event");
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_and_nonsense_is_none() {
        let wait = |written| match answer(429, &[("retry-after", written)]) {
            Outcome::Later { after, .. } => after.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(["30", "999999", "soon", "-1"].map(wait), [Some(30), Some(600), None, None]);
        assert_eq!(wait("Fri, 20 Nov 2026 14:02:00 GMT"), Some(120));
    }

    #[test]
    fn a_line_that_stands_in_the_file_is_not_written_twice_and_a_torn_one_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        for (id, torn) in [("a", false), ("a", false), ("b", true), ("b", false)] {
            append(&path, &json!({ "id": id }), id).unwrap();
            if torn {
                let whole = std::fs::read(&path).unwrap();
                std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
            }
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"id\":\"a\"}\n{\"id\":\"b\n{\"id\":\"b\"}\n");
    }

    #[test]
    fn a_channel_that_is_back_is_tried_within_a_quarter_of_a_minute() {
        assert_eq!([1, 2, 3, 4, 5, 99].map(|n| pause(n).as_secs()), [1, 2, 4, 8, 10, 10]);
    }
}
