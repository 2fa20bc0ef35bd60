//! Why an incident's clocks stand as they do: one line for each thing that moved one.

use chrono::{DateTime, Datelike as _, Utc};
use unicode_width::UnicodeWidthStr;

use super::{ANY, Page, Side, Table};
use crate::{
    domain::{
        priority::Grade,
        sla::{Evidence, Step},
        zone::Zone,
    },
    sink::{board::Judged, words as said},
};

/// Writes the section: the instant, the clock, what it did, by whom, and under which rule. A reason is never cut: where the
/// columns do not fit the page, it follows its event or stands below it.
pub fn write(page: &mut Page, judged: &Judged<'_>, evidence: &[Evidence], zone: &Zone, now: DateTime<Utc>) {
    let under = judged.rule.map(|name| format!(" by rule {name}")).unwrap_or_default();
    let grade = judged.verdict.grade;
    let grade = if grade == Grade::Untriaged { "untriaged" } else { grade.word() };
    page.line(&format!("WHY  {}, {grade}{under}, times in {}", judged.incident.key, zone.name()));
    if !judged.incident.has_timeline {
        page.line("  its history has not been read: whether somebody answered is not known");
    }
    let columns = [(Side::Left, 17), (Side::Left, 8), (Side::Left, 9)];
    let mut whole = Table::new([columns.as_slice(), &[(Side::Left, ANY), (Side::Left, ANY)]].concat());
    for line in evidence {
        let what_of = [moment(line.at, zone, now), said::clock(line.clock).to_owned(), step(line.step)];
        whole.row([what_of.as_slice(), &[event(line), reason(line)]].concat());
    }
    let is_whole = whole.lines(usize::MAX).iter().all(|line| line.trim_end().width() <= page.width);
    if is_whole {
        page.table(&whole);
        return;
    }
    let widest = |of: &dyn Fn(&Evidence) -> String| evidence.iter().map(|line| of(line).width()).max().unwrap_or(0);
    let (moments, steps) = (widest(&|line| moment(line.at, zone, now)), widest(&|line| step(line.step)));
    for line in evidence {
        let (at, clock, step) = (moment(line.at, zone, now), said::clock(line.clock), step(line.step));
        let lead = format!("  {at:<moments$}  {clock:<8}  {step:<steps$}  ");
        let (event, reason) = (event(line), reason(line));
        let in_one = format!("{event}: {reason}");
        if lead.width() + in_one.width() <= page.width {
            page.line(&format!("{lead}{in_one}"));
        } else {
            page.wrapped(&lead, &event);
            page.wrapped(&" ".repeat(lead.width()), &reason);
        }
    }
}

fn event(line: &Evidence) -> String {
    let by = line.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("{}{by}", line.event)
}

fn reason(line: &Evidence) -> String {
    format!("{} {}", line.rule, line.words)
}

/// `20 Nov 09:00`, with the year where it is another one: the line has to have room for the rule.
fn moment(at: DateTime<Utc>, zone: &Zone, now: DateTime<Utc>) -> String {
    let (there, here) = (zone.local(at), zone.local(now));
    let form = if there.year() == here.year() { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" };
    there.format(form).to_string()
}

fn step(step: Step) -> String {
    match step {
        Step::Start => "starts".to_owned(),
        Step::Pause => "pauses".to_owned(),
        Step::Resume => "goes on".to_owned(),
        Step::Stop => "stops".to_owned(),
        Step::Retarget(grade) => format!("as {}", grade.word()),
        Step::Breach => "goes over".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::sla::{self, Policy, Rule, sample_incident},
        text::Text,
    };

    fn page(policy: &Policy, labels: &[&str], events: &[&str]) -> String {
        let incident = sample_incident(labels, events);
        let now = crate::domain::time::parse_rfc3339("2026-11-28T12:00:00Z").unwrap();
        let verdict = sla::judge(&incident, policy, now);
        let rule = policy.rule_name(verdict.rule);
        let pressing = sla::WhichClock::Response;
        let judged = Judged {
            incident: &incident,
            verdict,
            acked: None,
            pressing,
            rule,
            ladder: None,
            milestone_due: None,
            snoozed_until: None,
            pending: Vec::new(),
            roster_away: None,
        };
        let mut page = Page::new(80);
        write(&mut page, &judged, &sla::explain(&incident, policy, now), &Zone::utc(), now);
        page.finish()
    }

    #[test]
    fn reasons_stand_in_a_column_where_they_fit() {
        let told = page(&Policy::standard(), &["P1"], &[]);
        let wanted = "  20 Nov 12:00  response  starts     opened by rita  R20 the clocks start\n";
        assert!(told.contains(wanted), "{told}");
    }

    #[test]
    fn a_reason_is_never_cut_and_the_rule_that_judges_is_named() {
        let mut policy = Policy { pause_labels: vec!["waiting".to_owned()], ..Policy::standard() };
        let terms = Default::default();
        let (repositories, labels) = (Vec::new(), vec!["customer-of-the-first-tier".to_owned()]);
        policy.rules.push(Rule {
            name: Text::scrub("customers of the first tier"),
            labels,
            repositories,
            kind: None,
            terms,
        });
        let told = page(&policy, &["P1"], &["13:00 member labeled customer-of-the-first-tier"]);
        assert!(
            told.starts_with("WHY  acme/api#812, P1 by rule customers of the first tier, times in UTC\n"),
            "{told}"
        );
        assert!(
            told.contains("\n                                     R25 judged by rule customers of the first\n"),
            "{told}"
        );
        assert!(told.lines().all(|line| line.chars().count() <= 80 && !line.contains('…')), "{told}");
    }
}
