-- Takes an access token away by its name, and returns its number: whoever is logged in by it writes nothing more. Who acts in a
-- session is recorded.
create or replace function take_token(_actor actor, _account bigint, _name text) returns bigint
language plpgsql as $$
declare
  _token        bigint;
  _account_name text;
begin
  select t.id, a.name
    into _token, _account_name
    from access_token t
    join account a on a.id = t.account
   where t.account = _account and t.name = _name;
  if found then
    perform lock_login_alone(-_token);
    -- Not held until the commit: that would be a second lock of the same kind, and two who wait for each other.
    perform check_logins(array[_actor]);
    delete from access_token t where t.id = _token;
  end if;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such access token';
  end if;
  insert into activity (kind, session, account, detail)
  values (16 /* activity: account */, _actor.session, case when _actor.session is not null then _actor.account end,
          _account_name || ' no longer has the access token ' || _name);
  return _token;
end
$$;
