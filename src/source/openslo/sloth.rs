//! Sloth: several objectives of one service, as a file or as a Kubernetes resource.

use chrono::TimeDelta;

use super::{Told, node::Node, query};
use crate::{
    domain::slo::{
        Sli, Slo,
        burn::Row,
        exact::Target,
        ledger::{Marked, Method},
        window::TimeWindow,
    },
    text::Text,
};

/// The period its own alerts are for.
const PERIOD: TimeDelta = TimeDelta::days(30);

/// Reads the objectives of a service.
pub(super) fn read(spec: Node<'_>, told: &mut Told<'_>) {
    let service = spec.text_at(&["service"]).unwrap_or_default();
    if spec.at(&["sloPlugins"]).is_some() || spec.at(&["slo_plugins"]).is_some() {
        told.note("its SLO plugins change the rules that sloth generates, and are not kept");
    }
    for slo in spec.list_at(&["slos"]) {
        let name = slo.text_at(&["name"]).unwrap_or_default();
        match one(slo, &service, &name) {
            Ok(found) => told.read.slos.push(found),
            Err(why) => told.skip(&format!("{name}: {why}")),
        }
    }
}

fn one(slo: Node<'_>, service: &str, name: &str) -> Result<Slo, String> {
    if name.is_empty() {
        return Err("it has no name".to_owned());
    }
    let percent = slo.text_at(&["objective"]).ok_or("it has no objective")?;
    let target =
        Target::read(&format!("{percent}%")).map_err(|_| format!("its objective {percent} leaves no budget"))?;
    let sli = slo.at(&["sli"]).ok_or("it has no sli")?;
    if sli.at(&["plugin"]).is_some() {
        return Err("its SLI is a plugin, which makes its queries elsewhere".to_owned());
    }
    if sli.at(&["raw"]).is_some() {
        return Err("its SLI is a raw ratio, which is no count of events".to_owned());
    }
    let events = sli.at(&["events"]).ok_or("its SLI has no events")?;
    let query = |names: [&str; 2]| names.iter().find_map(|name| events.text_at(&[name]));
    let bad = query(["error_query", "errorQuery"]).ok_or("it has no error_query")?;
    let total = query(["total_query", "totalQuery"]).ok_or("it has no total_query")?;
    Ok(Slo {
        // Names are a service's own in sloth, and the whole file's here.
        name: Text::scrub(&format!("{service}-{name}")),
        service: Text::scrub(service),
        description: Text::scrub(&slo.text_at(&["description"]).unwrap_or_default()),
        sli: Sli::Ratio { marked: Marked::Bad, part: query::counted(&bad)?, total: query::counted(&total)? },
        method: Method::Occurrences,
        window: TimeWindow::Rolling(PERIOD),
        target,
        min_total: 0,
        absent_after: None,
        rows: Row::usual(),
        runbook: None,
    })
}
