-- The session of this hash at the web pages, with its account, while it holds: neither expired nor unused for `_idle`, and by a
-- login that still holds. Says whether it was begun by an identity provider, and whether that had its owner show who he is within
-- `_confirmed_for`. Remembers that it was used.
create or replace function find_web_session(_hash bytea, _idle interval, _confirmed_for interval)
returns table (
  session bigint, id bigint, name text, password_hash text, password_version bigint, is_admin boolean,
  by_provider boolean, is_confirmed boolean
)
language plpgsql as $$
#variable_conflict use_column
begin
  return query
  select w.session, a.id, a.name, a.password_hash, a.password_version, a.is_admin,
         w.by_provider, coalesce(w.confirmed_at > now() - _confirmed_for, false)
    from web_session w
    join account a on a.id = w.account and a.password_version = w.password_version
   where w.hash = _hash
     and w.expires_at > now()
     and w.used_at > now() - _idle
     and not a.is_disabled;
  if found then
    -- A write a minute, not one a page.
    update web_session w
       set used_at = now()
     where w.hash = _hash
       and w.used_at < now() - interval '1 minute';
  end if;
end
$$;
