-- The entries of a list that name any of these. Each is looked up, however long the list is.
create or replace function entries_naming(_mailbox bigint, _identifiers text[]) returns setof acl_entry
language plpgsql stable rows 10 as $$
begin
  return query
    select e.*
      from unnest(_identifiers) as named (identifier)
     cross join lateral (
             select e.*
               from acl_entry e
              where e.mailbox = _mailbox
                and e.identifier = named.identifier
             offset 0
           ) e;
end
$$;
