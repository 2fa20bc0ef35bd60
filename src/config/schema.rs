//! The settings file's JSON schema, for editors that complete and check TOML.

use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::Value;

use crate::config::raw;

/// The schema as text, two spaces an indent, a newline at the end: `assets/watchfloor.schema.json` is this.
///
/// Draft 7: the newest that the TOML extensions of the common editors all read.
pub fn schema() -> String {
    let settings = SchemaSettings::draft07().with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<raw::File>();
    // A schema is made of plain maps with text keys: writing it as JSON has no way to fail.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// TOML has no null: what may be left out may not be null.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
    if let [only] = choices.as_slice() {
        let only = only.clone();
        schema.remove("anyOf");
        // Draft 7 ignores what stands beside a $ref, so the description needs the wrapping.
        schema.insert("allOf".to_owned(), Value::Array(vec![only]));
    }
}
