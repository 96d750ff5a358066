-- The nearest mailbox above a place, as others see it: another user's tree begins at the INBOX. Null
-- where there is none.
create or replace function nearest_above(_owner bigint, _path text, _account bigint) returns bigint
language sql stable as $$
  select n.mailbox
    from mailbox_name n
   where n.owner = _owner
     and n.path <> _path
     and (starts_with(_path, n.path || '/') and n.path = any (array(
            select array_to_string((string_to_array(_path, '/'))[1:level], '/')
              from generate_series(1, array_length(string_to_array(_path, '/'), 1) - 1) as level))
          or n.path = 'INBOX' and _owner not in (0, _account))
   order by starts_with(_path, n.path || '/') desc, length(n.path) desc
   limit 1
$$;
