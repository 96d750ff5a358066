-- Removes messages from a mailbox and books that: entries, garbage, counters, log and tombstones. Returns the mailbox's
-- new mod-sequence. What several writers remove at once is put down to the first of them. The caller holds the mailbox's
-- lock, and knows that the messages are there.
create or replace function discard_messages(_mailbox bigint, _uids bigint[], _actor actor) returns bigint
language plpgsql as $$
declare
  _gone  bigint[];
  _sizes integer[];
  _flags bigint[];
begin
  with gone as (
    delete from entry e
     using (select g.uid from unnest(_uids) as g (uid) limit cardinality(_uids)) g
     where e.mailbox = _mailbox and e.uid = g.uid
    returning e.uid, e.content, e.size, e.flags, e.internal_date, e.saved_at
  ), queued as (
    insert into garbage (
      content, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root, keywords
    )
    select g.content, _mailbox, g.uid, g.flags, g.internal_date, g.saved_at, g.size,
           _actor.account, _actor.session,
           (select n.quota_root from mailbox_name n where n.mailbox = _mailbox),
           case when g.flags & 32 /* flag: rare */ <> 0 then rare_keywords_of(_mailbox, g.uid, g.flags) end
      from gone g
  )
  select array_agg(g.uid), array_agg(g.size), array_agg(g.flags)
    into _gone, _sizes, _flags
    from gone g;
  update mailbox m
     set removed_bytes = m.removed_bytes + (select coalesce(sum(room_of_removed(s.size)), 0) from unnest(_sizes) as s (size))
   where m.id = _mailbox;
  return book_departure(_mailbox, _gone, _sizes, _flags);
end
$$;
