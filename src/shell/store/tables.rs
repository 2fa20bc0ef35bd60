//! The tables of the state file, by the version that brought them.

/// What version 1 began with.
pub(super) const FIRST: &str = "
CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO setting VALUES ('salt', randomblob(16));
CREATE TABLE acknowledgement (
    id INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    by TEXT NOT NULL,
    at INTEGER NOT NULL -- microseconds since 1970, UTC
) STRICT;
CREATE TABLE page (
    url TEXT NOT NULL,
    token_mark TEXT NOT NULL,
    list TEXT NOT NULL,
    place INTEGER NOT NULL,
    etag TEXT,
    link TEXT,
    version TEXT NOT NULL,
    body BLOB NOT NULL,
    heard_at INTEGER NOT NULL, -- microseconds since 1970, UTC
    PRIMARY KEY (url, token_mark)
) STRICT;
CREATE INDEX page_of_list ON page (list, heard_at);
PRAGMA user_version = 1;
";

/// What version 2 adds: who was seen on call.
pub(super) const ON_CALL: &str = "
CREATE TABLE on_call (
    id INTEGER PRIMARY KEY,
    roster TEXT NOT NULL, -- the file it stood in
    seat TEXT NOT NULL,
    people TEXT NOT NULL, -- a JSON list of names
    since INTEGER NOT NULL, -- microseconds since 1970, UTC
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX on_call_by_end ON on_call (roster, until);
PRAGMA user_version = 2;
";

/// What version 3 adds: recorded facts, the current copy of what hosts told, the outbox. Acknowledgements become facts.
pub(super) const MIRROR: &str = "
CREATE TABLE fact (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL, -- when it was recorded, microseconds since 1970, UTC
    kind TEXT NOT NULL, -- item, gone, round, host, file, content, stand, beat, ack, unack, snooze, wake, intent, progress
    source TEXT NOT NULL, -- the source's name; empty where there is none
    subject TEXT NOT NULL, -- an incident's key, a file's path, an intent's name; empty where there is none
    body BLOB NOT NULL
) STRICT;
CREATE INDEX fact_of_subject ON fact (kind, subject, seq);
CREATE INDEX fact_by_time ON fact (at);
CREATE TRIGGER fact_is_never_changed BEFORE UPDATE ON fact BEGIN SELECT RAISE(ABORT, 'a recorded fact is never changed'); END;
CREATE TRIGGER fact_is_never_forgotten BEFORE DELETE ON fact WHEN NOT EXISTS (SELECT 1 FROM setting WHERE name = 'forgets') -- what is too old
    BEGIN SELECT RAISE(ABORT, 'a recorded fact is never forgotten'); END;
INSERT INTO fact (at, kind, source, subject, body)
    SELECT at, 'ack', '', incident, CAST(json_object('by', by) AS BLOB) FROM acknowledgement ORDER BY id;
DROP TABLE acknowledgement;
CREATE TABLE source (
    name TEXT PRIMARY KEY, -- in the settings
    round BLOB, -- JSON: how it was last asked
    told BLOB, -- JSON: how it was last asked and answered
    round_at INTEGER, -- when that was recorded, microseconds since 1970, UTC
    host BLOB -- JSON: what is known of it
) STRICT, WITHOUT ROWID;
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    incident TEXT NOT NULL,
    is_open INTEGER NOT NULL,
    body BLOB NOT NULL, -- without its opening text
    UNIQUE (source, incident)
) STRICT;
CREATE TABLE opening (
    id INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    source TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (incident, source)
) STRICT;
CREATE TABLE cursor (
    source TEXT NOT NULL,
    name TEXT NOT NULL, -- what is remembered: where a repository's reading stands, an entity tag
    value BLOB NOT NULL,
    PRIMARY KEY (source, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    batch TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    act TEXT NOT NULL, -- JSON
    by TEXT NOT NULL,
    at INTEGER NOT NULL,
    progress TEXT NOT NULL, -- JSON
    is_over INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (is_over, place);
CREATE TABLE delivery (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    due INTEGER NOT NULL,
    body TEXT NOT NULL,
    progress TEXT NOT NULL,
    is_over INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE read_position (
    path TEXT PRIMARY KEY,
    position TEXT NOT NULL, -- JSON
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 3;
";
