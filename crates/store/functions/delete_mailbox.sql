-- Removes a mailbox, and returns the mod-sequence after its last, to wake its watchers with. INBOX stays,
-- and so does whatever has others below it that the account may know of.
create or replace function delete_mailbox(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint
) returns bigint
language plpgsql as $$
declare
  _owner  bigint;
  _path   text;
  _modseq bigint;
begin
  select n.owner into _owner from mailbox_name n where n.mailbox = _mailbox;
  perform lock_tree(_owner);
  select l.modseq
    into _modseq
    from lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]) l;
  select n.owner, n.path into _owner, _path from mailbox_name n where n.mailbox = _mailbox;
  if _owner <> 0 and _path = 'INBOX' then
    raise exception using errcode = 'PR002', message = 'INBOX stays', detail = '1';
  end if;
  -- Mailboxes below that the account cannot see stay, and nothing tells of them.
  if exists (select from mailbox_name n
              where n.owner = _owner and n.path >= _path || '/' and n.path < _path || '0'
                and rights_of(_account, n.mailbox) & 1 <> 0) then
    raise exception using errcode = 'PR005', message = 'the mailbox has others below it';
  end if;
  perform erase_mailboxes(array[_mailbox]);
  return _modseq + 1;
end
$$;
