-- Makes an account with its INBOX and folders that have a special use, to which it is subscribed, and returns it.
create or replace function create_account_with_folders(
  _name text, _password_hash text, _is_admin boolean, _folders text[], _uses text[]
) returns bigint
language plpgsql as $$
declare
  _account bigint := create_account(_name, _password_hash, _is_admin);
begin
  perform make_mailbox(row(_account, null, '{}')::actor, row(0, null)::create_permit, _account, f.path, f.special_use)
     from unnest(_folders, _uses) as f (path, special_use);
  insert into subscription (account, owner, path)
  select _account, _account, f.path
    from unnest(_folders) as f (path);
  return _account;
end
$$;
