//! A number that stands in a file: after a pattern, or in a JSON document.

use serde_json::Value;

use crate::{domain::goal::Find, source::evidence, text::Text};

/// Looks for a number.
///
/// # Errors
/// It is not there, or is no number.
pub fn find(find: &Find, text: &str) -> Result<f64, Text> {
    let said = match find {
        Find::Pattern(pattern) => {
            let read = evidence::pattern(pattern.as_str())?;
            let found = read.captures(text).and_then(|found| Some(found.get(1)?.as_str().to_owned()));
            found.ok_or_else(|| Text::scrub("the pattern is not found"))?
        }
        Find::Key(key) => at(key.as_str(), text)?,
    };
    let number = said.trim().trim_end_matches('%').trim_end().replace(',', ".").parse::<f64>();
    let number = number.ok().filter(|number| number.is_finite());
    number.ok_or_else(|| Text::scrub(&format!("what stands there is no number: {}", crate::text::clip(&said, 40))))
}

/// What stands at the end of a way of names (or places in a list) with dots between.
fn at(key: &str, text: &str) -> Result<String, Text> {
    let document: Value = serde_json::from_str(text)
        .map_err(|error| Text::scrub(&format!("it is no JSON: line {}, column {}", error.line(), error.column())))?;
    let mut here = &document;
    for name in key.split('.') {
        let next = match here {
            Value::Array(list) => name.parse::<usize>().ok().and_then(|place| list.get(place)),
            _ => here.get(name),
        };
        here = next.ok_or_else(|| Text::scrub(&format!("{key} is not there: no {name}")))?;
    }
    match here {
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text.clone()),
        _ => Err(Text::scrub(&format!("{key} is no number"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_key(key: &str, text: &str) -> Result<f64, String> {
        find(&Find::Key(Text::scrub(key)), text).map_err(|why| why.to_string())
    }

    #[test]
    fn a_number_is_found_after_a_pattern_or_at_the_end_of_a_way_of_names() {
        let pattern = Find::Pattern(Text::scrub(r"TOTAL.*\s(\d+)%"));
        assert_eq!(find(&pattern, "api  90%\nTOTAL 1200 96 92%\n"), Ok(92.0));
        assert_eq!(by_key("totals.percent", r#"{"totals": {"percent": 91.25}}"#), Ok(91.25));
        assert_eq!(by_key("data.0.lines", r#"{"data": [{"lines": "87,5 %"}]}"#), Ok(87.5));
    }

    #[test]
    fn what_is_not_there_or_no_number_is_said_and_is_no_zero() {
        let why = |key: &str, text: &str| by_key(key, text).unwrap_err();
        assert_eq!(why("totals.lines", r#"{"totals": {}}"#), "totals.lines is not there: no lines");
        assert_eq!(why("totals", r#"{"totals": {}}"#), "totals is no number");
        assert_eq!(why("a", r#"{"a": "NaN"}"#), "what stands there is no number: NaN");
        assert!(why("a", "a: 4").starts_with("it is no JSON: line 1"));
        let missing = find(&Find::Pattern(Text::scrub("x (1)")), "nothing");
        assert_eq!(missing.unwrap_err().as_str(), "the pattern is not found");
    }
}
