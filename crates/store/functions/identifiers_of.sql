-- The identifiers that mean this account on every mailbox of its domain; null for an account that
-- is not there.
create or replace function identifiers_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return (select array['anyone', 'authenticated', 'domain:' || domain_of(a.name), a.name]
                 || array(select 'group:' || g from unnest(groups_of(a.id)) g)
            from account a
           where a.id = _account);
end
$$;
