-- Gives a mailbox the list of the mailbox above it instead of its own, and so all below it that have its list: the opposite of own_list.
-- Returns whom it concerns. The caller holds the lock of the tree, and the names in both lists.
create or replace function inherit_list(_mailbox bigint) returns bigint[]
language plpgsql as $$
declare
  _above     bigint;
  _concerned bigint[];
begin
  select list_above(n.owner, n.path), below_by_list(n.owner, n.path, n.list_of) into _above, _concerned
    from mailbox_name n
   where n.mailbox = _mailbox
     and n.list_of = _mailbox;
  if _above is null then
    raise exception using errcode = 'PR007', message = 'no list is above it, or its own is gone';
  end if;
  update mailbox_name n set list_of = _above where n.mailbox = any (_concerned);
  delete from acl_entry e where e.mailbox = _mailbox;
  return _concerned;
end
$$;
