-- Begins a session at the web pages by a login that holds. Of more sessions of an account than there may be the oldest end.
create or replace function begin_web_session(
  _account bigint, _password_version bigint, _hash bytea, _session bigint, _lifetime interval
) returns void
language plpgsql as $$
begin
  perform
     from account a
    where a.id = _account
      and a.password_version = _password_version
      and not a.is_disabled
      for no key update;
  if not found then
    raise exception using errcode = 'PR001', message = 'the login does not hold any more';
  end if;
  insert into web_session (hash, session, account, password_version, expires_at)
  values (_hash, _session, _account, _password_version, now() + _lifetime);
  delete from web_session w
   where w.account = _account
     and w.hash in (select o.hash
                      from web_session o
                     where o.account = _account
                     order by o.begun_at desc, o.session
                    offset 20 /* limits::WEB_SESSIONS_MAX */);
end
$$;
