-- Which functions the program has put here (crates/store/functions), so that it does so again only when one of them
-- has changed.

create table installed_function (
  name    text      collate "C" primary key,
  -- SHA-256 of the file.
  hash    bytea     not null,
  -- The release that it is of. An older one that runs beside leaves it alone.
  release integer[] not null
);
