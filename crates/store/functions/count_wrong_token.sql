-- Counts a wrong access token for the network that it came from; returns how many there are now. It counts for no user and
-- against no password: an old device locks nobody out.
create or replace function count_wrong_token(_network text, _forget_after interval) returns integer
language sql as $$
  select add_failure(user_hash(E'\ntoken'), _network, _forget_after)
$$;
