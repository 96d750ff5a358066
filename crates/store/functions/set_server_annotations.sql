-- Sets annotations of the server: all of them or none. Those that all share are for site administrators to write.
create or replace function set_server_annotations(
  _actor actor, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
declare
  _shared text := (select string_agg(e, ' ') from unnest(_entries) e where starts_with(e, '/shared/'));
begin
  perform lock_logins(array[_actor]);
  perform check_logins(array[_actor]);
  -- One writer at a time, so that the bound holds.
  perform pg_advisory_xact_lock(hashtext('postroom server annotations'), 0);
  if _shared is not null
     and (select a.is_admin from account a where a.id = _actor.account) is not true then
    raise exception using errcode = 'PR002', message = 'for site administrators', detail = '1';
  end if;
  perform write_annotations(null, _actor.account, _entries, _values, _limit);
  if _shared is not null then
    insert into activity (kind, session, account, detail)
    values (10 /* activity: metadata */, _actor.session, _actor.account, _shared);
  end if;
end
$$;
