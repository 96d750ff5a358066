-- After names have changed at a place: mailboxes there and below whose list is neither their own nor that of what is above
-- them by now keep what they had, by a copy. So nobody gains or loses a right by a change of names. The caller holds the
-- lock of the tree, and the names in the lists.
create or replace function settle_lists(_owner bigint, _path text) returns void
language plpgsql as $$
declare
  _mailbox bigint;
begin
  for _mailbox in
    select n.mailbox
      from mailbox_name n
     where n.mailbox = any (branches_of(_owner, array[_path]))
       and n.list_of <> n.mailbox
     order by levels_of(n.path)
  loop
    perform own_list(n.mailbox)
       from mailbox_name n
      where n.mailbox = _mailbox
        and n.list_of is distinct from list_above(_owner, n.path);
  end loop;
end
$$;
