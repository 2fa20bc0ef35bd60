//! Labels made of labels.

use crate::{
    domain::{
        expr::{Item, eval::distinct, matcher::whole, select::NAME},
        sample::Labels,
    },
    text::Text,
};

impl Item {
    /// The element with a label; a blank value takes the label away.
    pub(super) fn with_label(mut self, label: &Text, value: Text) -> Self {
        if label.as_str() == NAME {
            self.name = (!value.is_blank()).then_some(value);
            return self;
        }
        let others = self.labels.iter().filter(|(name, _)| *name != label);
        let others = others.map(|(name, value)| (name.clone(), value.clone()));
        self.labels = others.chain([(label.clone(), value)]).collect::<Labels>();
        self
    }
}

/// `label_replace(v, destination, replacement, source, pattern)`: what does not match is left as it is.
pub(super) fn replaced(items: Vec<Item>, texts: &[Text]) -> Result<Vec<Item>, String> {
    let [to, replacement, from, pattern] = texts else { return Ok(items) };
    let pattern = whole(pattern.as_str())?;
    let is_label = |label: &str| !label.is_empty() && !label.starts_with(|c: char| c.is_ascii_digit());
    if !is_label(to.as_str()) {
        return Err(format!("\"{to}\" is no label"));
    }
    let change = |item: Item| {
        let mut value = String::new();
        let Some(captures) = pattern.captures(item.get(from.as_str())) else { return item };
        captures.expand(replacement.as_str(), &mut value);
        item.with_label(to, Text::scrub(&value))
    };
    let items: Vec<Item> = items.into_iter().map(change).collect();
    distinct(&items)?;
    Ok(items)
}

/// `label_join(v, destination, separator, source, ...)`.
pub(super) fn joined(items: Vec<Item>, texts: &[Text]) -> Result<Vec<Item>, String> {
    let [to, separator, from @ ..] = texts else { return Ok(items) };
    if to.is_blank() {
        return Err(format!("\"{to}\" is no label"));
    }
    let change = |item: Item| {
        let values: Vec<&str> = from.iter().map(|label| item.get(label.as_str())).collect();
        let value = Text::scrub(&values.join(separator.as_str()));
        item.with_label(to, value)
    };
    let items: Vec<Item> = items.into_iter().map(change).collect();
    distinct(&items)?;
    Ok(items)
}
