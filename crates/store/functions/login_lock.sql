-- The number of the lock that belongs to a login. There are 32, not one for each account, so that a batch
-- of many people's writes takes few.
create or replace function login_lock(_account bigint) returns integer
language sql immutable as $$
  select (_account % 32)::integer
$$;
