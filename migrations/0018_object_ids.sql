-- Object identifiers (RFC 8474) and save dates (RFC 8514).

-- What identifiers of objects are made with (crates/store/src/object_id.rs): one key for as long as the
-- database lives, so that they never change and tell nothing about our numbers.
create table object_key (
  is_only boolean primary key default true check (is_only),
  key     bytea   not null
);

insert into object_key (key)
values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- When the message came into this mailbox. Null for what came before there was such a column: neither a
-- rewrite nor a default that would be a lie.
alter table entry add column saved_at timestamptz;

-- Whatever inserts, also a frontend of the release before.
alter table entry alter column saved_at set default now();
