//! `watchfloor alerts …`: what fires, why, which rules are judged, how loud they were.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Alerts, AlertsCommand, Common},
        board, exit,
        failure::{Failure, print},
        no_settings, remote, setup, show,
    },
    domain::{
        alert::{Alert, AlertState, alarm::Alarm, book::Book, rule::AnyRule},
        series::figure,
        stats::noise,
        time::{between, rfc3339, short_span},
        zone::Zones,
    },
    floor::{Floor, freshness::Feed},
    shell::{clock::Clock, rules},
    sink::{
        json::{alert as wire, remote as remote_wire},
        plain::Page,
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
    let now = setup.printed_at();
    setup.floor.replay_alerts(now);
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
    if json {
        let rows = wire::rows(&all);
        let rules: Vec<_> = book.rules().map(|view| wire::Rule::of(&view)).collect();
        let remote: Vec<_> =
            setup.floor.abroad().map(|(source, told)| remote_wire::Server::of(&source.name, told)).collect();
        let document = board::document("alerts", zones, now).with("alerts", rows).with("rules", rules);
        let document = document.with("remote", remote).with("series_left_out", setup.floor.pool().n_left_out());
        print(&board::pretty(&document.value()))?;
        return Ok(code(&setup));
    }
    let mut page = Page::new(show::width());
    page.heading(&setup.floor.team, &setup.floor.zone, now);
    page.blank();
    let mut own: Vec<&Alarm> = all.iter().filter(|alarm| alarm.elsewhere().is_none()).collect();
    own.sort_by_key(|alarm| (!alarm.alert.is_firing(), alarm.alert.since, alarm.alert.id));
    page.line(&counts(book, &own));
    if let Some(left_out) = setup.floor.pool().left_out() {
        page.whole_line(&format!("  {left_out}"));
    }
    for alarm in own {
        page.line(&line(alarm, now));
    }
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
    }
    print(&page.finish())?;
    Ok(code(&setup))
}

fn row(floor: &Floor, alert: &Alert, now: DateTime<Utc>) -> wire::Row {
    wire::Row::of(&floor.handled(alert.clone(), now))
}

fn counts(book: &Book, alarms: &[&Alarm]) -> String {
    let rules = counted(book.rules().len(), "rule", "rules");
    let firing = alarms.iter().filter(|alarm| alarm.alert.is_firing()).count();
    let silent = book.rules().filter(|view| view.standing.n_judged == 0 && view.standing.error.is_none()).count();
    let pending = alarms.len() - firing;
    format!("ALERTS  {rules}: {firing} firing, {pending} pending; {silent} without data")
}

fn line(alarm: &Alarm, now: DateTime<Utc>) -> String {
    let alert = &alarm.alert;
    let age = short_span(between(alert.since, now));
    let value = alarm.measured().unwrap_or_else(|| "no value".to_owned());
    let id: String = alert.id.to_string().chars().take(8).collect();
    let mut more = Vec::new();
    if alarm.is_flapping {
        more.push("flapping".to_owned());
    }
    if let Some(taken) = &alarm.taken {
        more.push(format!("taken on by {}", taken.by));
    }
    if let Some(silence) = &alarm.silence {
        more.push(format!("silenced by {} until {}", silence.author, rfc3339(silence.until)));
    }
    if let Some(abroad) = &alarm.abroad {
        let servers: Vec<&str> = abroad.servers.iter().map(Text::as_str).collect();
        more.push(format!("known to {}", servers.join(", ")));
    }
    if let Some(runbook) = alert.runbook() {
        more.push(runbook.to_string());
    }
    format!("  {:<8} {id}  {}  {value}  since {age}  {}", wire::state(alert), alert.labels, more.join("  "))
}

async fn why(id: &str, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (setup, now) = judged(common, zones).await?;
    let book = setup.floor.book();
    let is_meant = |alert: &&Alert| alert.id.to_string().starts_with(id) || alert.rule.as_str() == id;
    let meant: Vec<&Alert> = book.alerts().filter(is_meant).collect();
    let view = book.rules().find(|view| match meant.first() {
        Some(alert) => *view.rule.name() == alert.rule,
        None => view.rule.name().as_str() == id,
    });
    let Some(view) = view else {
        let hint = "watchfloor alerts lists what fires, watchfloor alerts check every rule";
        return Err(Failure::new(
            exit::USAGE,
            format!("find {}: no alert and no rule is called that", Text::scrub(id)),
            hint,
        ));
    };
    if json {
        let rows: Vec<_> = meant.iter().map(|alert| row(&setup.floor, alert, now)).collect();
        let document = board::document("alert", zones, now).with("rule", wire::Rule::of(&view)).with("alerts", rows);
        print(&board::pretty(&document.value()))?;
        return Ok(code(&setup));
    }
    let mut page = Page::new(show::width());
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
    for alert in meant {
        page.blank();
        page.line(&line(&setup.floor.handled(alert.clone(), now), now));
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
        found.unread.iter().for_each(|why| page.whole_line(why.as_str()));
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
    let pages = setup.floor.book().pages();
    let first = setup.floor.pool().oldest(None).and_then(DateTime::from_timestamp_millis).unwrap_or(now);
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
