-- Makes changes of groups wait for each other, until the transaction ends. Comes before the rows of groups
-- in the order of locks.
create or replace function lock_groups() returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom groups'), 0)
$$;
