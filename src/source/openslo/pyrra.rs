//! Pyrra: one objective a resource, its metrics without functions around them.

use super::{Told, node::Node, query};
use crate::{
    domain::slo::{
        Sli, Slo,
        burn::Row,
        exact::Target,
        ledger::{Marked, Method},
        meter::Op,
        window::TimeWindow,
    },
    text::Text,
};

/// Reads one objective.
pub(super) fn read(root: Node<'_>, told: &mut Told<'_>) {
    match one(root, told) {
        Ok(slo) => told.read.slos.push(slo),
        Err(why) => told.skip(&why),
    }
}

fn one(root: Node<'_>, told: &mut Told<'_>) -> Result<Slo, String> {
    let name = root.text_at(&["metadata", "name"]).ok_or("it has no metadata.name")?;
    let spec = root.at(&["spec"]).ok_or("it has no spec")?;
    let percent = spec.text_at(&["target"]).ok_or("it has no target")?;
    let target = Target::read(&format!("{percent}%")).map_err(|_| format!("its target {percent} leaves no budget"))?;
    let written = spec.text_at(&["window"]).ok_or("it has no window")?;
    let window = query::span(&written).ok_or_else(|| format!("its window {written} is no length"))?;
    let indicator = spec.at(&["indicator"]).ok_or("it has no indicator")?;
    let sli = sli(indicator)?;
    for kind in ["ratio", "latency", "bool_gauge"] {
        if !indicator.list_at(&[kind, "grouping"]).is_empty() {
            told.note("its grouping is not kept: all groups are counted together");
        }
    }
    Ok(Slo {
        name: Text::scrub(&name),
        service: Text::default(),
        description: Text::scrub(&spec.text_at(&["description"]).unwrap_or_default()),
        sli,
        method: Method::Occurrences,
        window: TimeWindow::Rolling(window),
        target,
        min_total: 0,
        absent_after: None,
        rows: Row::usual(),
        runbook: None,
    })
}

fn sli(indicator: Node<'_>) -> Result<Sli, String> {
    let metric = |path: &[&str]| {
        let found = indicator.text_at(&[path, &["metric"]].concat());
        found.ok_or_else(|| format!("its indicator has no {}.metric", path.join(".")))
    };
    if indicator.at(&["ratio"]).is_some() {
        let part = query::counted(&metric(&["ratio", "errors"])?)?;
        return Ok(Sli::Ratio { marked: Marked::Bad, part, total: query::counted(&metric(&["ratio", "total"])?)? });
    }
    if indicator.at(&["latency"]).is_some() {
        let part = query::counted(&metric(&["latency", "success"])?)?;
        return Ok(Sli::Ratio { marked: Marked::Good, part, total: query::counted(&metric(&["latency", "total"])?)? });
    }
    if indicator.at(&["bool_gauge"]).is_some() {
        return Ok(Sli::Threshold { of: query::valued(&metric(&["bool_gauge"])?)?, op: Op::Gte, value: 1.0 });
    }
    Err("its indicator is neither ratio, latency nor bool_gauge".to_owned())
}
