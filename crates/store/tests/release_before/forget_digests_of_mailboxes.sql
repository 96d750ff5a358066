-- Removes the digests of deleted mailboxes.
create or replace function forget_digests_of_mailboxes() returns trigger
language plpgsql as $$
begin
  delete from digest d using gone g where d.mailbox = g.id;
  return null;
end
$$;

create or replace trigger mailbox_leaves_digests
  after delete on mailbox
  referencing old table as gone
  for each statement execute function forget_digests_of_mailboxes();
