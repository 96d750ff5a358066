-- A session writes only as long as the login holds that let it in: until the password changes, or the
-- account is disabled or deleted.

-- Whoever writes shares the lock of its login until the commit, and whoever ends a login has it alone.
-- There are 32, not one for each account, so that a batch of many people's writes takes few.
create function login_lock(_account bigint) returns integer
language sql immutable as $$
  select (_account % 32)::integer
$$;

-- `_subject` as it is, where each login at each of the places holds until the end of the transaction.
-- To be asked for before any other lock: as an argument of what writes.
create function while_logged_in(
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

-- `_account` as it is, once nothing more is written that its logins had begun; what they begin after
-- that waits for the end of the transaction.
create function between_writes(_account bigint) returns bigint
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('postroom login'), login_lock(_account));
  return _account;
end
$$;
