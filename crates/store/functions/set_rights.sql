-- Changes one entry of a list, and returns the mailbox's new mod-sequence. Modes: 0 these rights and no others, 1 these
-- too, 2 no longer these. An entry without rights goes. The length of the list is checked only where an entry came to
-- it. `_detail` is for the record of activity.
create or replace function set_rights(
  _actor actor, _permit permit, _identifier text, _is_negative boolean, _mode smallint, _rights smallint,
  _detail text
) returns bigint
language plpgsql as $$
declare
  _is_new boolean;
  _modseq bigint;
begin
  perform lock_logins(array[_actor]);
  perform hold_names(array[_identifier]);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);

  insert into acl_entry as old (mailbox, identifier, is_negative, rights)
  values (_permit.mailbox, _identifier, _is_negative, case _mode when 2 then 0 else _rights end)
  on conflict (mailbox, identifier, is_negative) do update
     set rights = case _mode
                    when 0 then _rights
                    when 1 then old.rights | _rights
                    else old.rights & ~_rights
                  end
  returning xmax = 0 into _is_new;
  delete from acl_entry e
   where e.mailbox = _permit.mailbox
     and e.identifier = _identifier
     and e.is_negative = _is_negative
     and e.rights = 0;
  if _is_new
     and (select count(*) from acl_entry e where e.mailbox = _permit.mailbox) > 10000 /* limits::ACL_ENTRIES_MAX */ then
    raise exception using errcode = 'PR043', message = 'the access control list is full';
  end if;
  select t.modseq into _modseq from touch_mailboxes(array[_permit.mailbox]) t;

  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select 9 /* activity: rights */, _actor.session, _actor.account, n.mailbox, n.owner, n.path, _detail
    from mailbox_name n
   where n.mailbox = _permit.mailbox;
  return _modseq;
end
$$;
