//! The outbox as a table.

use super::table::{ANY, Side, Table};

/// Rows of name, state, target, act, age and reason.
pub fn lines(rows: &[[String; 6]], width: usize) -> String {
    let left = |most| (Side::Left, most);
    let mut table = Table::new([left(ANY), left(ANY), left(ANY), left(24), (Side::Right, ANY), left(ANY)]);
    for row in rows {
        table.row(row.clone());
    }
    table.lines(width).join("\n")
}
