-- Makes changes of addresses wait for each other, until the transaction ends. Comes after all other locks.
create or replace function lock_addresses() returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom addresses'))
$$;
