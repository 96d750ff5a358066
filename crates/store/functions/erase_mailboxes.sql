-- Removes mailboxes. What is in them goes at once where that is little, and else part by part afterwards, by
-- clear_erased_mailbox: how long it takes does not depend on how much that is. The caller holds their locks, and the names in
-- their lists, and takes no other mailbox's afterwards.
create or replace function erase_mailboxes(_mailboxes bigint[], _actor actor) returns void
language plpgsql as $$
declare
  _is_little boolean;
begin
  perform part_lists(_mailboxes);
  insert into erased_mailbox (mailbox, account, session, quota_root)
  select n.mailbox, _actor.account, _actor.session, n.quota_root
    from mailbox_name n
   where n.mailbox = any (_mailboxes);
  -- What they counted as removed, and what they hold, is removed mail of the roots from now on.
  perform q.id
     from quota_root q
    where q.id in (select n.quota_root from mailbox_name n where n.mailbox = any (_mailboxes))
    order by q.id
      for no key update;
  update quota_root q
     set removed_bytes = q.removed_bytes + gone.bytes
    from (select n.quota_root,
                 sum(m.removed_bytes + m.byte_count + m.message_count * room_of_removed(0)) as bytes
            from mailbox_name n
            join mailbox m on m.id = n.mailbox
           where m.id = any (_mailboxes)
           group by n.quota_root) gone
   where q.id = gone.quota_root;
  select count(*) <= 10 and sum(m.message_count) <= 1000
    into _is_little
    from mailbox m
   where m.id = any (_mailboxes);
  delete from mailbox_name where mailbox = any (_mailboxes);
  delete from mailbox where id = any (_mailboxes);
  if _is_little then
    perform clear_erased_mailbox(g.mailbox, 2000) from unnest(_mailboxes) as g (mailbox);
  end if;
end
$$;

-- In earlier releases all digests of a mailbox went with it.
drop trigger if exists mailbox_leaves_digests on mailbox;
