-- Before the lists of some mailboxes end: others that have one of these keep what they had, by a copy. The caller holds the
-- lock of the tree, and the names in the lists.
create or replace function part_lists(_ending bigint[]) returns void
language plpgsql as $$
declare
  _mailbox bigint;
begin
  for _mailbox in
    select n.mailbox
      from mailbox_name n
     where n.list_of = any (_ending)
       and n.mailbox <> all (_ending)
     order by levels_of(n.path)
  loop
    -- One above it may have taken the list over by now.
    perform own_list(n.mailbox)
       from mailbox_name n
      where n.mailbox = _mailbox
        and n.list_of = any (_ending);
  end loop;
end
$$;
