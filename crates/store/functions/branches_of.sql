-- The mailboxes at these places, and all below them.
create or replace function branches_of(_owner bigint, _paths text[]) returns bigint[]
language plpgsql stable as $$
begin
  return array(
    select distinct n.mailbox
      from unnest(_paths) as top (path)
     cross join lateral (
             select n.mailbox
               from mailbox_name n
              where n.owner = _owner
                and (n.path = top.path or n.path >= top.path || '/' and n.path < top.path || '0')
             offset 0
           ) n);
end
$$;
