-- Accounts and groups that a directory keeps by SCIM (ADR 0115, 0116).

create table scim_user (
  account     bigint      primary key references account on delete cascade,
  -- What the directory is told to know the user by.
  id          text        collate "C" not null unique default gen_random_uuid()::text,
  -- What it knows the user by itself.
  external_id text        collate "C",
  -- As it writes the account's name.
  user_name   text        not null,
  -- What else it says of the user, as JSON; nothing here follows from it.
  profile     text        not null,
  -- Rises with each change, so that nobody overwrites what he has not seen.
  revision    bigint      not null default 1,
  created_at  timestamptz not null default now(),
  changed_at  timestamptz not null default now(),
  -- Since when the directory has the user no longer. The account and its mail are still there, disabled.
  deleted_at  timestamptz
);

create index scim_user_by_external_id on scim_user (external_id);

create table scim_group (
  user_group   bigint      primary key references user_group on delete cascade,
  id           text        collate "C" not null unique default gen_random_uuid()::text,
  external_id  text        collate "C",
  display_name text        not null,
  revision     bigint      not null default 1,
  created_at   timestamptz not null default now(),
  changed_at   timestamptz not null default now(),
  -- Since when the directory has the group no longer. It is empty then, and lists still name it.
  deleted_at   timestamptz
);

create index scim_group_by_external_id on scim_group (external_id);
