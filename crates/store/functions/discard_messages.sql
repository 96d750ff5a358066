-- Removes messages from a mailbox and books that: entries, garbage, counters, log and tombstones. Returns the mailbox's
-- new mod-sequence. What several writers remove at once is put down to the first of them. The caller holds the mailbox's
-- lock, and knows that the messages are there.
create or replace function discard_messages(_mailbox bigint, _uids bigint[], _actor actor) returns bigint
language plpgsql as $$
declare
  _ranges int8multirange := ranges_of(_uids);
  _sizes  integer[];
  _flags  bigint[];
begin
  with queued as (
    insert into garbage (
      content, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root, keywords
    )
    select e.content, _mailbox, e.uid, e.flags, e.internal_date, e.saved_at, e.size,
           _actor.account, _actor.session,
           (select n.quota_root from mailbox_name n where n.mailbox = _mailbox),
           case when e.flags & 32 /* flag: rare */ <> 0 then rare_keywords_of(_mailbox, e.uid, e.flags) end
      from unnest(_ranges) r
     cross join lateral (
           select e.uid, e.content, e.size, e.flags, e.internal_date, e.saved_at
             from entry e
            where e.mailbox = _mailbox and e.uid >= lower(r) and e.uid < upper(r)
           offset 0) e
    returning size, flags
  )
  select array_agg(q.size), array_agg(q.flags) into _sizes, _flags from queued q;
  perform delete_entries(_mailbox, _uids, _ranges);
  update mailbox m
     set removed_bytes = m.removed_bytes + (select coalesce(sum(room_of_removed(s.size)), 0) from unnest(_sizes) as s (size))
   where m.id = _mailbox;
  return book_departure(_mailbox, _uids, _sizes, _flags);
end
$$;
