-- Makes an account with its INBOX, and returns it.
create or replace function create_account(_name text, _password_hash text, _is_admin boolean) returns bigint
language plpgsql as $$
declare
  _account bigint;
begin
  insert into account (name, password_hash, is_admin)
  values (_name, _password_hash, _is_admin)
  returning id into _account;
  perform create_mailbox(_account, 0::smallint, null, null, null, _account, 'INBOX', null);
  return _account;
end
$$;
