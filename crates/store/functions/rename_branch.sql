-- Gives a name where nothing is, or nothing that the account may know of, to what is below it: to these mailboxes, each
-- by a permit of its own, and to all below them. Whatever else is there stays (ADR 0037). Returns what to wake.
create or replace function rename_branch(
  _actor actor, _permits permit[], _old_place place, _create create_permit, _place place
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _below     permit := _create.below;
  _owner     bigint;
  _old_owner bigint;
  _tops      bigint[];
  _paths     text[];
  _moved     bigint[];
  _unwanting bigint[];
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  _old_owner := owner_of(_old_place, _actor.account);
  _owner := owner_of(_place, _actor.account);
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));
  perform hold_names(names_in_lists(
            branches_of(_old_owner, array[_old_place.path]) || branches_of(_owner, array[_place.path])
            || nearest_above(_owner, _place.path, _actor.account)));

  -- What was deleted or went elsewhere meanwhile is not below the name any more.
  select array_agg(n.mailbox), array_agg(n.path)
    into _tops, _paths
    from unnest(_permits) p
    join mailbox_name n on n.mailbox = p.mailbox
   where n.owner = _old_owner
     and n.path >= _old_place.path || '/' and n.path < _old_place.path || '0';
  if _tops is null then
    raise exception using errcode = 'PR001', message = 'the name leads to nothing any more';
  end if;
  -- All rows that anything below locks, in one ascending pass.
  _moved := branches_of(_old_owner, _paths);
  _unwanting := lock_unsubscribed(_moved);
  perform lock_mailboxes(_moved || _below.mailbox);
  perform lock_mailbox(p.mailbox, array[_actor], array[p])
     from unnest(_permits) as p
    where p.mailbox = any (_tops);

  perform check_create_permit(_actor, _create, _owner, _place.path);
  if exists (select from mailbox_name n where n.owner = _owner and n.path = _place.path) then
    raise exception using errcode = 'PR003', message = 'a mailbox has the new name';
  end if;
  -- No mailbox lies between the new name and what comes below it.
  perform check_create_permit(_actor, _create, _owner, _place.path || substr(top.path, length(_old_place.path) + 1))
     from unnest(_paths) as top (path);
  _moved := changing_hands(_moved, _tops, _actor.account, _old_owner, _owner);
  if _owner not in (0, _old_owner) then
    perform begin_lists_anew(_moved, _owner, _place.path, _actor.account);
  end if;
  perform keep_unsubscribed(_unwanting, _moved, _old_place.path, _owner, _place.path);
  return query select t.mailbox, t.modseq
                 from move_mailboxes(_moved, _old_owner, _old_place.path, _owner, _place.path) t;
  perform settle_lists(_old_owner, _old_place.path);
  perform settle_lists(_owner, _place.path);

  -- One row for each of the permits: what is below them went along.
  insert into activity (kind, session, account, mailbox, owner, path, other_owner, other_path)
  select 7 /* activity: rename */, _actor.session, _actor.account, top.mailbox, _owner,
         _place.path || substr(top.path, length(_old_place.path) + 1), _old_owner, top.path
    from unnest(_tops, _paths) as top (mailbox, path);
end
$$;
