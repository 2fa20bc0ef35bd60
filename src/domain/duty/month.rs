//! A month of days, week by week, for calendars.

use chrono::{Datelike as _, Days, Months, NaiveDate};

/// The weeks that touch the month of a day, Monday first: whole weeks, with days of the months beside it.
pub fn weeks(of: NaiveDate) -> Vec<[NaiveDate; 7]> {
    let first = of.with_day(1).unwrap_or(of);
    let monday = first.checked_sub_days(Days::new(u64::from(first.weekday().num_days_from_monday()))).unwrap_or(first);
    let is_of_month = |day: &NaiveDate| (day.year(), day.month()) == (of.year(), of.month());
    (0..6_u64)
        .map(|week| {
            let day = |n: u64| monday.checked_add_days(Days::new(week * 7 + n)).unwrap_or(monday);
            [0, 1, 2, 3, 4, 5, 6].map(day)
        })
        .filter(|week| week.iter().any(is_of_month))
        .collect()
}

/// The first day of the month so many months away.
pub fn away(from: NaiveDate, months: i32) -> NaiveDate {
    let first = from.with_day(1).unwrap_or(from);
    let by = Months::new(months.unsigned_abs());
    let moved = if months < 0 { first.checked_sub_months(by) } else { first.checked_add_months(by) };
    moved.unwrap_or(first)
}

/// The last day of a day's month.
pub fn last(of: NaiveDate) -> NaiveDate {
    away(of, 1).pred_opt().unwrap_or(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_whole_weeks() {
        let day = |written: &str| -> NaiveDate { written.parse().unwrap() };
        let november = weeks(day("2026-11-20"));
        assert_eq!((november.len(), november[0][0], november[5][6]), (6, day("2026-10-26"), day("2026-12-06")));
        // The shortest: a February that begins on a Monday.
        assert_eq!(weeks(day("2027-02-14")).len(), 4);
        assert_eq!((away(day("2026-11-30"), -1), last(day("2026-02-03"))), (day("2026-10-01"), day("2026-02-28")));
    }
}
