-- Accounts and groups that a directory keeps (ADR 0104, 0105).

alter table account
  -- What the directory knows the person by, whatever the name: entryUUID, objectGUID.
  add column directory_id text collate "C" unique,
  -- What changes there when the password does.
  add column directory_stamp text collate "C",
  -- Since when the account is disabled because the directory has the person no longer.
  add column left_directory_at timestamptz;

alter table user_group
  -- Who is in it says a directory, and nobody here.
  add column is_of_directory boolean not null default false;
