-- The mailboxes whose list, their own or one from above, names `_identifier`.
create or replace function mailboxes_naming(_identifier text) returns bigint[]
language sql stable as $$
  select array(
    select distinct n.mailbox
      from acl_entry e
      join mailbox_name n on n.list_of = e.mailbox
     where e.identifier = _identifier)
$$;
