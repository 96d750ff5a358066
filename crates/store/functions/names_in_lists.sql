-- The identifiers in the lists that these mailboxes have.
create or replace function names_in_lists(_mailboxes bigint[]) returns text[]
language sql stable as $$
  select array(
    select distinct e.identifier
      from mailbox_name n
      join acl_entry e on e.mailbox = n.list_of
     where n.mailbox = any (_mailboxes))
$$;
