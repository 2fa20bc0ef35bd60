//! What every answer of the API is wrapped in: success or not, data, what is doubtful about it.

use serde_json::Value;

use crate::{domain::trouble::Trouble, text::Text, wire::Response};

/// Why an answer is none: what kind of trouble, and the server's or our own words for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What to do next.
    pub trouble: Trouble,
    /// What went wrong, a lower-case fragment.
    pub why: Text,
}

impl Refusal {
    /// Something came that is no answer of this API.
    pub fn garbled(why: &str) -> Self {
        Self { trouble: Trouble::Garbled, why: Text::scrub(why) }
    }
}

/// What was answered, and what the server says is doubtful about it: a store behind it that did not answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// What was found.
    pub found: T,
    /// Why it may not be whole.
    pub warnings: Vec<Text>,
}

/// Words of a server are shown up to this many characters.
const SHOWN: usize = 200;

/// Takes the data out of an answer.
///
/// # Errors
/// The server refused or failed, or the answer is not this API's.
pub(super) fn data(answer: &Response) -> Result<Answer<Value>, Refusal> {
    let read = serde_json::from_slice::<Value>(&answer.body).ok();
    if let Some(refused) = refused(answer, read.as_ref()) {
        return Err(refused);
    }
    let Some(mut read) = read else { return Err(Refusal::garbled("it answered something that is no JSON")) };
    let listed = read.get("warnings").and_then(Value::as_array).into_iter().flatten();
    let warnings = listed.filter_map(Value::as_str).map(shown).collect();
    match read.get_mut("data").map(Value::take) {
        Some(found) if read.get("status").and_then(Value::as_str) == Some("success") => Ok(Answer { found, warnings }),
        _ => Err(Refusal::garbled("it answered JSON that is not the Prometheus API's")),
    }
}

fn refused(answer: &Response, read: Option<&Value>) -> Option<Refusal> {
    let word = |key: &str| read.and_then(|read| read.get(key)).and_then(Value::as_str);
    let is_error = word("status") == Some("error");
    if (200..300).contains(&answer.status) && !is_error {
        return None;
    }
    let said = word("error").map(shown).unwrap_or_default();
    let kind = word("errorType").map(shown).unwrap_or_default();
    let told = if said.is_blank() { String::new() } else { format!(": {said}") };
    let (trouble, why) = match answer.status {
        // The expression cannot be read, or not be evaluated: somebody must change it.
        400 | 422 => (Trouble::Refused, format!("it cannot evaluate that ({kind}){told}")),
        401 | 403 => (
            Trouble::Refused,
            format!("it refuses us with {}: is there a token, and a right one?{told}", answer.status),
        ),
        404 => (
            Trouble::Refused,
            format!("there is no Prometheus API at that address: does the path lack a prefix?{told}"),
        ),
        429 => (Trouble::Away, format!("it wants fewer questions (429){told}")),
        300..=399 => (Trouble::Refused, "it sends us on, and does not say where to".to_owned()),
        status => (Trouble::Away, format!("it answered {status}{told}")),
    };
    Some(Refusal { trouble, why: Text::scrub(&why) })
}

pub(super) fn shown(said: &str) -> Text {
    let short: String = said.chars().take(SHOWN).collect();
    Text::scrub(&short)
}
