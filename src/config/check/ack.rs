//! `[ack]`: what acknowledging does at the host, besides the record here.

use crate::{
    config::{AckSettings, Context, Trust, problems::Report, secrets::quoted, walk::Table},
    domain::incident::Label,
    text::Text,
};

/// The longest label GitHub takes, in characters.
const LONGEST_LABEL: usize = 50;

/// Reads the section on top of what holds without it.
pub(super) fn ack(mut table: Table<'_>, context: &Context<'_>, start: AckSettings, report: &mut Report) -> AckSettings {
    let assigns = table.flag("assign", report).map_or(start.assigns, |said| said.value);
    let label = table.filled("label", report).and_then(|said| {
        let label = said.value.trim();
        // An address takes these for steps: such a label could not be taken off again.
        let is_one = label.chars().count() <= LONGEST_LABEL && !matches!(label, "." | "..");
        if !is_one {
            let what = format!("is {}, which is no label", quoted(label));
            report.fault(&said, &what, "write a name of at most 50 characters");
        }
        is_one.then(|| Label::new(label))
    });
    let comment = table.filled("comment", report).and_then(|said| {
        if context.trusted == Trust::Repository {
            report.fault(
                &said,
                "may not be set by a file that came with a repository: it would speak in your name",
                "set it in your own settings file",
            );
            return None;
        }
        Some(Text::scrub(said.value.trim()))
    });
    table.finish(report);
    AckSettings { assigns, label: label.or(start.label), comment: comment.or(start.comment) }
}
