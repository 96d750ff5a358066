-- The mailboxes at a place and below it that have this list.
create or replace function below_by_list(_owner bigint, _path text, _list bigint) returns bigint[]
language sql stable as $$
  select array(
    select n.mailbox
      from mailbox_name n
     where n.list_of = _list
       and n.owner = _owner
       and (n.path = _path or n.path >= _path || '/' and n.path < _path || '0'))
$$;
