-- Returns `_subject` as it is, where each login at each of the places holds until the end of the
-- transaction: whoever writes shares the lock of its login, and whoever ends a login has it alone
-- (`between_writes`). Comes before any other lock.
create or replace function while_logged_in(
  _subject anyelement, _places integer[], _logins bigint[], _password_versions bigint[]
) returns anyelement
language plpgsql as $$
declare
  _denied text;
begin
  perform pg_advisory_xact_lock_shared(hashtext('postroom login'), l.lock)
     from (select distinct login_lock(login) as lock
             from unnest(_logins) login
            order by 1) l;
  select string_agg(l.place::text, ',')
    into _denied
    from unnest(_places, _logins, _password_versions) as l (place, account, password_version)
   where (select a.password_version
            from account a
           where a.id = l.account
             and not a.is_disabled) is distinct from l.password_version;
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'no longer logged in', detail = _denied;
  end if;
  return _subject;
end
$$;
