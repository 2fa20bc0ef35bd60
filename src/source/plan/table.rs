//! Tables of a plan: who is responsible for what, milestones with their criteria.

use crate::{
    domain::release::plan::{Duty, PlanMilestone},
    text::Text,
};

/// The table being read.
#[derive(Default)]
pub(super) struct Table {
    columns: Columns,
    row: Vec<String>,
    line: usize,
}

/// Which column says what.
#[derive(Default)]
struct Columns {
    what: Option<usize>,
    who: Option<usize>,
    channel: Option<usize>,
    criteria: Option<usize>,
}

/// What a row says.
pub(super) enum Row {
    Duty(Duty),
    Milestone(PlanMilestone),
}

const WHO: [&str; 12] = [
    "owner",
    "responsible",
    "assignee",
    "dri",
    "who",
    "ответственн",
    "исполнител",
    "владелец",
    "verantwortlich",
    "responsable",
    "负责人",
    "担当",
];
const CHANNEL: [&str; 5] = ["channel", "contact", "канал", "kanal", "contacto"];
const CRITERIA: [&str; 6] = ["criteria", "критери", "kriterien", "critères", "criterios", "definition of done"];
const ROLE: [&str; 4] = ["role", "роль", "rolle", "rôle"];
const DUTIES: [&str; 4] = ["responsibilit", "обязанност", "aufgaben", "duties"];

impl Table {
    /// A row or the head begins on this line.
    pub(super) fn start_row(&mut self, line: usize) {
        self.row.clear();
        self.line = line;
    }

    /// A cell begins.
    pub(super) fn start_cell(&mut self) {
        self.row.push(String::new());
    }

    /// Text of the cell being read.
    pub(super) fn say(&mut self, text: &str) {
        if let Some(cell) = self.row.last_mut() {
            cell.push_str(text);
        }
    }

    /// The head is read: what the columns are.
    pub(super) fn end_head(&mut self) {
        let names: Vec<String> = self.row.iter().map(|cell| cell.trim().to_lowercase()).collect();
        let find = |words: &[&str]| names.iter().position(|name| words.iter().any(|word| name.starts_with(word)));
        let holds = |words: &[&str]| names.iter().position(|name| words.iter().any(|word| name.contains(word)));
        let (who, criteria) = (find(&WHO), holds(&CRITERIA));
        // `Role | Responsibilities`: the role stands in front.
        let by_role = find(&ROLE).zip(holds(&DUTIES)).filter(|(role, duties)| role < duties && who.is_none());
        let first = (0..names.len()).find(|nth| Some(*nth) != who);
        self.columns = Columns {
            what: by_role.map_or(first, |(_, duties)| Some(duties)),
            who: by_role.map_or(who, |(role, _)| Some(role)),
            channel: holds(&CHANNEL),
            criteria,
        };
    }

    /// A row is read: what it says, where it says anything of the kind.
    pub(super) fn end_row(&self, scrub: impl Fn(&str) -> Text) -> Option<Row> {
        let cell = |nth: Option<usize>| nth.and_then(|nth| self.row.get(nth)).map(|cell| scrub(cell.trim()));
        let what = cell(self.columns.what).filter(|what| !what.is_blank())?;
        let (who, line) = (cell(self.columns.who), self.line);
        if let Some(criteria) = cell(self.columns.criteria) {
            return Some(Row::Milestone(PlanMilestone { name: what, owner: who.unwrap_or_default(), criteria, line }));
        }
        let who = who.filter(|who| !who.is_blank())?;
        Some(Row::Duty(Duty { what, who, channel: cell(self.columns.channel).unwrap_or_default(), line }))
    }
}
