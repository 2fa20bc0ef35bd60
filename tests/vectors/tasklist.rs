//! Which Markdown lines are tasks, and done: `tasklist.json` (SEMANTICS R49).

use serde_json::{Value, json};
use watchfloor::source::checklist::read;

use crate::Ran;

/// Compares total, done and each item's state and text.
pub fn judge(vector: &Value, _file: &Value) -> Result<Ran, String> {
    let markdown = vector["markdown"].as_str().ok_or("no markdown")?;
    let checklist = read("vector.md", markdown.as_bytes()).map_err(|e| e.to_string())?;
    let progress = checklist.progress();
    let items: Vec<Value> =
        checklist.items.iter().map(|item| json!({ "done": item.is_done, "text": item.text.as_str() })).collect();
    let found = json!({ "total": progress.total, "done": progress.done, "items": items });
    if found == vector["expect"] {
        Ok(Ran::Passed)
    } else {
        Err(format!("expected {}, found {found}", vector["expect"]))
    }
}
