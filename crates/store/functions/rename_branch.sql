-- Gives a name where nothing is, or nothing that the account may know of, to what is below it: to these
-- mailboxes, each by a permit of its own, and to all below them. Whatever else is there stays (ADR 0037).
-- Returns what to wake.
create or replace function rename_branch(
  _mailboxes bigint[], _account bigint, _versions bigint[], _needed smallint[],
  _old_owner bigint, _old_path text,
  _ground smallint, _below bigint, _below_version bigint, _below_needed smallint,
  _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _tops  bigint[];
  _paths text[];
  _moved bigint[];
begin
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));

  -- What was deleted or went elsewhere meanwhile is not below the name any more.
  select array_agg(n.mailbox), array_agg(n.path)
    into _tops, _paths
    from mailbox_name n
   where n.mailbox = any (_mailboxes)
     and n.owner = _old_owner
     and n.path >= _old_path || '/' and n.path < _old_path || '0';
  if _tops is null then
    raise exception using errcode = 'PR001', message = 'the name leads to nothing any more';
  end if;

  -- All rows that anything below locks, in one ascending pass.
  _moved := branches_of(_old_owner, _paths);
  perform m.id
     from mailbox m
    where m.id = any (_moved || _below)
    order by m.id
      for no key update;
  perform lock_mailbox(p.mailbox, array[_account], array[p.version], array[p.needed])
     from unnest(_mailboxes, _versions, _needed) as p (mailbox, version, needed)
    where p.mailbox = any (_tops);

  perform check_warrant(_account, _ground, _below, _below_version, _below_needed, _owner, _path);
  if exists (select from mailbox_name n where n.owner = _owner and n.path = _path) then
    raise exception using errcode = 'PR003', message = 'a mailbox has the new name';
  end if;
  -- No mailbox lies between the new name and what comes below it.
  perform check_warrant(_account, _ground, _below, _below_version, _below_needed, _owner,
                        _path || substr(top.path, length(_old_path) + 1))
     from unnest(_paths) as top (path);
  _moved := changing_hands(_moved, _tops, _account, _old_owner, _owner);
  return query select t.mailbox, t.modseq
                 from move_mailboxes(_moved, _old_owner, _old_path, _owner, _path) t;
end
$$;
