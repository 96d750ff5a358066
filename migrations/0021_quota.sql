-- Quota (RFC 9208).
--
-- A mailbox belongs to one quota root or to none, from its creation on and whatever it is called later. Usage
-- is the sum of the mailboxes' own counters, so that nothing is counted twice, and who makes room waits for
-- nobody. Whoever takes room where there is a limit holds the root's row until the end, and looks at the
-- sum then: limits hold exactly. Where there is no limit nothing is locked.
--
-- Lock order: the row of a quota root is the last of all.
--
-- SQLSTATE PR009: over quota. The detail says by how many bytes and by how many messages.

create table quota_root (
  id            bigint generated always as identity primary key,
  -- As clients see it: 'user/ada', or 'shared/support'.
  name          text   collate "C" not null unique,
  -- Where it begins: new mailboxes at the top of this tree, or at this very path, belong to it.
  owner         bigint not null,
  path          text   collate "C" not null,
  -- Null: no limit. In units of 1,024 octets, as RFC 9208 counts.
  storage_limit bigint check (storage_limit >= 0),
  message_limit bigint check (message_limit >= 0),
  mailbox_limit bigint check (mailbox_limit >= 0),
  unique (owner, path)
);

alter table mailbox_name add column quota_root bigint references quota_root;

create index mailbox_name_by_quota_root on mailbox_name (quota_root) where quota_root is not null;

-- What is in the mailboxes of a root, as far as it is committed, or done by this transaction.
create function quota_usage(_root bigint, out bytes numeric, out messages numeric, out mailboxes bigint)
language plpgsql volatile as $$
begin
  select coalesce(sum(m.byte_count), 0), coalesce(sum(m.message_count), 0), count(*)
    into bytes, messages, mailboxes
    from mailbox_name n
    join mailbox m on m.id = n.mailbox
   where n.quota_root = _root;
end
$$;

-- Refuses when a mailbox's root is over a limit now, after something was put in. What does not grow may
-- stay as it is, also above the limit.
create function check_quota(_mailbox bigint, _bytes_grow boolean, _messages_grow boolean) returns void
language plpgsql as $$
declare
  _root          bigint;
  _storage_limit bigint;
  _message_limit bigint;
  _bytes         numeric;
  _messages      numeric;
begin
  select q.id
    into _root
    from mailbox_name n
    join quota_root q on q.id = n.quota_root
   where n.mailbox = _mailbox
     and (q.storage_limit is not null and _bytes_grow or q.message_limit is not null and _messages_grow);
  if _root is null then
    return;
  end if;
  select q.storage_limit, q.message_limit
    into _storage_limit, _message_limit
    from quota_root q
   where q.id = _root
     for no key update;
  select u.bytes, u.messages into _bytes, _messages from quota_usage(_root) u;
  if _bytes_grow and _bytes > _storage_limit::numeric * 1024
     or _messages_grow and _messages > _message_limit then
    raise exception using errcode = 'PR009', message = 'over quota',
      detail = coalesce(_bytes - _storage_limit::numeric * 1024, 0) || ' '
               || coalesce(_messages - _message_limit, 0);
  end if;
end
$$;

-- A new mailbox belongs to the root of the one above it, else to that of its tree or of its very path.
create function join_quota_root() returns trigger
language plpgsql as $$
declare
  _limit     bigint;
  _mailboxes bigint;
begin
  new.quota_root := coalesce(
    (select n.quota_root
       from mailbox_name n
      where n.owner = new.owner and starts_with(new.path, n.path || '/')
        and n.path = any (array(
              select array_to_string((string_to_array(new.path, '/'))[1:level], '/')
                from generate_series(1, array_length(string_to_array(new.path, '/'), 1) - 1) as level))
      order by length(n.path) desc
      limit 1),
    (select q.id
       from quota_root q
      where q.owner = new.owner and q.path in ('', new.path)
      order by length(q.path) desc
      limit 1));
  if not exists (select from quota_root q where q.id = new.quota_root and q.mailbox_limit is not null) then
    return new;
  end if;
  select q.mailbox_limit
    into _limit
    from quota_root q
   where q.id = new.quota_root
     for no key update;
  select u.mailboxes into _mailboxes from quota_usage(new.quota_root) u;
  if _mailboxes >= _limit then
    raise exception using errcode = 'PR009', message = 'over quota', detail = '0 0';
  end if;
  return new;
end
$$;

create trigger quota_root_of_mailbox before insert on mailbox_name
  for each row execute function join_quota_root();

-- Sets the limits of a root, and makes it where there is none: all mailboxes at its place and below belong to
-- it, but for those of a root that begins further down.
create function set_quota(
  _name text, _owner bigint, _path text, _storage_limit bigint, _message_limit bigint, _mailbox_limit bigint
) returns void
language plpgsql as $$
declare
  _root bigint;
begin
  perform lock_tree(_owner);
  -- An account of that name may have gone, and another come.
  delete from quota_root q
   where q.name = _name and q.owner <> _owner
     and not exists (select from mailbox_name n where n.quota_root = q.id);
  insert into quota_root as q (name, owner, path, storage_limit, message_limit, mailbox_limit)
  values (_name, _owner, _path, _storage_limit, _message_limit, _mailbox_limit)
  on conflict (owner, path) do update
     set storage_limit = excluded.storage_limit,
         message_limit = excluded.message_limit,
         mailbox_limit = excluded.mailbox_limit
  returning q.id into _root;
  update mailbox_name n
     set quota_root = _root
   where n.owner = _owner
     and (_path = '' or n.path = _path or n.path >= _path || '/' and n.path < _path || '0')
     and n.quota_root is distinct from _root
     and not exists (select from quota_root inside
                      where inside.id = n.quota_root
                        and inside.owner = _owner
                        and length(inside.path) > length(_path));
end
$$;

-- The root as `_account` may know it: whoever administers the site, or may read in one of its mailboxes.
create function may_know_quota(_account bigint, _root bigint) returns boolean
language plpgsql stable as $$
declare
  _identifiers text[] := identifiers_of(_account) || 'owner'::text;
begin
  return (select a.is_admin from account a where a.id = _account)
      or exists (
           select from mailbox_name n
            where n.quota_root = _root
              and exists (select from acl_entry e
                           where e.mailbox = n.mailbox and e.identifier = any (_identifiers))
              and rights_of(_account, n.mailbox) & 2 <> 0);
end
$$;

-- As in 0006, within the quota where the new mailbox is.
create or replace function empty_inbox(
  _mailbox bigint, _account bigint,
  _ground smallint, _below bigint, _below_version bigint, _below_needed smallint,
  _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _new bigint := create_mailbox(_account, _ground, _below, _below_version, _below_needed,
                                _owner, _path, null);
begin
  return query
    with moved as (
      select t.modseq, t.source_modseq
        from transfer_messages(_mailbox, _new, _account, '{[1,4294967296)}', -1, true) t
    )
    select _mailbox, m.source_modseq from moved m
    union all
    select _new, m.modseq from moved m;
  if not share_quota(_mailbox, _new) then
    perform check_quota(_new, true, true);
  end if;
end
$$;

-- Whether what goes from one to the other takes no room.
create function share_quota(_one bigint, _other bigint) returns boolean
language plpgsql stable as $$
begin
  return (select count(distinct coalesce(n.quota_root, 0)) = 1
            from mailbox_name n
           where n.mailbox in (_one, _other));
end
$$;
