//! `watchfloor alerts …`: what fires, why, which rules are judged, how loud they were.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Alerts, AlertsCommand, Common},
        board, duties, exit,
        failure::{Failure, print},
        no_settings, remote, setup, show,
    },
    domain::{
        alert::{
            AlertState,
            alarm::Alarm,
            book::{Book, RuleView},
            rule::AnyRule,
        },
        duty::judge::State,
        series::{Side, figure},
        stats::noise,
        time::{between, short_span},
        zone::Zones,
    },
    floor::{Floor, freshness::Feed},
    shell::{clock::Clock, rules},
    sink::{
        json::{alert as wire, duty as duty_wire, remote as remote_wire},
        plain::{
            Page,
            alert::{bound, line},
            duty,
        },
    },
    source::rules::Verdict,
    text::{Text, counted},
};

/// Runs it.
///
/// # Errors
/// Wrong settings, or no alert of that name.
pub async fn run(asked: &Alerts, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let json = asked.printed.json;
    match &asked.command {
        Some(AlertsCommand::Check(printed)) => check(json || printed.json, common, zones),
        Some(AlertsCommand::Ack { id, length, comment, author }) => {
            let (setup, _) = judged(common, zones).await?;
            let said = remote::Said { length: *length, comment, author: author.as_deref() };
            remote::ack(&setup, id, said, setup.clock.now()).await
        }
        None => list(json, common, zones).await,
        Some(AlertsCommand::List(printed)) => list(json || printed.json, common, zones).await,
        Some(AlertsCommand::Why { id, printed }) => why(id, json || printed.json, common, zones).await,
        Some(AlertsCommand::Noise(printed)) => audit(json || printed.json, common, zones).await,
    }
}

/// The floor with everything read, and its rules judged as far as the files reach back.
async fn judged(common: &Common, zones: &Zones) -> Result<(setup::Setup, DateTime<Utc>), Failure> {
    let mut setup = setup::set_up(common, zones)?;
    setup.read_all().await;
    let now = setup.judged_at();
    Ok((setup, now))
}

/// What was judged is whole only if every metric file and every other server was heard.
fn code(setup: &setup::Setup) -> u8 {
    let servers =
        setup.floor.sources_of(Feed::Alerts).map(|source| u8::from(!source.is_whole()) * exit::COULD_NOT_JUDGE);
    servers.fold(show::code(&setup.floor, board::Part::Metrics), u8::max)
}

async fn list(json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (setup, now) = judged(common, zones).await?;
    let book = setup.floor.book();
    let all = setup.floor.alarm_rows(now);
    let duties = duties::rows(&setup.floor);
    if json {
        let rows = wire::rows(&all);
        let late = duties.iter().filter(|row| row.standing.head().is_some_and(|head| head.state == State::Late));
        let late: Vec<_> = late.map(|row| duty_wire::Row::of(row, now)).collect();
        let rules: Vec<_> = book.rules().map(|view| wire::Rule::of(&view)).collect();
        let remote: Vec<_> =
            setup.floor.abroad().map(|(source, told)| remote_wire::Server::of(&source.name, told)).collect();
        let document = board::document("alerts", zones, now).with("alerts", rows).with("rules", rules);
        let document = document
            .with("late_duties", late)
            .with("remote", remote)
            .with("series_left_out", setup.floor.pool().n_left_out());
        print(&board::pretty(&document.value()))?;
        return Ok(code(&setup));
    }
    let mut page = Page::new(show::width());
    page.heading(&setup.floor.team, &setup.floor.zone, now);
    page.blank();
    let mut own: Vec<&Alarm> = all.iter().filter(|alarm| alarm.elsewhere().is_none()).collect();
    own.sort_by_key(|alarm| (!alarm.alert.is_firing(), alarm.alert.since, alarm.alert.id));
    page.line(&counts(book, &own));
    for left_out in setup.floor.pool().left_out().into_iter().chain(setup.floor.ahead()) {
        page.whole_line(&format!("  {left_out}"));
    }
    for alarm in own {
        page.line(&line(alarm, now));
    }
    duty::late(&mut page, &duties, now);
    for view in book.rules() {
        if let Some(why) = &view.standing.error {
            page.line(&format!("rule {} cannot be judged: {why}", view.rule.name()));
        }
    }
    remote::lines(&setup.floor, now).iter().for_each(|line| page.line(line));
    for source in setup.floor.sources_of(Feed::Metrics).chain(setup.floor.sources_of(Feed::Alerts)) {
        if let Some((trouble, _, why)) = &source.trouble {
            page.line(&format!("{} is {}: {why}", source.name, trouble.word()));
        }
        source.left_out().iter().for_each(|left_out| page.whole_line(&format!("left out: {left_out}")));
    }
    print(&page.finish())?;
    Ok(code(&setup))
}

fn counts(book: &Book, alarms: &[&Alarm]) -> String {
    let rules = counted(book.rules().len(), "rule", "rules");
    let firing = alarms.iter().filter(|alarm| alarm.alert.is_firing()).count();
    let silent = book.rules().filter(|view| view.standing.n_judged == 0 && view.standing.error.is_none()).count();
    let pending = alarms.len() - firing;
    format!("ALERTS  {rules}: {firing} firing, {pending} pending; {silent} without data")
}

async fn why(id: &str, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (setup, now) = judged(common, zones).await?;
    let (book, all) = (setup.floor.book(), setup.floor.alarm_rows(now));
    let is_meant = |alarm: &&Alarm| alarm.alert.id.to_string().starts_with(id) || alarm.alert.rule.as_str() == id;
    let meant: Vec<&Alarm> = all.iter().filter(is_meant).collect();
    let name = meant.first().map_or(id, |alarm| alarm.alert.rule.as_str());
    let is_own = meant.first().is_none_or(|alarm| alarm.elsewhere().is_none());
    let view = book.rules().find(|view| is_own && view.rule.name().as_str() == name);
    let said =
        said_of(&setup.floor, name).or_else(|| (!meant.is_empty()).then(|| "an alert of another server".to_owned()));
    if view.is_none() && said.is_none() {
        let hint = "watchfloor alerts lists what fires, watchfloor alerts check every rule";
        let what = format!("find {}: no alert, no rule, no bound and no objective is called that", Text::scrub(id));
        return Err(Failure::new(exit::USAGE, what, hint));
    }
    if json {
        let rows: Vec<_> = meant.iter().map(|alarm| wire::Row::of(alarm)).collect();
        let rule = view.as_ref().map(wire::Rule::of);
        let document = board::document("alert", zones, now).with("rule", rule).with("alerts", rows);
        print(&board::pretty(&document.value()))?;
        return Ok(code(&setup));
    }
    let mut page = Page::new(show::width());
    match view {
        Some(view) => rule(&mut page, &view),
        None => page.line(&bound(&Text::scrub(name), &said.unwrap_or_default(), meant.len())),
    }
    for alarm in meant {
        let alert = &alarm.alert;
        page.blank();
        page.line(&line(alarm, now));
        for (name, text) in alert.annotations.iter() {
            page.whole_line(&format!("    {name}: {text}"));
        }
        if let AlertState::Firing { blind_since: Some(since), .. } = alert.state {
            page.line(&format!("    no data for {}: it stays as it was", short_span(between(since, now))));
        }
    }
    print(&page.finish())?;
    Ok(code(&setup))
}

/// What judges alerts of a name that is no rule's: the bound of a signal, or an objective.
fn said_of(floor: &Floor, name: &str) -> Option<String> {
    let of_name = floor.gauges().iter().find(|gauge| gauge.signal.name.as_str() == name);
    let threshold = of_name.and_then(|gauge| Some((gauge, gauge.signal.threshold?)));
    let slo = || floor.slos().iter().any(|watched| watched.slo.name.as_str() == name);
    match threshold {
        Some((gauge, threshold)) => {
            let side = if threshold.bad == Side::Above { "above" } else { "below" };
            let bound = format!("{} {}", figure(threshold.bound), gauge.signal.unit);
            Some(format!("the bound of a signal, {side} {} for {}", bound.trim_end(), short_span(gauge.signal.hold)))
        }
        None => slo().then(|| "an objective (slo why tells of its windows)".to_owned()),
    }
}

/// A rule: what it looks at, how long it waits.
fn rule(page: &mut Page, view: &RuleView<'_>) {
    page.line(&format!("{}  {}", view.rule.name(), view.rule.origin()));
    page.whole_line(&format!("  expr   {}", view.rule.expr().written()));
    page.line(&format!("  every  {}", short_span(view.rule.every())));
    if let AnyRule::Alert(rule) = view.rule {
        page.line(&format!("  for    {}, then held for {}", short_span(rule.hold), short_span(rule.keep_firing)));
        page.line(&format!("  without data: {}, {}", rule.no_data, short_span(rule.no_data_hold)));
    }
    match &view.standing.error {
        Some(why) => page.line(&format!("  cannot be judged: {why}")),
        None => page.line(&format!("  looked at {}", counted(view.standing.n_judged, "series", "series"))),
    }
}

fn check(json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (path, trust) = setup::find_settings(common).ok_or_else(no_settings)?;
    let settings = setup::read_settings(&path, trust, zones)?;
    let found = rules::read(&settings.rule_files);
    let own = settings.alerts.iter().map(|rule| AnyRule::Alert(Box::new(rule.clone())));
    let all: Vec<AnyRule> = own.chain(found.rules.iter().cloned()).collect();
    let count = |is: fn(&Verdict) -> bool| found.faults.iter().filter(|(_, fault)| is(&fault.verdict)).count();
    let refused = count(|verdict| matches!(verdict, Verdict::Unsupported(_)));
    let wrong = count(|verdict| *verdict == Verdict::Wrong) + found.unread.len();
    let notes = count(|verdict| *verdict == Verdict::Kept);
    if json {
        let now = common.now.map_or(Clock::Wall, Clock::Fixed).now();
        let faults: Vec<_> = found
            .faults
            .iter()
            .map(|(file, fault)| {
                serde_json::json!({
                    "file": file.as_str(), "rule": fault.rule.as_str(), "line": fault.problem.line,
                    "key": fault.problem.key, "what": fault.problem.what.as_str(),
                    "evaluated": fault.verdict == Verdict::Kept,
                    "unsupported": match &fault.verdict { Verdict::Unsupported(what) => Some(what.clone()), _ => None },
                })
            })
            .collect();
        let unread: Vec<&str> = found.unread.iter().map(Text::as_str).collect();
        let book = Book::new(all);
        let rows: Vec<_> = book.rules().map(|view| wire::Rule::of(&view)).collect();
        let document = board::document("alerts_check", zones, now).with("rules", rows);
        print(&board::pretty(&document.with("faults", faults).with("unread", unread).value()))?;
    } else {
        let mut page = Page::new(show::width());
        for (file, fault) in &found.faults {
            let rule = if fault.rule.is_blank() { String::new() } else { format!("{}: ", fault.rule) };
            page.whole_line(&format!("{file}: {rule}{}", fault.problem).replace('\n', ";"));
        }
        found.unread.iter().for_each(|why| page.whole_line(&format!("rules: {why}")));
        let mut setup = setup::set_up(common, zones)?;
        setup.read_files();
        setup.floor.unknown_names().iter().for_each(|why| page.whole_line(&format!("note: {why}")));
        let evaluated = counted(all.len(), "rule is evaluated", "rules are evaluated");
        page.line(&format!(
            "{evaluated}, {refused} refused by name, {wrong} wrong or unreadable, {notes} to be mended"
        ));
        print(&page.finish())?;
    }
    Ok(if refused + wrong + notes == 0 { exit::DONE } else { exit::NO })
}

async fn audit(json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (setup, now) = judged(common, zones).await?;
    let first = setup.floor.pool().oldest(None).and_then(DateTime::from_timestamp_millis).unwrap_or(now);
    // A watcher may remember what was before the stretch that is looked at.
    let pages: Vec<_> = setup.floor.pages(now).into_iter().filter(|(_, page)| first <= page.at).collect();
    let stretch = between(first, now).max(TimeDelta::zero());
    let mut names: Vec<&Text> = pages.iter().map(|(rule, _)| rule).collect();
    names.sort();
    names.dedup();
    let audits: Vec<(&Text, noise::Noise)> = names
        .into_iter()
        .map(|name| (name, noise::audit(pages.iter().filter(|(rule, _)| rule == name).map(|(_, page)| page), stretch)))
        .collect();
    if json {
        let rows: Vec<_> = audits.iter().map(|(rule, noise)| wire::Loud::of(rule, noise)).collect();
        let document = board::document("alerts_noise", zones, now).with("stretch_s", stretch.num_seconds());
        print(&board::pretty(&document.with("noise", rows).value()))?;
        return Ok(code(&setup));
    }
    let mut page = Page::new(show::width());
    page.line(&format!("NOISE  over {}, as far as the files reach back", short_span(stretch)));
    if audits.is_empty() {
        page.line("  nothing fired");
    }
    for (rule, noise) in &audits {
        let rate = noise.per_12_h.map_or_else(|| "no rate".to_owned(), |rate| format!("{} in 12 h", figure(rate)));
        // A few minutes make no rate: one page in them is no noise.
        let is_told = noise.pages > 2 || stretch >= TimeDelta::hours(12);
        let over = if noise.is_over_budget && is_told { "  OVER BUDGET" } else { "" };
        page.line(&format!(
            "  {rule}  {}, {rate}, {} distinct, {} over by themselves, {} again within 30m, {} taken on by nobody{over}",
            counted(noise.pages, "page", "pages"), noise.distinct, noise.self_resolved_unacked, noise.refired,
            noise.never_acked
        ));
    }
    print(&page.finish())?;
    Ok(code(&setup))
}
