//! The release as others read it: the gate's verdict, a memo for the decision, notes of what went in. Text and Markdown.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::markdown::{escaped, link};
use crate::{
    domain::{
        release::{
            Release,
            course::Standing,
            evidence::{Finding, Judged},
            gate::{Outcome, Reason, Verdict},
            notes::{Entry, Notes, Weight},
            record::{Decided, Deed},
            rollback::{Rollback, State},
            rules::Rules,
        },
        slo::standing::BudgetState,
        time::{between, rfc3339, short_span},
    },
    text::{Text, counted},
};

/// Everything that is said of a release at one instant.
#[derive(Debug)]
pub struct Told<'a> {
    /// The release.
    pub release: &'a Release,
    /// What it is judged by.
    pub rules: &'a Rules,
    /// The commit that is to go out; nothing = none was named.
    pub commit: Option<&'a Text>,
    /// The verdict.
    pub outcome: &'a Outcome,
    /// What evidence says, with the text of its step.
    pub evidence: Vec<(&'a Text, &'a Judged, Standing)>,
    /// The watch over it.
    pub rollback: Option<&'a Rollback>,
    /// Objectives, how their budgets stand, and what is left of them.
    pub budgets: Vec<(&'a Text, BudgetState, Option<f64>)>,
}

/// What evidence came to, in a word.
pub fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::Holds => "holds",
        Finding::Fails => "fails",
        Finding::NotJudged => "not_judged",
    }
}

/// How a criterion stands, in a word.
pub fn state(state: State) -> &'static str {
    match state {
        State::Quiet => "quiet",
        State::Met(_) => "met",
        State::NotJudged => "not_judged",
    }
}

/// A decision in words.
pub fn decided(what: &Decided) -> String {
    match what {
        Decided::Go => "go".to_owned(),
        Decided::NoGo => "no go".to_owned(),
        Decided::RollBack => "roll back".to_owned(),
        Decided::Stay => "stay".to_owned(),
        Decided::Other(what) => what.to_string(),
    }
}

impl Told<'_> {
    /// The verdict with what it is of: `NO GO  4.9.9 at 1a2b3c4: 3 reasons`.
    pub fn headline(&self) -> String {
        let name = if self.release.name.is_blank() { "the release".to_owned() } else { self.release.name.to_string() };
        let at = self.commit.map(|commit| format!(" at {commit}")).unwrap_or_default();
        let n = self.outcome.reasons.len();
        match self.outcome.verdict {
            Verdict::Go => format!("GO  {name}{at}"),
            Verdict::NoGo => format!("NO GO  {name}{at}: {}", counted(n, "reason", "reasons")),
            Verdict::CannotJudge => {
                format!("COULD NOT JUDGE  {name}{at}: {} not known", counted(n, "thing is", "things are"))
            }
        }
    }

    /// The verdict, every reason on a line of its own, and what the reader must know of it.
    pub fn plain(&self) -> String {
        let mut page = format!("{}\n", self.headline());
        for reason in &self.outcome.reasons {
            let _ = writeln!(page, "- {}", Text::scrub(&reason.words()));
        }
        for (step, judged, standing) in &self.evidence {
            let mark = match (standing, judged.finding) {
                (Standing::Contradicted, Finding::Fails) => "ticked, and its evidence says otherwise",
                (_, Finding::Holds) => "holds",
                (_, Finding::Fails) => "does not hold",
                (_, Finding::NotJudged) => "not judged",
            };
            let _ = writeln!(page, "  evidence of \"{step}\": {mark}: {}", judged.said);
        }
        let has_signs = !self.rules.roles.is_empty() || !self.release.sign_offs.is_empty();
        if self.commit.is_none() && has_signs {
            page.push_str("note: no --ref: sign-offs count whatever commit they were given for\n");
        }
        page
    }
}

/// The memo for the decision: verdict, open items, what is not known, sign-offs, budgets, how it would be taken back, and what
/// happened. Markdown.
pub fn memo(of: &Told<'_>, now: DateTime<Utc>) -> String {
    let mut page = format!("# Go/no-go memo: {}\n\n", escaped(&of.release.name));
    let _ = writeln!(page, "As of {}.\n", rfc3339(now));
    let _ = writeln!(page, "**{}**\n", escaped(&Text::scrub(&of.headline())));
    if let Some(line) = of.rollback.filter(|watch| watch.is_recommended()) {
        let _ = writeln!(page, "**{}**\n", escaped(&Text::scrub(&line.line(now))));
    }
    let (open, risks): (Vec<&Reason>, Vec<&Reason>) =
        of.outcome.reasons.iter().partition(|reason| matches!(reason, Reason::Item { .. }));
    section(&mut page, "Residual risks", &said(&risks), "None is known.");
    section(&mut page, "Open items", &said(&open), "None that the release waits for.");
    section(&mut page, "Waivers and exceptions", &waivers(of), "None.");
    sign_offs(&mut page, of);
    budgets(&mut page, of);
    section(&mut page, "Evidence", &evidence(of), "No step is tied to evidence.");
    rollback(&mut page, of, now);
    section(&mut page, "Decisions", &decisions(of), "None is on record.");
    page
}

fn said(reasons: &[&Reason]) -> Vec<String> {
    reasons.iter().map(|reason| escaped(&Text::scrub(&reason.words()))).collect()
}

fn section(page: &mut String, title: &str, lines: &[String], nothing: &str) {
    let _ = writeln!(page, "## {title}\n");
    if lines.is_empty() {
        let _ = writeln!(page, "{nothing}\n");
        return;
    }
    for line in lines {
        let _ = writeln!(page, "- {line}");
    }
    page.push('\n');
}

fn entries<'a>(of: &'a Told<'_>) -> impl Iterator<Item = &'a crate::domain::release::record::Entry> {
    of.release.courses.iter().flat_map(|course| course.record.entries())
}

fn why(reason: &Text) -> String {
    if reason.is_blank() { String::new() } else { format!(": {}", escaped(reason)) }
}

fn waivers(of: &Told<'_>) -> Vec<String> {
    let on_record = entries(of).filter_map(|entry| {
        let what = match &entry.deed {
            Deed::Waiver { what } => format!("{} is waived", escaped(what)),
            Deed::FreezeException { freeze } => format!("the freeze {} does not hold", escaped(freeze)),
            _ => return None,
        };
        let what = if of.rules.counts(entry) { what } else { format!("**does not count**: {what}") };
        Some(format!("{what}, by {} at {}{}", escaped(&entry.by), rfc3339(entry.at), why(&entry.reason)))
    });
    let of_settings = of.rules.freezes.iter().filter(|freeze| freeze.is_excepted);
    let of_settings =
        of_settings.map(|freeze| format!("the freeze {} does not hold, by the settings", escaped(&freeze.name)));
    on_record.chain(of_settings).collect()
}

fn sign_offs(page: &mut String, of: &Told<'_>) {
    let mut roles: Vec<&Text> = of.rules.roles.iter().map(|role| &role.name).collect();
    roles.extend(
        of.release
            .sign_offs
            .iter()
            .map(|sign_off| &sign_off.role)
            .filter(|role| !of.rules.roles.iter().any(|known| known.name.as_str().eq_ignore_ascii_case(role.as_str()))),
    );
    let _ = writeln!(page, "## Sign-offs\n");
    if roles.is_empty() {
        let _ = writeln!(page, "No role is asked.\n");
        return;
    }
    let _ = writeln!(page, "| role | who | word | commit | when | why |\n|---|---|---|---|---|---|");
    for role in roles {
        let says: Vec<_> = of.release.courses.iter().flat_map(|course| course.record.says(role.as_str())).collect();
        if says.is_empty() {
            let _ = writeln!(page, "| {} | - | nothing yet | - | - | - |", escaped(role));
        }
        for (entry, say) in says {
            let commit = entry.commit.as_ref().map_or("none named".to_owned(), escaped);
            let (by, why) =
                (escaped(&entry.by), if entry.reason.is_blank() { "-".to_owned() } else { escaped(&entry.reason) });
            let _ = writeln!(
                page,
                "| {} | {by} | {}{} | {commit} | {} | {why} |",
                escaped(role),
                say.word(),
                if of.rules.counts(entry) { "" } else { " (does not count: not one of the role)" },
                rfc3339(entry.at)
            );
        }
    }
    page.push('\n');
}

fn budgets(page: &mut String, of: &Told<'_>) {
    let line = |(name, budget, left): &(&Text, BudgetState, Option<f64>)| {
        let left = left.map_or("no data".to_owned(), |left| format!("{:.1} % left", left * 100.0));
        format!("{}: {} ({left})", escaped(name), budget.word().replace('_', " "))
    };
    let lines: Vec<String> = of.budgets.iter().map(line).collect();
    section(page, "Error budgets", &lines, "No objective is set.");
}

fn evidence(of: &Told<'_>) -> Vec<String> {
    let line = |(step, judged, standing): &(&Text, &Judged, Standing)| {
        let doubt = match (standing, judged.finding) {
            (Standing::Contradicted, Finding::Fails) => " **Somebody ticked it all the same.**",
            _ => "",
        };
        let word = finding(judged.finding).replace('_', " ");
        format!("{}: {word}, {}.{doubt}", escaped(step), escaped(&judged.said))
    };
    of.evidence.iter().map(line).collect()
}

fn rollback(page: &mut String, of: &Told<'_>, now: DateTime<Utc>) {
    let _ = writeln!(page, "## Taking it back\n");
    let Some(watch) = of.rollback else {
        let _ = writeln!(page, "No day of release is set, so nothing is watched.\n");
        return;
    };
    let owner = if watch.owner.is_blank() {
        "nobody was named to decide".to_owned()
    } else {
        format!("{} decides", escaped(&watch.owner))
    };
    let declared =
        if watch.is_declared { "" } else { " Nothing was declared before T-0: the usual criteria are watched." };
    let bake = short_span(between(watch.start, watch.end));
    let _ = writeln!(page, "Watched from {} for {bake}; {owner}.{declared}\n", rfc3339(watch.start));
    let _ = writeln!(page, "{}\n", escaped(&Text::scrub(&watch.line(now))));
    for criterion in &watch.criteria {
        let since = if let State::Met(at) = criterion.state { format!(" at {}", rfc3339(at)) } else { String::new() };
        let word = state(criterion.state).replace('_', " ");
        let _ = writeln!(page, "- {}: {word}{since}, {}", escaped(&criterion.name), escaped(&criterion.said));
    }
    page.push('\n');
    let of_plans = of.release.courses.iter().flat_map(|course| &course.plan.criteria);
    let of_plans = of_plans.filter(|c| c.kind == crate::domain::release::plan::CriterionKind::Rollback);
    let told: Vec<String> = of_plans.map(|criterion| escaped(&criterion.text)).collect();
    if !told.is_empty() {
        let _ = writeln!(page, "The plan's own words:\n");
        for line in told {
            let _ = writeln!(page, "- {line}");
        }
        page.push('\n');
    }
    let steps: Vec<&Text> =
        of.release.courses.iter().flat_map(|course| &course.plan.rollback).map(|step| &step.text).collect();
    if !steps.is_empty() {
        let _ = writeln!(page, "How it is taken back:\n");
        for (n, step) in steps.iter().enumerate() {
            let _ = writeln!(page, "{}. {}", n + 1, escaped(step));
        }
        page.push('\n');
    }
}

fn decisions(of: &Told<'_>) -> Vec<String> {
    let line = |entry: &crate::domain::release::record::Entry| match &entry.deed {
        Deed::Decision { what } => Some(format!(
            "{} {}: {}{}",
            rfc3339(entry.at),
            escaped(&entry.by),
            escaped(&Text::scrub(&decided(what))),
            why(&entry.reason)
        )),
        _ => None,
    };
    entries(of).filter_map(line).collect()
}

/// What went into a release, as Markdown. `unheard` are sources that did not tell all.
pub fn notes(title: &Text, notes: &Notes, unheard: &[Text]) -> String {
    let mut page = format!("# {}\n\n", escaped(title));
    let since = notes.last.as_ref().map(|tag| format!("{}, ", escaped(tag))).unwrap_or_default();
    let _ = writeln!(page, "Since {since}{}.\n", rfc3339(notes.period.start));
    match (notes.weight, &notes.next) {
        (Some(weight), Some(next)) => {
            let _ = writeln!(page, "Suggested version: **{}** ({}).\n", escaped(&Text::scrub(next)), weight.word());
        }
        (Some(weight), None) => {
            let _ =
                writeln!(page, "Suggested step: **{}**; the last tag is no version, or not known.\n", weight.word());
        }
        (None, _) => {
            let _ = writeln!(page, "Nothing went in, so no version is suggested.\n");
        }
    }
    let line = |entry: &Entry| {
        let author = entry.author.as_ref().map(|login| Text::scrub(login.as_str()));
        let by = author.map(|login| format!(" by {}", escaped(&login))).unwrap_or_default();
        let key = escaped(&Text::scrub(&entry.key.to_string()));
        format!("{} ({}){by}", escaped(&entry.title), link(&key, &entry.url))
    };
    let of_weight =
        |weight| -> Vec<String> { notes.merged.iter().filter(|entry| entry.weight == weight).map(line).collect() };
    for (title, weight) in
        [("Breaking changes", Weight::Major), ("Added", Weight::Minor), ("Changed and fixed", Weight::Patch)]
    {
        let lines = of_weight(weight);
        if !lines.is_empty() {
            section(&mut page, title, &lines, "");
        }
    }
    if notes.merged.is_empty() {
        let _ = writeln!(page, "No pull request that was merged is known.\n");
    }
    section(&mut page, "Closed issues", &notes.closed.iter().map(line).collect::<Vec<_>>(), "None.");
    let people: Vec<String> = notes.contributors.iter().map(|login| escaped(&Text::scrub(login.as_str()))).collect();
    section(&mut page, "Thanks to", &people, "Nobody is known.");
    let mut doubts: Vec<String> = unheard.iter().map(escaped).collect();
    if 0 < notes.n_unknown {
        let n = counted(notes.n_unknown, "pull request", "pull requests");
        doubts.push(format!("{n} ended in this time, and whether they were merged is not known"));
    }
    if !doubts.is_empty() {
        section(&mut page, "Not known", &doubts, "");
    }
    page
}
