-- Changes one entry of a list, and returns the mailbox's new mod-sequence. Modes: 0 these rights and no
-- others, 1 these too, 2 no longer these. An entry without rights goes. The length of the list is
-- checked only where an entry came to it.
create or replace function set_rights(
  _mailbox bigint, _account bigint, _version bigint, _needed smallint,
  _identifier text, _is_negative boolean, _mode smallint, _rights smallint
) returns bigint
language plpgsql as $$
declare
  _is_new boolean;
begin
  perform hold_names(array[_identifier]);
  perform lock_mailbox(_mailbox, array[_account], array[_version], array[_needed]);
  insert into acl_entry as old (mailbox, identifier, is_negative, rights)
  values (_mailbox, _identifier, _is_negative, case _mode when 2 then 0 else _rights end)
  on conflict (mailbox, identifier, is_negative) do update
     set rights = case _mode
                    when 0 then _rights
                    when 1 then old.rights | _rights
                    else old.rights & ~_rights
                  end
  returning xmax = 0 into _is_new;
  delete from acl_entry e
   where e.mailbox = _mailbox
     and e.identifier = _identifier
     and e.is_negative = _is_negative
     and e.rights = 0;
  if _is_new and (select count(*) from acl_entry e where e.mailbox = _mailbox) > 10000 then
    raise exception using errcode = 'PR004', message = 'the access control list is full';
  end if;
  return (select t.modseq from touch_mailboxes(array[_mailbox]) t);
end
$$;
