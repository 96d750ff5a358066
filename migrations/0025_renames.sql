-- RENAME of trees: to a name above their own.

-- The mailboxes at these places, and all below them.
create function branches_of(_owner bigint, _paths text[]) returns bigint[]
language plpgsql stable as $$
begin
  return array(
    select distinct n.mailbox
      from unnest(_paths) as top (path)
     cross join lateral (
             select n.mailbox
               from mailbox_name n
              where n.owner = _owner
                and (n.path = top.path or n.path >= top.path || '/' and n.path < top.path || '0')
             offset 0
           ) n);
end
$$;

create function levels_of(_path text) returns integer
language sql immutable as $$
  select cardinality(string_to_array(_path, '/'))
$$;

-- Gives mailboxes at `_old_path` or below it the same places at `_path` and below. Callers hold the locks,
-- and have asked whether it is allowed.
create function move_mailboxes(
  _moved bigint[], _old_owner bigint, _old_path text, _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _level bigint[];
begin
  if _owner = _old_owner and _path = _old_path then
    raise exception using errcode = 'PR003', message = 'it has that name already';
  end if;
  if _owner = _old_owner and starts_with(_path, _old_path || '/') then
    raise exception using errcode = 'PR004', message = 'a mailbox cannot be moved below itself';
  end if;
  if exists (select from mailbox_name n
              where n.mailbox = any (_moved)
                and (octet_length(_path) + octet_length(n.path) - octet_length(_old_path) > 1000
                     or levels_of(_path) + levels_of(n.path) - levels_of(_old_path) > 32)) then
    raise exception using errcode = 'PR004', message = 'a name below it would become too long';
  end if;
  -- From the top down: where it goes up, what lies deeper comes to places that others of it have left.
  for _level in
    select array_agg(n.mailbox)
      from mailbox_name n
     where n.mailbox = any (_moved)
     group by levels_of(n.path)
     order by levels_of(n.path)
  loop
    update mailbox_name n
       set owner = _owner, path = _path || substr(n.path, length(_old_path) + 1)
     where n.mailbox = any (_level);
  end loop;
  return query select t.mailbox, t.modseq from touch_mailboxes(_moved) t;
end
$$;

-- As in 0006, also to a name above its own, and not to its own.
create or replace function rename_mailbox(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint, _old_path text,
  _ground smallint, _below bigint, _below_version bigint, _below_needed smallint,
  _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _old_owner bigint;
  _moved     bigint[];
begin
  select n.owner into _old_owner from mailbox_name n where n.mailbox = _mailbox;
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));

  -- All rows that anything below locks, in one ascending pass.
  _moved := branches_of(_old_owner, array[_old_path]);
  perform m.id
     from mailbox m
    where m.id = any (_moved || _mailbox || _below)
    order by m.id
      for no key update;
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  if not exists (select from mailbox_name n
                  where n.mailbox = _mailbox and n.owner = _old_owner and n.path = _old_path) then
    raise exception using errcode = 'PR001', message = 'the mailbox has another name by now';
  end if;
  if _old_owner <> 0 and _old_path = 'INBOX' then
    return query select i.mailbox, i.modseq
                   from empty_inbox(_mailbox, _account, _ground, _below, _below_version,
                                    _below_needed, _owner, _path) i;
    return;
  end if;

  perform check_warrant(_account, _ground, _below, _below_version, _below_needed, _owner, _path);
  return query select t.mailbox, t.modseq
                 from move_mailboxes(_moved, _old_owner, _old_path, _owner, _path) t;
end
$$;
