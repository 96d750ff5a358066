-- Sets annotations of the server: all of them or none. Those that all share are for site administrators
-- to write.
create or replace function set_server_annotations(
  _account bigint, _entries text[], _values bytea[], _limit integer
) returns void
language plpgsql as $$
declare
  _is_admin boolean;
begin
  -- One writer at a time, so that the bound holds.
  perform pg_advisory_xact_lock(hashtext('postroom server annotations'), 0);
  select a.is_admin into _is_admin from account a where a.id = _account;
  if _is_admin is not true
     and exists (select from unnest(_entries) e where starts_with(e, '/shared/')) then
    raise exception using errcode = 'PR002', message = 'for site administrators', detail = '1';
  end if;
  perform write_annotations(null, _account, _entries, _values, _limit);
end
$$;
