-- The account in whose tree a place is, 0 for the tree that nobody owns; null for a name that nobody has.
create or replace function owner_of(_place place, _account bigint) returns bigint
language plpgsql stable as $$
begin
  return owner_of_place(_account, _place.kind, _place.owner_name);
end
$$;
