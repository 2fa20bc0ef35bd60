//! The tables of `signals.sqlite`, by the version that brought them.

/// What version 1 began with: how far files were read, and what was in them.
pub(super) const FIRST: &str = "
CREATE TABLE position (
    path BLOB NOT NULL, -- as the system has it
    device INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    offset INTEGER NOT NULL, -- the first byte not taken
    line INTEGER NOT NULL,
    head BLOB NOT NULL, -- the first bytes of the file
    before BLOB NOT NULL, -- the bytes before the offset
    is_inside INTEGER NOT NULL, -- 1 in the middle of a line that is left out
    place INTEGER NOT NULL, -- in the order in which the path had these files
    PRIMARY KEY (path, device, inode)
) STRICT, WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    labels TEXT NOT NULL, -- a JSON list of pairs, sorted by name
    UNIQUE (name, labels)
) STRICT;
CREATE TABLE rollup (
    series INTEGER NOT NULL REFERENCES series,
    step INTEGER NOT NULL, -- seconds: 1, 60, 3600
    start INTEGER NOT NULL, -- seconds since 1970, UTC
    count INTEGER NOT NULL,
    sum REAL NOT NULL,
    min REAL NOT NULL,
    max REAL NOT NULL,
    last_at INTEGER NOT NULL, -- milliseconds since 1970, UTC
    last REAL NOT NULL,
    sketch BLOB, -- nothing where all values are one
    PRIMARY KEY (series, step, start)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
";
