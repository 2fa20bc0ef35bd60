//! placeholder until the report room lands
#![expect(missing_docs, reason = "placeholder")]
use crate::{domain::release::Checklist, floor::Floor};
use chrono::{DateTime, Utc};
use serde_json::Value;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Status,
    Queue,
    Sla,
    OnCall,
    Release,
    Metrics,
}
pub fn json(_f: &Floor, _p: Part, _z: &str, _n: DateTime<Utc>) -> Value {
    Value::Null
}
pub fn plain(_f: &Floor, _p: Part, _w: usize, _n: DateTime<Utc>) -> String {
    String::new()
}
pub fn checklist_json(_c: &Checklist, _z: &str, _n: DateTime<Utc>) -> Value {
    Value::Null
}
pub fn checklist_plain(_c: &Checklist, _w: usize) -> String {
    String::new()
}
pub fn pretty(v: &Value) -> String {
    v.to_string()
}
