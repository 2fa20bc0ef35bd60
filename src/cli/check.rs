//! `watchfloor check …`: gates for CI.

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Asked, Check, CheckWhat, Common, Span},
        board, burn_in, check_config, config_findings, duties, exit,
        failure::{Failure, print},
        goals, oncall, release,
        setup::{self, Setup},
        show, sla, slo,
    },
    domain::zone::Zones,
    sink::{
        gate::{Finding, Gate, Verdict, Weight},
        json::gate as wire,
        plain::{Page, gate as paper},
    },
    text::Text,
};

/// Runs it: exit code 0 passes, 1 does not, 3 for wrong settings, 4 could not judge.
///
/// # Errors
/// Wrong settings, or what the command needs is missing.
pub async fn run(check: Check, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let json = check.printed.json;
    match check.what {
        CheckWhat::Config if !json => check_config(common, zones).await,
        CheckWhat::Oncall => {
            let asked = Asked { json, ..Asked::default() };
            oncall::check::run(Span::default(), None, &asked, common, zones).await
        }
        what => {
            let mut gates = Vec::new();
            let mut setup = setup::set_up(common, zones)?;
            let now = setup.clock.now();
            if matches!(what, CheckWhat::Config | CheckWhat::All) {
                gates.push(config(common, zones).await?);
            }
            if what != CheckWhat::Config {
                setup.read_all().await;
            }
            if matches!(what, CheckWhat::Sla | CheckWhat::All) {
                gates.push(sla::check::judge(&setup.floor, now));
            }
            if matches!(what, CheckWhat::Slo | CheckWhat::All) {
                // What files told is judged at the instant it was read.
                let now = setup.printed_at();
                setup.floor.settle(now);
                gates.push(slo::check::judge(&setup.floor, now));
            }
            if matches!(what, CheckWhat::Release | CheckWhat::All) {
                gates.push(release::judge(&setup.floor, now));
            }
            if matches!(what, CheckWhat::BurnIn | CheckWhat::All) {
                gates.push(burn_in::check::judge(&setup.floor, now));
            }
            if matches!(what, CheckWhat::Goals | CheckWhat::All) {
                let now = setup.printed_at();
                gates.push(goals::check::judge(&setup.floor, now));
            }
            if matches!(what, CheckWhat::Duties | CheckWhat::All) {
                gates.push(duties::check::judge(&setup.floor, now));
            }
            if what == CheckWhat::All {
                gates.push(on_call(setup, zones).await?);
            }
            let output = if what == CheckWhat::All { Output::All } else { Output::One };
            said(output, &gates, json, zones, now)
        }
    }
}

/// Whether one gate was asked for, or all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// One: what is not configured could not be judged.
    One,
    /// All: what is not configured is left aside, unless nothing but the settings was judged.
    All,
}

/// Prints gates; returns the exit code.
///
/// # Errors
/// Standard output is full.
pub fn said(output: Output, gates: &[Gate], json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<u8, Failure> {
    let verdict = worst(output, gates);
    if json {
        let on_wire: Vec<_> = gates.iter().map(wire::Gate::of).collect();
        let document = board::document("check", zones, now).with("verdict", verdict.word()).with("gates", on_wire);
        print(&board::pretty(&document.value()))?;
    } else {
        let mut page = Page::new(show::width());
        for gate in gates {
            paper::write(&mut page, gate);
        }
        if output == Output::All {
            page.line(&format!("all  {}", together(verdict)));
        }
        print(&page.finish())?;
    }
    Ok(match verdict {
        Verdict::Pass => exit::DONE,
        Verdict::Fail => exit::NO,
        Verdict::Wrong => exit::CONFIG,
        Verdict::NotJudged | Verdict::NotConfigured => exit::COULD_NOT_JUDGE,
    })
}

/// The last line of all gates.
fn together(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::NotConfigured => "NO PASS  nothing to judge: no gate but the settings is configured",
        Verdict::Fail | Verdict::Wrong | Verdict::NotJudged => "NO PASS",
    }
}

/// What gates say together. A "no" is a "no" whatever else could not be judged; and what could not be judged never passes.
///
/// Settings that hold are no yes to anything: where no other gate judged, a job that lost its roster would stay green.
fn worst(output: Output, gates: &[Gate]) -> Verdict {
    let has = |verdict| gates.iter().any(|gate| gate.verdict == verdict);
    let in_order = [Verdict::Fail, Verdict::Wrong, Verdict::NotJudged];
    if let Some(found) = in_order.into_iter().find(|verdict| has(*verdict)) {
        return found;
    }
    let is_judged = match output {
        Output::One => !gates.is_empty() && !has(Verdict::NotConfigured),
        Output::All => gates.iter().any(|gate| gate.name != CONFIG && gate.verdict == Verdict::Pass),
    };
    if is_judged { Verdict::Pass } else { Verdict::NotConfigured }
}

/// The name of the settings' gate.
const CONFIG: &str = "config";

async fn config(common: &Common, zones: &Zones) -> Result<Gate, Failure> {
    let (name, problems, warnings) = config_findings(common, zones).await?;
    let finding = |weight, what: &String| Finding {
        weight,
        code: "settings",
        seat: None,
        people: Vec::new(),
        when: None,
        what: Text::scrub(&what.replace('\n', ";")),
        hint: Text::default(),
    };
    let of_problems = problems.iter().map(|what| finding(Weight::Fails, what));
    let findings: Vec<_> = of_problems.chain(warnings.iter().map(|what| finding(Weight::Warns, what))).collect();
    let gate = Gate::of(CONFIG, name, findings);
    let verdict = if gate.verdict == Verdict::Fail { Verdict::Wrong } else { gate.verdict };
    Ok(Gate { verdict, ..gate })
}

/// The rota's gate on settings that may name no roster, or one that cannot be read: then the other gates still count.
async fn on_call(setup: Setup, zones: &Zones) -> Result<Gate, Failure> {
    if setup.engine.roster().is_none() {
        let why = "the settings name no roster";
        return Ok(Gate::without_verdict(oncall::check::NAME, Verdict::NotConfigured, why));
    }
    match oncall::load::of_settings(setup, &Asked::default(), zones).await {
        Ok(mut rota) => oncall::check::judge(&mut rota, Span::default(), None, zones),
        Err(failure) => Ok(oncall::check::without_roster(failure.report())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gates of `check all`: the settings hold, and the others say this.
    fn all(others: &[Verdict]) -> Verdict {
        let others = others.iter().map(|verdict| Gate::without_verdict("x", *verdict, ""));
        let gates: Vec<_> =
            std::iter::once(Gate::without_verdict(CONFIG, Verdict::Pass, "watchfloor.toml")).chain(others).collect();
        worst(Output::All, &gates)
    }

    #[test]
    fn a_no_beats_everything_and_what_was_not_judged_never_passes() {
        use Verdict::{Fail, NotConfigured, NotJudged, Pass, Wrong};
        assert_eq!(all(&[Pass, NotJudged, Fail, Wrong]), Fail);
        assert_eq!(all(&[NotJudged, Wrong, Pass]), Wrong);
        assert_eq!(all(&[Pass, NotJudged, NotConfigured]), NotJudged);
        assert_eq!(all(&[Pass, NotConfigured]), Pass);
        let alone = [Gate::without_verdict("oncall", NotConfigured, "")];
        assert_eq!(worst(Output::One, &alone), NotConfigured);
    }

    #[test]
    fn settings_that_hold_with_nothing_to_judge_are_no_pass() {
        use Verdict::NotConfigured;
        assert_eq!(all(&[NotConfigured, NotConfigured, NotConfigured]), NotConfigured);
        assert_eq!(all(&[]), NotConfigured);
        assert_eq!(worst(Output::All, &[]), NotConfigured);
        let settings = [Gate::without_verdict(CONFIG, Verdict::Pass, "")];
        assert_eq!(worst(Output::One, &settings), Verdict::Pass, "asked for alone they are judged");
        assert!(together(NotConfigured).contains("nothing to judge"));
    }
}
