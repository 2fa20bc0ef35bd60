//! `[[signal]]` that is asked of another server: `prometheus` and `expr`.

use crate::{
    config::{
        Context, Trust,
        check::{computed, lines},
        problems::Report,
        remote::{RemoteKind, RemoteServer},
        secrets::quoted,
        walk::Table,
    },
    domain::{series::MetricFormat, trouble::nearest},
    text::Text,
};

/// Whether a signal is asked of another server, and neither read nor worked out here.
pub(super) fn is_meant(table: &Table<'_>) -> bool {
    table.has("prometheus")
}

/// Reads an expression and who evaluates it.
pub(super) fn read(
    table: &mut Table<'_>,
    servers: &[RemoteServer],
    context: &Context<'_>,
    report: &mut Report,
) -> Option<MetricFormat> {
    let of_files: Vec<&'static str> = lines::keys().chain(["file"]).collect();
    table.misplaced(&of_files, "with prometheus and expr", "it is for files: leave it out", report);
    let worked: Vec<&'static str> =
        computed::KEYS.into_iter().filter(|key| *key != "expr" && !of_files.contains(key)).collect();
    table.misplaced(&worked, "with prometheus and expr", "it is for what is worked out here: put it into expr", report);
    if !table.has("expr") {
        table.missing("expr", "write expr = \"sum(rate(http_requests_total[5m]))\"", report);
    }
    let expr = table.filled("expr", report).map(|said| Text::scrub(said.value));
    let said = table.filled("prometheus", report)?;
    let known = || servers.iter().filter(|server| server.kind == RemoteKind::Prometheus);
    let server = known().find(|server| server.name.as_str() == said.value);
    if server.is_none() && context.trusted == Trust::User {
        let hint = match nearest(said.value, known().map(|server| server.name.as_str())) {
            Some(name) => format!("did you mean {}?", quoted(name)),
            None => "write a [[prometheus]] with that name and its url".to_owned(),
        };
        report.fault(&said, &format!("is {}, and no [[prometheus]] is called that", quoted(said.value)), &hint);
    } else if server.is_none() {
        let what = "may not be set by a file that came with a repository: it would choose whom we ask";
        report.fault(&said, what, "set the signal in your own settings file");
    }
    Some(MetricFormat::Remote { server: server?.name.clone(), expr: expr? })
}
