-- The mailboxes that a letter to an address is for, where somebody might send as the address: null for one that is not
-- known by its name, and for what a domain takes of all that comes.
create or replace function sent_as(_local text, _domain text, _separator text) returns bigint[]
language sql stable as $$
  select case when bool_or(r.step in (4, 7)) then null
              else array_agg(r.mailbox) filter (where r.step = 6) end
    from route_address(_local, _domain, _separator) r
$$;
