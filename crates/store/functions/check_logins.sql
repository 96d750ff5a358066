-- Refuses unless each login of each writer holds, and is not one that only reads. The caller has called lock_logins. For what
-- takes no permit.
create or replace function check_logins(_actors actor[]) returns void
language plpgsql stable as $$
declare
  _denied text;
begin
  select string_agg(w.place::text, ',')
    into _denied
    from unnest(_actors) with ordinality as w (account, session, logins, place)
   where exists (select from unnest(w.logins) as login
                  where case when login.account > 0
                             then (select a.password_version
                                     from account a
                                    where a.id = login.account
                                      and not a.is_disabled)
                             -- Below zero are access tokens.
                             else token_version(-login.account, (8 /* rights: w */)::smallint)
                        end is distinct from login.password_version);
  if _denied is not null then
    raise exception using errcode = 'PR002', message = 'no longer logged in', detail = _denied;
  end if;
end
$$;
