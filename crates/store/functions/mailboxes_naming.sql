-- The mailboxes whose list names `_identifier`.
create or replace function mailboxes_naming(_identifier text) returns bigint[]
language sql stable as $$
  select array(select distinct e.mailbox from acl_entry e where e.identifier = _identifier)
$$;
