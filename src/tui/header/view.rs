//! Draws the header.

use chrono::{DateTime, Utc};
use ratatui::{layout::Rect, text::Span};

use crate::{
    floor::{
        fact::Role,
        freshness::{Feed, Source, Worth},
    },
    text::{clip, grouped},
    tui::{
        Model,
        canvas::{Canvas, spread},
        outbox, rota,
        sources::part,
        theme::Slot,
        words,
    },
};

/// Team, who is on call, sources with their age, the clock. Runs leave from the middle when room is short.
pub fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model, now: DateTime<Utc>) {
    let style = canvas.style(Slot::Header);
    canvas.tint(area, style);
    let floor = &model.floor;
    let is_narrow = area.width < 100;
    let mut left = vec![canvas.span(Slot::Accent, " watchfloor")];
    if !floor.team.is_blank() {
        left.push(canvas.span(Slot::Text, format!("  {}", clip(floor.team.as_str(), 24))));
    }
    if let Some(badge) = model.badge {
        left.push(Span::raw("  "));
        left.push(canvas.span(Slot::Badge, format!(" {badge} ")));
    }
    if model.acting.rights.is_read_only {
        left.push(Span::raw("  "));
        left.push(canvas.span(Slot::Badge, " read-only "));
    }
    if let Some(unsaved) = floor.unsaved() {
        let n = if unsaved.n > 0 { format!("{} ", grouped(unsaved.n)) } else { String::new() };
        let why = if is_narrow { String::new() } else { format!(": {}", clip(unsaved.why.as_str(), 40)) };
        left.push(canvas.span(Slot::Over, format!("  {n}not saved{why}")));
    }
    if let Some(since) = model.frozen_at {
        left.push(Span::raw("  "));
        left.push(canvas.span(Slot::Badge, format!(" frozen {} ", floor.zone.local(since).format("%H:%M:%S"))));
    }
    left.extend(waiting(canvas, model, is_narrow));
    left.extend(rota::view::header(canvas, model, is_narrow, now));
    let clock = floor.zone.local(now);
    let clock_text = if is_narrow {
        clock.format("  %H:%M ").to_string()
    } else {
        format!("   {} {} ", clock.format("%a %-d %b %H:%M"), floor.zone.abbreviation(now))
    };
    let clock_run = canvas.span(Slot::Text, clock_text);
    let width = usize::from(area.width);
    let used = |runs: &[Span<'_>]| runs.iter().map(Span::width).sum::<usize>();
    let room = width.saturating_sub(used(&left) + clock_run.width() + 2);
    let mut right = sources(canvas, model, is_narrow, room, now);
    right.push(clock_run);
    let line = spread(left, right, area.width);
    canvas.line(area, 0, &line);
}

/// What fires and nobody took on, what waits to be done at hosts, and what was refused and not looked at yet.
fn waiting(canvas: &Canvas<'_>, model: &Model, is_narrow: bool) -> Vec<Span<'static>> {
    let waiting = outbox::n_waiting(&model.floor) + model.acting.n_in_memory();
    let refused = outbox::n_refused(&model.floor).saturating_sub(model.acting.refusals_seen);
    let mut runs = Vec::new();
    let n_firing = model.queue.alarms.n_pressing();
    if n_firing > 0 {
        let word = if is_narrow { "" } else { " firing" };
        runs.push(canvas.span(Slot::Over, format!("  {} {n_firing}{word}", canvas.theme.sign("▲", "^"))));
    }
    let (late, _) = model.floor.duty_counts();
    if late > 0 {
        runs.push(canvas.span(Slot::Risk, format!("  {late} late")));
    }
    if waiting > 0 {
        runs.push(canvas.span(Slot::Risk, format!("  {} {waiting} waiting", canvas.theme.sign("…", "."))));
    }
    if refused > 0 {
        runs.push(canvas.span(Slot::Over, format!("  {} {refused} refused", canvas.theme.sign("✗", "x"))));
    }
    runs
}

/// Sources with their age. As room shrinks, the part this process plays leaves first, then files that are well, then budgets,
/// then all hosts but the worst, then source after source from the right.
fn sources(canvas: &Canvas<'_>, model: &Model, is_narrow: bool, room: usize, now: DateTime<Utc>) -> Vec<Span<'static>> {
    let used = |runs: &[Span<'_>]| runs.iter().map(Span::width).sum::<usize>();
    let runs = |groups: &[Group<'_>], with_budget| -> Vec<Span<'static>> {
        groups.iter().map(|group| source_run(canvas, group, is_narrow, with_budget, now)).collect()
    };
    let (all, worst) = (source_groups(model, true, now), source_groups(model, false, now));
    // Files that are well say nothing that the panes do not.
    let is_news = |group: &Group<'_>| group.source.feed == Feed::Host || badness(group.source, now) > 0;
    let news: Vec<Group<'_>> = all.iter().filter(|group| is_news(group)).cloned().collect();
    let role: Vec<Span<'static>> =
        role(model).map(|text| canvas.span(Slot::Dim, format!("  {text}"))).into_iter().collect();
    let with_role = |mut runs: Vec<Span<'static>>| {
        runs.splice(0..0, role.iter().cloned());
        runs
    };
    let ways =
        [with_role(runs(&all, true)), runs(&all, true), runs(&news, true), runs(&all, false), runs(&worst, false)];
    let first = usize::from(is_narrow) * 3;
    let fitting = ways.into_iter().skip(first).find(|way| used(way) <= room);
    let mut right = fitting.unwrap_or_else(|| runs(&worst, false));
    while !right.is_empty() && used(&right) > room {
        right.pop();
    }
    right
}

/// The part this process plays, where that is not the usual one.
fn role(model: &Model) -> Option<String> {
    match model.floor.role()? {
        Role::Syncs => None,
        Role::Follows { who } if who.is_blank() => Some("follows".to_owned()),
        Role::Follows { who } => Some(format!("follows {}", clip(who.as_str(), 16))),
        Role::Alone => Some("no store".to_owned()),
    }
}

/// One run of the header.
#[derive(Clone)]
struct Group<'a> {
    name: String,
    source: &'a Source,
}

/// Hosts one by one, or the worst of them; of the other kinds one group each, with the worst of its sources.
fn source_groups(model: &Model, is_each_host: bool, now: DateTime<Utc>) -> Vec<Group<'_>> {
    let groups = [
        (Feed::Host, "github"),
        (Feed::History, "history"),
        (Feed::Metrics, "metrics"),
        (Feed::Alerts, "alerts"),
        (Feed::Roster, "roster"),
        (Feed::Release, "checklist"),
        (Feed::Duties, "duties"),
    ];
    let mut out = Vec::new();
    for (feed, name) in groups {
        let of_feed: Vec<_> = model.floor.sources_of(feed).collect();
        if feed == Feed::Host && is_each_host {
            out.extend(of_feed.into_iter().map(|source| Group { name: source.name.to_string(), source }));
            continue;
        }
        let more = of_feed.len().saturating_sub(1);
        let Some(worst) = of_feed.into_iter().max_by_key(|s| badness(s, now)) else { continue };
        // Files that are well need no words in the header.
        if matches!(feed, Feed::Alerts | Feed::Roster | Feed::Release | Feed::Duties) && badness(worst, now) == 0 {
            continue;
        }
        let name = match feed {
            Feed::Host if more > 0 => format!("{} +{more}", clip(worst.name.as_str(), 12)),
            Feed::Host => worst.name.to_string(),
            _ => name.to_owned(),
        };
        out.push(Group { name, source: worst });
    }
    out
}

fn badness(source: &Source, now: DateTime<Utc>) -> u8 {
    match source.worth(now) {
        Worth::Fresh(_) => 0,
        Worth::Reading => 1,
        Worth::Stale(_) => 2,
        Worth::Never => 3,
    }
}

fn source_run(
    canvas: &Canvas<'_>,
    group: &Group<'_>,
    is_narrow: bool,
    with_budget: bool,
    now: DateTime<Utc>,
) -> Span<'static> {
    let source = group.source;
    let name = clip(&group.name, if is_narrow { 8 } else { 16 });
    let trouble = source.trouble.as_ref().map(|(t, _, _)| format!(" {}", t.word())).unwrap_or_default();
    let (slot, state) = match source.worth(now) {
        Worth::Reading => (Slot::Dim, "reading…".to_owned()),
        Worth::Never => (Slot::Over, trouble.trim().to_owned()),
        Worth::Fresh(age) => (Slot::Dim, words::age(age)),
        Worth::Stale(age) if source.is_cached => (Slot::Risk, format!("cached {}{trouble}!", words::age(age))),
        Worth::Stale(age) => (Slot::Risk, format!("{}{trouble}!", words::age(age))),
    };
    let (slot, part) = match part(source) {
        Some(part) => (Slot::Risk, format!(" {}", if is_narrow { "part" } else { part.as_str() })),
        None => (slot, String::new()),
    };
    let budget = source.budget.filter(|_| with_budget);
    let budget = budget.map(|b| format!(" {}/{}", grouped(b.remaining as usize), grouped(b.limit as usize)));
    canvas.span(slot, format!("  {name} {state}{part}{}", budget.unwrap_or_default()))
}
