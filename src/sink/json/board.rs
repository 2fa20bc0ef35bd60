//! A board whose plans may have many thousand steps: these are written one by one, and nothing is kept of them but the plan.

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap as _, SerializeSeq as _},
};
use serde_json::{Map, Value};

use super::release::ByName;
use crate::domain::release::course::Course;

/// A document as it is but for the items of its release's plans, and the plans. What is written has every name in the order
/// in which [`Value`] has it.
#[derive(Debug)]
pub struct Board<'a> {
    rest: Value,
    courses: &'a [Course],
}

impl<'a> Board<'a> {
    /// A document and the plans of its release, in order.
    pub fn new(rest: Value, courses: &'a [Course]) -> Self {
        Self { rest, courses }
    }
}

impl Serialize for Board<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let release = self.rest.get("release").and_then(Value::as_object);
        let plans = release.and_then(|release| Some((release, release.get("checklists")?.as_array()?)));
        match (&self.rest, plans) {
            (Value::Object(rest), Some((release, plans))) => {
                let plans = Plans(plans, self.courses);
                But(rest, "release", But(release, "checklists", plans)).serialize(to)
            }
            (rest, _) => rest.serialize(to),
        }
    }
}

/// A map, one of whose values is written from somewhere else.
struct But<'a, T>(&'a Map<String, Value>, &'static str, T);

impl<T: Serialize> Serialize for But<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self(fields, other, instead) = self;
        let mut map = to.serialize_map(Some(fields.len()))?;
        for (name, value) in *fields {
            if name == other {
                map.serialize_entry(name, instead)?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

struct Plans<'a>(&'a [Value], &'a [Course]);

impl Serialize for Plans<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.0.len()))?;
        for (n, plan) in self.0.iter().enumerate() {
            match (plan, self.1.get(n)) {
                (Value::Object(plan), Some(course)) => list.serialize_element(&But(plan, "items", ByName(course)))?,
                (plan, _) => list.serialize_element(plan)?,
            }
        }
        list.end()
    }
}
