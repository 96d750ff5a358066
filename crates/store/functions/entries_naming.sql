-- The entries of the list that a mailbox has, its own or that of one above it, that name any of these. Each is looked up,
-- however long the list is.
create or replace function entries_naming(_mailbox bigint, _identifiers text[]) returns setof acl_entry
language plpgsql stable rows 10 as $$
declare
  _list bigint := (select n.list_of from mailbox_name n where n.mailbox = _mailbox);
begin
  return query
    select e.*
      from unnest(_identifiers) as named (identifier)
     cross join lateral (
             select e.*
               from acl_entry e
              where e.mailbox = _list
                and e.identifier = named.identifier
             offset 0
           ) e;
end
$$;
