//! A group of alerts as an issue at a host: what a notice asks for there. The first notice opens it, later ones are comments.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::IncidentKey,
        intent::OpId,
        notify::{Kind, message::NoticeId},
    },
    text::Text,
};

/// Where a group is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The issue.
    pub issue: IncidentKey,
    /// Its page.
    pub url: Option<Text>,
    /// Another group is told there too, and something of it fires.
    pub is_shared: bool,
}

/// How an issue stands at its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It is open.
    Open,
    /// It is closed, whoever closed it.
    Closed,
    /// It is not there any more.
    Gone,
}

/// What a channel does beside telling what is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits {
    /// What still fires is said again.
    pub comments_on_repeat: bool,
    /// The issue is closed when all is over that was told there.
    pub closes: bool,
    /// A closed issue is opened again; otherwise what fires again gets a new one.
    pub reopens: bool,
}

/// What is to be done at the host, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A new issue.
    Open,
    /// A comment.
    Comment(IncidentKey),
    /// The issue is opened again.
    Reopen(IncidentKey),
    /// The issue is closed.
    Close(IncidentKey),
}

/// What a notice asks for; nothing where nobody needs to hear of it there: why.
///
/// `known` is where its group is told and how that stands; nothing = it was never told there.
///
/// # Errors
/// Why there is nothing to do, a lower-case fragment.
pub fn deeds(
    kind: Kind,
    is_repeat: bool,
    known: Option<(&Thread, Stands)>,
    habits: Habits,
) -> Result<Vec<Deed>, &'static str> {
    let Some((thread, stands)) = known.filter(|(_, stands)| *stands != Stands::Gone) else {
        // That something is over which nobody here was told of is no news.
        return if kind == Kind::Resolved { Err("no issue is there to say it on") } else { Ok(vec![Deed::Open]) };
    };
    let comment = || Deed::Comment(thread.issue.clone());
    Ok(match (kind, stands) {
        (Kind::Resolved, Stands::Open) if habits.closes && !thread.is_shared => {
            vec![comment(), Deed::Close(thread.issue.clone())]
        }
        (Kind::Resolved, _) => vec![comment()],
        _ if is_repeat && !habits.comments_on_repeat => return Err("comment_on_repeat is false"),
        // Somebody closed it while it fires: they are told on, and nothing is opened over and over.
        (_, Stands::Closed) if is_repeat => vec![comment()],
        (_, Stands::Closed) if habits.reopens => vec![Deed::Reopen(thread.issue.clone()), comment()],
        (_, Stands::Closed) => vec![Deed::Open],
        _ => vec![comment()],
    })
}

/// The name of one request of a notice: always the same one, so that it cannot stand in the outbox twice, and is found at the
/// host after an answer that was lost.
pub fn op(notice: NoticeId, since: DateTime<Utc>, step: u8) -> OpId {
    OpId::new(since, (u128::from(notice.0) << 8) | u128::from(step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::incident::Repo;

    const PLAIN: Habits = Habits { comments_on_repeat: true, closes: false, reopens: false };

    fn key() -> IncidentKey {
        IncidentKey::issue(Repo::new("acme/api"), 12)
    }

    /// What is asked for where the group is told on an issue that stands so.
    fn on(kind: Kind, stands: Stands, is_repeat: bool, habits: Habits) -> String {
        let thread = Thread { issue: key(), url: None, is_shared: false };
        words(deeds(kind, is_repeat, Some((&thread, stands)), habits))
    }

    fn words(deeds: Result<Vec<Deed>, &str>) -> String {
        let word = |deed: &Deed| match deed {
            Deed::Open => "open",
            Deed::Comment(_) => "comment",
            Deed::Reopen(_) => "reopen",
            Deed::Close(_) => "close",
        };
        deeds.map_or_else(|_| "nothing".to_owned(), |all| all.iter().map(word).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_first_notice_opens_an_issue_and_later_ones_are_comments() {
        let first = |kind| words(deeds(kind, false, None, PLAIN));
        assert_eq!([Kind::Firing, Kind::Resolved, Kind::Digest].map(first), ["open", "nothing", "open"]);
        let later = |kind| on(kind, Stands::Open, false, PLAIN);
        assert_eq!([Kind::Firing, Kind::Resolved, Kind::Word].map(later), ["comment"; 3]);
        assert_eq!(on(Kind::Firing, Stands::Gone, false, PLAIN), "open");
        assert_eq!(on(Kind::Resolved, Stands::Gone, false, PLAIN), "nothing");
    }

    #[test]
    fn what_fires_again_after_its_issue_was_closed_gets_a_new_one_or_that_one_again() {
        let reopening = Habits { reopens: true, ..PLAIN };
        assert_eq!(on(Kind::Firing, Stands::Closed, false, PLAIN), "open");
        assert_eq!(on(Kind::Firing, Stands::Closed, false, reopening), "reopen comment");
        for habits in [PLAIN, reopening] {
            assert_eq!(on(Kind::Firing, Stands::Closed, true, habits), "comment", "a repetition is nothing new");
            assert_eq!(on(Kind::Resolved, Stands::Closed, false, habits), "comment");
        }
    }

    #[test]
    fn a_repetition_is_left_out_where_it_is_not_wanted_and_nothing_else() {
        let quiet = Habits { comments_on_repeat: false, ..PLAIN };
        assert_eq!(on(Kind::Firing, Stands::Open, true, quiet), "nothing");
        assert_eq!(on(Kind::Firing, Stands::Closed, true, quiet), "nothing");
        assert_eq!(on(Kind::Firing, Stands::Open, false, quiet), "comment");
        assert_eq!(words(deeds(Kind::Firing, true, None, quiet)), "open", "nobody here was told yet");
    }

    #[test]
    fn an_issue_is_closed_once_all_is_over_that_was_told_there() {
        let closing = Habits { closes: true, ..PLAIN };
        assert_eq!(on(Kind::Resolved, Stands::Open, false, closing), "comment close");
        assert_eq!(on(Kind::Resolved, Stands::Closed, false, closing), "comment");
        let shared = Thread { issue: key(), url: None, is_shared: true };
        assert_eq!(words(deeds(Kind::Resolved, false, Some((&shared, Stands::Open)), closing)), "comment");
    }

    #[test]
    fn a_request_has_the_same_name_whenever_it_is_made_and_no_other_has_it() {
        let at = DateTime::from_timestamp(1_795_165_200, 0).unwrap();
        let of = |id, step| op(NoticeId(id), at, step);
        assert_eq!(of(u64::MAX, 0), of(u64::MAX, 0));
        let names: std::collections::BTreeSet<OpId> =
            [of(1, 0), of(1, 1), of(2, 0), of(u64::MAX, 0), of(u64::MAX >> 1, 0)].into_iter().collect();
        assert_eq!(names.len(), 5);
    }
}
