-- Removes mailboxes and all that is in them. The caller holds their locks, and the names in their lists, and takes no
-- other mailbox's afterwards. Rows are found by their keys: where most rows are one mailbox's, the planner would rather read
-- those of all.
create or replace function erase_mailboxes(_mailboxes bigint[], _actor actor) returns void
language plpgsql set enable_seqscan = off as $$
begin
  perform part_lists(_mailboxes);
  insert into garbage (
    content, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root, keywords
  )
  select e.content, e.mailbox, e.uid, e.flags, e.internal_date, e.saved_at, e.size,
         _actor.account, _actor.session, n.quota_root,
         case when e.flags & 32 /* flag: rare */ <> 0 then rare_keywords_of(e.mailbox, e.uid, e.flags) end
    from entry e
    join mailbox_name n on n.mailbox = e.mailbox
   where e.mailbox = any (_mailboxes);
  -- What they counted as removed is the roots' from now on.
  perform q.id
     from quota_root q
    where q.id in (select n.quota_root from mailbox_name n where n.mailbox = any (_mailboxes))
    order by q.id
      for no key update;
  update quota_root q
     set removed_bytes = q.removed_bytes + gone.bytes
    from (select n.quota_root,
                 sum(m.removed_bytes + (select coalesce(sum(room_of_removed(e.size)), 0) from entry e where e.mailbox = m.id)) as bytes
            from mailbox_name n
            join mailbox m on m.id = n.mailbox
           where m.id = any (_mailboxes)
           group by n.quota_root) gone
   where q.id = gone.quota_root;
  delete from entry where mailbox = any (_mailboxes);
  delete from entry_keyword where mailbox = any (_mailboxes);
  delete from change where mailbox = any (_mailboxes);
  delete from user_flags where mailbox = any (_mailboxes);
  delete from tombstone where mailbox = any (_mailboxes);
  delete from snapshot where mailbox = any (_mailboxes);
  delete from mailbox_name where mailbox = any (_mailboxes);
  delete from mailbox where id = any (_mailboxes);
end
$$;
