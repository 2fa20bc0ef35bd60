//! `[[duty]]`: work that comes again.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use toml::de::DeValue;

use crate::{
    config::{
        Context,
        check::{
            Most, Range, named,
            release::{day, hour},
            signal::runbook,
            span, zone,
        },
        paths,
        problems::Report,
        secrets::quoted,
        walk::{self, Said, Table, Wanted},
    },
    domain::{
        duty::{Duty, Evidence, every},
        escalation::Target,
        recur::{Every, Rule},
        zone::Zone,
    },
    text::Text,
};

/// More than anybody tends, and as many as are judged within a blink.
const MOST: Most = Most { n: 200, kept: "duties are kept", hint: "join some" };

/// Due at once and late at once is allowed; a year late is another turn's business.
const GRACE_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(366) };

const REMIND_RANGE: Range = Range { least: TimeDelta::zero(), most: TimeDelta::days(60) };

const AGE_RANGE: Range = Range { least: TimeDelta::minutes(1), most: TimeDelta::days(732) };

/// The time of day where the file does not say.
const TIME: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Reads every duty; `home` is the zone at the top of the file.
pub(super) fn all(
    tables: Vec<Table<'_>>,
    home: Option<&Zone>,
    context: &Context<'_>,
    report: &mut Report,
) -> Vec<Duty> {
    named("duty", &MOST, tables, report, |table, names, report| duty(table, home, names, context, report))
}

fn duty(
    mut table: Table<'_>,
    home: Option<&Zone>,
    names: &mut Vec<Said<Text>>,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Duty> {
    let place = table.place();
    if !table.has("name") {
        table.missing("name", "write name = \"weekly triage\": it stands in the record", report);
    }
    let name = table.filled("name", report).map(|said| said.with(Text::scrub(said.value)));
    names.extend(name.clone());
    let about = table.filled("about", report).map(|said| Text::scrub(said.value)).unwrap_or_default();
    let rule = often(&mut table, report);
    let time = table.value("time", report).map_or(Some(TIME), |said| hour(&said, report));
    let zone = table
        .filled("zone", report)
        .map_or_else(|| Some(home.cloned().unwrap_or_else(Zone::utc)), |said| zone(&said, context, report));
    let owner = owner(&mut table, &place, report);
    let (start, until) = stretch(&mut table, report);
    if let Some((said, rule)) = &rule
        && !table.has("start")
        && every::needs_start(rule)
    {
        report.fault(said, "has no day to be counted from", "write start = \"2026-11-02\" as well");
    }
    let is_daily = rule.as_ref().is_some_and(|(_, rule)| rule.every == Every::Day);
    let (usual_grace, usual_lead) =
        if is_daily { (TimeDelta::hours(2), TimeDelta::zero()) } else { (TimeDelta::days(1), TimeDelta::days(1)) };
    let grace = span(&mut table, "grace", GRACE_RANGE, report).map_or(usual_grace, |said| said.value);
    let remind = span(&mut table, "remind", REMIND_RANGE, report).map_or(usual_lead, |said| said.value);
    let evidence = evidence(&mut table, context, report);
    let runbook = table.filled("runbook", report).and_then(|said| runbook(&said, context, report));
    table.finish(report);
    let (said, rule) = rule?;
    if !Duty::is_workable(&rule, start.unwrap_or_default()) {
        report.fault(&said, "never comes, or takes too long to work out", "write the days it falls on");
        return None;
    }
    let duty = Duty {
        name: name?.value,
        about,
        rule,
        time: time?,
        zone: zone?,
        owner: owner?,
        start,
        until,
        grace,
        remind,
        evidence: evidence?,
        runbook,
    };
    Some(duty)
}

/// `every` and `on` as a rule, with where it stands.
fn often(table: &mut Table<'_>, report: &mut Report) -> Option<(Said<()>, Rule)> {
    if !table.has("every") {
        table.missing("every", "write every = \"week\", and on = \"monday\"", report);
    }
    let said = table.filled("every", report);
    let (on, on_place) = match table.value("on", report) {
        None => (Vec::new(), None),
        Some(found) if found.value.as_array().is_some() => {
            let place = found.with(());
            let texts = table.texts("on", report).map(|list| list.value).unwrap_or_default();
            (texts.iter().map(|said| said.value).collect(), Some(place))
        }
        Some(found) => match found.value {
            DeValue::String(text) => (vec![text.trim()], Some(found.with(()))),
            _ => {
                walk::wrong_type(&found, Wanted::Text, report);
                return None;
            }
        },
    };
    let said = said?;
    match every::rule(said.value, &on) {
        Ok(rule) => Some((said.with(()), rule)),
        Err(fault) => {
            match (fault.is_on, &on_place) {
                (true, Some(place)) => report.fault(place, &fault.what, fault.hint),
                (true, None) => table.missing("on", fault.hint, report),
                (false, _) => {
                    report.fault(&said, &format!("is {}, which {}", quoted(said.value), fault.what), fault.hint);
                }
            }
            None
        }
    }
}

fn owner(table: &mut Table<'_>, place: &Said<()>, report: &mut Report) -> Option<Target> {
    let (owner, rota) = (table.filled("owner", report), table.filled("rota", report));
    match (owner, rota) {
        (Some(owner), None) => Some(Target::Person(Text::scrub(owner.value))),
        (None, Some(rota)) => Some(Target::Seat(Text::scrub(rota.value))),
        (Some(_), Some(rota)) => {
            report.fault(&rota, "is given together with owner", "keep one of the two");
            None
        }
        (None, None) if table.has("owner") || table.has("rota") => None,
        (None, None) => {
            report.fault(place, "has no owner", "write owner = \"ana.k\", or rota = \"primary\": a seat of the roster");
            None
        }
    }
}

fn stretch(table: &mut Table<'_>, report: &mut Report) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let start = table.value("start", report).and_then(|said| day(&said, report));
    let until = table.value("until", report).and_then(|said| Some(said.with(day(&said, report)?)));
    if let (Some(start), Some(until)) = (start, &until)
        && until.value < start
    {
        report.fault(until, "is before start", "write a later day, or leave it out");
    }
    (start, until.map(|said| said.value))
}

/// The files that prove it; the inner nothing = a tick does.
fn evidence(table: &mut Table<'_>, context: &Context<'_>, report: &mut Report) -> Option<Option<Evidence>> {
    if !table.has("file") {
        table.misplaced(&["max_age"], "without file", "write file = \"reports/audit-*.json\" as well", report);
        table.filled("file", report);
        return Some(None);
    }
    if !table.has("max_age") {
        table.missing("max_age", "write max_age = \"26h\": how old the newest file may be when it is due", report);
    }
    let files = table.filled("file", report).and_then(|said| paths::pattern(&said, context, report));
    let max_age = span(table, "max_age", AGE_RANGE, report).map(|said| said.value);
    Some(Some(Evidence { files: files?, max_age: max_age? }))
}
