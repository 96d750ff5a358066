-- Removes the copies of sent mail that their senders' programs have now filed themselves, at the places of `_message_ids` that
-- are no copies. Returns the mailbox's new mod-sequence; null where there were none. The caller holds the mailbox's lock.
create or replace function take_back_copies(
  _mailbox bigint, _copies sent_copy[], _message_ids bigint[], _actor actor
) returns bigint
language plpgsql as $$
declare
  _uids bigint[];
begin
  with filed as (
    delete from sent_copy_mark k
     where k.mailbox = _mailbox
       and k.message_id = any (array(
             select m.id
               from unnest(_message_ids) with ordinality as m (id, nth)
              where not exists (select from unnest(_copies) c where c.place = m.nth - 1)))
    returning k.uid, k.until
  )
  select array_agg(e.uid)
    into _uids
    from filed f
    join entry e on e.mailbox = _mailbox and e.uid = f.uid
   where f.until > clock_timestamp();
  if _uids is null then
    return null;
  end if;
  insert into activity (kind, session, account, mailbox, owner, path, uids, detail)
  select 3 /* activity: expunge */, _actor.session, nullif(_actor.account, 0), n.mailbox, n.owner, n.path,
         (select range_agg(int8range(u, u, '[]')) from unnest(_uids) u), 'copies of what was filed now'
    from mailbox_name n
   where n.mailbox = _mailbox;
  return discard_messages(_mailbox, _uids, _actor);
end
$$;
