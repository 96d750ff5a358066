-- Takes the locks of the logins of these writers, until the transaction ends: whoever ends a login has its lock alone
-- (`lock_login_alone`). So what check_writers finds then still holds at the commit. Comes before any other lock.
create or replace function lock_logins(_actors actor[]) returns void
language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('postroom login'), l.lock)
     from (select distinct login_lock(login.account) as lock
             from unnest(_actors) as a, unnest(a.logins) as login
            order by 1) l;
end
$$;
