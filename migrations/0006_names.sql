-- Names, rights, groups and accounts: what seldom changes, and wakes who is concerned.
--
-- Lock order: the trees' name locks in ascending owner, then groups, then accounts, then mailbox rows in
-- ascending id.

-- One change of names at a time in each tree.
create function lock_tree(_owner bigint) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom name tree'), hashint8(_owner))
$$;

-- Makes open sessions ask anew what they may do, on every node. Returns what to wake them with.
create function touch_mailboxes(_mailboxes bigint[]) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
begin
  perform m.id
     from mailbox m
    where m.id = any (_mailboxes)
    order by m.id
      for no key update;
  return query
    with touched as (
      update mailbox m
         set rights_version = m.rights_version + 1, modseq = m.modseq + 1
       where m.id = any (_mailboxes)
      returning m.id, m.modseq
    ), logged as (
      insert into change (mailbox, modseq, kind, uids)
      select t.id, t.modseq, 5, '{}' from touched t
    )
    select t.id, t.modseq from touched t;
end
$$;

-- Whoever writes names into a list holds them meanwhile: a change of a group, or the end of an account,
-- waits until it can see the list.
create function hold_names(_identifiers text[]) returns void
language plpgsql as $$
begin
  perform g.id
     from user_group g
    where 'group:' || g.name = any (_identifiers)
    order by g.id
      for key share;
  perform a.id
     from account a
    where a.name = any (_identifiers)
    order by a.id
      for key share;
end
$$;

-- The mailboxes whose list names `_identifier`.
create function mailboxes_naming(_identifier text) returns bigint[]
language sql stable as $$
  select array(select distinct e.mailbox from acl_entry e where e.identifier = _identifier)
$$;

-- The nearest mailbox above a place, as others see it: another user's tree begins at the INBOX.
create function nearest_above(_owner bigint, _path text, _account bigint) returns bigint
language sql stable as $$
  select n.mailbox
    from mailbox_name n
   where n.owner = _owner
     and n.path <> _path
     and (starts_with(_path, n.path || '/') and n.path = any (array(
            select array_to_string((string_to_array(_path, '/'))[1:level], '/')
              from generate_series(1, array_length(string_to_array(_path, '/'), 1) - 1) as level))
          or n.path = 'INBOX' and _owner not in (0, _account))
   order by starts_with(_path, n.path || '/') desc, length(n.path) desc
   limit 1
$$;

-- Whether a warrant covers a place. Grounds: 0 one's own tree, 1 below the mailbox of a permit,
-- 2 the tree that nobody owns.
create function check_warrant(
  _account bigint, _ground smallint, _below bigint, _version bigint, _needed smallint,
  _owner bigint, _path text
) returns void
language plpgsql as $$
declare
  _is_covered boolean;
begin
  if _ground = 0 then
    _is_covered := _owner = _account;
  elsif _ground = 1 then
    perform lock_mailbox(_below, array[_account], array[_version], array[_needed]);
    _is_covered := _below = nearest_above(_owner, _path, _account);
  else
    _is_covered := _owner = 0 and (select a.is_admin from account a where a.id = _account);
  end if;
  if _is_covered is not true then
    raise exception using errcode = 'PR002', message = 'the warrant is for another place', detail = '1';
  end if;
end
$$;

-- A new mailbox with the list and the policy of the one above it; its creator may do everything.
create function create_mailbox(
  _account bigint, _ground smallint, _below bigint, _version bigint, _needed smallint,
  _owner bigint, _path text, _special_use text
) returns bigint
language plpgsql as $$
declare
  _mailbox bigint;
  _above   bigint;
begin
  perform lock_tree(_owner);
  _above := nearest_above(_owner, _path, _account);
  perform hold_names(array(select e.identifier from acl_entry e where e.mailbox = _above));
  perform check_warrant(_account, _ground, _below, _version, _needed, _owner, _path);
  insert into mailbox default values returning id into _mailbox;
  insert into mailbox_name (mailbox, owner, path, special_use, private_flags)
  values (_mailbox, _owner, _path, _special_use,
          coalesce((select n.private_flags from mailbox_name n where n.mailbox = _above), 8));
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select _mailbox, a.name, false, 4095 from account a where a.id = _account
  union all
  select _mailbox, e.identifier, e.is_negative, e.rights
    from acl_entry e
   where e.mailbox = _above
     and e.identifier <> (select a.name from account a where a.id = _account);
  return _mailbox;
end
$$;

-- Removes a mailbox and all that is in it. Callers hold its lock.
create function erase_mailboxes(_mailboxes bigint[]) returns void
language sql as $$
  insert into garbage (content) select e.content from entry e where e.mailbox = any (_mailboxes);
  delete from entry where mailbox = any (_mailboxes);
  delete from change where mailbox = any (_mailboxes);
  delete from user_flags where mailbox = any (_mailboxes);
  delete from tombstone where mailbox = any (_mailboxes);
  delete from snapshot where mailbox = any (_mailboxes);
  delete from mailbox_name where mailbox = any (_mailboxes);
  delete from mailbox where id = any (_mailboxes);
$$;

-- Returns the mod-sequence after the last, to wake the mailbox's watchers with.
create function delete_mailbox(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint
) returns bigint
language plpgsql as $$
declare
  _owner  bigint;
  _path   text;
  _modseq bigint;
begin
  select n.owner into _owner from mailbox_name n where n.mailbox = _mailbox;
  perform lock_tree(_owner);
  select l.modseq
    into _modseq
    from lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]) l;
  select n.owner, n.path into _owner, _path from mailbox_name n where n.mailbox = _mailbox;
  if _owner <> 0 and _path = 'INBOX' then
    raise exception using errcode = 'PR002', message = 'INBOX stays', detail = '1';
  end if;
  -- Mailboxes below that the account cannot see stay, and nothing tells of them.
  if exists (select from mailbox_name n
              where n.owner = _owner and n.path >= _path || '/' and n.path < _path || '0'
                and rights_of(_account, n.mailbox) & 1 <> 0) then
    raise exception using errcode = 'PR005', message = 'the mailbox has others below it';
  end if;
  perform erase_mailboxes(array[_mailbox]);
  return _modseq + 1;
end
$$;

-- Gives a mailbox and all below it another place. INBOX stays and only gives its messages
-- (RFC 9051, 6.3.6).
create function rename_mailbox(
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
  _moved := array(
    select n.mailbox
      from mailbox_name n
     where n.owner = _old_owner
       and (n.path = _old_path or n.path >= _old_path || '/' and n.path < _old_path || '0'));
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
  if _owner = _old_owner and starts_with(_path, _old_path || '/') then
    raise exception using errcode = 'PR004', message = 'a mailbox cannot be moved below itself';
  end if;
  if exists (select from mailbox_name n
              where n.mailbox = any (_moved)
                and octet_length(_path) + octet_length(n.path) - octet_length(_old_path) > 1000) then
    raise exception using errcode = 'PR004', message = 'a name below it would become too long';
  end if;
  update mailbox_name n
     set owner = _owner, path = _path || substr(n.path, length(_old_path) + 1)
   where n.mailbox = any (_moved);
  return query select t.mailbox, t.modseq from touch_mailboxes(_moved) t;
end
$$;

-- Moves what is in INBOX to a new mailbox.
create function empty_inbox(
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
end
$$;

-- Changes one entry of the list. Modes: 0 these rights and no others, 1 these too, 2 no longer these.
-- An entry without rights goes.
create function set_rights(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint,
  _identifier text, _is_negative boolean, _mode smallint, _rights smallint
) returns bigint
language plpgsql as $$
begin
  perform hold_names(array[_identifier]);
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  insert into acl_entry as old (mailbox, identifier, is_negative, rights)
  values (_mailbox, _identifier, _is_negative, case _mode when 2 then 0 else _rights end)
  on conflict (mailbox, identifier, is_negative) do update
     set rights = case _mode
                    when 0 then _rights
                    when 1 then old.rights | _rights
                    else old.rights & ~_rights
                  end;
  delete from acl_entry e where e.mailbox = _mailbox and e.rights = 0;
  if (select count(*) from acl_entry e where e.mailbox = _mailbox) > 10000 then
    raise exception using errcode = 'PR004', message = 'the access control list is full';
  end if;
  return (select t.modseq from touch_mailboxes(array[_mailbox]) t);
end
$$;

create function create_account(_name text, _password_hash text, _is_admin boolean) returns bigint
language plpgsql as $$
declare
  _account bigint;
begin
  insert into account (name, password_hash, is_admin)
  values (_name, _password_hash, _is_admin)
  returning id into _account;
  perform create_mailbox(_account, 0::smallint, null, null, null, _account, 'INBOX', null);
  return _account;
end
$$;

-- Removes an account with its tree, and its name from every list: who is called so later is another.
create function delete_account(_account bigint) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _name    text;
  _own     bigint[];
  _naming  bigint[];
begin
  perform lock_tree(_account);
  select a.name into _name from account a where a.id = _account for update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  _own := array(select n.mailbox from mailbox_name n where n.owner = _account);
  _naming := mailboxes_naming(_name);
  perform m.id
     from mailbox m
    where m.id = any (_own || _naming)
    order by m.id
      for no key update;
  return query select m.id, m.modseq + 1 from mailbox m where m.id = any (_own);
  perform erase_mailboxes(_own);
  delete from acl_entry e where e.identifier = _name;
  delete from user_flags f where f.account = _account;
  delete from account a where a.id = _account;
  return query select t.mailbox, t.modseq from touch_mailboxes(_naming) t;
end
$$;

create function delete_group(_name text) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _naming bigint[];
begin
  perform g.id from user_group g where g.name = _name for update;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  delete from user_group g where g.name = _name;
  _naming := mailboxes_naming('group:' || _name);
  return query select t.mailbox, t.modseq from touch_mailboxes(_naming) t;
  delete from acl_entry e where e.identifier = 'group:' || _name;
end
$$;

-- Adds somebody to a group, or takes somebody out. What was so already wakes nobody.
create function change_membership(_name text, _account bigint, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group   bigint;
  _changed boolean;
begin
  select g.id into _group from user_group g where g.name = _name for update;
  if not found or not exists (select from account a where a.id = _account) then
    raise exception using errcode = 'PR001', message = 'no such group or account';
  end if;
  if _is_member then
    insert into user_group_member (account, user_group) values (_account, _group)
    on conflict (account, user_group) do nothing;
  else
    delete from user_group_member m where m.account = _account and m.user_group = _group;
  end if;
  _changed := found;
  if _changed then
    return query
      select t.mailbox, t.modseq from touch_mailboxes(mailboxes_naming('group:' || _name)) t;
  end if;
end
$$;
