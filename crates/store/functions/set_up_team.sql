-- Makes what a team needs and has not yet, in the tree that nobody owns: its mailbox, folders with a special use (the list
-- inherited), entries in its list, addresses, and subscriptions of those whom the entries name. What is there stays as it is,
-- and nothing is taken from anybody. Of a mailbox that is new, whoever makes it holds what the entries say. Anyone may post where an
-- address is new, as in add_address. Returns what was done, by words and names, and then (`wake`) what to wake. Refuses as
-- what it calls: PR002, PR009, PR043, PR047, PR048.
create or replace function set_up_team(
  _actor actor, _create create_permit, _path text, _folders text[], _uses text[],
  _identifiers text[], _rights smallint[], _details text[],
  _locals text[], _domains text[], _spellings text[], _separator text
) returns table (step text, name text, mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _mailbox bigint;
  _creator text := (select a.name from account a where a.id = _actor.account);
  _folder  bigint;
  _is_new  boolean[] := '{}';
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  perform lock_tree(0);
  select n.mailbox into _mailbox from mailbox_name n where n.owner = 0 and n.path = _path;
  perform hold_names(_identifiers || names_in_lists(array[coalesce(_mailbox, list_above(0, _path))]));

  if _mailbox is null then
    _mailbox := make_mailbox(_actor, _create, 0, _path, null);
    delete from acl_entry e where e.mailbox = _mailbox and e.identifier = _creator;
    insert into activity (kind, session, account, mailbox, owner, path)
    values (6 /* activity: create */, _actor.session, _actor.account, _mailbox, 0, _path);
    return query select 'mailbox', _path, null::bigint, null::bigint;
  elsif coalesce(rights_of(_actor.account, _mailbox), 0::smallint) & 1025 /* rights: la */ <> 1025 /* rights: la */ then
    raise exception using errcode = 'PR002', message = 'a list is changed by who administers it', detail = '1';
  end if;

  for _at in 1..cardinality(_identifiers) loop
    if not exists (select
                     from mailbox_name n
                     join acl_entry e on e.mailbox = n.list_of
                    where n.mailbox = _mailbox
                      and e.identifier = _identifiers[_at]
                      and not e.is_negative
                      and e.rights & _rights[_at] = _rights[_at]) then
      perform count(*)
         from change_list(_actor, administering(_mailbox), _identifiers[_at], false, 1::smallint, _rights[_at],
                          _details[_at]);
      return query select 'right', _details[_at], null::bigint, null::bigint;
    end if;
  end loop;

  for _at in 1..cardinality(_locals) loop
    _is_new := _is_new || not exists (select
                                        from address a
                                       where a.domain = _domains[_at]
                                         and a.local = _locals[_at]
                                         and a.mailbox = _mailbox);
  end loop;
  if true = any (_is_new)
     and not exists (select
                       from mailbox_name n
                       join acl_entry e on e.mailbox = n.list_of
                      where n.mailbox = _mailbox
                        and e.identifier = 'anyone'
                        and e.rights & 32 /* rights: p */ <> 0) then
    perform count(*)
       from change_list(_actor, administering(_mailbox), 'anyone', false, 1::smallint, (32 /* rights: p */)::smallint,
                        'anyone +p');
    return query select 'right', 'anyone +p', null::bigint, null::bigint;
  end if;

  for _at in 1..cardinality(_folders) loop
    continue when exists (select
                            from mailbox_name n
                           where n.owner = 0
                             and n.special_use = _uses[_at]
                             and n.path > _path || '/' and n.path < _path || '0');
    update mailbox_name n
       set special_use = _uses[_at]
     where n.owner = 0
       and n.path = _path || '/' || _folders[_at]
       and n.special_use is null;
    if not found then
      continue when exists (select from mailbox_name n where n.owner = 0 and n.path = _path || '/' || _folders[_at]);
      _folder := make_mailbox(_actor, _create, 0, _path || '/' || _folders[_at], _uses[_at]);
      insert into activity (kind, session, account, mailbox, owner, path, detail)
      values (6 /* activity: create */, _actor.session, _actor.account, _folder, 0, _path || '/' || _folders[_at], _uses[_at]);
    end if;
    return query select 'folder', _path || '/' || _folders[_at], null::bigint, null::bigint;
  end loop;

  return query
    with members as (
      select a.id, a.name from account a where a.name = any (_identifiers)
       union
      select a.id, a.name
        from user_group g
        join effective_member m on m.user_group = g.id
        join account a on a.id = m.account
       where 'group:' || g.name = any (_identifiers)
    ), subscribed as (
      insert into subscription (account, owner, path)
      select m.id, 0, p.path
        from members m
       cross join (select _path as path union select _path || '/' || f from unnest(_folders) f) p
        join mailbox_name n on n.owner = 0 and n.path = p.path
      on conflict do nothing
      returning account
    )
    select 'subscription', m.name, null::bigint, null::bigint
      from members m
     where m.id in (select s.account from subscribed s)
     order by m.name;

  perform lock_addresses();
  for _at in 1..cardinality(_locals) loop
    continue when not _is_new[_at];
    insert into address (local, domain, spelling, mailbox)
    values (_locals[_at], _domains[_at], _spellings[_at], _mailbox)
    on conflict do nothing;
    perform check_routes(_locals[_at], _domains[_at], _separator);
    return query select 'address', _spellings[_at], null::bigint, null::bigint;
  end loop;
  return query
    select 'wake', null, m.id, m.modseq
      from mailbox_name n
      join mailbox m on m.id = n.mailbox
     where n.owner = 0
       and (n.path = _path or n.path > _path || '/' and n.path < _path || '0');
end
$$;
