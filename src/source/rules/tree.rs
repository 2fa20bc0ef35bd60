//! A YAML document as texts, lists and maps, each with its line.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};

/// The nesting that is still read.
const DEPTH: usize = 32;

/// A node and the line it begins in, from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) data: Data,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// A scalar as text, whatever YAML takes it for; blank where there is nothing.
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// The value of a key; nothing where this is no map.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.data {
            Data::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            Data::Text(_) | Data::List(_) => None,
        }
    }

    /// Its text; nothing where it is a list or a map, or blank.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            Data::List(_) | Data::Map(_) => None,
        }
    }

    /// Its keys and values; none where it is no map.
    pub(super) fn pairs(&self) -> &[(String, Node)] {
        match &self.data {
            Data::Map(pairs) => pairs,
            Data::Text(_) | Data::List(_) => &[],
        }
    }

    /// Its items; none where it is no list.
    pub(super) fn items(&self) -> &[Node] {
        match &self.data {
            Data::List(items) => items,
            Data::Text(_) | Data::Map(_) => &[],
        }
    }
}

/// Reads the documents of a file.
///
/// # Errors
///
/// The line at which it stops being YAML, and why.
pub(super) fn documents(written: &str) -> Result<Vec<Node>, (usize, String)> {
    let documents = MarkedYaml::load_from_str(written).map_err(|why| (why.marker().line(), why.info().to_owned()))?;
    Ok(documents.iter().map(|node| taken(node, 0)).collect())
}

fn taken(node: &MarkedYaml<'_>, depth: usize) -> Node {
    let line = node.span.start.line();
    let data = match &node.data {
        YamlData::Sequence(items) if depth < DEPTH => {
            Data::List(items.iter().map(|item| taken(item, depth + 1)).collect())
        }
        YamlData::Mapping(pairs) if depth < DEPTH => {
            let pair = |(key, value): (&MarkedYaml<'_>, &MarkedYaml<'_>)| {
                let key = match taken(key, depth + 1).data {
                    Data::Text(key) => key,
                    Data::List(_) | Data::Map(_) => String::new(),
                };
                (key, taken(value, depth + 1))
            };
            Data::Map(pairs.iter().map(pair).collect())
        }
        YamlData::Tagged(_, inner) => return taken(inner, depth + 1),
        YamlData::Value(scalar) => Data::Text(text(scalar)),
        YamlData::Representation(raw, ..) => Data::Text(raw.to_string()),
        _ => Data::Text(String::new()),
    };
    Node { line, data }
}

fn text(scalar: &Scalar<'_>) -> String {
    match scalar {
        Scalar::Null => String::new(),
        Scalar::Boolean(is_true) => is_true.to_string(),
        Scalar::Integer(whole) => whole.to_string(),
        Scalar::FloatingPoint(number) => number.to_string(),
        Scalar::String(text) => text.to_string(),
    }
}
