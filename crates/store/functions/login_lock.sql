-- The number of the lock that belongs to a login: of an account, or, below zero, of an access token. There are 32 of each, so
-- that a batch of many people's writes takes few.
create or replace function login_lock(_account bigint) returns integer
language sql immutable as $$
  select (_account % 32)::integer
$$;
