-- Version 1. A change is another file, and another step in schema.rs.

-- Versions of package managers. `place` is the position of the version among those of the package manager.
CREATE TABLE releases (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pm TEXT NOT NULL,
    version TEXT NOT NULL,
    place INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX releases_of ON releases (pm, place);

-- Releases in one configuration.
CREATE TABLE targets (
    id INTEGER PRIMARY KEY,
    release INTEGER NOT NULL REFERENCES releases,
    key TEXT NOT NULL,
    bash TEXT NOT NULL,
    UNIQUE (release, key)
);

CREATE TABLE instances (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    case_id TEXT NOT NULL,
    title TEXT NOT NULL,
    eapi TEXT NOT NULL,
    section TEXT NOT NULL
);
CREATE INDEX instances_of_case ON instances (case_id);
CREATE INDEX instances_of_section ON instances (section);
CREATE VIRTUAL TABLE instances_text USING fts5 (name, title, section, content = 'instances', content_rowid = 'id');
CREATE TRIGGER instances_added AFTER INSERT ON instances BEGIN
    INSERT INTO instances_text (rowid, name, title, section) VALUES (new.id, new.name, new.title, new.section);
END;

-- Samples of entries, by which others are compressed.
CREATE TABLE dictionaries (id INTEGER PRIMARY KEY, content BLOB NOT NULL);

-- Entries as they came. `build` is the beginning of the build's key. The ids only grow, so that a reader can go on
-- where it stopped.
CREATE TABLE observations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL UNIQUE,
    build INTEGER NOT NULL,
    target INTEGER REFERENCES targets,
    found INTEGER NOT NULL,
    used INTEGER NOT NULL,
    dictionary INTEGER REFERENCES dictionaries,
    entry BLOB NOT NULL
);
CREATE INDEX observations_of_build ON observations (build);
CREATE INDEX observations_used ON observations (used);

-- The first verdict for each checksum of expectations.
CREATE TABLE verdicts (
    instance INTEGER NOT NULL REFERENCES instances,
    release INTEGER NOT NULL REFERENCES releases,
    observation INTEGER NOT NULL REFERENCES observations ON DELETE CASCADE,
    expect INTEGER NOT NULL,
    verdict INTEGER NOT NULL,
    found INTEGER NOT NULL,
    PRIMARY KEY (instance, release, observation, expect)
) WITHOUT ROWID;
CREATE INDEX verdicts_of ON verdicts (observation);

-- Other verdicts that came later under the same key, with the whole entry.
CREATE TABLE conflicts (
    id INTEGER PRIMARY KEY,
    observation INTEGER NOT NULL REFERENCES observations ON DELETE CASCADE,
    instance INTEGER NOT NULL REFERENCES instances,
    expect INTEGER NOT NULL,
    verdict INTEGER NOT NULL,
    found INTEGER NOT NULL,
    entry BLOB NOT NULL,
    UNIQUE (observation, instance, expect, verdict)
);

-- `summary` is JSON: what a reader is told of a run.
CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, started INTEGER NOT NULL, summary TEXT NOT NULL);
CREATE TABLE run_verdicts (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    release INTEGER NOT NULL REFERENCES releases,
    instance TEXT NOT NULL,
    PRIMARY KEY (run, release, instance)
) WITHOUT ROWID;

-- Instances that showed a finding.
CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pm TEXT NOT NULL,
    title TEXT NOT NULL
);
CREATE TABLE shown (
    finding INTEGER NOT NULL REFERENCES findings,
    release INTEGER NOT NULL REFERENCES releases,
    instance TEXT NOT NULL,
    PRIMARY KEY (finding, release, instance)
) WITHOUT ROWID;
CREATE INDEX shown_by ON shown (instance, release);

-- Who may write. A token itself is not kept.
CREATE TABLE tokens (
    name TEXT PRIMARY KEY,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    may TEXT NOT NULL,
    made INTEGER NOT NULL
);

-- How far another store has been given ours, and we its.
CREATE TABLE synced (url TEXT PRIMARY KEY, sent INTEGER NOT NULL, received INTEGER NOT NULL);
