-- Locks the rows of mailboxes in ascending order, for whoever locks several.
create or replace function lock_mailboxes(_mailboxes bigint[]) returns void
language plpgsql as $$
begin
  perform m.id
     from mailbox m
    where m.id = any (_mailboxes)
    order by m.id
      for no key update;
end
$$;
