//! The release, as it is written.

use schemars::JsonSchema;

/// The release in preparation.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The day of T-0: "2026-11-22".
    pub day: Option<String>,
    /// The hour of T-0: "10:00".
    pub time: Option<String>,
    /// The IANA zone of both. Default: the zone at the top of the file.
    pub zone: Option<String>,
    /// Checklists in Markdown: files, or patterns with *, ? and **.
    #[schemars(length(min = 1))]
    pub checklists: Option<Vec<String>>,
    /// Open incidents with one of these labels block it. Default: ["release-blocker"].
    pub blocker_labels: Option<Vec<String>>,
    /// Roles that must say go. Default: none.
    pub sign_off: Option<Vec<String>>,
    /// Which list items of a plan are steps: "boxes" (those with a box) or "all" (under headings of phases also numbered and
    /// bulleted ones). Default: "boxes".
    pub steps: Option<String>,
    /// How days from T-0 are counted: "calendar", "business" or "aoe" (anywhere on earth). Default: "calendar".
    pub days: Option<String>,
    /// Days that are no business days, beside Saturdays and Sundays: ["2026-12-25"]. Default: none.
    pub days_off: Option<Vec<String>>,
    /// Words that make a heading a phase, and when that is: "T-7", "T-7..T-1", "T-2h", "before", "after".
    pub phases: Option<std::collections::BTreeMap<String, String>>,
    /// The login of who has a role that the plans name.
    pub roles: Option<std::collections::BTreeMap<String, String>>,
    /// The milestone whose due date is T-0 where no day is set: "owner/name#title".
    pub milestone: Option<String>,
    /// What else it needs to go out.
    pub gate: Option<Gate>,
    /// Roles that must say go, and who may say it.
    pub role: Option<Vec<Role>>,
    /// CI jobs that must be green.
    pub job: Option<Vec<Job>>,
    /// Times in which nothing goes out.
    pub freeze: Option<Vec<Freeze>>,
    /// What steps are judged by, beside what somebody says.
    pub evidence: Option<Vec<Evidence>>,
    /// What is told to whom, beside what the steps of the plans ask for.
    pub announcement: Option<Vec<Announcement>>,
    /// When it is to be taken back.
    pub rollback: Option<Rollback>,
}

/// What is told to whom, and when.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Announcement {
    /// Its name: what the record calls it.
    pub name: String,
    /// When it goes out: "T-5", "T-2", "T-2h".
    pub when: String,
    /// To whom, and by which way.
    pub to: Option<String>,
    /// The step that asks for it: its name, its text, or its line as in "L12". It is ticked when the announcement is out.
    pub step: Option<String>,
    /// Its text, with {release}, {day}, {time}, {zone} and {name} in it.
    pub text: String,
}

/// What else a release needs to go out.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gate {
    /// Logins of those who may waive a failing informing job, with a reason. Default: nobody.
    pub may_waive: Option<Vec<String>>,
    /// Logins of those who may approve an exception from a freeze. Default: anybody on record.
    pub may_except: Option<Vec<String>>,
    /// Objectives whose overspent error budget holds the release; one without data cannot be judged. Default: any that is
    /// known to be overspent.
    pub budgets: Option<Vec<String>>,
    /// Whether it is a security fix or a fix of a P0, which an overspent budget does not hold up. Default: false.
    pub urgent_fix: Option<bool>,
}

/// A role that must say go.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Logins of those who may speak for it. Default: anybody.
    pub members: Option<Vec<String>>,
}

/// A CI job that counts.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Job {
    /// The workflow, by its name or its file: "CI", "ci.yml".
    pub name: String,
    /// Where it runs, as "owner/name@branch".
    pub on: String,
    /// Whether it must have succeeded three times in a row, or must only not be failing. Default: "blocking".
    pub class: Option<Class>,
}

/// How much a job weighs.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum Class {
    /// Three successes in a row; it cannot be waived.
    Blocking,
    /// Not failing, unless somebody entitled waives it.
    Informing,
}

/// A time in which nothing goes out.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Freeze {
    /// Its name.
    pub name: String,
    /// When it starts: "2026-12-20T00:00:00+01:00".
    pub from: String,
    /// When it is over; that instant is free again.
    pub until: String,
    /// Who approved that this release is excepted, and where. With it the freeze does not hold.
    pub exception: Option<String>,
}

/// What a step is judged by: one of checks, milestone, file, versions, changelog, figure, artefact, holds.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Evidence {
    /// The step: its name ("{#backup}" in the plan), its text, or its line as in "L12".
    pub step: String,
    /// A branch on which CI must be green, as "owner/name@branch".
    pub checks: Option<String>,
    /// The workflow, by its name or its file. Default: all that run there.
    pub job: Option<String>,
    /// Runs in a row that must have succeeded. Default: 3.
    pub in_a_row: Option<f64>,
    /// A milestone that must have nothing open, by its title.
    pub milestone: Option<String>,
    /// An artefact that CI must have kept, by its name.
    pub artefact: Option<String>,
    /// The repository of the milestone or the artefact.
    pub repository: Option<String>,
    /// A file that must be there.
    pub file: Option<String>,
    /// How long ago it may have been changed. Default: any time.
    pub within: Option<String>,
    /// Places that must name the same version.
    #[schemars(length(min = 1))]
    pub versions: Option<Vec<VersionPlace>>,
    /// The version they, or the change log, must name. Default: they agree; the change log has the release's name.
    pub version: Option<String>,
    /// A change log that must have an entry of the version.
    pub changelog: Option<String>,
    /// A file with a figure, such as a coverage report.
    pub figure: Option<String>,
    /// A regular expression whose first group is the figure.
    pub pattern: Option<String>,
    /// The least the figure may be.
    pub least: Option<f64>,
    /// A condition over what is measured, or the name of an objective whose budget must not be overspent.
    pub holds: Option<String>,
}

/// A file in which a version stands.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct VersionPlace {
    /// The file.
    pub file: String,
    /// A regular expression whose first group is the version.
    pub pattern: String,
}

/// When the release is to be taken back.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rollback {
    /// Who decides.
    pub owner: Option<String>,
    /// How long it is watched after it went out. Default: "60m".
    pub bake: Option<String>,
    /// How many times its share before the release the share of errors may be. Default: 2.
    pub times: Option<f64>,
    /// How long before the release that share is taken over. Default: "24h".
    pub baseline: Option<String>,
    /// Conditions of the plan's own.
    pub when: Option<Vec<RollbackWhen>>,
}

/// A condition that takes the release back.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RollbackWhen {
    /// What people call it.
    pub name: String,
    /// What is broken where it holds: "sync_ok == 0".
    pub expr: String,
    /// It must have held for longer than this.
    #[schemars(rename = "for")]
    pub hold: String,
}
