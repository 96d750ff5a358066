-- Makes the list that a mailbox has from above its own, with the same entries; what is below it and has the same list has
-- it from here. Does nothing where the list is its own already. The caller holds the lock of the tree, and the names in
-- the list.
create or replace function own_list(_mailbox bigint) returns void
language plpgsql as $$
declare
  _owner bigint;
  _path  text;
  _list  bigint;
begin
  select n.owner, n.path, n.list_of into _owner, _path, _list from mailbox_name n where n.mailbox = _mailbox;
  if _list = _mailbox then
    return;
  end if;
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select _mailbox, e.identifier, e.is_negative, e.rights
    from acl_entry e
   where e.mailbox = _list;
  update mailbox_name n
     set list_of = _mailbox
   where n.mailbox = any (below_by_list(_owner, _path, _list));
end
$$;
