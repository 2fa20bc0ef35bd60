//! Objectives that others wrote in YAML: OpenSLO, and the two Prometheus generators whose files say the same (sloth,
//! pyrra). What they promise is taken; what cannot be counted here is left out and named.

mod node;
mod pyrra;
mod query;
mod sloth;
mod spec;

use saphyr::{LoadableYamlNode as _, Yaml};

use crate::{
    domain::{slo::Slo, trouble::Skipped, zone::Zone},
    text::Text,
};
use node::Node;

/// What a file says.
#[derive(Debug, Default)]
pub struct Read {
    /// The objectives, in the file's order.
    pub slos: Vec<Slo>,
    /// What was left out, each with where and why.
    pub skipped: Vec<Skipped>,
    /// What was taken to mean something, or is not kept.
    pub notes: Vec<Skipped>,
}

/// Says where and what, for [`Read`].
struct Told<'a> {
    read: &'a mut Read,
    at: Text,
}

impl Told<'_> {
    fn skip(&mut self, why: &str) {
        self.read.skipped.push(Skipped { at: self.at.clone(), why: Text::scrub(why) });
    }

    fn note(&mut self, why: &str) {
        self.read.notes.push(Skipped { at: self.at.clone(), why: Text::scrub(why) });
    }
}

/// Reads a file of one or more YAML documents. `zones` finds a time zone by its IANA name.
pub fn read(text: &str, zones: &dyn Fn(&str) -> Option<Zone>) -> Read {
    let mut read = Read::default();
    let documents = match Yaml::load_from_str(text) {
        Ok(documents) => documents,
        Err(why) => {
            let at = Text::scrub(&format!("line {}", why.marker().line()));
            read.skipped.push(Skipped { at, why: Text::scrub(&format!("not readable as YAML: {}", why.info())) });
            return read;
        }
    };
    let roots: Vec<Node<'_>> = documents.iter().map(Node::new).collect();
    for (n, root) in roots.iter().enumerate() {
        let kind = root.text_at(&["kind"]).unwrap_or_default();
        let version = root.text_at(&["apiVersion"]).or_else(|| root.text_at(&["version"])).unwrap_or_default();
        let name = root.text_at(&["metadata", "name"]).or_else(|| root.text_at(&["service"]));
        let at = name.unwrap_or_else(|| format!("document {}", n + 1));
        let mut told = Told { read: &mut read, at: Text::scrub(&at) };
        match (version.as_str(), kind.as_str()) {
            (v, "SLO") if v.starts_with("openslo/") => spec::read(*root, &roots, zones, &mut told),
            (v, "SLI") if v.starts_with("openslo/") => {}
            (v, other) if v.starts_with("openslo/") => told.note(&format!("an OpenSLO {other} is not kept")),
            ("prometheus/v1", _) => sloth::read(*root, &mut told),
            (v, "PrometheusServiceLevel") if v.starts_with("sloth.slok.dev/") => {
                root.at(&["spec"]).into_iter().for_each(|spec| sloth::read(spec, &mut told));
            }
            (v, "AlertWindows") if v.starts_with("sloth.slok.dev/") => {
                told.skip("alert windows are no objective: write them as [[slo.burn]] tables");
            }
            (v, "ServiceLevelObjective") if v.starts_with("pyrra.dev/") => pyrra::read(*root, &mut told),
            _ if root.is_nothing() => {}
            _ if root.at(&["groups"]).is_some() || kind == "PrometheusRule" => {
                told.skip("Prometheus rules are no objective: import what they were generated from");
            }
            (v, k) => told.skip(&format!("apiVersion \"{v}\" with kind \"{k}\" is not known here")),
        }
    }
    read
}

#[cfg(test)]
mod tests;
