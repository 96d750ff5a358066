-- Which histories of this database were (`database_history`): a standby that has a row of it follows that history, and has under
-- each number the content that the primary has there (ADR 0091).

create table known_history (
  history  text        primary key,
  noted_at timestamptz not null default now()
);
