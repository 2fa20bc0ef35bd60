//! The board as JSON. The format is written down in `docs/json.md` and never changes shape within a version.
//!
//! Wire shapes live here and nowhere else; they are built from domain values only, so nothing unscrubbed can reach them.

pub mod alert;
pub mod board;
pub mod duty;
mod escalation;
pub mod evidence;
pub mod fairness;
pub mod gate;
pub mod gate_of_release;
pub mod goal;
pub mod history;
pub mod incident;
pub mod metrics;
pub mod oncall;
pub mod plan;
pub mod release;
pub mod remote;
pub mod rota;
pub mod sla;
pub mod slo;
pub mod source;
pub mod stats;
pub mod trial;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::{
    domain::{
        incident::{IncidentKey, Label, Login, Repo},
        time::rfc3339,
        trouble::Skipped,
        zone::Zone,
    },
    text::Text,
};

/// The version of the format: a field that is taken away or means something else makes it the next one, a new field does not.
pub const FORMAT: u32 = 1;

/// A document: the envelope, and its sections by name.
#[derive(Debug)]
pub struct Document(Map<String, Value>);

impl Document {
    /// Begins a document of this kind. `tzdata` is the IANA release of the zones.
    pub fn new(kind: &'static str, product_version: &'static str, tzdata: &Text, now: DateTime<Utc>) -> Self {
        let mut top = Map::new();
        let about = json!({ "format": FORMAT, "version": product_version, "tzdata": tzdata.as_str() });
        top.insert("watchfloor".to_owned(), about);
        top.insert("now".to_owned(), rfc3339(now).into());
        top.insert("kind".to_owned(), kind.into());
        Self(top)
    }

    /// Adds a section.
    pub fn with(mut self, name: &'static str, section: impl Serialize) -> Self {
        // Only a map with keys that are not text can fail, and no shape here has one.
        self.0.insert(name.to_owned(), serde_json::to_value(section).unwrap_or_default());
        self
    }

    /// The whole document.
    pub fn value(self) -> Value {
        Value::Object(self.0)
    }

    /// What stands in it so far, by name.
    fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// Text on the wire. Made from scrubbed values only: there is no way in from a plain string of unknown origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said(Text);

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.as_str())
    }
}

impl From<&Text> for Said {
    fn from(text: &Text) -> Self {
        Self(text.clone())
    }
}

impl From<&Login> for Said {
    fn from(login: &Login) -> Self {
        Self(Text::scrub(login.as_str()))
    }
}

impl From<&Label> for Said {
    fn from(label: &Label) -> Self {
        Self(Text::scrub(label.as_str()))
    }
}

impl From<&Repo> for Said {
    fn from(repo: &Repo) -> Self {
        Self(Text::scrub(repo.full()))
    }
}

impl From<&IncidentKey> for Said {
    fn from(key: &IncidentKey) -> Self {
        Self(Text::scrub(&key.to_string()))
    }
}

impl From<&Zone> for Said {
    fn from(zone: &Zone) -> Self {
        Self::from(&Text::scrub(zone.name()))
    }
}

/// A record that was left out.
#[derive(Debug, Serialize)]
struct LeftOut {
    at: Said,
    why: Said,
}

fn left_out(skipped: &[Skipped]) -> Vec<LeftOut> {
    skipped.iter().map(|s| LeftOut { at: Said::from(&s.at), why: Said::from(&s.why) }).collect()
}

/// Blank text is no text.
fn unless_blank(text: &Text) -> Option<Said> {
    (!text.is_blank()).then(|| Said::from(text))
}

fn all<'a, T>(texts: &'a [T]) -> Vec<Said>
where
    Said: From<&'a T>,
{
    texts.iter().map(Said::from).collect()
}

fn instant(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(rfc3339)
}

fn seconds(length: Option<TimeDelta>) -> Option<i64> {
    length.map(|l| l.num_seconds())
}
