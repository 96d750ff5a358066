-- Closes an account, or opens it again; whoever is logged in there writes nothing more.
create or replace function set_disabled(_account bigint, _is_disabled boolean) returns void
language plpgsql as $$
declare
  _name text;
begin
  perform lock_login_alone(_account);
  update account a
     set is_disabled = _is_disabled,
         left_directory_at = null,
         password_version = a.password_version + (a.is_disabled <> _is_disabled)::integer
   where a.id = _account
  returning a.name into _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such account';
  end if;
  insert into activity (kind, detail)
  values (16 /* activity: account */, _name || case when _is_disabled then ' disabled' else ' enabled' end);
end
$$;
