-- Gives a mailbox and what is below it another place, also above its own, but not its own; what is below
-- it goes along as far as the account may take it (`changing_hands`). INBOX stays and only gives its
-- messages (RFC 9051, 6.3.6). Returns what to wake.
create or replace function rename_mailbox(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint, _old_path text,
  _ground smallint, _below bigint, _below_version bigint, _below_needed smallint,
  _owner bigint, _path text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _old_owner bigint;
  _moved     bigint[];
begin
  select n.owner into _old_owner from mailbox_name n where n.mailbox = _mailbox;
  perform lock_tree(least(_owner, _old_owner));
  perform lock_tree(greatest(_owner, _old_owner));

  -- All rows that anything below locks, in one ascending pass.
  _moved := branches_of(_old_owner, array[_old_path]);
  perform m.id
     from mailbox m
    where m.id = any (_moved || _mailbox || _below)
    order by m.id
      for no key update;
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  if not exists (select from mailbox_name n
                  where n.mailbox = _mailbox and n.owner = _old_owner and n.path = _old_path) then
    raise exception using errcode = 'PR001', message = 'the mailbox has another name by now';
  end if;
  if _old_owner <> 0 and _old_path = 'INBOX' then
    return query select i.mailbox, i.modseq
                   from empty_inbox(_mailbox, _account, _ground, _below, _below_version,
                                    _below_needed, _owner, _path) i;
    return;
  end if;

  perform check_warrant(_account, _ground, _below, _below_version, _below_needed, _owner, _path);
  _moved := changing_hands(_moved, array[_mailbox], _account, _old_owner, _owner);
  return query select t.mailbox, t.modseq
                 from move_mailboxes(_moved, _old_owner, _old_path, _owner, _path) t;
end
$$;
