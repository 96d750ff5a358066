-- Changes one entry of a mailbox's list, which is its own from then on. Modes: 0 these rights and no others, 1 these too,
-- 2 no longer these. An entry without rights goes. The length of the list is checked only where an entry came to it. All
-- mailboxes below that have the list change with it; returns what to wake. `_detail` is for the record of activity. That `l` came or
-- went is noted for the letter that tells of it.
create or replace function change_list(
  _actor actor, _permit permit, _identifier text, _is_negative boolean, _mode smallint, _rights smallint,
  _detail text
) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _concerned  bigint[];
  _is_new     boolean;
  _had_lookup boolean;
  _rights_now smallint;
begin
  perform lock_logins(array[_actor]);
  -- Names and lists do not move until the commit.
  perform lock_tree((select n.owner from mailbox_name n where n.mailbox = _permit.mailbox));
  perform hold_names(_identifier || names_in_lists(array[_permit.mailbox]));
  select below_by_list(n.owner, n.path, n.list_of) into _concerned
    from mailbox_name n
   where n.mailbox = _permit.mailbox;
  -- All rows that anything below locks, in one ascending pass.
  perform lock_mailboxes(_concerned);
  perform lock_mailbox(_permit.mailbox, array[_actor], array[_permit]);

  perform own_list(_permit.mailbox);
  _had_lookup := exists (select
                           from acl_entry e
                          where e.mailbox = _permit.mailbox
                            and e.identifier = _identifier
                            and e.is_negative = _is_negative
                            and e.rights & 1 /* rights: l */ <> 0);
  insert into acl_entry as old (mailbox, identifier, is_negative, rights)
  values (_permit.mailbox, _identifier, _is_negative, case _mode when 2 then 0 else _rights end)
  on conflict (mailbox, identifier, is_negative) do update
     set rights = case _mode
                    when 0 then _rights
                    when 1 then old.rights | _rights
                    else old.rights & ~_rights
                  end
  returning xmax = 0, rights into _is_new, _rights_now;
  delete from acl_entry e
   where e.mailbox = _permit.mailbox
     and e.identifier = _identifier
     and e.is_negative = _is_negative
     and e.rights = 0;
  if _is_new
     and (select count(*) from acl_entry e where e.mailbox = _permit.mailbox) > 10000 /* limits::ACL_ENTRIES_MAX */ then
    raise exception using errcode = 'PR043', message = 'the access control list is full';
  end if;
  perform note_entry(_actor.account, _permit.mailbox, _identifier, _is_negative, _had_lookup,
                     _rights_now & 1 /* rights: l */ <> 0);
  return query select t.mailbox, t.modseq from touch_mailboxes(_concerned) t;

  insert into activity (kind, session, account, mailbox, owner, path, detail)
  select 9 /* activity: rights */, _actor.session, _actor.account, n.mailbox, n.owner, n.path, _detail
    from mailbox_name n
   where n.mailbox = _permit.mailbox;
end
$$;
