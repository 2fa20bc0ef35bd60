//! From a key to what it means, here.

use crate::tui::{
    action::{Action, Scope, TABLE},
    input::Key,
};

/// What a key means where these scopes hold, the nearest first.
pub fn meaning(key: &Key, scopes: &[Scope]) -> Option<Action> {
    let name = key.name();
    scopes.iter().find_map(|scope| {
        TABLE.iter().find(|spec| spec.scope == *scope && spec.keys.contains(&name.as_str())).map(|spec| spec.action)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_zooms_the_pane_and_inside_the_metrics_the_time() {
        let plus = Key::Char('+');
        assert_eq!(meaning(&plus, &[Scope::Rows, Scope::Everywhere]), Some(Action::Zoom));
        assert_eq!(meaning(&plus, &[Scope::Metrics, Scope::Everywhere]), Some(Action::TimeIn));
    }
}
