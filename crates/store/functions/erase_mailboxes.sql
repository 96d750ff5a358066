-- Removes mailboxes and all that is in them. The caller holds their locks.
create or replace function erase_mailboxes(_mailboxes bigint[]) returns void
language sql as $$
  insert into garbage (content) select e.content from entry e where e.mailbox = any (_mailboxes);
  delete from entry where mailbox = any (_mailboxes);
  delete from change where mailbox = any (_mailboxes);
  delete from user_flags where mailbox = any (_mailboxes);
  delete from tombstone where mailbox = any (_mailboxes);
  delete from snapshot where mailbox = any (_mailboxes);
  delete from mailbox_name where mailbox = any (_mailboxes);
  delete from mailbox where id = any (_mailboxes);
$$;
