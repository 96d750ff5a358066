-- Removes those of `_uids` that carry \Deleted, and returns which these were. `_requests` are the UIDs that each writer
-- asked for, as int8multirange; `_uids` are all of these.
create or replace function expunge_messages(
  _mailbox bigint, _actors actor[], _permits permit[], _requests text[], _uids int8multirange,
  out modseq bigint, out uids text
)
language plpgsql as $$
#variable_conflict use_column
declare
  _deleted bigint;
  _gone    bigint[];
  _removed int8multirange;
begin
  perform lock_logins(_actors);
  select l.modseq, l.deleted_count
    into modseq, _deleted
    from lock_mailbox(_mailbox, _actors, _permits) l;
  uids := '{}';
  -- Spares the walk through the whole mailbox.
  if _deleted = 0 then
    return;
  end if;

  select array_agg(e.uid), range_agg(int8range(e.uid, e.uid, '[]'))
    into _gone, _removed
    from unnest(_uids) r
   cross join lateral (
         select e.uid
           from entry e
          where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r) and e.flags & 4 /* flag: deleted */ <> 0
         offset 0) e;
  if _gone is null then
    return;
  end if;
  modseq := discard_messages(_mailbox, _gone, _actors[1]);
  uids := _removed::text;

  insert into activity (kind, session, account, mailbox, owner, path, uids)
  select 3 /* activity: expunge */, w.session, w.account, n.mailbox, n.owner, n.path,
         w.uids::int8multirange * _removed
    from mailbox_name n, unnest(_actors, _requests) as w (account, session, logins, uids)
   where n.mailbox = _mailbox
     and not isempty(w.uids::int8multirange * _removed);
end
$$;
