-- A permit to administer a mailbox, for who has been found to hold that right under the lock of its names.
create or replace function administering(_mailbox bigint) returns permit
language sql stable as $$
  select row(m.id, m.rights_version, 1025 /* rights: la */)::permit from mailbox m where m.id = _mailbox
$$;
