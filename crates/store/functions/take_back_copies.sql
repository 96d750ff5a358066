-- Removes the copies of sent mail that their senders' programs have now filed themselves, at the places of `_message_ids` that
-- are no copies. What takes a copy's place is read for everybody, as that was. Returns the mailbox's new mod-sequence; null where there were none. The caller holds the mailbox's lock.
create or replace function take_back_copies(
  _mailbox bigint, _copies sent_copy[], _message_ids bigint[], _actor actor
) returns bigint
language plpgsql as $$
declare
  _uids   bigint[];
  _filed  bigint[];
  _modseq bigint;
begin
  with filed as (
    delete from sent_copy_mark k
     where k.mailbox = _mailbox
       and k.message_id = any (array(
             select m.id
               from unnest(_message_ids) with ordinality as m (id, nth)
              where not exists (select from unnest(_copies) c where c.place = m.nth - 1)))
    returning k.uid, k.message_id, k.until
  )
  select array_agg(e.uid), array_agg(n.uid)
    into _uids, _filed
    from filed f
    join entry e on e.mailbox = _mailbox and e.uid = f.uid
   cross join lateral (
         select max(o.uid) as uid
           from content m
           join entry o on o.content = m.id and o.mailbox = _mailbox
          where m.message_id = f.message_id) n
   where f.until > clock_timestamp();
  if _uids is null then
    return null;
  end if;
  insert into activity (kind, session, account, mailbox, owner, path, uids, detail)
  select 3 /* activity: expunge */, _actor.session, nullif(_actor.account, 0), n.mailbox, n.owner, n.path,
         (select range_agg(int8range(u, u, '[]')) from unnest(_uids) u), 'copies of what was filed now'
    from mailbox_name n
   where n.mailbox = _mailbox;
  _modseq := discard_messages(_mailbox, _uids, _actor);
  perform read_for_everybody(_mailbox, _modseq, _filed);
  return _modseq;
end
$$;
