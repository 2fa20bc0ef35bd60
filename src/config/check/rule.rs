//! `[[sla.rule]]`: promises of their own for some incidents.

use crate::{
    config::{
        check::{
            Most,
            calendar::Calendars,
            choice, named,
            promise::{CLOCKS, Given, InDays, NONE, must_be_rewritten, promise, row_word},
        },
        problems::Report,
        secrets::quoted,
        units,
        walk::{Said, Table},
    },
    domain::{
        calendar::Calendar,
        incident::Kind,
        priority::Grade,
        sla::{MOST_RULES, Policy, RepoPattern, Rule, Term, Terms},
    },
    text::Text,
};

/// What a rule's table says of one row: response, fix.
type Row = [Option<Given>; 2];

/// A rule, and what must be held against the table of priorities once that is read.
pub(super) struct Draft {
    rule: Rule,
    place: Said<()>,
    /// By grade: its own words, else the rule's for all.
    rows: [Row; 5],
}

/// Reads every rule.
pub(super) fn rules(tables: Vec<Table<'_>>, calendars: &Calendars, report: &mut Report) -> Vec<Draft> {
    let most = Most { n: MOST_RULES, kept: "rules are looked at", hint: "join some by their labels" };
    named("rule", &most, tables, report, |table, names, report| draft(table, names, calendars, report))
}

fn draft(
    mut table: Table<'_>,
    names: &mut Vec<Said<Text>>,
    calendars: &Calendars,
    report: &mut Report,
) -> Option<Draft> {
    let place = table.place();
    if !table.has("name") {
        table.missing("name", "write name = \"reviews\": it is shown wherever the rule judged", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let labels = table.some_texts("labels", "name a label, or leave the key out", report);
    let repositories = repositories(&mut table, report);
    let kinds = [
        ("issue", Kind::Issue),
        ("pull-request", Kind::PullRequest),
        ("dependabot", Kind::Dependabot),
        ("code-scanning", Kind::CodeScanning),
        ("advisory", Kind::Advisory),
        ("notification", Kind::Notification),
    ];
    let kind = table.filled("kind", report).and_then(|said| choice(&said, &kinds, report));
    if !["labels", "repositories", "kind"].iter().any(|key| table.has(key)) {
        let hint = "say which incidents: labels, repositories or kind; for all of them there is [priorities]";
        report.fault(&place, "would judge every incident", hint);
    }
    let calendar = table.filled("calendar", report).and_then(|said| calendars.find(&said, report));
    let common = both(&mut table, report);
    let (mut rows, mut terms): ([Row; 5], [Terms; 5]) = Default::default();
    for grade in Grade::ALL {
        let own = table.table(row_word(grade), report).map(|mut row| {
            let own = both(&mut row, report);
            row.finish(report);
            own
        });
        let row = CLOCKS.each_ref().map(|_| None);
        let [response, fix]: Row = own.unwrap_or(row);
        let [of_all, fix_of_all] = common.clone();
        let row = [response.or(of_all), fix.or(fix_of_all)];
        in_order(&row, report);
        let [response, fix] = row.each_ref().map(|given| given.as_ref().map_or(Term::AsBefore, term));
        if let (Some(to), Some(at)) = (terms.get_mut(grade.index()), rows.get_mut(grade.index())) {
            *to = Terms { response, fix, calendar: calendar.clone() };
            *at = row;
        }
    }
    let is_silent = terms.iter().all(|terms| *terms == Terms::default());
    if is_silent && !table.has("calendar") {
        report.fault(&place, "promises nothing of its own", "write response, fix or calendar");
    }
    table.finish(report);
    let labels = labels.map(|said| said.value.iter().map(|label| label.value.to_owned()).collect()).unwrap_or_default();
    let rule = Rule { name: name?.value, labels, repositories, kind, terms };
    Some(Draft { rule, place, rows })
}

fn both(table: &mut Table<'_>, report: &mut Report) -> Row {
    let [(_, response), (_, fix)] = CLOCKS;
    let [none, best_effort] = NONE;
    [promise(table, response, none, report), promise(table, fix, best_effort, report)]
}

fn term(given: &Given) -> Term {
    given.length.value.map_or(Term::NoPromise, Term::Within)
}

fn in_order(row: &Row, report: &mut Report) {
    let [Some(response), Some(fix)] = row else { return };
    if let (Some(first), Some(last)) = (response.length.value, fix.length.value)
        && last < first
    {
        let what = format!("is {}, shorter than the response ({})", units::written(last), units::written(first));
        report.fault(&fix.length, &what, "a fix takes at least as long as the first answer");
    }
}

fn repositories(table: &mut Table<'_>, report: &mut Report) -> Vec<RepoPattern> {
    let list = table.some_texts("repositories", "name a repository, or leave the key out", report);
    let mut patterns = Vec::new();
    for said in list.map(|said| said.value).unwrap_or_default() {
        let pattern = RepoPattern::parse(said.value);
        if pattern.is_none() {
            let what = format!("names {}, which is no repository", quoted(said.value));
            report.fault(&said, &what, "write owner/name; * and ? may stand in both halves, as in \"acme/*\"");
        }
        patterns.extend(pattern);
    }
    patterns
}

impl Draft {
    /// The rule, held against the rows it is laid over.
    pub(super) fn settle(self, policy: &Policy, in_days: &InDays, report: &mut Report) -> Rule {
        for grade in Grade::ALL {
            let Some((terms, row)) = self.rule.terms.get(grade.index()).zip(self.rows.get(grade.index())) else {
                continue;
            };
            let base = policy.target(grade);
            let calendar = terms.calendar.as_ref().unwrap_or(&base.calendar);
            for (given, ((which, name), is_in_days)) in
                row.iter().zip(CLOCKS.iter().zip(in_days.get(grade.index()).into_iter().flatten()))
            {
                match given {
                    Some(given) => given.must_fit(calendar, report),
                    None => {
                        let is_promised = base.of(*which).is_some();
                        if matches!(terms.calendar, Some(Calendar::Business(_))) && is_promised && *is_in_days {
                            must_be_rewritten(&self.place, grade, name, report);
                        }
                    }
                }
            }
        }
        self.rule
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::priority::Priority;

    #[test]
    fn every_row_of_a_rule_is_a_priority_or_untriaged() {
        let words: Vec<_> = Grade::ALL.iter().map(|grade| row_word(*grade)).collect();
        assert_eq!(words, ["P0", "P1", "P2", "P3", "untriaged"]);
        assert!(Priority::ALL.iter().all(|priority| words.contains(&priority.word())));
    }
}
