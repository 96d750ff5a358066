-- The mailbox whose list a new mailbox of this name has: that which the nearest one above it has. Null where there is none.
create or replace function list_above(_owner bigint, _path text) returns bigint
language sql stable as $$
  select n.list_of
    from mailbox_name n
   where n.owner = _owner
     and n.path = any (array(
           select array_to_string((string_to_array(_path, '/'))[1:level], '/')
             from generate_series(1, levels_of(_path) - 1) as level))
   order by length(n.path) desc
   limit 1
$$;
