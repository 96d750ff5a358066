-- Begins a session at the web pages by a login that holds, by an identity provider or by a password; with `_is_confirmed` by somebody whom
-- the provider was asked to look at again. Of more sessions of an account than there may be the oldest end.
create or replace function open_web_session(
  _account bigint, _password_version bigint, _hash bytea, _session bigint, _lifetime interval,
  _by_provider boolean, _is_confirmed boolean
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
  insert into web_session (hash, session, account, password_version, expires_at, by_provider, confirmed_at)
  values (_hash, _session, _account, _password_version, now() + _lifetime, _by_provider,
          case when _is_confirmed then now() end);
  delete from web_session w
   where w.account = _account
     and w.hash in (select o.hash
                      from web_session o
                     where o.account = _account
                     order by o.begun_at desc, o.session
                    offset 20 /* limits::WEB_SESSIONS_MAX */);
end
$$;
