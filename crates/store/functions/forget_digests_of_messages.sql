-- Removes the digests in which collected messages stand: what is collected is gone from the copies too. No digest of a message
-- is written that late, since it would be made of what was in the mailbox long ago.
create or replace function forget_digests_of_messages() returns trigger
language plpgsql as $$
begin
  delete from digest d
   using (select g.mailbox, range_agg(int8range(g.uid, g.uid, '[]')) as uids
            from gone g
           group by g.mailbox) g
   where d.mailbox = g.mailbox
     and d.uids && g.uids;
  return null;
end
$$;

create or replace trigger message_leaves_digests
  after delete on garbage
  referencing old table as gone
  for each statement execute function forget_digests_of_messages();
