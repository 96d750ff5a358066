-- RENAME of trees: to a name above their own, and between trees.

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

-- Of these mailboxes, `_tops` and what is below them, those that go to a tree of `_owner`. Who owns a tree may
-- do what he likes with what is in it, so what changes hands is only what the account may administer (ADR 0036).
-- What it may not know of stays, and nothing tells of it. Callers hold the locks.
create function changing_hands(
  _mailboxes bigint[], _tops bigint[], _account bigint, _old_owner bigint, _owner bigint
) returns bigint[]
language plpgsql stable as $$
declare
  _going   bigint[];
  _allowed boolean;
begin
  if _owner in (0, _old_owner) then
    return _mailboxes;
  end if;
  select array_agg(m.mailbox), bool_and(m.rights & 1024 <> 0)
    into _going, _allowed
    from (select m.mailbox, rights_of(_account, m.mailbox) as rights
            from unnest(_mailboxes) as m (mailbox)
          offset 0) m
   where m.mailbox = any (_tops) or m.rights & 1 <> 0;
  if _allowed is not true then
    raise exception using errcode = 'PR002', message = 'what changes hands takes the right to administer',
      detail = '1';
  end if;
  return _going;
end
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

-- As in 0006, also to a name above its own, not to its own, and what is below it as far as it may go.
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
  _moved := changing_hands(_moved, array[_mailbox], _account, _old_owner, _owner);
  return query select t.mailbox, t.modseq
                 from move_mailboxes(_moved, _old_owner, _old_path, _owner, _path) t;
end
$$;

-- As in 0021. Whoever takes all messages out of a mailbox, and reads them elsewhere, needs what MOVE needs
-- (RFC 6851, 4.2).
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
  if rights_of(_account, _mailbox) & 770 <> 770 then
    raise exception using errcode = 'PR002', message = 'messages are moved by who may move them',
      detail = '1';
  end if;
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
