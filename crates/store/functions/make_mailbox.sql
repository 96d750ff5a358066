-- Does the work of create_mailbox, and returns the new mailbox. It has the list, the flag policy (by the names of its
-- keywords), the domain and the shared annotations of the one above it, or the domain of its creator at the top of the
-- tree that nobody owns; its creator may do everything. The caller has locked and checked the logins.
create or replace function make_mailbox(
  _actor actor, _permit create_permit, _owner bigint, _path text, _special_use text
) returns bigint
language plpgsql as $$
declare
  _mailbox bigint;
  _above   bigint;
  _creator text;
begin
  perform lock_tree(_owner);
  _above := nearest_above(_owner, _path, _actor.account);
  perform hold_names(array(select e.identifier from acl_entry e where e.mailbox = _above));
  perform check_create_permit(_actor, _permit, _owner, _path);

  select a.name into _creator from account a where a.id = _actor.account;
  insert into mailbox default values returning id into _mailbox;
  insert into mailbox_name (mailbox, owner, path, special_use, private_flags, domain)
  values (_mailbox, _owner, _path, _special_use,
          coalesce((select (translate_keywords(_above, _mailbox, array[n.private_flags]))[1]
                      from mailbox_name n
                     where n.mailbox = _above), 8 /* flag: seen */),
          coalesce((select n.domain from mailbox_name n where n.mailbox = _above),
                   domain_of(_creator)));
  insert into annotation (mailbox, entry, value)
  select _mailbox, a.entry, a.value
    from annotation a
   where a.mailbox = _above
     and a.account is null;
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select _mailbox, _creator, false, 4095 /* rights: lrswipkxtean */
  union all
  select _mailbox, e.identifier, e.is_negative, e.rights
    from acl_entry e
   where e.mailbox = _above
     and e.identifier <> _creator;
  return _mailbox;
end
$$;
