-- The account in whose tree a place is, 0 for the tree that nobody owns; null for a name that nobody has.
-- Kinds: 0 the asker's tree, 1 the tree of `_owner_name`, 2 the tree that nobody owns.
create or replace function owner_of_place(_account bigint, _kind smallint, _owner_name text) returns bigint
language plpgsql stable as $$
begin
  return (select case _kind
                   when 0 then _account
                   when 1 then (select a.id from account a where a.name = _owner_name)
                   else 0
                 end);
end
$$;
