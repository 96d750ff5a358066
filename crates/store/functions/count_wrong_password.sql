-- Counts a wrong password for the network, for the user, and for both together; returns how many there are now, without
-- those that are older than `_forget_after` without a new one. Rows are locked in this order everywhere.
create or replace function count_wrong_password(
  _name text, _network text, _forget_after interval,
  out by_network integer, out by_user integer, out by_both integer
)
language plpgsql as $$
declare
  _user bytea := user_hash(_name);
begin
  -- Nor does whoever mistypes: with the database another one comes, that has counted less.
  set local synchronous_commit = local;
  by_network := add_failure('', _network, _forget_after);
  by_user := add_failure(_user, '', _forget_after);
  by_both := add_failure(_user, _network, _forget_after);
end
$$;
