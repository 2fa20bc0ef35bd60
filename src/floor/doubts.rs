//! Why what is judged by metrics is not all there is: said wherever something is judged, and never passed over in silence.

use crate::{
    floor::Floor,
    text::{Text, counted},
};

/// So many rules that cannot be judged are named one by one.
const NAMED: usize = 8;

impl Floor {
    /// A sentence for each reason for which alerts may be missing: series that found no room, series that are stamped ahead of
    /// our clock, rules that fail when they are evaluated (R39).
    pub fn doubts(&self) -> Vec<String> {
        let failing = self.failing_rules();
        let n_more = failing.len().saturating_sub(NAMED);
        let more = (0 < n_more).then(|| format!("{} cannot be judged", counted(n_more, "more rule", "more rules")));
        let named = failing.iter().take(NAMED).map(|(name, why)| format!("rule {name} cannot be judged: {why}"));
        self.pool().left_out().into_iter().chain(self.ahead()).chain(named).chain(more).collect()
    }

    /// Series whose newest samples are stamped more than two minutes ahead of our clock and left out; nothing where there is
    /// none, and where somebody asks about the past.
    pub fn ahead(&self) -> Option<String> {
        if self.is_of_the_past { None } else { self.pool().ahead() }
    }

    /// Rules that failed when they were last evaluated, each with why. Those that mean series without room are told by those.
    pub fn failing_rules(&self) -> Vec<(&Text, &str)> {
        let has_room = |name: Option<&Text>| self.pool().lacks(name).is_none();
        self.book()
            .rules()
            .filter_map(|view| Some((view, view.standing.error.as_deref()?)))
            .filter(|(view, _)| view.rule.expr().needs().iter().all(|need| has_room(need.name.as_ref())))
            .map(|(view, why)| (view.rule.name(), why))
            .collect()
    }
}
