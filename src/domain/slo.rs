//! Objective, budget, burn, by time slices on a bound (SEMANTICS section 5, R36–R40).
//!
//! CONTRACT: to be written. A slice is one minute; it is bad when any sample in it breaks the bound, and not counted when it has none.

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// Slices with data in the window.
    pub slices: u32,
    /// Bad ones.
    pub bad: u32,
    /// What is left of the budget: 1 = all, 0 = none, negative = overspent; nothing = no data (0/0 is not 100 %).
    pub left: Option<f64>,
    /// Burn rate over the last hour: 1 spends exactly the budget over the window; nothing = no data.
    pub burn: Option<f64>,
}

// pub fn budget(series: &Series, threshold: Threshold, objective: f64, window: TimeDelta, now) -> Budget
