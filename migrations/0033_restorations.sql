-- What `postroom doctor --after-restore` has begun (docs/adr/0089-after-a-restore.md), so that it can be gone on with. A row counts
-- only where it was written: a copy of it tells of another restore.
create table restoration (
  at           timestamptz not null default now(),
  -- When the PostgreSQL was started that wrote it: every copy of files is served by one that was started later.
  started_at   timestamptz not null default pg_postmaster_start_time(),
  -- The transaction that wrote it: a dump is brought by another one.
  xid          bigint      not null default pg_current_xact_id()::text::bigint,
  -- Mailboxes up to this UIDVALIDITY begin anew.
  uid_validity bigint      not null
);
