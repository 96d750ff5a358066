-- What is no mailbox's own news: names, rights, subscriptions and annotations have one log for all, the
-- directory's (ADR 0025). Triggers write it, so that no way of changing them can forget to.

create table directory_change (
  -- Not a sequence: the numbers of transactions tell a reader what it cannot have seen yet.
  xid     bigint   not null default pg_current_xact_id()::text::bigint,
  -- 1 a mailbox's name, or who may do what there; 2 what an account subscribed to; 3 an annotation.
  kind    smallint not null,
  -- 0 where it is none's: subscriptions, and annotations of the server.
  mailbox bigint   not null default 0,
  -- 0 for what concerns everybody.
  account bigint   not null default 0,
  entry   text     collate "C" not null default '',
  at      timestamptz not null default now()
);

create index directory_change_by_xid on directory_change (xid);

create function log_name() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox)
  values (1, case when tg_op = 'DELETE' then old.mailbox else new.mailbox end);
  return null;
end
$$;

create trigger directory_hears after insert or delete or update of owner, path on mailbox_name
  for each row execute function log_name();

create function log_rights() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox) values (1, new.id);
  return null;
end
$$;

-- Named by its column: writes of messages do not pass here.
create trigger directory_hears after update of rights_version on mailbox
  for each row execute function log_rights();

create function log_subscription() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, account)
  values (2, case when tg_op = 'DELETE' then old.account else new.account end);
  return null;
end
$$;

create trigger directory_hears after insert or delete or update of is_wanted on subscription
  for each row execute function log_subscription();

create function log_annotation() returns trigger
language plpgsql as $$
declare
  _row annotation := case when tg_op = 'DELETE' then old else new end;
begin
  insert into directory_change (kind, mailbox, account, entry)
  values (3, coalesce(_row.mailbox, 0), coalesce(_row.account, 0), _row.entry);
  return null;
end
$$;

create trigger directory_hears_set after insert or delete on annotation
  for each row execute function log_annotation();
create trigger directory_hears_changed after update of value on annotation
  for each row when (old.value is distinct from new.value) execute function log_annotation();

-- The two annotations that are kept as columns.
create function log_columns() returns trigger
language plpgsql as $$
begin
  insert into directory_change (kind, mailbox, entry)
  select 3, new.mailbox, c.entry
    from (values ('/private/specialuse', old.special_use is distinct from new.special_use),
                 ('/shared/vendor/postroom/flags/private', old.private_flags <> new.private_flags))
      as c (entry, is_changed)
   where c.is_changed;
  return null;
end
$$;

create trigger directory_hears_columns after update of special_use, private_flags on mailbox_name
  for each row execute function log_columns();
