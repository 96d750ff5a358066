-- Removes those of `_uids` that carry \Deleted, and returns which these were. `_requests` are the UIDs that each writer
-- asked for, as int8multirange; `_uids` are all of these, and `_known` those of them that are looked at first: only where the
-- mailbox has more that are \Deleted than are found there is it walked through.
create or replace function expunge_deleted(
  _mailbox bigint, _actors actor[], _permits permit[], _requests text[], _uids int8multirange, _known int8multirange,
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
  if _deleted = 0 then
    return;
  end if;

  select d.uids, d.ranges
    into _gone, _removed
    from deleted_among(_mailbox, _known) d;
  if not _uids <@ _known and coalesce(cardinality(_gone), 0) < _deleted then
    select d.uids, d.ranges
      into _gone, _removed
      from deleted_among(_mailbox, _uids) d;
  end if;
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
