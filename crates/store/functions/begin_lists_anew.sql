-- Begins the lists of mailboxes anew that are about to go to the tree of another owner, to `_path` (ADR 0041): the new
-- owner may do what it may do by now, and others what the mailbox above lets them. The special use was the old owner's
-- word and ends. The caller holds the locks, and the names in the list of the mailbox above.
create or replace function begin_lists_anew(_mailboxes bigint[], _owner bigint, _path text, _account bigint)
returns void
language plpgsql as $$
declare
  _above bigint := nearest_above(_owner, _path, _account);
  _name  text;
  _kept  smallint[] := array(select rights_of(_owner, m.mailbox)
                               from unnest(_mailboxes) with ordinality as m (mailbox, place)
                              order by m.place);
begin
  select a.name into _name from account a where a.id = _owner;
  perform part_lists(_mailboxes);
  delete from acl_entry where mailbox = any (_mailboxes);
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select k.mailbox, _name, false, k.rights
    from unnest(_mailboxes, _kept) as k (mailbox, rights)
   where k.rights <> 0
  union all
  select m.mailbox, e.identifier, e.is_negative, e.rights
    from unnest(_mailboxes) as m (mailbox)
    join mailbox_name n on n.mailbox = _above
    join acl_entry e on e.mailbox = n.list_of and e.identifier <> _name;
  update mailbox_name set special_use = null, list_of = mailbox where mailbox = any (_mailboxes);
end
$$;
