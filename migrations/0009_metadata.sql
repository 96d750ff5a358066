-- Annotations on mailboxes and on the server (RFC 5464).

create table annotation (
  -- None: the server itself.
  mailbox bigint references mailbox on delete cascade,
  -- None: one value for all.
  account bigint references account on delete cascade,
  -- In lower case, beginning with /private or /shared.
  entry   text   collate "C" not null,
  value   bytea  not null
);

create unique index annotation_by_place
    on annotation (coalesce(mailbox, 0), coalesce(account, 0), entry);

-- For the cascades.
create index annotation_by_mailbox on annotation (mailbox);
create index annotation_by_account on annotation (account);

-- All annotations that `_account` has or shares on these mailboxes (0: the server), those that are
-- kept elsewhere included.
create function annotations_of(_account bigint, _mailboxes bigint[])
returns table (mailbox bigint, entry text, value bytea)
language sql stable as $$
  select coalesce(a.mailbox, 0), a.entry, a.value
    from annotation a
   where coalesce(a.mailbox, 0) = any (_mailboxes)
     and coalesce(a.account, 0) in (0, _account)
  union all
  -- RFC 6154, 4
  select n.mailbox, '/private/specialuse', convert_to(n.special_use, 'UTF8')
    from mailbox_name n
   where n.mailbox = any (_mailboxes)
     and n.special_use is not null
$$;

-- Sets annotations, or removes those whose value is none: all of them or no one. Callers have asked
-- for leave. `_limit` bounds how many all share, and how many the account has for itself.
create function write_annotations(
  _mailbox bigint, _account bigint, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
begin
  delete from annotation a
   using unnest(_entries, _values) as w (entry, value)
   where coalesce(a.mailbox, 0) = coalesce(_mailbox, 0)
     and coalesce(a.account, 0) = case when starts_with(w.entry, '/private/') then _account else 0 end
     and a.entry = w.entry
     and w.value is null;
  insert into annotation (mailbox, account, entry, value)
  select _mailbox, case when starts_with(w.entry, '/private/') then _account end, w.entry, w.value
    from unnest(_entries, _values) as w (entry, value)
   where w.value is not null
  on conflict (coalesce(mailbox, 0), coalesce(account, 0), entry) do update
     set value = excluded.value;
  if exists (select from annotation a
              where coalesce(a.mailbox, 0) = coalesce(_mailbox, 0)
                and coalesce(a.account, 0) in (0, _account)
              group by a.account
             having count(*) > _limit) then
    raise exception using errcode = 'PR006', message = 'there are too many annotations';
  end if;
end
$$;

create function set_annotations(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint,
  _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
begin
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  update mailbox_name n
     set special_use = convert_from(w.value, 'UTF8')
    from unnest(_entries, _values) as w (entry, value)
   where n.mailbox = _mailbox
     and w.entry = '/private/specialuse';
  perform write_annotations(
            _mailbox, _account, array_agg(w.entry), array_agg(w.value), _limit)
     from unnest(_entries, _values) as w (entry, value)
    where w.entry <> '/private/specialuse';
end
$$;

-- What all share is for site administrators to write.
create function set_server_annotations(
  _account bigint, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
declare
  _is_admin boolean;
begin
  -- One writer at a time, so that the bound holds.
  perform pg_advisory_xact_lock(hashtext('postroom server annotations'), 0);
  select a.is_admin into _is_admin from account a where a.id = _account;
  if _is_admin is not true
     and exists (select from unnest(_entries) e where starts_with(e, '/shared/')) then
    raise exception using errcode = 'PR002', message = 'for site administrators', detail = '1';
  end if;
  perform write_annotations(null, _account, _entries, _values, _limit);
end
$$;
