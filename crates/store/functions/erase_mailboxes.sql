-- Removes mailboxes and all that is in them. The caller holds their locks, and the names in their lists.
create or replace function erase_mailboxes(_mailboxes bigint[], _actor actor) returns void
language plpgsql as $$
begin
  perform part_lists(_mailboxes);
  insert into garbage (
    content, mailbox, uid, flags, internal_date, saved_at, size, account, session, quota_root
  )
  select e.content, e.mailbox, e.uid, e.flags, e.internal_date, e.saved_at, e.size,
         _actor.account, _actor.session, n.quota_root
    from entry e
    join mailbox_name n on n.mailbox = e.mailbox
   where e.mailbox = any (_mailboxes);
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
