//! The sixty incidents that the play opens with: what each is about, and how it stands.

use chrono::TimeDelta;

use crate::{
    demo::random::Dice,
    domain::priority::{
        Grade,
        Priority::{P0, P1, P2, P3},
    },
};

/// The repositories, `owner/name`.
pub const REPOS: [&str; 4] = ["acme/api", "acme/web", "acme/infra", "acme/docs"];

const API: usize = 0;
const WEB: usize = 1;
const INFRA: usize = 2;
const DOCS: usize = 3;

/// One incident: what it is about, and how it stands when the play begins.
#[derive(Debug, Clone, Copy)]
pub struct Story<'a> {
    /// Its repository, as a place in [`REPOS`].
    pub repo: usize,
    /// Its number there.
    pub number: u64,
    /// The row of the policy that judges it.
    pub grade: Grade,
    /// Its title.
    pub title: &'a str,
    /// How it stands.
    pub plot: Plot,
}

/// How an incident stands when the play begins. Lengths left are until a deadline, negative = over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// Nobody of the team has answered; the response clock has so much left.
    Silent(TimeDelta),
    /// Answered; the fix clock has so much left.
    Working(TimeDelta),
    /// Closed once and opened again; the fix clock has so much left.
    Reopened(TimeDelta),
    /// Held by [`WAITING`] since some days.
    Waiting,
    /// Answered, somewhere in the first two thirds of its time.
    Early,
    /// Not answered, somewhere in the first two thirds of its time.
    Fresh,
    /// Closed in time in the last four weeks.
    Done,
    /// Closed too late in the last four weeks.
    Late,
    /// Closed in the last four weeks as something that will not be done.
    NotPlanned,
    /// Closed in the last four weeks as a duplicate.
    Duplicate,
    /// Closed by its author before anybody answered.
    Withdrawn,
}

impl Plot {
    /// Whether the play leaves it alone for a while: its clock is what one should look at.
    pub fn is_staged(self) -> bool {
        matches!(self, Self::Silent(_) | Self::Working(_) | Self::Reopened(_) | Self::Waiting)
    }
}

/// The label that holds a fix clock.
pub const WAITING: &str = "waiting-on-reporter";
/// The label of what must be fixed before the release.
pub const BLOCKER: &str = "release-blocker";
/// The label of what nobody has looked at.
pub const UNTRIAGED: &str = "status-triage";

/// The incidents that carry [`BLOCKER`].
pub const BLOCKERS: [(usize, u64); 2] = [(API, 812), (WEB, 1204)];
/// Those that are pull requests.
pub const PULL_REQUESTS: [(usize, u64); 3] = [(API, 806), (WEB, 1195), (DOCS, 36)];

const UNSET: Grade = Grade::Untriaged;

const fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

const fn story(repo: usize, number: u64, grade: Grade, title: &'static str, plot: Plot) -> Story<'static> {
    Story { repo, number, grade, title, plot }
}

/// The opening, the most telling first: three over, five at risk, one held, then the rest, then what is closed.
pub const STORIES: [Story<'static>; 60] = [
    story(API, 812, Grade::Set(P0), "Login returns 500 after deploy 4.9.8", Plot::Reopened(minutes(-42))),
    story(
        API,
        799,
        Grade::Set(P1),
        "[security] Access token written to the debug log",
        Plot::Silent(TimeDelta::seconds(184)),
    ),
    story(WEB, 1204, Grade::Set(P1), "Checkout total is wrong for prices in ₽", Plot::Working(minutes(47))),
    story(INFRA, 88, Grade::Set(P1), "Nightly integrity job has not run since Tuesday", Plot::Working(minutes(310))),
    story(
        WEB,
        1151,
        Grade::Set(P1),
        "Refunds are credited twice when the tab is reloaded",
        Plot::Working(minutes(-1_690)),
    ),
    story(WEB, 1190, Grade::Set(P2), "Отчёт не открывается на планшете", Plot::Working(minutes(3_070))),
    story(DOCS, 29, Grade::Set(P2), "Broken anchors in the upgrade guide", Plot::Silent(minutes(-195))),
    story(WEB, 1210, UNSET, "Button overlaps the footer on small screens", Plot::Silent(minutes(565))),
    story(WEB, 1177, Grade::Set(P2), "CSV import stops at row 10,000: waiting for the file", Plot::Waiting),
    story(API, 815, UNSET, "429 without a Retry-After header", Plot::Silent(minutes(1_270))),
    story(INFRA, 97, UNSET, "Staging certificate expires next month", Plot::Silent(minutes(1_815))),
    story(WEB, 1213, UNSET, "注文履歴の日付が一日ずれる", Plot::Silent(minutes(2_690))),
    story(API, 803, Grade::Set(P1), "Webhook deliveries stall when one endpoint hangs", Plot::Early),
    story(INFRA, 91, Grade::Set(P1), "Replica promotion takes nine minutes instead of two", Plot::Early),
    story(API, 809, Grade::Set(P1), "Idempotency keys are ignored for partial captures", Plot::Early),
    story(API, 771, Grade::Set(P2), "p95 latency of /v2/orders regressed 7 % since 4.9.7", Plot::Early),
    story(API, 806, Grade::Set(P2), "Bound the retry queue and count what it drops", Plot::Early),
    story(WEB, 1195, Grade::Set(P2), "Replace the date picker that traps the keyboard", Plot::Early),
    story(API, 768, Grade::Set(P2), "Pagination skips a row when two orders share a timestamp", Plot::Early),
    story(API, 780, Grade::Set(P2), "Currency rounding differs between the quote and the invoice", Plot::Early),
    story(API, 784, Grade::Set(P2), "Search with a trailing space finds nothing", Plot::Early),
    story(API, 790, Grade::Set(P2), "gRPC gateway drops trailers on HTTP/2 downgrade", Plot::Early),
    story(API, 795, Grade::Set(P2), "Memory of the export worker grows by 40 MB an hour", Plot::Early),
    story(WEB, 1160, Grade::Set(P2), "Session ends after ten minutes in Safari", Plot::Early),
    story(WEB, 1166, Grade::Set(P2), "Arabic names are cut in the order list", Plot::Early),
    story(WEB, 1171, Grade::Set(P2), "Keyboard focus is lost after the cookie banner closes", Plot::Early),
    story(WEB, 1183, Grade::Set(P2), "Dark theme: links in warnings cannot be read", Plot::Early),
    story(WEB, 1186, Grade::Set(P2), "Chart legend shows UTC, the axis shows local time", Plot::Early),
    story(INFRA, 74, Grade::Set(P2), "Log shipper loses lines while a file is rotated", Plot::Early),
    story(INFRA, 79, Grade::Set(P2), "Terraform plan is never empty for the CDN module", Plot::Early),
    story(INFRA, 83, Grade::Set(P2), "Alert for replica lag has no runbook link", Plot::Early),
    story(INFRA, 85, Grade::Set(P2), "Canary analysis compares against a pod that is warming up", Plot::Early),
    story(DOCS, 33, Grade::Set(P2), "Rollback procedure names a script that is gone", Plot::Fresh),
    story(API, 740, Grade::Set(P3), "Rename `cust_ref` to `customer_reference` in the v3 schema", Plot::Early),
    story(API, 752, Grade::Set(P3), "Log line says \"sucess\"", Plot::Early),
    story(API, 761, Grade::Set(P3), "Allow a comment on an API key", Plot::Fresh),
    story(WEB, 1098, Grade::Set(P3), "Remember the width of the sidebar", Plot::Early),
    story(WEB, 1120, Grade::Set(P3), "Print style sheet wastes a page", Plot::Early),
    story(WEB, 1142, Grade::Set(P3), "Show the keyboard shortcuts somewhere", Plot::Early),
    story(WEB, 1158, Grade::Set(P3), "Empty state of the inbox has no text", Plot::Fresh),
    story(INFRA, 52, Grade::Set(P3), "Pin the base image by digest", Plot::Early),
    story(INFRA, 61, Grade::Set(P3), "Drop the unused staging bucket", Plot::Early),
    story(DOCS, 31, Grade::Set(P3), "Typo in the runbook index", Plot::Early),
    story(DOCS, 35, Grade::Set(P3), "Explain what \"best effort\" means for P3", Plot::Fresh),
    story(
        DOCS,
        36,
        Grade::Set(P3),
        "Add a picture of the payment flow, with all its retries, time-outs and queues",
        Plot::Early,
    ),
    story(API, 788, Grade::Set(P1), "Card numbers with a space are rejected", Plot::Done),
    story(API, 797, Grade::Set(P1), "Connection pool is exhausted under load", Plot::Done),
    story(WEB, 1169, Grade::Set(P1), "Two-factor prompt does not appear in the app", Plot::Late),
    story(INFRA, 80, Grade::Set(P1), "DNS fail-over test failed in eu-central", Plot::Done),
    story(API, 775, Grade::Set(P2), "Wrong plural in the reminder e-mail", Plot::Done),
    story(API, 792, Grade::Set(P2), "Health check is green while the queue is down", Plot::Done),
    story(WEB, 1180, Grade::Set(P2), "Filter forgets its value after a reload", Plot::Done),
    story(WEB, 1188, Grade::Set(P2), "Avatar upload fails for HEIC pictures", Plot::Duplicate),
    story(INFRA, 77, Grade::Set(P2), "Backups are not encrypted in the test account", Plot::Done),
    story(INFRA, 82, Grade::Set(P2), "Node pool upgrade drains too fast", Plot::Late),
    story(DOCS, 30, Grade::Set(P2), "Escalation page lists people who have left", Plot::Done),
    story(API, 786, Grade::Set(P3), "Support XML again", Plot::NotPlanned),
    story(WEB, 1175, Grade::Set(P3), "Tooltip flickers", Plot::Done),
    story(WEB, 1192, UNSET, "Cannot log in (it was the VPN)", Plot::Withdrawn),
    story(INFRA, 86, Grade::Set(P3), "Shorten the retention of build logs", Plot::Done),
];

/// The first number that is free in a repository.
pub fn first_free(repo: usize) -> u64 {
    STORIES.iter().filter(|s| s.repo == repo).map(|s| s.number + 1).max().unwrap_or(1)
}

/// The opening text of the incidents that have a long one.
pub fn body(repo: usize, number: u64) -> Option<&'static str> {
    match (repo, number) {
        (API, 812) => Some(LOGIN),
        (API, 799) => Some(TOKEN),
        (WEB, 1204) => Some(CHECKOUT),
        (INFRA, 88) => Some(NIGHTLY),
        (WEB, 1190) => Some(REPORT),
        (API, 771) => Some(LATENCY),
        (WEB, 1177) => Some(IMPORT),
        _ => None,
    }
}

const LOGIN: &str = "\
## What happens

Since **4.9.8** about one login in nine answers `500`. The first fix was rolled back on Thursday, and it is back.

## Steps

1. Open <https://pay.example/login>
2. Sign in with an account that has *two* organizations
3. Look at the answer

```text
POST /v2/session 500 (312 ms)
session: cannot decode claim `org`: expected string, found array at line 1 column 214
```

| region       | failed | of     |
|--------------|-------:|-------:|
| eu-central-1 |    412 |  3,701 |
| us-east-1    |    388 |  3,590 |
| ap-south-1   |     19 |  2,044 |

- [x] rolled back
- [ ] claim accepts both shapes
- [ ] test with two organizations

Runbook: runbooks/login-errors.md
";

const TOKEN: &str = "\
### Summary

With `LOG_LEVEL=debug` the gateway writes the whole `Authorization` header.

> Seen in the shared log index, so everybody with a reader role could have seen it.

```json
{\"level\":\"debug\",\"msg\":\"upstream\",\"headers\":{\"authorization\":\"Bearer [cut]\"}}
```

**Asked for:** rotate the tokens of the last 14 days, mask the header, add a test.
";

const CHECKOUT: &str = "\
Prices in ₽ are rounded *before* tax in the cart and *after* tax in checkout:

| item     |    cart | checkout |
|----------|--------:|---------:|
| Подписка | 1 190 ₽ |  1 191 ₽ |
| 定期購読 |   990 ¥ |    990 ¥ |

Probably since the currency table moved, see [the change](https://git.example/acme/web/pull/1149).
";

const NIGHTLY: &str = "\
# Nightly integrity job

The scheduler says *succeeded* in 0.2 s, and no report was written.

- last real run: Tuesday
- exit code: `0`
- rows compared: **0**

```sh
integrity --since 24h --report s3://acme-reports/integrity/
```
";

const REPORT: &str = "\
На планшете отчёт остаётся пустым, на компьютере всё в порядке.

1. Открыть «Отчёты» → «Месяц»
2. Повернуть экран
3. Страница белая
";

const LATENCY: &str = "\
p95 of `/v2/orders` over a day, same traffic:

| release | p50 ms | p95 ms |
|---------|-------:|-------:|
| 4.9.7   |     48 |    311 |
| 4.9.8   |     49 |    333 |

Flame graph: https://profiles.example/4.9.8/orders
";

const IMPORT: &str = "\
The import stops without a message at row 10,000.

Could you attach the file, or its first and last fifty lines? `head -50` and `tail -50` are enough.
";

const PARTS: [&str; 16] = [
    "Checkout",
    "Invoice export",
    "Session store",
    "Search index",
    "Payment webhook",
    "Order list",
    "Currency table",
    "Report builder",
    "Mail worker",
    "Image proxy",
    "Audit log",
    "Rate limiter",
    "Backup job",
    "Feature flags",
    "Login form",
    "Admin console",
];

const FAULTS: [&str; 16] = [
    "times out",
    "answers 502 now and then",
    "shows yesterday's data",
    "loses the last row",
    "uses twice the memory it did",
    "ignores the locale",
    "fails on an empty answer",
    "retries for ever",
    "writes the same event twice",
    "is slow on the first request",
    "rejects a valid address",
    "cannot be used with the keyboard",
    "logs a stack trace for a typing error",
    "drops a field it does not know",
    "waits for a lock that nobody holds",
    "mixes up two time zones",
];

const PLACES: [&str; 12] = [
    "in eu-central",
    "after a deploy",
    "under load",
    "on Android 15",
    "for large accounts",
    "when the cache is cold",
    "behind a proxy",
    "with two tabs open",
    "on the first of the month",
    "since 4.9.8",
    "for guests",
    "during a fail-over",
];

/// A title that nobody wrote: one of some three thousand.
pub fn made_up(dice: &mut Dice) -> String {
    format!("{} {} {}", dice.word(&PARTS), dice.word(&FAULTS), dice.word(&PLACES))
}
