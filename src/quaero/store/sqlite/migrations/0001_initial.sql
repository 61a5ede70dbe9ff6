-- Definitions as people wrote them, and the runs that were started from them.
CREATE TABLE definitions (
  id TEXT PRIMARY KEY,
  body TEXT NOT NULL CHECK (json_valid(body)), -- the definition as JSON
  source TEXT NOT NULL DEFAULT '',    -- the text that it was read from
  origin TEXT NOT NULL CHECK (origin IN ('user', 'quick', 'system')),
  enabled INTEGER NOT NULL DEFAULT 1,
  edited INTEGER NOT NULL DEFAULT 0,  -- by hand, in the store: a file does not overwrite that unasked
  version INTEGER NOT NULL DEFAULT 1, -- the newest of definition_versions
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- What a definition was after each change; kept when it is deleted.
CREATE TABLE definition_versions (
  definition_id TEXT NOT NULL,
  number INTEGER NOT NULL,            -- from 1
  at INTEGER NOT NULL,
  change TEXT NOT NULL CHECK (change IN ('created', 'imported', 'edited', 'enabled', 'disabled', 'deleted')),
  body TEXT NOT NULL,
  source TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (definition_id, number)
) STRICT, WITHOUT ROWID;

-- When the runs of a definition with a schedule are planned.
CREATE TABLE schedules (
  definition_id TEXT PRIMARY KEY,
  cron TEXT NOT NULL,                 -- as in the definition; when that changes, so does next_at. '': switched off
  timezone TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1, -- of the definition when that was last looked at; 0: a system definition
  next_at INTEGER,                    -- the next planned time; NULL: never
  last_planned_at INTEGER,            -- the planned time of the last run
  last_run_id INTEGER,
  skipped INTEGER NOT NULL DEFAULT 0, -- planned times without a run: a run was open, or nobody was there
  error TEXT                          -- why the last planned time has no run, or why there is no next one
) STRICT;
CREATE INDEX schedules_by_time ON schedules (next_at) WHERE next_at IS NOT NULL;

-- Values for {name} in the config of steps.
CREATE TABLE variables (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What crawls are let in by. The key that opens it is in no table.
CREATE TABLE credentials (
  name TEXT PRIMARY KEY,
  hosts TEXT NOT NULL CHECK (json_valid(hosts)), -- whom it is for, as JSON; sealed too
  kind TEXT NOT NULL CHECK (kind IN ('cookie', 'header', 'bearer', 'basic', 'imported')),
  sealed TEXT NOT NULL,
  key_id TEXT NOT NULL,               -- of the key that it is sealed with
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  root_id INTEGER NOT NULL,
  parent_id INTEGER REFERENCES jobs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('run', 'parent', 'child')),
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN
    ('waiting', 'pending', 'running', 'paused', 'completed', 'failed', 'cancelled', 'skipped')),
  config TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(config)),
  depth INTEGER NOT NULL DEFAULT 0,
  discovered_by INTEGER,
  host TEXT,                                -- the server that the work burdens
  priority INTEGER NOT NULL DEFAULT 0,      -- smaller goes first; of a run: among the runs
  run_at INTEGER NOT NULL,                  -- not before; 0: at once, 1: at once, behind the others
  attempt INTEGER NOT NULL DEFAULT 0,
  lost_leases INTEGER NOT NULL DEFAULT 0,
  suspicion REAL NOT NULL DEFAULT 0,        -- of killing its workers: a share of each loss
  reopened INTEGER NOT NULL DEFAULT 0,
  lease_number INTEGER NOT NULL DEFAULT 0,
  lease_owner TEXT,
  lease_until INTEGER,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  error_code TEXT,
  error TEXT,
  note TEXT,
  CHECK ((parent_id IS NULL) = (kind = 'run')),
  CHECK ((finished_at IS NOT NULL) = (state IN ('completed', 'failed', 'cancelled', 'skipped'))),
  CHECK (lease_owner IS NULL OR state = 'running')
) STRICT;
CREATE INDEX jobs_by_parent ON jobs (parent_id);
CREATE INDEX jobs_by_root ON jobs (root_id) WHERE kind <> 'child';
CREATE INDEX jobs_ready ON jobs (parent_id, priority, run_at) WHERE state = 'pending';
CREATE INDEX jobs_running ON jobs (parent_id) WHERE state = 'running';
CREATE INDEX jobs_held_back ON jobs (parent_id) WHERE state IN ('waiting', 'paused');
CREATE INDEX runs_by_time ON jobs (run_at) WHERE state = 'pending' AND kind = 'run';
CREATE INDEX runs_reopened ON jobs (id) WHERE kind = 'run' AND reopened > 0;

-- What a run needs beside its job.
CREATE TABLE runs (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  definition_id TEXT NOT NULL,
  definition TEXT NOT NULL CHECK (json_valid(definition)), -- as it was at launch
  launch_key TEXT UNIQUE,             -- who launches twice with one key gets one run
  launch_request TEXT,                -- a hash of the request that carried the key: another one may not use it
  launched_by TEXT NOT NULL,          -- person, schedule, auto_start, rerun, pre_job, post_job
  origin_id INTEGER,                  -- the run that this one repeats or serves
  paused_at INTEGER,
  last_event INTEGER NOT NULL DEFAULT 0,
  pruned_events INTEGER NOT NULL DEFAULT 0  -- events up to this number are gone
) STRICT;
CREATE INDEX runs_by_definition ON runs (definition_id);
CREATE INDEX runs_by_origin ON runs (origin_id) WHERE origin_id IS NOT NULL;

-- A run waits until the runs that it needs are completed (pre_jobs, post_jobs).
CREATE TABLE run_needs (
  run_id INTEGER NOT NULL REFERENCES runs (job_id) ON DELETE CASCADE,
  needs_id INTEGER NOT NULL,
  PRIMARY KEY (run_id, needs_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_needs_by_need ON run_needs (needs_id);

-- What holds jobs back over all processes: a limit on how many run at once, or a pause.
CREATE TABLE gates (
  scope TEXT NOT NULL CHECK (scope IN ('all', 'definition', 'type', 'host')),
  key TEXT NOT NULL,                  -- '' for all
  concurrency INTEGER CHECK (concurrency > 0), -- child jobs; NULL: no limit
  paused INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

-- What time it is: so many milliseconds more than the clock of leases, since the machine was started.
CREATE TABLE clock (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  boot TEXT NOT NULL,
  offset_ms INTEGER NOT NULL
) STRICT;

-- Duties that one process has at a time.
CREATE TABLE duties (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  lease_until INTEGER NOT NULL        -- by the clock of leases
) STRICT, WITHOUT ROWID;

-- The processes that execute jobs.
CREATE TABLE processes (
  owner TEXT PRIMARY KEY,             -- as in the leases of its jobs
  role TEXT NOT NULL,                 -- run, worker, server
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  version TEXT NOT NULL,
  types TEXT NOT NULL,                -- what it can execute, as JSON
  root_id INTEGER,                    -- the only run that it works on; NULL: all
  concurrency INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Services of others that want to be asked at a steady pace, by all processes together.
CREATE TABLE paces (
  name TEXT PRIMARY KEY,
  next_at INTEGER NOT NULL                -- when the next may ask
) STRICT, WITHOUT ROWID;

-- What may be spent on something, by all processes together: so much is spent or set aside.
CREATE TABLE budgets (
  name TEXT PRIMARY KEY,
  spent REAL NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What others answered to a question, so that it is not asked again.
CREATE TABLE answers (
  question TEXT PRIMARY KEY,           -- a hash of all that the answer depends on
  value TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When the store was last looked after.
CREATE TABLE upkeep (
  what TEXT PRIMARY KEY CHECK (what IN ('backup', 'restore', 'maintenance')),
  at INTEGER NOT NULL,
  detail TEXT NOT NULL                -- the file of the copy
) STRICT, WITHOUT ROWID;

-- What people and programs changed through the pages and the API, each with what came of it.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  shown TEXT NOT NULL,                -- by what they were let in: token, cookie
  address TEXT NOT NULL,              -- where they asked from
  operation TEXT NOT NULL,            -- as in the description of the API
  method TEXT NOT NULL,
  path TEXT NOT NULL,                 -- what it concerns; never what was sent
  status INTEGER NOT NULL,
  code TEXT NOT NULL                  -- of the error; '': it was done
) STRICT;
CREATE INDEX audit_by_time ON audit (at);

-- The counts of a run's parent jobs and of a parent job's children: a cache of the rows of `jobs`,
-- changed in the same transaction as they are.
CREATE TABLE progress (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  root_id INTEGER NOT NULL,
  step INTEGER,                       -- the place of the step in the definition; NULL for a run
  plan_closed INTEGER NOT NULL DEFAULT 0,
  planned INTEGER NOT NULL DEFAULT 0, -- children that the manager has yielded so far
  concurrency INTEGER,
  max_documents INTEGER,
  slots INTEGER NOT NULL DEFAULT 0,   -- of max_documents: held by open children and stored documents
  max_failures INTEGER,               -- the error tolerance of a step
  max_failed_percent INTEGER,
  failure_action TEXT NOT NULL DEFAULT 'stop_all',
  timeout INTEGER,                    -- of a run or a step
  deadline INTEGER,                   -- when that strikes; from its start to its end
  total INTEGER NOT NULL DEFAULT 0,
  waiting INTEGER NOT NULL DEFAULT 0,
  pending INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  paused INTEGER NOT NULL DEFAULT 0,
  completed INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  skipped INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  rate REAL,                          -- ended children per second, lately
  rated_at INTEGER,                   -- when and at how many that was measured
  rated_ended INTEGER,
  dirty INTEGER NOT NULL DEFAULT 0    -- changed since the orchestrator last looked
) STRICT;
CREATE INDEX progress_by_deadline ON progress (deadline) WHERE deadline IS NOT NULL;
CREATE INDEX progress_ready ON progress (root_id) WHERE pending > 0;
CREATE INDEX progress_dirty ON progress (job_id) WHERE dirty = 1;
CREATE INDEX progress_by_root ON progress (root_id);

-- Which work a parent has seen, by content. One work may have several names (redirects, canonical links).
CREATE TABLE work_keys (
  parent_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  dedupe_key TEXT NOT NULL,
  job_id INTEGER,                     -- NULL while the work waits in `frontier`
  PRIMARY KEY (parent_id, dedupe_key)
) STRICT, WITHOUT ROWID;

-- Children that were found when all slots of max_documents were taken, in the order in which they would move up.
CREATE TABLE frontier (
  id INTEGER PRIMARY KEY,
  parent_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  dedupe_key TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  config TEXT NOT NULL,
  depth INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  host TEXT,
  run_at INTEGER NOT NULL DEFAULT 0,
  discovered_by INTEGER
) STRICT;
CREATE INDEX frontier_by_parent ON frontier (parent_id, priority, id);
CREATE INDEX frontier_by_key ON frontier (parent_id, dedupe_key);

CREATE TABLE events (
  root_id INTEGER NOT NULL REFERENCES runs (job_id) ON DELETE CASCADE,
  number INTEGER NOT NULL,            -- within the run, from 1, without gap
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  job_id INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (root_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_lines (
  id INTEGER PRIMARY KEY,
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,            -- within the job, from 1
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  UNIQUE (job_id, number)
) STRICT;

CREATE TABLE documents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,   -- the full-text index refers to it: it must survive VACUUM
  source_type TEXT NOT NULL,
  canonical_url TEXT NOT NULL,
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  markdown TEXT NOT NULL,
  metadata TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(metadata)),
  content_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  checked_at INTEGER NOT NULL,        -- when a job last saw it, changed or not
  job_id INTEGER NOT NULL,            -- that job
  root_id INTEGER NOT NULL,           -- and its run
  version INTEGER NOT NULL DEFAULT 1, -- which one the present content is
  UNIQUE (canonical_url, source_type)
) STRICT;
CREATE INDEX documents_by_url ON documents (url);
CREATE INDEX documents_by_run ON documents (root_id);
CREATE INDEX documents_by_update ON documents (updated_at, id);

-- What documents were before their content changed: the last ones, without a hole up to the present content.
CREATE TABLE document_versions (
  document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,                -- since when it was so
  replaced_at INTEGER NOT NULL,
  root_id INTEGER NOT NULL,           -- the run that replaced it
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  markdown TEXT NOT NULL,
  PRIMARY KEY (document_id, number)
) STRICT;
CREATE INDEX document_versions_by_end ON document_versions (replaced_at);

-- The original bytes, zstd-compressed; apart, so that lists of documents stay small to read.
CREATE TABLE document_sources (
  document_id INTEGER PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
  media_type TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

-- Tags by the definition that put them there: two definitions that meet on a page do not overwrite each other's.
CREATE TABLE document_tags (
  document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  tag TEXT NOT NULL,
  definition_id TEXT NOT NULL,
  PRIMARY KEY (document_id, tag, definition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_tags_by_tag ON document_tags (tag, document_id);

-- What agents found in a document: the latest of each, whatever later copies of the page say.
CREATE TABLE document_results (
  document_id INTEGER NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
  agent TEXT NOT NULL,
  version TEXT NOT NULL,              -- of the agent
  model TEXT NOT NULL,
  maker TEXT NOT NULL,                -- by what exactly it was made: agent, version, model and options
  content_hash TEXT NOT NULL,         -- of the content that it was made from
  value TEXT NOT NULL CHECK (json_valid(value)),
  at INTEGER NOT NULL,
  job_id INTEGER NOT NULL,
  root_id INTEGER NOT NULL,
  PRIMARY KEY (document_id, agent)
) STRICT, WITHOUT ROWID;
CREATE VIEW results_of_documents AS
SELECT document_id, json_group_object(agent, json_object(
  'version', version, 'model', model, 'at', at, 'content_hash', content_hash, 'value', json(value))) AS results
FROM document_results GROUP BY document_id;

CREATE VIRTUAL TABLE documents_text USING fts5 (
  title, markdown, url,
  content = 'documents', content_rowid = 'id',
  tokenize = 'porter unicode61 remove_diacritics 2'
);
-- An external-content index must be told the old words when they go: that is what the 'delete' rows do.
CREATE TRIGGER documents_text_insert AFTER INSERT ON documents BEGIN
  INSERT INTO documents_text (rowid, title, markdown, url) VALUES (new.id, new.title, new.markdown, new.url);
END;
CREATE TRIGGER documents_text_delete AFTER DELETE ON documents BEGIN
  INSERT INTO documents_text (documents_text, rowid, title, markdown, url)
  VALUES ('delete', old.id, old.title, old.markdown, old.url);
END;
CREATE TRIGGER documents_text_update AFTER UPDATE OF title, markdown, url ON documents
WHEN old.title <> new.title OR old.markdown <> new.markdown OR old.url <> new.url BEGIN
  INSERT INTO documents_text (documents_text, rowid, title, markdown, url)
  VALUES ('delete', old.id, old.title, old.markdown, old.url);
  INSERT INTO documents_text (rowid, title, markdown, url) VALUES (new.id, new.title, new.markdown, new.url);
END;
