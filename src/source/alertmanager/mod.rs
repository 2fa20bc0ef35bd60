//! An Alertmanager: its alerts and silences, and how a silence is made there. Its API, version 2, as its OpenAPI page has it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use url::Url;

use crate::{
    domain::{
        notify::{Matcher, Op, Silence},
        remote::{RemoteAlert, RemoteSilence, RemoteState, RemoteStatus},
        time::rfc3339,
        trouble::Trouble,
    },
    source::{
        Batch,
        prometheus::{Refusal, below, labels},
    },
    text::Text,
    wire::{Method, Request, Response},
};

fn accept() -> (&'static str, String) {
    ("accept", "application/json".to_owned())
}

/// Asks for every alert: those that are held back as well.
pub fn alerts_request(base: &Url) -> Request {
    Request::get(below(base, "api/v2/alerts"), vec![accept()])
}

/// Asks for every silence.
pub fn silences_request(base: &Url) -> Request {
    Request::get(below(base, "api/v2/silences"), vec![accept()])
}

/// Makes a silence there.
pub fn silence_request(base: &Url, silence: &Silence) -> Request {
    let matcher = |matcher: &Matcher| {
        let (is_equal, is_regex) = match matcher.op {
            Op::Equal => (true, false),
            Op::Not => (false, false),
            Op::Fits => (true, true),
            Op::Unfit => (false, true),
        };
        json!({
            "name": matcher.name.as_str(), "value": matcher.value.as_str(), "isRegex": is_regex, "isEqual": is_equal,
        })
    };
    let body = json!({
        "matchers": silence.matchers.iter().map(matcher).collect::<Vec<_>>(),
        "startsAt": rfc3339(silence.from),
        "endsAt": rfc3339(silence.until),
        "createdBy": silence.author.as_str(),
        "comment": silence.comment.as_str(),
    });
    let headers = vec![accept(), ("content-type", "application/json".to_owned())];
    Request { method: Method::Post, url: below(base, "api/v2/silences"), headers, body: body.to_string().into_bytes() }
}

/// Ends a silence there.
pub fn end_silence_request(base: &Url, id: &str) -> Request {
    let mut url = below(base, "api/v2/silence");
    if let Ok(mut path) = url.path_segments_mut() {
        path.push(id);
    }
    Request { method: Method::Delete, url, headers: vec![accept()], body: Vec::new() }
}

/// Reads whether a silence was ended.
///
/// # Errors
/// The server refused.
pub fn silence_ended(answer: &Response) -> Result<(), Refusal> {
    // It says nothing where it has done so.
    if (200..300).contains(&answer.status) { Ok(()) } else { read(answer).map(|_| ()) }
}

/// Reads the name that the server gave a silence.
///
/// # Errors
/// The server refused it, or says no name.
pub fn silence_made(answer: &Response) -> Result<Text, Refusal> {
    let read = read(answer)?;
    let id = read.get("silenceID").and_then(Value::as_str).filter(|id| !id.is_empty());
    id.map(Text::scrub).ok_or_else(|| Refusal::garbled("it answered without the name of the silence"))
}

/// Reads the alerts. One that cannot be read is left out and named.
///
/// # Errors
/// The server refused, or answered something else.
pub fn alerts(answer: &Response) -> Result<Batch<RemoteAlert>, Refusal> {
    list(answer, "alert", |written| {
        let status = written.get("status");
        let ids = |key: &str| status.and_then(|status| status.get(key)).and_then(Value::as_array);
        let state = match status.and_then(|status| status.get("state")).and_then(Value::as_str) {
            // One that it has not looked at yet holds nothing back.
            Some("active" | "unprocessed") => RemoteState::Firing,
            Some("suppressed") => RemoteState::Suppressed,
            _ => return Err("its state is none that is known"),
        };
        let silenced = ids("silencedBy").into_iter().flatten().filter_map(Value::as_str);
        Ok(RemoteAlert {
            id: written.get("fingerprint").and_then(Value::as_str).map(Text::scrub).ok_or("it has no fingerprint")?,
            labels: labels(written.get("labels")),
            annotations: labels(written.get("annotations")),
            state,
            since: instant(written, "startsAt")?,
            value: None,
            silenced_by: silenced.map(Text::scrub).collect(),
            n_inhibiting: ids("inhibitedBy").map_or(0, Vec::len),
        })
    })
}

/// Reads the silences that are not over. One that cannot be read is left out and named.
///
/// # Errors
/// The server refused, or answered something else.
pub fn silences(answer: &Response) -> Result<Batch<RemoteSilence>, Refusal> {
    let mut all = list(answer, "silence", |written| {
        let word = |key: &str| written.get(key).and_then(Value::as_str).map(Text::scrub);
        let state = written.get("status").and_then(|status| status.get("state")).and_then(Value::as_str);
        let status = match state {
            Some("active") => RemoteStatus::Active,
            Some("pending") => RemoteStatus::Pending,
            Some("expired") => RemoteStatus::Expired,
            _ => return Err("its state is none that is known"),
        };
        let matchers = written.get("matchers").and_then(Value::as_array).into_iter().flatten();
        Ok(RemoteSilence {
            id: word("id").ok_or("it has no name")?,
            matchers: matchers.map(matcher).collect::<Option<_>>().ok_or("it has a matcher that cannot be read")?,
            from: instant(written, "startsAt")?,
            until: instant(written, "endsAt")?,
            author: word("createdBy").unwrap_or_default(),
            comment: word("comment").unwrap_or_default(),
            status,
        })
    })?;
    all.items.retain(|silence| silence.status != RemoteStatus::Expired);
    Ok(all)
}

/// A matcher as it is written. Servers before 0.22 do not say `isEqual`: they know no other.
fn matcher(written: &Value) -> Option<Text> {
    let (name, value) = (written.get("name")?.as_str()?, written.get("value")?.as_str()?);
    let flag = |key: &str, without: bool| written.get(key).and_then(Value::as_bool).unwrap_or(without);
    let op = match (flag("isEqual", true), flag("isRegex", false)) {
        (true, false) => Op::Equal,
        (false, false) => Op::Not,
        (true, true) => Op::Fits,
        (false, true) => Op::Unfit,
    };
    Some(Text::scrub(&format!("{name}{}{value:?}", op.word())))
}

fn instant(written: &Value, key: &str) -> Result<DateTime<Utc>, &'static str> {
    let said = written.get(key).and_then(Value::as_str);
    let at = said.and_then(|said| DateTime::parse_from_rfc3339(said).ok());
    at.map(|at| at.to_utc()).ok_or("it does not say from when until when")
}

fn list<T>(
    answer: &Response,
    what: &str,
    one: impl Fn(&Value) -> Result<T, &'static str>,
) -> Result<Batch<T>, Refusal> {
    let read = read(answer)?;
    let all = read.as_array().ok_or_else(|| Refusal::garbled("it answered no list: is it an Alertmanager?"))?;
    let mut batch = Batch::new();
    for (n, written) in (1..).zip(all) {
        match one(written) {
            Ok(item) => batch.items.push(item),
            Err(why) => batch.skip(&format!("{what} {n}"), why),
        }
    }
    Ok(batch)
}

fn read(answer: &Response) -> Result<Value, Refusal> {
    let read = serde_json::from_slice::<Value>(&answer.body).ok();
    if (200..300).contains(&answer.status) {
        return read.ok_or_else(|| Refusal::garbled("it answered something that is no JSON"));
    }
    // It says why as a text of its own, or as an object with a message.
    let said = read.as_ref().and_then(|read| read.as_str().or_else(|| read.get("message")?.as_str()));
    let said: String = said.unwrap_or_default().chars().take(200).collect();
    let told = if said.is_empty() { String::new() } else { format!(": {said}") };
    let (trouble, why) = match answer.status {
        400 | 422 => (Trouble::Refused, format!("it does not take that{told}")),
        401 | 403 => (Trouble::Refused, format!("it refuses us with {}: is there a token?{told}", answer.status)),
        404 => {
            (Trouble::Refused, format!("there is no Alertmanager at that address: does the path lack a prefix?{told}"))
        }
        status => (Trouble::Away, format!("it answered {status}{told}")),
    };
    Err(Refusal { trouble, why: Text::scrub(&why) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notify::SilenceId;

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn alerts_say_whether_they_are_held_back_and_by_what() {
        let body = r#"[{"labels":{"alertname":"a"},"annotations":{},"startsAt":"2026-11-21T10:00:00.123Z",
            "endsAt":"2026-11-21T11:00:00Z","fingerprint":"f00","receivers":[{"name":"x"}],
            "status":{"state":"suppressed","silencedBy":["s1"],"inhibitedBy":["f01","f02"]}},{"status":{}}]"#;
        let found = alerts(&answer(200, body)).unwrap();
        let one = &found.items[0];
        assert_eq!((one.state, one.silenced_by.len(), one.n_inhibiting), (RemoteState::Suppressed, 1, 2));
        assert_eq!((found.items.len(), found.n_skipped), (1, 1));
        assert!(alerts(&answer(200, "{}")).is_err() && alerts(&answer(500, "\"boom\"")).is_err());
    }

    #[test]
    fn silences_that_are_over_are_left_out_and_matchers_are_written_as_people_write_them() {
        let one = |id: &str, state: &str| {
            format!(
                r#"{{"id":"{id}","status":{{"state":"{state}"}},"createdBy":"ann","comment":"c",
                "startsAt":"2026-11-21T10:00:00Z","endsAt":"2026-11-21T11:00:00Z","matchers":[
                {{"name":"a","value":"b\"c","isRegex":false}},{{"name":"d","value":"e.*","isRegex":true,"isEqual":false}}]}}"#
            )
        };
        let body = format!("[{},{}]", one("s1", "active"), one("s2", "expired"));
        let found = silences(&answer(200, &body)).unwrap().items;
        assert_eq!(found.len(), 1);
        let written: Vec<&str> = found[0].matchers.iter().map(Text::as_str).collect();
        assert_eq!(written, [r#"a="b\"c""#, r#"d!~"e.*""#]);
    }

    #[test]
    fn a_silence_is_made_with_its_author_its_reason_and_its_end() {
        let at = |second: i64| DateTime::from_timestamp(1_795_165_200 + second, 0).unwrap();
        let silence = Silence {
            id: SilenceId(0),
            matchers: vec![Matcher::equal("alertname", "a"), Matcher::new("host", Op::Unfit, "db.*").unwrap()],
            from: at(0),
            until: at(3_600),
            author: Text::scrub("ann"),
            comment: Text::scrub("filling"),
        };
        let asked = silence_request(&Url::parse("https://am.example/alertmanager/").unwrap(), &silence);
        assert_eq!(asked.url.as_str(), "https://am.example/alertmanager/api/v2/silences");
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["matchers"][1], json!({"name": "host", "value": "db.*", "isRegex": true, "isEqual": false}));
        assert_eq!((&body["createdBy"], &body["comment"]), (&json!("ann"), &json!("filling")));
        let made = silence_made(&answer(200, r#"{"silenceID":"abc"}"#)).unwrap();
        assert_eq!(made.as_str(), "abc");
        let ends = end_silence_request(&Url::parse("https://am.example/x").unwrap(), "a/../b");
        assert_eq!((ends.method, ends.url.path()), (Method::Delete, "/x/api/v2/silence/a%2F..%2Fb"));
        assert!(silence_ended(&answer(200, "")).is_ok() && silence_ended(&answer(500, "")).is_err());
        let refused = silence_made(&answer(400, "\"bad silence: invalid time\"")).unwrap_err();
        assert_eq!(refused.why.as_str(), "it does not take that: bad silence: invalid time");
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(status in 0_u16..600, body in "\\PC{0,200}") {
            let came = answer(status, &body);
            let _ = (alerts(&came), silences(&came), silence_made(&came));
        }
    }
}
