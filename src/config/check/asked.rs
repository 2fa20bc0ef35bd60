//! `[[signal]]` that is asked of another server: `prometheus` and `expr`.

use crate::{
    config::{
        Context, Trust,
        check::{computed, lines, remote::Servers},
        problems::Report,
        remote::RemoteKind,
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
    servers: &Servers,
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
    let known =
        || servers.named.iter().filter(|(kind, _)| *kind == RemoteKind::Prometheus).map(|(_, name)| name.as_str());
    let is_known = known().any(|name| name == said.value);
    if context.trusted == Trust::User && !is_known {
        let hint = match nearest(said.value, known()) {
            Some(name) => format!("did you mean {}?", quoted(name)),
            None => "write a [[prometheus]] with that name and its url".to_owned(),
        };
        report.fault(&said, &format!("is {}, and no [[prometheus]] is called that", quoted(said.value)), &hint);
    } else if context.trusted == Trust::Repository {
        let what = "may not be set by a file that came with a repository: it would choose whom we ask";
        report.fault(&said, what, "set the signal in your own settings file");
    }
    is_known.then_some(MetricFormat::Remote { server: Text::scrub(said.value), expr: expr? })
}
