-- Removes a mailbox, and returns the mod-sequence after its last, to wake its watchers with. INBOX stays, and so does
-- whatever has others below it that the account may know of. What stays below it keeps its rights (`part_lists`).
create or replace function delete_mailbox(_actor actor, _permit permit) returns bigint
language plpgsql as $$
declare
  _owner  bigint;
  _path   text;
  _modseq bigint;
begin
  perform lock_logins(array[_actor]);
  select n.owner into _owner from mailbox_name n where n.mailbox = _permit.mailbox;
  perform lock_tree(_owner);
  perform hold_names(names_in_lists(array[_permit.mailbox]));
  select l.modseq
    into _modseq
    from lock_mailbox(_permit.mailbox, array[_actor], array[_permit]) l;

  select n.owner, n.path into _owner, _path from mailbox_name n where n.mailbox = _permit.mailbox;
  if _owner <> 0 and _path = 'INBOX' then
    raise exception using errcode = 'PR002', message = 'INBOX stays', detail = '1';
  end if;
  -- Mailboxes below that the account cannot see stay, and nothing tells of them.
  if exists (select from mailbox_name n
              where n.owner = _owner and n.path >= _path || '/' and n.path < _path || '0'
                and rights_of(_actor.account, n.mailbox) & 1 /* rights: l */ <> 0) then
    raise exception using errcode = 'PR005', message = 'the mailbox has others below it';
  end if;
  perform erase_mailboxes(array[_permit.mailbox], _actor);

  insert into activity (kind, session, account, mailbox, owner, path)
  values (8 /* activity: delete */, _actor.session, _actor.account, _permit.mailbox, _owner, _path);
  return _modseq + 1;
end
$$;
