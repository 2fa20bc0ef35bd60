//! What moved the clocks of one incident, a line each.

use chrono::{DateTime, TimeDelta, Utc};

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::{
        sla::{ClockState, Evidence, Step, WhichClock},
        time::short_span,
        zone::Zone,
    },
    sink::{board::Judged, words::step},
};

/// Writes the incident, both clocks and the evidence.
pub fn write(page: &mut Page, judged: &Judged<'_>, evidence: &[Evidence], zone: &Zone, now: DateTime<Utc>) {
    let incident = judged.incident;
    let rule = judged.rule.map(|name| format!(", rule {name}")).unwrap_or_default();
    page.line(&format!("{}  {}{rule}  {}", incident.key, judged.verdict.grade.word(), incident.title));
    for which in [WhichClock::Response, WhichClock::Fix] {
        clock(page, judged, which, zone, now);
    }
    if !incident.has_timeline {
        page.line("  the source tells no history: whether somebody answered is not known");
    }
    page.blank();
    page.line("EVIDENCE  rules are those of docs/rules.md");
    let columns = [(Side::Left, 18), (Side::Left, 8), (Side::Left, 16), (Side::Left, 4), (Side::Left, ANY)];
    let mut table = Table::new(columns);
    for line in evidence {
        let step = match line.step {
            Step::Retarget(grade) => format!("judged as {}", grade.word()),
            other => step(other).to_owned(),
        };
        let by = line.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        let under = line.under.as_ref().map(|name| format!(" (rule {name})")).unwrap_or_default();
        table.row([
            words::moment(line.at, zone),
            crate::sink::words::clock(line.clock).to_owned(),
            step,
            line.rule.to_owned(),
            format!("{}{by}{under}", line.event),
        ]);
    }
    if evidence.is_empty() {
        page.line("  no clock has begun");
    }
    page.table(&table);
}

fn clock(page: &mut Page, judged: &Judged<'_>, which: WhichClock, zone: &Zone, now: DateTime<Utc>) {
    let clock = judged.clock(which);
    let doubt = if judged.is_known(which) { "" } else { " if nobody answered" };
    let target = clock.target.map_or("nothing promised".to_owned(), |t| format!("of {}", short_span(t)));
    let end = match (clock.state, clock.deadline, clock.left(now)) {
        (ClockState::Breached, Some(at), Some(left)) if left < TimeDelta::zero() => {
            format!(", over since {}", words::moment(at, zone))
        }
        (_, Some(at), _) => format!(", due {}", words::moment(at, zone)),
        _ => clock.stopped_at.map(|at| format!(", stopped {}", words::moment(at, zone))).unwrap_or_default(),
    };
    let (name, state, counted) = (crate::sink::words::clock(which), clock.state.word(), short_span(clock.elapsed));
    page.line(&format!("  {name:<8} {state}{doubt}: {counted} counted, {target}{end}"));
}
