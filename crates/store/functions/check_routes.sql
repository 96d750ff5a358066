-- Refuses (PR047, PR048) where an address, or one that leads to it by aliases, would have too much on its way. Who comes here
-- has changed the address, and holds the lock of the addresses.
create or replace function check_routes(_local text, _domain text, _separator text) returns void
language plpgsql stable as $$
declare
  _row record;
begin
  for _row in
    with recursive upstream (local, domain, depth) as (
      select _local collate "C", _domain collate "C", 0
      union
      select a.local, a.domain, l.depth + 1
        from upstream l
        join address a on a.alias_local = l.local and a.alias_domain = l.domain
       where l.depth <= 10 /* limits::ALIAS_STEPS_MAX */
    )
    select distinct l.local, l.domain from upstream l where l.local is not null
  loop
    perform count(*) from route_address(_row.local, _row.domain, _separator);
  end loop;
end
$$;
