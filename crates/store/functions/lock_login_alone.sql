-- Waits until nothing more is written that a login of `_account` had begun; what it begins later waits for the end of
-- the transaction. For whoever ends a login. Comes before any other lock.
create or replace function lock_login_alone(_account bigint) returns void
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('postroom login'), login_lock(_account));
end
$$;
