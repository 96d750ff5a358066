-- Makes changes of names in one tree wait for each other, until the transaction ends.
create or replace function lock_tree(_owner bigint) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom name tree'), hashint8(_owner))
$$;
