-- Gives an account another password, or none; whoever is logged in by the old one writes nothing more.
create or replace function set_password(_account bigint, _password_hash text) returns void
language plpgsql as $$
declare
  _name text;
begin
  perform lock_login_alone(_account);
  update account a
     set password_hash = _password_hash, password_version = a.password_version + 1
   where a.id = _account
  returning a.name into _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into activity (kind, detail) values (16 /* activity: account */, _name || ' has another password');
end
$$;
