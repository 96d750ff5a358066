-- Gives an account another password, or none; whoever is logged in by the old one writes nothing more.
create or replace function set_password(_account bigint, _password_hash text) returns void
language plpgsql as $$
declare
  _name text;
begin
  perform lock_login_alone(_account);
  -- An administrator may have one of this site besides, to get in while the directory is away.
  perform
     from account a
    where a.id = _account
      and a.directory_id is not null
      and not a.is_admin
      and _password_hash is not null;
  if found then
    raise exception using errcode = 'PR052', message = 'a directory has the password of this account';
  end if;
  update account a
     set password_hash = _password_hash, scram_verifier = null, password_version = a.password_version + 1
   where a.id = _account
  returning a.name into _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into activity (kind, detail) values (16 /* activity: account */, _name || ' has another password');
end
$$;
