-- Wrong passwords, counted for all frontends together, and the networks from which accounts logged in (ADR 0049).

-- Hints: lost when the database crashes. A row for one user and one network, one for each user ('' as network) and one for
-- each network ('' as user). Rows live for an hour after the last failure, and each costs a slow hash to make.
create unlogged table wrong_password (
  -- A keyed hash: what was typed may be a password in the wrong field.
  user_hash bytea       not null,
  network   text        collate "C" not null,
  failures  integer     not null,
  failed_at timestamptz not null,
  primary key (network, user_hash)
);

create index wrong_password_by_age on wrong_password (failed_at);

create table known_network (
  account bigint      not null references account on delete cascade,
  network text        collate "C" not null,
  -- To a day.
  seen_at timestamptz not null,
  primary key (account, network)
);

create index known_network_by_age on known_network (seen_at);
