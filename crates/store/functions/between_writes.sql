-- Returns `_account` as it is, once nothing more is written that its logins had begun; what they begin
-- after that waits for the end of the transaction.
create or replace function between_writes(_account bigint) returns bigint
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('postroom login'), login_lock(_account));
  return _account;
end
$$;
