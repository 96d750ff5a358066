-- Makes an account with its INBOX, and returns it.
create or replace function create_account(_name text, _password_hash text, _is_admin boolean) returns bigint
language plpgsql as $$
declare
  _account bigint;
begin
  insert into account (name, password_hash, is_admin)
  values (_name, _password_hash, _is_admin)
  returning id into _account;
  perform make_mailbox(
            row(_account, null, '{}')::actor, row(0, null)::create_permit, _account, 'INBOX', null);
  insert into activity (kind, detail)
  values (16 /* activity: account */,
          _name || case when _is_admin then ' created, administers the site' else ' created' end);
  return _account;
end
$$;
