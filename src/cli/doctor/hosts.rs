//! What `doctor` asks hosts: whose token it is, what it may, when it ends, what it lacks for what is switched on.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{args::Common, setup},
    config::{self, GithubMore, IncidentSource},
    domain::{
        time::{between, short_span},
        zone::Zones,
    },
    floor::{Floor, fact::SourceId},
    shell::{
        chores,
        http::{Credential, Http},
        token::Found,
    },
    source::github::{
        feeds::{self, rights},
        sync::Plan,
    },
    text::Text,
    wire::{Request, Response},
};

/// Questions that are put to one host: each is one request of its budget.
const QUESTIONS: usize = 20;

/// How long before its end a token is warned of.
const WARNED: TimeDelta = TimeDelta::days(7);

/// A row of the report.
pub type Row = (&'static str, String);

/// What each host of the settings says; nothing where there are no settings or they are wrong.
pub async fn rows(common: &Common, zones: &Zones, now: DateTime<Utc>) -> Vec<Row> {
    let Some((path, trust)) = setup::find_settings(common) else { return Vec::new() };
    let Ok(settings) = setup::read_settings(&path, trust, zones) else { return Vec::new() };
    let http = Http::default();
    let mut rows = Vec::new();
    for source in &settings.incidents {
        if let IncidentSource::Github { more, .. } = source {
            rows.extend(of_host(source, more, &http, now).await);
        }
    }
    rows
}

/// What hosts said is missing while they were read, but for what they were `told` to lack by a question of its own.
pub fn missing(floor: &Floor, told: &[Row]) -> Vec<Row> {
    let is_told = |missing: &Text| told.iter().any(|(_, said)| said.ends_with(missing.as_str()));
    let name = |source: SourceId| floor.sources.get(source.0).map(|source| source.name.to_string()).unwrap_or_default();
    floor
        .missing()
        .filter(|(_, missing)| !is_told(missing))
        .map(|(source, missing)| ("missing", format!("{}: {missing}", name(source))))
        .collect()
}

async fn of_host(source: &IncidentSource, more: &GithubMore, http: &Http, now: DateTime<Utc>) -> Vec<Row> {
    let Some(plan) = plan(source) else { return Vec::new() };
    let named = |what: &str| format!("{} ({}): {what}", source.name(), config::host_name(&plan.api_url));
    let found = match setup::tokens_of(source).find(&plan.api_url).await {
        Ok(Some(found)) => found,
        Ok(None) if more.is_further_host => {
            return vec![("token", named("none: it is not the first host, so set token_env or another way for it"))];
        }
        Ok(None) => return vec![("token", named("none: 60 requests an hour; set GITHUB_TOKEN"))],
        Err(error) => return vec![("token", named(&format!("{error}; {}", error.hint())))],
    };
    let Found { credential, from } = found;
    let mut rows = vec![("token", named(&format!("from {from}")))];
    let answer = match http.perform(&rights::request(&plan.api_url), Some(&credential)).await {
        Ok(answer) => answer,
        Err(error) => {
            rows.push(("token", named(&format!("not tried: {error}"))));
            return rows;
        }
    };
    if answer.status == 401 {
        rows.push(("token", named("the host does not accept it (401): give one that is valid there")));
        return rows;
    }
    rows.extend(told(&answer, now).into_iter().map(|(name, value)| (name, named(&value))));
    for (name, value) in lacks(&plan, more, http, &credential, now).await {
        rows.push((name, named(&value)));
    }
    rows
}

/// What an answer's headers say of the token.
fn told(answer: &Response, now: DateTime<Utc>) -> Vec<Row> {
    let rights = rights::read(answer);
    let scopes = match &rights.scopes {
        None => "fine-grained or an app's: it does not say what it may".to_owned(),
        Some(scopes) if scopes.is_empty() => "classic, without any scope: public data alone".to_owned(),
        Some(scopes) => {
            let names: Vec<&str> = scopes.iter().map(AsRef::as_ref).collect();
            format!("classic, with {}", names.join(", "))
        }
    };
    let mut rows = vec![("scopes", scopes)];
    if let Some(ends) = rights.ends_at {
        let left = between(now, ends);
        let day = ends.format("%Y-%m-%d %H:%M UTC");
        rows.push((
            "token ends",
            match () {
                () if left <= TimeDelta::zero() => format!("it ended on {day}: make a new one"),
                () if left <= WARNED => format!("WARNING: on {day}, in {}: make a new one", short_span(left)),
                () => format!("on {day}"),
            },
        ));
    }
    rows
}

/// Puts the first question of each feature that is switched on, and says what is missing.
async fn lacks(plan: &Plan, more: &GithubMore, http: &Http, credential: &Credential, now: DateTime<Utc>) -> Vec<Row> {
    let mut rows = Vec::new();
    let chores = chores::of(plan, more);
    let n_left_out = chores.len().saturating_sub(QUESTIONS);
    for mut chore in chores.into_iter().take(QUESTIONS) {
        let mut request: Option<Request> = Some(chore.request(now));
        // A refusal may lead to another question, as from an organization's list to a user's.
        for _ in 0..2 {
            let Some(asked) = request.take() else { break };
            match http.perform(&asked, Some(credential)).await {
                Err(error) => rows.push(("missing", format!("{}: not tried: {error}", chore.name()))),
                Ok(answer) => {
                    let (missing, next) = feeds::lacks(&mut *chore, &answer, now);
                    rows.extend(missing.into_iter().map(|missing| ("missing", missing.to_string())));
                    request = next;
                }
            }
        }
    }
    if 0 < n_left_out {
        rows.push(("missing", format!("{n_left_out} more questions were not put, to spare the host's budget")));
    }
    rows
}

fn plan(source: &IncidentSource) -> Option<Plan> {
    let IncidentSource::Github { api_url, repositories, every, with_pull_requests, more, .. } = source else {
        return None;
    };
    Some(Plan {
        source: 0,
        api_url: api_url.clone(),
        host: more.is_further_host.then(|| config::host_name(api_url)),
        repos: repositories.iter().map(|repo| crate::domain::incident::Repo::new(repo.on_host())).collect(),
        every: *every,
        with_pull_requests: *with_pull_requests,
    })
}
